//! A partition that a worker reads: how far, and what it must say when it commits.

use super::packed::Digest;
use super::rows::Rows;
use super::stamp::Stamp;
use crate::log::{CommittedOffset, TopicPartition};
use crate::model::Millis;
use crate::processor::Row;

/// Which of a worker's partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum SourceId {
    /// A partition of the input with this index.
    Input(usize, i32),
    /// A mailbox partition.
    Mailbox(i32),
}

/// How far a partition has been read.
#[derive(Debug)]
pub(super) struct Source {
    /// The partition.
    pub partition: TopicPartition,
    /// The next offset to read, with what the open transaction has read.
    pub position: i64,
    /// The next offset to read, as committed, or where reading began.
    pub committed: i64,
    /// The text last committed beside it, by anyone; `None` if nobody ever has.
    pub text: Option<String>,
    /// What that text says.
    pub stamp: Stamp,
    /// When the log received what was read last. For metrics only: it is not taken back.
    pub logged: Option<Millis>,
    /// The largest event time, with what the open transaction has seen.
    pub seen: Option<Millis>,
    /// What a commit in flight would make of `committed`, `text` and `stamp`.
    pub pending: Option<(i64, Stamp)>,
}

impl Source {
    /// A partition to be read from `position` on, with the text last committed for it.
    pub fn new(partition: TopicPartition, position: i64, text: Option<String>) -> Self {
        let stamp = text.as_deref().map(Stamp::parse).unwrap_or_default();
        Self {
            partition,
            position,
            committed: position,
            text,
            logged: None,
            seen: stamp.seen,
            stamp,
            pending: None,
        }
    }

    /// The record with this offset was read, which the log received at this time.
    pub fn read(&mut self, offset: i64, logged: Millis) {
        self.position = offset + 1;
        self.logged = Some(logged);
    }

    /// An event time was seen.
    pub fn saw(&mut self, at: Option<Millis>) {
        self.seen = self.seen.max(at);
    }

    /// The transaction has happened.
    pub fn commit(&mut self) {
        if let Some((offset, stamp)) = self.pending.take() {
            self.committed = offset;
            self.text = Some(stamp.to_text());
            self.stamp = stamp;
        }
    }

    /// What the rows come to stands beside the offset that is on its way.
    pub fn note_rows(&mut self, rows: Digest) {
        if let Some((_, stamp)) = &mut self.pending {
            stamp.rows = Some(rows);
        }
    }

    /// Whether what the group has committed is what this worker knows: nobody else has committed
    /// anything for this partition since.
    pub fn is_as_committed(&self, found: Option<&CommittedOffset>) -> bool {
        let known = self.text.as_deref().map(|text| (self.committed, text));
        known == found.map(|found| (found.offset, found.metadata.as_str()))
    }

    /// The open transaction has not happened: back to what is on its way, else to what is committed.
    pub fn rollback_open(&mut self) {
        let (position, stamp) = match &self.pending {
            Some((position, stamp)) => (*position, stamp),
            None => (self.committed, &self.stamp),
        };
        (self.position, self.seen) = (position, stamp.seen);
    }

    /// Nothing of it has happened: back to what is committed.
    pub fn rollback(&mut self) {
        self.pending = None;
        self.position = self.committed;
        self.seen = self.stamp.seen;
    }
}

/// A mailbox partition that is read, with its rows.
#[derive(Debug)]
pub(super) struct Desk<R> {
    /// How far the mailbox has been read.
    pub source: Source,
    /// The rows.
    pub rows: Rows<R>,
    /// Whether the changelog holds the marker; one written by the open transaction does not count.
    pub marker: bool,
    /// A changelog offset: the rows hold at least what is committed before it.
    pub rows_as_of: i64,
    /// Local delivery waits until the mailbox has been read so far; `None` until that is known.
    pub local_from: Option<i64>,
    /// A newer format was met: nothing more is read.
    pub blocked: bool,
}

impl<R: Row> Desk<R> {
    /// Whether a message may skip the mailbox: every message that was in it after the latest
    /// rebalance has been read (ENGINE.md 14).
    pub fn takes_local(&self) -> bool {
        !self.blocked && self.local_from.is_some_and(|from| self.source.position >= from)
    }
}
