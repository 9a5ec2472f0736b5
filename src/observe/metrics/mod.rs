//! Metrics: what workers tell, kept as numbers, and shown to whoever scrapes.
//!
//! Workers tell once a commit ([`Observer`]); only a scrape looks names and labels up. All names are
//! in [`names`], all label values in [`plan`]: they come from the configuration, whatever comes in.

mod cases;
mod family;
mod held;
mod lags;
mod latency;
mod ledger;
pub mod names;
pub mod plan;
mod reasons;
mod work;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus::proto::MetricFamily;
use prometheus::{Encoder, Registry, TextEncoder};

pub use plan::Plan;
pub(super) use reasons::label as reason;

use super::health::{Health, Known, Unreachable, Wait};
use super::repeats::{Line, Repeats};
use crate::engine::{Clock, CommitTook, Counts, Event, Figured, Held, Observer, Status};
use crate::log::{Ends, LogError, Topic, TopicPartition};
use crate::model::Millis;
use lags::Lags;
use latency::Latency;
use ledger::Ledger;

/// Everything that is measured in this process.
pub struct Metrics {
    plan: Plan,
    clock: Arc<dyn Clock>,
    begun: Millis,
    process: Registry,
    state: Mutex<State>,
    lines: Mutex<Repeats>,
}

/// What workers have told.
#[derive(Debug, Default)]
struct State {
    counts: Counts,
    figures: Ledger,
    latency: Latency,
    /// From when complaints were said.
    event_latency: Latency,
    /// How long commits took.
    commits: Latency,
    /// And the steps of their transactions, in the order of [`work::STEPS`].
    steps: [Latency; work::STEPS.len()],
    /// When each worker committed last.
    last_commits: BTreeMap<usize, Millis>,
    /// How long restores took.
    restores: Latency,
    /// Events by name.
    events: BTreeMap<&'static str, u64>,
    /// Errors of the client by kind.
    errors: BTreeMap<&'static str, u64>,
    /// Dead letters by the kind of topic and the reason.
    dead_letters: BTreeMap<(&'static str, &'static str), u64>,
    /// Input records that became dead letters, by input.
    dead_records: BTreeMap<usize, u64>,
    workers: BTreeMap<usize, Told>,
    /// What is left to read.
    lags: Lags,
    /// When that was learnt, in running time.
    lags_known: Option<Duration>,
    /// Since when no broker has answered, if that is so.
    unreachable: Option<Unreachable>,
    /// What keeps workers from being started.
    lacks: Option<Wait>,
}

impl State {
    /// The rows held here, by mailbox partition, and when each was last known to be so. Two workers may claim one for a
    /// moment, while it moves from one to the other: then it is whose word is newer.
    fn known(&self) -> BTreeMap<i32, (Duration, &Held)> {
        let mut newest: BTreeMap<i32, (Duration, &Held)> = BTreeMap::new();
        for (&number, (at, held)) in self.workers.values().flat_map(|told| &told.held) {
            let known = newest.get(&number);
            if known.is_none_or(|(known, _)| known <= at) {
                newest.insert(number, (*at, held));
            }
        }
        newest
    }

    /// The rows held here, by mailbox partition.
    fn held(&self) -> impl Iterator<Item = &Held> {
        self.known().into_values().map(|(_, held)| held)
    }
}

/// How a worker stands, and when it said so.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// How it stands, but for the rows that it holds.
    pub status: Status,
    /// Running time.
    pub at: Duration,
    /// What keeps it from reading all that it is given, and since when, in running time.
    pub since: BTreeMap<Standing, Duration>,
    /// Whether it has ever been in its group with all partitions restored.
    pub started: bool,
    /// The rows of its partitions, and when they were last known to be so, in running time.
    held: BTreeMap<i32, (Duration, Held)>,
}

/// What keeps a worker from reading all that it is given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// An error is being mended.
    Mending,
    /// It is not in its group.
    Outside,
    /// A partition is being restored.
    Restoring(TopicPartition),
    /// A partition holds what only a newer release knows.
    Blocked(TopicPartition),
}

impl Standing {
    fn of(status: &Status) -> impl Iterator<Item = Self> {
        let outside = match (&status.mending, status.joined) {
            (Some(_), _) => Some(Self::Mending),
            (None, false) => Some(Self::Outside),
            (None, true) => None,
        };
        let restoring = status.restoring.iter().cloned().map(Self::Restoring);
        let blocked = status.blocked.iter().cloned().map(Self::Blocked);
        outside.into_iter().chain(restoring).chain(blocked)
    }
}

impl Told {
    /// What a worker says now, after what it said `before`. Rows that it had to give up because it is out of its group, as
    /// when the brokers are away, are still the last that is known of these cases, until it is in its group again and
    /// either has restored them or has not been given them: cases do not end by nobody looking after them.
    pub fn after(before: Option<Self>, mut status: Status, mailbox: &Topic, at: Duration) -> Self {
        let since: BTreeMap<_, _> = Standing::of(&status)
            .map(|standing| {
                let known = before.as_ref().and_then(|before| before.since.get(&standing));
                let since = known.copied().unwrap_or(at);
                (standing, since)
            })
            .collect();
        let started = since.is_empty() || before.as_ref().is_some_and(|before| before.started);
        let mut held = before.map(|before| before.held).unwrap_or_default();
        let restores = |number: &i32| {
            let of =
                |partition: &TopicPartition| partition.partition == *number && partition.topic == *mailbox;
            status.restoring.iter().any(of)
        };
        held.retain(|number, _| !status.left && (!status.joined || restores(number)));
        let now = std::mem::take(&mut status.held);
        held.extend(now.into_iter().map(|held| (held.number, (at, held))));
        Self {
            status,
            at,
            since,
            started,
            held,
        }
    }
}

impl Metrics {
    /// Metrics by this plan, at zero.
    pub fn new(plan: Plan, clock: Arc<dyn Clock>) -> Self {
        let process = Registry::new();
        #[cfg(target_os = "linux")]
        {
            let collector = prometheus::process_collector::ProcessCollector::for_self();
            // Fails only for a name that is there already, and the registry is empty.
            let _ = process.register(Box::new(collector));
        }
        Self {
            plan,
            begun: clock.wall(),
            clock,
            process,
            state: Mutex::new(State {
                event_latency: Latency::long(),
                restores: Latency::long(),
                ..State::default()
            }),
            lines: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What workers have done so far, together.
    pub fn counts(&self) -> Counts {
        self.state().counts.clone()
    }

    /// A scrape, in Prometheus' text format.
    pub fn scrape(&self) -> String {
        let mut text = Vec::new();
        // Fails only for a family without series, which there is none of.
        if let Err(error) = TextEncoder::new().encode(&self.gather(), &mut text) {
            tracing::error!("metrics cannot be written: {error}");
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    fn gather(&self) -> Vec<MetricFamily> {
        let mut scrape = self.process.gather();
        let state = self.state();
        let now = self.clock.wall();
        work::build(&mut scrape);
        cases::gather(&self.plan, &state, now, &mut scrape);
        work::gather(&self.plan, &state, now, &mut scrape);
        work::freshness(&state, self.clock.monotonic(), &mut scrape);
        work::clock(self.clock.trust(), &mut scrape);
        scrape.sort_by(|a, b| a.name().cmp(b.name()));
        scrape
    }

    /// How this process is, with so many workers.
    pub fn health(&self, workers: usize) -> Health {
        let state = self.state();
        let known = Known {
            workers: &state.workers,
            expected: workers,
            now: (self.clock.monotonic(), self.clock.wall()),
            begun: self.begun,
            clock: self.clock.trust(),
            brokers: &self.plan.brokers,
            unreachable: state.unreachable.as_ref(),
            lacks: state.lacks.as_ref(),
        };
        known.health()
    }

    /// No worker is started yet, since this is lacking; or nothing is any more.
    pub fn lacks(&self, what: Option<String>) {
        let now = self.clock.wall();
        let mut state = self.state();
        let since = state.lacks.as_ref().map_or(now, |lacks| lacks.since);
        state.lacks = what.map(|what| Wait { what, since });
    }

    /// Partitions that are read here, and up to where.
    pub fn positions(&self) -> Vec<(TopicPartition, i64)> {
        let state = self.state();
        let reading = state.workers.values().flat_map(|told| &told.status.reading);
        reading
            .map(|reading| (reading.partition.clone(), reading.position))
            .collect()
    }

    /// The topic through which actors tell each other.
    pub fn mailbox(&self) -> &Topic {
        &self.plan.mailbox
    }

    /// Wall time, for [`Metrics::unanswered`].
    pub fn now(&self) -> Millis {
        self.clock.wall()
    }

    /// The brokers have answered: these are the ends of partitions that are read here, at these positions.
    pub fn lags(&self, partitions: &[(TopicPartition, i64)], ends: &[Ends]) {
        let mut state = self.state();
        state.unreachable = None;
        // Who is out of the group reads nothing, and yet there is something left to read.
        let out = |told: &Told| !told.status.joined && !told.status.left;
        if partitions.is_empty() && state.workers.values().any(out) {
            return;
        }
        state.lags_known = (!partitions.is_empty()).then(|| self.clock.monotonic());
        let State { lags, workers, .. } = &mut *state;
        let logged = |partition: &TopicPartition| {
            let reading = workers.values().flat_map(|told| &told.status.reading);
            let mut reading = reading.filter(|reading| reading.partition == *partition);
            reading.find_map(|reading| reading.logged)
        };
        lags.look(&self.plan, partitions, ends, logged, self.clock.wall());
    }

    /// No broker has answered what was asked at this time. What was known before stays known, and grows old.
    pub fn unanswered(&self, asked: Millis, why: &LogError) {
        let at = self.clock.monotonic();
        *self.state().errors.entry(work::error_kind(why)).or_default() += 1;
        let unreachable = || Unreachable {
            since: asked,
            at,
            why: why.to_string(),
        };
        self.state().unreachable.get_or_insert_with(unreachable);
    }

    fn say(&self, lines: impl FnOnce(&mut Repeats, Duration) -> Vec<Line>) {
        let now = self.clock.monotonic();
        let lines = lines(
            &mut self.lines.lock().unwrap_or_else(PoisonError::into_inner),
            now,
        );
        lines.into_iter().for_each(Line::say);
    }

    /// Logs what is due of what happens over and over.
    pub fn tick(&self) {
        self.say(Repeats::due);
    }

    /// Logs all that is not logged yet, at the end.
    pub fn last_words(&self) {
        self.say(Repeats::rest);
    }
}

impl Observer for Metrics {
    fn event(&self, worker: usize, event: &Event) {
        self.say(|lines, now| lines.happened(worker, event, now).into_iter().collect());
        let mut state = self.state();
        *state.events.entry(event.name()).or_default() += 1;
        if let Some(error) = event.error() {
            *state.errors.entry(work::error_kind(error)).or_default() += 1;
        }
        if let Event::Restored { took, .. } = event {
            state.restores.took(*took);
        }
        if let Event::DeadLettered {
            partition, reason, ..
        } = event
        {
            let topic = self.plan.topic_kind(&partition.topic);
            let reason = reasons::label(reason.code);
            *state.dead_letters.entry((topic, reason)).or_default() += 1;
            if let Some(input) = self.plan.input_number(&partition.topic) {
                *state.dead_records.entry(input).or_default() += 1;
            }
        }
    }

    fn counted(&self, _worker: usize, counts: &Counts) {
        self.state().counts += counts;
    }

    fn figured(&self, _worker: usize, figured: &Figured<'_>) {
        let mut state = self.state();
        state.figures.add(figured.figures);
        // Clocks of two machines may differ: less than nothing is nothing.
        let since = |at| Duration::from_millis(figured.at.since(at).max(0).unsigned_abs());
        for delivered in figured.delivered {
            state.latency.took(since(delivered.logged));
            state.event_latency.took(since(delivered.said));
        }
    }

    fn committed(&self, worker: usize, took: &CommitTook) {
        let mut state = self.state();
        state.commits.took(took.whole);
        for (latency, time) in state.steps.iter_mut().zip(work::steps(took)) {
            latency.took(time);
        }
        state.last_commits.insert(worker, self.clock.wall());
    }

    fn follows(&self) -> bool {
        true
    }

    fn stands(&self, worker: usize, status: Status) {
        let at = self.clock.monotonic();
        let left = status.left;
        {
            let mut state = self.state();
            let before = state.workers.remove(&worker);
            let told = Told::after(before, status, &self.plan.mailbox, at);
            state.workers.insert(worker, told);
        }
        self.say(if left { Repeats::rest } else { Repeats::due });
    }
}

#[cfg(test)]
mod budget;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod way;
