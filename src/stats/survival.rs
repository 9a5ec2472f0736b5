//! How long something takes, when not all of it has happened yet: the Kaplan-Meier estimator.

/// One thing that was watched for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Observation {
    /// How long it was watched: until it happened, or until the watching ended.
    pub time: i64,
    /// Whether it happened then. Else the observation is censored: it had not happened by then.
    pub happened: bool,
}

/// A time at which something happened, and what was left after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The time.
    pub time: i64,
    /// How many were still watched just before, for which it had not happened: `n`.
    pub at_risk: u64,
    /// For how many of them it happened now: `d`.
    pub happened: u64,
    /// The share for which it takes longer than this time.
    pub survival: f64,
}

/// The share for which it takes longer than `t`, at all `t`: the product of `1 - d / n` over all times up
/// to `t` at which it happened. An observation that is censored at a time was still at risk at it.
///
/// E. L. Kaplan, P. Meier 1958, Journal of the American Statistical Association 53:457-481.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survival {
    steps: Vec<Step>,
}

/// How far a product of many factors may be from the fraction that it stands for. A half that comes out
/// as slightly more is still a half.
const ROUNDING: f64 = 1e-9;

impl Survival {
    /// The estimate from observations, in any order.
    pub fn of(observations: impl IntoIterator<Item = Observation>) -> Self {
        let mut observations: Vec<_> = observations.into_iter().collect();
        observations.sort_unstable();
        let mut at_risk = observations.len() as u64;
        let mut survival = 1.0;
        let mut steps = Vec::new();
        for at_once in observations.chunk_by(|a, b| a.time == b.time) {
            let happened = at_once.iter().filter(|one| one.happened).count() as u64;
            if happened > 0 {
                survival *= (at_risk - happened) as f64 / at_risk as f64;
                steps.push(Step {
                    time: at_once[0].time,
                    at_risk,
                    happened,
                    survival,
                });
            }
            at_risk -= at_once.len() as u64;
        }
        Self { steps }
    }

    /// The times at which it happened, ascending.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The share for which it takes longer than `time`.
    pub fn at(&self, time: i64) -> f64 {
        let after = self.steps.partition_point(|step| step.time <= time);
        match after.checked_sub(1) {
            Some(last) => self.steps[last].survival,
            None => 1.0,
        }
    }

    /// The median: the smallest time beyond which it takes no more than half of them. `None` if the
    /// observations do not reach it: it has not happened for half of them yet.
    pub fn median(&self) -> Option<i64> {
        let reached = |step: &&Step| step.survival <= 0.5 + ROUNDING;
        self.steps.iter().find(reached).map(|step| step.time)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Observation, Survival};

    fn happened(time: i64) -> Observation {
        Observation { time, happened: true }
    }

    fn censored(time: i64) -> Observation {
        Observation {
            time,
            happened: false,
        }
    }

    /// Weeks in remission of leukaemia patients with 6-mercaptopurine: Freireich and others 1963, Blood
    /// 21:699-716.
    fn treated() -> Survival {
        let relapses = [6, 6, 6, 7, 10, 13, 16, 22, 23].map(happened);
        let still_well = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map(censored);
        Survival::of(relapses.into_iter().chain(still_well))
    }

    /// Estimates as in E. A. Gehan 1965, Biometrika 52:203-223, and textbooks since, such as D. G.
    /// Kleinbaum, M. Klein 2012, Survival Analysis, chapter 2.
    #[test]
    fn freireichs_treated_patients() {
        let found: Vec<_> = treated()
            .steps()
            .iter()
            .map(|s| {
                (
                    s.time,
                    s.at_risk,
                    s.happened,
                    (s.survival * 1000.0).round() / 1000.0,
                )
            })
            .collect();
        let published = [
            (6, 21, 3, 0.857),
            (7, 17, 1, 0.807),
            (10, 15, 1, 0.753),
            (13, 12, 1, 0.690),
            (16, 11, 1, 0.627),
            (22, 7, 1, 0.538),
            (23, 6, 1, 0.448),
        ];
        assert_eq!(found, published);
        assert_eq!(treated().median(), Some(23));
    }

    #[test]
    fn freireichs_patients_with_a_placebo() {
        let weeks = [
            1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23,
        ];
        let placebo = Survival::of(weeks.map(happened));
        assert_eq!(placebo.median(), Some(8));
        assert_eq!((placebo.at(7) * 21.0).round(), 12.0);
        assert_eq!(placebo.at(23), 0.0);
    }

    #[test]
    fn the_share_between_and_beyond_the_steps() {
        let treated = treated();
        assert_eq!(treated.at(5), 1.0);
        assert_eq!(treated.at(9), treated.at(7));
        assert_eq!(treated.at(1000), treated.at(23));
    }

    #[test]
    fn medians() {
        //  observations                                             then the median is
        for (observations, median) in [
            (vec![], None),
            (vec![censored(5)], None),
            (vec![happened(5)], Some(5)),
            (vec![happened(5), happened(6)], Some(5)),
            (vec![happened(5), censored(5)], Some(5)),
            // Censored before: it was not at risk any more.
            (vec![censored(4), happened(5)], Some(5)),
            (vec![happened(5), censored(6), censored(7)], None),
            // Three of six: a half exactly, though the product of the factors may be a bit more.
            ([1, 2, 3, 4, 5, 6].map(happened).to_vec(), Some(3)),
        ] {
            assert_eq!(
                Survival::of(observations.clone()).median(),
                median,
                "{observations:?}"
            );
        }
    }

    /// The estimate by another way (B. Efron 1967, Proceedings of the Fifth Berkeley Symposium 4:831-853):
    /// each observation has the same mass; from left to right, that of a censored one goes in equal parts
    /// to all that were watched for longer. What is beyond a time is the survival at it. Mass of the last
    /// censored ones stays with them.
    fn redistributed(mut observations: Vec<Observation>, time: i64) -> f64 {
        // At one time, what happened is before what is censored.
        observations.sort_by_key(|one| (one.time, !one.happened));
        let mut mass = vec![1.0 / observations.len() as f64; observations.len()];
        for at in 0..observations.len() {
            let after = observations.len() - at - 1;
            if !observations[at].happened && after > 0 {
                let part = mass[at] / after as f64;
                mass[at] = 0.0;
                mass[at + 1..].iter_mut().for_each(|mass| *mass += part);
            }
        }
        let gone = observations
            .iter()
            .zip(&mass)
            .filter(|(one, _)| one.happened && one.time <= time);
        1.0 - gone.map(|(_, mass)| mass).sum::<f64>()
    }

    proptest! {
        #[test]
        fn two_ways_to_the_same_estimate(
            all in prop::collection::vec((0_i64..20, any::<bool>()), 1..60),
            time in -1_i64..22,
        ) {
            let all: Vec<_> = all.into_iter().map(|(time, happened)| Observation { time, happened }).collect();
            let estimate = Survival::of(all.iter().copied());
            prop_assert!((estimate.at(time) - redistributed(all.clone(), time)).abs() < 1e-9);
            let median = (0..20).find(|time| redistributed(all.clone(), *time) <= 0.5 + 1e-9);
            prop_assert_eq!(estimate.median(), median);
        }

        #[test]
        fn without_censoring_it_is_the_plain_share(mut times in prop::collection::vec(0_i64..50, 1..80)) {
            let estimate = Survival::of(times.iter().copied().map(happened));
            times.sort_unstable();
            // Nearest rank, as the plain median beside it.
            prop_assert_eq!(estimate.median(), Some(times[times.len().div_ceil(2) - 1]));
        }
    }
}
