//! What brokers have said of the time, and what follows from it for a wall clock.
//!
//! A broker tells its time at some moment between the question and the answer. From then on running time says what time it
//! is there, so a wall clock that jumps between two questions is noticed at once.

use std::time::Duration;

use super::clock::Time;
use crate::model::Millis;

/// By so many milliseconds a wall clock may differ from the brokers' time.
const BOUND: i64 = 5_000;

/// So many of the latest readings count. They come from different brokers, if there are several.
const KEPT: usize = 3;

/// What a broker has said, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeReading {
    /// The broker's time.
    pub time: Millis,
    /// Running time before it was asked.
    pub asked: Duration,
    /// Running time after it had answered.
    pub answered: Duration,
}

/// What a wall clock would have shown when running time began; both go at the same pace, so that it does not change unless
/// one of them is moved.
pub(super) fn origin(wall: Millis, running: Duration) -> i64 {
    wall.0.saturating_sub(milliseconds(running))
}

fn milliseconds(running: Duration) -> i64 {
    let seconds = i64::try_from(running.as_secs()).unwrap_or(i64::MAX);
    seconds
        .saturating_mul(1_000)
        .saturating_add(i64::from(running.subsec_millis()))
}

/// Origins that are all as good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// The earliest.
    pub low: i64,
    /// The latest.
    pub high: i64,
}

impl Span {
    /// All there are.
    pub const ALL: Self = Self {
        low: i64::MIN,
        high: i64::MAX,
    };
}

impl TimeReading {
    /// Where the origin of that broker's clock lies.
    fn span(&self) -> Span {
        Span {
            low: origin(self.time, self.answered),
            high: origin(self.time, self.asked),
        }
    }

    /// Which origins of a wall clock do not differ from it by more than the bound, as far as can be known.
    fn accepted(&self) -> Span {
        let Span { low, high } = self.span();
        Span {
            low: low.saturating_sub(BOUND),
            high: high.saturating_add(BOUND),
        }
    }
}

/// The latest readings.
#[derive(Clone, Debug, Default)]
pub(super) struct Readings(Vec<TimeReading>);

impl Readings {
    /// Adds one, and drops one that is too old.
    pub fn push(&mut self, reading: TimeReading) {
        if self.0.len() == KEPT {
            self.0.remove(0);
        }
        self.0.push(reading);
    }

    /// Which origins the latest accepts; all, if there is none.
    pub fn accepted(&self) -> Span {
        self.0.last().map_or(Span::ALL, TimeReading::accepted)
    }

    /// Whether a wall clock is right: one reading suffices. A broker may be wrong itself; and after the machine has slept,
    /// which running time does not show, only what was read since then counts. Without any it is believed.
    pub fn agree(&self, time: Time) -> bool {
        let origin = origin(time.wall, time.running);
        let mut accepted = self.0.iter().map(TimeReading::accepted);
        self.0.is_empty() || accepted.any(|span| (span.low..=span.high).contains(&origin))
    }

    /// What time it is by the latest, at this running time: never later than it is there.
    pub fn now(&self, running: Duration) -> Option<Millis> {
        let latest = self.0.last()?.span();
        Some(Millis(latest.low.saturating_add(milliseconds(running))))
    }

    /// By how much a wall clock is ahead of the latest, in milliseconds.
    pub fn ahead(&self, time: Time) -> Option<i64> {
        let Span { low, high } = self.0.last()?.span();
        let middle = low + (high - low) / 2;
        Some(origin(time.wall, time.running).saturating_sub(middle))
    }
}

#[cfg(test)]
mod tests {
    use super::{Readings, TimeReading};
    use crate::engine::clock::Time;
    use crate::model::Millis;
    use std::time::Duration;

    const HOUR: i64 = 3_600_000;

    /// Brokers' time at running time zero.
    const NOON: Millis = Millis(1_764_500_000_000);

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// A broker was asked at this running time, and answered after so long, its clock being so far ahead.
    fn reading(asked: u64, took: u64, broker_ahead: i64) -> TimeReading {
        let middle = i64::try_from(asked + took / 2).expect("small");
        TimeReading {
            time: NOON.plus(middle + broker_ahead),
            asked: ms(asked),
            answered: ms(asked + took),
        }
    }

    fn time(running: u64, ahead: i64) -> Time {
        Time {
            wall: NOON.plus(i64::try_from(running).expect("small") + ahead),
            running: ms(running),
        }
    }

    #[test]
    fn a_wall_clock_is_off_if_all_brokers_asked_lately_say_so_by_all_that_they_can_mean() {
        let quick = |asked| reading(asked, 10, 0);
        //    given these readings                         and a clock so far ahead   then it is right
        for (readings, ahead, right) in [
            (vec![], HOUR, true),
            (vec![quick(0)], 0, true),
            (vec![quick(0)], 4_900, true),
            (vec![quick(0)], -4_900, true),
            (vec![quick(0)], 5_100, false),
            (vec![quick(0)], -5_100, false),
            (vec![quick(0)], HOUR, false),
            (vec![quick(0)], -HOUR, false),
            // An answer that took eight seconds says less...
            (vec![reading(0, 8_000, 0)], 8_900, true),
            (vec![reading(0, 8_000, 0)], -8_900, true),
            (vec![reading(0, 8_000, 0)], 9_100, false),
            // ...and nothing any more once others came after it.
            (
                vec![reading(0, 8_000, 0), quick(9_000), quick(9_100), quick(9_200)],
                8_900,
                false,
            ),
            // One broker of three is an hour ahead, whichever was asked last.
            (vec![reading(0, 10, HOUR), quick(10), quick(20)], 0, true),
            (vec![quick(0), quick(10), reading(20, 10, HOUR)], 0, true),
            (vec![quick(0), quick(10), reading(20, 10, HOUR)], HOUR / 2, false),
            // The machine has slept for an hour: running time has not, the wall clock was put right.
            (vec![quick(0), quick(10), quick(20)], HOUR, false),
            (vec![quick(0), quick(10), reading(60_000, 10, HOUR)], HOUR, true),
        ] {
            let mut all = Readings::default();
            readings.iter().for_each(|reading| all.push(*reading));
            assert_eq!(
                all.agree(time(60_100, ahead)),
                right,
                "{ahead} ms ahead, {readings:?}"
            );
        }
    }

    #[test]
    fn running_time_goes_on_where_a_reading_ends_and_is_never_ahead_of_it() {
        let mut readings = Readings::default();
        assert_eq!((readings.now(ms(9)), readings.ahead(time(9, HOUR))), (None, None));
        readings.push(reading(100, 40, 0));
        assert_eq!(readings.ahead(time(10_000, HOUR)), Some(HOUR));
        let now = readings.now(ms(10_000)).expect("there is a reading");
        assert_eq!(now, NOON.plus(9_980), "as if the broker had answered at once");
    }
}
