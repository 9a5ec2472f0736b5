//! A contestant's process: started, looked at through /proc, ended by its id.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::unistd::{SysconfVar, sysconf};

use crate::background::Background;

/// How long one may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(60);

/// A running contestant. Dropped, it is killed.
pub struct Process(Background);

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

/// Without what the environment would say of heard's settings.
pub fn without_settings(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HEARD_") {
            command.env_remove(name);
        }
    }
    command
}

impl Process {
    /// Starts it; what it writes goes to a file in `directory`. Where `setpriv` exists, it dies with
    /// the harness, however that ends.
    pub fn start(name: &str, command: &Command, directory: &Path) -> Self {
        let mut bound = match Command::new("setpriv").arg("--version").output() {
            Ok(found) if found.status.success() => {
                let mut bound = Command::new("setpriv");
                bound.args(["--pdeathsig", "KILL"]).arg(command.get_program());
                bound
            }
            _ => Command::new(command.get_program()),
        };
        bound.args(command.get_args());
        without_settings(&mut bound);
        Self(Background::start(
            name,
            &mut bound,
            directory.join(format!("{name}.log")),
        ))
    }

    /// What it has used so far.
    pub fn usage(&mut self) -> Usage {
        self.assert_runs();
        let of = |file: &str| {
            let path = format!("/proc/{}/{file}", self.0.id());
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
        self.0.log()
    }

    /// Fails if it has ended by itself.
    pub fn assert_runs(&mut self) {
        self.0.assert_runs();
    }

    /// SIGTERM, and the wait for its end.
    pub fn end(self) {
        self.0.end(GRACE);
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
