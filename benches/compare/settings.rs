//! Sizes and choices, from the environment.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use crate::contestant::Contestant;

/// Complaints of one run at most: a load is one transaction, which a broker keeps open for 15 minutes.
const MOST: u64 = 5_000_000;

/// What to measure. Each field names its variable.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `BENCH_COMPLAINTS`: complaints of a run.
    pub complaints: u64,
    /// `BENCH_WARM_UP`: complaints before the clock starts, so that a virtual machine is warm.
    pub warm_up: u64,
    /// `BENCH_CONTESTANTS`: who runs, in order.
    pub contestants: Vec<Contestant>,
    /// `BENCH_OPEN_CASES`: further sizes at which heard is measured.
    pub open_cases: Vec<u64>,
    /// `BENCH_RATE`: complaints a second while latency is measured.
    pub rate: u64,
    /// `BENCH_LATENCY_SECONDS`: for how long latency is measured, after a warm-up; 0: not at all.
    pub latency_seconds: u64,
    /// `BENCH_COMMIT_MS`: times between commits at which latency is measured, milliseconds.
    pub commit_ms: Vec<u64>,
    /// `BENCH_INSTANCES`: with how many processes of heard latency is measured.
    pub instances: Vec<usize>,
    /// `BENCH_EQUAL`: complaints of the check that contestants do the same work.
    pub equal: u64,
    /// `BENCH_SEED`: the load is the same for the same seed.
    pub seed: u64,
    /// `BENCH_STREAMS_THREADS`: `num.stream.threads`.
    pub streams_threads: u64,
    /// `BENCH_STREAMS_STORE`: memory or rocksdb.
    pub streams_store: String,
    /// `BENCH_STREAMS_JVM`: options of the virtual machine of the Kafka Streams application.
    pub streams_jvm: String,
    /// `BENCH_STREAMS_SETTINGS`: further arguments of it; its Main.java names them.
    pub streams_settings: String,
    /// `BENCH_HEARD`: another build of `heard` to measure.
    pub heard: PathBuf,
    /// `BENCH_CORE`: a file with what the benchmark of the pure core has printed, to be shown in the report.
    pub core: Option<PathBuf>,
    /// `BENCH_REPORT`: where the report is written.
    pub report: PathBuf,
}

impl Settings {
    /// Reads them; an error names the variable.
    pub fn from_environment() -> Result<Self, String> {
        let complaints = bounded("BENCH_COMPLAINTS", 1_000_000, 1..=MOST)?;
        Ok(Self {
            complaints,
            warm_up: bounded("BENCH_WARM_UP", 100_000, 0..=MOST)?,
            contestants: list("BENCH_CONTESTANTS", "pass-through,pass-through-9,streams,heard")?,
            open_cases: list("BENCH_OPEN_CASES", "100000")?,
            rate: bounded("BENCH_RATE", 2_000, 1..=50_000)?,
            latency_seconds: bounded("BENCH_LATENCY_SECONDS", 60, 0..=600)?,
            commit_ms: list("BENCH_COMMIT_MS", "100,20")?,
            instances: list("BENCH_INSTANCES", "1,2")?,
            equal: bounded("BENCH_EQUAL", 500, 2..=100_000)?,
            seed: bounded("BENCH_SEED", 17, 0..=u64::MAX)?,
            streams_threads: bounded("BENCH_STREAMS_THREADS", 1, 1..=64)?,
            streams_store: text("BENCH_STREAMS_STORE", "memory"),
            streams_jvm: text("BENCH_STREAMS_JVM", "-Xms4g -Xmx4g -XX:+UseParallelGC"),
            streams_settings: text("BENCH_STREAMS_SETTINGS", ""),
            heard: text("BENCH_HEARD", env!("CARGO_BIN_EXE_heard")).into(),
            core: std::env::var_os("BENCH_CORE").map(PathBuf::from),
            report: text(
                "BENCH_REPORT",
                concat!(env!("CARGO_MANIFEST_DIR"), "/docs/benchmarks.md"),
            )
            .into(),
        })
    }

    /// The variables that were given, as one would type them; but for those that name files.
    pub fn given() -> String {
        let mut given: Vec<_> = std::env::vars()
            .filter(|(name, _)| name.starts_with("BENCH_") || name == "KAFKA_JVM")
            .filter(|(name, _)| !["BENCH_HEARD", "BENCH_CORE", "BENCH_REPORT"].contains(&name.as_str()))
            .map(|(name, value)| match value.contains(' ') || value.is_empty() {
                true => format!("{name}='{value}' "),
                false => format!("{name}={value} "),
            })
            .collect();
        given.sort();
        given.concat()
    }

    /// Whether a contestant takes part.
    pub fn runs(&self, contestant: Contestant) -> bool {
        self.contestants.contains(&contestant)
    }
}

fn text(name: &str, usual: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| usual.to_owned())
}

fn bounded(name: &str, usual: u64, range: std::ops::RangeInclusive<u64>) -> Result<u64, String> {
    let given = text(name, &usual.to_string());
    let number = given.replace('_', "").parse().ok();
    number.filter(|number| range.contains(number)).ok_or_else(|| {
        format!(
            "{name}={given}: a number from {} to {} is wanted",
            range.start(),
            range.end()
        )
    })
}

fn list<T: FromStr<Err: Display>>(name: &str, usual: &str) -> Result<Vec<T>, String> {
    let given = text(name, usual);
    let parts = given.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| part.parse().map_err(|error| format!("{name}: {part}: {error}")))
        .collect()
}
