//! A share, and Wilson's interval for it.

use super::{Interval, Z_95};

/// A share: so many of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proportion {
    successes: u64,
    of: u64,
}

impl Proportion {
    /// `successes` of `of`; `None` if there is nothing to take a share of, or fewer than successes.
    pub const fn new(successes: u64, of: u64) -> Option<Self> {
        if of == 0 || successes > of {
            return None;
        }
        Some(Self { successes, of })
    }

    /// The share itself, from 0 to 1.
    pub fn value(self) -> f64 {
        self.successes as f64 / self.of as f64
    }

    /// Wilson's score interval, 95 %, without continuity correction: with `x` of `n`, `p = x / n` and
    /// the normal quantile `z`,
    ///
    /// `(2x + z² ± z √(z² + 4x(1 - p))) / (2(n + z²))`.
    ///
    /// It is never outside 0 to 1, and has a width even where the share is 0 or 1.
    ///
    /// E. B. Wilson 1927, Journal of the American Statistical Association 22:209-212; method 3 of
    /// R. G. Newcombe 1998, Statistics in Medicine 17:857-872.
    pub fn interval(self) -> Interval {
        let (x, n, z2) = (self.successes as f64, self.of as f64, Z_95 * Z_95);
        let centre = 2.0 * x + z2;
        let half = Z_95 * (z2 + 4.0 * x * (1.0 - self.value())).sqrt();
        let width = 2.0 * (n + z2);
        Interval {
            // At the ends both sides of the difference are z², but for their last bits.
            low: if self.successes == 0 {
                0.0
            } else {
                (centre - half) / width
            },
            high: if self.successes == self.of {
                1.0
            } else {
                (centre + half) / width
            },
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::Proportion;
    use crate::stats::testing::is_published;
    use crate::stats::{Interval, Z_95};

    /// Newcombe 1998, Statistics in Medicine 17:857-872, Table I, method 3.
    #[test]
    fn newcombes_four_examples() {
        for (x, n, published) in [
            (81, 263, (0.2553, 0.3662)),
            (15, 148, (0.0624, 0.1605)),
            (0, 20, (0.0, 0.1611)),
            (1, 29, (0.0061, 0.1718)),
        ] {
            let share = Proportion::new(x, n).expect("a share");
            is_published(share.interval(), published, 4, &format!("{x} of {n}"));
        }
    }

    #[test]
    fn what_is_no_share() {
        assert_eq!(Proportion::new(0, 0), None);
        assert_eq!(Proportion::new(3, 2), None);
    }

    /// The interval by what it means, not by its formula: all true shares from which the one found is no
    /// more than z of the true share's standard errors away. Its ends are found by halving.
    pub fn by_halving(x: u64, n: u64) -> Interval {
        let p = x as f64 / n as f64;
        let fits = |share: f64| (p - share).abs() <= Z_95 * (share * (1.0 - share) / n as f64).sqrt();
        let end = |mut outside: f64| {
            if fits(outside) {
                return outside;
            }
            let mut inside = p;
            for _ in 0..200 {
                let middle = f64::midpoint(inside, outside);
                *(if fits(middle) { &mut inside } else { &mut outside }) = middle;
            }
            inside
        };
        Interval {
            low: end(0.0),
            high: end(1.0),
        }
    }

    proptest! {
        #[test]
        fn it_is_what_it_means((x, n) in (1_u64..5000).prop_flat_map(|n| (0..=n, Just(n)))) {
            let share = Proportion::new(x, n).expect("a share");
            let (found, meant) = (share.interval(), by_halving(x, n));
            prop_assert!((found.low - meant.low).abs() < 1e-9, "{found:?} {meant:?}");
            prop_assert!((found.high - meant.high).abs() < 1e-9, "{found:?} {meant:?}");
            prop_assert!(0.0 <= found.low && found.contains(share.value()) && found.high <= 1.0);
        }
    }
}
