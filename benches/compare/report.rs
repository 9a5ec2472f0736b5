//! What was found, as docs/benchmarks.md.

use std::fmt::{self, Display, Formatter};

use crate::contestant::Contestant;
use crate::equal::Equal;
use crate::latency::Latency;
use crate::machine;
use crate::restore::Restored;
use crate::settings::Settings;
use crate::throughput::{Run, is_changelog, is_mailbox};

const INTRODUCTION: &str = include_str!("introduction.md");
const MIB: f64 = 1024.0 * 1024.0;

/// Everything that a run of the harness found.
pub struct Report<'s> {
    settings: &'s Settings,
    /// How busy the machine was before.
    load: String,
    /// The check of equal work.
    pub equal: Option<Equal>,
    /// Each contestant as fast as it goes.
    pub runs: Vec<Run>,
    /// heard at other sizes.
    pub growth: Vec<Run>,
    /// heard's state read back.
    pub restored: Option<Restored>,
    /// Latencies at a steady rate.
    pub latencies: Vec<Latency>,
}

impl<'s> Report<'s> {
    /// An empty one.
    pub fn new(settings: &'s Settings) -> Self {
        Self {
            settings,
            load: machine::load(),
            equal: None,
            runs: Vec::new(),
            growth: Vec::new(),
            restored: None,
            latencies: Vec::new(),
        }
    }

    /// Writes it to the file of the settings.
    ///
    /// # Panics
    /// The file cannot be written.
    pub fn write(&self) {
        let path = &self.settings.report;
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let written = made.and_then(|()| std::fs::write(path, self.to_string()));
        written.unwrap_or_else(|error| panic!("the report cannot be written: {error}"));
    }

    fn run(&self, contestant: Contestant) -> Option<&Run> {
        self.runs.iter().find(|run| run.contestant == contestant)
    }
}

impl Display for Report<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let s = self.settings;
        writeln!(f, "# Benchmarks\n")?;
        writeln!(
            f,
            "`make bench` has written this file. Its text stands in benches/compare/introduction.md.\n"
        )?;
        writeln!(f, "- Measured: {}", jiff::Timestamp::now().strftime("%Y-%m-%d"))?;
        writeln!(f, "- Machine: {}; the broker runs on it too", machine::describe())?;
        writeln!(f, "- Load of the machine before the run: {}", self.load)?;
        writeln!(f, "- Versions: {}", machine::versions())?;
        writeln!(f, "- Command: `{}make bench`", Settings::given())?;
        writeln!(
            f,
            "- Kafka Streams: `java {}`, {} thread(s), stores: {}\n",
            s.streams_jvm, s.streams_threads, s.streams_store
        )?;
        f.write_str(INTRODUCTION)?;
        self.throughput(f)?;
        self.ratios(f)?;
        self.core(f)?;
        self.latency(f)?;
        self.state(f)
    }
}

impl Report<'_> {
    /// What the stages of the pure core take, text rules and echo apart.
    fn core(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(path) = &self.settings.core else {
            return Ok(());
        };
        let printed = std::fs::read_to_string(path);
        let printed = printed.unwrap_or_else(|error| panic!("BENCH_CORE cannot be read: {error}"));
        writeln!(f, "\n## In the pure core\n\n```text\n{}\n```", printed.trim_end())
    }

    fn throughput(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n## As fast as it goes: {} complaints\n",
            self.settings.complaints
        )?;
        writeln!(
            f,
            "| | complaints/s | CPU s per million | peak memory, MiB | outputs | mailbox | changelog | written | read |"
        )?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|---:|---:|---:|")?;
        for run in &self.runs {
            let mailbox = run.per_complaint(is_mailbox);
            let changelog = run.per_complaint(is_changelog);
            let all = run.per_complaint(|_| true);
            writeln!(
                f,
                "| {} | {:.0} | {:.1} | {:.0} | {:.2} | {mailbox:.2} | {changelog:.2} | {all:.2} | {:.2} |",
                run.contestant.title(),
                run.rate(),
                run.cpu_per_million(),
                run.after.peak as f64 / MIB,
                all - mailbox - changelog,
                1.0 + mailbox,
            )?;
        }
        writeln!(f, "\nRecords are counted for each complaint.")?;
        for run in self.runs.iter().filter(|run| run.contestant.is_whole()) {
            let again = run.per_complaint(|topic| topic == run.contestant.last_output()) - 1.0;
            if again > 0.0 {
                writeln!(
                    f,
                    "Of the work items of {}, {:.1} % went out twice: unranked after 5 s, then ranked.",
                    run.contestant.title(),
                    again * 100.0
                )?;
            }
        }
        if let Some(equal) = self.equal {
            writeln!(
                f,
                "Before this, both made the same of {} complaints: {} cases, {} work items and {} case events, \
                 equal in every field but the time of writing.",
                equal.complaints, equal.cases, equal.work, equal.events
            )?;
        }
        Ok(())
    }

    fn ratios(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(heard) = self.run(Contestant::Heard) else {
            return Ok(());
        };
        writeln!(
            f,
            "\n| heard beside | complaints/s | CPU for a complaint | peak memory |"
        )?;
        writeln!(f, "|---|---:|---:|---:|")?;
        for other in self.runs.iter().filter(|run| run.contestant != Contestant::Heard) {
            writeln!(
                f,
                "| {} | {:.2} × | {:.2} × | {:.2} × |",
                other.contestant.title(),
                heard.rate() / other.rate(),
                heard.cpu_per_million() / other.cpu_per_million(),
                heard.after.peak as f64 / other.after.peak as f64,
            )?;
        }
        Ok(())
    }

    fn latency(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.latencies.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n## Latency at {} complaints a second\n", self.settings.rate)?;
        writeln!(
            f,
            "| | instances | commits every | p50, ms | p99, ms | longest, ms |"
        )?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|")?;
        for latency in &self.latencies {
            let setup = latency.setup;
            writeln!(
                f,
                "| {} | {} | {} ms | {} | {} | {} |",
                setup.contestant.title(),
                setup.instances,
                setup.commit.as_millis(),
                latency.p50,
                latency.p99,
                latency.most
            )?;
        }
        Ok(())
    }

    fn state(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(restored) = &self.restored {
            let seconds = restored.took.as_secs_f64();
            writeln!(f, "\n## heard's state read back after a restart\n")?;
            writeln!(
                f,
                "{} rows from {} changelog records in {seconds:.2} s, joining the group and all: {:.0} rows a second.",
                restored.rows,
                restored.records,
                restored.rows as f64 / seconds
            )?;
        }
        let main = self.run(Contestant::Heard).into_iter();
        let mut sizes: Vec<&Run> = main.chain(&self.growth).collect();
        if sizes.is_empty() {
            return Ok(());
        }
        sizes.sort_by_key(|run| run.complaints);
        writeln!(f, "\n## heard as open cases pile up\n")?;
        writeln!(
            f,
            "| open cases | complaints/s | CPU s per million | peak memory, MiB | memory for one more case, bytes |"
        )?;
        writeln!(f, "|---:|---:|---:|---:|---:|")?;
        for run in sizes {
            writeln!(
                f,
                "| {} | {:.0} | {:.1} | {:.0} | {:.0} |",
                run.complaints + self.settings.warm_up,
                run.rate(),
                run.cpu_per_million(),
                run.after.peak as f64 / MIB,
                run.memory_per_case()
            )?;
        }
        Ok(())
    }
}
