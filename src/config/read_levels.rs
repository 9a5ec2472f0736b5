//! Reads service levels (rule 5): those of all channels, of one channel, and agreements about them with
//! customers of a tier, or from a day on.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use toml::de::DeValue;

use super::duration;
use super::read_calendars::{CLOCK_TIME, Calendars};
use super::rules::{Agreement, LevelSet, Levels, Span};
use super::section::Section;
use super::value::{FromToml, ToToml};
use crate::calendar::Zone;
use crate::model::Millis;

/// The service levels: key, an example, and what each means.
const LEVELS: [(&str, &str, &str); 4] = [
    (
        "acknowledge",
        "\"10m\"",
        "From the case's opening to the first company message that the customer sees.",
    ),
    (
        "answer",
        "\"1h\"",
        "From the case's opening to the first human reply.",
    ),
    (
        "next",
        "\"4h\"",
        "From the first message of each wait to its reply.",
    ),
    (
        "resolve",
        "\"72h\"",
        "From the case's opening to its resolution; frozen time is not counted.",
    ),
];

const CALENDAR: &str = "In whose time levels are counted: the name of a calendar, or \"none\" for clock time. In \
                        business time write levels in hours and minutes.";

const AGREEMENTS: &str = "Agreements: levels with the customers of a tier, from a day on, or both; as many as there \
                          are. What one does not mention is as in the table it belongs to. Of the agreements with \
                          the customer's tier, the latest holds that was valid when the clock began; if there is \
                          none, the latest without a tier; else the table itself. A channel may have its own, \
                          [[channels.NAME.agreements]]; then these here do not hold in it, nor if it sets any level.";

/// A level as it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Level {
    span: Span,
    /// Whether in days or weeks, which business time does not have.
    in_days: bool,
}

/// A level that can be switched off.
impl FromToml for Option<Level> {
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        let text = value.as_str()?;
        let in_days = text.contains(['d', 'w']);
        let span = Option::<Span>::from_toml(value)?;
        Some(span.map(|span| Level { span, in_days }))
    }

    fn allowed() -> String {
        Option::<Span>::allowed()
    }

    fn objection(text: &str) -> Option<&'static str> {
        Option::<Span>::objection(text)
    }
}

impl ToToml for Option<Level> {
    fn to_toml(&self) -> String {
        self.map(|level| level.span).to_toml()
    }
}

/// What a table says of levels, and what others say where it does not.
#[derive(Clone, Debug)]
struct Table {
    levels: [Option<Level>; 4],
    calendar: String,
}

/// What holds in channels without levels of their own.
pub(super) struct General {
    table: Table,
    levels: Levels,
}

/// Reads the table of all channels' levels.
pub(super) fn general(top: &mut Section<'_>, calendars: &Calendars) -> General {
    let mut section = top.table(
        "levels",
        "Service levels of every channel that does not set its own: durations, or \"none\". By default there \
         are none.",
    );
    let levels = LEVELS.map(|(key, _, about)| section.setting(key, None, about));
    let calendar = section.setting("calendar", CLOCK_TIME.to_owned(), CALENDAR);
    let table = Table { levels, calendar };
    let usual = table.judged(&section, calendars);
    let agreements = agreements(&mut section, &table, calendars, AGREEMENTS);
    let levels = levels_of(usual, agreements);
    section.finish();
    General { table, levels }
}

/// Reads the levels in a channel's table; those it does not mention are as in the general one.
pub(super) fn of_channel(section: &mut Section<'_>, general: &General, calendars: &Calendars) -> Levels {
    let table = Table::like("[levels]", section, &general.table);
    let own = LEVELS.iter().any(|(key, ..)| section.has(key)) || section.has("calendar");
    if section.is_noting() || !(own || section.has("agreements")) {
        return general.levels.clone();
    }
    let usual = table.judged(section, calendars);
    let agreements = agreements(section, &table, calendars, "");
    levels_of(usual, agreements)
}

fn levels_of(usual: LevelSet, agreements: Vec<Agreement>) -> Levels {
    // One that repeats another is told of where it stands.
    Levels::with(usual.clone(), agreements).unwrap_or_else(|_| Levels::of(usual))
}

fn agreements(
    section: &mut Section<'_>,
    table: &Table,
    calendars: &Calendars,
    about: &str,
) -> Vec<Agreement> {
    let mut all: Vec<Agreement> = Vec::new();
    for section in section.tables("agreements", about) {
        if section.is_noting() {
            read_agreement(section, table, calendars, &all);
            return Vec::new();
        }
        all.push(read_agreement(section, table, calendars, &all));
    }
    all
}

fn read_agreement(
    mut section: Section<'_>,
    general: &Table,
    calendars: &Calendars,
    earlier: &[Agreement],
) -> Agreement {
    let tier: Option<String> = section.optional(
        "tier",
        "\"gold\"",
        "Whom it is with: the tier that the CRM's customer record says. Without one, with everybody.",
    );
    let valid_from: Option<ValidFrom> = section.optional(
        "valid_from",
        "\"2026-01-01\"",
        "The clocks that begin then or later are judged by it, earlier ones are not: a change never rewrites the \
         past. A date begins at midnight in the zone of its calendar; without one, in UTC.",
    );
    let table = Table::like("[levels]", &mut section, general);
    let set = table.judged(&section, calendars);
    let utc = Zone::utc();
    let zone = set.calendar.as_deref().map_or(&utc, |calendar| calendar.zone());
    let agreed = Agreement {
        // As tiers are compared.
        tier: tier.map(|tier| tier.trim().to_ascii_lowercase().into()),
        valid_from: valid_from.map_or(Millis(i64::MIN), |from| from.begin(zone)),
        set,
    };
    if !section.is_noting() {
        judge_agreement(&section, &agreed, earlier);
    }
    section.finish();
    agreed
}

fn judge_agreement(section: &Section<'_>, agreed: &Agreement, earlier: &[Agreement]) {
    let path = section.path();
    let any = |keys: &[&str]| keys.iter().any(|key| section.has(key));
    if !any(&["tier", "valid_from"]) {
        let what = format!(
            "{path} has neither tier nor valid_from, so it says what holds always. Say that in the table it \
             belongs to, without an agreement."
        );
        section.problem("", what);
    } else if earlier
        .iter()
        .any(|other| (&other.tier, other.valid_from) == (&agreed.tier, agreed.valid_from))
    {
        let what = format!(
            "{path} has the tier and the valid_from of an earlier one: which of them should hold? Make one of \
             both, or let them begin on different days."
        );
        section.problem("", what);
    }
    if !any(&LEVELS.map(|(key, ..)| key)) && !any(&["calendar"]) {
        let what =
            format!("{path} agrees on nothing. Set a level, such as answer = \"1h\", or leave it out.");
        section.problem("", what);
    }
    if agreed.tier.as_ref().is_some_and(|tier| tier.trim().is_empty()) {
        let what = format!(
            "{} must not be empty. Leave it out for everybody.",
            section.path_of("tier")
        );
        section.problem("tier", what);
    }
}

impl Table {
    /// Reads the levels of a table; what it does not mention is as in `general`.
    fn like(of: &'static str, section: &mut Section<'_>, general: &Self) -> Self {
        let mut otherwise = general.levels.into_iter();
        let levels = LEVELS
            .map(|(key, example, about)| section.like(of, key, otherwise.next().flatten(), example, about));
        let calendar = section.like(of, "calendar", general.calendar.clone(), "\"service\"", CALENDAR);
        Self { levels, calendar }
    }

    /// The levels, once they fit their calendar.
    fn judged(&self, section: &Section<'_>, calendars: &Calendars) -> LevelSet {
        let calendar = calendars.named(section, "calendar", &self.calendar);
        if calendar.is_some() {
            let in_days = LEVELS.iter().zip(self.levels);
            for (key, level) in in_days.filter_map(|((key, ..), level)| Some((key, level?))) {
                // What the general table says is told there.
                if level.in_days && (section.has(key) || section.has("calendar")) {
                    let written = duration::show(level.span);
                    let what = format!(
                        "{} is \"{written}\" in business time of \"{}\", where a day has no fixed length. Write \
                         how many hours it should be open, such as \"16h\".",
                        section.path_of(key),
                        self.calendar
                    );
                    section.problem(key, what);
                }
            }
        }
        let [acknowledge, answer, next, resolve] = self.levels.map(|level| level.map(|level| level.span));
        LevelSet {
            acknowledge,
            answer,
            next,
            resolve,
            calendar,
        }
    }
}

/// From when on something holds: a day, or a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
enum ValidFrom {
    Day(Date),
    Moment(Millis),
}

impl ValidFrom {
    fn begin(self, zone: &Zone) -> Millis {
        match self {
            Self::Day(date) => zone
                .first_showing(date.to_datetime(Time::midnight()))
                .unwrap_or(Millis(i64::MAX)),
            Self::Moment(at) => at,
        }
    }
}

impl FromToml for ValidFrom {
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        let text = match value {
            DeValue::Datetime(datetime) => datetime.to_string(),
            other => other.as_str()?.to_owned(),
        };
        if text.len() == "2026-01-01".len() {
            return text.parse().ok().map(Self::Day);
        }
        let moment: Timestamp = text.parse().ok()?;
        Some(Self::Moment(Millis(moment.as_millisecond())))
    }

    fn allowed() -> String {
        "a date such as \"2026-01-01\", or a moment such as \"2026-01-01T00:00:00+02:00\"".into()
    }
}
