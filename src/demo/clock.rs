//! The time of the story.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::engine::{Clock, SystemClock};
use crate::model::Millis;

/// A clock whose wall time is the story's and moves only when set. Running time and waiting are the
/// machine's: commits and polls have nothing to do with the story.
#[derive(Debug)]
pub struct StoryClock {
    now: AtomicI64,
    machine: SystemClock,
}

impl StoryClock {
    /// A clock that stands at this time.
    pub fn new(now: Millis) -> Self {
        Self {
            now: AtomicI64::new(now.0),
            machine: SystemClock::new(),
        }
    }

    /// Moves on to this time; never back.
    pub fn set(&self, now: Millis) {
        self.now.fetch_max(now.0, Ordering::SeqCst);
    }
}

impl Clock for StoryClock {
    fn wall(&self) -> Millis {
        Millis(self.now.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic()
    }

    fn sleep(&self, time: Duration) {
        self.machine.sleep(time);
    }
}

#[cfg(test)]
mod tests {
    use super::StoryClock;
    use crate::engine::Clock;
    use crate::model::Millis;

    #[test]
    fn the_storys_time_is_set_and_never_goes_back() {
        let clock = StoryClock::new(Millis(5));
        clock.set(Millis(9));
        clock.set(Millis(7));
        assert_eq!(clock.wall(), Millis(9));
    }
}
