//! Who waits for a reply, of those who began in one hour: exact to the message.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::baseline::HOUR;
use super::{Hour, MINUTE_MS, begin, minute_of};
use crate::model::Millis;

/// Of each minute, so many who began to wait in it are known by the millisecond. Of more, the earliest are.
const KNOWN: usize = 8;

/// Customers who wait, by when they began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting(Vec<Began>);

/// Customers who began to wait in one minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Began {
    /// The minute of the hour.
    minute: u8,
    /// How many.
    customers: i32,
    /// The milliseconds of the earliest, in order.
    first: SmallVec<[u16; 2]>,
}

impl Waiting {
    /// A customer began to wait, or is taken back: does not wait so long.
    pub fn add(&mut self, from: Millis, by: i8) {
        let minute = minute_of(from).rem_euclid(HOUR) as u8;
        let into = from.0.rem_euclid(MINUTE_MS) as u16;
        let place = self.0.binary_search_by_key(&minute, |began| began.minute);
        let at = place.unwrap_or_else(|at| {
            self.0.insert(at, Began::none_in(minute));
            at
        });
        let began = &mut self.0[at];
        began.customers += i32::from(by);
        let place = began.first.binary_search(&into);
        if by > 0 {
            began.first.insert(place.unwrap_or_else(|at| at), into);
            began.first.truncate(KNOWN);
        } else if let Ok(at) = place {
            began.first.remove(at);
        }
        if began.customers == 0 {
            self.0.remove(at);
        }
    }

    /// Whether nobody does.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Since when each of them waits, in order, as far as they are known. Of a minute with others only,
    /// its end.
    pub fn since(&self, hour: Hour) -> impl Iterator<Item = Millis> + '_ {
        self.0
            .iter()
            .filter(|began| began.customers > 0)
            .flat_map(move |began| {
                let minute = begin(hour * HOUR + i64::from(began.minute));
                let unknown = began.first.is_empty().then_some((MINUTE_MS - 1) as u16);
                let known = began.first.iter().copied().chain(unknown);
                known.map(move |into| minute.plus(i64::from(into)))
            })
    }
}

impl Began {
    fn none_in(minute: u8) -> Self {
        Self {
            minute,
            customers: 0,
            first: SmallVec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, Waiting};
    use crate::model::Millis;

    fn since(waiting: &Waiting) -> Vec<i64> {
        waiting.since(1).map(|at| at.0 - 3_600_000).collect()
    }

    #[test]
    fn who_is_taken_back_waits_no_more_and_the_next_is_the_earliest() {
        let mut waiting = Waiting::default();
        for (from, by, wanted) in [
            (70_000, 1, vec![70_000]),
            (60_500, 1, vec![60_500, 70_000]),
            (60_500, 1, vec![60_500, 60_500, 70_000]), // another at the same moment
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

    /// In any order, the earliest of a minute are known; if they all are gone, that somebody waits is.
    #[test]
    fn of_many_in_a_minute_the_earliest_are_known() {
        let many = KNOWN as i64 + 3;
        let (mut up, mut down) = (Waiting::default(), Waiting::default());
        (0..many).for_each(|n| up.add(Millis(3_600_000 + n), 1));
        (0..many).rev().for_each(|n| down.add(Millis(3_600_000 + n), 1));
        assert_eq!(up, down);
        assert_eq!(since(&up), (0..KNOWN as i64).collect::<Vec<_>>());
        (0..KNOWN as i64).for_each(|n| up.add(Millis(3_600_000 + n), -1));
        assert_eq!(since(&up), [59_999]);
        (KNOWN as i64..many).for_each(|n| up.add(Millis(3_600_000 + n), -1));
        assert_eq!(up, Waiting::default());
    }
}
