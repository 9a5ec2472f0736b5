//! Messages that skip the mailbox: applied in the transaction that sent them, in turn (ENGINE.md 14).

use std::collections::VecDeque;

use crate::processor::ActorKey;

/// A message on its way to an actor.
#[derive(Clone, Debug)]
pub(super) struct Letter<M> {
    /// Whom.
    pub to: ActorKey,
    /// What.
    pub message: M,
    /// How many actors the chain has passed.
    pub hops: u8,
}

/// Messages for actors of this worker, first in, first out. Empty whenever a transaction ends.
#[derive(Debug)]
pub(super) struct LocalQueue<M> {
    letters: VecDeque<(i32, Letter<M>)>,
    /// How many more the open transaction may take.
    left: usize,
}

impl<M> LocalQueue<M> {
    /// An empty queue.
    pub fn new() -> Self {
        Self {
            letters: VecDeque::new(),
            left: 0,
        }
    }

    /// A transaction begins, with room for so many.
    pub fn begin(&mut self, limit: usize) {
        self.letters.clear();
        self.left = limit;
    }

    /// Keeps a place for a message; false: it must go through the mailbox.
    pub fn reserve(&mut self) -> bool {
        let room = self.left > 0;
        self.left = self.left.saturating_sub(1);
        room
    }

    /// Queues a message for an actor of this mailbox partition.
    pub fn push(&mut self, partition: i32, letter: Letter<M>) {
        self.letters.push_back((partition, letter));
    }

    /// The next message, and its partition.
    pub fn pop(&mut self) -> Option<(i32, Letter<M>)> {
        self.letters.pop_front()
    }

    /// The transaction was given up.
    pub fn clear(&mut self) {
        self.letters.clear();
    }
}
