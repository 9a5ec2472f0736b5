//! How long the queues of a partition are and since when their oldest wait, as its committed rows say
//! ([`Row::standings`](crate::processor::Row::standings)).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use rustc_hash::FxHashMap;

use crate::model::Millis;
use crate::processor::{Standing, Standings};

/// The queues of one partition.
///
/// Times are kept to the second, and those of one second together, so that a million rows take little
/// room.
#[derive(Debug, Default)]
pub(super) struct Queues {
    by_number: FxHashMap<u64, Line>,
}

#[derive(Debug, Default)]
struct Line {
    length: u64,
    seconds: BTreeMap<u32, u32>,
}

/// A queue, as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Which queue.
    pub number: u64,
    /// How many rows stand in it.
    pub length: u64,
    /// Since when the oldest has stood in it, to the second.
    pub oldest: Millis,
}

impl Queues {
    /// A row stands differently from before.
    pub fn change(&mut self, before: Standings, now: Standings) {
        if before == now {
            return;
        }
        before
            .into_iter()
            .flatten()
            .for_each(|standing| self.leave(standing));
        now.into_iter().flatten().for_each(|standing| self.join(standing));
    }

    fn join(&mut self, Standing { queue, since }: Standing) {
        let line = self.by_number.entry(queue).or_default();
        line.length += 1;
        *line.seconds.entry(second(since)).or_default() += 1;
    }

    fn leave(&mut self, Standing { queue, since }: Standing) {
        let Some(line) = self.by_number.get_mut(&queue) else {
            return;
        };
        if let Entry::Occupied(mut entry) = line.seconds.entry(second(since)) {
            line.length -= 1;
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
        if line.length == 0 {
            self.by_number.remove(&queue);
        }
    }

    /// The queues that are not empty, in no order.
    pub fn iter(&self) -> impl Iterator<Item = Queue> + '_ {
        self.by_number.iter().filter_map(|(&number, line)| {
            let (&oldest, _) = line.seconds.first_key_value()?;
            Some(Queue {
                number,
                length: line.length,
                oldest: Millis(i64::from(oldest) * 1000),
            })
        })
    }
}

/// The second of a time, from 1970 to 2106: what lies beyond counts as the nearest.
fn second(at: Millis) -> u32 {
    let second = at.0.div_euclid(1000).max(0);
    u32::try_from(second).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Queue, Queues};
    use crate::model::Millis;
    use crate::processor::{Standing, Standings};

    fn stands(queues: &[(u64, i64)]) -> Standings {
        let mut standings = Standings::default();
        for (place, &(queue, since)) in standings.iter_mut().zip(queues) {
            *place = Some(Standing {
                queue,
                since: Millis(since),
            });
        }
        standings
    }

    fn told(queues: &Queues) -> Vec<(u64, u64, i64)> {
        let mut told: Vec<_> = queues
            .iter()
            .map(
                |Queue {
                     number,
                     length,
                     oldest,
                 }| (number, length, oldest.0),
            )
            .collect();
        told.sort_unstable();
        told
    }

    #[test]
    fn rows_come_go_and_change_places() {
        let mut queues = Queues::default();
        let none = Standings::default();
        queues.change(none, stands(&[(1, 5_400), (2, 5_400)]));
        queues.change(none, stands(&[(1, 5_900)]));
        queues.change(none, stands(&[(1, 9_000)]));
        assert_eq!(told(&queues), [(1, 3, 5_000), (2, 1, 5_000)]);
        queues.change(stands(&[(1, 5_400), (2, 5_400)]), stands(&[(1, 5_400)]));
        assert_eq!(told(&queues), [(1, 3, 5_000)]);
        queues.change(stands(&[(1, 5_900)]), none);
        queues.change(stands(&[(1, 5_400)]), none);
        assert_eq!(told(&queues), [(1, 1, 9_000)]);
        queues.change(stands(&[(1, 9_000)]), none);
        assert_eq!(told(&queues), []);
    }
}
