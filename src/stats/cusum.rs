//! Has a rate of counts risen? A one-sided cumulative sum over overdispersed counts.

use serde::{Deserialize, Serialize};

/// How counts in equal times vary around their mean: the variance of a count with mean `μ` is
/// `μ + αμ²`. With `α` = 0 they are Poisson; above, they are negative binomial, overdispersed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counts {
    /// The mean, above 0.
    pub mean: f64,
    /// `α`, 0 or above.
    pub dispersion: f64,
}

/// Below this, a dispersion is as good as none, and its formula would lose digits.
const POISSON: f64 = 1e-6;

impl Counts {
    /// The logarithm of how much more likely `count` is with a mean `factor` times as large and the same
    /// dispersion. With mean `μ`, dispersion `α`, factor `κ` and `q = (1 + ακμ) / (1 + αμ)`, this is
    ///
    /// `y (ln κ - ln q) - ln q / α`, and for Poisson counts `y ln κ - (κ - 1) μ`.
    ///
    /// M. Höhle, M. Paul 2008, Computational Statistics & Data Analysis 52:4357-4368, for negative
    /// binomial counts whose mean varies by the time.
    pub fn evidence(self, count: f64, factor: f64) -> f64 {
        let Self { mean, dispersion } = self;
        if dispersion < POISSON {
            return count * factor.ln() - (factor - 1.0) * mean;
        }
        let q = ((1.0 + dispersion * factor * mean) / (1.0 + dispersion * mean)).ln();
        count * (factor.ln() - q) - q / dispersion
    }

    /// The standard deviation of a count.
    pub fn deviation(self) -> f64 {
        (self.mean + self.dispersion * self.mean * self.mean).sqrt()
    }
}

/// The sum of evidence since the last time when it spoke against: `S = max(0, S + evidence)`.
///
/// If nothing has changed, it takes at least `exp(h)` counts in the mean until the sum reaches `h`, and
/// no rule with so few false signals finds the change sooner in the worst case.
///
/// E. S. Page 1954, Biometrika 41:100-115; G. Lorden 1971, Annals of Mathematical Statistics
/// 42:1897-1908; G. V. Moustakides 1986, Annals of Statistics 14:1379-1387.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cusum(f64);

impl Cusum {
    /// Adds evidence and returns the sum.
    pub fn add(&mut self, evidence: f64) -> f64 {
        self.0 = (self.0 + evidence).max(0.0);
        self.0
    }

    /// The sum; 0 where nothing speaks for a change.
    pub const fn sum(self) -> f64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::{Counts, Cusum};

    /// J. M. Lucas 1985, Technometrics 27:129-144: a Poisson count speaks for the higher of two means
    /// if it is above their difference over the difference of their logarithms.
    #[test]
    fn a_poisson_count_that_speaks_for_neither() {
        for (mean, factor) in [(1.0, 2.0), (4.0, 3.0), (0.1, 5.0)] {
            let counts = Counts {
                mean,
                dispersion: 0.0,
            };
            let reference = (factor * mean - mean) / ((factor * mean).ln() - mean.ln());
            assert!(
                counts.evidence(reference, factor).abs() < 1e-12,
                "{mean} {factor}"
            );
            assert!(counts.evidence(reference + 0.01, factor) > 0.0, "{mean} {factor}");
        }
    }

    /// The logarithm of the probability of each count up to `upto`, from one to the next.
    fn probabilities(Counts { mean, dispersion }: Counts, upto: usize) -> Vec<f64> {
        if dispersion == 0.0 {
            let next = |(ln, y): &(f64, f64)| Some((ln + (mean / (y + 1.0)).ln(), y + 1.0));
            return std::iter::successors(Some((-mean, 0.0)), next)
                .take(upto + 1)
                .map(|(ln, _)| ln)
                .collect();
        }
        let size = 1.0 / dispersion;
        let hit = mean / (mean + size);
        let next = |(ln, y): &(f64, f64)| Some((ln + ((y + size) / (y + 1.0) * hit).ln(), y + 1.0));
        let first = size * (1.0 - hit).ln();
        std::iter::successors(Some((first, 0.0)), next)
            .take(upto + 1)
            .map(|(ln, _)| ln)
            .collect()
    }

    proptest! {
        #[test]
        fn evidence_is_a_ratio_of_probabilities(
            count in 0_usize..200,
            mean in 0.01_f64..50.0,
            dispersion in prop_oneof![Just(0.0), 0.001_f64..2.0],
            factor in 1.1_f64..5.0,
        ) {
            let counts = Counts { mean, dispersion };
            let more = Counts { mean: factor * mean, dispersion };
            let ratio = probabilities(more, count)[count] - probabilities(counts, count)[count];
            prop_assert!((counts.evidence(count as f64, factor) - ratio).abs() < 1e-6 * (1.0 + ratio.abs()));
        }

        #[test]
        fn hardly_any_dispersion_is_none(count in 0_u32..200, mean in 0.01_f64..50.0) {
            let [none, hardly] = [0.0, 2e-6].map(|dispersion| Counts { mean, dispersion });
            let (none, hardly) = (none.evidence(count.into(), 3.0), hardly.evidence(count.into(), 3.0));
            prop_assert!((none - hardly).abs() < 0.05, "{none} {hardly}");
        }

        /// The sum is the greatest of the sums over all runs that end now, or 0.
        #[test]
        fn it_remembers_the_best_beginning(all in prop::collection::vec(-3.0_f64..2.0, 0..60)) {
            let mut cusum = Cusum::default();
            for (at, evidence) in all.iter().enumerate() {
                let greatest = (0..=at).map(|from| all[from..=at].iter().sum::<f64>()).fold(0.0, f64::max);
                prop_assert!((cusum.add(*evidence) - greatest).abs() < 1e-9);
            }
        }
    }

    /// Counts are Poisson with mean 2 and stay so: in the mean it takes more than exp(h) of them.
    #[test]
    fn false_signals_are_as_rare_as_promised() {
        let mut random = ChaCha8Rng::seed_from_u64(20);
        let counts = Counts {
            mean: 2.0,
            dispersion: 0.0,
        };
        let mut until_signal = || {
            let mut cusum = Cusum::default();
            (1..).find(|_| {
                let (mut count, mut left) = (-1.0, 1.0_f64);
                while left > (-counts.mean).exp() {
                    left *= random.random::<f64>();
                    count += 1.0;
                }
                cusum.add(counts.evidence(count, 3.0)) >= 4.0
            })
        };
        let took: u64 = (0..300).filter_map(|_| until_signal()).sum();
        assert!(took as f64 / 300.0 > 4.0_f64.exp(), "{took}");
    }
}
