//! A contestant's process: started, looked at through /proc, ended by its id.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, SysconfVar, sysconf};

/// How long one may take to end after SIGTERM before it is killed.
const GRACE: Duration = Duration::from_secs(60);

/// A running contestant. Dropped, it is killed; if the harness has failed, the end of what it wrote is
/// shown.
pub struct Process {
    child: Child,
    name: String,
    log: PathBuf,
}

/// What a process has used so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// CPU time, user and system, seconds.
    pub cpu: f64,
    /// Memory in use, bytes.
    pub memory: u64,
    /// The most memory that ever was in use, bytes.
    pub peak: u64,
}

impl Process {
    /// Starts it; what it writes goes to a file in `directory`. Where `setpriv` exists, it dies with
    /// the harness, however that ends.
    pub fn start(name: &str, command: &Command, directory: &Path) -> Self {
        let log = directory.join(format!("{name}.log"));
        let out = File::create(&log).expect("the directory can be written");
        let errors = out.try_clone().expect("a file can be shared");
        let mut bound = match Command::new("setpriv").arg("--version").output() {
            Ok(found) if found.status.success() => {
                let mut bound = Command::new("setpriv");
                bound.args(["--pdeathsig", "KILL"]).arg(command.get_program());
                bound
            }
            _ => Command::new(command.get_program()),
        };
        let child = bound
            .args(command.get_args())
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

    /// What it has used so far.
    pub fn usage(&mut self) -> Usage {
        self.assert_runs();
        let of = |file: &str| {
            let path = format!("/proc/{}/{file}", self.child.id());
            fs::read_to_string(path).expect("the process runs")
        };
        let status = of("status");
        let bytes = |field: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(field));
            let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
            kib.expect("the system tells") * 1024
        };
        Usage {
            cpu: cpu(&of("stat")),
            memory: bytes("VmRSS:"),
            peak: bytes("VmHWM:"),
        }
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

    /// SIGTERM, and the wait for its end.
    pub fn end(mut self) {
        self.assert_runs();
        let id = i32::try_from(self.child.id()).expect("a process id");
        kill(Pid::from_raw(id), Signal::SIGTERM).expect("it is a child of ours");
        let deadline = Instant::now() + GRACE;
        while self.ended().is_none() {
            assert!(Instant::now() < deadline, "{} goes on after SIGTERM", self.name);
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it is a child of ours")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            let end = &lines[lines.len().saturating_sub(30)..];
            eprintln!("the end of what {} wrote:\n{}", self.name, end.join("\n"));
        }
    }
}

/// User and system time of a line of /proc/PID/stat: fields 14 and 15, in clock ticks. The command's
/// name, field 2, stands in brackets and may hold anything.
fn cpu(stat: &str) -> f64 {
    let fields = stat.rsplit_once(')').expect("a line of stat has a name").1;
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.map(|ticks| ticks.parse::<u64>().expect("a number")).sum();
    let second = sysconf(SysconfVar::CLK_TCK).ok().flatten();
    ticks as f64 / second.expect("the system has clock ticks") as f64
}
