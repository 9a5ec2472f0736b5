//! Times as files write them, to milliseconds since 1970.

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use crate::model::Millis;

/// How a column writes times.
#[derive(Clone, Debug, PartialEq)]
pub enum TimeFormat {
    /// `2024-03-01T12:30:00Z`, or with another offset.
    Rfc3339,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    UnixMillis,
    /// Seconds since then.
    UnixSeconds,
    /// A `strptime` pattern. Where it has no offset, the zone decides; a time that the zone's clocks
    /// show twice is the first, one that they skip is moved on by the gap. Where it has no time of
    /// day, it is the day's beginning in the zone.
    Pattern {
        /// The pattern, such as `%m/%d/%Y %I:%M:%S %p`.
        pattern: String,
        /// The zone of what has no offset.
        zone: TimeZone,
    },
}

impl TimeFormat {
    /// The format called `name` (`rfc3339`, `unix_ms`, `unix_s`), or the pattern it is.
    pub fn new(name: &str, zone: TimeZone) -> Self {
        match name {
            "rfc3339" => Self::Rfc3339,
            "unix_ms" => Self::UnixMillis,
            "unix_s" => Self::UnixSeconds,
            pattern => Self::Pattern {
                pattern: pattern.to_owned(),
                zone,
            },
        }
    }

    /// Reads a time; `None` if the text does not have this format. Fractions below a millisecond are
    /// cut off.
    pub fn parse(&self, text: &str) -> Option<Millis> {
        match self {
            Self::Rfc3339 => text.parse::<Timestamp>().ok().map(millis),
            Self::UnixMillis => text.parse().ok().map(Millis),
            Self::UnixSeconds => {
                let seconds: i64 = text.parse().ok()?;
                seconds.checked_mul(1000).map(Millis)
            }
            Self::Pattern { pattern, zone } => {
                let parsed = strtime::parse(pattern, text).ok()?;
                if parsed.offset().is_some() {
                    return parsed.to_timestamp().ok().map(millis);
                }
                let local = match parsed.hour() {
                    Some(_) => parsed.to_datetime().ok()?,
                    None => parsed.to_date().ok()?.to_datetime(jiff::civil::Time::midnight()),
                };
                zone.to_timestamp(local).ok().map(millis)
            }
        }
    }
}

fn millis(timestamp: Timestamp) -> Millis {
    Millis(timestamp.as_millisecond())
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::TimeFormat;

    #[test]
    fn formats() {
        let city = "%m/%d/%Y %I:%M:%S %p";
        let new_york = || TimeZone::get("America/New_York").expect("the zone database has New York");
        for (format, text, expected) in [
            ("rfc3339", "2020-04-01T17:31:32Z", Some(1_585_762_292_000)),
            ("rfc3339", "2020-04-01T19:31:32.5+02:00", Some(1_585_762_292_500)),
            ("rfc3339", "2020-04-01 17:31:32", None),
            ("unix_ms", "1585762292000", Some(1_585_762_292_000)),
            ("unix_s", "1585762292", Some(1_585_762_292_000)),
            ("unix_s", "9223372036854775807", None),
            (city, "05/01/2022 12:00:03 AM", Some(1_651_377_603_000)),
            (city, "13/01/2022 12:00:03 AM", None),
            // the hour that New York's clocks show twice: the first of them
            (city, "11/06/2022 01:30:00 AM", Some(1_667_712_600_000)),
            ("%Y-%m-%d", "2019-09-24", Some(1_569_297_600_000)),
            ("%Y-%m-%d", "", None),
            (
                "%Y-%m-%d %H:%M:%S %z",
                "2020-04-01 19:31:32 +0200",
                Some(1_585_762_292_000),
            ),
        ] {
            let read = TimeFormat::new(format, new_york()).parse(text);
            assert_eq!(read.map(|m| m.0), expected, "{format} {text:?}");
        }
    }
}
