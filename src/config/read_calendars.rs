//! Reads `[calendars.NAME]`: when somebody is there to answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::nearest::nearest;
use super::section::Section;
use crate::calendar::{Calendar, Holiday, Holidays, NoWeek, Week, Zone};

/// What stands for clock time where a calendar may be named.
pub(super) const CLOCK_TIME: &str = "none";

const OPEN: &str =
    "Write days and periods, such as \"mon-fri 08:00-12:00 13:00-18:00\" or \"sat 22:00-06:00\".";
const HOLIDAY: &str = "Write a date such as \"2026-12-25\", or a day of every year such as \"12-25\"; and behind it \
                       the periods, if it is open, such as \"2026-12-24 09:00-12:00\".";

/// The calendars there are, by name.
#[derive(Debug, Default)]
pub(super) struct Calendars {
    right: BTreeMap<String, Arc<Calendar>>,
    /// Those that are there and wrong, which is told already.
    wrong: Vec<String>,
}

/// Reads all calendars out of the top table.
pub(super) fn read(top: &mut Section<'_>) -> Calendars {
    let mut all = Calendars::default();
    let mut section = top.table(
        "calendars",
        "Calendars: business time, for service levels. A calendar is a table of its own, with any name.",
    );
    let mut names = section.keys();
    if section.is_noting() {
        names.push("service".into());
    }
    for name in names {
        let calendar = section.member(&name, "NAME", "When somebody is there to answer.");
        if name == CLOCK_TIME {
            section.problem(
                &name,
                format!(
                    "a calendar cannot be called \"{name}\": that means clock time. Give it another name."
                ),
            );
        }
        match read_calendar(calendar) {
            Some(calendar) => _ = all.right.insert(name, Arc::new(calendar)),
            None => all.wrong.push(name),
        }
    }
    section.finish();
    all
}

fn read_calendar(mut section: Section<'_>) -> Option<Calendar> {
    let zone: Option<String> = section.optional(
        "zone",
        "\"Europe/Berlin\"",
        "Its time zone, by its name in the IANA database. A copy of that is built in.",
    );
    let open: Option<Vec<String>> = section.optional(
        "open",
        "[\"mon-thu 08:00-12:00 13:00-18:00\", \"fri 08:00-15:00\", \"sat 22:00-06:00\"]",
        "When it is open in a usual week: days, and one or more periods. A period that ends before it begins \
         goes on into the next day.",
    );
    let holidays: Vec<String> = section
        .optional(
            "holidays",
            "[\"2026-04-03\", \"2026-12-24 08:00-12:00\", \"12-25\", \"12-26\"]",
            "Days on which it is closed, or open at other times: of one year, or of every year. What begins on \
             the day before is not cut short.",
        )
        .unwrap_or_default();
    if section.is_noting() {
        return None;
    }
    let (zone, week, holidays) = (
        read_zone(&section, zone),
        read_week(&section, open),
        read_holidays(&section, &holidays),
    );
    let calendar = Calendar::new(zone?, week?, holidays?);
    if calendar.is_err() {
        let what = format!(
            "{} is never open, so nothing in it would ever be due. Say in \"open\" when it is.",
            section.path()
        );
        section.problem("open", what);
    }
    section.finish();
    calendar.ok()
}

fn read_zone(section: &Section<'_>, name: Option<String>) -> Option<Zone> {
    let Some(name) = name else {
        if !section.has("zone") {
            let what = format!(
                "{} has no zone. Write one such as \"Europe/Berlin\".",
                section.path()
            );
            section.problem("zone", what);
        }
        return None;
    };
    let zone = Zone::named(&name);
    if zone.is_none() {
        let names = Zone::names();
        let near = nearest(&name, names.iter().map(String::as_str));
        let mut what = format!(
            "{} must be a time zone such as \"Europe/Berlin\" or \"UTC\", not \"{name}\".",
            section.path_of("zone")
        );
        if let Some(near) = near {
            what.push_str(&format!(" Did you mean \"{near}\"?"));
        }
        section.misspelt("zone", what, near);
    }
    zone
}

fn read_week(section: &Section<'_>, open: Option<Vec<String>>) -> Option<Week> {
    let path = section.path_of("open");
    let Some(open) = open else {
        if !section.has("open") {
            section.problem("open", format!("{} is never open. {OPEN}", section.path()));
        }
        return None;
    };
    match Week::parse(open.iter().map(String::as_str)) {
        Ok(week) => Some(week),
        Err(NoWeek::Line(index)) => {
            let line = open.get(index).map_or("", String::as_str);
            section.problem("open", format!("{path} cannot hold \"{line}\". {OPEN}"));
            None
        }
        Err(NoWeek::Overlap((day, hours), (other_day, other))) => {
            let what = format!(
                "{path} holds periods that overlap: {hours} of {day} and {other} of {other_day}. Let the one \
                 end where the other begins, or make one of them."
            );
            section.problem("open", what);
            None
        }
    }
}

fn read_holidays(section: &Section<'_>, lines: &[String]) -> Option<Holidays> {
    let path = section.path_of("holidays");
    let mut holidays: Vec<Holiday> = Vec::new();
    for line in lines {
        let Ok(holiday) = line.parse() else {
            section.problem("holidays", format!("{path} cannot hold \"{line}\". {HOLIDAY}"));
            return None;
        };
        holidays.push(holiday);
    }
    match Holidays::new(holidays) {
        Ok(holidays) => Some(holidays),
        Err(index) => {
            let line = lines.get(index).map_or("", String::as_str);
            let what = format!("{path} holds the day of \"{line}\" twice. Leave out one of them.");
            section.problem("holidays", what);
            None
        }
    }
}

impl Calendars {
    /// The calendar that `key` of a table names; nothing or "none" is clock time. One that is not known is
    /// reported.
    pub fn named(&self, section: &Section<'_>, key: &str, name: &str) -> Option<Arc<Calendar>> {
        if name == CLOCK_TIME {
            return None;
        }
        let found = self.right.get(name);
        if found.is_none() && section.has(key) && !self.wrong.iter().any(|wrong| wrong == name) {
            let known = || self.right.keys().chain(&self.wrong).map(String::as_str);
            let near = nearest(name, known());
            let mut what = format!(
                "{} names no calendar: there is no [calendars.{name}].",
                section.path_of(key)
            );
            match near {
                Some(near) => what.push_str(&format!(" Did you mean \"{near}\"?")),
                None if known().next().is_none() => {
                    what.push_str(" Describe it, or write \"none\" for clock time.")
                }
                None => {
                    let known: Vec<_> = known().collect();
                    what.push_str(&format!(" Known: {}.", known.join(", ")));
                }
            }
            section.misspelt(key, what, near);
        }
        found.cloned()
    }
}
