//! A period of opening hours, as a person writes it: `08:00-12:30`, or `22:00-06:00` overnight.

use std::fmt;
use std::str::FromStr;

const DAY: u16 = 24 * 60;

/// A period that begins on some day, in minutes of that day; it may end on the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hours {
    from: u16,
    to: u16,
}

/// The text is no period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no period such as 08:00-17:30")]
pub struct NoHours;

impl Hours {
    /// The minute of the day at which it begins: below 1440.
    pub const fn from(self) -> u16 {
        self.from
    }

    /// The minute at which it ends, counted from the same midnight; above 1440 if that is on the next day.
    pub const fn to(self) -> u16 {
        self.to
    }

    /// How long it takes on a day of 24 hours, in milliseconds.
    pub const fn ms(self) -> i64 {
        (self.to - self.from) as i64 * 60_000
    }

    /// The first two of these that overlap; the periods of one day.
    pub fn overlap(hours: &[Self]) -> Option<(Self, Self)> {
        let mut sorted = hours.to_vec();
        sorted.sort();
        let pairs = sorted.windows(2).map(|pair| (pair[0], pair[1]));
        pairs.into_iter().find(|(earlier, later)| later.from < earlier.to)
    }
}

impl FromStr for Hours {
    type Err = NoHours;

    /// Begin and end are `HH:MM`. If the end is not after the begin, it is on the next day; `24:00` is the
    /// end of the day. A period of no length is none.
    fn from_str(text: &str) -> Result<Self, NoHours> {
        let (from, to) = text.split_once('-').ok_or(NoHours)?;
        let (from, to) = (minute(from)?, minute(to)?);
        if from == DAY || from == to {
            return Err(NoHours);
        }
        let to = if to < from { to + DAY } else { to };
        Ok(Self { from, to })
    }
}

fn minute(text: &str) -> Result<u16, NoHours> {
    let (hour, minute) = text.trim().split_once(':').ok_or(NoHours)?;
    let number = |text: &str| {
        let fine = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if fine {
            text.parse().map_err(|_| NoHours)
        } else {
            Err(NoHours)
        }
    };
    let (hour, minute): (u16, u16) = (number(hour)?, number(minute)?);
    let total = hour * 60 + minute;
    if minute < 60 && total <= DAY {
        Ok(total)
    } else {
        Err(NoHours)
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = if self.to > DAY { self.to - DAY } else { self.to };
        let (from, to) = ((self.from / 60, self.from % 60), (to / 60, to % 60));
        write!(f, "{:02}:{:02}-{:02}:{:02}", from.0, from.1, to.0, to.1)
    }
}

#[cfg(test)]
mod tests {
    use super::Hours;

    #[test]
    fn what_is_a_period_and_what_is_not() {
        //   given               then it takes so many minutes
        for (text, minutes) in [
            ("08:00-17:30", Some(570)),
            ("8:00 - 17:30", Some(570)),
            ("00:00-24:00", Some(1440)),
            ("22:00-06:00", Some(480)),
            ("22:00-00:00", Some(120)),
            ("23:59-24:00", Some(1)),
            ("08:00-08:00", None),
            ("24:00-06:00", None),
            ("08:00", None),
            ("8-17", None),
            ("08:60-17:00", None),
            ("25:00-26:00", None),
            ("+8:00-17:00", None),
            ("08:00-17:00-18:00", None),
            ("", None),
        ] {
            let hours = text.parse::<Hours>().ok();
            assert_eq!(hours.map(|hours| hours.ms() / 60_000), minutes, "{text:?}");
            if let Some(hours) = hours {
                let midnight = text == "22:00-00:00";
                let back = hours.to_string().parse::<Hours>();
                assert!(back == Ok(hours) || midnight, "{hours}");
            }
        }
    }

    #[test]
    fn periods_of_a_day_that_overlap() {
        let hours = |texts: &[&str]| -> Vec<Hours> {
            texts.iter().map(|text| text.parse().expect("a period")).collect()
        };
        for (given, overlap) in [
            (&["13:00-18:00", "08:00-12:00"][..], false),
            (&["08:00-12:00", "12:00-18:00"], false),
            (&["08:00-12:01", "12:00-18:00"], true),
            (&["22:00-06:00", "23:00-23:30"], true),
        ] {
            assert_eq!(Hours::overlap(&hours(given)).is_some(), overlap, "{given:?}");
        }
    }
}
