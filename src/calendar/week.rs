//! The opening hours of a week, as a person writes them: `mon-fri 08:00-12:00 13:00-18:00`.

use jiff::civil::Weekday;

use super::hours::Hours;

const DAYS: [(Weekday, &str); 7] = [
    (Weekday::Monday, "monday"),
    (Weekday::Tuesday, "tuesday"),
    (Weekday::Wednesday, "wednesday"),
    (Weekday::Thursday, "thursday"),
    (Weekday::Friday, "friday"),
    (Weekday::Saturday, "saturday"),
    (Weekday::Sunday, "sunday"),
];

const DAY: u16 = 24 * 60;
const WEEK: u16 = 7 * DAY;

/// The periods that begin on each day of a week, in order; none overlaps another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Week([Vec<Hours>; 7]);

/// The name of a day, and a period that begins on it.
pub type OnDay = (&'static str, Hours);

/// Why lines are no week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoWeek {
    /// This line is not days and periods.
    Line(usize),
    /// Two periods overlap.
    Overlap(OnDay, OnDay),
}

impl Week {
    /// A week out of lines: each a day or a range of days (`mon`, `mon-fri`, `fri-mon`, or the whole names)
    /// and one or more periods. A day may be in several lines.
    ///
    /// # Errors
    /// The first line that cannot be read, or two periods that overlap.
    pub fn parse<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Self, NoWeek> {
        let mut week = Self::default();
        for (index, line) in lines.into_iter().enumerate() {
            let (days, hours) = line_of(line).ok_or(NoWeek::Line(index))?;
            for day in days {
                week.0[day].extend(&hours);
            }
        }
        week.0.iter_mut().for_each(|hours| hours.sort());
        match week.overlap() {
            Some((a, b)) => Err(NoWeek::Overlap(a, b)),
            None => Ok(week),
        }
    }

    /// The periods that begin on this day of the week.
    pub fn hours_on(&self, day: Weekday) -> &[Hours] {
        &self.0[index(day)]
    }

    /// How long it is open in a week without any change of clocks, in milliseconds.
    pub fn open_ms(&self) -> i64 {
        self.0.iter().flatten().map(|hours| hours.ms()).sum()
    }

    fn overlap(&self) -> Option<(OnDay, OnDay)> {
        let in_week: Vec<_> = (0_u16..)
            .zip(&self.0)
            .flat_map(|(day, hours)| hours.iter().map(move |&hours| (day, hours)))
            .collect();
        let next = in_week
            .iter()
            .skip(1)
            .map(|&(day, hours)| (day, hours, 0))
            .chain(in_week.first().map(|&(day, hours)| (day, hours, WEEK)));
        in_week
            .iter()
            .zip(next)
            .find(|&(&(day, hours), (next_day, next, later))| {
                day * DAY + hours.to() > next_day * DAY + next.from() + later
            })
            .map(|(&(day, hours), (next_day, next, _))| {
                let name = |day: u16| DAYS[usize::from(day)].1;
                ((name(day), hours), (name(next_day), next))
            })
    }
}

fn line_of(line: &str) -> Option<(Vec<usize>, Vec<Hours>)> {
    let mut words = line
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty());
    let days = words.next()?;
    let (first, last) = days.split_once('-').unwrap_or((days, days));
    let (first, last) = (day(first)?, day(last)?);
    let count = (last + 7 - first) % 7;
    let days = (0..=count).map(|n| (first + n) % 7).collect();
    let hours: Option<Vec<Hours>> = words.map(|word| word.parse().ok()).collect();
    hours.filter(|hours| !hours.is_empty()).map(|hours| (days, hours))
}

fn day(word: &str) -> Option<usize> {
    let word = word.to_ascii_lowercase();
    DAYS.iter()
        .position(|(_, name)| *name == word || name.get(..3) == Some(word.as_str()))
}

fn index(day: Weekday) -> usize {
    DAYS.iter().position(|(listed, _)| *listed == day).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{NoWeek, Week};

    const HOUR: i64 = 3_600_000;

    #[test]
    fn weeks_as_people_write_them() {
        //   given                                            then open so many hours a week
        for (lines, hours) in [
            (&["mon-fri 08:00-12:00 13:00-17:00"][..], 40),
            (&["Monday-Friday 9:00-17:00", "Sat 10:00-14:00"], 44),
            (&["fri-mon 22:00-06:00"], 32),
            (&["mon-sun 00:00-24:00"], 168),
            (&["mon 08:00-12:00", "mon 12:00-16:00"], 8),
            (&["tue 08:00-09:00, 10:00-11:00"], 2),
        ] {
            let week = Week::parse(lines.iter().copied()).expect("a week");
            assert_eq!(week.open_ms(), hours * HOUR, "{lines:?}");
        }
    }

    #[test]
    fn lines_that_are_none() {
        for line in [
            "",
            "mon",
            "08:00-12:00",
            "mon-fry 08:00-12:00",
            "mon 8-12",
            "mon-tue-wed 08:00-12:00",
        ] {
            let lines = ["sun 08:00-12:00", line];
            assert_eq!(Week::parse(lines), Err(NoWeek::Line(1)), "{line:?}");
        }
    }

    #[test]
    fn overlaps_are_found_overnight_and_over_the_end_of_the_week() {
        //   given                                          then they overlap on
        for (lines, days) in [
            (
                &["mon 08:00-12:00", "mon-tue 11:00-13:00"][..],
                Some(("monday", "monday")),
            ),
            (
                &["mon 22:00-06:00", "tue 05:00-12:00"],
                Some(("monday", "tuesday")),
            ),
            (
                &["sun 22:00-06:00", "mon 05:59-12:00"],
                Some(("sunday", "monday")),
            ),
            (&["sun 22:00-06:00", "mon 06:00-12:00"], None),
            (&["mon-sun 22:00-21:59"], None),
        ] {
            let found = match Week::parse(lines.iter().copied()) {
                Err(NoWeek::Overlap((a, _), (b, _))) => Some((a, b)),
                other => {
                    assert!(other.is_ok(), "{lines:?}: {other:?}");
                    None
                }
            };
            assert_eq!(found, days, "{lines:?}");
        }
    }
}
