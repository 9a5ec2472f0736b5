//! The seam to the log: one trait, implemented over Kafka ([`kafka`]) and in memory ([`memory`]).
//!
//! A [`Log`] hands out three kinds of handles. A [`Consumer`] is a member of a group: it is given
//! partitions and has them taken away. A [`Producer`] writes in transactions. A [`Reader`] reads
//! partitions of its own choice, outside any group: restore, `heard tail`, `heard report`.
//!
//! Nothing above this module knows which implementation it runs on, and one contract test suite
//! (tests/contract) holds both to the same behaviour.

pub mod batch;
pub mod error;
pub mod kafka;
pub mod memory;
pub mod partitioner;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::model::Millis;

pub use batch::{Batch, Header, Record};
pub use error::{ErrorKind, LogError};

/// The name of a topic; cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(Arc<str>);

impl Topic {
    /// A topic of this name.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Topic {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

/// One partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    /// The topic.
    pub topic: Topic,
    /// The partition, from 0.
    pub partition: i32,
}

impl TopicPartition {
    /// Partition `partition` of `topic`.
    pub fn new(topic: Topic, partition: i32) -> Self {
        Self { topic, partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// What a reader may see, and which end of a partition it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Everything, aborted and pending records too; the end is the high watermark.
    Uncommitted,
    /// Committed records only; the end is the last stable offset.
    Committed,
}

/// An offset committed by a group, with what the committer wrote beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The next offset to read.
    pub offset: i64,
    /// Free text; the engine writes its transactional id and a rising commit number (ENGINE.md 4).
    pub metadata: String,
}

/// An offset to commit, as part of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetCommit {
    /// The partition that was read.
    pub partition: TopicPartition,
    /// The next offset to read, and the text beside it.
    pub committed: CommittedOffset,
}

/// The first retained and the end offsets of a partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// The first offset still in the log.
    pub start: i64,
    /// The offset up to which no transaction is open.
    pub last_stable: i64,
    /// The offset after the last record, control records counted.
    pub high_watermark: i64,
}

impl Ends {
    /// How much there is still to read for who reads committed records only and stands at `position`:
    /// offsets up to the last stable one, control records counted. A client's own figure is wrong
    /// under transactions, since it takes the high watermark for the end.
    pub fn lag(&self, position: i64) -> i64 {
        (self.last_stable - position.max(self.start)).max(0)
    }

    /// How many offsets are held back by transactions that are open. One that stays high tells of a
    /// transaction that hangs.
    pub fn held_back(&self) -> i64 {
        self.high_watermark - self.last_stable
    }
}

/// What a topic is, as far as `heard` sets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// The name.
    pub topic: Topic,
    /// How many partitions.
    pub partitions: i32,
    /// Replicas of each; -1 for the broker's default.
    pub replication: i16,
    /// Topic-level settings, such as `cleanup.policy`.
    pub settings: Vec<(String, String)>,
}

/// How a consumer joins its group.
#[derive(Clone, Debug)]
pub struct GroupSettings {
    /// The group.
    pub group: String,
    /// Names this member in logs and in the group's description.
    pub client: String,
    /// The topics to subscribe to; [`Record::topic`] is an index into this list.
    pub topics: Vec<Topic>,
    /// How long what has come may be held back for more to come along, at most. Each delivery costs the log and
    /// the reader a request, however little is in it. Zero: what is there is delivered at once.
    pub gather: Duration,
}

/// What a poll found. The lists are never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Polled {
    /// Nothing within the time given.
    Idle,
    /// The batch holds at least one record.
    Records,
    /// These partitions are given to this member, beside those it has. Nothing is read from them
    /// until [`Consumer::accept`] says where to begin.
    Assigned(Vec<TopicPartition>),
    /// These partitions are taken away. They stay this member's until [`Consumer::release`], so that
    /// an open transaction can be ended first; unless `lost`: then another may have them already, and
    /// `release` only lets this consumer join again. Until `release`, polls are [`Polled::Idle`].
    Revoked {
        /// What is taken away.
        partitions: Vec<TopicPartition>,
        /// The membership was lost; nothing can be committed for these partitions any more.
        lost: bool,
    },
}

/// A log: topics of partitions of records, with consumer groups and transactions.
///
/// A cheap handle, shared between threads. The calls on it block for at most the request time-out
/// of the implementation and fail with [`ErrorKind::Retriable`] when that has passed.
pub trait Log: Clone + Send + Sync + 'static {
    /// Proof of membership in a group at a generation, for [`Producer::send_offsets`].
    type Membership;
    /// A member of a group.
    type Consumer: Consumer<Membership = Self::Membership>;
    /// A transactional writer.
    type Producer: Producer<Membership = Self::Membership>;
    /// A reader outside any group.
    type Reader: Reader;

    /// Joins a group, reading committed records only. Offsets are never committed but by a
    /// producer's transaction, and no position is guessed: see [`Consumer::accept`].
    fn consumer(&self, settings: &GroupSettings) -> Result<Self::Consumer, LogError>;

    /// A transactional producer. It must be initialised before use. Initialising fences every
    /// earlier producer of the same id and aborts what it left open.
    fn producer(&self, transactional_id: &str) -> Result<Self::Producer, LogError>;

    /// A reader of the given partitions, each from the offset beside it. If that is not in the log,
    /// because it was deleted or is past the end, polls fail with [`ErrorKind::Expelled`]; no other
    /// offset is put in its place. So it is with [`Consumer::accept`] and [`Consumer::seek`].
    fn reader(&self, from: &[(TopicPartition, i64)], isolation: Isolation) -> Result<Self::Reader, LogError>;

    /// Partition counts of the topics that exist among those named; missing ones are left out.
    fn partitions(&self, topics: &[Topic]) -> Result<Vec<(Topic, i32)>, LogError>;

    /// Creates topics; one that exists is left as it is.
    fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError>;

    /// Offsets that a group has committed, in the order asked; waits for those still pending in a
    /// transaction (`stable`), so that the answer cannot be overtaken by an earlier commit.
    fn committed(
        &self,
        group: &str,
        partitions: &[TopicPartition],
    ) -> Result<Vec<Option<CommittedOffset>>, LogError>;

    /// The first and end offsets of partitions, in the order asked, from the partition leaders.
    fn ends(&self, partitions: &[TopicPartition]) -> Result<Vec<Ends>, LogError>;

    /// The first offset of each partition, in the order asked, whose record is of this time (milliseconds since 1970) or
    /// later; none if there is no such record.
    fn offsets_at(&self, partitions: &[TopicPartition], time: i64) -> Result<Vec<Option<i64>>, LogError>;

    /// Deletes all records before the given offsets.
    fn delete_records(&self, before: &[(TopicPartition, i64)]) -> Result<(), LogError>;

    /// What time it is where a partition is kept, at some moment of the call. To learn it a tombstone is written there
    /// under this key, outside any transaction. `None`: the topic keeps its writers' times, and tells nobody its own; see
    /// [`APPEND_TIME`].
    fn time(&self, at: &TopicPartition, key: &[u8]) -> Result<Option<Millis>, LogError>;
}

/// The setting, and its value, of topics whose records have the time of the broker that took them in.
pub const APPEND_TIME: (&str, &str) = ("message.timestamp.type", "LogAppendTime");

/// A member of a consumer group. Driven by one thread.
pub trait Consumer: Send {
    /// See [`Log::Membership`].
    type Membership;

    /// Waits up to `max_wait` for records or a change of assignment, and fills `batch` (cleared
    /// first) with records, at most a few hundred, those of one partition in offset order. Only
    /// [`Polled::Records`] leaves records in it. Must be called again within the maximum poll interval.
    fn poll(&mut self, max_wait: Duration, batch: &mut Batch) -> Result<Polled, LogError>;

    /// Answers [`Polled::Assigned`]: begins reading each partition at the offset beside it.
    fn accept(&mut self, from: &[(TopicPartition, i64)]) -> Result<(), LogError>;

    /// Answers [`Polled::Revoked`]: gives the partitions back.
    fn release(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError>;

    /// Goes on at another offset of partitions that were accepted; what was fetched is forgotten.
    fn seek(&mut self, to: &[(TopicPartition, i64)]) -> Result<(), LogError>;

    /// Stops reading from these partitions, without giving them back.
    fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError>;

    /// Reads from paused partitions again, where it stopped.
    fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError>;

    /// The next offset of a partition that was accepted: where it was accepted or sought; then after
    /// the last record delivered, and past any control records and aborted records behind it, which a
    /// poll passes without returning them. [`Ends::lag`] makes the lag of it.
    fn position(&self, partition: &TopicPartition) -> Result<i64, LogError>;

    /// A fresh proof of membership. Fails with [`ErrorKind::Abortable`] when there is none: an empty
    /// member id, a negative generation, an assignment that was lost.
    fn membership(&mut self) -> Result<Self::Membership, LogError>;

    /// Leaves the group, giving everything back at once. Open transactions must have been ended.
    fn close(&mut self) -> Result<(), LogError>;
}

/// A transactional producer. Driven by one thread.
///
/// The order within a transaction is: `begin`, `send`..., `flush`, `send_offsets`, `commit`
/// (ENGINE.md 3 says why). Errors say what to do next through their [`ErrorKind`].
pub trait Producer: Send {
    /// See [`Log::Membership`].
    type Membership;

    /// Takes hold of the transactional id: fences predecessors and ends what they left open.
    fn init(&mut self) -> Result<(), LogError>;

    /// Opens a transaction.
    fn begin(&mut self) -> Result<(), LogError>;

    /// Writes a record into the open transaction. Without a partition, the key's murmur2 hash picks
    /// it, as Java clients do. A full queue is waited out; a record over the size limit is
    /// [`ErrorKind::TooLarge`] and leaves the transaction usable.
    fn send(&mut self, record: &Outgoing<'_>) -> Result<(), LogError>;

    /// Waits until every record sent has been acknowledged; an error if one was not.
    fn flush(&mut self, max_wait: Duration) -> Result<(), LogError>;

    /// Adds offsets to the transaction. Fails with [`ErrorKind::Abortable`] if the membership is not
    /// of the group's present generation; an empty list checks nothing. Call after `flush`.
    fn send_offsets(
        &mut self,
        offsets: &[OffsetCommit],
        membership: &Self::Membership,
    ) -> Result<(), LogError>;

    /// Commits. [`ErrorKind::Unknown`]: it may have happened, or happen later; drop this producer,
    /// `init` another of the same id, and read the committed offsets.
    fn commit(&mut self) -> Result<(), LogError>;

    /// Aborts what is open; fine when nothing is.
    fn abort(&mut self) -> Result<(), LogError>;
}

/// A record to write.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// Where to.
    pub topic: &'a Topic,
    /// The partition; `None`: by the key.
    pub partition: Option<i32>,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// Headers, in order.
    pub headers: &'a [Header<'a>],
}

/// Reads partitions outside any group. Driven by one thread.
pub trait Reader: Send {
    /// Waits up to `max_wait` and fills `batch` (cleared first); false if nothing came. A record's
    /// topic is an index into [`Reader::topics`].
    fn poll(&mut self, max_wait: Duration, batch: &mut Batch) -> Result<bool, LogError>;

    /// The topics read, in the order of their first mention.
    fn topics(&self) -> &[Topic];

    /// The next offset of a partition: after the last record delivered, and past any control
    /// records and aborted records behind it.
    fn position(&self, partition: &TopicPartition) -> Result<i64, LogError>;
}

#[cfg(test)]
mod tests {
    use super::Ends;

    #[test]
    fn lag_counts_from_the_position_to_the_last_stable_offset() {
        let ends = Ends {
            start: 10,
            last_stable: 20,
            high_watermark: 23,
        };
        //   at offset   there are still to read
        for (position, lag) in [(0, 10), (10, 10), (15, 5), (20, 0), (22, 0)] {
            assert_eq!(ends.lag(position), lag, "at {position}");
        }
        assert_eq!(ends.held_back(), 3);
    }
}
