//! Time zones out of the built-in copy of the IANA database, and what their wall clocks show when.

use std::sync::LazyLock;

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{Span, Timestamp};

use crate::model::Millis;

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A time zone with its history and its rules for the future.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone of this name, such as `Europe/Berlin` or `UTC`; `None`: there is none.
    pub fn named(name: &str) -> Option<Self> {
        DATABASE.get(name).ok().map(Self)
    }

    /// The names there are.
    pub fn names() -> Vec<String> {
        DATABASE.available().map(|name| name.to_string()).collect()
    }

    /// Its name, such as `Europe/Berlin`.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Universal time.
    pub const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The date at this time; `None`: in no year that dates are made for.
    pub(super) fn date(&self, at: Millis) -> Option<Date> {
        let at = Timestamp::from_millisecond(at.0).ok()?;
        Some(self.0.to_datetime(at).date())
    }

    /// The first moment at which the wall clock shows this time or has passed it; `None`: in no year that
    /// moments are made for.
    pub fn first_showing(&self, local: DateTime) -> Option<Millis> {
        let ambiguous = self.0.to_ambiguous_timestamp(local);
        let at = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok()?,
            // Shown twice: the first time counts.
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok()?,
            // Never shown: clocks go forward over it, at the last change before it would have come.
            AmbiguousOffset::Gap { before, after } => {
                let would_be = before.to_timestamp(local).ok()?;
                let just_after = would_be.checked_add(Span::new().nanoseconds(1)).ok()?;
                let change = self
                    .0
                    .preceding(just_after)
                    .find(|change| change.offset() == after);
                change.map_or(would_be, |change| change.timestamp())
            }
        };
        Some(Millis(at.as_millisecond()))
    }

    /// The UTC date of the first change of its clocks on or after this date; `None`: there is none.
    pub(super) fn next_change(&self, from: Date) -> Option<Date> {
        let midnight = from.to_datetime(jiff::civil::Time::midnight());
        let before = TimeZone::UTC.to_timestamp(midnight).ok()?;
        let before = before.checked_sub(Span::new().nanoseconds(1)).ok()?;
        let change = self.0.following(before).next()?;
        Some(TimeZone::UTC.to_datetime(change.timestamp()).date())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::civil::DateTime;

    use super::Zone;
    use crate::model::Millis;

    #[test]
    fn the_first_moment_a_clock_shows_a_time() {
        //   given a zone, and a time of its clocks              then it is first reached at
        for (zone, local, at) in [
            ("UTC", "2026-03-29T02:30", "2026-03-29T02:30Z"),
            ("Europe/Berlin", "2026-03-29T01:59", "2026-03-29T00:59Z"),
            ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00Z"), // left out
            ("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00Z"),
            ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30Z"), // shown twice
            ("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00Z"),
            ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30Z"), // half an hour is left out
            ("Asia/Tehran", "2021-03-22T00:30", "2021-03-21T20:30Z"),
            ("Asia/Tehran", "2023-03-22T00:30", "2023-03-21T21:00Z"), // clocks stand since 2022
            ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00Z"), // a day is left out
        ] {
            let zone = Zone::named(zone).expect("it is built in");
            let local: DateTime = local.parse().expect("a local time");
            let at: Timestamp = at.parse().expect("a time");
            assert_eq!(
                zone.first_showing(local),
                Some(Millis(at.as_millisecond())),
                "{zone:?} {local}"
            );
        }
    }

    #[test]
    fn names() {
        assert_eq!(Zone::named("Europe/Berlim"), None);
        assert_eq!(Zone::named("utc"), Some(Zone::utc()));
        let names = Zone::names();
        assert!(
            names.len() > 400 && names.iter().any(|name| name == "Asia/Tehran"),
            "{}",
            names.len()
        );
    }
}
