//! Promoters less detractors: the net promoter score, and an interval for it.

use super::{Interval, Z_95};

/// How many answers to a survey are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetCounts {
    /// Who would recommend.
    pub promoters: u64,
    /// Neither.
    pub passives: u64,
    /// Who would not.
    pub detractors: u64,
}

/// Answers that the interval adds to each end, and twice as many in the middle.
const ADDED: f64 = 0.75;

impl NetCounts {
    /// All answers.
    pub const fn answers(self) -> u64 {
        self.promoters + self.passives + self.detractors
    }

    /// The share of promoters less that of detractors, from -1 to 1; `None` without answers.
    pub fn score(self) -> Option<f64> {
        Some(self.mean(0.0)?.score)
    }

    /// The standard error of the score: an answer counts 1, 0 or -1, so that with the shares `p` of
    /// promoters and `d` of detractors its variance is `p + d - (p - d)²` (that of a multinomial), and
    /// that of the mean of `n` an n-th of it. `None` without answers.
    pub fn standard_error(self) -> Option<f64> {
        Some(self.mean(0.0)?.error)
    }

    /// The adjusted Wald interval of the score, 95 %: score and standard error of three answers more,
    /// of which ¾ are promoters, ¾ detractors and 1½ passives; the score plus and minus z standard
    /// errors, within -1 to 1. Unlike the plain one it holds what it says with few answers, and has a
    /// width where all answers are alike. `None` without answers.
    ///
    /// B. Rocks 2016, The American Statistician 70:365-372.
    pub fn interval(self) -> Option<Interval> {
        self.mean(0.0)?;
        let Mean { score, error } = self.mean(ADDED)?;
        Some(Interval {
            low: (score - Z_95 * error).max(-1.0),
            high: (score + Z_95 * error).min(1.0),
        })
    }

    /// Mean and its standard error, with `added` answers more at each end and twice that in the middle.
    fn mean(self, added: f64) -> Option<Mean> {
        let n = self.answers() as f64 + 4.0 * added;
        if n == 0.0 {
            return None;
        }
        let share = |count: u64| (count as f64 + added) / n;
        let (p, d) = (share(self.promoters), share(self.detractors));
        let score = p - d;
        let error = ((p + d - score * score).max(0.0) / n).sqrt();
        Some(Mean { score, error })
    }
}

/// A score and its standard error.
struct Mean {
    score: f64,
    error: f64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::NetCounts;
    use crate::stats::{Interval, Z_95};

    fn counts(promoters: u64, passives: u64, detractors: u64) -> NetCounts {
        NetCounts {
            promoters,
            passives,
            detractors,
        }
    }

    /// W. Huber 2011, "How can I calculate margin of error in a NPS result?", Cross Validated 18603: of
    /// 324 answers one half promoters, a third passives, a sixth detractors: 33.3 with an error of 4.1.
    #[test]
    fn hubers_324_answers() {
        let answers = counts(162, 108, 54);
        let percent = |share: Option<f64>| (share.expect("there are answers") * 1000.0).round() / 10.0;
        assert_eq!(
            (percent(answers.score()), percent(answers.standard_error())),
            (33.3, 4.1)
        );
    }

    #[test]
    fn without_answers_there_is_nothing_to_say() {
        assert_eq!(NetCounts::default().score(), None);
        assert_eq!(NetCounts::default().interval(), None);
    }

    #[test]
    fn all_alike_is_not_beyond_doubt() {
        let interval = counts(10, 0, 0).interval().expect("there are answers");
        assert!(interval.low < 0.95 && interval.high == 1.0, "{interval:?}");
    }

    /// The same by the definition of mean and variance, answer by answer. A quarter of an answer counts
    /// as one, so that the three more are whole ones.
    fn answer_by_answer(counts: NetCounts) -> Interval {
        let quarters = |n: u64, more: usize, value: f64| vec![value; 4 * n as usize + more];
        let all = [
            quarters(counts.promoters, 3, 1.0),
            quarters(counts.passives, 6, 0.0),
            quarters(counts.detractors, 3, -1.0),
        ]
        .concat();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let variance = all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / all.len() as f64;
        let half = Z_95 * (variance / (all.len() as f64 / 4.0)).sqrt();
        Interval {
            low: (mean - half).max(-1.0),
            high: (mean + half).min(1.0),
        }
    }

    proptest! {
        #[test]
        fn it_is_that_of_the_answers(p in 0_u64..200, m in 0_u64..200, d in 0_u64..200) {
            prop_assume!(p + m + d > 0);
            let answers = counts(p, m, d);
            let (found, meant) = (answers.interval().expect("answers"), answer_by_answer(answers));
            prop_assert!((found.low - meant.low).abs() < 1e-9, "{found:?} {meant:?}");
            prop_assert!((found.high - meant.high).abs() < 1e-9, "{found:?} {meant:?}");
        }
    }
}
