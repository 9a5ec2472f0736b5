//! The log in memory: transactions, groups and offsets as Kafka has them, in one process.
//!
//! `heard demo` runs on it, and the simulation proves the engine on it. So it models what the engine
//! relies on (ENGINE.md): generations and fencing, offsets that stay pending until their transaction
//! ends, aborts that readers never see, the last stable offset, and control records that take offsets.
//!
//! It has no threads and no randomness of its own: everything happens inside the calls, and in the
//! order of the calls. In [`Mode::Simulated`] time stands still but for [`MemoryLog::advance`], and no
//! call ever waits; the same calls then give the same answers, always.
//!
//! Where a real broker answers after a while, this one answers at once; where a client would wait for
//! something that only another client can bring about, a simulated call says [`ErrorKind::Retriable`].
//!
//! What a broker has and this has not: records that a client fetched before it was expelled and reads
//! afterwards (a test holds a batch back instead), transactions found expired only every ten seconds
//! (here at once), retention by time.
//!
//! | file | holds |
//! |---|---|
//! | `partition` | the records of one partition, what is visible of them, compaction |
//! | `topics` | partitions by topic, sizes, keys to partitions |
//! | `transactions` | the transaction coordinator: epochs, ends, markers, time-outs |
//! | `group`, `assignor`, `offsets` | the group coordinator: members, generations, offsets |
//! | `consumer`, `producer`, `reader` | the handles, and what a client knows by itself |
//! | `faults` | what a test makes go wrong |
//! | `brokers` | who must be reached for what, and brokers that are away |
//! | `inspect` | what a test looks at |
//! | `state`, `shared` | all of it behind one lock, its clock, and waiting |

mod assignor;
mod brokers;
mod consumer;
mod faults;
mod group;
mod inspect;
mod offsets;
mod partition;
mod producer;
mod reader;
mod shared;
mod state;
mod topics;
mod transactions;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::model::Millis;

pub use brokers::Outage;
pub use consumer::{Membership, MemoryConsumer};
pub use faults::{Fate, Faults, Marker, Moment, Operation};
pub use inspect::{DumpedRecord, MemberView};
pub use producer::MemoryProducer;
pub use reader::MemoryReader;

use super::{
    CommittedOffset, Ends, ErrorKind, GroupSettings, Isolation, Log, LogError, Topic, TopicPartition,
    TopicSpec,
};
use brokers::Role;
use shared::Shared;

/// Whether time is the test's or the machine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Time moves by [`MemoryLog::advance`] only, and no call waits.
    Simulated,
    /// Time is the machine's, and calls wait for what other threads do.
    Live,
}

/// How a [`MemoryLog`] behaves; `Settings::default()` is simulated, with the engine's time-outs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose time it is.
    pub mode: Mode,
    /// The time at the start, in [`Mode::Simulated`].
    pub start: Millis,
    /// A member that makes no call for so long is expelled. There is no heartbeat thread, so this
    /// stands for Kafka's session time-out and its maximum poll interval alike.
    pub session_timeout: Duration,
    /// A transaction open for so long is aborted, and its producer fenced.
    pub transaction_timeout: Duration,
    /// How long a live call waits for others before it is [`ErrorKind::Retriable`].
    pub request_timeout: Duration,
    /// The most records that one poll returns.
    pub max_batch: usize,
    /// Keep records sent in the client until `flush` or `commit`, so that errors of writing show
    /// there and a crash loses what was not flushed. Without it they are written at once.
    pub queue_sends: bool,
    /// Whether a commit flushes first, as librdkafka's does. Without it, what is still queued at a
    /// commit is no part of it: it is written with the next flush of this producer, into whatever
    /// transaction is open then, or lost with it. So the order that [`super::Producer`] asks for is
    /// held to without the client's help.
    pub commit_flushes: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::Simulated,
            start: Millis(1_600_000_000_000),
            session_timeout: Duration::from_secs(10),
            transaction_timeout: Duration::from_secs(15),
            request_timeout: Duration::from_secs(10),
            max_batch: 500,
            queue_sends: false,
            commit_flushes: true,
        }
    }
}

/// A log in memory; a cheap handle, all clones are the same log.
#[derive(Clone, Debug)]
pub struct MemoryLog {
    shared: Arc<Shared>,
}

impl MemoryLog {
    /// An empty log.
    pub fn new(settings: Settings) -> Self {
        Self {
            shared: Arc::new(Shared::new(settings)),
        }
    }

    /// An empty log for a simulation.
    pub fn simulated() -> Self {
        Self::new(Settings::default())
    }

    /// An empty log for threads and the machine's time. Sessions last five minutes, since a worker
    /// that computes makes no call.
    pub fn live() -> Self {
        Self::new(Settings {
            mode: Mode::Live,
            session_timeout: Duration::from_secs(300),
            ..Settings::default()
        })
    }

    /// The log's time.
    pub fn now(&self) -> Millis {
        self.shared.with(|state| state.now())
    }

    /// Lets time pass, and in it, in order, whatever falls due: sessions and transactions that
    /// expire, late commits and markers (see [`MemoryLog::faults`]).
    pub fn advance(&self, by: Duration) {
        self.shared.with(|state| state.advance(by));
    }

    /// The most records that one poll returns, from now on.
    pub fn set_max_batch(&self, records: usize) {
        self.shared
            .with(|state| state.settings.max_batch = records.max(1));
    }

    /// In which order a poll serves partitions: `arrange` gets those that could be read from, and may
    /// reorder them, or leave some out as if their data were still on its way. The default begins
    /// one further at each poll.
    pub fn set_fetch_order(&self, arrange: impl FnMut(&mut Vec<TopicPartition>) + Send + 'static) {
        self.shared.with(|state| state.fetch_order = Box::new(arrange));
    }

    /// What shall go wrong.
    pub fn faults(&self) -> Faults {
        Faults::new(Arc::clone(&self.shared))
    }

    /// Says for the members of this client name that they are alive, as a client's own thread does while a call of its
    /// caller takes long. Here there is no such thread.
    pub fn keep_alive(&self, client: &str) {
        self.shared.with(|state| state.keep_alive(client));
    }

    /// Expels every member that joined under this client name from its group, as if its session had
    /// expired. Says whether there was one.
    pub fn expire_session(&self, client: &str) -> bool {
        self.shared.with(|state| state.expire_sessions_of(client))
    }

    /// Aborts the open transaction of this id and fences its producer, as if it had timed out. Says
    /// whether one was open.
    pub fn expire_transaction(&self, transactional_id: &str) -> bool {
        self.shared
            .with(|state| state.expire_transaction(transactional_id))
    }

    /// Forgets all offsets that a group has committed, as a broker does when the group was idle for
    /// `offsets.retention.minutes`.
    pub fn expire_offsets(&self, group: &str) {
        self.shared.with(|state| state.group(group).offsets.forget());
    }

    /// Sets the offsets of a group by hand, as administrators do: to what they are, with no text beside them.
    pub fn set_offsets_by_hand(&self, group: &str) {
        self.shared
            .with(|state| state.group(group).offsets.forget_texts());
    }

    /// Loses records of a partition, as a disk or a wrong leader does: of those at its end the end moves back, in
    /// front of others a gap is left.
    pub fn lose(&self, partition: &TopicPartition, offsets: Range<i64>) {
        self.shared.with(|state| state.lose(partition, offsets));
    }

    /// Compacts a topic below its last stable offset: of each key the newest committed record stays,
    /// control records and aborted records go. With `drop_tombstones` a key whose newest record is a
    /// tombstone goes altogether. Offsets stay as they are.
    pub fn compact(&self, topic: &Topic, drop_tombstones: bool) {
        self.shared.with(|state| state.compact(topic, drop_tombstones));
    }
}

impl Log for MemoryLog {
    type Membership = Membership;
    type Consumer = MemoryConsumer;
    type Producer = MemoryProducer;
    type Reader = MemoryReader;

    fn consumer(&self, settings: &GroupSettings) -> Result<MemoryConsumer, LogError> {
        MemoryConsumer::join(&self.shared, settings)
    }

    fn producer(&self, transactional_id: &str) -> Result<MemoryProducer, LogError> {
        self.shared.call("creating a producer", |_| Ok(()))?;
        Ok(MemoryProducer::new(Arc::clone(&self.shared), transactional_id))
    }

    fn reader(&self, from: &[(TopicPartition, i64)], isolation: Isolation) -> Result<MemoryReader, LogError> {
        self.shared.call("creating a reader", |state| {
            from.iter()
                .try_for_each(|(tp, _)| state.partition(tp, "creating a reader").map(|_| ()))
        })?;
        Ok(MemoryReader::new(Arc::clone(&self.shared), from, isolation))
    }

    fn partitions(&self, topics: &[Topic]) -> Result<Vec<(Topic, i32)>, LogError> {
        const DURING: &str = "asking for partition counts";
        self.shared.call(DURING, |state| {
            state.reach_any(DURING)?;
            let count = |t: &Topic| (t.clone(), state.partition_count(t));
            Ok(topics
                .iter()
                .map(count)
                .filter(|(_, partitions)| *partitions > 0)
                .collect())
        })
    }

    fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        self.shared.call("creating topics", |state| {
            topics.iter().try_for_each(|t| state.create_topic(t))
        })
    }

    fn committed(
        &self,
        group: &str,
        partitions: &[TopicPartition],
    ) -> Result<Vec<Option<CommittedOffset>>, LogError> {
        const DURING: &str = "reading committed offsets";
        let stable = self.shared.call_waiting(DURING, |state| {
            state.reach(&Role::Group(group), DURING)?;
            Ok(state.group(group).offsets.stable(partitions))
        })?;
        stable.ok_or_else(|| {
            let detail = "a transaction that is still open has sent offsets of these partitions; ask again";
            LogError::new(ErrorKind::Retriable, DURING, detail)
        })
    }

    fn ends(&self, partitions: &[TopicPartition]) -> Result<Vec<Ends>, LogError> {
        const DURING: &str = "asking for end offsets";
        self.shared.call(DURING, |state| {
            state.reach_leaders(partitions.iter(), DURING)?;
            partitions
                .iter()
                .map(|tp| state.partition(tp, DURING).map(|p| p.ends()))
                .collect()
        })
    }

    fn offsets_at(&self, partitions: &[TopicPartition], time: i64) -> Result<Vec<Option<i64>>, LogError> {
        const DURING: &str = "asking for offsets by time";
        self.shared.call(DURING, |state| {
            state.reach_leaders(partitions.iter(), DURING)?;
            partitions
                .iter()
                .map(|tp| state.partition(tp, DURING).map(|p| p.offset_at(Millis(time))))
                .collect()
        })
    }

    fn delete_records(&self, before: &[(TopicPartition, i64)]) -> Result<(), LogError> {
        self.shared
            .call("deleting records", |state| state.delete_records(before))
    }

    fn time(&self, at: &TopicPartition, key: &[u8]) -> Result<Option<Millis>, LogError> {
        self.shared
            .call("asking for the time", |state| state.time(at, key))
    }
}
