//! Deadlines as a service manager would count them, and against a count minute by minute.

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use proptest::prelude::*;

use super::{Calendar, Holidays, NeverOpen, Week, Zone};
use crate::model::Millis;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn calendar(zone: &str, week: &[&str], holidays: &[&str]) -> Calendar {
    let holidays = holidays.iter().map(|text| text.parse().expect("a holiday"));
    Calendar::new(
        Zone::named(zone).expect("it is built in"),
        Week::parse(week.iter().copied()).expect("a week"),
        Holidays::new(holidays).expect("all differ"),
    )
    .expect("it opens")
}

fn at(time: &str) -> Millis {
    let time: Timestamp = time.parse().expect("a time");
    Millis(time.as_millisecond())
}

const OFFICE: &[&str] = &["mon-fri 09:00-17:00"];
const NIGHT: &[&str] = &["mon-sun 22:00-06:00"];
const ALWAYS: &[&str] = &["mon-sun 00:00-24:00"];

#[test]
fn deadlines_in_business_time() {
    let berlin = |week, holidays: &[&str]| calendar("Europe/Berlin", week, holidays);
    let plain = berlin(OFFICE, &[]);
    let christmas = berlin(OFFICE, &["2026-12-24 09:00-12:00", "12-25", "12-26"]);
    let night = berlin(NIGHT, &[]);
    let always = berlin(ALWAYS, &[]);
    let new_york = calendar("America/New_York", NIGHT, &[]);
    let tehran = calendar("Asia/Tehran", &["sat-wed 08:00-16:00"], &[]);
    let kolkata = calendar("Asia/Kolkata", OFFICE, &[]);
    let adelaide = calendar("Australia/Adelaide", NIGHT, &[]);
    let lord_howe = calendar("Australia/Lord_Howe", ALWAYS, &[]);
    //   given                      heard at                   minutes  then it is due at
    for (calendar, start, minutes, due) in [
        (&plain, "2026-11-20T15:00+01:00", 60, "2026-11-20T16:00+01:00"),
        (&plain, "2026-11-20T16:30+01:00", 60, "2026-11-23T09:30+01:00"), // over the weekend
        (&plain, "2026-11-20T16:00+01:00", 60, "2026-11-20T17:00+01:00"), // at the close, not at the opening
        (&plain, "2026-11-21T12:00+01:00", 1, "2026-11-23T09:01+01:00"),
        (&plain, "2026-11-20T15:00+01:00", 0, "2026-11-20T15:00+01:00"),
        (
            &plain,
            "2026-11-20T09:00+01:00",
            40 * 60,
            "2026-11-26T17:00+01:00",
        ),
        (
            &plain,
            "2026-01-05T09:00+01:00",
            52 * 40 * 60,
            "2027-01-01T17:00+01:00",
        ), // a year of 52 weeks
        (
            &plain,
            "2020-01-06T09:00+01:00",
            520 * 40 * 60,
            "2029-12-21T17:00+01:00",
        ),
        (
            &christmas,
            "2026-12-23T16:00+01:00",
            300,
            "2026-12-28T10:00+01:00",
        ),
        (
            &christmas,
            "2027-12-23T16:00+01:00",
            300,
            "2027-12-24T13:00+01:00",
        ), // the 24th is special in 2026 only
        // Clocks go forward, and back.
        (&night, "2026-03-28T22:00+01:00", 7 * 60, "2026-03-29T06:00+02:00"),
        (
            &night,
            "2026-03-28T22:00+01:00",
            7 * 60 + 1,
            "2026-03-29T22:01+02:00",
        ),
        (&night, "2026-10-24T22:00+02:00", 9 * 60, "2026-10-25T06:00+01:00"),
        (
            &night,
            "2026-10-24T22:00+02:00",
            9 * 60 + 1,
            "2026-10-25T22:01+01:00",
        ),
        (
            &always,
            "2026-03-28T12:00+01:00",
            24 * 60,
            "2026-03-29T13:00+02:00",
        ),
        (
            &always,
            "2026-10-24T12:00+02:00",
            24 * 60,
            "2026-10-25T11:00+01:00",
        ),
        (
            &new_york,
            "2026-03-07T22:00-05:00",
            7 * 60,
            "2026-03-08T06:00-04:00",
        ),
        (
            &new_york,
            "2026-10-31T22:00-04:00",
            9 * 60,
            "2026-11-01T06:00-05:00",
        ),
        // Iran set its clocks forward at midnight until 2022, and not since.
        (&tehran, "2021-03-21T15:30+03:30", 60, "2021-03-22T08:30+04:30"),
        (&tehran, "2022-09-21T15:30+04:30", 60, "2022-09-24T08:30+03:30"),
        (&tehran, "2023-03-21T15:30+03:30", 60, "2023-03-22T08:30+03:30"),
        // Half hours.
        (&kolkata, "2026-11-20T16:30+05:30", 60, "2026-11-23T09:30+05:30"),
        (
            &adelaide,
            "2026-10-03T22:00+09:30",
            7 * 60,
            "2026-10-04T06:00+10:30",
        ),
        (
            &adelaide,
            "2026-04-04T22:00+10:30",
            9 * 60,
            "2026-04-05T06:00+09:30",
        ),
        (
            &lord_howe,
            "2026-10-03T12:00+10:30",
            24 * 60,
            "2026-10-04T12:30+11:00",
        ),
        (
            &lord_howe,
            "2026-04-04T12:00+11:00",
            24 * 60,
            "2026-04-05T11:30+10:30",
        ),
    ] {
        let found = calendar.add(at(start), minutes * MINUTE);
        assert_eq!(
            found,
            at(due),
            "{minutes} minutes after {start}: {:?}",
            Timestamp::from_millisecond(found.0)
        );
    }
}

#[test]
fn a_period_within_the_hour_that_comes_twice_is_open_once() {
    let calendar = calendar("Europe/Berlin", &["sun 01:00-02:30 02:30-03:00"], &[]);
    let (from, to) = (at("2026-10-25T00:00+02:00"), at("2026-10-25T12:00+01:00"));
    assert_eq!(calendar.between(from, to), 3 * HOUR);
    // And what is left out opens nothing.
    let (from, to) = (at("2026-03-29T00:00+01:00"), at("2026-03-29T12:00+02:00"));
    assert_eq!(calendar.between(from, to), HOUR);
}

#[test]
fn a_shift_that_began_before_a_holiday_is_worked_to_its_end() {
    let calendar = calendar("Europe/Berlin", NIGHT, &["2026-12-25", "2026-12-26 04:00-08:00"]);
    let (from, to) = (at("2026-12-24T12:00+01:00"), at("2026-12-27T12:00+01:00"));
    // From the 24th to the 25th, the special hours of the 26th, and no other night.
    assert_eq!(calendar.between(from, to), 12 * HOUR);
}

#[test]
fn special_hours_that_reach_into_the_next_day_count_once() {
    let calendar = calendar("UTC", &["mon-sun 00:00-24:00"], &["2026-06-10 12:00-11:00"]);
    let (from, to) = (at("2026-06-10T00:00Z"), at("2026-06-12T00:00Z"));
    assert_eq!(calendar.between(from, to), 36 * HOUR);
}

#[test]
fn a_calendar_that_never_opens_is_none() {
    let zone = || Zone::utc();
    let never = Calendar::new(zone(), Week::default(), Holidays::default());
    assert_eq!(never, Err(NeverOpen));
    // Open on 29 February only, and that is a holiday, like all others.
    let week = Week::parse(["mon-sun 09:00-17:00"]).expect("a week");
    let every_day = (1..=12).flat_map(|month| (1..=31).map(move |day| format!("{month:02}-{day:02}")));
    let holidays: Vec<_> = every_day.filter_map(|day| day.parse().ok()).collect();
    assert_eq!(holidays.len(), 366);
    let holidays = Holidays::new(holidays).expect("all differ");
    assert_eq!(Calendar::new(zone(), week, holidays), Err(NeverOpen));
}

#[test]
fn the_ends_of_time_do_not_overflow() {
    let calendar = calendar("Europe/Berlin", OFFICE, &["12-25"]);
    let last = Millis(i64::MAX);
    assert_eq!(calendar.add(last, 1), last);
    assert_eq!(calendar.add(at("2026-11-20T15:00Z"), i64::MAX), last);
    assert_eq!(calendar.between(last, Millis(0)), 0);
    assert_eq!(calendar.between(Millis(i64::MIN), last), 0);
    // A hundred years or a hundred centuries: weeks that are alike are passed at once.
    let open = calendar.between(Millis(0), at("9999-01-01T00:00Z"));
    assert!(open > 8000 * 50 * 40 * HOUR, "{open}");
}

const ZONES: [&str; 8] = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Tehran",
    "Asia/Kolkata",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "UTC",
];

const WEEKS: [&[&str]; 6] = [
    OFFICE,
    NIGHT,
    ALWAYS,
    &[
        "mon-thu 08:00-12:00 13:00-17:30",
        "fri 08:00-13:00",
        "sat 23:00-03:00",
    ],
    &["sun-thu 00:30-02:15 02:15-02:45 20:00-24:00", "fri 02:00-03:00"],
    &["wed 02:00-02:01", "sun 02:30-02:31"],
];

const HOLIDAYS: [&[&str]; 3] = [
    &[],
    &["12-25", "01-01", "2025-12-24 09:00-12:00"],
    &["03-29 01:00-05:00", "10-25", "2021-03-22", "04-05 02:00-01:00"],
];

/// Minutes between two times that are open, counted one by one, in a way of its own: from what the
/// wall clock of each minute shows, or has shown before.
fn counted(calendar: &Calendar, zone: &str, start: Millis, end: Millis) -> i64 {
    let zone = jiff::tz::TimeZoneDatabase::bundled().get(zone).expect("built in");
    let shown = |minute: i64| {
        let time = Timestamp::from_millisecond(minute * MINUTE).expect("a time");
        zone.to_offset(time).to_datetime(time)
    };
    let (first, last) = (start.0 / MINUTE, end.0 / MINUTE);
    // What the clock has shown before counts as passed, though it shows less now.
    let mut latest = (first - 26 * 60..first).map(shown).max().expect("some minutes");
    let mut open = 0;
    for minute in first..last {
        latest = latest.max(shown(minute));
        open += i64::from(is_open(calendar, latest));
    }
    open * MINUTE
}

fn is_open(calendar: &Calendar, shown: DateTime) -> bool {
    [shown.date(), shown.date().yesterday().expect("a date")]
        .into_iter()
        .any(|date| {
            let passed = shown.duration_since(date.to_datetime(Time::midnight())).as_secs() / 60;
            calendar
                .hours_on(date)
                .iter()
                .any(|hours| (i64::from(hours.from())..i64::from(hours.to())).contains(&passed))
        })
}

/// Times that matter: around changes of clocks and holidays, at whole minutes.
fn start() -> impl Strategy<Value = Millis> {
    let near = proptest::sample::select(vec![
        "2026-03-29T01:00Z",
        "2026-10-25T01:00Z",
        "2026-03-08T07:00Z",
        "2026-11-01T06:00Z",
        "2021-03-21T20:30Z",
        "2022-09-21T19:30Z",
        "2026-04-04T16:00Z",
        "2026-10-03T16:00Z",
        "2025-12-24T12:00Z",
        "2015-06-01T00:00Z",
    ]);
    (near, -4 * 24 * 60..4 * 24 * 60_i64).prop_map(|(time, minutes)| at(time).plus(minutes * MINUTE))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn as_many_minutes_as_counting_finds(
        zone in proptest::sample::select(&ZONES[..]),
        week in proptest::sample::select(&WEEKS[..]),
        holidays in proptest::sample::select(&HOLIDAYS[..]),
        start in start(),
        days in 0..40_i64,
        minutes in 0..24 * 60_i64,
    ) {
        let calendar = calendar(zone, week, holidays);
        let end = start.plus((days * 24 * 60 + minutes) * MINUTE);
        prop_assert_eq!(calendar.between(start, end), counted(&calendar, zone, start, end));
    }

    #[test]
    fn what_was_added_has_gone_by(
        zone in proptest::sample::select(&ZONES[..]),
        week in proptest::sample::select(&WEEKS[..]),
        holidays in proptest::sample::select(&HOLIDAYS[..]),
        start in start(),
        jitter in 0..MINUTE,
        ms in 1..3000 * HOUR,
        small in any::<bool>(),
    ) {
        let calendar = calendar(zone, week, holidays);
        let start = start.plus(jitter);
        let ms = if small { ms % (2 * HOUR) + 1 } else { ms };
        let due = calendar.add(start, ms);
        prop_assert_eq!(calendar.between(start, due), ms);
        // And not a moment earlier.
        prop_assert_eq!(calendar.between(start, due.plus(-1)), ms - 1);
        // It makes no difference whether it is added at once or in two steps.
        let half = calendar.add(start, ms / 2);
        prop_assert_eq!(calendar.add(half, ms - ms / 2), due);
    }
}

#[test]
fn a_walk_over_years_is_short() {
    let calendar = calendar("Europe/Berlin", OFFICE, &["12-25"]);
    let start = at("1970-01-05T09:00Z");
    // By single days this would be half a million of them; by minutes, hours of work.
    for year in 1..=30 {
        let end = start.plus(year * 365 * 24 * HOUR);
        let open = calendar.between(start, end);
        assert_eq!(calendar.between(start, calendar.add(start, open)), open);
    }
}
