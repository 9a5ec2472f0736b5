//! The difference of two independent shares, and Newcombe's interval for it.

use super::Interval;
use super::proportion::Proportion;

/// The share of one group less that of another, independent one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Of the first group.
    pub first: Proportion,
    /// Of the second group.
    pub second: Proportion,
}

impl Difference {
    /// The difference itself, from -1 to 1.
    pub fn value(self) -> f64 {
        self.first.value() - self.second.value()
    }

    /// Newcombe's hybrid score interval, 95 %: with shares `p₁`, `p₂`, their difference `d` and their
    /// Wilson intervals `l₁` to `u₁` and `l₂` to `u₂`, from
    ///
    /// `d - √((p₁ - l₁)² + (u₂ - p₂)²)` to `d + √((u₁ - p₁)² + (p₂ - l₂)²)`.
    ///
    /// R. G. Newcombe 1998, Statistics in Medicine 17:873-890, method 10.
    pub fn interval(self) -> Interval {
        let (p1, p2) = (self.first.value(), self.second.value());
        let (w1, w2) = (self.first.interval(), self.second.interval());
        Interval {
            low: p1 - p2 - (p1 - w1.low).hypot(w2.high - p2),
            high: p1 - p2 + (w1.high - p1).hypot(p2 - w2.low),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Difference;
    use crate::stats::proportion::{Proportion, tests::by_halving};
    use crate::stats::testing::is_published;
    use crate::stats::{Interval, Z_95};

    fn difference((a, m): (u64, u64), (b, n): (u64, u64)) -> Difference {
        Difference {
            first: Proportion::new(a, m).expect("a share"),
            second: Proportion::new(b, n).expect("a share"),
        }
    }

    /// Newcombe 1998, Statistics in Medicine 17:873-890, Table II, method 10: all eight of its examples.
    #[test]
    fn newcombes_eight_examples() {
        for (first, second, published) in [
            ((56, 70), (48, 80), (0.0524, 0.3339)),
            ((9, 10), (3, 10), (0.1705, 0.8090)),
            ((6, 7), (2, 7), (0.0582, 0.8062)),
            ((5, 56), (0, 29), (-0.0381, 0.1926)),
            ((0, 10), (0, 20), (-0.1611, 0.2775)),
            ((0, 10), (0, 10), (-0.2775, 0.2775)),
            ((10, 10), (0, 20), (0.6791, 1.0)),
            ((10, 10), (0, 10), (0.6075, 1.0)),
        ] {
            let what = format!("{first:?} less {second:?}");
            is_published(difference(first, second).interval(), published, 4, &what);
        }
    }

    /// The other form of the interval: at each end, z standard errors, with the variances of the Wilson
    /// limits that point that way. The limits are those found by halving.
    fn by_variances((a, m): (u64, u64), (b, n): (u64, u64)) -> Interval {
        let (w1, w2) = (by_halving(a, m), by_halving(b, n));
        let variance = |share: f64, of: u64| share * (1.0 - share) / of as f64;
        let d = a as f64 / m as f64 - b as f64 / n as f64;
        Interval {
            low: d - Z_95 * (variance(w1.low, m) + variance(w2.high, n)).sqrt(),
            high: d + Z_95 * (variance(w1.high, m) + variance(w2.low, n)).sqrt(),
        }
    }

    fn share() -> impl Strategy<Value = (u64, u64)> {
        (1_u64..2000).prop_flat_map(|n| (0..=n, Just(n)))
    }

    proptest! {
        #[test]
        fn two_ways_to_the_same_interval(first in share(), second in share()) {
            let found = difference(first, second);
            let (interval, other) = (found.interval(), by_variances(first, second));
            prop_assert!((interval.low - other.low).abs() < 1e-6, "{interval:?} {other:?}");
            prop_assert!((interval.high - other.high).abs() < 1e-6, "{interval:?} {other:?}");
            prop_assert!(interval.contains(found.value()));
            prop_assert!(-1.0 - 1e-12 <= interval.low && interval.high <= 1.0 + 1e-12);
        }

        #[test]
        fn the_other_way_round_it_is_the_negative(first in share(), second in share()) {
            let (there, back) = (difference(first, second).interval(), difference(second, first).interval());
            prop_assert!((there.low + back.high).abs() < 1e-12 && (there.high + back.low).abs() < 1e-12);
        }
    }
}
