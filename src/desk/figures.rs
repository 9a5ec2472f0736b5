//! What the desk counts of cases and records, by number: a table of figures for each channel and stage.
//!
//! A case counts by its [`Conclusions`]. Whenever they change, what they were is taken back and what
//! they are is counted, so that the sums are at all times those of the cases as they stand, whatever
//! a late fact has changed: the same that `heard report` finds in the published cases.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Effects;
use super::conversation::fold::Fold;
use super::conversation::reply_limit::Standing as LimitStanding;
use super::conversation::view::View;
use crate::config::rules::RuleSettings;
use crate::model::{SignalKind, SlaState, Stage};
use crate::processor::Figure;

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

const LEVEL_COUNTS: usize = 7;
const FIRST_RESPONSE: usize = LEVEL_COUNTS + 2 * LEVELS.len();
const RESOLUTION: usize = FIRST_RESPONSE + BUCKETS + 1;
const RECORDS: usize = RESOLUTION + BUCKETS + 1;
/// How many figures there are of a channel and stage.
const SIZE: usize = RECORDS + 3 * RecordKind::ALL.len();

impl Counted {
    fn place(self) -> usize {
        match self {
            Self::Opened => 0,
            Self::Answered => 1,
            Self::Unanswered => 2,
            Self::Resolved => 3,
            Self::LimitReached => 4,
            Self::LimitExceeded => 5,
            Self::ClosedSilently => 6,
            Self::Met(level) => LEVEL_COUNTS + level,
            Self::Breached(level) => LEVEL_COUNTS + LEVELS.len() + level,
            Self::FirstResponse(bucket) => FIRST_RESPONSE + bucket,
            Self::FirstResponseMs => FIRST_RESPONSE + BUCKETS,
            Self::Resolution(bucket) => RESOLUTION + bucket,
            Self::ResolutionMs => RESOLUTION + BUCKETS,
            Self::Taken(kind) => RECORDS + kind as usize,
            Self::Duplicate(kind) => RECORDS + RecordKind::ALL.len() + kind as usize,
            Self::Conflict(kind) => RECORDS + 2 * RecordKind::ALL.len() + kind as usize,
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
        let group = self.0 as usize * 2 + usize::from(stage == Stage::Onstage);
        let index = OF_NO_CHANNEL + group * SIZE + counted.place();
        Figure(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The figure of records with this outcome.
    pub fn records(self, counted: Counted) -> Figure {
        self.of(Stage::Offstage, counted)
    }
}

/// What a case counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conclusions {
    stage: Stage,
    answered: bool,
    unanswered: bool,
    closed_silently: bool,
    first_response_ms: Option<i64>,
    resolution_ms: Option<i64>,
    reached: bool,
    exceeded: bool,
    levels: [SlaState; LEVELS.len()],
}

impl Conclusions {
    /// Of a case at a time: what its record says.
    pub fn of(fold: &Fold, view: &View) -> Self {
        let opened = fold.opened.at;
        let waited = fold.waits > 0; // mere praise is in no figure of answers
        let resolved = fold.resolved.as_ref();
        let standing = view.standing;
        Self {
            stage: if fold.public {
                Stage::Onstage
            } else {
                Stage::Offstage
            },
            answered: waited && view.answered.is_some(),
            unanswered: view.patience.unanswered_waits > 0,
            closed_silently: view.closed_silently,
            first_response_ms: view.first_response_ms(fold).filter(|_| waited),
            resolution_ms: resolved.map(|mark| mark.at.since(opened) - fold.frozen_ms),
            reached: matches!(standing, LimitStanding::Reached | LimitStanding::Exceeded { .. }),
            exceeded: matches!(standing, LimitStanding::Exceeded { .. }),
            levels: [
                view.sla.acknowledge,
                view.sla.answer,
                view.sla.next,
                view.sla.resolve,
            ],
        }
    }

    fn count(&self, figures: ChannelFigures, by: i64, effects: &mut Effects) {
        let mut count = |counted, by| effects.count(figures.of(self.stage, counted), by);
        let holds = [
            (true, Counted::Opened),
            (self.answered, Counted::Answered),
            (self.unanswered, Counted::Unanswered),
            (self.closed_silently, Counted::ClosedSilently),
            (self.resolution_ms.is_some(), Counted::Resolved),
            (self.reached, Counted::LimitReached),
            (self.exceeded, Counted::LimitExceeded),
        ];
        for (_, counted) in holds.into_iter().filter(|(holds, _)| *holds) {
            count(counted, by);
        }
        for (level, state) in self.levels.into_iter().enumerate() {
            match state {
                SlaState::Met => count(Counted::Met(level), by),
                SlaState::Breached => count(Counted::Breached(level), by),
                SlaState::Running | SlaState::None => {}
            }
        }
        if let Some(ms) = self.first_response_ms {
            count(Counted::FirstResponse(bucket(ms)), by);
            count(Counted::FirstResponseMs, by * ms);
        }
        if let Some(ms) = self.resolution_ms {
            count(Counted::Resolution(bucket(ms)), by);
            count(Counted::ResolutionMs, by * ms);
        }
    }
}

/// Counts a case that was one thing and is another; `None`: it was, or is, no case.
pub fn count_change(
    figures: ChannelFigures,
    before: Option<Conclusions>,
    now: Option<Conclusions>,
    effects: &mut Effects,
) {
    if before == now {
        return;
    }
    if let Some(before) = before {
        before.count(figures, -1, effects);
    }
    if let Some(now) = now {
        now.count(figures, 1, effects);
    }
}

/// The bucket of a duration in milliseconds. A bound belongs to its bucket.
fn bucket(ms: i64) -> usize {
    BOUNDS.iter().take_while(|&&bound| ms > bound * 1000).count()
}

/// A channel, as queues of open cases name it: the same on every run, whatever the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ChannelTag(u32);

impl ChannelTag {
    /// The tag of a channel.
    pub fn of(channel: &str) -> Self {
        // FNV-1a, 32 bits (Fowler, Noll, Vo): simple, and fixed for ever, since rows keep it.
        let mix = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        Self(channel.bytes().fold(0x811c_9dc5, mix))
    }

    /// The queue of this channel's cases in this stage.
    pub fn queue(self, stage: Stage, waiting: Waiting) -> u64 {
        let stage = u64::from(stage == Stage::Onstage);
        (u64::from(self.0) << 2) | (stage << 1) | waiting as u64
    }
}

/// For what a case stands in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// It is neither resolved nor let go; since its opening.
    ForResolution = 0,
    /// Its customer waits for a reply; since the wait's first message.
    ForReply = 1,
}

impl Waiting {
    /// The stage of a queue's cases and for what they stand in it, whatever their channel.
    pub fn of_queue(queue: u64) -> (Stage, Self) {
        let stage = if queue & 2 != 0 {
            Stage::Onstage
        } else {
            Stage::Offstage
        };
        let waiting = if queue & 1 != 0 {
            Self::ForReply
        } else {
            Self::ForResolution
        };
        (stage, waiting)
    }
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

    #[test]
    fn tags_are_fixed_and_queues_differ() {
        assert_eq!(ChannelTag::of(""), ChannelTag(0x811c_9dc5));
        assert_eq!(
            ChannelTag::of("foobar"),
            ChannelTag(0xbf9c_f968),
            "the published test vector"
        );
        let tag = ChannelTag::of("social");
        let queues: BTreeSet<u64> = [Stage::Onstage, Stage::Offstage]
            .into_iter()
            .flat_map(|stage| [Waiting::ForReply, Waiting::ForResolution].map(|w| tag.queue(stage, w)))
            .collect();
        assert_eq!(queues.len(), 4);
    }
}
