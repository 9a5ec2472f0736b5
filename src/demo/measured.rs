//! What is measured while a story is told.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::clock::StoryClock;
use super::story;
use crate::config::Settings;
use crate::engine::{Clock, CommitTook, Counts, Event, Figured, Observer, Status, SystemClock};
use crate::observe::metrics::Metrics;
use crate::wiring;

/// The metrics of the application on its story. How long somebody waits goes by the story's time, how long
/// a work item took by the machine's.
pub struct Measured {
    clock: Arc<StoryClock>,
    machine: SystemClock,
    metrics: Arc<Metrics>,
    taken: AtomicU64,
}

impl Measured {
    /// Metrics at zero, of a story that has not begun.
    pub fn new(settings: &Settings) -> Self {
        let clock = Arc::new(StoryClock::new(story::START));
        let metrics = Metrics::new(wiring::plan(settings), clock.clone());
        Self {
            clock,
            machine: SystemClock::new(),
            metrics: Arc::new(metrics),
            taken: AtomicU64::new(0),
        }
    }

    /// What a scrape shows.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// The story's clock.
    pub(super) fn clock(&self) -> &Arc<StoryClock> {
        &self.clock
    }

    /// Input records that are dealt with, for certain.
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::SeqCst)
    }
}

impl fmt::Debug for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Measured")
            .field("clock", &self.clock)
            .field("taken", &self.taken)
            .finish_non_exhaustive()
    }
}

impl Observer for Measured {
    fn event(&self, worker: usize, event: &Event) {
        self.metrics.event(worker, event);
    }

    fn counted(&self, worker: usize, counts: &Counts) {
        self.metrics.counted(worker, counts);
        let taken = counts.taken + counts.dead_letters.values().sum::<u64>();
        self.taken.fetch_add(taken, Ordering::SeqCst);
    }

    fn figured(&self, worker: usize, figured: &Figured<'_>) {
        // The log has received complaints by the machine's time, whatever the story's is.
        let at = self.machine.wall();
        self.metrics.figured(worker, &Figured { at, ..*figured });
    }

    fn committed(&self, worker: usize, took: &CommitTook) {
        self.metrics.committed(worker, took);
    }

    fn follows(&self) -> bool {
        self.metrics.follows()
    }

    fn stands(&self, worker: usize, status: Status) {
        self.metrics.stands(worker, status);
    }
}
