//! An installation under load, to which something is done: what it comes to is judged by the oracle, a program of its own.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use heard_oracle::evidence::Evidence;
use heard_oracle::expected::moment;
use heard_oracle::kafka::Cluster;
use heard_oracle::ledger::{self, Scrape};

use crate::dsl::{Heard, path};
use crate::load::{Load, Plan};
use crate::process::Running;
use crate::seed::Chance;
use crate::witness::{SentAt, Witness};

/// Partitions of each topic.
const PARTITIONS: i32 = 6;

/// Where every ordeal ends: beyond all deadlines of what was said in it.
pub const AS_OF: &str = "2027-06-01T00:00:00Z";

/// How long it may take until all is taken in, when all faults are over.
const PATIENCE: Duration = Duration::from_secs(180);

/// How long it may take until what is committed is counted, too.
const COUNTED_WITHIN: Duration = Duration::from_secs(5);

/// An installation under load.
pub struct Ordeal {
    pub name: String,
    pub heard: Heard,
    pub chance: Chance,
    brokers: String,
    load: Option<Load>,
    witness: Option<Witness>,
    scrapes: Vec<Scrape>,
    restarts: usize,
    longest_gap: Duration,
    /// When what counts as latency begins, milliseconds since 1970.
    calm_since: Option<i64>,
    /// And when it ends.
    calm_until: Option<i64>,
}

impl Ordeal {
    /// An installation at these brokers, its topics with so many copies, under a load of so many records a second.
    pub fn new(name: &str, brokers: &str, copies: i32, engine: &str, rate: u32) -> Self {
        Self::reaching(brokers, name, brokers, copies, engine, &Plan::plain(rate))
    }

    /// One that reaches its brokers by another address than whoever looks on; with another load.
    pub fn reaching(
        address: &str,
        name: &str,
        brokers: &str,
        copies: i32,
        engine: &str,
        plan: &Plan,
    ) -> Self {
        let config = format!(
            "application = \"{name}\"\n[topics]\npartitions = {PARTITIONS}\nreplication = {copies}\n[engine]\n{engine}\n{}",
            heard_oracle::RULES
        );
        let heard = Heard::new(name).at(address).config(&config).topics();
        let prefix = format!("{name}.");
        let sent_at = SentAt::default();
        let mut chance = Chance::new(name);
        let seed = chance.below(1 << 30) as u64;
        Self {
            witness: Some(Witness::start(
                brokers,
                &prefix,
                PARTITIONS,
                SentAt::clone(&sent_at),
            )),
            load: Some(Load::start(brokers, &prefix, plan, seed, sent_at)),
            name: name.to_owned(),
            heard,
            chance,
            brokers: brokers.to_owned(),
            scrapes: Vec::new(),
            restarts: 0,
            longest_gap: Duration::ZERO,
            calm_since: None,
            calm_until: None,
        }
    }

    /// Starts an instance.
    pub fn start(&mut self, instance: &str) -> Running {
        self.restarts += 1;
        Running::start(&self.heard, instance)
    }

    /// Starts an instance by a command.
    pub fn start_command(&mut self, instance: &str, command: Command) -> Running {
        self.restarts += 1;
        Running::start_command(&self.heard, instance, command)
    }

    /// Where the brokers are.
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// `kill -9`.
    pub fn kill(&mut self, running: Running) {
        self.scrapes.push(running.scrape(false));
        running.kill();
    }

    /// SIGTERM, and an end with status 0; how long that takes.
    pub fn end(&mut self, running: Running) -> Duration {
        self.scrapes.push(running.scrape(false));
        running.time_to_end()
    }

    /// Waits until so many more records are published; how long that takes.
    pub fn until_more(&self, records: usize, patience: Duration) -> Duration {
        self.witness().until_more(records, patience)
    }

    /// From now on it counts how long things take, and where nothing comes.
    pub fn measure(&mut self) {
        self.witness().longest_gap();
        self.calm_since = Some(crate::load::now().0);
    }

    /// What comes later does not count.
    pub fn stop_measuring(&mut self) {
        self.gap();
        self.calm_until = Some(crate::load::now().0);
    }

    /// The longest time in which nothing was published since [`Self::measure`] or the last such question.
    pub fn gap(&mut self) -> Duration {
        let gap = self.witness().longest_gap();
        self.longest_gap = self.longest_gap.max(gap);
        gap
    }

    fn witness(&self) -> &Witness {
        self.witness.as_ref().expect("it looks on until all is judged")
    }

    /// Freezes an instance at a moment when it has a transaction open: rows of it are in the changelog, not committed.
    ///
    /// False: it has ended by itself.
    ///
    /// # Panics
    /// If it is never found so.
    pub fn freeze_in_a_transaction(&mut self, running: &mut Running) -> bool {
        let changelog = format!("{}.interactions-changelog", self.name);
        let cluster = Cluster::new(&self.brokers, []);
        for _ in 0..200 {
            self.chance.pass(50);
            if running.has_ended() {
                return false;
            }
            running.freeze();
            if cluster.hangs(&changelog, Duration::from_secs(1)) == Ok(true) {
                return true;
            }
            running.thaw();
        }
        panic!("{}: it was never found with a transaction open", self.name);
    }

    /// Ends the load, lets the instances take in what is left and ends them, drains, and asks the oracle.
    ///
    /// # Panics
    /// With what it says, if an invariant does not hold.
    pub fn judge(mut self, instances: Vec<Running>) -> Figures {
        let found = self.found(instances);
        assert!(found.holds, "{}: the oracle says\n{}", self.name, found.told);
        found.figures
    }

    /// As [`Self::judge`], whatever the oracle says.
    pub fn found(&mut self, instances: Vec<Running>) -> Found {
        let args = ["run", "--drain", "--as-of", AS_OF, "--instance", "drain"];
        let drain = self.heard.command(&args);
        self.found_by(instances, drain)
    }

    /// As [`Self::found`], with another command that drains.
    pub fn found_by(&mut self, instances: Vec<Running>, mut drain: Command) -> Found {
        if self.calm_until.is_none() {
            self.stop_measuring();
        }
        let acknowledged = self.load.take().expect("it is judged once").stop();
        self.until_all_is_taken_in();
        self.scrape_whole(&instances, acknowledged.len());
        instances.into_iter().for_each(Running::ends_well);
        let drained = drain.output().expect("it can be started");
        let told = String::from_utf8_lossy(&drained.stderr);
        assert!(
            drained.status.success(),
            "{}: the drain failed: {told}",
            self.name
        );
        let account = self.witness.take().expect("it is judged once").stop();
        let files = self.files();
        ledger::write(&files[0], &acknowledged).expect("the directory can be written");
        ledger::write(&files[1], &account.seen).expect("the directory can be written");
        ledger::write(&files[2], &self.scrapes).expect("the directory can be written");
        let (holds, told) = ask_the_oracle(&self.brokers, &self.name, &files);
        let calm = self.calm_since.unwrap_or(i64::MIN)..self.calm_until.unwrap_or(i64::MAX);
        let waits = account.waits.iter().filter(|(sent, _)| calm.contains(sent));
        let mut waits: Vec<_> = waits.map(|(_, wait)| *wait).collect();
        waits.sort_unstable();
        let figures = Figures {
            records: acknowledged.len(),
            restarts: self.restarts,
            longest_gap: self.longest_gap,
            p50: percentile(&waits, 50),
            p99: percentile(&waits, 99),
            invariants: told.lines().filter(|line| line.contains(" holds ")).count(),
        };
        figures.keep(&self.name);
        println!("{}: {figures:?}\n{told}", self.name);
        Found { holds, told, figures }
    }

    /// All that the oracle was given, once it has judged.
    pub fn evidence(&self) -> Evidence {
        let prefix = format!("{}.", self.name);
        let dump = Cluster::new(&self.brokers, []).dump(&prefix, &self.name);
        let [ledger, seen, scrapes] = self.files();
        Evidence {
            ledger: ledger::read(&ledger).expect("it was written"),
            seen: ledger::read(&seen).expect("it was written"),
            scrapes: ledger::read(&scrapes).expect("it was written"),
            dump: dump.expect("the brokers are there"),
            as_of: moment(AS_OF).expect("it is a time"),
            prefix,
        }
    }

    fn files(&self) -> [PathBuf; 3] {
        ["ledger.jsonl", "seen.jsonl", "scrapes.jsonl"].map(|name| self.heard.path(name))
    }

    /// Asks the instances what they have counted. That follows their commits: a moment is given to it, if it is less than was
    /// fed; as it stays where others were killed that had counted.
    fn scrape_whole(&mut self, instances: &[Running], fed: usize) {
        let since = Instant::now();
        loop {
            let scrapes: Vec<_> = instances.iter().map(|running| running.scrape(true)).collect();
            let all = self.scrapes.iter().chain(&scrapes);
            let counted: f64 = all.map(|scrape| scrape.sum("heard_events_total", "")).sum();
            if counted >= fed as f64 || since.elapsed() > COUNTED_WITHIN {
                self.scrapes.extend(scrapes);
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until the instances have taken in all that was fed.
    fn until_all_is_taken_in(&self) {
        let (since, prefix) = (Instant::now(), format!("{}.", self.name));
        let cluster = Cluster::new(&self.brokers, []);
        while cluster.not_taken_in(&prefix, &self.name) != Ok(0) {
            assert!(since.elapsed() < PATIENCE, "{}: not all is taken in", self.name);
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// What an oracle said.
pub struct Found {
    /// Whether all invariants hold.
    pub holds: bool,
    /// A line for each.
    pub told: String,
    /// What else was measured.
    pub figures: Figures,
}

/// What an ordeal came to.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Input records.
    pub records: usize,
    /// How often an instance was started.
    pub restarts: usize,
    /// The longest time in which nothing was published while it was measured.
    pub longest_gap: Duration,
    /// Milliseconds from when a complaint was sent to its work item in the log, while it was measured.
    pub p50: i64,
    pub p99: i64,
    /// How many invariants hold.
    pub invariants: usize,
}

impl Figures {
    /// Adds a line to the file that HEARD_FAULTS_TABLE names, for tools/faults.sh.
    fn keep(&self, name: &str) {
        let Some(table) = std::env::var_os("HEARD_FAULTS_TABLE") else {
            return;
        };
        let mut line = String::new();
        let gap = self.longest_gap.as_secs_f64();
        let Self {
            records,
            restarts,
            p50,
            p99,
            invariants,
            ..
        } = self;
        _ = writeln!(
            line,
            "{name}\t{records}\t{restarts}\t{gap:.1}\t{p50}\t{p99}\t{invariants}"
        );
        let table = OpenOptions::new().append(true).create(true).open(table);
        table
            .and_then(|mut table| table.write_all(line.as_bytes()))
            .expect("the table can be written");
    }
}

/// Nearest rank.
fn percentile(sorted: &[i64], percent: usize) -> i64 {
    match (sorted.len() * percent).div_ceil(100) {
        0 => 0,
        rank => sorted[rank - 1],
    }
}

/// Whether all invariants hold, and what is said of each.
fn ask_the_oracle(brokers: &str, name: &str, [ledger, seen, scrapes]: &[PathBuf; 3]) -> (bool, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_heard")).with_file_name("heard-oracle");
    let mut command = Command::new(&program);
    command
        .args([
            "--brokers",
            brokers,
            "--prefix",
            &format!("{name}."),
            "--application",
            name,
        ])
        .args(["--as-of", AS_OF, "--values", "--ledger", path(ledger)])
        .args(["--seen", path(seen), "--scrapes", path(scrapes)]);
    let output = command.output().unwrap_or_else(|error| {
        panic!("the oracle cannot be run ({error}): build it first, with `cargo test --workspace --no-run`")
    });
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.code().is_some_and(|code| code < 2),
        "the oracle failed: {out}{err}"
    );
    (output.status.success(), out.into_owned())
}
