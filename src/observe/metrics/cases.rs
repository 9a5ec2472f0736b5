//! Metrics of cases: what was counted of them, and who waits.

use prometheus::proto::MetricFamily;

use super::State;
use super::family::{Distribution, Family, age};
use super::held;
use super::ledger::Ledger;
use super::names;
use super::plan::{Channel, OTHER, Plan, STAGES};
use crate::desk::figures::{BOUNDS, BUCKETS, Counted, LEVELS, Waiting};
use crate::model::{Millis, Stage};

/// A total of cases: what distinguishes its series from others of the metric beside channel and stage, what is
/// counted, and the name by which it is taken back.
pub(super) struct Sum {
    name: names::Name,
    more: &'static str,
    pub counted: Counted,
    pub figure: &'static str,
}

const fn sum(name: names::Name, more: &'static str, counted: Counted, figure: &'static str) -> Sum {
    Sum {
        name,
        more,
        counted,
        figure,
    }
}

/// All totals, those of one metric together.
#[rustfmt::skip]
pub(super) const SUMS: [Sum; 24] = [
    sum(names::OPENED, "", Counted::Opened, "opened"),
    sum(names::EXPECTING, "", Counted::Expecting, "expecting"),
    sum(names::ANSWERED, "", Counted::Answered, "answered"),
    sum(names::UNANSWERED, "", Counted::Unanswered, "unanswered"),
    sum(names::UNANSWERED_WAITS, "", Counted::UnansweredWaits, "unanswered_waits"),
    sum(names::CLOSED_SILENTLY, "", Counted::ClosedSilently, "closed_silently"),
    sum(names::RESOLVED, "", Counted::Resolved, "resolved"),
    sum(names::REPLY_LIMIT, "reached", Counted::LimitReached, "reply_limit_reached"),
    sum(names::REPLY_LIMIT, "exceeded", Counted::LimitExceeded, "reply_limit_exceeded"),
    sum(names::ESCALATIONS, "unanswered", Counted::EscalatedUnanswered, "escalated_unanswered"),
    sum(names::ESCALATIONS, "unsolved", Counted::EscalatedUnsolved, "escalated_unsolved"),
    sum(names::SWITCHES, "", Counted::Switched, "switched"),
    sum(names::CHASES, "", Counted::Chased, "chased"),
    sum(names::BOUNCES, "", Counted::Bounces, "bounced"),
    sum(names::ECHOES, "", Counted::Echoes, "echoed"),
    sum(names::TRANSFERS, "", Counted::Transfers, "transferred"),
    sum(names::REOPENINGS, "", Counted::Reopenings, "reopened"),
    sum(names::FIRST_CONTACTS, "solved", Counted::SolvedAtFirst, "first_contact_solved"),
    sum(names::FIRST_CONTACTS, "not_solved", Counted::NotSolvedAtFirst, "first_contact_not_solved"),
    sum(names::PROMISES, "kept", Counted::PromisesKept, "promise_kept"),
    sum(names::PROMISES, "broken", Counted::PromisesBroken, "promise_broken"),
    sum(names::FOLLOW_UPS, "due", Counted::FollowUpsDue, "follow_up_due"),
    sum(names::FOLLOW_UPS, "done", Counted::FollowUpsDone, "follow_up_done"),
    sum(names::INSULTS, "", Counted::Insulting, "insulting"),
];

impl Sum {
    /// The label values of its series, in the order of the labels.
    fn labels<'a>(&self, channel: &'a str, stage: &'a str) -> Vec<&'a str> {
        let value = |label: &&str| match *label {
            "channel" => channel,
            "stage" => stage,
            _ => self.more,
        };
        self.name.labels.iter().map(value).collect()
    }
}

/// How often a level was met and breached, by the names by which that is taken back.
pub(super) const LEVELS_TAKEN_BACK: [[&str; 2]; LEVELS.len()] = [
    ["acknowledge_met", "acknowledge_breached"],
    ["answer_met", "answer_breached"],
    ["next_met", "next_breached"],
    ["resolve_met", "resolve_breached"],
];

/// A distribution of durations among the figures.
pub(super) struct Durations {
    name: names::Name,
    pub figure: &'static str,
    pub bucket: fn(usize) -> Counted,
    sum: Counted,
}

pub(super) const DURATIONS: [Durations; 2] = [
    Durations {
        name: names::FIRST_RESPONSE,
        figure: "first_response",
        bucket: Counted::FirstResponse,
        sum: Counted::FirstResponseMs,
    },
    Durations {
        name: names::RESOLUTION,
        figure: "resolution",
        bucket: Counted::Resolution,
        sum: Counted::ResolutionMs,
    },
];

/// The series of a channel in a stage, to be read from the ledger.
struct Group<'a> {
    ledger: &'a Ledger,
    channel: &'a Channel,
    stage: Stage,
    stage_name: &'a str,
}

impl Group<'_> {
    fn counted(&self, counted: Counted) -> i64 {
        self.ledger.counted(self.channel.figures.of(self.stage, counted))
    }

    fn taken_back(&self, counted: Counted) -> i64 {
        self.ledger
            .taken_back(self.channel.figures.of(self.stage, counted))
    }

    /// A channel is shown in its own stage from the beginning, in the other once a case was there.
    fn is_shown(&self) -> bool {
        let opened = self.channel.figures.of(self.stage, Counted::Opened);
        self.stage == self.channel.stage
            || self.ledger.counted(opened) > 0
            || self.ledger.taken_back(opened) > 0
    }
}

pub(super) fn gather(plan: &Plan, state: &State, now: Millis, scrape: &mut Vec<MetricFamily>) {
    counted(plan, &state.figures, scrape);
    waiting(plan, state, now, scrape);
    held::gather(plan, state, now, scrape);
}

fn counted(plan: &Plan, ledger: &Ledger, scrape: &mut Vec<MetricFamily>) {
    let groups = || {
        let both = plan.channels.iter().flat_map(|channel| {
            STAGES.map(|(stage, stage_name)| Group {
                ledger,
                channel,
                stage,
                stage_name,
            })
        });
        both.filter(Group::is_shown)
    };
    let mut taken_back = Family::new(names::TAKEN_BACK);
    let mut seconds_taken_back = Family::new(names::SECONDS_TAKEN_BACK);
    let mut levels = Family::new(names::LEVELS);
    for group in groups() {
        let (channel, stage) = (&*group.channel.name, group.stage_name);
        for Sum { counted, figure, .. } in SUMS {
            taken_back.number(&[channel, figure, stage], group.taken_back(counted));
        }
        let set = |(level, _): &(usize, _)| group.channel.levels[*level];
        for (level, name) in LEVELS.into_iter().enumerate().filter(set) {
            let outcomes = [
                ("met", Counted::Met(level)),
                ("breached", Counted::Breached(level)),
            ];
            for ((outcome, counted), figure) in outcomes.into_iter().zip(LEVELS_TAKEN_BACK[level]) {
                levels.number(&[channel, name, outcome, stage], group.counted(counted));
                taken_back.number(&[channel, figure, stage], group.taken_back(counted));
            }
        }
        for Durations {
            figure, bucket, sum, ..
        } in DURATIONS
        {
            let number = (0..BUCKETS).map(|b| group.taken_back(bucket(b))).sum();
            taken_back.number(&[channel, figure, stage], number);
            let seconds = group.taken_back(sum) as f64 / 1000.0;
            seconds_taken_back.value(&[channel, figure, stage], seconds);
        }
    }
    for sums in SUMS.chunk_by(|a, b| a.name == b.name) {
        let mut family = Family::new(sums[0].name);
        for group in groups() {
            for sum in sums {
                let labels = sum.labels(&group.channel.name, group.stage_name);
                family.number(&labels, group.counted(sum.counted));
            }
        }
        family.finish(scrape);
    }
    for Durations {
        name, bucket, sum, ..
    } in DURATIONS
    {
        let mut family = Family::new(name);
        for group in groups() {
            let number = |b| u64::try_from(group.counted(bucket(b))).unwrap_or(0);
            let bounds = BOUNDS.iter().map(|&bound| bound as f64);
            family.distribution(
                &[&group.channel.name, group.stage_name],
                Distribution {
                    buckets: bounds.zip((0..BOUNDS.len()).map(number)),
                    beyond: number(BOUNDS.len()),
                    sum_seconds: group.counted(sum) as f64 / 1000.0,
                },
            );
        }
        family.finish(scrape);
    }
    levels.finish(scrape);
    taken_back.finish(scrape);
    seconds_taken_back.finish(scrape);
}

/// How many wait, and since when the first.
#[derive(Clone, Copy, Debug, Default)]
struct Queue {
    length: u64,
    oldest: Option<Millis>,
}

impl Queue {
    fn join(&mut self, length: u64, oldest: Millis) {
        self.length += length;
        self.oldest = Some(self.oldest.map_or(oldest, |known| known.min(oldest)));
    }
}

/// Open and waiting cases, as the rows held here say. A channel that is in the configuration no more
/// may still have some: they are shown as those of another.
fn waiting(plan: &Plan, state: &State, now: Millis, scrape: &mut Vec<MetricFamily>) {
    // By channel, stage and queue; the last is for channels that are not in the plan.
    let mut queues = vec![[[Queue::default(); 2]; 2]; plan.channels.len() + 1];
    for held in state.held() {
        for queue in &held.queues {
            let known = plan.queue(queue.number);
            let (place, stage, waiting) = known.unwrap_or_else(|| {
                let (stage, waiting) = Waiting::of_queue(queue.number);
                (plan.channels.len(), stage, waiting)
            });
            queues[place][usize::from(stage == Stage::Offstage)][waiting as usize]
                .join(queue.length, queue.oldest);
        }
    }
    let mut lengths = [Family::new(names::OPEN), Family::new(names::WAITING)];
    let mut ages = [
        Family::new(names::OLDEST_OPEN),
        Family::new(names::OLDEST_WAITING),
    ];
    for (place, by_stage) in queues.iter().enumerate() {
        let channel = plan.channels.get(place);
        let name = channel.map_or(OTHER, |channel| &channel.name);
        for ((stage, stage_name), queues) in STAGES.into_iter().zip(by_stage) {
            let own = channel.is_some_and(|channel| channel.stage == stage);
            if !own && queues.iter().all(|queue| queue.length == 0) {
                continue;
            }
            for (what, queue) in queues.iter().enumerate() {
                let length = i64::try_from(queue.length).unwrap_or(i64::MAX);
                lengths[what].number(&[name, stage_name], length);
                let oldest = queue.oldest.map_or(0.0, |since| age(since, now));
                ages[what].value(&[name, stage_name], oldest);
            }
        }
    }
    lengths
        .into_iter()
        .chain(ages)
        .for_each(|family| family.finish(scrape));
}
