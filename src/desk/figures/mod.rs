//! What the desk counts of cases and records, by number: a table of figures for each channel and stage.
//!
//! What a case counts as is a function of its row ([`conclusions`]). Whenever that changes, what it was is
//! taken back and what it is is counted, so that the sums are at all times those of the cases as they stand,
//! whatever a late fact has changed: the same that `heard report` finds in the published cases. The engine
//! keeps the same sums of the rows that it holds, which outlive the process.

pub mod conclusions;
mod queues;
pub mod surveyed;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::config::rules::RuleSettings;
use crate::model::{SignalKind, Stage};
use crate::processor::{Figure, Total};

pub use queues::{ChannelTag, Waiting, stage_of_group};

/// The upper bounds of durations' buckets, in seconds: from a minute to a month.
pub const BOUNDS: [i64; 14] = [
    60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 172_800, 259_200, 604_800, 1_209_600,
    2_592_000,
];

/// The buckets: one for each bound, and one for what is longer.
pub const BUCKETS: usize = BOUNDS.len() + 1;

/// A service level, as figures name it.
pub const LEVELS: [&str; 4] = ["acknowledge", "answer", "next", "resolve"];

/// What is counted of a channel and a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Cases.
    Opened,
    /// Cases with an answer.
    Answered,
    /// Cases that were left unanswered beyond patience at some time.
    Unanswered,
    /// Cases that were resolved without a word to the customer.
    ClosedSilently,
    /// Cases whose resolution stands.
    Resolved,
    /// Cases in which somebody waited for an answer: those that shares of answers are of.
    Expecting,
    /// Waits that were left beyond patience: a case may have several.
    UnansweredWaits,
    /// Cases that came onstage since nobody had answered offstage (rule 9).
    EscalatedUnanswered,
    /// Cases that came onstage since an answer had solved nothing.
    EscalatedUnsolved,
    /// Cases that went on offstage, as the company had asked.
    Switched,
    /// Cases that went on offstage, unasked.
    Chased,
    /// Invitations to where the customer waited already.
    Bounces,
    /// Cases that repeat another one (rule 10).
    Echoes,
    /// Replies by another team, or from another channel, than the one before (rule 17).
    Transfers,
    /// Customer messages that opened a resolved case again.
    Reopenings,
    /// Cases that the first contact solved (rule 16).
    SolvedAtFirst,
    /// Cases that took more.
    NotSolvedAtFirst,
    /// Cases whose latest promise was kept (rule 21).
    PromisesKept,
    /// Cases whose latest promise was broken.
    PromisesBroken,
    /// Follow-ups that came due (rule 18).
    FollowUpsDue,
    /// Follow-ups that were done, in time or later.
    FollowUpsDone,
    /// Cases in which the customer said insults.
    Insulting,
    /// Cases at the reply limit or past it.
    LimitReached,
    /// Cases past it.
    LimitExceeded,
    /// Cases that met a level; by its place in [`LEVELS`].
    Met(usize),
    /// Cases that breached a level.
    Breached(usize),
    /// First responses that took no longer than a bucket's bound, and longer than the one before.
    FirstResponse(usize),
    /// Milliseconds of all first responses.
    FirstResponseMs,
    /// Resolutions, likewise.
    Resolution(usize),
    /// Milliseconds of all resolutions.
    ResolutionMs,
    /// Records of a kind that were taken.
    Taken(RecordKind),
    /// Records of a kind that were known already.
    Duplicate(RecordKind),
    /// Records of a kind that say something else than was known under their id and revision.
    Conflict(RecordKind),
}

/// What a record of a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// A customer's message.
    Complaint,
    /// The company's message.
    Response,
    /// A change without a message.
    Update,
}

impl RecordKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Complaint, Self::Response, Self::Update];
}

/// Where a figure of a channel and stage is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Among those to which a case adds one or nothing.
    One(usize),
    /// Among those to which a case adds an amount.
    Amount(usize),
    /// Among those of records, which belong to no case.
    Record(usize),
}

const LEVEL_ONES: usize = 7;
const FIRST_RESPONSE: usize = LEVEL_ONES + 2 * LEVELS.len();
const RESOLUTION: usize = FIRST_RESPONSE + BUCKETS;
const WAYS: usize = RESOLUTION + BUCKETS;
/// How many figures are of ones.
const COUNTED_ONES: usize = WAYS + 13;
/// How many are of amounts.
const COUNTED_AMOUNTS: usize = 6;
/// How many figures there are of a channel and stage.
const SIZE: usize = COUNTED_ONES + COUNTED_AMOUNTS + 3 * RecordKind::ALL.len();

impl Counted {
    fn place(self) -> Place {
        use Place::{Amount, One, Record};
        match self {
            Self::Opened => One(0),
            Self::Answered => One(1),
            Self::Unanswered => One(2),
            Self::Resolved => One(3),
            Self::LimitReached => One(4),
            Self::LimitExceeded => One(5),
            Self::ClosedSilently => One(6),
            Self::Met(level) => One(LEVEL_ONES + level),
            Self::Breached(level) => One(LEVEL_ONES + LEVELS.len() + level),
            Self::FirstResponse(bucket) => One(FIRST_RESPONSE + bucket),
            Self::Resolution(bucket) => One(RESOLUTION + bucket),
            Self::Expecting => One(WAYS),
            Self::EscalatedUnanswered => One(WAYS + 1),
            Self::EscalatedUnsolved => One(WAYS + 2),
            Self::Switched => One(WAYS + 3),
            Self::Chased => One(WAYS + 4),
            Self::Echoes => One(WAYS + 5),
            Self::SolvedAtFirst => One(WAYS + 6),
            Self::NotSolvedAtFirst => One(WAYS + 7),
            Self::PromisesKept => One(WAYS + 8),
            Self::PromisesBroken => One(WAYS + 9),
            Self::FollowUpsDue => One(WAYS + 10),
            Self::FollowUpsDone => One(WAYS + 11),
            Self::Insulting => One(WAYS + 12),
            Self::FirstResponseMs => Amount(0),
            Self::ResolutionMs => Amount(1),
            Self::UnansweredWaits => Amount(2),
            Self::Transfers => Amount(3),
            Self::Reopenings => Amount(4),
            Self::Bounces => Amount(5),
            Self::Taken(kind) => Record(kind as usize),
            Self::Duplicate(kind) => Record(RecordKind::ALL.len() + kind as usize),
            Self::Conflict(kind) => Record(2 * RecordKind::ALL.len() + kind as usize),
        }
    }

    /// The figure in a total of cases.
    pub fn of_total(self, total: &Total) -> i64 {
        match self.place() {
            Place::One(place) => total.ones[place],
            Place::Amount(place) => i64::try_from(total.amounts[place]).unwrap_or(i64::MAX),
            Place::Record(_) => 0,
        }
    }
}

impl Place {
    /// The number among the figures of a channel and stage.
    fn number(self) -> usize {
        match self {
            Self::One(place) => place,
            Self::Amount(place) => COUNTED_ONES + place,
            Self::Record(place) => COUNTED_ONES + COUNTED_AMOUNTS + place,
        }
    }
}

/// Customer records taken: like the surveys, they belong to no channel.
pub const CUSTOMERS: Figure = Figure(0);

/// Surveys taken.
pub const SURVEYS: Figure = Figure(1);

/// Surveys that were known already.
pub const SURVEYS_KNOWN: Figure = Figure(2);

/// Cases that came to be known only after their minute had been decided (rule 14).
pub const LATE_CASES: Figure = Figure(3);

/// Signals by kind.
pub const SIGNALS: [(SignalKind, Figure); 6] = [
    (SignalKind::Surge, Figure(4)),
    (SignalKind::Advocacy, Figure(5)),
    (SignalKind::PanelCandidate, Figure(6)),
    (SignalKind::Campaign, Figure(7)),
    (SignalKind::DeafChannel, Figure(8)),
    (SignalKind::Unknown, Figure(9)),
];

/// The figure of signals of a kind.
pub fn of_signal(kind: SignalKind) -> Figure {
    let [.., (_, unknown)] = SIGNALS;
    let known = SIGNALS.into_iter().find(|(other, _)| *other == kind);
    known.map_or(unknown, |(_, figure)| figure)
}

/// Cases and surveys that lost what names their author, who is forgotten.
pub const FORGOTTEN: Figure = Figure(10);

/// Records of forgotten people that came late and were dropped.
pub const FORGOTTEN_LATE: Figure = Figure(11);

/// Surveys that say something else than was known under their id.
pub const SURVEYS_REVISED: Figure = Figure(12);

/// How many figures belong to no channel.
const OF_NO_CHANNEL: usize = 7 + SIGNALS.len();

/// The table: which figure is whose. Channels are those of the configuration, and no others.
#[derive(Clone, Debug)]
pub struct Table {
    channels: Arc<FxHashMap<Box<str>, u32>>,
}

impl Table {
    /// The table for these channels.
    pub fn new(settings: &RuleSettings) -> Self {
        let numbered = settings.channels.keys().cloned().zip(0..);
        Self {
            channels: Arc::new(numbered.collect()),
        }
    }

    /// How many figures there are at most.
    pub fn size(&self) -> usize {
        OF_NO_CHANNEL + self.channels.len() * 2 * SIZE
    }

    /// The figures of a channel; `None` for one that is not in the configuration.
    pub fn channel(&self, channel: &str) -> Option<ChannelFigures> {
        self.channels.get(channel).copied().map(ChannelFigures)
    }
}

/// The figures of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelFigures(u32);

impl ChannelFigures {
    /// The figure of this, in this stage. Records belong to no stage; by use, to offstage.
    pub fn of(self, stage: Stage, counted: Counted) -> Figure {
        self.at(stage, counted.place())
    }

    fn at(self, stage: Stage, place: Place) -> Figure {
        let group = self.0 as usize * 2 + usize::from(stage == Stage::Onstage);
        let index = OF_NO_CHANNEL + group * SIZE + place.number();
        Figure(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The figure of records with this outcome.
    pub fn records(self, counted: Counted) -> Figure {
        self.of(Stage::Offstage, counted)
    }
}

/// The bucket of a duration in milliseconds. A bound belongs to its bucket.
fn bucket(ms: i64) -> usize {
    BOUNDS.iter().take_while(|&&bound| ms > bound * 1000).count()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_figures_are_one_and_all_are_within_the_table() {
        let table = Table::new(&RuleSettings::default());
        let mut counted = vec![
            Counted::Opened,
            Counted::Answered,
            Counted::Unanswered,
            Counted::ClosedSilently,
            Counted::Resolved,
            Counted::LimitReached,
            Counted::LimitExceeded,
            Counted::FirstResponseMs,
            Counted::ResolutionMs,
            Counted::Expecting,
            Counted::UnansweredWaits,
            Counted::EscalatedUnanswered,
            Counted::EscalatedUnsolved,
            Counted::Switched,
            Counted::Chased,
            Counted::Bounces,
            Counted::Echoes,
            Counted::Transfers,
            Counted::Reopenings,
            Counted::SolvedAtFirst,
            Counted::NotSolvedAtFirst,
            Counted::PromisesKept,
            Counted::PromisesBroken,
            Counted::FollowUpsDue,
            Counted::FollowUpsDone,
            Counted::Insulting,
        ];
        counted.extend((0..LEVELS.len()).flat_map(|level| [Counted::Met(level), Counted::Breached(level)]));
        counted.extend((0..BUCKETS).flat_map(|b| [Counted::FirstResponse(b), Counted::Resolution(b)]));
        counted.extend(
            RecordKind::ALL
                .into_iter()
                .flat_map(|k| [Counted::Taken(k), Counted::Duplicate(k), Counted::Conflict(k)]),
        );
        let channels = RuleSettings::default().channels;
        let of_none = [
            CUSTOMERS,
            SURVEYS,
            SURVEYS_KNOWN,
            LATE_CASES,
            FORGOTTEN,
            FORGOTTEN_LATE,
            SURVEYS_REVISED,
        ];
        let mut seen = BTreeSet::from(of_none);
        seen.extend(SIGNALS.map(|(kind, _)| of_signal(kind)));
        for channel in channels.keys() {
            let figures = table.channel(channel).expect("it is configured");
            for stage in [Stage::Onstage, Stage::Offstage] {
                seen.extend(counted.iter().map(|&counted| figures.of(stage, counted)));
            }
        }
        assert_eq!(seen.len(), OF_NO_CHANNEL + channels.len() * 2 * counted.len());
        assert_eq!(seen.len(), table.size());
        assert!(seen.iter().all(|figure| (figure.0 as usize) < table.size()));
        assert_eq!(table.channel("nobody-configured-this"), None);
    }

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        //  of so many ms           in bucket
        for (ms, expected) in [
            (0, 0),
            (60_000, 0),
            (60_001, 1),
            (300_000, 1),
            (2_592_000_000, 13),
            (2_592_000_001, 14),
        ] {
            assert_eq!(bucket(ms), expected, "{ms} ms");
        }
    }
}
