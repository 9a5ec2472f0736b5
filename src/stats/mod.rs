//! Statistics that the rules name: a file each, with its formula and where it comes from. Pure.
//!
//! - [`proportion`]: Wilson's interval for a share.
//! - [`difference`]: Newcombe's interval for the difference of two shares (rule 13).
//! - [`promoters`]: promoters of two sides, and from how many on they are compared (rule 13).
//! - [`net`]: promoters less detractors, with an interval (rule 12).
//! - [`survival`]: the Kaplan-Meier estimator (rule 15).
//! - [`cusum`]: a one-sided cumulative sum of counts (rule 14).

pub mod cusum;
pub mod difference;
pub mod net;
pub mod promoters;
pub mod proportion;
pub mod survival;

use serde::Serialize;

/// The standard normal quantile of a two-sided 95 % interval.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// A confidence interval, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    /// Whether `value` is in it.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// The same interval in other units, of which one of these is `factor`, a positive number.
    pub fn times(self, factor: f64) -> Self {
        Self {
            low: self.low * factor,
            high: self.high * factor,
        }
    }
}

#[cfg(test)]
mod testing {
    use super::Interval;

    /// Fails the test unless both ends are as published, with so many decimals.
    pub fn is_published(interval: Interval, published: (f64, f64), decimals: i32, what: &str) {
        let half = 0.5 * 10_f64.powi(-decimals) + 1e-12;
        for (end, published) in [(interval.low, published.0), (interval.high, published.1)] {
            assert!(
                (end - published).abs() <= half,
                "{what}: {interval:?}, not {published}"
            );
        }
    }
}
