//! The contract suite on the log in memory.

#[path = "../contract/mod.rs"]
mod contract;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use contract::World;
use heard::log::memory::MemoryLog;

/// A log of its own for each test.
struct Memory {
    log: MemoryLog,
    names: AtomicU64,
    simulated: bool,
}

impl Memory {
    fn simulated() -> Self {
        Self {
            log: MemoryLog::simulated(),
            names: AtomicU64::new(0),
            simulated: true,
        }
    }

    fn live() -> Self {
        Self {
            log: MemoryLog::live(),
            names: AtomicU64::new(0),
            simulated: false,
        }
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
        if self.simulated {
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

mod simulated {
    use crate::Memory;
    crate::contract::suite!(Memory::simulated());
}

mod live {
    use crate::Memory;
    crate::contract::suite!(Memory::live());
}
