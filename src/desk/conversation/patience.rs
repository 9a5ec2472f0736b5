//! Rule 7, UNANSWERED: of each wait, not of the first alone. Patience begins anew with each.
//!
//! | a chat's patience is 15 minutes; given | then |
//! |---|---|
//! | a wait from 9:00 on, at 9:14 | it is open |
//! | the same at 9:15 | it is unanswered |
//! | ended at 9:15, by a reply, RESOLVED or LET_GO | it was in time |
//! | ended at 9:16 | it was unanswered, for good |
//! | the customer asks again at 9:20 | patience begins at 9:20 |

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::wait::Wait;
use crate::config::rules::Span;
use crate::model::Millis;

/// Waits of one case that are remembered one by one; all are counted.
const REMEMBERED: usize = 64;

/// A wait whose customer lost patience.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overdue {
    /// Its first message.
    pub first: SmolStr,
    /// When patience had run out.
    pub since: Millis,
    /// When the wait ended, if it has.
    pub ended: Option<Millis>,
}

impl Overdue {
    /// Of a wait that is open, or ended after that; if it ended by then, none.
    pub fn of(wait: &Wait, patience: Span) -> Option<Self> {
        let since = wait.patience_ends(patience);
        let in_time = wait.praise || wait.closed.is_some_and(|closed| closed <= since);
        (!in_time).then(|| Self {
            first: wait.first.id.clone(),
            since,
            ended: wait.closed,
        })
    }

    /// Whether this is the same wait's.
    pub fn is(&self, other: &Self) -> bool {
        (&self.first, self.since) == (&other.first, other.since)
    }

    /// Whether at `t` the wait was open, and past patience.
    pub fn holds(&self, t: Millis) -> bool {
        self.since <= t && self.ended.is_none_or(|ended| t < ended)
    }
}

/// The waits of a case that ended after patience had run out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Unanswered {
    count: u32,
    /// The latest of them, the earliest first.
    latest: SmallVec<[Overdue; 0]>,
}

impl Unanswered {
    /// A wait is over.
    pub fn closed(&mut self, wait: &Wait, patience: Span) {
        if let Some(overdue) = Overdue::of(wait, patience) {
            if self.latest.len() == REMEMBERED {
                self.latest.remove(0);
            }
            self.latest.push(overdue);
            self.count += 1;
        }
    }

    /// How many of them had run out of patience by `now`: what facts tell of later is not told before its time
    /// (rule 6). Of those that are not remembered, all.
    pub fn by(&self, now: Millis) -> u32 {
        let later = self.latest.iter().filter(|overdue| overdue.since > now);
        self.count - later.count() as u32
    }

    /// Those that are remembered.
    pub fn iter(&self) -> impl Iterator<Item = &Overdue> {
        self.latest.iter()
    }

    /// The ids of their first messages.
    pub fn ids_mut(&mut self) -> impl Iterator<Item = &mut SmolStr> {
        self.latest.iter_mut().map(|overdue| &mut overdue.first)
    }
}

/// What a case's waits come to by a time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patience {
    /// The waits that had run out of patience, the open one too.
    pub unanswered_waits: u32,
    /// The same one by one, as far as they are remembered.
    pub overdue: SmallVec<[Overdue; 0]>,
    /// Whether the open wait is among them.
    pub is_lost: bool,
    /// When the next one is.
    pub due: Option<Millis>,
}

impl Patience {
    /// Of the waits that are over, and the open one.
    pub fn of(over: &Unanswered, open: Option<&Wait>, patience: Span, now: Millis) -> Self {
        let open = open.and_then(|wait| Overdue::of(wait, patience));
        let is_lost = open.as_ref().is_some_and(|open| open.since <= now);
        let all = || over.iter().chain(&open);
        Self {
            unanswered_waits: over.by(now) + u32::from(is_lost),
            overdue: all().filter(|overdue| overdue.since <= now).cloned().collect(),
            is_lost,
            due: all()
                .map(|overdue| overdue.since)
                .filter(|since| *since > now)
                .min(),
        }
    }

    /// Whether this one was told of before, and is not remembered any more.
    pub fn gave_way(&self, overdue: &Overdue) -> bool {
        let first = self.overdue.first().map(|first| first.since);
        self.unanswered_waits as usize > self.overdue.len()
            && first.is_some_and(|first| overdue.since < first)
    }
}

#[cfg(test)]
mod tests {
    use super::{Patience, REMEMBERED, Unanswered};
    use crate::config::rules::Span;
    use crate::desk::conversation::fold::Mark;
    use crate::desk::conversation::wait::Wait;
    use crate::model::Millis;

    const PATIENCE: Span = Span::minutes(15);

    fn minute(minute: i64) -> Millis {
        Millis(minute * 60_000)
    }

    fn wait(from: i64, to: Option<i64>) -> Wait {
        let first = Mark {
            at: minute(from),
            id: format!("c{from}").into(),
        };
        Wait {
            closed: to.map(minute),
            ..Wait::begin(first, false)
        }
    }

    #[test]
    fn patience_of_each_wait() {
        type Waits = &'static [(i64, Option<i64>)];
        //   waits (from, to)                   at   unanswered  now    changes at
        let table: [(Waits, i64, u32, bool, Option<i64>); 9] = [
            (&[(0, None)], 14, 0, false, Some(15)),
            (&[(0, None)], 15, 1, true, None),
            (&[(0, Some(15))], 99, 0, false, None),
            (&[(0, Some(16))], 99, 1, false, None),
            (&[(0, Some(16))], 10, 0, false, Some(15)), // a drain's clock has not come there yet
            (&[(0, Some(10)), (20, None)], 34, 0, false, Some(35)),
            (&[(0, Some(10)), (20, None)], 35, 1, true, None),
            (&[(0, Some(50)), (60, None)], 60, 1, false, Some(75)),
            (&[(0, Some(50)), (60, None)], 75, 2, true, None),
        ];
        for (waits, now, unanswered, lost, due) in table {
            let mut over = Unanswered::default();
            let waits: Vec<_> = waits.iter().map(|(from, to)| wait(*from, *to)).collect();
            let (open, closed): (Vec<_>, Vec<_>) = waits.iter().partition(|wait| wait.closed.is_none());
            closed.iter().for_each(|wait| over.closed(wait, PATIENCE));
            let patience = Patience::of(&over, open.first().copied(), PATIENCE, minute(now));
            assert_eq!(
                (patience.unanswered_waits, patience.is_lost, patience.due),
                (unanswered, lost, due.map(minute)),
                "{waits:?} at {now}"
            );
        }
    }

    #[test]
    fn all_are_counted_and_the_latest_remembered() {
        let mut over = Unanswered::default();
        for n in 0..100 {
            over.closed(&wait(n * 100, Some(n * 100 + 50)), PATIENCE);
        }
        let patience = Patience::of(&over, None, PATIENCE, minute(10_000));
        assert_eq!(
            (patience.unanswered_waits, patience.overdue.len()),
            (100, REMEMBERED)
        );
        let first = over.iter().next().expect("there are some").clone();
        assert!(!patience.gave_way(&first));
        assert!(patience.gave_way(&super::Overdue {
            since: minute(15),
            ..first
        }));
    }
}
