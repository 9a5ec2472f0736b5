//! What is counted of one hour.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::baseline::{HOUR, Minute};
use super::{Count, Hour, ISSUES, ShardNote, SurveyCell, decided_at, hour_decided_at};
use crate::config::rules::Span;
use crate::model::Millis;

/// Sums of one hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// Cases opened, by minute of the hour and issue, in order.
    pub opened: Vec<Opened>,
    /// Customers who began to wait, by minute of the hour, in order.
    pub spoke: Vec<(u8, i32)>,
    /// Cases in which a person replied.
    pub replied: i32,
    /// Surveyed cases, in order. A number below zero takes back what was counted before.
    pub surveys: Vec<(SurveyCell, i32)>,
}

/// Cases that opened in a minute with an issue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Opened {
    /// The minute of the hour.
    pub minute: u8,
    /// The issue.
    pub issue: Option<SmolStr>,
    /// How many.
    pub cases: i32,
}

impl Sums {
    /// Adds what a case tells of this hour.
    pub fn add(&mut self, count: &Count) {
        match count {
            Count::Opened { minute, issue, by } => {
                self.open(minute_of_hour(*minute), issue.as_ref(), i32::from(*by));
            }
            Count::Spoke { minute, by } => add(&mut self.spoke, minute_of_hour(*minute), i32::from(*by)),
            Count::Replied { by, .. } => self.replied += i32::from(*by),
            Count::Surveyed { cell, by, .. } => add(&mut self.surveys, *cell, i32::from(*by)),
        }
    }

    /// The minutes of the hour in which a customer began to wait.
    pub fn waits(&self) -> impl Iterator<Item = u8> + '_ {
        self.spoke
            .iter()
            .filter(|(_, customers)| *customers > 0)
            .map(|(minute, _)| *minute)
    }

    /// Whether a person replied.
    pub fn was_replied_in(&self) -> bool {
        self.replied > 0
    }

    fn open(&mut self, minute: u8, issue: Option<&SmolStr>, by: i32) {
        let issue = issue.filter(|issue| self.tells_apart(issue));
        let place = self
            .opened
            .binary_search_by(|known| (known.minute, known.issue.as_ref()).cmp(&(minute, issue)));
        match place {
            Ok(at) => {
                self.opened[at].cases += by;
                if self.opened[at].cases == 0 {
                    self.opened.remove(at);
                }
            }
            Err(at) => self.opened.insert(
                at,
                Opened {
                    minute,
                    issue: issue.cloned(),
                    cases: by,
                },
            ),
        }
    }

    /// Whether an issue has a place of its own among those of the hour.
    fn tells_apart(&self, issue: &SmolStr) -> bool {
        let known = self.opened.iter().filter_map(|known| known.issue.as_ref());
        if known.clone().any(|known| known == issue) {
            return true;
        }
        let mut others: Vec<&SmolStr> = known.collect();
        others.sort_unstable();
        others.dedup();
        others.len() < ISSUES
    }
}

/// Adds to sums in order; what is zero is left out.
pub fn add<K: Ord>(sums: &mut Vec<(K, i32)>, key: K, by: i32) {
    match sums.binary_search_by(|(known, _)| known.cmp(&key)) {
        Ok(at) => {
            sums[at].1 += by;
            if sums[at].1 == 0 {
                sums.remove(at);
            }
        }
        Err(at) => sums.insert(at, (key, by)),
    }
}

fn minute_of_hour(minute: Minute) -> u8 {
    minute.rem_euclid(HOUR) as u8
}

/// An hour at the tally that is not decided to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenHour {
    /// Which.
    pub hour: Hour,
    /// The latest note of each shard.
    shards: SmallVec<[Part; 1]>,
    /// How many of its minutes are decided.
    decided: u8,
    /// When there is something to decide.
    pub due: Millis,
}

/// What one shard has counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    shard: u8,
    number: u32,
    sums: Sums,
}

/// Cases by the minute in which they opened.
pub type ByMinute = BTreeMap<Minute, i32>;

/// What is decided of an hour at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// The minute before which all is decided.
    pub end: Minute,
    /// Cases by issue; no issue: all of them.
    pub opened: BTreeMap<Option<SmolStr>, ByMinute>,
    /// The earliest minute among these in which a customer began to wait.
    pub spoke: Option<Minute>,
    /// Whether that is the whole hour.
    pub is_over: bool,
}

impl OpenHour {
    /// An hour of which nothing is known.
    pub fn new(hour: Hour) -> Self {
        Self {
            hour,
            shards: SmallVec::new(),
            decided: 0,
            due: Millis(0),
        }
    }

    /// Takes a shard's note, unless it is older than the one known.
    pub fn take(&mut self, note: &ShardNote, lateness: Span) {
        match self.shards.iter_mut().find(|part| part.shard == note.shard) {
            Some(part) if part.number >= note.number => return,
            Some(part) => (part.number, part.sums) = (note.number, note.sums.clone()),
            None => self.shards.push(Part {
                shard: note.shard,
                number: note.number,
                sums: note.sums.clone(),
            }),
        }
        self.schedule(lateness);
    }

    /// Decides the minutes for which the bound has passed at `now`.
    pub fn decide(&mut self, now: Millis, lateness: Span) -> Decided {
        let first = self.hour * HOUR;
        let begun = super::minute_of(now.plus(-lateness.ms()));
        let end = begun.clamp(first + i64::from(self.decided), first + HOUR);
        let minutes = self.decided..(end - first) as u8;
        let mut cases_of: BTreeMap<Option<SmolStr>, ByMinute> = BTreeMap::new();
        let opened = self.shards.iter().flat_map(|part| &part.sums.opened);
        for Opened { minute, issue, cases } in opened.filter(|opened| minutes.contains(&opened.minute)) {
            let minute = first + i64::from(*minute);
            let places = issue.iter().map(|issue| Some(issue.clone())).chain([None]);
            for place in places {
                *cases_of.entry(place).or_default().entry(minute).or_default() += cases;
            }
        }
        let spoke = self.shards.iter().flat_map(|part| part.sums.waits());
        let spoke = spoke.filter(|minute| minutes.contains(minute)).min();
        self.decided = minutes.end;
        self.schedule(lateness);
        Decided {
            end,
            opened: cases_of,
            spoke: spoke.map(|minute| first + i64::from(minute)),
            is_over: i64::from(self.decided) == HOUR,
        }
    }

    /// Whether a person replied in it.
    pub fn was_replied_in(&self) -> bool {
        self.shards.iter().any(|part| part.sums.was_replied_in())
    }

    /// Surveyed cases.
    pub fn surveys(&self) -> impl Iterator<Item = (SurveyCell, i32)> + '_ {
        self.shards
            .iter()
            .flat_map(|part| part.sums.surveys.iter().copied())
    }

    /// The next minute with something in it, else the end.
    fn schedule(&mut self, lateness: Span) {
        let minutes = self.shards.iter().flat_map(|part| {
            let opened = part.sums.opened.iter().map(|opened| opened.minute);
            opened.chain(part.sums.waits())
        });
        let next = minutes.filter(|minute| *minute >= self.decided).min();
        self.due = match next {
            Some(minute) => decided_at(self.hour * HOUR + i64::from(minute), lateness),
            None => hour_decided_at(self.hour, lateness),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{OpenHour, Sums};
    use crate::config::rules::Span;
    use crate::desk::tally::{Count, Counted, ISSUES, ShardNote};
    use crate::model::Millis;

    const LATENESS: Span = Span::minutes(10);

    fn opened(minute: i64, issue: Option<&str>, by: i8) -> Count {
        let issue = issue.map(Into::into);
        Count::Opened { minute, issue, by }
    }

    fn spoke(minute: i64, by: i8) -> Count {
        Count::Spoke { minute, by }
    }

    fn replied(by: i8) -> Count {
        Count::Replied { hour: 1, by }
    }

    fn note(shard: u8, number: u32, counts: &[Count]) -> ShardNote {
        let mut sums = Sums::default();
        counts.iter().for_each(|count| sums.add(count));
        let (brand, channel) = (None, "chat".into());
        ShardNote {
            of: Counted { brand, channel },
            shard,
            hour: 1,
            number,
            sums,
        }
    }

    fn at(minute: i64) -> Millis {
        Millis(minute * 60_000)
    }

    #[test]
    fn what_is_taken_back_leaves_nothing() {
        let mut sums = Sums::default();
        sums.add(&opened(61, Some("parcel"), 1));
        sums.add(&opened(61, Some("parcel"), -1));
        assert_eq!(sums, Sums::default());
        for (count, back) in [(spoke(65, 1), spoke(65, -1)), (replied(1), replied(-1))] {
            sums.add(&count);
            assert_ne!(sums, Sums::default(), "{count:?}");
            sums.add(&back);
            assert_eq!(sums, Sums::default(), "{count:?}");
        }
    }

    #[test]
    fn who_waits_waits_until_the_last_is_taken_back() {
        let mut sums = Sums::default();
        for (count, waits) in [
            (spoke(65, 1), vec![5]),
            (spoke(61, 1), vec![1, 5]),
            (spoke(61, 1), vec![1, 5]),
            (spoke(61, -1), vec![1, 5]),
            (spoke(61, -1), vec![5]),
            (spoke(62, -1), vec![5]), // of an hour that was decided and begun anew
        ] {
            sums.add(&count);
            assert_eq!(sums.waits().collect::<Vec<_>>(), waits, "{count:?}");
        }
    }

    #[test]
    fn of_too_many_issues_the_cases_still_count() {
        let mut sums = Sums::default();
        for n in 0..ISSUES + 2 {
            sums.add(&opened(60, Some(&format!("issue {n}")), 1));
        }
        sums.add(&opened(60, Some("issue 0"), 1));
        let issues = sums.opened.iter().filter(|opened| opened.issue.is_some()).count();
        let cases: i32 = sums.opened.iter().map(|opened| opened.cases).sum();
        assert_eq!((issues, cases), (ISSUES, ISSUES as i32 + 3));
    }

    /// Shards are put together, of each the latest note, whatever the order; each minute is decided once.
    #[test]
    fn minutes_are_decided_when_the_bound_has_passed() {
        let notes = [
            note(0, 1, &[opened(61, None, 1)]),
            note(
                0,
                2,
                &[opened(61, None, 1), opened(61, Some("parcel"), 1), spoke(61, 1)],
            ),
            note(5, 1, &[opened(61, Some("parcel"), 1), opened(90, None, 1)]),
        ];
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            let mut hour = OpenHour::new(1);
            order.into_iter().for_each(|i| hour.take(&notes[i], LATENESS));
            assert_eq!(hour.due, at(72));
            assert_eq!(
                hour.decide(Millis(at(72).0 - 1), LATENESS).opened,
                BTreeMap::new()
            );
            let decided = hour.decide(at(72), LATENESS);
            assert_eq!(
                (decided.end, decided.spoke, decided.is_over),
                (62, Some(61), false)
            );
            let parcel = (Some("parcel".into()), [(61, 2)].into());
            assert_eq!(decided.opened, [(None, [(61, 3)].into()), parcel].into());
            assert_eq!(hour.due, at(101));
            assert_eq!(
                hour.decide(at(101), LATENESS).opened,
                [(None, [(90, 1)].into())].into()
            );
            assert_eq!(hour.due, at(130));
            let decided = hour.decide(at(500), LATENESS);
            assert!(decided.is_over && decided.opened.is_empty() && decided.end == 120);
        }
    }
}
