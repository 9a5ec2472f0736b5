//! How business time goes by: one walk over open periods, which skips whole weeks that are like any other.

use jiff::ToSpan;
use jiff::civil::Date;

use super::Calendar;
use super::hours::Hours;
use crate::model::Millis;

/// After so many days without an open moment a walk gives up: the calendar does not open any more.
const CLOSED_FOR_GOOD: u32 = 4000;

/// Where a walk ended.
struct Walked {
    /// The open time it passed, in milliseconds.
    open: i64,
    /// Where it stands; `None`: beyond all times.
    at: Option<Millis>,
}

impl Calendar {
    /// The first moment by which `ms` of business time have gone by since `start`; `start` itself if `ms`
    /// is not positive. At the ends of time it stays there.
    pub fn add(&self, start: Millis, ms: i64) -> Millis {
        if ms <= 0 {
            return start;
        }
        self.walk(start, ms, Millis(i64::MAX))
            .at
            .unwrap_or(Millis(i64::MAX))
    }

    /// The business time from `start` to `end`, in milliseconds; none if `end` is not later.
    pub fn between(&self, start: Millis, end: Millis) -> i64 {
        if end <= start {
            return 0;
        }
        self.walk(start, i64::MAX, end).open
    }

    /// Whether it does not open in any of ten years.
    pub(super) fn is_never_open(&self) -> bool {
        self.walk(Millis(1_700_000_000_000), 1, Millis(2_000_000_000_000))
            .open
            == 0
    }

    /// Walks from `start` until `ms` of open time have gone by, or `end` is reached.
    fn walk(&self, start: Millis, ms: i64, end: Millis) -> Walked {
        let mut open = 0;
        let beyond = |open| Walked { open, at: None };
        let Some(today) = self.zone.date(start) else {
            return beyond(open);
        };
        // A period that began the day before may still be open.
        let mut date = today.yesterday().unwrap_or(today);
        // Before this, everything is counted.
        let mut at = start;
        let mut closed = 0;
        while closed < CLOSED_FOR_GOOD {
            if date > today
                && let Some((weeks, later)) = self.whole_weeks(date, ms - open, end)
            {
                open += weeks * self.week.open_ms();
                date = later;
                closed = 0;
            }
            closed += 1;
            for &hours in self.hours_on(date) {
                let Some((from, to)) = self.period(date, hours) else {
                    return beyond(open);
                };
                let (from, to) = (from.max(at), to.min(end));
                if from >= end {
                    return Walked { open, at: Some(end) };
                }
                if from >= to {
                    continue;
                }
                closed = 0;
                let takes = to.since(from);
                if takes >= ms - open {
                    let at = Some(from.plus(ms - open));
                    return Walked { open: ms, at };
                }
                open += takes;
                at = to;
            }
            if self.begin(date).is_none_or(|begin| begin >= end) {
                break;
            }
            let Ok(tomorrow) = date.tomorrow() else { break };
            date = tomorrow;
        }
        beyond(open)
    }

    /// How many whole weeks from this date on can be passed at once, and the date after them: no holiday
    /// and no change of clocks is in them or near, they are over before `end`, and of `ms` some is left.
    fn whole_weeks(&self, date: Date, ms: i64, end: Millis) -> Option<(i64, Date)> {
        let in_a_week = self.week.open_ms();
        let mut weeks = (ms - 1) / in_a_week;
        if weeks == 0 {
            return None;
        }
        // Two days, since a change is told by its UTC date and a period may reach into the next day.
        let before = date.checked_sub(2.days()).ok()?;
        let mut limit = |until: Date| {
            let days = date.until(until).map_or(0, |span| i64::from(span.get_days()));
            weeks = weeks.min((days - 2).div_euclid(7));
        };
        limit(Date::MAX);
        self.zone.next_change(before).map(&mut limit);
        self.holidays.next(before).map(&mut limit);
        if let Some(last) = self.zone.date(end) {
            limit(last);
        }
        if weeks <= 0 {
            return None;
        }
        let later = date.checked_add(weeks.weeks()).ok()?;
        Some((weeks, later))
    }

    /// From when until when a period that begins on this date is open.
    fn period(&self, date: Date, hours: Hours) -> Option<(Millis, Millis)> {
        let local = |minute: u16| {
            let midnight = date.to_datetime(jiff::civil::Time::midnight());
            let local = midnight.checked_add(i64::from(minute).minutes()).ok()?;
            self.zone.first_showing(local)
        };
        Some((local(hours.from())?, local(hours.to())?))
    }

    fn begin(&self, date: Date) -> Option<Millis> {
        self.zone
            .first_showing(date.to_datetime(jiff::civil::Time::midnight()))
    }
}
