//! A process in the background of a test or a benchmark: started, signalled by its id, and never left behind.
//!
//! A crate takes it in with `#[path = "../background/mod.rs"] mod background;`.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A running process. Dropped, it is killed; if whoever started it is panicking, the end of what it wrote
/// is shown.
pub struct Background {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Background {
    /// Starts it, without input; what it writes goes to the file `log`.
    pub fn start(name: &str, command: &mut Command, log: PathBuf) -> Self {
        let out = File::create(&log).expect("the directory can be written");
        let errors = out.try_clone().expect("a file can be shared");
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        Self {
            child,
            name: name.to_owned(),
            log,
        }
    }

    /// Its process id.
    #[allow(dead_code, reason = "not every crate looks at it through /proc")]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("it was created")
    }

    /// Fails if it has ended by itself.
    pub fn assert_runs(&mut self) {
        if let Some(status) = self.ended() {
            panic!("{} ended by itself: {status}", self.name);
        }
    }

    /// Whether it has ended by itself.
    #[allow(dead_code, reason = "not every crate waits for that")]
    pub fn has_ended(&mut self) -> bool {
        self.ended().is_some()
    }

    /// Sends it a signal. Fails if it has ended by itself.
    pub fn signal(&mut self, signal: Signal) {
        self.assert_runs();
        let id = i32::try_from(self.id()).expect("process ids are i32");
        kill(Pid::from_raw(id), signal).expect("it is a child of ours");
    }

    /// SIGTERM, and the wait for its end. Fails if that takes longer than `grace`.
    pub fn end(mut self, grace: Duration) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        let deadline = Instant::now() + grace;
        loop {
            match self.ended() {
                Some(status) => return status,
                None if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(10)),
                None => panic!("{} goes on {grace:?} after SIGTERM", self.name),
            }
        }
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it is a child of ours")
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Fails only if it has ended. A frozen process takes SIGKILL too.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            let end = &lines[lines.len().saturating_sub(30)..];
            println!("the end of what {} wrote:\n{}", self.name, end.join("\n"));
        }
    }
}
