//! Surveyed cases (rules 12 and 13), by what is known of them: instrument, class, and whether there was an
//! answer by then. Instruments are never pooled.

use super::COUNTED_ONES;
use crate::model::{Advocacy, SurveyScale};
use crate::processor::Total;

/// Whether a case had been answered when its customer was asked (rule 12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// By a person, and no wait was past its patience.
    Answered,
    /// Not so.
    Unanswered,
    /// Nobody waited for an answer, as after mere praise: Hatrix leaves such a case out.
    NotAsked,
}

/// What is known of a surveyed case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surveyed {
    /// The instrument.
    pub scale: SurveyScale,
    /// What the score makes of the customer.
    pub advocacy: Advocacy,
    /// Whether there was an answer.
    pub heard: Heard,
}

/// How many places surveyed cases take.
pub(super) const CELLS: usize = 27;

const SCALES: [SurveyScale; 3] = [
    SurveyScale::Nps0To10,
    SurveyScale::Stars1To5,
    SurveyScale::Csat1To5,
];
const CLASSES: [Advocacy; 3] = [Advocacy::Promoter, Advocacy::Passive, Advocacy::Detractor];
const HEARD: [Heard; 3] = [Heard::Answered, Heard::Unanswered, Heard::NotAsked];

impl Surveyed {
    /// All that there may be.
    pub fn all() -> impl Iterator<Item = Self> {
        let classes = |scale| CLASSES.into_iter().map(move |advocacy| (scale, advocacy));
        SCALES
            .into_iter()
            .flat_map(classes)
            .flat_map(|(scale, advocacy)| {
                HEARD.map(|heard| Self {
                    scale,
                    advocacy,
                    heard,
                })
            })
    }

    /// The place of its ones.
    pub(super) fn place(self) -> usize {
        let of_scale = self.scale as usize * CLASSES.len() + self.advocacy as usize;
        COUNTED_ONES + of_scale * HEARD.len() + self.heard as usize
    }

    /// How many such cases are in a total.
    pub fn of_total(self, total: &Total) -> i64 {
        total.ones[self.place()]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{CELLS, Surveyed};
    use crate::desk::figures::COUNTED_ONES;

    #[test]
    fn each_has_a_place_of_its_own() {
        let places: BTreeSet<_> = Surveyed::all().map(Surveyed::place).collect();
        assert_eq!(places.len(), CELLS);
        assert!(
            places
                .iter()
                .all(|place| (COUNTED_ONES..COUNTED_ONES + CELLS).contains(place))
        );
    }
}
