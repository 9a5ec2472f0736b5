//! Metrics of the work itself: records, transactions, state, lag.

use std::collections::BTreeMap;
use std::time::Duration;

use prometheus::proto::MetricFamily;

use super::State;
use super::family::{Family, age, plain};
use super::latency::latency;
use super::names;
use super::plan::{INTERACTIONS, NO_CHANNEL, Plan, WRITTEN, record_kind, topic_kind};
use crate::desk::figures::{
    CUSTOMERS, Counted, FORGOTTEN, FORGOTTEN_LATE, LATE_CASES, RecordKind, SIGNALS, SURVEYS, SURVEYS_KNOWN,
    SURVEYS_REVISED,
};
use crate::engine::{CommitTook, Counts, Event, Flow, Spent, Trust};
use crate::intake::InputKind;
use crate::log::{ErrorKind, LogError};
use crate::model::{Millis, SignalKind};

/// The steps of a transaction, in their order.
pub(super) const STEPS: [&str; 6] = ["take", "apply", "pack", "write", "acknowledge", "end"];

/// How long each of [`STEPS`] took.
pub(super) fn steps(took: &CommitTook) -> [Duration; STEPS.len()] {
    let Spent {
        taking,
        applying,
        packing,
    } = took.spent;
    [
        taking,
        applying,
        packing,
        took.writing,
        took.flushing,
        took.ending,
    ]
}

/// The kinds of the client's errors.
const ERRORS: [&str; 8] = [
    "retriable",
    "abortable",
    "fenced",
    "expelled",
    "unknown",
    "too_large",
    "fatal",
    "denied",
];

/// The kind of an error; of one for want of a right, that.
pub(super) fn error_kind(error: &LogError) -> &'static str {
    match error.kind {
        _ if error.denied => "denied",
        ErrorKind::Retriable => "retriable",
        ErrorKind::Abortable => "abortable",
        ErrorKind::Fenced => "fenced",
        ErrorKind::Expelled => "expelled",
        ErrorKind::Unknown => "unknown",
        ErrorKind::TooLarge => "too_large",
        ErrorKind::Fatal => "fatal",
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

pub(super) fn gather(plan: &Plan, state: &State, now: Millis, scrape: &mut Vec<MetricFamily>) {
    events(plan, state, scrape);
    let mut dead = Family::new(names::DEAD_LETTERS);
    for (&(topic, reason), &number) in &state.dead_letters {
        dead.number(&[reason, topic], whole(number));
    }
    dead.finish(scrape);
    signals(state, scrape);
    counts(state, scrape);
    flows(plan, &state.counts, scrape);
    latency(names::WORK_LATENCY, [("", &state.latency)], scrape);
    latency(names::EVENT_LATENCY, [("", &state.event_latency)], scrape);
    latency(names::COMMIT_TIME, [("", &state.commits)], scrape);
    latency(names::RESTORE_TIME, [("", &state.restores)], scrape);
    latency(names::STEP_TIME, STEPS.into_iter().zip(&state.steps), scrape);
    let mut commits = Family::new(names::LAST_COMMIT);
    for (worker, at) in &state.last_commits {
        commits.value(&[&worker.to_string()], at.0 as f64 / 1000.0);
    }
    commits.finish(scrape);
    by_name(names::ENGINE_EVENTS, &Event::NAMES, &state.events, scrape);
    by_name(names::CLIENT_ERRORS, &ERRORS, &state.errors, scrape);
    held(state, scrape);
    lags(state, now, scrape);
}

/// What is left to read.
fn lags(state: &State, now: Millis, scrape: &mut Vec<MetricFamily>) {
    let (mut records, mut behind) = (Family::new(names::LAG), Family::new(names::HELD_BACK));
    let mut seconds = Family::new(names::LAG_SECONDS);
    for (topic, lag) in state.lags.iter() {
        records.number(&[topic], lag.records);
        behind.number(&[topic], lag.held_back);
        seconds.value(&[topic], lag.since.map_or(0.0, |since| age(since, now)));
    }
    for family in [records, behind, seconds] {
        family.finish(scrape);
    }
}

/// Counters by one label, all of its values from zero.
fn by_name(
    name: names::Name,
    all: &[&'static str],
    counted: &BTreeMap<&'static str, u64>,
    scrape: &mut Vec<MetricFamily>,
) {
    let mut family = Family::new(name);
    for value in all {
        family.number(&[value], whole(counted.get(value).copied().unwrap_or(0)));
    }
    family.finish(scrape);
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

/// What was read and written, by the kind of topic.
fn flows(plan: &Plan, counts: &Counts, scrape: &mut Vec<MetricFamily>) {
    let mut read: BTreeMap<&str, Flow> = BTreeMap::new();
    let inputs = plan.inputs.iter().map(|input| topic_kind(input.kind));
    for (index, kind) in [INTERACTIONS].into_iter().chain(inputs).enumerate() {
        let Flow { records, bytes } = counts.read.get(index);
        let flow = read.entry(kind).or_default();
        flow.records += records;
        flow.bytes += bytes;
    }
    let written = WRITTEN.into_iter().enumerate();
    let written: Vec<_> = written
        .map(|(index, kind)| (kind, counts.sent.get(index)))
        .collect();
    let read: Vec<_> = read.into_iter().collect();
    let mut show = |records, bytes, flows: &[(&str, Flow)]| {
        let (mut records, mut bytes) = (Family::new(records), Family::new(bytes));
        for (kind, flow) in flows {
            records.number(&[kind], whole(flow.records));
            bytes.number(&[kind], whole(flow.bytes));
        }
        records.finish(scrape);
        bytes.finish(scrape);
    };
    show(names::READ_RECORDS, names::READ_BYTES, &read);
    show(names::WRITTEN_RECORDS, names::WRITTEN_BYTES, &written);
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
    let rebalances: [(&[&str], i64); 3] = [
        (&["given"], whole(counts.given)),
        (&["taken"], whole(counts.taken_away)),
        (&["lost"], whole(counts.lost)),
    ];
    plain(scrape, names::REBALANCES, &rebalances);
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
    let (mut to_restore, mut paused) = (0, 0);
    for told in state.workers.values() {
        let status = &told.status;
        to_restore += status.to_restore;
        paused += i64::from(status.paused);
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
    plain(scrape, names::TO_RESTORE, &[(&[], whole(to_restore))]);
    plain(scrape, names::PAUSED, &[(&[], paused)]);
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn size(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
