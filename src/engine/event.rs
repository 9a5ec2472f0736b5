//! What the engine has to tell: one type, told after the commit that makes it true.

use std::fmt;
use std::time::Duration;

use tracing::Level;

use super::observer::CommitTook;
use crate::log::{APPEND_TIME, LogError, Topic, TopicPartition};
use crate::model::Millis;
use crate::processor::{Rejection, RowKey};

/// Something a person or a test may want to know.
#[derive(Clone, Debug)]
pub enum Event {
    /// A record or a message went to the dead letters.
    DeadLettered {
        /// Where it was read.
        partition: TopicPartition,
        /// At which offset; -1 for a message that skipped the mailbox.
        offset: i64,
        /// When the log received it.
        timestamp: Millis,
        /// Why.
        reason: Rejection,
    },
    /// A timer failed or stayed due; it sleeps until its row changes.
    TimerParked {
        /// The mailbox partition.
        partition: TopicPartition,
        /// The row.
        row: RowKey,
        /// Why.
        reason: Rejection,
    },
    /// A row marked for publication could not be published.
    PublishFailed {
        /// The mailbox partition.
        partition: TopicPartition,
        /// The row.
        row: RowKey,
        /// Why.
        reason: Rejection,
    },
    /// What had to go out in place of a failed message could not.
    SalvageFailed {
        /// The mailbox partition.
        partition: TopicPartition,
        /// Why.
        reason: Rejection,
    },
    /// A partition stands still until a newer release owns it.
    Blocked {
        /// The mailbox or changelog partition.
        partition: TopicPartition,
        /// The format found.
        found: u8,
        /// The newest format known.
        known: u8,
    },
    /// A restored row cannot be read. Messages that need it will go to the dead letters.
    CorruptRow {
        /// The changelog partition.
        partition: TopicPartition,
        /// The row.
        row: RowKey,
    },
    /// An input partition is read from its beginning, since the group never read it.
    FromEarliest {
        /// The input partition.
        partition: TopicPartition,
        /// The first offset.
        offset: i64,
    },
    /// The rows of a partition are in memory, and it is being read.
    Restored {
        /// The mailbox partition.
        partition: TopicPartition,
        /// How many rows there are.
        rows: usize,
        /// How many changelog records were read.
        records: u64,
        /// Whether rows kept from an earlier ownership spared a full restore.
        warm: bool,
        /// How long it took.
        took: Duration,
    },
    /// A restore does not get on.
    RestoreStalls {
        /// The changelog or input partition.
        partition: TopicPartition,
        /// Of a changelog, up to where it is read, and where it has to be read to.
        reach: Option<(i64, i64)>,
        /// For how long it has not.
        since: Duration,
    },
    /// A drain waits for a transaction that somebody holds open in its inputs.
    OpenInput {
        /// The input partition.
        partition: TopicPartition,
        /// Before which offset there is nothing open.
        stable: i64,
        /// Up to where the drain reads.
        end: i64,
    },
    /// A commit took long: nothing came out of this worker meanwhile.
    SlowCommit(CommitTook),
    /// A transaction was aborted; its records will be read again.
    Aborted(LogError),
    /// A commit's answer was lost; the log was asked.
    OutcomeLearnt {
        /// Whether the commit had happened.
        committed: bool,
    },
    /// Fenced or expelled: consumer and producer were made anew.
    Rebuilt(LogError),
    /// A call that is only housekeeping failed; it will be tried again.
    UpkeepFailed(LogError),
    /// Inputs wait for the mailbox, or no longer do.
    Backpressure {
        /// Whether they wait.
        paused: bool,
        /// The mailbox lag, in records.
        lag: i64,
    },
    /// Everything is taken in: the event clock of a drain moves.
    ClockMoved {
        /// Where to.
        to: Millis,
    },
    /// The machine's clock differs from the brokers' time by more than it may. A matter of the process, not of the worker.
    ClockOff {
        /// By so many milliseconds it is ahead; behind, if they are less than none.
        ahead: i64,
        /// Since when, by the brokers' time.
        since: Millis,
    },
    /// It does no longer.
    ClockRight {
        /// By so many milliseconds it is ahead; behind, if they are less than none.
        ahead: i64,
    },
    /// The machine's clock cannot be held against the brokers' time, and is believed.
    ClockUnchecked(Unchecked),
}

/// Why a clock cannot be held against the brokers' time.
#[derive(Clone, Debug)]
pub enum Unchecked {
    /// This topic has its writers' times.
    WritersTime(Topic),
    /// Brokers refuse to be asked.
    Failed(LogError),
}

impl fmt::Display for Unchecked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WritersTime(topic) => {
                let (name, value) = APPEND_TIME;
                write!(
                    f,
                    "{topic} does not have {name}={value}. `heard topics plan` says how it gets it"
                )
            }
            Self::Failed(error) => error.fmt(f),
        }
    }
}

/// Milliseconds that a clock is ahead or behind, in words.
pub(crate) fn ahead_or_behind(ahead: i64) -> String {
    let seconds = ahead.unsigned_abs() as f64 / 1000.0;
    let side = if ahead < 0 { "behind" } else { "ahead of" };
    format!("{seconds:.1} s {side} the brokers'")
}

impl Event {
    /// The names of all kinds.
    pub const NAMES: [&str; 21] = [
        "dead_lettered",
        "timer_parked",
        "publish_failed",
        "salvage_failed",
        "blocked",
        "corrupt_row",
        "from_earliest",
        "restored",
        "restore_stalled",
        "open_input",
        "slow_commit",
        "aborted",
        "outcome_learnt",
        "rebuilt",
        "upkeep_failed",
        "inputs_paused",
        "inputs_resumed",
        "clock_moved",
        "clock_off",
        "clock_right",
        "clock_unchecked",
    ];

    /// The name of its kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::DeadLettered { .. } => "dead_lettered",
            Self::TimerParked { .. } => "timer_parked",
            Self::PublishFailed { .. } => "publish_failed",
            Self::SalvageFailed { .. } => "salvage_failed",
            Self::Blocked { .. } => "blocked",
            Self::CorruptRow { .. } => "corrupt_row",
            Self::FromEarliest { .. } => "from_earliest",
            Self::Restored { .. } => "restored",
            Self::RestoreStalls { .. } => "restore_stalled",
            Self::OpenInput { .. } => "open_input",
            Self::SlowCommit(_) => "slow_commit",
            Self::Aborted(_) => "aborted",
            Self::OutcomeLearnt { .. } => "outcome_learnt",
            Self::Rebuilt(_) => "rebuilt",
            Self::UpkeepFailed(_) => "upkeep_failed",
            Self::Backpressure { paused: true, .. } => "inputs_paused",
            Self::Backpressure { paused: false, .. } => "inputs_resumed",
            Self::ClockMoved { .. } => "clock_moved",
            Self::ClockOff { .. } => "clock_off",
            Self::ClockRight { .. } => "clock_right",
            Self::ClockUnchecked(_) => "clock_unchecked",
        }
    }

    /// The client's error that it tells of, if it does.
    pub fn error(&self) -> Option<&LogError> {
        match self {
            Self::Aborted(error)
            | Self::Rebuilt(error)
            | Self::UpkeepFailed(error)
            | Self::ClockUnchecked(Unchecked::Failed(error)) => Some(error),
            _ => None,
        }
    }

    /// How much it matters to whoever reads the log of the program.
    pub fn level(&self) -> Level {
        match self {
            // A first start tells this of every input partition: hundreds of lines.
            Self::FromEarliest { .. } => Level::DEBUG,
            Self::Restored { .. }
            | Self::OutcomeLearnt { .. }
            | Self::Backpressure { .. }
            | Self::ClockMoved { .. }
            | Self::ClockRight { .. } => Level::INFO,
            Self::CorruptRow { .. } | Self::SalvageFailed { .. } | Self::Blocked { .. } => Level::ERROR,
            _ => Level::WARN,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row_name =
            |row: &RowKey| format!("kind {} part {} index {}", row.actor.kind, row.part, row.index);
        match self {
            Self::DeadLettered {
                partition,
                offset,
                reason,
                ..
            } => {
                write!(f, "{partition} offset {offset} to the dead letters: {reason}")
            }
            Self::TimerParked {
                partition,
                row,
                reason,
            } => {
                write!(f, "{partition}: timer of row {} parked: {reason}", row_name(row))
            }
            Self::PublishFailed {
                partition,
                row,
                reason,
            } => {
                write!(
                    f,
                    "{partition}: row {} was not published: {reason}",
                    row_name(row)
                )
            }
            Self::SalvageFailed { partition, reason } => {
                write!(f, "{partition}: nothing went out for a failed message: {reason}")
            }
            Self::Blocked {
                partition,
                found,
                known,
            } => write!(
                f,
                "{partition} stands still: it holds format {found}, this release knows up to {known}. Finish the roll-out"
            ),
            Self::CorruptRow { partition, row } => {
                write!(f, "{partition}: row {} cannot be read", row_name(row))
            }
            Self::FromEarliest { partition, offset } => {
                write!(
                    f,
                    "{partition} was never read by this group: beginning at {offset}"
                )
            }
            Self::Restored {
                partition,
                rows,
                records,
                warm,
                took,
            } => write!(
                f,
                "{partition} restored: {rows} rows from {records} records in {took:?}{}",
                if *warm { ", from warm rows" } else { "" }
            ),
            Self::RestoreStalls {
                partition,
                reach,
                since,
            } => {
                write!(
                    f,
                    "{partition}: restoring has not got on for {} s",
                    since.as_secs()
                )?;
                match reach {
                    Some((at, to)) => write!(
                        f,
                        ": read up to offset {at} of {to}. A broker that has it is away, or a transaction is open there, \
                         which brokers end after its time-out. It goes on by itself"
                    ),
                    None => write!(f, ": brokers do not tell its offsets. It goes on by itself"),
                }
            }
            Self::OpenInput {
                partition,
                stable,
                end,
            } => write!(
                f,
                "{partition}: a transaction of somebody is open from offset {stable} on, and the drain reads up to {end}. It \
                 waits until that ends; brokers end it after its time-out. If it hangs: `kafka-transactions.sh find-hanging`"
            ),
            Self::SlowCommit(CommitTook {
                whole,
                writing,
                flushing,
                ending,
                ..
            }) => write!(
                f,
                "a commit took {} ms: {} to write, {} until the brokers had all of it, {} for offsets and the end",
                whole.as_millis(),
                writing.as_millis(),
                flushing.as_millis(),
                ending.as_millis()
            ),
            Self::Aborted(error) => write!(f, "transaction aborted: {error}"),
            Self::OutcomeLearnt { committed: true } => write!(f, "a commit without an answer had happened"),
            Self::OutcomeLearnt { committed: false } => {
                write!(f, "a commit without an answer had not happened")
            }
            Self::Rebuilt(error) => write!(f, "consumer and producer made anew, joining again: {error}"),
            Self::UpkeepFailed(error) => write!(f, "housekeeping failed: {error}"),
            Self::Backpressure { paused: true, lag } => write!(f, "inputs paused: mailbox lag {lag}"),
            Self::Backpressure { paused: false, lag } => write!(f, "inputs resumed: mailbox lag {lag}"),
            Self::ClockOff { ahead, since } => write!(
                f,
                "the clock of this machine is {} since {}: no deadline fires until it is right; records are stamped by the \
                 brokers' time. Set it (NTP)",
                ahead_or_behind(*ahead),
                since.second()
            ),
            Self::ClockRight { ahead } => write!(
                f,
                "the clock of this machine is right again, {}: deadlines fire",
                ahead_or_behind(*ahead)
            ),
            Self::ClockUnchecked(why) => write!(
                f,
                "this machine's clock is believed, and deadlines fire by it even if it is off: {why}"
            ),
            Self::ClockMoved { to } => write!(f, "everything is taken in: time moves to {} ms", to.0),
        }
    }
}
