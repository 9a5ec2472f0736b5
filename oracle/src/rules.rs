//! The rules that the model works by, as plain data. `heard` gets the same ones as a configuration,
//! [`RULES`](crate::RULES); where the two differ, so do the journeys of tests/model.

use heard::model::{Millis, Stage};

pub const MS: i64 = 1;
pub const SECOND: i64 = 1000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// The moment on which journeys begin if they do not begin on another.
pub const BEGIN: Millis = Millis(1_700_000_000_000);

/// The Friday evenings before clocks go back in Europe, and before they go forward.
pub const BEFORE_CLOCKS_CHANGE: [Millis; 2] = [Millis(1_698_422_400_000), Millis(1_711_728_000_000)];

/// For how long it is remembered who was forgotten, milliseconds.
pub const LATENESS: i64 = 30 * DAY;

/// Rule 3: by how much two clocks may differ.
pub const SKEW: i64 = 5 * MINUTE;

/// Rule 23: nothing happened before that: 2000-01-01T00:00:00Z.
pub const OLDEST: Millis = Millis(946_684_800_000);

/// From when on a detractor is worth asking (rule 20): what they are worth, and how many people see their case.
pub const PANEL_VALUE: f64 = 1000.0;
pub const PANEL_AUDIENCE: f64 = 10.0;

/// When somebody is there, as a person writes it down. The desk and the model read it each in their own way.
#[derive(Debug)]
pub struct Office {
    pub zone: &'static str,
    /// Days of the week, and periods; one that ends before it begins goes on into the next day.
    pub open: &'static [&'static str],
    /// Days of one year or of every year, and what is open on them instead.
    pub holidays: &'static [&'static str],
}

/// Several periods a day; a night that ends in the hour in which clocks are set; days of all kinds on which it is otherwise.
pub static OFFICE: Office = Office {
    zone: "Europe/Berlin",
    open: &["mon-fri 08:00-12:00 13:00-17:30", "sat 10:00-13:00 22:00-02:30"],
    holidays: &[
        "2023-10-31",
        "11-01 10:00-12:00",
        "2023-11-15 22:00-02:30",
        "12-25",
        "2024-03-29",
        "2024-03-31 02:30-04:00 20:00-22:00",
    ],
};

/// Somebody is there at all times but a short break; clocks are set by half an hour.
pub static NIGHT_AND_DAY: Office = Office {
    zone: "Australia/Lord_Howe",
    open: &["mon-sun 00:00-01:45 02:15-24:00"],
    holidays: &[],
};

/// One channel.
#[derive(Clone, Copy, Debug)]
pub struct Channel {
    pub name: &'static str,
    pub stage: Stage,
    /// Rule 7, milliseconds.
    pub patience: i64,
    /// Rule 8.
    pub reply_limit: Option<u32>,
    /// The kinds of identifier that name an author here.
    pub author_kinds: &'static [&'static str],
    /// Rule 18, milliseconds.
    pub follow_up: i64,
    /// Rule 3: whether answers are spoken.
    pub spoken: bool,
    /// What holds for everybody first, then what was agreed.
    pub levels: &'static [Agreed],
}

/// Levels with the customers of a tier, for clocks that begin at `valid_from` or later; milliseconds, of the
/// clock's time or of an office's.
#[derive(Clone, Copy, Debug)]
pub struct Agreed {
    pub tier: Option<&'static str>,
    pub valid_from: i64,
    pub acknowledge: Option<i64>,
    pub answer: Option<i64>,
    pub next: Option<i64>,
    pub resolve: Option<i64>,
    pub office: Option<&'static Office>,
}

const NO_LEVELS: Agreed = Agreed {
    tier: None,
    valid_from: i64::MIN,
    acknowledge: None,
    answer: None,
    next: None,
    resolve: None,
    office: None,
};

const USUAL: Agreed = Agreed {
    acknowledge: Some(HOUR),
    answer: Some(2 * HOUR),
    next: Some(4 * HOUR),
    resolve: Some(3 * DAY),
    ..NO_LEVELS
};

/// Three agreements, one of which begins an hour into the journey.
const IN_PRIVATE: &[Agreed] = &[
    USUAL,
    Agreed {
        tier: Some("gold"),
        acknowledge: None,
        answer: Some(30 * MINUTE),
        next: Some(HOUR),
        ..USUAL
    },
    Agreed {
        tier: Some("gold"),
        valid_from: BEGIN.0 + HOUR,
        answer: Some(10 * MINUTE),
        next: None,
        resolve: Some(DAY),
        ..USUAL
    },
    Agreed {
        valid_from: BEGIN.0 + 2 * DAY,
        answer: Some(HOUR),
        next: Some(2 * HOUR),
        ..USUAL
    },
];

/// A whole week and more of the office's time to resolve.
const WHILE_OPEN: Agreed = Agreed {
    resolve: Some(100 * HOUR),
    office: Some(&OFFICE),
    ..USUAL
};

/// In the time of an office; for some of the clock, or of another; and from a day on for others, too.
const IN_OFFICE: &[Agreed] = &[
    WHILE_OPEN,
    Agreed {
        tier: Some("gold"),
        acknowledge: Some(15 * MINUTE),
        resolve: Some(DAY),
        office: Some(&NIGHT_AND_DAY),
        ..USUAL
    },
    Agreed {
        tier: Some("silver"),
        ..USUAL
    },
    Agreed {
        tier: Some("silver"),
        valid_from: BEGIN.0 + HOUR,
        answer: Some(10 * MINUTE),
        ..WHILE_OPEN
    },
    Agreed {
        valid_from: BEGIN.0 + DAY,
        resolve: Some(10 * HOUR),
        ..WHILE_OPEN
    },
];

const IN_PUBLIC: &[Agreed] = &[
    USUAL,
    Agreed {
        tier: Some("silver"),
        valid_from: BEGIN.0,
        next: Some(MINUTE),
        ..USUAL
    },
];

/// The channels that are built in, with limits and levels of all kinds.
pub const CHANNELS: [Channel; 8] = {
    use Stage::{Offstage, Onstage};
    const fn private(
        name: &'static str,
        patience: i64,
        author_kinds: &'static [&'static str],
        levels: &'static [Agreed],
    ) -> Channel {
        let (stage, reply_limit, follow_up) = (Offstage, None, 3 * DAY);
        let spoken = is_phone(name);
        Channel {
            name,
            stage,
            patience,
            reply_limit,
            author_kinds,
            follow_up,
            spoken,
            levels,
        }
    }
    const fn public(name: &'static str, patience: i64, limit: u32, levels: &'static [Agreed]) -> Channel {
        let (stage, reply_limit, follow_up) = (Onstage, Some(limit), 3 * DAY);
        let spoken = false;
        Channel {
            name,
            stage,
            patience,
            reply_limit,
            author_kinds: &["handle"],
            follow_up,
            spoken,
            levels,
        }
    }
    [
        private("phone", HOUR, &["phone"], IN_PRIVATE),
        private("email", 48 * HOUR, &["email"], IN_PRIVATE),
        private("chat", 15 * MINUTE, &["device"], &[NO_LEVELS]),
        private("direct", 4 * HOUR, &["handle"], &[WHILE_OPEN]),
        private("messaging", 4 * HOUR, &["phone", "handle"], IN_OFFICE),
        public("social", 24 * HOUR, 2, IN_PUBLIC),
        public("review", 7 * DAY, 1, &[NO_LEVELS]),
        public("forum", 72 * HOUR, 3, IN_PUBLIC),
    ]
};

const fn is_phone(name: &str) -> bool {
    matches!(name.as_bytes(), b"phone")
}

/// The rules of a channel.
pub fn channel(name: &str) -> &'static Channel {
    let mut channels = CHANNELS.iter();
    channels
        .find(|channel| channel.name == name)
        .expect("journeys are in these channels")
}
