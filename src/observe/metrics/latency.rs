//! How long things took, in buckets.

use std::time::Duration;

use prometheus::proto::MetricFamily;

use super::family::{Distribution, Family};
use super::names;

/// How many buckets latencies have, but for the last.
const BUCKETS: usize = 14;

/// Upper bounds of the buckets of latencies, in milliseconds.
const BOUNDS_MS: [u64; BUCKETS] = [
    10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1_000, 2_500, 10_000, 60_000,
];

/// Those of what takes seconds to days: complaints that come by other systems.
const LONG_BOUNDS_MS: [u64; BUCKETS] = [
    100,
    300,
    1_000,
    3_000,
    10_000,
    30_000,
    60_000,
    300_000,
    900_000,
    3_600_000,
    14_400_000,
    86_400_000,
    604_800_000,
    2_592_000_000,
];

/// How long things took: work items from their complaints' broker time, commits.
#[derive(Debug)]
pub(super) struct Latency {
    bounds: &'static [u64; BUCKETS],
    buckets: [u64; BUCKETS],
    beyond: u64,
    sum: Duration,
}

impl Default for Latency {
    /// Of what takes milliseconds.
    fn default() -> Self {
        Self::by(&BOUNDS_MS)
    }
}

impl Latency {
    const fn by(bounds: &'static [u64; BUCKETS]) -> Self {
        Self {
            bounds,
            buckets: [0; BUCKETS],
            beyond: 0,
            sum: Duration::ZERO,
        }
    }

    /// Of what takes seconds to days.
    pub const fn long() -> Self {
        Self::by(&LONG_BOUNDS_MS)
    }

    /// One took so long.
    pub fn took(&mut self, time: Duration) {
        let bucket = { self.bounds.iter() }.position(|&bound| time <= Duration::from_millis(bound));
        match bucket {
            Some(bucket) => self.buckets[bucket] += 1,
            None => self.beyond += 1,
        }
        self.sum += time;
    }
}

/// A histogram, of each value of its label, if it has one.
pub(super) fn latency<'l>(
    name: names::Name,
    all: impl IntoIterator<Item = (&'static str, &'l Latency)>,
    scrape: &mut Vec<MetricFamily>,
) {
    let mut family = Family::new(name);
    for (label, latency) in all {
        let bounds = latency.bounds.iter().map(|&ms| ms as f64 / 1000.0);
        let labels = [label];
        family.distribution(
            &labels[..name.labels.len()],
            Distribution {
                buckets: bounds.zip(latency.buckets.iter().copied()),
                beyond: latency.beyond,
                sum_seconds: latency.sum.as_secs_f64(),
            },
        );
    }
    family.finish(scrape);
}
