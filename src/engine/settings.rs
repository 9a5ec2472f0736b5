//! What the engine runs on: topics, roles, pace.

use std::time::Duration;

use super::error::EngineError;
use crate::log::Topic;
use crate::model::Millis;

/// The topics of an application.
#[derive(Clone, Debug)]
pub struct Topics {
    /// Inputs; the index is the `input` of [`Processor::take`](crate::processor::Processor::take).
    pub inputs: Vec<Topic>,
    /// Messages between actors. Keyed by actor, not compacted, without time retention.
    pub mailbox: Topic,
    /// Rows of state: as many partitions as the mailbox, compacted.
    pub changelog: Topic,
    /// Outputs; the index is what [`Processor::encode`](crate::processor::Processor::encode) returns.
    pub outputs: Vec<Topic>,
    /// Where records go that cannot be used.
    pub dead_letters: Topic,
}

/// Which halves of the processor run here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roles {
    /// Inputs only.
    Intake,
    /// The mailbox only.
    Desk,
    /// Both.
    Both,
}

impl Roles {
    /// Whether inputs are taken.
    pub fn intake(self) -> bool {
        matches!(self, Self::Intake | Self::Both)
    }

    /// Whether messages are applied.
    pub fn desk(self) -> bool {
        matches!(self, Self::Desk | Self::Both)
    }

    /// A short name, for transactional ids.
    pub fn name(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Desk => "desk",
            Self::Both => "both",
        }
    }
}

/// Which clock, and whether there is an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The wall clock, for ever.
    Live,
    /// The event clock: take in all that was there at the start, let time move once, stop.
    Drain {
        /// Where time moves to; `None`: to the largest event time seen.
        as_of: Option<Millis>,
    },
}

/// How fast and how much. The defaults are what production runs on.
#[derive(Clone, Debug)]
pub struct Pace {
    /// How long a transaction is held open.
    pub commit_interval: Duration,
    /// A transaction that holds mailbox sends commits this long after the first of them, or as long as the
    /// commit before took, unless more records are waiting to be read than are read at once.
    pub mailbox_linger: Duration,
    /// A batch of so many records tells that more are waiting. Then fewer, longer transactions serve all of
    /// them better than quick hops serve a few, and the next is built while the one before is on its way.
    pub backlog: usize,
    /// A commit that takes so long is told of.
    pub slow_commit: Duration,
    /// How long a flush may take. Twice that is well below the maximum poll interval, since a revoke waits
    /// for what is on its way and for what is open.
    pub flush: Duration,
    /// How long a call that fails with a retriable error is repeated before the transaction is
    /// given up.
    pub retry: Duration,
    /// The longest pause after an abort, when aborts follow each other.
    pub backoff: Duration,
    /// A restore without progress for so long is told of, and its changelogs are read by a new reader.
    pub restore_stall: Duration,
    /// How much time a step spends on restoring before it polls again.
    pub restore_slice: Duration,
    /// How long the rows of a partition are kept after it was taken away. Far below the changelog's
    /// `delete.retention.ms`: deletions older than that cannot be caught up.
    pub warm: Duration,
    /// How often mailbox records before the committed offset are deleted.
    pub purge: Duration,
    /// How often the mailbox lag is looked at.
    pub lag_check: Duration,
    /// Inputs pause at this mailbox lag, in records...
    pub lag_high: i64,
    /// ...and resume at this one.
    pub lag_low: i64,
    /// How long a drain waits before it says what it waits for, and between two times.
    pub waits: Duration,
    /// How often a drain looks whether everything is quiet.
    pub drain_check: Duration,
    /// Timers fired before the next poll, at most.
    pub timers_per_step: usize,
    /// Messages delivered locally in one transaction, at most; further ones go through the mailbox.
    pub local_per_transaction: usize,
    /// Records that are processed together, at least one: see `Worker::process_each`.
    pub together: usize,
    /// Rows of a partition that stay decoded within a transaction; of more, those not touched for longest
    /// are packed.
    pub hot_rows: usize,
    /// Fenced again within this time: stop, unless it stood still meanwhile.
    pub fenced_again: Duration,
    /// Whoever does not look at the clock for so long has stood still.
    pub still: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            commit_interval: Duration::from_millis(100),
            mailbox_linger: Duration::from_millis(10),
            backlog: 400,
            slow_commit: Duration::from_secs(1),
            flush: Duration::from_secs(20),
            retry: Duration::from_secs(20),
            backoff: Duration::from_secs(1),
            restore_stall: Duration::from_secs(20),
            restore_slice: Duration::from_millis(100),
            warm: Duration::from_secs(300),
            purge: Duration::from_secs(60),
            lag_check: Duration::from_millis(500),
            lag_high: 20_000,
            lag_low: 5_000,
            waits: Duration::from_secs(20),
            drain_check: Duration::from_millis(100),
            timers_per_step: 500,
            local_per_transaction: 50_000,
            together: 16,
            hot_rows: 48,
            fenced_again: Duration::from_secs(60),
            still: Duration::from_secs(3),
        }
    }
}

impl Pace {
    /// How long records may be held back at the log for more to come along: a part of the time that a
    /// transaction is open for. Brokers that delivered each record at once, 500 deliveries a second to each of
    /// two workers, were kept so busy by it that commits waited; brokers that are asked 100 times a second by a
    /// worker with nothing to do are busy for nothing (2026-11-29).
    pub(super) fn gather(&self) -> Duration {
        (self.commit_interval / 4).clamp(GATHER_LEAST, GATHER_MOST)
    }
}

/// Shorter gathering would save nothing...
const GATHER_LEAST: Duration = Duration::from_millis(5);
/// ...and longer would keep partitions waiting that begin to be read.
const GATHER_MOST: Duration = Duration::from_millis(100);

/// Faults planted on purpose, to prove that the tests see them. Never set outside tests.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sabotage {
    #[default]
    None,
    /// Outputs and offsets in transactions of their own.
    TransactionsOff,
    /// Offsets are sent before the outputs are flushed, which is left to the commit. With a client
    /// whose commit flushes, as librdkafka's does, this shows nowhere: whoever takes a partition over
    /// waits for pending offsets before it asks for any end.
    OffsetsBeforeFlush,
    /// A transaction sends only offsets of partitions it read from.
    TimersWithoutOffsets,
    /// Restore ends at the last stable offset.
    RestoreToLastStable,
    /// Timers of restored rows are lost.
    TimersLostOnRestore,
    /// An output in a hundred is dropped.
    OutputDropped,
    /// An output in a hundred is sent twice.
    OutputTwice,
    /// An abort keeps the rows it should take back.
    AbortKeepsRows,
    /// An unknown outcome is taken for an abort.
    UnknownIsAbort,
}

/// What a worker runs on. Validated by [`Worker::new`](super::Worker::new).
#[derive(Clone, Debug)]
pub struct EngineSettings {
    /// The application: the consumer group, and the start of every transactional id.
    pub application: String,
    /// This instance: stable over restarts, different for each process. Default: the host name.
    pub instance: String,
    /// The topics.
    pub topics: Topics,
    /// What runs here.
    pub roles: Roles,
    /// Clock and end.
    pub mode: Mode,
    /// How many workers [`run`](super::run) starts.
    pub workers: usize,
    /// Whether a message to an actor of this worker skips the mailbox (ENGINE.md 14).
    pub local_delivery: bool,
    /// The largest record, in bytes of key, value and headers, that topics take.
    pub max_record: usize,
    /// How fast and how much.
    pub pace: Pace,
    /// Always `None` outside tests.
    #[doc(hidden)]
    pub sabotage: Sabotage,
}

impl EngineSettings {
    /// The transactional id of a worker: stable, so that a restart fences its predecessor at once.
    pub fn transactional_id(&self, worker: usize) -> String {
        format!(
            "{}-{}-{}-{worker}",
            self.application,
            self.roles.name(),
            self.instance
        )
    }

    /// Every topic, each once.
    pub(super) fn all_topics(&self) -> Vec<Topic> {
        let Topics {
            inputs,
            mailbox,
            changelog,
            outputs,
            dead_letters,
        } = &self.topics;
        let mut topics: Vec<_> = inputs
            .iter()
            .chain(outputs)
            .chain([mailbox, changelog, dead_letters])
            .cloned()
            .collect();
        topics.sort();
        topics.dedup();
        topics
    }

    /// Checks that the topics exist, and that mailbox and changelog match; how many partitions those
    /// have.
    pub(super) fn check_topics(&self, found: &[(Topic, i32)]) -> Result<i32, EngineError> {
        let count = |topic: &Topic| found.iter().find(|(t, _)| t == topic).map(|(_, n)| *n);
        let missing: Vec<_> = self
            .all_topics()
            .into_iter()
            .filter(|topic| count(topic).is_none())
            .collect();
        let Topics {
            mailbox, changelog, ..
        } = &self.topics;
        match (count(mailbox), count(changelog)) {
            (Some(partitions), Some(same)) if missing.is_empty() && partitions == same => Ok(partitions),
            (Some(mailbox_partitions), Some(changelog_partitions)) if missing.is_empty() => {
                Err(EngineError::Uneven {
                    mailbox: mailbox.clone(),
                    mailbox_partitions,
                    changelog: changelog.clone(),
                    changelog_partitions,
                })
            }
            _ => Err(EngineError::MissingTopics(missing)),
        }
    }

    /// Checks that application and instance can be part of a transactional id and of a stamp.
    pub(super) fn check_names(&self) -> Result<(), EngineError> {
        for (what, name) in [("application", &self.application), ("instance", &self.instance)] {
            let fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            if name.is_empty() || !name.chars().all(fine) {
                return Err(EngineError::BadName {
                    what,
                    name: name.clone(),
                });
            }
        }
        Ok(())
    }

    /// The topics a worker subscribes to, in the order of `Record::topic`: inputs, then mailbox.
    pub(super) fn subscription(&self) -> Vec<Topic> {
        let mut topics = Vec::new();
        if self.roles.intake() {
            topics.extend(self.topics.inputs.iter().cloned());
        }
        if self.roles.desk() {
            topics.push(self.topics.mailbox.clone());
        }
        topics
    }
}
