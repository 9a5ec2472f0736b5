//! Business time, quarter of an hour by quarter: in each of them an office is open or it is not. All offices of
//! the journeys open and close, and all their clocks are set, at whole quarters.
//!
//! The wall clock that counts is one that is never set back: it shows the latest time that the clock of the
//! zone has shown. So what has begun goes on while an hour comes twice, what has ended does not begin again,
//! and an hour that is left out opens nothing.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::LazyLock;

use heard::model::Millis;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZoneDatabase;
use jiff::{Timestamp, ToSpan};

use crate::rules::{DAY, MINUTE, Office};

const QUARTER: i64 = 15 * MINUTE;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A day of universal time: of each quarter, whether the office is open, and for how long in all.
struct Day {
    open: Vec<bool>,
    total: i64,
}

thread_local! {
    /// Days that were looked at before.
    static DAYS: RefCell<HashMap<(&'static str, i64), Rc<Day>>> = RefCell::default();
}

impl Office {
    /// The first moment by which so much of its time has gone by since `start`.
    pub fn add(&'static self, start: Millis, ms: i64) -> Millis {
        let (mut at, mut left) = (start.0, ms);
        while left > 0 {
            let day = self.day(at.div_euclid(DAY));
            if at % DAY == 0 && day.total < left {
                left -= day.total;
                at += DAY;
                continue;
            }
            let end = (at.div_euclid(QUARTER) + 1) * QUARTER;
            if day.open[quarter(at)] {
                let passes = left.min(end - at);
                left -= passes;
                at += passes;
            } else {
                at = end;
            }
        }
        Millis(at)
    }

    /// How much of its time goes by between two moments.
    pub fn between(&'static self, start: Millis, end: Millis) -> i64 {
        let (mut at, mut open) = (start.0, 0);
        while at < end.0 {
            let day = self.day(at.div_euclid(DAY));
            if at % DAY == 0 && at + DAY <= end.0 {
                open += day.total;
                at += DAY;
                continue;
            }
            let next = ((at.div_euclid(QUARTER) + 1) * QUARTER).min(end.0);
            if day.open[quarter(at)] {
                open += next - at;
            }
            at = next;
        }
        open
    }

    fn day(&'static self, day: i64) -> Rc<Day> {
        let known = DAYS.with_borrow(|days| days.get(&(self.zone, day)).cloned());
        known.unwrap_or_else(|| {
            let walked = Rc::new(self.walk(day));
            DAYS.with_borrow_mut(|days| days.insert((self.zone, day), Rc::clone(&walked)));
            walked
        })
    }

    /// Goes through the quarters of a day, from the day before on: clocks are not set back by more.
    fn walk(&self, day: i64) -> Day {
        let zone = ZONES.get(self.zone).expect("it is built in");
        let shows = |quarter: i64| {
            let at = Timestamp::from_millisecond(day * DAY + quarter * QUARTER).expect("a time");
            zone.to_datetime(at)
        };
        let mut latest = shows(-96);
        let mut open = Vec::new();
        for quarter in -95..96 {
            latest = latest.max(shows(quarter));
            if quarter >= 0 {
                open.push(self.is_open(latest));
            }
        }
        let total = open.iter().filter(|open| **open).count() as i64 * QUARTER;
        Day { open, total }
    }

    /// Whether one of its periods has begun, and not ended, when the clock shows this: one of that day, or one
    /// of the day before that goes on into it.
    fn is_open(&self, shown: DateTime) -> bool {
        let today = shown.date();
        let yesterday = today.yesterday().expect("a day");
        [today, yesterday].into_iter().any(|date| {
            self.periods(date).any(|(from, to)| {
                let moment = |minute: i64| date.to_datetime(Default::default()) + minute.minutes();
                moment(from) <= shown && shown < moment(to)
            })
        })
    }

    /// The periods that begin on a day: those of a holiday, of one year before every year's; else those of the
    /// week. From minute to minute of the day.
    fn periods(&self, date: Date) -> impl Iterator<Item = (i64, i64)> {
        let once = date.to_string();
        let holiday = |name: &str| {
            let mut holidays = self.holidays.iter().copied();
            holidays.find(|line| line.split(' ').next() == Some(name))
        };
        let lines = match holiday(&once).or_else(|| holiday(&once[5..])) {
            Some(line) => vec![line],
            None => {
                let of_week = self.open.iter().copied();
                of_week.filter(|line| is_on(line, date)).collect()
            }
        };
        let words = lines.into_iter().flat_map(|line| line.split(' ').skip(1));
        words.map(|word| {
            let (from, to) = word.split_once('-').expect("from and to");
            let (from, to) = (minute(from), minute(to));
            (from, if to < from { to + 24 * 60 } else { to })
        })
    }
}

/// Whether a line of the week, such as `mon-fri 08:00-12:00`, is about this day.
fn is_on(line: &str, date: Date) -> bool {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let days = line.split(' ').next().expect("days come first");
    let (first, last) = days.split_once('-').unwrap_or((days, days));
    let place = |name: &str| DAYS.iter().position(|day| *day == name).expect("a day");
    let today = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
    (place(first)..=place(last)).contains(&today)
}

fn minute(text: &str) -> i64 {
    let (hour, minute) = text.split_once(':').expect("hour and minute");
    let number = |text: &str| text.parse::<i64>().expect("a number");
    number(hour) * 60 + number(minute)
}

fn quarter(at: i64) -> usize {
    at.rem_euclid(DAY).div_euclid(QUARTER) as usize
}

#[cfg(test)]
mod tests {
    use heard::model::Millis;
    use jiff::Timestamp;

    use crate::rules::{HOUR, MINUTE, OFFICE};

    /// So that journeys are judged by what was meant, not only by what both programs agree on.
    #[test]
    fn how_time_goes_by_in_the_office() {
        let at = |text: &str| Millis(text.parse::<Timestamp>().expect("a time").as_millisecond());
        //   given from                  to                    then so many minutes of its time
        for (from, to, minutes) in [
            ("2023-10-30T07:00Z", "2023-10-30T10:00Z", 180), // in the morning
            ("2023-10-30T10:00Z", "2023-10-30T13:00Z", 120), // over lunch
            ("2023-10-30T16:00Z", "2023-11-01T08:00Z", 30),  // over a holiday
            ("2023-11-01T07:00Z", "2023-11-01T16:00Z", 120), // a short day of every year
            ("2023-10-28T20:00Z", "2023-10-29T05:00Z", 270), // a night in which clocks go back
            ("2024-03-30T21:00Z", "2024-03-31T04:00Z", 300), // a night in which they go forward
            ("2024-03-29T00:00Z", "2024-03-30T00:00Z", 0),   // Good Friday
        ] {
            let (from, to) = (at(from), at(to));
            assert_eq!(OFFICE.between(from, to), minutes * MINUTE, "{from:?} {to:?}");
        }
        assert_eq!(OFFICE.add(at("2023-10-30T16:00Z"), HOUR), at("2023-11-01T09:30Z"));
        assert_eq!(
            OFFICE.add(at("2023-10-30T16:00Z"), 30 * MINUTE),
            at("2023-10-30T16:30Z")
        );
        assert_eq!(OFFICE.add(at("2023-10-30T02:00Z"), 0), at("2023-10-30T02:00Z"));
    }
}
