//! Business time: when a named calendar is open, and how its time goes by (rule 5).
//!
//! A [`Calendar`] is a time zone, the [opening hours](Hours) of a week, and holidays. It is pure: it reads
//! no clock, and its zones come from the copy of the IANA database that is built in, so that all
//! instances of one version find the same deadlines, also where the system has no such database.
//!
//! **What is open.** A period is open from the first moment at which the wall clock of the zone shows
//! its begin, or has passed it, until the first moment at which it shows its end, or has passed it. So a
//! night shift from 22:00 to 06:00 takes seven hours when clocks go forward in it, and nine when they go
//! back; an hour that is left out opens nothing; and what adjoins in the week adjoins in time. An
//! overnight period belongs to the day on which it begins. A holiday replaces the periods that begin on
//! its day.

mod holidays;
mod hours;
mod walk;
mod week;
mod zone;

pub use holidays::{Day, Holiday, Holidays};
pub use hours::Hours;
pub use week::{NoWeek, Week};
pub use zone::Zone;

/// When somebody is there to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    zone: Zone,
    week: Week,
    holidays: Holidays,
}

/// The calendar is never open, or for years not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the calendar is never open")]
pub struct NeverOpen;

impl Calendar {
    /// A calendar of these hours in this zone.
    ///
    /// # Errors
    /// If it is not open in a usual week, or never outside holidays.
    pub fn new(zone: Zone, week: Week, holidays: Holidays) -> Result<Self, NeverOpen> {
        let calendar = Self { zone, week, holidays };
        if calendar.week.open_ms() == 0 || calendar.is_never_open() {
            return Err(NeverOpen);
        }
        Ok(calendar)
    }

    /// Its time zone.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The periods that begin on a day.
    fn hours_on(&self, date: jiff::civil::Date) -> &[Hours] {
        let usual = || self.week.hours_on(date.weekday());
        self.holidays.hours_on(date).unwrap_or_else(usual)
    }
}

#[cfg(test)]
mod tests;
