//! Metrics: what workers tell, kept as numbers, and shown to whoever scrapes.
//!
//! Workers tell once a commit ([`Observer`]); only a scrape looks names and labels up. All names are
//! in [`names`], all label values in [`plan`]: they come from the configuration, whatever comes in.

mod cases;
mod family;
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

use super::health::{self, Health};
use crate::engine::{Clock, CommitTook, Counts, Event, Figured, Held, Observer, Status, TracingObserver};
use crate::log::{Ends, TopicPartition};
use crate::model::Millis;
use ledger::Ledger;
use work::Latency;

/// Everything that is measured in this process.
pub struct Metrics {
    plan: Plan,
    clock: Arc<dyn Clock>,
    process: Registry,
    state: Mutex<State>,
}

/// What workers have told.
#[derive(Debug, Default)]
struct State {
    counts: Counts,
    figures: Ledger,
    latency: Latency,
    /// How long commits took.
    commits: Latency,
    /// Dead letters by the kind of topic and the reason.
    dead_letters: BTreeMap<(&'static str, &'static str), u64>,
    /// Input records that became dead letters, by input.
    dead_records: BTreeMap<usize, u64>,
    workers: BTreeMap<usize, Told>,
    /// Lag and what is held back, by kind of topic.
    lags: BTreeMap<&'static str, (i64, i64)>,
}

impl State {
    /// The rows held here, by mailbox partition. Two workers may claim one for a moment, while it moves
    /// from one to the other: then it is whose word is newer.
    fn held(&self) -> impl Iterator<Item = &Held> {
        let mut newest: BTreeMap<i32, (Duration, &Held)> = BTreeMap::new();
        for told in self.workers.values() {
            for held in &told.status.held {
                let known = newest.get(&held.number);
                if known.is_none_or(|(at, _)| *at <= told.at) {
                    newest.insert(held.number, (told.at, held));
                }
            }
        }
        newest.into_values().map(|(_, held)| held)
    }
}

/// How a worker stands, and when it said so.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub status: Status,
    /// Running time.
    pub at: Duration,
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
            clock,
            process,
            state: Mutex::default(),
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
        work::gather(&self.plan, &state, &mut scrape);
        scrape.sort_by(|a, b| a.name().cmp(b.name()));
        scrape
    }

    /// How this process is, with so many workers.
    pub fn health(&self, workers: usize) -> Health {
        health::of(&self.state().workers, workers, self.clock.monotonic())
    }

    /// Partitions that are read here, and up to where.
    pub fn positions(&self) -> Vec<(TopicPartition, i64)> {
        let state = self.state();
        let reading = state.workers.values().flat_map(|told| &told.status.reading);
        reading
            .map(|reading| (reading.partition.clone(), reading.position))
            .collect()
    }

    /// The ends of partitions at these positions have been learnt; none at all: they could not be.
    pub fn lags(&self, partitions: &[(TopicPartition, i64)], ends: &[Ends]) {
        let mut lags = BTreeMap::new();
        for ((partition, position), ends) in partitions.iter().zip(ends) {
            let kind = self.plan.topic_kind(&partition.topic);
            let (lag, held_back): &mut (i64, i64) = lags.entry(kind).or_default();
            *lag += ends.lag(*position);
            *held_back += ends.held_back();
        }
        self.state().lags = lags;
    }
}

impl Observer for Metrics {
    fn event(&self, worker: usize, event: &Event) {
        TracingObserver.event(worker, event);
        if let Event::DeadLettered {
            partition, reason, ..
        } = event
        {
            let topic = self.plan.topic_kind(&partition.topic);
            let mut state = self.state();
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
        for logged in figured.delivered {
            // Clocks of two machines may differ: less than nothing is nothing.
            let ms = figured.at.since(*logged).max(0).unsigned_abs();
            state.latency.took(Duration::from_millis(ms));
        }
    }

    fn committed(&self, _worker: usize, took: &CommitTook) {
        self.state().commits.took(took.whole);
    }

    fn follows(&self) -> bool {
        true
    }

    fn stands(&self, worker: usize, status: Status) {
        let at = self.clock.monotonic();
        self.state().workers.insert(worker, Told { status, at });
    }
}

/// Seconds from a time to another, not less than none.
fn age(since: Millis, now: Millis) -> f64 {
    now.since(since).max(0) as f64 / 1000.0
}

#[cfg(test)]
mod tests;
