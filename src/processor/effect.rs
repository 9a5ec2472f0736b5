//! What a processor wants done, as data.

use super::{ActorKey, Figure, RowKey};
use crate::model::Millis;

/// One thing that a processor wants done. Order is kept; the engine does all of a batch in one
/// transaction, or none.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect<R, M, O> {
    /// Put a row into this partition's store and changelog, or delete it.
    Store {
        /// Which row. It belongs to the actor that is applying.
        row: RowKey,
        /// What it is now; `None` deletes it.
        value: Option<R>,
    },
    /// Tell an actor something: one hop more.
    Tell {
        /// Whom.
        to: ActorKey,
        /// What.
        message: M,
    },
    /// Go on with this actor's own work later, through the mailbox: no hop, and always a bounded
    /// step of its own.
    Continue {
        /// The actor that is applying.
        to: ActorKey,
        /// Where to go on.
        message: M,
    },
    /// Send a record out.
    Emit(O),
    /// Say what this row has come to by the end of the transaction, once however often it is marked.
    Publish(RowKey),
}

/// Effects in order, and the largest event time seen; reused from apply to apply.
#[derive(Clone, Debug)]
pub struct Effects<R, M, O> {
    list: Vec<Effect<R, M, O>>,
    seen: Option<Millis>,
    figures: Vec<(Figure, i64)>,
    delivered: Vec<Delivered>,
}

/// What has come to an output, by both its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// When the log received it.
    pub logged: Millis,
    /// When it was said, by whoever wrote it.
    pub said: Millis,
}

impl<R, M, O> Default for Effects<R, M, O> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            seen: None,
            figures: Vec::new(),
            delivered: Vec::new(),
        }
    }
}

impl<R, M, O> Effects<R, M, O> {
    /// Stores a row.
    pub fn store(&mut self, row: RowKey, value: R) {
        self.list.push(Effect::Store {
            row,
            value: Some(value),
        });
    }

    /// Deletes a row.
    pub fn delete(&mut self, row: RowKey) {
        self.list.push(Effect::Store { row, value: None });
    }

    /// Tells an actor something.
    pub fn tell(&mut self, to: ActorKey, message: M) {
        self.list.push(Effect::Tell { to, message });
    }

    /// Goes on later.
    pub fn resume(&mut self, to: ActorKey, message: M) {
        self.list.push(Effect::Continue { to, message });
    }

    /// Sends a record out.
    pub fn emit(&mut self, output: O) {
        self.list.push(Effect::Emit(output));
    }

    /// Marks a row for publication at commit.
    pub fn publish(&mut self, row: RowKey) {
        self.list.push(Effect::Publish(row));
    }

    /// An input carried this event time: the event clock of a drain moves to the largest.
    pub fn saw(&mut self, at: Millis) {
        self.seen = self.seen.max(Some(at));
    }

    /// The largest event time seen since the last drain of effects.
    pub fn seen(&self) -> Option<Millis> {
        self.seen
    }

    /// A figure changes by so much, if the transaction commits.
    pub fn count(&mut self, figure: Figure, by: i64) {
        self.figures.push((figure, by));
    }

    /// What the log received at this time, and was said at that, has come to an output: how long it took is
    /// measured to the commit.
    pub fn delivered(&mut self, logged: Millis, said: Millis) {
        self.delivered.push(Delivered { logged, said });
    }

    /// Takes out what is to be counted, keeping the memory.
    pub fn take_figures(&mut self) -> impl Iterator<Item = (Figure, i64)> + '_ {
        self.figures.drain(..)
    }

    /// Takes out what was delivered, keeping the memory.
    pub fn take_delivered(&mut self) -> impl Iterator<Item = Delivered> + '_ {
        self.delivered.drain(..)
    }

    /// The effects, in order.
    pub fn as_slice(&self) -> &[Effect<R, M, O>] {
        &self.list
    }

    /// Takes the effects out, in order, keeping the memory.
    pub fn drain(&mut self) -> impl Iterator<Item = Effect<R, M, O>> + '_ {
        self.seen = None;
        self.list.drain(..)
    }

    /// Forgets everything, keeps the memory.
    pub fn clear(&mut self) {
        self.list.clear();
        self.seen = None;
        self.figures.clear();
        self.delivered.clear();
    }
}
