//! Chance, from a seed.

use crate::ingest::order::split_mix;

/// Numbers that look random and are the same for the same seed.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// The dice of one week of a story.
    pub fn new(seed: u64, week: u32) -> Self {
        let mut state = seed ^ (u64::from(week) << 40);
        split_mix(&mut state);
        Self(state)
    }

    /// A number from `from` up to, but not including, `to`, which must be the larger one.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        let span = u64::try_from(to - from).unwrap_or(1).max(1);
        let picked = (u128::from(split_mix(&mut self.0)) * u128::from(span)) >> 64;
        from + i64::try_from(picked).unwrap_or(0)
    }

    /// One of these; the list must not be empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let at = self.between(0, i64::try_from(list.len()).unwrap_or(i64::MAX));
        &list[usize::try_from(at).unwrap_or(0)]
    }

    /// Whether something happens that does so `times` out of ten.
    pub fn chance(&mut self, times: i64) -> bool {
        self.between(0, 10) < times
    }
}
