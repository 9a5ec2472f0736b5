//! Who waits for a reply, of those who began in one hour: exact to the message.

use serde::{Deserialize, Serialize};

use super::baseline::HOUR;
use super::sums::add;
use super::{Hour, MINUTE_MS, begin};
use crate::model::Millis;

/// Of each minute, so many who began to wait in it are known by the millisecond. Of more, the earliest are.
const KNOWN: usize = 8;

/// Customers who wait, by when they began. It is flat: it is copied whenever one of them changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The milliseconds of the hour, in order.
    known: Vec<u32>,
    /// How many more there are, by minute of the hour, in order.
    more: Vec<(u8, i32)>,
}

impl Waiting {
    /// A customer began to wait, or is taken back: does not wait so long.
    pub fn add(&mut self, from: Millis, by: i8) {
        let into = from.0.rem_euclid(HOUR * MINUTE_MS) as u32;
        let minute = minute_of_hour(into);
        let place = self.known.binary_search(&into);
        match place {
            Ok(at) if by < 0 => _ = self.known.remove(at),
            Err(_) if by < 0 => add(&mut self.more, minute, -1),
            Ok(at) | Err(at) => {
                self.known.insert(at, into);
                let end = at + self.known[at..].partition_point(|other| minute_of_hour(*other) == minute);
                let begin = self.known[..at].partition_point(|other| minute_of_hour(*other) < minute);
                if end - begin > KNOWN {
                    self.known.remove(end - 1);
                    add(&mut self.more, minute, 1);
                }
            }
        }
    }

    /// Whether nobody does.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && self.more.is_empty()
    }

    /// Since when each of them waits, in order, as far as they are known. Of a minute with others only,
    /// its end.
    pub fn since(&self, hour: Hour) -> impl Iterator<Item = Millis> + '_ {
        let mut known = self.known.iter().copied().peekable();
        let others = self
            .more
            .iter()
            .filter(|(minute, more)| *more > 0 && !self.knows(*minute));
        let mut ends = others
            .map(|(minute, _)| (u32::from(*minute) + 1) * MINUTE - 1)
            .peekable();
        std::iter::from_fn(move || match (known.peek(), ends.peek()) {
            (Some(at), Some(end)) if end < at => ends.next(),
            (Some(_), _) => known.next(),
            (None, _) => ends.next(),
        })
        .map(move |into| begin(hour * HOUR).plus(i64::from(into)))
    }

    /// Whether somebody is known of a minute.
    fn knows(&self, minute: u8) -> bool {
        let of = |into: &u32| minute_of_hour(*into).cmp(&minute);
        self.known.binary_search_by(of).is_ok()
    }
}

/// Milliseconds of a minute.
const MINUTE: u32 = MINUTE_MS as u32;

fn minute_of_hour(into: u32) -> u8 {
    (into / MINUTE) as u8
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
