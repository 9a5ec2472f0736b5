//! Days on which other hours hold than in a usual week.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::civil::Date;

use super::hours::Hours;

/// A day of one year, or of every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Day {
    /// Of one year.
    Once(Date),
    /// Of every year: month and day.
    Yearly(i8, i8),
}

/// A day, and the periods that begin on it; none: closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// The day.
    pub day: Day,
    /// Its periods.
    pub hours: Vec<Hours>,
}

/// The text is no holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no holiday such as 2026-12-24 08:00-12:00")]
pub struct NoHoliday;

impl FromStr for Holiday {
    type Err = NoHoliday;

    /// A date, `2026-12-25`, or a day of every year, `12-25`; then its periods, if it has any.
    fn from_str(text: &str) -> Result<Self, NoHoliday> {
        let mut words = text
            .split(|c: char| c.is_whitespace() || c == ',')
            .filter(|word| !word.is_empty());
        let day = day(words.next().ok_or(NoHoliday)?).ok_or(NoHoliday)?;
        let hours: Result<Vec<Hours>, _> = words.map(str::parse).collect();
        let mut hours = hours.map_err(|_| NoHoliday)?;
        hours.sort();
        match Hours::overlap(&hours) {
            Some(_) => Err(NoHoliday),
            None => Ok(Self { day, hours }),
        }
    }
}

fn day(word: &str) -> Option<Day> {
    let parts: Vec<&str> = word.split('-').collect();
    let number = |text: &str, digits: usize| -> Option<i16> {
        let fine = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        fine.then(|| text.parse().ok()).flatten()
    };
    let small = |text: &str| number(text, 2).and_then(|n| i8::try_from(n).ok());
    match *parts.as_slice() {
        [year, month, day] => Date::new(number(year, 4)?, small(month)?, small(day)?)
            .ok()
            .map(Day::Once),
        [month, day] => {
            let (month, day) = (small(month)?, small(day)?);
            // A year that has a 29 February.
            Date::new(2000, month, day).ok().map(|_| Day::Yearly(month, day))
        }
        _ => None,
    }
}

/// The holidays of a calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holidays(BTreeMap<Day, Vec<Hours>>);

impl Holidays {
    /// These holidays; `Err`: this day is there twice.
    ///
    /// # Errors
    /// The index of the holiday that repeats an earlier one's day.
    pub fn new(holidays: impl IntoIterator<Item = Holiday>) -> Result<Self, usize> {
        let mut all = BTreeMap::new();
        for (index, holiday) in holidays.into_iter().enumerate() {
            if all.insert(holiday.day, holiday.hours).is_some() {
                return Err(index);
            }
        }
        Ok(Self(all))
    }

    /// The periods of a day, if it is a holiday. What is said of one year comes before what is said of all.
    pub(super) fn hours_on(&self, date: Date) -> Option<&[Hours]> {
        if self.0.is_empty() {
            return None;
        }
        let once = self.0.get(&Day::Once(date));
        let hours = once.or_else(|| self.0.get(&Day::Yearly(date.month(), date.day())));
        hours.map(Vec::as_slice)
    }

    /// The first holiday on or after this day; `None`: there is none.
    pub(super) fn next(&self, from: Date) -> Option<Date> {
        let once = self
            .0
            .range(Day::Once(from)..Day::Yearly(i8::MIN, 0))
            .find_map(|(day, _)| match day {
                Day::Once(date) => Some(*date),
                Day::Yearly(..) => None,
            });
        let mut yearly = None;
        // 29 February comes eight years later at most.
        for year in from.year()..=from.year().saturating_add(8) {
            let begin = if year == from.year() {
                Day::Yearly(from.month(), from.day())
            } else {
                Day::Yearly(1, 1)
            };
            let in_year = self.0.range(begin..).find_map(|(day, _)| match *day {
                Day::Yearly(month, day) => Date::new(year, month, day).ok(),
                Day::Once(_) => None,
            });
            if in_year.is_some() {
                yearly = in_year;
                break;
            }
        }
        once.into_iter().chain(yearly).min()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{Day, Holiday, Holidays};

    #[test]
    fn what_is_a_holiday_and_what_is_not() {
        //   given                        then it has so many periods
        for (text, periods) in [
            ("2026-12-25", Some(0)),
            ("12-25", Some(0)),
            ("02-29", Some(0)),
            ("2026-12-24 08:00-10:00 11:00-12:00", Some(2)),
            ("2026-12-24 08:00-12:00 11:00-12:00", None), // they overlap
            ("2026-02-29", None),
            ("02-30", None),
            ("25.12.2026", None),
            ("2026-12-25 closed", None),
            ("26-12-25", None),
            ("", None),
        ] {
            let holiday = text.parse::<Holiday>().ok();
            assert_eq!(holiday.map(|holiday| holiday.hours.len()), periods, "{text:?}");
        }
    }

    #[test]
    fn the_next_holiday() {
        let holidays = ["12-25", "2026-05-14", "02-29"].map(|text| text.parse().expect("a holiday"));
        let holidays = Holidays::new(holidays).expect("all differ");
        //   given                    then the next is
        for (from, next) in [
            (date(2026, 1, 1), date(2026, 5, 14)),
            (date(2026, 5, 14), date(2026, 5, 14)),
            (date(2026, 5, 15), date(2026, 12, 25)),
            (date(2026, 12, 26), date(2027, 12, 25)),
            (date(2027, 12, 26), date(2028, 2, 29)),
        ] {
            assert_eq!(holidays.next(from), Some(next), "{from}");
        }
        assert_eq!(Holidays::default().next(date(2026, 1, 1)), None);
        let none_in_other_years = Holidays::new(["2020-01-01".parse().expect("a holiday")]).expect("one");
        assert_eq!(none_in_other_years.next(date(2026, 1, 1)), None);
    }

    #[test]
    fn one_year_comes_before_every_year() {
        let holidays = ["12-24", "2026-12-24 08:00-12:00"].map(|text| text.parse().expect("a holiday"));
        let holidays = Holidays::new(holidays).expect("they differ");
        let periods = |date| holidays.hours_on(date).map(<[_]>::len);
        assert_eq!(periods(date(2025, 12, 24)), Some(0));
        assert_eq!(periods(date(2026, 12, 24)), Some(1));
        assert_eq!(periods(date(2026, 12, 23)), None);
        let twice = ["12-24", "12-24 08:00-12:00"].map(|text| text.parse().expect("a holiday"));
        assert_eq!(Holidays::new(twice), Err(1));
        assert!(
            Day::Once(date(9999, 12, 31)) < Day::Yearly(1, 1),
            "the order of both kinds"
        );
    }
}
