//! A wall clock that is held against the brokers' time (RELIABILITY.md F22).

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::clock::{Clock, Time, Trust};
use super::time_reading::{Readings, Span, TimeReading, origin};
use crate::model::Millis;

/// The machine's clocks. While its wall clock is off, [`Clock::wall`] shows the brokers' time instead, and [`Clock::trust`]
/// says so.
pub struct CheckedClock {
    machine: Arc<dyn Clock>,
    /// Within these bounds the wall clock is right, by the latest reading: nothing else need be looked at.
    low: AtomicI64,
    high: AtomicI64,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    readings: Readings,
    /// Whether it has turned out that brokers do not tell their time.
    untold: bool,
    /// Since when the wall clock is off, if it is.
    off_since: Option<Millis>,
}

impl CheckedClock {
    /// These clocks, of which nothing is known yet.
    pub fn new(machine: Arc<dyn Clock>) -> Self {
        Self {
            machine,
            low: AtomicI64::new(Span::ALL.low),
            high: AtomicI64::new(Span::ALL.high),
            known: Mutex::default(),
        }
    }

    /// A broker has told its time.
    pub fn told(&self, reading: TimeReading) {
        let mut known = self.known();
        known.readings.push(reading);
        known.untold = false;
        self.accept(known.readings.accepted());
    }

    /// Brokers do not tell their time: the wall clock is believed.
    pub fn untold(&self) {
        let mut known = self.known();
        *known = Known {
            untold: true,
            ..Known::default()
        };
        self.accept(known.readings.accepted());
    }

    /// Whoever sees one bound moved and the other not yet looks into what is known, at worst.
    fn accept(&self, Span { low, high }: Span) {
        self.low.store(low, Ordering::Relaxed);
        self.high.store(high, Ordering::Relaxed);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing is left half done behind it.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time that is out of bounds by the latest reading.
    #[cold]
    fn corrected(&self, time: Time) -> Time {
        let known = self.known();
        if known.readings.agree(time) {
            return time;
        }
        Time {
            wall: known.readings.now(time.running).unwrap_or(time.wall),
            ..time
        }
    }
}

impl Clock for CheckedClock {
    fn wall(&self) -> Millis {
        self.time().wall
    }

    fn time(&self) -> Time {
        let time = self.machine.time();
        let origin = origin(time.wall, time.running);
        if self.low.load(Ordering::Relaxed) <= origin && origin <= self.high.load(Ordering::Relaxed) {
            time
        } else {
            self.corrected(time)
        }
    }

    fn trust(&self) -> Trust {
        let mut known = self.known();
        let time = self.machine.time();
        let (Some(ahead), Some(now)) = (known.readings.ahead(time), known.readings.now(time.running)) else {
            return if known.untold {
                Trust::Believed
            } else {
                Trust::Unknown
            };
        };
        if known.readings.agree(time) {
            known.off_since = None;
            return Trust::Right { ahead };
        }
        let since = *known.off_since.get_or_insert(now);
        Trust::Off { ahead, since }
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
    use std::sync::Arc;
    use std::time::Duration;

    use super::CheckedClock;
    use crate::engine::clock::{Clock, ManualClock, Trust};
    use crate::engine::time_reading::TimeReading;
    use crate::model::Millis;

    const HOUR: i64 = 3_600_000;

    struct Told {
        machine: Arc<ManualClock>,
        clock: CheckedClock,
    }

    impl Told {
        /// At this brokers' time, a machine whose clock is so far ahead.
        fn new(now: i64, ahead: i64) -> Self {
            let machine = Arc::new(ManualClock::new(Millis(now + ahead)));
            let clock = CheckedClock::new(machine.clone());
            Self { machine, clock }
        }

        fn hears(&self, time: i64) {
            let at = self.machine.monotonic();
            self.clock.told(TimeReading {
                time: Millis(time),
                asked: at,
                answered: at,
            });
        }
    }

    #[test]
    fn it_is_unknown_until_brokers_have_told_and_believed_if_they_do_not() {
        let it = Told::new(HOUR, HOUR);
        assert_eq!(
            (it.clock.trust(), it.clock.wall()),
            (Trust::Unknown, Millis(2 * HOUR))
        );
        it.clock.untold();
        assert_eq!(
            (it.clock.trust(), it.clock.wall()),
            (Trust::Believed, Millis(2 * HOUR))
        );
        it.hears(HOUR);
        let since = Millis(HOUR);
        assert_eq!(it.clock.trust(), Trust::Off { ahead: HOUR, since });
        it.clock.untold();
        assert_eq!(
            (it.clock.trust(), it.clock.wall()),
            (Trust::Believed, Millis(2 * HOUR))
        );
    }

    #[test]
    fn while_it_is_off_the_brokers_time_is_shown_and_when_it_is_right_its_own() {
        let it = Told::new(HOUR, -HOUR);
        it.hears(HOUR);
        it.machine.advance(Duration::from_secs(7));
        assert_eq!(it.clock.wall(), Millis(HOUR + 7_000));
        let off = it.clock.trust();
        let since = Millis(HOUR + 7_000);
        assert_eq!(off, Trust::Off { ahead: -HOUR, since });
        assert!(!off.may_judge());
        // The wall clock is set: no broker has to be asked for it.
        it.machine.set(Millis(HOUR + 7_300));
        assert_eq!(it.clock.trust(), Trust::Right { ahead: 300 });
        assert_eq!(it.clock.wall(), Millis(HOUR + 7_300));
        // It jumps while it is trusted: seen at the next look.
        it.machine.set(Millis(3 * HOUR));
        assert_eq!(it.clock.wall(), Millis(HOUR + 7_000));
        assert!(matches!(it.clock.trust(), Trust::Off { .. }));
    }
}
