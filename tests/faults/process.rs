//! A running `heard run`, and signals to it.

use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::background::Background;
use crate::dsl::Heard;

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
        let log = heard.file(&format!("{instance}.log"), "");
        let mut command = heard.command(&args);
        command.envs(environment.iter().copied());
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

    /// Fails the test if it has ended by itself.
    pub fn assert_runs(&mut self) {
        self.process.assert_runs();
    }
}
