//! Rule 13, Hatrix: does an answer go with what customers would tell others?

use std::collections::BTreeMap;

use serde::Serialize;
use smol_str::SmolStr;

use super::advocacy::Instrument;
use crate::model::{Advocacy, Case, CaseId, Millis};
use crate::stats::Interval;
pub use crate::stats::promoters::ENOUGH;
use crate::stats::promoters::{Promoters, association};

/// Hatrix of a channel and instrument: the share of promoters among the customers of answered cases less
/// that among those of unanswered ones. It is an association: nobody drew lots for who gets an answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hatrix {
    /// The channel.
    pub channel: SmolStr,
    /// The instrument.
    pub instrument: Instrument,
    /// Surveyed cases that had been answered when the customer was asked.
    pub answered: Side,
    /// Those that had not.
    pub unanswered: Side,
    /// The difference of the shares, from -1 to 1; null unless both sides have [`ENOUGH`] surveys.
    pub association: Option<f64>,
    /// Newcombe's 95 % interval of it (method 10).
    pub interval: Option<Interval>,
}

/// One side of the comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Side {
    /// Cases with a survey.
    pub surveyed: u64,
    /// Of those, promoters.
    pub promoters: u64,
    /// Of those surveyed, customers whose earlier score with this instrument another case knows.
    pub scored_before: u64,
    /// Of those, customers whose score is higher now.
    pub gained: u64,
    /// Of those, customers whose score is lower now.
    pub lost: u64,
}

impl Side {
    fn promoters(self) -> Promoters {
        Promoters {
            surveyed: self.surveyed,
            promoters: self.promoters,
        }
    }
}

/// All surveys that cases know of, by who answered and with which instrument.
#[derive(Clone, Debug, Default)]
pub(super) struct Comparison(BTreeMap<(SmolStr, Instrument), Vec<Surveyed>>);

/// A surveyed case.
#[derive(Clone, Debug)]
struct Surveyed {
    at: Option<Millis>,
    case_id: CaseId,
    channel: SmolStr,
    score: Option<f64>,
    is_promoter: bool,
    is_answered: bool,
    is_meant: bool,
}

impl Comparison {
    /// Takes a case in, if it was surveyed. One that is not meant only serves as an earlier score. Whether
    /// it was answered is judged as of the survey; where the case does not say when that was, as of now.
    pub fn add(&mut self, case: &Case, is_meant: bool) {
        let Some(advocacy) = case.advocacy else {
            return;
        };
        // Who only praised did not wait for an answer.
        let is_meant = is_meant && case.waits > 0;
        let by_then = |answered| case.surveyed_at.is_none_or(|surveyed| answered <= surveyed);
        let of_party = self
            .0
            .entry((case.party_key.clone(), case.survey_scale))
            .or_default();
        of_party.push(Surveyed {
            at: case.surveyed_at,
            case_id: case.case_id,
            channel: case.channel.clone(),
            score: case.survey_score,
            is_promoter: advocacy == Advocacy::Promoter,
            is_answered: case
                .answered_when_surveyed
                .unwrap_or_else(|| case.answered_at.is_some_and(by_then)),
            is_meant,
        });
    }

    /// By channel and instrument.
    pub fn hatrix(&self) -> Vec<Hatrix> {
        let mut rows: BTreeMap<(&SmolStr, Instrument), (Side, Side)> = BTreeMap::new();
        for ((_, instrument), of_party) in &self.0 {
            let mut of_party: Vec<_> = of_party.iter().collect();
            of_party.sort_by_key(|survey| (survey.at, survey.case_id));
            let mut before = None;
            for survey in of_party {
                if survey.is_meant {
                    let sides = rows.entry((&survey.channel, *instrument)).or_default();
                    let side = if survey.is_answered {
                        &mut sides.0
                    } else {
                        &mut sides.1
                    };
                    side.add(survey, before);
                }
                // Without a time nobody knows what is earlier; without an instrument, what a score means.
                if survey.at.is_some() && instrument.is_some() {
                    before = survey.score.or(before);
                }
            }
        }
        rows.into_iter().map(|(key, sides)| row(key, sides)).collect()
    }
}

impl Side {
    fn add(&mut self, survey: &Surveyed, before: Option<f64>) {
        self.surveyed += 1;
        self.promoters += u64::from(survey.is_promoter);
        if let Some((before, now)) = before.zip(survey.score) {
            self.scored_before += 1;
            self.gained += u64::from(now > before);
            self.lost += u64::from(now < before);
        }
    }
}

fn row((channel, instrument): (&SmolStr, Instrument), (answered, unanswered): (Side, Side)) -> Hatrix {
    let difference = association(answered.promoters(), unanswered.promoters());
    Hatrix {
        channel: channel.clone(),
        instrument,
        answered,
        unanswered,
        association: difference.map(|difference| difference.value()),
        interval: difference.map(|difference| difference.interval()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Comparison, Hatrix};
    use crate::model::{Advocacy, Case, Millis, SurveyScale};

    const NPS: SurveyScale = SurveyScale::Nps0To10;

    fn surveyed(advocacy: Advocacy, scale: SurveyScale, answered_at: Option<i64>) -> Case {
        Case {
            channel: "social".into(),
            waits: 1,
            advocacy: Some(advocacy),
            survey_scale: Some(scale),
            surveyed_at: Some(Millis(100)),
            answered_at: answered_at.map(Millis),
            ..Case::default()
        }
    }

    fn only_row(comparison: &Comparison) -> Hatrix {
        let mut rows = comparison.hatrix();
        assert_eq!(rows.len(), 1, "one channel, one instrument");
        rows.remove(0)
    }

    #[test]
    fn answered_or_not_is_judged_as_of_the_survey() {
        let mut comparison = Comparison::default();
        let unsaid = Case {
            surveyed_at: None,
            ..surveyed(Advocacy::Passive, NPS, Some(500))
        };
        for case in [
            surveyed(Advocacy::Promoter, NPS, Some(100)),
            surveyed(Advocacy::Promoter, NPS, Some(101)),
            surveyed(Advocacy::Promoter, NPS, None),
            unsaid,
            Case::default(),
        ] {
            comparison.add(&case, true);
        }
        let Hatrix {
            answered, unanswered, ..
        } = only_row(&comparison);
        assert_eq!((answered.surveyed, answered.promoters), (2, 1));
        assert_eq!((unanswered.surveyed, unanswered.promoters), (2, 2));
    }

    /// Newcombe's first example, 56 of 70 against 48 of 80, as answered and unanswered cases; and what
    /// is left of it when one side has 29.
    #[test]
    fn a_difference_is_told_from_thirty_surveys_a_side_on() {
        let hatrix = |answered: (usize, usize), unanswered: (usize, usize)| {
            let mut comparison = Comparison::default();
            for ((promoters, of), answered_at) in [(answered, Some(1)), (unanswered, None)] {
                for nth in 0..of {
                    let advocacy = if nth < promoters {
                        Advocacy::Promoter
                    } else {
                        Advocacy::Passive
                    };
                    comparison.add(&surveyed(advocacy, SurveyScale::Csat1To5, answered_at), true);
                }
            }
            only_row(&comparison)
        };
        let row = hatrix((56, 70), (48, 80));
        let interval = row.interval.expect("enough surveys");
        let rounded = [row.association.expect("enough"), interval.low, interval.high]
            .map(|share| (share * 10_000.0).round() as i64);
        assert_eq!(rounded, [2000, 524, 3339]);
        assert!(hatrix((30, 30), (0, 30)).interval.is_some());
        assert!(hatrix((29, 29), (48, 80)).interval.is_none());
        assert!(hatrix((56, 70), (0, 29)).association.is_none());
    }

    #[test]
    fn gain_and_loss_are_against_the_same_partys_earlier_score_with_the_same_instrument() {
        let mut comparison = Comparison::default();
        //   party  scale                   at       score  answered  meant
        for (party, scale, at, score, answered, is_meant) in [
            ("a", NPS, Some(30), 9.0, true, true),
            ("a", NPS, Some(10), 3.0, false, true),
            ("a", NPS, Some(20), 5.0, true, false),
            ("b", NPS, Some(20), 8.0, true, true),
            ("b", NPS, Some(40), 2.0, false, true),
            ("b", NPS, Some(50), 2.0, false, true),
            // Another instrument; and one of which nobody knows when.
            ("c", SurveyScale::Csat1To5, Some(10), 5.0, true, false),
            ("c", NPS, Some(20), 4.0, true, true),
            ("d", NPS, None, 4.0, true, true),
            ("d", NPS, Some(20), 5.0, true, true),
        ] {
            let case = Case {
                party_key: party.into(),
                surveyed_at: at.map(Millis),
                survey_score: Some(score),
                ..surveyed(Advocacy::Passive, scale, answered.then_some(0))
            };
            comparison.add(&case, is_meant);
        }
        let Hatrix {
            answered, unanswered, ..
        } = only_row(&comparison);
        let told = |side: super::Side| (side.surveyed, side.scored_before, side.gained, side.lost);
        // Of a the 9 after the 5, though that one is not meant.
        assert_eq!(told(answered), (5, 1, 1, 0));
        assert_eq!(told(unanswered), (3, 2, 0, 1));
    }
}
