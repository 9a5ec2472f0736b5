//! Why a worker stops.

use thiserror::Error;

use crate::log::{LogError, Topic, TopicPartition};

/// A worker has stopped, or would not start.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The log failed in a way that trying again cannot mend.
    #[error("the log failed: {0}")]
    Log(#[from] LogError),
    /// Topics that must exist do not.
    #[error("these topics do not exist: {}. Create them with `heard topics apply`", names(.0))]
    MissingTopics(Vec<Topic>),
    /// Mailbox and changelog belong together, partition by partition.
    #[error(
        "{mailbox} has {mailbox_partitions} partitions and {changelog} has {changelog_partitions}: they must \
         be equal, and never change. {REBUILD}"
    )]
    Uneven {
        /// The mailbox topic.
        mailbox: Topic,
        /// Its partitions.
        mailbox_partitions: i32,
        /// The changelog topic.
        changelog: Topic,
        /// Its partitions.
        changelog_partitions: i32,
    },
    /// A partition whose state cannot be trusted.
    #[error("{partition}: {why}")]
    Refused {
        /// The partition that would have been processed.
        partition: TopicPartition,
        /// What is wrong, and what to do.
        why: Refusal,
    },
    /// Fenced twice in short order.
    #[error(
        "transactional id {id} was taken over twice within {seconds} s ({detail}). Is another process \
         running with the same --instance?"
    )]
    FencedAgain {
        /// The id.
        id: String,
        /// The time in question.
        seconds: u64,
        /// What the log said.
        detail: String,
    },
    /// A drain met data that only a newer release can read, so it cannot end.
    #[error("{partition} holds format {found}, and this release knows up to {known}: run the newer release")]
    NewerFormat {
        /// Where it is.
        partition: TopicPartition,
        /// The format found.
        found: u8,
        /// The newest format known.
        known: u8,
    },
    /// Names that cannot be used.
    #[error("{what} {name:?}: give it a name of letters, digits, dots, dashes and underscores")]
    BadName {
        /// Which name.
        what: &'static str,
        /// What it was.
        name: String,
    },
    /// The machine refused a thread.
    #[error("no thread could be started: {0}")]
    Thread(std::io::Error),
    /// The worker's thread panicked; a bug in the engine, since processors are caught.
    #[error("worker {0} panicked; this is a bug in heard, please report it with the lines logged before")]
    Panicked(usize),
}

/// Why a partition is not touched (ENGINE.md 10, 11).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Offsets expire when a group has been idle for a week.
    #[error(
        "its changelog holds rows, but the group has no committed offset (expired, or reset?). {REBUILD}"
    )]
    RowsWithoutOffset,
    /// The changelog is gone, or its beginning is.
    #[error(
        "the group has committed offset {0}, but the changelog does not hold its rows from the beginning. {REBUILD}"
    )]
    OffsetWithoutRows(i64),
    /// Records of the changelog are gone from its middle or its end, or it is an older one.
    #[error(
        "its changelog does not hold the rows of the last commit ({found} rows where {left} were left, or others): records \
         were lost from it, an older copy was put in its place, or others wrote to it. Going on would repeat or skip \
         numbers. If there is a whole copy, put that in place; else rebuild. {REBUILD}"
    )]
    NotWhole {
        /// How many rows the last commit left.
        left: u64,
        /// How many there are.
        found: u64,
    },
    /// Messages were purged, and neither rows nor offset tell what became of them.
    #[error("records before {0} are gone, and there is neither a committed offset nor a row. {REBUILD}")]
    Purged(i64),
    /// The number of partitions has changed, so actors have moved.
    #[error(
        "rows were written with {was} partitions and now there are {now}: actors would not find their rows. {REBUILD}"
    )]
    PartitionsChanged {
        /// As recorded beside the rows.
        was: i32,
        /// As found.
        now: i32,
    },
    /// Too much of the changelog cannot be read.
    #[error(
        "{unreadable} of {records} records of its changelog cannot be read. Is it the changelog of something else, or \
         was it changed by other hands? If not, it is a bug in heard: please report it. Nothing was written. {REBUILD}"
    )]
    Unreadable {
        /// How many cannot be.
        unreadable: u64,
        /// Of how many.
        records: u64,
    },
    /// Records were deleted by retention before they were read.
    #[error(
        "the group has read up to {committed}, but the first record left is {start}: what lay between was \
         deleted unread. To go on without it, reset the group's offset of this partition to earliest with \
         `kafka-consumer-groups.sh --reset-offsets`. If it is the mailbox: {REBUILD}"
    )]
    InputDeleted {
        /// The next record to read.
        committed: i64,
        /// The first one left.
        start: i64,
    },
    /// The topic was created again.
    #[error(
        "the group has read up to {committed}, but the partition ends at {end}: was the topic created again? \
         Reset the group's offset of this partition with `kafka-consumer-groups.sh --reset-offsets`. If it is the mailbox: \
         {REBUILD}"
    )]
    BeyondEnd {
        /// The next record to read.
        committed: i64,
        /// The end.
        end: i64,
    },
}

/// What to do where state cannot be trusted: wherever that is said, it is said so.
pub const REBUILD: &str =
    "Build the state anew from the inputs: `heard rebuild` says what comes of that, and does it";

fn names(topics: &[Topic]) -> String {
    topics.iter().map(Topic::as_str).collect::<Vec<_>>().join(", ")
}

/// What stops a step: an error to recover from, or one to stop for.
#[derive(Debug)]
pub(super) enum Trouble {
    /// By its kind: retry, abort, rebuild, or stop.
    Log(LogError),
    /// Stop.
    Stop(EngineError),
}

impl From<LogError> for Trouble {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

impl From<EngineError> for Trouble {
    fn from(error: EngineError) -> Self {
        Self::Stop(error)
    }
}

#[cfg(test)]
mod tests {
    use super::Refusal;

    #[test]
    fn the_page_on_recovery_has_every_refusal() {
        let page = include_str!("../../docs/recovery.md");
        for refusal in [
            Refusal::RowsWithoutOffset,
            Refusal::OffsetWithoutRows(17),
            Refusal::NotWhole {
                left: 830,
                found: 812,
            },
            Refusal::Purged(17),
            Refusal::PartitionsChanged { was: 12, now: 24 },
            Refusal::Unreadable {
                unreadable: 5_000,
                records: 10_000,
            },
            Refusal::InputDeleted {
                committed: 17,
                start: 40,
            },
            Refusal::BeyondEnd {
                committed: 17,
                end: 3,
            },
        ] {
            let said = refusal.to_string();
            let first = said.split_inclusive(['.', '?']).next().unwrap_or_default();
            let first = first.trim_end_matches('.');
            assert!(page.contains(first), "docs/recovery.md lacks: {first}");
        }
    }
}
