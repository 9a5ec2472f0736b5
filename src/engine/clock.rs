//! The only place where the engine asks what time it is.

use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::model::Millis;

/// Where the event clock of a drain stands until everything is taken in: before every deadline, yet
/// far from the end of the number range, so that sums with it do not overflow.
pub const BEFORE_EVERYTHING: Millis = Millis(i64::MIN / 4);

/// What the clocks say at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// Wall time.
    pub wall: Millis,
    /// Running time.
    pub running: Duration,
}

/// What is known of the machine's wall clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// It is believed: there is nobody to ask, or nobody who tells.
    #[default]
    Believed,
    /// Brokers have been asked for their time, and have not answered yet.
    Unknown,
    /// It agrees with the brokers' time.
    Right {
        /// By so many milliseconds it is ahead of it; behind, if they are less than none.
        ahead: i64,
    },
    /// It does not.
    Off {
        /// By so many milliseconds it is ahead of it; behind, if they are less than none.
        ahead: i64,
        /// When that was seen first, by the brokers' time.
        since: Millis,
    },
}

impl Trust {
    /// Whether deadlines may be judged by it.
    pub fn may_judge(self) -> bool {
        matches!(self, Self::Believed | Self::Right { .. })
    }
}

/// Wall time, running time, and waiting.
pub trait Clock: Send + Sync {
    /// The wall clock. It may jump.
    fn wall(&self) -> Millis;

    /// Both clocks.
    fn time(&self) -> Time {
        Time {
            wall: self.wall(),
            running: self.monotonic(),
        }
    }

    /// Whether the machine's wall clock is to be believed. If not, [`Self::wall`] does not show it, if it can.
    fn trust(&self) -> Trust {
        Trust::Believed
    }

    /// Time since some fixed moment. It never goes back.
    fn monotonic(&self) -> Duration;

    /// Lets this much time pass.
    fn sleep(&self, time: Duration);
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose running time starts now.
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn wall(&self) -> Millis {
        // A clock before 1970 or after the year 292 million is as wrong as one that stands at 1970.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or_default())
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// A clock that moves only when told to; waiting moves it.
#[derive(Debug)]
pub struct ManualClock {
    now: Mutex<(Millis, Duration)>,
}

impl ManualClock {
    /// A clock that stands at this wall time.
    pub fn new(wall: Millis) -> Self {
        Self {
            now: Mutex::new((wall, Duration::ZERO)),
        }
    }

    /// Moves both the wall clock and the running time on.
    pub fn advance(&self, time: Duration) {
        let mut now = self.lock();
        let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        *now = (now.0.plus(millis), now.1.saturating_add(time));
    }

    /// Sets the wall clock, while running time stays.
    pub fn set(&self, wall: Millis) {
        self.lock().0 = wall;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (Millis, Duration)> {
        // A panic while it was held leaves two plain numbers, which are fine.
        self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn wall(&self) -> Millis {
        self.lock().0
    }

    fn monotonic(&self) -> Duration {
        self.lock().1
    }

    fn sleep(&self, time: Duration) {
        self.advance(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told_or_waited_on() {
        let clock = ManualClock::new(Millis(1_000));
        assert_eq!((clock.wall(), clock.monotonic()), (Millis(1_000), Duration::ZERO));
        clock.advance(Duration::from_millis(5));
        clock.sleep(Duration::from_millis(7));
        assert_eq!(
            (clock.wall(), clock.monotonic()),
            (Millis(1_012), Duration::from_millis(12))
        );
    }

    #[test]
    fn before_everything_is_before_the_oldest_date_and_safe_to_count_from() {
        let year_minus_9999 = Millis(-377_705_116_800_000);
        assert!(BEFORE_EVERYTHING < year_minus_9999);
        assert!(BEFORE_EVERYTHING.0.checked_sub(year_minus_9999.0.abs()).is_some());
        assert!(year_minus_9999.0.checked_sub(BEFORE_EVERYTHING.0).is_some());
    }
}
