//! What the course of a case means at a time: answers (rule 3), service levels (5), patience (7).

use heard::model::{AnsweredBy, Millis, SlaState};

use super::course::Course;
use super::spells::{End, Spell};
use crate::rules::{Agreed, DAY};

impl Course {
    /// Rule 3: the earliest human reply; or a BOT's RESOLVED that the customer left uncontested for 24 h.
    /// Decision: a person who replies within these is the answer; at the very end of them it stands.
    pub fn answer(&self, now: Millis) -> Option<(Millis, AnsweredBy)> {
        self.known_answer(now).map(|(at, by, _)| (at, by))
    }

    /// And whether it is known how long it took.
    pub fn known_answer(&self, now: Millis) -> Option<(Millis, AnsweredBy, bool)> {
        let human = self.humans.first();
        let stood = self.bot_solutions.iter().find(|(solution, _)| {
            let end = solution.from.plus(DAY);
            let stood = |until: Option<Millis>| until.is_none_or(|until| end <= until);
            end <= now && stood(solution.to) && stood(human.map(|human| human.at))
        });
        match (stood, human) {
            (Some((bot, skewed)), _) => Some((bot.from, AnsweredBy::Bot, !skewed)),
            (None, human) => human.map(|human| (human.at, AnsweredBy::Human, !human.skewed)),
        }
    }

    /// Whether a bot's RESOLVED may still become the answer.
    fn is_solution_open(&self, now: Millis) -> bool {
        let mut solutions = self.bot_solutions.iter();
        solutions.any(|(solution, _)| solution.to.is_none() && now < solution.from.plus(DAY))
    }

    /// Rule 3: it was RESOLVED without a word to the customer, who had waited.
    pub fn is_closed_silently(&self, now: Millis) -> bool {
        let is_resolved = self.resolved_at().is_some();
        is_resolved && !self.waits.is_empty() && self.answer(now).is_none() && !self.is_solution_open(now)
    }

    /// When the clocks of the case began: with the first message that opens one.
    pub fn clock_start(&self) -> Option<Millis> {
        self.waits.first().map(|wait| wait.from)
    }

    /// Rule 7, UNANSWERED at t: of the wait that is open then, first message + patience <= t.
    pub fn is_unanswered(&self, t: Millis) -> bool {
        self.waits.iter().any(|wait| {
            let is_open = wait.from <= t && wait.end.is_none_or(|(end, _)| t < end);
            is_open && wait.from.plus(self.channel.patience) <= t
        })
    }

    /// How many waits were too long, by now.
    pub fn unanswered_waits(&self, now: Millis) -> u32 {
        let too_long = self.waits.iter().filter(|wait| {
            let over = wait.from.plus(self.channel.patience);
            wait.end.map_or(over <= now, |(end, _)| over < end)
        });
        too_long.count() as u32
    }

    /// Whether any was.
    pub fn was_unanswered(&self, now: Millis) -> bool {
        self.unanswered_waits(now) > 0
    }

    /// Rule 12: a person has answered by then, and nobody waits for longer than patience lasts.
    pub fn is_answered(&self, t: Millis) -> bool {
        self.is_replied(t) && !self.is_unanswered(t)
    }

    pub fn is_replied(&self, t: Millis) -> bool {
        self.humans.first().is_some_and(|human| human.at <= t)
    }

    pub fn is_resolved(&self, t: Millis) -> bool {
        holds(&self.resolved, t)
    }

    pub fn is_let_go(&self, t: Millis) -> bool {
        holds(&self.let_go, t)
    }

    /// The levels of a clock: the latest agreement with the tier that was valid when it began, else the
    /// latest with everybody.
    pub fn levels(&self, tier: Option<&str>, start: Millis) -> &'static Agreed {
        let valid = |tier: Option<&str>| {
            let agreed = self
                .channel
                .levels
                .iter()
                .filter(move |agreed| agreed.valid_from <= start.0);
            agreed
                .filter(move |agreed| agreed.tier == tier)
                .max_by_key(|agreed| agreed.valid_from)
        };
        let tier = tier.map(str::to_lowercase);
        let of_tier = tier.as_deref().and_then(|tier| valid(Some(tier)));
        of_tier
            .or_else(|| valid(None))
            .expect("something holds for everybody")
    }

    /// When its answer was due.
    pub fn answer_deadline(&self, tier: Option<&str>) -> Option<Millis> {
        let start = self.clock_start()?;
        let levels = self.levels(tier, start);
        Some(levels.after(start, levels.answer?))
    }

    /// When the wait that is open began.
    pub fn waiting_since(&self) -> Option<Millis> {
        self.waits
            .last()
            .filter(|wait| wait.end.is_none())
            .map(|wait| wait.from)
    }

    /// Until when the open wait is to be answered: by the level of the next reply, and of the answer if it is the first
    /// wait. Decision: where no level is set, before patience runs out.
    pub fn answer_by(&self, tier: Option<&str>) -> Option<Millis> {
        let start = self.waiting_since()?;
        let levels = self.levels(tier, start);
        let answer = levels.answer.filter(|_| self.waits.len() == 1);
        Some(match answer.into_iter().chain(levels.next).min() {
            Some(level) => levels.after(start, level),
            None => start.plus(self.channel.patience),
        })
    }

    /// When a solution is due: by the level and the time that is credited. Decision: while the clock stands still, as
    /// of when it stopped.
    pub fn resolve_by(&self, tier: Option<&str>) -> Option<Millis> {
        let start = self.clock_start()?;
        let levels = self.levels(tier, start);
        Some(levels.after(start, levels.resolve? + self.credit(levels, start)))
    }

    /// Rule 5. Of the waits, one that was late is enough, and one that runs goes before those that are over.
    pub fn sla(&self, tier: Option<&str>, now: Millis) -> [SlaState; 4] {
        let clocks = self.clocks(tier, now);
        let worst = |level| {
            let states = clocks
                .iter()
                .filter(|clock| clock.of == level)
                .map(|clock| clock.state(now));
            let states: Vec<_> = states.collect();
            let worst_first = [SlaState::Breached, SlaState::Running, SlaState::Met];
            let worst = worst_first.into_iter().find(|state| states.contains(state));
            worst.unwrap_or(SlaState::None)
        };
        [Level::Acknowledge, Level::Answer, Level::Next, Level::Resolve].map(worst)
    }

    /// Rule 11: a clock is at risk, or over. Decision: of the waits, only the open one counts.
    pub fn is_at_risk(&self, tier: Option<&str>, now: Millis) -> bool {
        let clocks = self.clocks(tier, now);
        let mut present = clocks
            .iter()
            .filter(|clock| clock.of != Level::Next || (clock.reached.is_none() && clock.given_up.is_none()));
        present.any(|clock| clock.is_at_risk(now) || clock.state(now) == SlaState::Breached)
    }

    /// The clocks of the case that have a level.
    fn clocks(&self, tier: Option<&str>, now: Millis) -> Vec<Clock> {
        let Some(start) = self.clock_start() else {
            return Vec::new();
        };
        let levels = self.levels(tier, start);
        let let_go = self
            .let_go
            .last()
            .filter(|spell| spell.to.is_none())
            .map(|spell| spell.from);
        let clock = |of, level: Option<i64>, reached| {
            let (credit, frozen) = (0, None);
            level.map(|level| Clock {
                of,
                start,
                levels,
                level,
                reached,
                given_up: let_go,
                credit,
                frozen,
            })
        };
        let resolve = clock(Level::Resolve, levels.resolve, self.resolved_at()).map(|clock| Clock {
            credit: self.credit(levels, start),
            frozen: self
                .pending
                .last()
                .filter(|spell| spell.to.is_none())
                .map(|spell| spell.from),
            ..clock
        });
        let of_case = [
            clock(
                Level::Acknowledge,
                levels.acknowledge,
                self.visible.first().copied(),
            ),
            clock(Level::Answer, levels.answer, self.answer(now).map(|(at, _)| at)),
            resolve,
        ];
        let of_waits = self.waits.iter().filter_map(|wait| {
            let ended = |by_let_go: bool| wait.end.filter(|(_, by)| (*by == End::LetGo) == by_let_go);
            let levels = self.levels(tier, wait.from);
            Some(Clock {
                of: Level::Next,
                start: wait.from,
                levels,
                level: levels.next?,
                reached: ended(false).map(|(at, _)| at),
                given_up: ended(true).map(|(at, _)| at),
                credit: 0,
                frozen: None,
            })
        });
        of_case.into_iter().flatten().chain(of_waits).collect()
    }

    /// The RESOLVED that stands.
    pub fn resolved_at(&self) -> Option<Millis> {
        self.resolved
            .last()
            .filter(|spell| spell.to.is_none())
            .map(|spell| spell.from)
    }

    /// Rule 4: "frozen time is credited", and time from a RESOLVED to what takes it back, in the levels' own time. Decision: a clock that has not begun is not
    /// frozen.
    fn credit(&self, levels: &Agreed, start: Millis) -> i64 {
        let over = self.pending.iter().chain(&self.resolved).filter_map(|spell| {
            let from = spell.from.max(start);
            spell
                .to
                .filter(|to| *to > from)
                .map(|to| levels.between(from, to))
        });
        over.sum()
    }

    /// Rule 4: time that PENDING took and that is over, and that from a RESOLVED to what took it back.
    pub fn frozen(&self) -> i64 {
        let over = self
            .pending
            .iter()
            .chain(&self.resolved)
            .filter_map(|spell| Some(spell.to?.since(spell.from)));
        over.sum()
    }
}

impl Agreed {
    /// When so much of the levels' own time has gone by.
    fn after(&self, start: Millis, ms: i64) -> Millis {
        match self.office {
            None => start.plus(ms),
            Some(office) => office.add(start, ms),
        }
    }

    /// How much of the levels' own time goes by between two moments.
    fn between(&self, start: Millis, end: Millis) -> i64 {
        match self.office {
            None => end.since(start),
            Some(office) => office.between(start, end),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Acknowledge,
    Answer,
    Next,
    Resolve,
}

/// A clock with what has become of it.
#[derive(Clone, Copy)]
struct Clock {
    of: Level,
    start: Millis,
    levels: &'static Agreed,
    level: i64,
    reached: Option<Millis>,
    /// When a person decided to let it go.
    given_up: Option<Millis>,
    /// Time that is not the company's.
    credit: i64,
    /// Since when it stands still.
    frozen: Option<Millis>,
}

impl Clock {
    /// BREACHED if the answer is later than the deadline, or none is there and now is past it. Decision: a
    /// clock that somebody gave up in time is no clock any more.
    fn state(self, now: Millis) -> SlaState {
        let deadline = self.levels.after(self.start, self.level + self.credit);
        match self.reached.or(self.given_up) {
            Some(at) if at > deadline => SlaState::Breached,
            Some(_) if self.reached.is_some() => SlaState::Met,
            Some(_) => SlaState::None,
            None if self.frozen.unwrap_or(now) > deadline => SlaState::Breached,
            None => SlaState::Running,
        }
    }

    /// AT_RISK at 80 %. Decision: not while it stands still.
    fn is_at_risk(self, now: Millis) -> bool {
        let share = self.levels.after(self.start, self.level * 8 / 10 + self.credit);
        self.state(now) == SlaState::Running && self.frozen.is_none() && share <= now
    }
}

/// Whether one of the spells holds at t: its beginning is in it, its end is not.
pub fn holds(spells: &[Spell], t: Millis) -> bool {
    spells
        .iter()
        .any(|spell| spell.from <= t && spell.to.is_none_or(|to| t < to))
}
