//! A running `heard run`, and signals to it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use heard_oracle::ledger::Scrape;
use nix::sys::signal::Signal;

use crate::background::Background;
use crate::dsl::Heard;
use crate::http;

/// How long a worker may take to leave in good order.
const GRACE: Duration = Duration::from_secs(30);

/// A `heard run` in the background. Dropped, it is killed.
pub struct Running {
    process: Background,
    instance: String,
}

impl Running {
    /// Starts an instance in live mode.
    pub fn start(heard: &Heard, instance: &str) -> Self {
        Self::start_with(heard, instance, &[])
    }

    /// Starts an instance in live mode, with more in its environment.
    pub fn start_with(heard: &Heard, instance: &str, environment: &[(&str, &Path)]) -> Self {
        let args = ["run", "--instance", instance, "--listen", "127.0.0.1:0"];
        let mut command = heard.command(&args);
        command.envs(environment.iter().copied());
        Self::start_command(heard, instance, command)
    }

    /// Starts an instance by a command of its own.
    pub fn start_command(heard: &Heard, instance: &str, mut command: Command) -> Self {
        let log = heard.file(&format!("{instance}.log"), "");
        Self {
            process: Background::start(instance, &mut command, log),
            instance: instance.to_owned(),
        }
    }

    /// `kill -9`.
    ///
    /// # Panics
    /// If it has ended by itself: it must go on until it is told.
    pub fn kill(mut self) {
        self.process.assert_runs();
        // Dropping it does it, and waits.
    }

    /// SIGSTOP: it stands still, and knows nothing of it.
    pub fn freeze(&mut self) {
        self.process.signal(Signal::SIGSTOP);
    }

    /// SIGCONT: it goes on.
    pub fn thaw(&mut self) {
        self.process.signal(Signal::SIGCONT);
    }

    /// SIGTERM, and the wait for an end with status 0.
    pub fn ends_well(self) {
        let status = self.process.end(GRACE);
        assert_eq!(status.code(), Some(0), "{} after SIGTERM", self.instance);
    }

    /// SIGTERM, and how long it takes to end with status 0.
    pub fn time_to_end(self) -> Duration {
        let since = Instant::now();
        self.ends_well();
        since.elapsed()
    }

    /// How often its log has a line with these words.
    pub fn said(&self, words: &str) -> usize {
        let log = self.process.log();
        log.lines().filter(|line| line.contains(words)).count()
    }

    /// How many bytes of memory it takes.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it runs");
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .expect("Linux says it");
        let kilobytes = line
            .split_whitespace()
            .nth(1)
            .and_then(|number| number.parse::<u64>().ok());
        kilobytes.expect("it is a number") * 1024
    }

    /// How many bytes the rows have that it keeps.
    pub fn bytes_of_rows(&self) -> u64 {
        self.scrape(false).sum("heard_state_bytes", "") as u64
    }

    /// What it answers to a question; `None` if it does not answer.
    pub fn answer(&self, path: &str) -> Option<(u16, String)> {
        let log = self.process.log();
        let (_, rest) = log.split_once("http://")?;
        http::get(rest.split_once('/')?.0, path).ok()
    }

    /// What it says of its readiness.
    pub fn readiness(&self) -> String {
        self.answer("/readyz").map_or_else(String::new, |(_, text)| text)
    }

    /// Whether it is not ready, and names this.
    pub fn is_unready_for(&self, name: &str) -> bool {
        let answer = self.answer("/readyz");
        answer.is_some_and(|(status, text)| status == 503 && text.contains(name))
    }

    /// What it has counted so far, and whether that is all there is to count; nothing if it does not answer. Who is fenced may
    /// never know that its last commit happened, and counts less.
    pub fn scrape(&self, whole: bool) -> Scrape {
        let text = self.answer("/metrics").map_or_else(String::new, |(_, text)| text);
        let mut scrape = Scrape::read(&self.instance, whole && !text.is_empty(), &text);
        scrape.whole &= scrape.counters.get("heard_fenced_total") == Some(&0.0);
        scrape
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.process.has_ended()
    }

    /// Fails the test if it has ended by itself.
    pub fn assert_runs(&mut self) {
        self.process.assert_runs();
    }
}
