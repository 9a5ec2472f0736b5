//! Service levels (rule 5): how soon a case is acknowledged, answered, answered again and resolved; of
//! whom, since when, and in which time.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::calendar::Calendar;
use crate::model::Millis;

use super::{Share, Span};

/// How soon, in one kind of time; `None`: no such clock runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LevelSet {
    /// From the case's opening to the first company message the customer sees.
    pub acknowledge: Option<Span>,
    /// From the case's opening to the first human reply.
    pub answer: Option<Span>,
    /// From the first message of each wait to its reply.
    pub next: Option<Span>,
    /// From the case's opening to its resolution, time frozen by PENDING not counted.
    pub resolve: Option<Span>,
    /// The calendar in whose business time they are; `None`: clock time.
    pub calendar: Option<Arc<Calendar>>,
}

impl LevelSet {
    /// When a clock with this level is over that began at `start`, with `credit` milliseconds of the
    /// level's own time on top.
    pub fn deadline(&self, level: Span, start: Millis, credit: i64) -> Millis {
        self.after(level.ms(), start, credit)
    }

    /// When it is at risk: once the share of its time has gone.
    pub fn at_risk(&self, level: Span, share: Share, start: Millis, credit: i64) -> Millis {
        self.after(share.of(level), start, credit)
    }

    fn after(&self, ms: i64, start: Millis, credit: i64) -> Millis {
        let ms = ms.saturating_add(credit);
        match &self.calendar {
            None => start.plus(ms),
            Some(calendar) => calendar.add(start, ms),
        }
    }

    /// How much of the levels' own time went by: of their calendar, else of the clock. Milliseconds.
    pub fn between(&self, start: Millis, end: Millis) -> i64 {
        match &self.calendar {
            None => end.since(start),
            Some(calendar) => calendar.between(start, end),
        }
    }
}

/// Levels that hold for some cases only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The customers' tier; `None`: all of them.
    pub tier: Option<Box<str>>,
    /// The clocks they hold for begin at this time or later.
    pub valid_from: Millis,
    /// The levels.
    pub set: LevelSet,
}

/// All levels of a channel, for customers of one tier, or of none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// What holds where no agreement does.
    pub usual: LevelSet,
    agreements: Vec<Agreement>,
    tier: Option<Box<str>>,
}

impl Levels {
    /// Levels without agreements.
    pub fn of(usual: LevelSet) -> Self {
        Self {
            usual,
            ..Self::default()
        }
    }

    /// These, with agreements; for customers of no tier.
    ///
    /// # Errors
    /// The index of an agreement with the tier and the `valid_from` of an earlier one.
    pub fn with(usual: LevelSet, agreements: Vec<Agreement>) -> Result<Self, usize> {
        let same = |a: &Agreement, b: &Agreement| a.tier == b.tier && a.valid_from == b.valid_from;
        let repeated = |&index: &usize| {
            let this: &Agreement = &agreements[index];
            agreements[..index].iter().any(|earlier| same(earlier, this))
        };
        match (0..agreements.len()).find(repeated) {
            Some(index) => Err(index),
            None => Ok(Self {
                usual,
                agreements,
                tier: None,
            }),
        }
    }

    /// The same for customers of this tier.
    pub fn for_tier(&self, tier: &str) -> Self {
        Self {
            tier: Some(tier.into()),
            ..self.clone()
        }
    }

    /// The tiers that agreements are with, each once.
    pub fn tiers(&self) -> BTreeSet<&str> {
        let tiers = self.agreements.iter().filter_map(|agreed| agreed.tier.as_deref());
        tiers.collect()
    }

    /// The levels of a clock that began at `start`: the latest agreement with the customer's tier that was
    /// valid by then, else the latest with everybody, else the usual ones. So a change never rewrites the
    /// past.
    pub fn in_force(&self, start: Millis) -> &LevelSet {
        let latest = |tier: Option<&str>| {
            self.agreements
                .iter()
                .filter(|agreed| agreed.tier.as_deref() == tier && agreed.valid_from <= start)
                .max_by_key(|agreed| agreed.valid_from)
        };
        let of_tier = self.tier.as_deref().and_then(|tier| latest(Some(tier)));
        of_tier
            .or_else(|| latest(None))
            .map_or(&self.usual, |agreed| &agreed.set)
    }

    /// Whether any of its sets has this property.
    pub fn any(&self, has: impl Fn(&LevelSet) -> bool) -> bool {
        has(&self.usual) || self.agreements.iter().any(|agreed| has(&agreed.set))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Agreement, LevelSet, Levels};
    use crate::calendar::{Calendar, Holidays, Week, Zone};
    use crate::config::rules::{Share, Span};
    use crate::model::Millis;

    fn hours(answer: u32) -> LevelSet {
        LevelSet {
            answer: Some(Span::hours(answer)),
            ..LevelSet::default()
        }
    }

    fn agreed(tier: Option<&str>, valid_from: i64, answer: u32) -> Agreement {
        Agreement {
            tier: tier.map(Into::into),
            valid_from: Millis(valid_from),
            set: hours(answer),
        }
    }

    #[test]
    fn which_levels_are_in_force() {
        let agreements = vec![
            agreed(Some("gold"), 100, 4),
            agreed(None, 200, 12),
            agreed(Some("gold"), 300, 2),
            agreed(Some("silver"), 300, 8),
        ];
        let levels = Levels::with(hours(24), agreements).expect("all differ");
        //   given the tier     a clock that began at    then hours to answer
        for (tier, start, answer) in [
            (None, 0, 24),
            (Some("gold"), 99, 24),
            (Some("gold"), 100, 4),
            (Some("gold"), 250, 4), // its own comes before what is said of everybody
            (Some("gold"), 300, 2),
            (Some("silver"), 250, 12),
            (Some("silver"), 400, 8),
            (Some("bronze"), 400, 12),
            (None, 199, 24),
            (None, 200, 12),
        ] {
            let levels = tier.map_or(levels.clone(), |tier| levels.for_tier(tier));
            let found = levels.in_force(Millis(start)).answer;
            assert_eq!(found, Some(Span::hours(answer)), "{tier:?} at {start}");
        }
    }

    #[test]
    fn two_agreements_of_one_tier_and_time() {
        let twice = vec![
            agreed(None, 1, 1),
            agreed(Some("gold"), 1, 1),
            agreed(Some("gold"), 1, 2),
        ];
        assert_eq!(Levels::with(LevelSet::default(), twice), Err(2));
    }

    #[test]
    fn deadlines_in_clock_time_and_in_business_time() {
        let week = Week::parse(["mon-sun 08:00-12:00"]).expect("a week");
        let calendar = Calendar::new(Zone::utc(), week, Holidays::default()).expect("it opens");
        let business = LevelSet {
            calendar: Some(Arc::new(calendar)),
            ..LevelSet::default()
        };
        let clock = LevelSet::default();
        let share = Share::new(0.5).expect("a share");
        let at = |hour: i64| Millis(hour * 3_600_000);
        //   given   began at   frozen for   hours  then at risk    and over at
        for (set, start, credit, level, risk, deadline) in [
            (&clock, 11, 0, 2, 12, 13),
            (&clock, 11, 5, 2, 17, 18),
            (&business, 9, 0, 2, 10, 11),
            (&business, 11, 0, 2, 12, 33),
            (&business, 11, 3, 2, 35, 36), // three hours that the office was open
            (&business, 20, 0, 8, 36, 60),
        ] {
            let (start, credit) = (at(start), at(credit).0);
            let level = Span::hours(level);
            let found = (
                set.at_risk(level, share, start, credit),
                set.deadline(level, start, credit),
            );
            assert_eq!(
                found,
                (at(risk), at(deadline)),
                "{level:?} from {start:?} with {credit}"
            );
        }
    }
}
