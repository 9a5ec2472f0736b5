//! Lag that is true under transactions: the last stable offset less the position (ENGINE.md, "The
//! client"). Ends are asked for on a thread of their own, so that no record waits for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::metrics::Metrics;
use crate::log::Log;

/// From one question to the next.
const INTERVAL: Duration = Duration::from_secs(5);

/// How late a shutdown may be noticed.
const NAP: Duration = Duration::from_millis(100);

/// Keeps the lag of what is read here up to date until `stop` is set.
pub fn follow<L: Log>(log: &L, metrics: &Metrics, stop: &AtomicBool) {
    let mut due = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        if Instant::now() >= due {
            due = Instant::now() + INTERVAL;
            let positions = metrics.positions();
            let partitions: Vec<_> = positions.iter().map(|(partition, _)| partition.clone()).collect();
            // Without an answer the lag is not known, and none is shown.
            let ends = match partitions.as_slice() {
                [] => Vec::new(),
                partitions => log.ends(partitions).unwrap_or_default(),
            };
            metrics.lags(&positions, &ends);
            if partitions.is_empty() {
                due = Instant::now() + NAP;
            }
        }
        thread::sleep(NAP);
    }
}
