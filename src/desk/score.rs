//! Rule 12: what customers give when asked, and what that makes of them. Instruments are never pooled: a
//! score goes nowhere without its scale.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};
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

/// Of several, the one that is shown: the latest.
pub fn latest<'s>(all: impl IntoIterator<Item = &'s Scored>) -> Option<&'s Scored> {
    all.into_iter().max_by(|a, b| a.order(b))
}

#[cfg(test)]
mod tests {
    use super::{Score, Scored, latest};
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
}
