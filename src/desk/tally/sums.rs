//! Sums of one hour.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::baseline::{HOUR, Minute};
use super::{Count, Hour, ISSUES, MINUTE_MS, SurveyCell, begin};
use crate::model::Millis;

/// Milliseconds of an hour.
const HOUR_MS: i64 = HOUR * MINUTE_MS;

/// So many moments of replies are known of an hour: of more, the first and the last.
const REPLIES: usize = 64;

/// Sums of one hour, or of a chunk of it. A number below zero takes back what was counted before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// Cases opened, by minute of the hour and issue, in order.
    pub opened: Vec<Opened>,
    /// Replies of people, by millisecond of the hour, in order.
    pub replied: Vec<(u32, i32)>,
    /// Surveyed cases, in order.
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
            Count::Waited { .. } => {} // kept apart
            Count::Replied { at, by } => self.reply(at.0.rem_euclid(HOUR_MS) as u32, i32::from(*by)),
            Count::Surveyed { cell, by, .. } => add(&mut self.surveys, *cell, i32::from(*by)),
        }
    }

    /// Adds other sums.
    pub fn merge(&mut self, other: &Self) {
        self.opened.reserve_exact(other.opened.len());
        for Opened { minute, issue, cases } in &other.opened {
            self.open(*minute, issue.as_ref(), *cases);
        }
        other.replied.iter().for_each(|(at, by)| self.reply(*at, *by));
        for (cell, by) in &other.surveys {
            add(&mut self.surveys, *cell, *by);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.opened.len() + self.replied.len() + self.surveys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The moments of replies.
    pub fn replies(&self, hour: Hour) -> impl Iterator<Item = Millis> + '_ {
        let replied = self.replied.iter().filter(|(_, replies)| *replies > 0);
        replied.map(move |(into, _)| begin(hour * HOUR).plus(i64::from(*into)))
    }

    fn reply(&mut self, into: u32, by: i32) {
        add(&mut self.replied, into, by);
        if self.replied.len() > REPLIES {
            self.replied.remove(REPLIES / 2);
        }
    }

    fn open(&mut self, minute: u8, issue: Option<&SmolStr>, by: i32) {
        let place = |issue: Option<&SmolStr>| {
            let order = |known: &Opened| (known.minute, known.issue.as_ref()).cmp(&(minute, issue));
            self.opened.binary_search_by(order)
        };
        let (mut at, mut issue) = (place(issue), issue);
        if at.is_err() && issue.is_some_and(|issue| !self.tells_apart(issue)) {
            (at, issue) = (place(None), None);
        }
        match at {
            Ok(at) => {
                self.opened[at].cases += by;
                if self.opened[at].cases == 0 {
                    self.opened.remove(at);
                }
            }
            Err(at) => {
                let issue = issue.cloned();
                let cases = by;
                self.opened.reserve_exact(1); // a copy has no room, and needs room for one
                self.opened.insert(at, Opened { minute, issue, cases });
            }
        }
    }

    /// Whether an issue has a place of its own among those of the hour.
    fn tells_apart(&self, issue: &SmolStr) -> bool {
        let known = self.opened.iter().filter_map(|known| known.issue.as_ref());
        if self.opened.len() < ISSUES || known.clone().any(|known| known == issue) {
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
        Err(at) => {
            sums.reserve_exact(1); // a copy has no room, and needs room for one
            sums.insert(at, (key, by));
        }
    }
}

fn minute_of_hour(minute: Minute) -> u8 {
    minute.rem_euclid(HOUR) as u8
}

#[cfg(test)]
mod tests {
    use super::{HOUR_MS, REPLIES, Sums};
    use crate::desk::tally::{Count, ISSUES};
    use crate::model::Millis;

    fn opened(minute: i64, issue: Option<&str>, by: i8) -> Count {
        let issue = issue.map(Into::into);
        Count::Opened { minute, issue, by }
    }

    fn replied(into: i64, by: i8) -> Count {
        Count::Replied {
            at: Millis(HOUR_MS + into),
            by,
        }
    }

    #[test]
    fn what_is_taken_back_leaves_nothing() {
        let mut sums = Sums::default();
        for (count, back) in [
            (opened(61, Some("parcel"), 1), opened(61, Some("parcel"), -1)),
            (replied(1, 1), replied(1, -1)),
        ] {
            sums.add(&count);
            assert_ne!(sums, Sums::default(), "{count:?}");
            sums.add(&back);
            assert_eq!(sums, Sums::default(), "{count:?}");
        }
    }

    /// An hour with any number of issues is of a bounded size, and its cases count all the same.
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

    #[test]
    fn of_too_many_replies_the_first_and_the_last_are_known() {
        let mut sums = Sums::default();
        (0..1000).for_each(|into| sums.add(&replied(into, 1)));
        let replies: Vec<_> = sums.replies(1).collect();
        assert_eq!(replies.len(), REPLIES);
        assert_eq!(
            [replies[0], replies[1]],
            [0, 1].map(|into| Millis(HOUR_MS + into))
        );
        assert_eq!(replies.last(), Some(&Millis(HOUR_MS + 999)));
    }
}
