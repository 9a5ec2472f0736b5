//! Waits on their way to rule 22: those that began in one hour and are longer than a channel may be deaf, or
//! will be if nobody replies.
//!
//! A case tells its wait when it begins, and takes it back when it is over soon enough. So nobody need look
//! at cases when the time has come: in a drain all is known before time moves.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::baseline::HOUR;
use super::waiting::Waiting;
use super::{Counted, Hour, begin};
use crate::config::rules::{SignalRules, Span};
use crate::model::Millis;

/// How long before a decision a shard has told the tally.
const AHEAD_MS: i64 = super::MINUTE_MS;

/// To a tally: who waits, of those who began in an hour, as a shard knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitsNote {
    /// What it belongs to.
    pub of: Counted,
    /// Which shard.
    pub shard: u8,
    /// In which hour they began.
    pub hour: Hour,
    /// Rises with each note of the hour.
    pub number: u32,
    /// Who waits.
    pub waiting: Arc<Waiting>,
}

/// How long a wait must be, and how long what ends it may be on its way.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How long a channel may be without a reply.
    pub after: Span,
    /// The lateness bound.
    pub lateness: Span,
}

impl Bounds {
    /// The bounds that are set; `None`: deaf channels are not looked for.
    pub fn of(rules: &SignalRules) -> Option<Self> {
        Some(Self {
            after: rules.deaf_after?,
            lateness: rules.lateness,
        })
    }

    /// When it is decided of a wait whether it was too long.
    fn decided_at(self, from: Millis) -> Millis {
        from.plus(self.after.ms()).plus(self.lateness.ms())
    }

    /// When that is decided of all that began in an hour.
    fn over_at(self, hour: Hour) -> Millis {
        self.decided_at(begin((hour + 1) * HOUR))
    }
}

/// What a shard knows of the waits that began in an hour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShardWaits {
    /// What they belong to.
    pub of: Counted,
    shard: u8,
    number: u32,
    waiting: Arc<Waiting>,
    /// It has written to itself to tell the tally.
    pub is_asked: bool,
    /// When to tell the tally what is new.
    pub tell_at: Option<Millis>,
    /// When all are decided and the row is of no more use.
    over_at: Millis,
}

impl ShardWaits {
    /// Waits of an hour of which nothing is known.
    pub fn new(of: Counted, shard: u8, hour: Hour, bounds: Bounds) -> Self {
        Self {
            of,
            shard,
            number: 0,
            waiting: Arc::default(),
            is_asked: false,
            tell_at: None,
            over_at: bounds.over_at(hour),
        }
    }

    /// When the row wants to be woken.
    pub fn due(&self) -> Millis {
        self.tell_at.map_or(self.over_at, |at| at.min(self.over_at))
    }

    /// A wait begins, or is taken back. What comes late is kept for as long as what ends it may come late.
    pub fn add(&mut self, from: Millis, by: i8, now: Millis, bounds: Bounds) {
        Arc::make_mut(&mut self.waiting).add(from, by);
        if self.over_at <= now {
            self.over_at = now.plus(bounds.lateness.ms());
        }
    }

    /// Whether it says nothing, and nothing was said of it.
    pub fn is_nothing(&self) -> bool {
        self.number == 0 && self.waiting.is_empty()
    }

    /// As time goes by, the tally is told shortly before the first is decided; of what is new after that, at
    /// once.
    pub fn schedule(&mut self, hour: Hour, now: Millis, bounds: Bounds) {
        let first = self.waiting.since(hour).next();
        let in_time = first.map(|from| bounds.decided_at(from).plus(-AHEAD_MS));
        self.tell_at = match in_time {
            _ if self.number > 0 => Some(now),
            in_time => in_time.map(|at| at.max(now)),
        };
    }

    /// Whether all is decided.
    pub fn is_over(&self, now: Millis) -> bool {
        self.over_at <= now
    }

    /// The next note to the tally.
    pub fn note(&mut self, hour: Hour) -> WaitsNote {
        self.number += 1;
        self.is_asked = false;
        self.tell_at = None;
        WaitsNote {
            of: self.of.clone(),
            shard: self.shard,
            hour,
            number: self.number,
            waiting: Arc::clone(&self.waiting),
        }
    }
}

/// Waits that began in an hour, at the tally.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenWaits {
    /// Which hour.
    pub hour: Hour,
    /// The latest note of each shard.
    shards: SmallVec<[Part; 1]>,
    /// By when it was decided last.
    decided: Option<Millis>,
    /// Some came late, and a reply may too: nothing is decided before.
    listens_until: Option<Millis>,
    /// When all are decided.
    over_at: Millis,
    /// When there is something to decide.
    pub due: Millis,
}

/// Who waits, as one shard knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Part {
    shard: u8,
    number: u32,
    waiting: Arc<Waiting>,
}

impl OpenWaits {
    /// Waits of an hour of which nothing is known.
    pub fn new(hour: Hour, bounds: Bounds) -> Self {
        Self {
            hour,
            shards: SmallVec::new(),
            decided: None,
            listens_until: None,
            over_at: bounds.over_at(hour),
            due: bounds.over_at(hour),
        }
    }

    /// Takes a shard's note, unless it is older than the one known.
    pub fn take(&mut self, note: &WaitsNote, now: Millis, bounds: Bounds) {
        let known = self.shards.iter().find(|part| part.shard == note.shard);
        if known.is_some_and(|part| part.number >= note.number) {
            return;
        }
        let was_known = |from: &Millis| {
            let before = known.into_iter().flat_map(|part| part.waiting.since(self.hour));
            before
                .take_while(|known| known <= from)
                .any(|known| known == *from)
        };
        let passed = |from: &Millis| {
            let decided = self
                .decided
                .is_some_and(|decided| bounds.decided_at(*from) <= decided);
            decided || bounds.decided_at(*from) <= now
        };
        let mut late = note.waiting.since(self.hour).take_while(passed);
        if let Some(from) = late.find(|from| !was_known(from)) {
            self.listens_until = self.listens_until.max(Some(now.plus(bounds.lateness.ms())));
            let before = bounds.decided_at(from).plus(-1);
            self.decided = self.decided.map(|decided| decided.min(before));
        }
        self.shards.retain(|part| part.shard != note.shard);
        self.shards.push(Part {
            shard: note.shard,
            number: note.number,
            waiting: Arc::clone(&note.waiting),
        });
        self.schedule(bounds);
    }

    /// Decides at `now`: since when they wait who have waited too long, in order. Who was among them before
    /// is among them again.
    pub fn decide(&mut self, now: Millis, bounds: Bounds) -> Vec<Millis> {
        if self.listens_until.is_some_and(|until| now < until) {
            self.schedule(bounds);
            return Vec::new();
        }
        self.listens_until = None;
        let all = self.shards.iter().flat_map(|part| part.waiting.since(self.hour));
        let mut since: Vec<Millis> = all.filter(|from| bounds.decided_at(*from) <= now).collect();
        since.sort_unstable();
        since.dedup();
        self.decided = self.decided.max(Some(now));
        self.schedule(bounds);
        since
    }

    /// Whether all is decided.
    pub fn is_over(&self, now: Millis) -> bool {
        self.over_at <= now && self.listens_until.is_none()
    }

    /// The next who is not decided, else the end.
    fn schedule(&mut self, bounds: Bounds) {
        let is_left = |at: &Millis| self.decided.is_none_or(|decided| decided < *at);
        let first_of = |part: &Part| {
            let mut times = part.waiting.since(self.hour).map(|from| bounds.decided_at(from));
            times.find(is_left)
        };
        let due = self
            .shards
            .iter()
            .filter_map(first_of)
            .min()
            .unwrap_or(self.over_at);
        self.due = self.listens_until.map_or(due, |until| until.max(due));
    }
}
