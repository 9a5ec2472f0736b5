//! Who waits for a reply, of those who began in one hour: exact to the message.

use serde::{Deserialize, Serialize};

use super::baseline::HOUR;
use super::sums::add;
use super::{Hour, MINUTE_MS, begin};
use crate::model::Millis;

/// So many moments at which somebody began are known by the millisecond; of more, all are by the second.
const KNOWN: usize = 1024;

/// Milliseconds of a second.
const SECOND: u32 = 1000;

/// Customers who wait, by when they began. What a case tells and what it takes back may come in either order: one
/// may skip the mailbox while the other is still in it. It is flat: it is copied whenever one of them changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// How many, by the milliseconds of the hour, in order. Below zero are those taken back before they came.
    began: Vec<(u32, i32)>,
    /// There were too many moments: each is the end of its second.
    by_second: bool,
}

impl Waiting {
    /// A customer began to wait, or is taken back: does not wait so long.
    pub fn add(&mut self, from: Millis, by: i8) {
        let into = from.0.rem_euclid(HOUR * MINUTE_MS) as u32;
        let moment = if self.by_second { end_of_second(into) } else { into };
        add(&mut self.began, moment, i32::from(by));
        if !self.by_second && self.began.len() > KNOWN {
            self.by_second = true;
            for (into, customers) in std::mem::take(&mut self.began) {
                add(&mut self.began, end_of_second(into), customers);
            }
        }
    }

    /// Whether nobody does, and nobody was taken back who has not come.
    pub fn is_empty(&self) -> bool {
        self.began.is_empty()
    }

    /// Since when they wait, in order, each moment once.
    pub fn since(&self, hour: Hour) -> impl Iterator<Item = Millis> + '_ {
        let waiting = self.began.iter().filter(|(_, customers)| *customers > 0);
        waiting.map(move |(into, _)| begin(hour * HOUR).plus(i64::from(*into)))
    }
}

fn end_of_second(into: u32) -> u32 {
    into / SECOND * SECOND + (SECOND - 1)
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, Waiting};
    use crate::model::Millis;

    fn since(waiting: &Waiting) -> Vec<i64> {
        waiting.since(1).map(|at| at.0 - 3_600_000).collect()
    }

    fn waiting(told: &[(i64, i8)]) -> Waiting {
        let mut waiting = Waiting::default();
        told.iter()
            .for_each(|(from, by)| waiting.add(Millis(3_600_000 + from), *by));
        waiting
    }

    #[test]
    fn who_is_taken_back_waits_no_more_and_the_next_is_the_earliest() {
        let mut waiting = Waiting::default();
        for (from, by, wanted) in [
            (70_000, 1, vec![70_000]),
            (60_500, 1, vec![60_500, 70_000]),
            (60_500, 1, vec![60_500, 70_000]), // another at the same moment
            (60_500, -1, vec![60_500, 70_000]),
            (3_599_999, 1, vec![60_500, 70_000, 3_599_999]),
            (60_500, -1, vec![70_000, 3_599_999]),
            (70_000, -1, vec![3_599_999]),
            (3_599_999, -1, vec![]),
        ] {
            waiting.add(Millis(3_600_000 + from), by);
            assert_eq!(since(&waiting), wanted, "{from} {by}");
        }
        assert_eq!(waiting, Waiting::default());
    }

    /// What was told and what was taken back come to the same in any order.
    #[test]
    fn who_is_taken_back_before_they_came_does_not_wait() {
        let told = [(60_500, -1), (60_500, 1), (70_000, 1), (70_001, -1), (70_001, 1)];
        for turn in 0..told.len() {
            let mut turned = told;
            turned.rotate_left(turn);
            assert_eq!(since(&waiting(&turned)), [70_000], "{turned:?}");
        }
    }

    #[test]
    fn of_too_many_moments_all_are_known_by_the_second() {
        let many: Vec<(i64, i8)> = (0..=KNOWN as i64).map(|n| (n * 2, 1)).collect();
        let (most, last) = many.split_at(KNOWN);
        let mut waiting = waiting(most);
        assert_eq!(since(&waiting).len(), KNOWN);
        waiting.add(Millis(3_600_000 + last[0].0), last[0].1);
        assert_eq!(since(&waiting), [999, 1_999, 2_999]);
        for (from, _) in &many[1..] {
            waiting.add(Millis(3_600_000 + from), -1);
        }
        assert_eq!(since(&waiting), [999], "the first of them still waits");
        waiting.add(Millis(3_600_000), -1);
        assert!(waiting.is_empty());
    }
}
