//! How fast heard has its state back after a restart.

use std::time::{Duration, Instant};

use crate::cluster::{Cluster, PARTITIONS};
use crate::contestant::{Contestant, Pace};
use crate::settings::Settings;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// A state that was read back from its changelog.
#[derive(Clone, Debug)]
pub struct Restored {
    /// Rows in memory afterwards.
    pub rows: u64,
    /// Changelog records read for them.
    pub records: u64,
    /// From the start of the process to the last partition: joining the group is part of it.
    pub took: Duration,
}

/// Starts heard on a cluster where it has run before, waits for its state, and ends it.
pub fn run(settings: &Settings, cluster: &Cluster) -> Restored {
    let started = Instant::now();
    let mut process = Contestant::Heard.start(settings, cluster, Pace::BURST, 1);
    loop {
        let lines: Vec<_> = process.log().lines().filter_map(counts).collect();
        if lines.len() >= PARTITIONS as usize {
            let took = started.elapsed();
            process.end();
            return Restored {
                rows: lines.iter().map(|(rows, _)| rows).sum(),
                records: lines.iter().map(|(_, records)| records).sum(),
                took,
            };
        }
        process.assert_runs();
        assert!(
            started.elapsed() < PATIENCE,
            "the state is not back after {PATIENCE:?}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Rows and records of a line such as "interactions-0 restored: 5 rows from 7 records in 1ms".
fn counts(line: &str) -> Option<(u64, u64)> {
    let mut words = line.split_once(" restored: ")?.1.split_whitespace();
    let rows = words.next()?.parse().ok()?;
    let records = words.nth(2)?.parse().ok()?;
    Some((rows, records))
}
