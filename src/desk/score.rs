//! Rule 12: what customers give when asked, and what that makes of them. Instruments are never pooled: a
//! score goes nowhere without its scale.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::model::{Advocacy, Millis, SurveyScale};

/// A score on its instrument. Intake has seen that it is within the scale.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Score {
    /// The score, in the scale's units.
    pub value: f64,
    /// The instrument.
    pub scale: SurveyScale,
}

impl Score {
    /// NPS 9-10, 5 stars, CSAT 5 = PROMOTER; NPS 0-6, stars or CSAT 1-2 = DETRACTOR; else PASSIVE.
    pub fn advocacy(self) -> Advocacy {
        let (detractors_up_to, promoters_from) = match self.scale {
            SurveyScale::Nps0To10 => (6.0, 9.0),
            SurveyScale::Stars1To5 | SurveyScale::Csat1To5 => (2.0, 5.0),
        };
        if self.value >= promoters_from {
            Advocacy::Promoter
        } else if self.value <= detractors_up_to {
            Advocacy::Detractor
        } else {
            Advocacy::Passive
        }
    }
}

/// Scores are numbers, never NaN: equal are those of the same bits.
impl PartialEq for Score {
    fn eq(&self, other: &Self) -> bool {
        (self.value.to_bits(), self.scale) == (other.value.to_bits(), other.scale)
    }
}

impl Eq for Score {}

impl Hash for Score {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.value.to_bits(), self.scale).hash(hasher);
    }
}

/// A score that a customer gave: when, and by which answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scored {
    /// When it was given.
    pub at: Millis,
    /// The survey's id, or that of the review whose stars changed. A survey that names no conversation
    /// has its source before it: ids are unique within a source only.
    pub id: SmolStr,
    /// The review's revision; zero of a survey.
    pub revision: i64,
    /// The score.
    pub score: Score,
}

impl Scored {
    /// Whether it is of a review whose stars were changed, not of a survey.
    pub fn is_stars(&self) -> bool {
        self.revision > 0
    }

    /// The order of scores: by time. Of one moment the lower of an instrument counts as the later, so that no id
    /// decides what is shown: ids are hidden when somebody is forgotten.
    pub fn order(&self, other: &Self) -> Ordering {
        let (mine, theirs) = (&self.score, &other.score);
        let by_moment = (self.at, mine.scale).cmp(&(other.at, theirs.scale));
        let by_value = theirs.value.total_cmp(&mine.value);
        let name = (&self.id, self.revision).cmp(&(&other.id, other.revision));
        by_moment.then(by_value).then(name)
    }
}

/// Scores that a case remembers of those that its customer gave in it; of more, the earliest are forgotten.
pub const REMEMBERED: usize = 16;

/// The scores that a customer gave in one case, in their order: each survey that names its conversation, and each
/// review's stars as they were changed last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scores(SmallVec<[Scored; 0]>);

impl Scores {
    /// Adds a score at its place.
    pub fn add(&mut self, scored: Scored) {
        let place = self.0.partition_point(|known| known.order(&scored).is_lt());
        self.0.insert(place, scored);
        if self.0.len() > REMEMBERED {
            self.0.remove(0);
        }
    }

    /// The scores.
    pub fn iter(&self) -> impl Iterator<Item = &Scored> {
        self.0.iter()
    }

    /// The last of them.
    pub fn latest(&self) -> Option<&Scored> {
        self.0.last()
    }

    /// Whether there may have been an earlier one than this, which is not among them, that was forgotten.
    pub fn has_forgotten(&self, scored: &Scored) -> bool {
        let first = self.0.first().filter(|_| self.0.len() == REMEMBERED);
        first.is_some_and(|first| scored.order(first).is_lt())
    }

    /// Calls the answers and messages in which they were given by other names.
    pub fn rename(&mut self, name: impl Fn(&str) -> SmolStr) {
        for scored in &mut self.0 {
            scored.id = name(&scored.id);
        }
        self.0.sort_by(Scored::order);
    }
}

impl FromIterator<Scored> for Scores {
    fn from_iter<I: IntoIterator<Item = Scored>>(all: I) -> Self {
        let mut scores = Self::default();
        all.into_iter().for_each(|scored| scores.add(scored));
        scores
    }
}

/// Of several, the one that is shown: the latest.
pub fn latest<'s>(all: impl IntoIterator<Item = &'s Scored>) -> Option<&'s Scored> {
    all.into_iter().max_by(|a, b| a.order(b))
}

#[cfg(test)]
mod tests {
    use super::{REMEMBERED, Score, Scored, Scores, latest};
    use crate::model::Advocacy::{Detractor, Passive, Promoter};
    use crate::model::Millis;
    use crate::model::SurveyScale::{Csat1To5, Nps0To10, Stars1To5};

    #[test]
    fn what_a_score_makes_of_a_customer() {
        //   given on this scale   this score   then
        for (scale, value, advocacy) in [
            (Nps0To10, 10.0, Promoter),
            (Nps0To10, 9.0, Promoter),
            (Nps0To10, 8.0, Passive),
            (Nps0To10, 7.0, Passive),
            (Nps0To10, 6.0, Detractor),
            (Nps0To10, 5.0, Detractor), // five of ten is not five of five
            (Nps0To10, 0.0, Detractor),
            (Stars1To5, 5.0, Promoter),
            (Stars1To5, 4.5, Passive),
            (Stars1To5, 3.0, Passive),
            (Stars1To5, 2.0, Detractor),
            (Stars1To5, 1.0, Detractor),
            (Csat1To5, 5.0, Promoter),
            (Csat1To5, 4.0, Passive),
            (Csat1To5, 2.0, Detractor),
        ] {
            assert_eq!(
                Score { value, scale }.advocacy(),
                advocacy,
                "{value} on {scale:?}"
            );
        }
    }

    #[test]
    fn of_several_the_latest_is_shown() {
        let scored = |at, id: &str| Scored {
            at: Millis(at),
            id: id.into(),
            revision: 0,
            score: Score {
                value: 5.0,
                scale: Csat1To5,
            },
        };
        let all = [scored(1, "z"), scored(2, "b"), scored(2, "c"), scored(2, "a")];
        assert_eq!(latest(&all).map(|scored| &*scored.id), Some("c"));
        let worse = Scored {
            score: Score {
                value: 1.0,
                scale: Csat1To5,
            },
            ..scored(2, "0")
        };
        assert_eq!(latest(all.iter().chain([&worse])), Some(&worse));
        assert_eq!(latest([]), None);
    }

    /// Given moments of scores, in whatever order, then those that are remembered.
    #[test]
    fn a_case_remembers_the_last_scores_in_their_order() {
        let scored = |at: i64| Scored {
            at: Millis(at),
            id: at.to_string().into(),
            revision: 0,
            score: Score {
                value: 5.0,
                scale: Csat1To5,
            },
        };
        let many = REMEMBERED as i64 + 3;
        for (given, first) in [
            (vec![2, 1, 3], 1),
            ((1..=many).rev().collect(), 4),
            ((1..=many).collect(), 4),
        ] {
            let last = given.iter().copied().max();
            let scores: Scores = given.into_iter().map(scored).collect();
            let moments: Vec<_> = scores.iter().map(|scored| scored.at.0).collect();
            assert_eq!(moments, (first..=last.unwrap_or_default()).collect::<Vec<_>>());
            assert_eq!(scores.latest().map(|scored| scored.at.0), last);
            assert_eq!(scores.has_forgotten(&scored(0)), first > 1);
            assert!(!scores.has_forgotten(&scored(many + 1)));
        }
    }
}
