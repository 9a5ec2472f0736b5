//! Which customers' records point to this one: what they leave behind goes when this one is forgotten.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::desk::message::Merged;
use crate::model::Millis;

/// What a party remembers of merges and of its own forgetting, which few parties have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Merges {
    sources: SmallVec<[Merged; 1]>,
    /// The customer was forgotten, and is not known again.
    pub erased: Option<Erased>,
    /// A command said to forget the customer, whose record pointed to another, when it is dropped.
    pub asked: Option<Millis>,
}

/// A customer who was forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// When.
    pub at: Millis,
    /// The time and digest of the newest record that was dropped, if one was known.
    pub newest: Option<(Millis, u64)>,
}

impl Merges {
    /// Takes what another customer says of its record.
    pub fn take(&mut self, merged: &Merged) {
        match self
            .sources
            .iter_mut()
            .find(|known| known.source == merged.source)
        {
            Some(known) if known.number >= merged.number => {}
            Some(known) => *known = *merged,
            None => self.sources.push(*merged),
        }
    }

    /// The hashes of the customers whose records point here.
    pub fn sources(&self) -> impl Iterator<Item = u128> {
        let sources = self.sources.iter().filter(|merged| merged.points);
        sources.map(|merged| merged.source)
    }

    /// Whether it says nothing that still matters once a forgetting is over.
    pub fn is_over(&self) -> bool {
        self.sources().next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::{Merged, Merges};

    #[test]
    fn the_latest_that_a_record_says_holds_in_whatever_order() {
        let says = |source, number, points| Merged {
            source,
            number,
            points,
        };
        let all = [
            says(1, 1, true),
            says(1, 2, false),
            says(2, 5, true),
            says(1, 1, true),
        ];
        for turn in 0..all.len() {
            let mut order = all;
            order.rotate_left(turn);
            let mut merges = Merges::default();
            order.iter().for_each(|merged| merges.take(merged));
            assert_eq!(merges.sources().collect::<Vec<_>>(), [2], "from {turn}");
        }
    }
}
