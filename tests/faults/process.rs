//! A running `heard run`, and signals to it.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::dsl::Heard;

/// How long a worker may take to leave in good order.
const GRACE: Duration = Duration::from_secs(30);

/// A `heard run` in the background. Dropped, it is killed; if the test has failed, the end of what it
/// logged is shown.
pub struct Running {
    child: Child,
    instance: String,
    log: PathBuf,
}

impl Running {
    /// Starts an instance in live mode.
    pub fn start(heard: &Heard, instance: &str) -> Self {
        let log = heard.file(&format!("{instance}.log"), "");
        let errors = File::create(&log).expect("the directory can be written");
        let child = heard
            .command(&["run", "--instance", instance, "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors)
            .spawn()
            .expect("the binary was built for this test");
        Self {
            child,
            instance: instance.to_owned(),
            log,
        }
    }

    /// `kill -9`.
    ///
    /// # Panics
    /// If it has ended by itself: it must go on until it is told.
    pub fn kill(mut self) {
        self.assert_runs();
        self.child.kill().expect("it is a child of ours");
        self.child.wait().expect("it is a child of ours");
    }

    /// SIGSTOP: it stands still, and knows nothing of it.
    pub fn freeze(&mut self) {
        self.signal("-STOP");
    }

    /// SIGCONT: it goes on.
    pub fn thaw(&mut self) {
        self.signal("-CONT");
    }

    /// SIGTERM, and the wait for an end with status 0.
    pub fn ends_well(mut self) {
        self.signal("-TERM");
        let deadline = Instant::now() + GRACE;
        let status = loop {
            match self.ended() {
                Some(status) => break status,
                None if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(10)),
                None => panic!("{} goes on {GRACE:?} after SIGTERM", self.instance),
            }
        };
        assert_eq!(status.code(), Some(0), "{} after SIGTERM", self.instance);
    }

    /// How often its log has a line with these words.
    pub fn said(&self, words: &str) -> usize {
        let log = fs::read_to_string(&self.log).expect("it was created");
        log.lines().filter(|line| line.contains(words)).count()
    }

    /// Fails the test if it has ended by itself.
    pub fn assert_runs(&mut self) {
        if let Some(status) = self.ended() {
            panic!("{} ended by itself: {status}", self.instance);
        }
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it is a child of ours")
    }

    fn signal(&mut self, signal: &str) {
        self.assert_runs();
        let pid = self.child.id().to_string();
        let done = Command::new("kill").args([signal, &pid]).status();
        assert!(done.is_ok_and(|done| done.success()), "kill {signal} {pid}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails only if it has ended. A frozen process takes SIGKILL too.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            let end = &lines[lines.len().saturating_sub(30)..];
            println!("the end of the log of {}:\n{}", self.instance, end.join("\n"));
        }
    }
}
