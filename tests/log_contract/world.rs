//! The log in memory as a world of the contract suite, and what the tests of its own add.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use heard::log::memory::{MemoryLog, Mode, Settings};
use heard::log::{ErrorKind, LogError};

use crate::contract::World;

/// A log of its own for each test.
pub struct Memory {
    pub log: MemoryLog,
    names: AtomicU64,
    mode: Mode,
}

impl Memory {
    /// A simulated log.
    pub fn simulated() -> Self {
        Self::with(Settings::default())
    }

    /// A live log.
    pub fn live() -> Self {
        Self {
            log: MemoryLog::live(),
            names: AtomicU64::new(0),
            mode: Mode::Live,
        }
    }

    /// A simulated log that keeps what is sent in the client until it is flushed.
    pub fn queueing() -> Self {
        Self::with(Settings {
            queue_sends: true,
            ..Settings::default()
        })
    }

    /// A log of these settings.
    pub fn with(settings: Settings) -> Self {
        let mode = settings.mode;
        Self {
            log: MemoryLog::new(settings),
            names: AtomicU64::new(0),
            mode,
        }
    }

    /// Lets seconds pass.
    pub fn seconds(&self, seconds: u64) {
        self.log.advance(Duration::from_secs(seconds));
    }
}

impl World for Memory {
    type Log = MemoryLog;

    fn log(&self) -> &MemoryLog {
        &self.log
    }

    fn fresh(&self, stem: &str) -> String {
        format!("{stem}-{}", self.names.fetch_add(1, Ordering::Relaxed))
    }

    fn pass(&self) {
        if self.mode == Mode::Simulated {
            self.log.advance(Duration::from_millis(1));
        }
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(5)
    }

    fn poll_wait(&self) -> Duration {
        Duration::from_millis(20)
    }

    fn now(&self) -> i64 {
        self.log.now().0
    }
}

/// The kind of error that a call failed with.
#[track_caller]
pub fn kind<T: std::fmt::Debug>(result: Result<T, LogError>) -> ErrorKind {
    result.expect_err("it should have failed").kind
}
