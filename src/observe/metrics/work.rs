//! Metrics of the work itself: records, transactions, state, lag.

use std::collections::BTreeMap;
use std::time::Duration;

use prometheus::proto::MetricFamily;

use super::State;
use super::family::{Distribution, Family, plain};
use super::names;
use super::plan::{NO_CHANNEL, Plan, record_kind};
use crate::desk::figures::{
    CUSTOMERS, Counted, FORGOTTEN, FORGOTTEN_LATE, LATE_CASES, RecordKind, SIGNALS, SURVEYS, SURVEYS_KNOWN,
    SURVEYS_REVISED,
};
use crate::engine::Trust;
use crate::intake::InputKind;
use crate::model::SignalKind;

/// Upper bounds of the buckets of latencies, in milliseconds.
const BOUNDS_MS: [u64; 14] = [
    10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1_000, 2_500, 10_000, 60_000,
];

/// How long things took that take milliseconds: work items from their complaints' broker time, commits.
#[derive(Debug, Default)]
pub(super) struct Latency {
    buckets: [u64; BOUNDS_MS.len()],
    beyond: u64,
    sum: Duration,
}

impl Latency {
    /// One took so long.
    pub fn took(&mut self, time: Duration) {
        let bucket = BOUNDS_MS
            .iter()
            .position(|&bound| time <= Duration::from_millis(bound));
        match bucket {
            Some(bucket) => self.buckets[bucket] += 1,
            None => self.beyond += 1,
        }
        self.sum += time;
    }
}

/// Which release this is.
pub(super) fn build(scrape: &mut Vec<MetricFamily>) {
    let by = option_env!("HEARD_BUILT_BY").unwrap_or("unknown");
    let from = option_env!("HEARD_BUILT_FROM").unwrap_or("unknown");
    plain(
        scrape,
        names::BUILD,
        &[(&[by, from, env!("CARGO_PKG_VERSION")], 1)],
    );
}

pub(super) fn gather(plan: &Plan, state: &State, scrape: &mut Vec<MetricFamily>) {
    events(plan, state, scrape);
    let mut dead = Family::new(names::DEAD_LETTERS);
    for (&(topic, reason), &number) in &state.dead_letters {
        dead.number(&[reason, topic], whole(number));
    }
    dead.finish(scrape);
    signals(state, scrape);
    counts(state, scrape);
    latency(names::WORK_LATENCY, &state.latency, scrape);
    latency(names::COMMIT_TIME, &state.commits, scrape);
    held(state, scrape);
    let (mut lag, mut held_back) = (Family::new(names::LAG), Family::new(names::HELD_BACK));
    for (&topic, &(records, behind)) in &state.lags {
        lag.number(&[topic], records);
        held_back.number(&[topic], behind);
    }
    lag.finish(scrape);
    held_back.finish(scrape);
}

/// How old it is what the gauges say: it is not what they say that changes when nobody can ask.
pub(super) fn freshness(state: &State, now: Duration, scrape: &mut Vec<MetricFamily>) {
    let age = |at: Duration| now.saturating_sub(at).as_secs_f64();
    let mut known = Family::new(names::KNOWN_AGE);
    if let Some(oldest) = state.known().values().map(|(at, _)| *at).min() {
        known.value(&["cases"], age(oldest));
    }
    if let Some(at) = state.lags_known {
        known.value(&["lag"], age(at));
    }
    known.finish(scrape);
    let mut unreachable = Family::new(names::UNREACHABLE);
    let since = state.unreachable.as_ref().map(|unreachable| unreachable.at);
    unreachable.value(&[], since.map_or(0.0, age));
    unreachable.finish(scrape);
}

/// How far the machine's clock is from the brokers', if that is known.
pub(super) fn clock(trust: Trust, scrape: &mut Vec<MetricFamily>) {
    let mut offset = Family::new(names::CLOCK_OFFSET);
    if let Trust::Right { ahead } | Trust::Off { ahead, .. } = trust {
        offset.value(&[], ahead as f64 / 1000.0);
    }
    offset.finish(scrape);
}

/// What became of input records.
fn events(plan: &Plan, state: &State, scrape: &mut Vec<MetricFamily>) {
    let mut family = Family::new(names::EVENTS);
    for channel in &plan.channels {
        for kind in RecordKind::ALL {
            let name = match kind {
                RecordKind::Complaint => InputKind::Complaints,
                RecordKind::Response => InputKind::Responses,
                RecordKind::Update => InputKind::Updates,
            };
            for (outcome, counted) in [
                ("taken", Counted::Taken(kind)),
                ("duplicate", Counted::Duplicate(kind)),
                ("conflict", Counted::Conflict(kind)),
            ] {
                let number = state.figures.counted(channel.figures.records(counted));
                // A channel without updates, as most are, needs no series for them.
                if kind != RecordKind::Update || number > 0 {
                    family.number(&[&channel.name, record_kind(name), outcome], number);
                }
            }
        }
    }
    for (kind, outcome, figure) in [
        (InputKind::Customers, "taken", CUSTOMERS),
        (InputKind::Surveys, "taken", SURVEYS),
        (InputKind::Surveys, "duplicate", SURVEYS_KNOWN),
        (InputKind::Surveys, "conflict", SURVEYS_REVISED),
    ] {
        family.number(
            &[NO_CHANNEL, record_kind(kind), outcome],
            state.figures.counted(figure),
        );
    }
    let forgotten = |figure| state.figures.counted(figure);
    plain(
        scrape,
        names::FORGOTTEN,
        &[
            (&["erased"], forgotten(FORGOTTEN)),
            (&["late"], forgotten(FORGOTTEN_LATE)),
        ],
    );
    let mut dead: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (index, input) in plan.inputs.iter().enumerate() {
        let channel = input
            .channel
            .map_or(NO_CHANNEL, |place| &*plan.channels[place].name);
        let number = state.dead_records.get(&index).copied().unwrap_or(0);
        *dead.entry((channel, record_kind(input.kind))).or_default() += number;
    }
    for ((channel, kind), number) in dead {
        family.number(&[channel, kind, "dead_letter"], whole(number));
    }
    family.finish(scrape);
}

/// What showed only in the sum.
fn signals(state: &State, scrape: &mut Vec<MetricFamily>) {
    let mut family = Family::new(names::SIGNALS);
    for (kind, figure) in SIGNALS {
        // Of a kind that is not known none is ever sent.
        if kind != SignalKind::Unknown {
            family.number(&[kind.symbol()], state.figures.counted(figure));
        }
    }
    family.finish(scrape);
    plain(
        scrape,
        names::LATE_CASES,
        &[(&[], state.figures.counted(LATE_CASES))],
    );
}

fn counts(state: &State, scrape: &mut Vec<MetricFamily>) {
    let counts = &state.counts;
    let mailed = counts.applied.saturating_sub(counts.delivered_locally);
    let transactions: [(&[&str], i64); 2] = [
        (&["committed"], whole(counts.committed)),
        (&["aborted"], whole(counts.aborted)),
    ];
    plain(scrape, names::TRANSACTIONS, &transactions);
    plain(scrape, names::UNCERTAIN, &[(&[], whole(counts.unknown))]);
    plain(scrape, names::REBUILT, &[(&[], whole(counts.rebuilt))]);
    let messages: [(&[&str], i64); 2] = [
        (&["local"], whole(counts.delivered_locally)),
        (&["mailbox"], whole(mailed)),
    ];
    plain(scrape, names::MESSAGES, &messages);
    plain(scrape, names::OUTPUTS, &[(&[], whole(counts.emitted))]);
    plain(scrape, names::ROWS_WRITTEN, &[(&[], whole(counts.rows_written))]);
    plain(scrape, names::ROWS_RESTORED, &[(&[], whole(counts.restored))]);
    let timers: [(&[&str], i64); 2] = [
        (&["fired"], whole(counts.woken)),
        (&["parked"], whole(counts.parked)),
    ];
    plain(scrape, names::TIMERS, &timers);
    plain(
        scrape,
        names::PUBLISH_FAILED,
        &[(&[], whole(counts.publish_failed))],
    );
}

fn latency(name: names::Name, latency: &Latency, scrape: &mut Vec<MetricFamily>) {
    let mut family = Family::new(name);
    let bounds = BOUNDS_MS.iter().map(|&ms| ms as f64 / 1000.0);
    family.distribution(
        &[],
        Distribution {
            buckets: bounds.zip(latency.buckets),
            beyond: latency.beyond,
            sum_seconds: latency.sum.as_secs_f64(),
        },
    );
    family.finish(scrape);
}

/// What is held and read here.
fn held(state: &State, scrape: &mut Vec<MetricFamily>) {
    let mut rows = Family::new(names::ROWS);
    let mut bytes = Family::new(names::ROW_BYTES);
    for held in state.held() {
        let partition = held.number.to_string();
        rows.number(&[&partition], size(held.rows));
        bytes.number(&[&partition], size(held.bytes));
    }
    let mut partitions = [0; 3];
    for told in state.workers.values() {
        let status = &told.status;
        partitions[0] += size(status.reading.len());
        partitions[1] += size(status.restoring.len());
        partitions[2] += size(status.blocked.len());
    }
    rows.finish(scrape);
    bytes.finish(scrape);
    let states: [(&[&str], i64); 3] = [
        (&["reading"], partitions[0]),
        (&["restoring"], partitions[1]),
        (&["blocked"], partitions[2]),
    ];
    plain(scrape, names::PARTITIONS, &states);
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn size(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
