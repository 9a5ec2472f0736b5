//! What rows count as, and the totals of a partition's rows.
//!
//! A processor says of each row what it adds ([`super::Row::addend`]); the engine keeps the totals of the
//! rows that are committed. So they are true at any time: they come and go with the rows, however often a
//! partition moves or a process dies.

use std::collections::BTreeMap;

/// How many amounts an addend has.
pub const AMOUNTS: usize = 9;

/// How many ones it has at most.
pub const ONES: usize = u128::BITS as usize;

/// What a row adds to the totals of its group. What the numbers stand for is the processor's affair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Addend {
    /// The group.
    pub group: u64,
    /// A bit for each figure to which the row adds one.
    pub ones: u128,
    /// What it adds to each of the others.
    pub amounts: [i128; AMOUNTS],
}

impl Addend {
    /// Whether it adds nothing.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// The places of its ones, ascending.
    pub fn places(ones: u128) -> impl Iterator<Item = usize> {
        let mut left = ones;
        std::iter::from_fn(move || {
            let place = left.trailing_zeros() as usize;
            if place == ONES {
                return None;
            }
            left &= left - 1;
            Some(place)
        })
    }
}

/// The totals of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// How many rows add one to each figure, by place.
    pub ones: [i64; ONES],
    /// The sums of amounts.
    pub amounts: [i128; AMOUNTS],
}

impl Default for Total {
    fn default() -> Self {
        Self {
            ones: [0; ONES],
            amounts: [0; AMOUNTS],
        }
    }
}

impl Total {
    /// These rows too.
    pub fn add(&mut self, other: &Self) {
        self.ones
            .iter_mut()
            .zip(other.ones)
            .for_each(|(sum, by)| *sum += by);
        self.add_amounts(&other.amounts, 1);
    }

    fn add_ones(&mut self, ones: u128, by: i64) {
        Addend::places(ones).for_each(|place| self.ones[place] += by);
    }

    fn add_amounts(&mut self, amounts: &[i128; AMOUNTS], sign: i128) {
        self.amounts
            .iter_mut()
            .zip(amounts)
            .for_each(|(sum, by)| *sum += sign * by);
    }
}

/// The totals of all groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    groups: BTreeMap<u64, Box<Total>>,
}

impl Totals {
    /// A row adds something else than before.
    pub fn change(&mut self, before: &Addend, now: &Addend) {
        if before == now {
            return;
        }
        if before.group == now.group {
            let total = self.group(now.group);
            total.add_ones(before.ones & !now.ones, -1);
            total.add_ones(now.ones & !before.ones, 1);
            total.add_amounts(&before.amounts, -1);
            total.add_amounts(&now.amounts, 1);
            return;
        }
        for (addend, sign) in [(before, -1_i8), (now, 1)] {
            if !addend.is_nothing() {
                let total = self.group(addend.group);
                total.add_ones(addend.ones, sign.into());
                total.add_amounts(&addend.amounts, sign.into());
            }
        }
    }

    fn group(&mut self, group: u64) -> &mut Total {
        self.groups.entry(group).or_default()
    }

    /// The groups of which something is there, by number.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &Total)> {
        let groups = self.groups.iter().map(|(&group, total)| (group, &**total));
        groups.filter(|(_, total)| **total != Total::default())
    }
}

#[cfg(test)]
mod tests {
    use super::{AMOUNTS, Addend, Totals};

    fn addend(group: u64, places: &[usize], amount: i128) -> Addend {
        Addend {
            group,
            ones: places.iter().fold(0, |ones, place| ones | 1 << place),
            amounts: std::array::from_fn(|place| if place + 1 == AMOUNTS { amount } else { 0 }),
        }
    }

    /// Of a group: the totals at the places 0, 5 and 127, and of the last amount.
    fn told(totals: &Totals, group: u64) -> Option<([i64; 3], i128)> {
        let (_, total) = totals.iter().find(|(number, _)| *number == group)?;
        Some((
            [0, 5, 127].map(|place| total.ones[place]),
            total.amounts[AMOUNTS - 1],
        ))
    }

    #[test]
    fn a_row_adds_what_it_counts_as_now_and_nothing_of_what_it_was() {
        let nothing = Addend::default();
        let mut totals = Totals::default();
        let [first, second] = [addend(3, &[0, 127], 40), addend(3, &[0, 5], 2)];
        //   a row was   and is     then its group has these ones, and this amount
        for (before, now, ones, amount) in [
            (nothing, first, [1, 0, 1], 40),
            (nothing, second, [2, 1, 1], 42),
            (first, first, [2, 1, 1], 42),
            (first, second, [2, 2, 0], 4),
            (second, nothing, [1, 1, 0], 2),
        ] {
            totals.change(&before, &now);
            assert_eq!(told(&totals, 3), Some((ones, amount)), "{before:?} {now:?}");
        }
        // It moves to another group.
        totals.change(&second, &addend(4, &[5], 7));
        assert_eq!(told(&totals, 3), None);
        assert_eq!(told(&totals, 4), Some(([0, 1, 0], 7)));
        assert_eq!(Addend::places(second.ones).collect::<Vec<_>>(), [0, 5]);
    }
}
