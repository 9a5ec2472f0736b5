//! Time as the records carry it.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub i64);

impl Millis {
    /// This time, `ms` milliseconds later; at the ends of time it stays there.
    pub const fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this time; negative if this is the earlier one.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The time to the second, such as `2025-11-30T17:00:05Z`; the number itself where there is no such date.
    pub fn second(self) -> String {
        let second = jiff::Timestamp::from_second(self.0.div_euclid(1000));
        second.map_or_else(|_| self.0.to_string(), |time| time.to_string())
    }
}
