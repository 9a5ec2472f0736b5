//! A sorted set of moments: a time, and the row that wants to be woken then.
//!
//! Every open case has a moment here. A `BTreeSet` takes about 100 bytes for each: its nodes are of 11, and
//! stay half empty where moments come in the order of time, as most do. Pages of a few hundred take 34.

use std::collections::BTreeMap;

use crate::model::Millis;
use crate::processor::RowKey;

/// A time whose bytes sort as times do, then the row's key.
type Moment = [u8; 8 + RowKey::LEN];

/// Moments of a page at most.
const PAGE: usize = 256;
/// Moments that a page keeps room for: the first one is emptied and filled again all the time.
const LEAST: usize = 16;

/// The moments of one partition.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    /// Sorted pages, each by a bound that none of its moments lies below. Only the first, whose bound is zero,
    /// may be empty.
    pages: BTreeMap<Moment, Vec<Moment>>,
}

impl Timeline {
    /// The first moment.
    pub fn first(&self) -> Option<(Millis, RowKey)> {
        read(self.pages.values().find_map(|page| page.first())?)
    }

    /// Puts a moment in, unless it is there.
    pub fn insert(&mut self, at: Millis, key: &RowKey) {
        let moment = moment(at, key);
        let Some((_, page)) = self.pages.range_mut(..=moment).next_back() else {
            self.pages.insert([0; _], vec![moment]);
            return;
        };
        let Err(place) = page.binary_search(&moment) else {
            return;
        };
        if page.len() < PAGE {
            page.insert(place, moment);
            return;
        }
        // Moments that come in order leave full pages behind.
        let middle = if place == PAGE { PAGE } else { PAGE / 2 };
        let mut later = page.split_off(middle);
        if place < middle {
            page.insert(place, moment);
        } else {
            later.insert(place - middle, moment);
        }
        self.pages.insert(later[0], later);
    }

    /// Takes a moment out, if it is there.
    pub fn remove(&mut self, at: Millis, key: &RowKey) {
        let moment = moment(at, key);
        let Some((&bound, page)) = self.pages.range_mut(..=moment).next_back() else {
            return;
        };
        let Ok(place) = page.binary_search(&moment) else {
            return;
        };
        page.remove(place);
        if page.is_empty() && bound != [0; _] {
            self.pages.remove(&bound);
        } else if page.len() < page.capacity() / 4 {
            page.shrink_to((page.len() * 2).max(LEAST));
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.pages.clear();
    }
}

fn moment(at: Millis, key: &RowKey) -> Moment {
    let mut moment = [0; _];
    let (time, row) = moment.split_at_mut(8);
    time.copy_from_slice(&(at.0 ^ i64::MIN).to_be_bytes());
    row.copy_from_slice(&key.to_bytes());
    moment
}

fn read(moment: &Moment) -> Option<(Millis, RowKey)> {
    let (time, row) = moment.split_first_chunk()?;
    let at = Millis(i64::from_be_bytes(*time) ^ i64::MIN);
    Some((at, RowKey::from_bytes(row)?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Moment, Timeline, moment};
    use crate::model::Millis;
    use crate::processor::{ActorKey, RowKey};

    fn key(index: u64) -> RowKey {
        RowKey {
            actor: ActorKey { kind: 0, hash: 9 },
            part: 0,
            index,
        }
    }

    /// Numbers that look random, the same each time.
    fn dice() -> impl FnMut(u64) -> u64 {
        let mut state = 1_u64;
        move |sides| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % sides
        }
    }

    fn all(timeline: &Timeline) -> Vec<Moment> {
        timeline.pages.values().flatten().copied().collect()
    }

    #[test]
    fn it_holds_what_a_sorted_set_holds() {
        let (mut timeline, mut set, mut roll) = (Timeline::default(), BTreeSet::new(), dice());
        for step in 0..20_000 {
            // It grows for a while, then it shrinks, and grows again.
            let grows = roll(10) < if step / 5_000 % 2 == 0 { 8 } else { 2 };
            let at = Millis(roll(4_000).cast_signed() - 2_000);
            let key = key(roll(3));
            if grows {
                timeline.insert(at, &key);
                set.insert((at, key.to_bytes()));
            } else {
                let first = set.first().copied().filter(|_| roll(2) == 0);
                let (at, key) = first.unwrap_or((at, key.to_bytes()));
                set.remove(&(at, key));
                timeline.remove(at, &RowKey::from_bytes(&key).expect("a key"));
            }
            let first = timeline.first().map(|(at, key)| (at, key.to_bytes()));
            assert_eq!(first, set.first().copied(), "step {step}");
        }
        let moments =
            |(at, key): &(Millis, [u8; RowKey::LEN])| moment(*at, &RowKey::from_bytes(key).expect("a key"));
        assert!(set.len() > 1_000);
        assert_eq!(all(&timeline), set.iter().map(moments).collect::<Vec<_>>());
    }

    #[test]
    fn it_takes_little_room() {
        let taken = |timeline: &Timeline| timeline.pages.values().map(Vec::capacity).sum::<usize>();
        let mut roll = dice();
        let ascending: Vec<i64> = (0..50_000).collect();
        let mixed: Vec<i64> = (0..50_000).map(|_| roll(1 << 30).cast_signed()).collect();
        for (moments, places) in [(ascending, 51_000), (mixed, 80_000)] {
            let mut timeline = Timeline::default();
            for at in &moments {
                timeline.insert(Millis(*at), &key(1));
            }
            assert!(taken(&timeline) < places, "{} places", taken(&timeline));
            for at in moments.iter().filter(|at| *at % 50 != 0) {
                timeline.remove(Millis(*at), &key(1));
            }
            let left = all(&timeline).len();
            assert!(taken(&timeline) < left * 5, "{} for {left}", taken(&timeline));
        }
    }
}
