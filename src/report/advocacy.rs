//! Rule 12: what customers would tell others, by instrument.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Advocacy, Case, SurveyScale};
use crate::stats::Interval;
use crate::stats::net::NetCounts;

/// An instrument; `None` where a case does not say of which its score is. Instruments are never pooled.
pub type Instrument = Option<SurveyScale>;

/// How an instrument is called in a table.
pub const fn name(instrument: Instrument) -> &'static str {
    match instrument {
        Some(SurveyScale::Nps0To10) => "NPS 0-10",
        Some(SurveyScale::Stars1To5) => "stars 1-5",
        Some(SurveyScale::Csat1To5) => "CSAT 1-5",
        None => "not said",
    }
}

/// Surveyed cases of one instrument.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SurveyFigures {
    /// The instrument.
    pub instrument: Instrument,
    /// Cases with a survey.
    pub surveyed: u64,
    /// Of those, customers who would recommend.
    pub promoters: u64,
    /// Neither.
    pub passives: u64,
    /// Customers who would not.
    pub detractors: u64,
    /// The net promoter score: promoters less detractors, per cent of all, from -100 to 100.
    pub score: Option<f64>,
    /// Its 95 % interval, by the adjusted Wald method (see [`NetCounts::interval`]).
    pub interval: Option<Interval>,
}

/// A running count of surveyed cases by instrument.
#[derive(Clone, Debug, Default)]
pub(super) struct Surveys(BTreeMap<Instrument, NetCounts>);

impl Surveys {
    pub fn add(&mut self, case: &Case) {
        let Some(advocacy) = case.advocacy else {
            return;
        };
        let counts = self.0.entry(case.survey_scale).or_default();
        match advocacy {
            Advocacy::Promoter => counts.promoters += 1,
            Advocacy::Passive => counts.passives += 1,
            Advocacy::Detractor => counts.detractors += 1,
        }
    }

    pub fn figures(&self) -> Vec<SurveyFigures> {
        let figures = self.0.iter().map(|(instrument, counts)| SurveyFigures {
            instrument: *instrument,
            surveyed: counts.answers(),
            promoters: counts.promoters,
            passives: counts.passives,
            detractors: counts.detractors,
            score: counts.score().map(|score| 100.0 * score),
            interval: counts.interval().map(|interval| interval.times(100.0)),
        });
        figures.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Surveys;
    use crate::model::{Advocacy, Case, SurveyScale};

    fn surveyed(advocacy: Advocacy, scale: SurveyScale) -> Case {
        Case {
            advocacy: Some(advocacy),
            survey_scale: Some(scale),
            ..Case::default()
        }
    }

    #[test]
    fn instruments_are_never_pooled() {
        let mut surveys = Surveys::default();
        for (advocacy, scale) in [
            (Advocacy::Promoter, SurveyScale::Nps0To10),
            (Advocacy::Promoter, SurveyScale::Nps0To10),
            (Advocacy::Passive, SurveyScale::Nps0To10),
            (Advocacy::Detractor, SurveyScale::Nps0To10),
            (Advocacy::Detractor, SurveyScale::Stars1To5),
        ] {
            surveys.add(&surveyed(advocacy, scale));
        }
        surveys.add(&Case::default());
        surveys.add(&Case {
            advocacy: Some(Advocacy::Promoter),
            ..Case::default()
        });
        let found: Vec<_> = surveys
            .figures()
            .iter()
            .map(|f| (f.instrument, f.surveyed, f.score))
            .collect();
        assert_eq!(
            found,
            [
                (None, 1, Some(100.0)),
                (Some(SurveyScale::Nps0To10), 4, Some(25.0)),
                (Some(SurveyScale::Stars1To5), 1, Some(-100.0)),
            ]
        );
    }
}
