//! What a simulation went through, to see that it meets what it is for.

use std::collections::BTreeMap;
use std::fmt;

/// How often what happened, in one simulation or in many.
#[derive(Clone, Debug, Default)]
pub struct Story(BTreeMap<&'static str, u64>);

impl Story {
    /// So many more of something.
    pub fn count(&mut self, what: &'static str, more: u64) {
        *self.0.entry(what).or_default() += more;
    }

    /// Adds another.
    pub fn add(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            self.count(what, *count);
        }
    }

    /// How often it happened.
    pub fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or_default()
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (what, count)) in self.0.iter().enumerate() {
            write!(f, "{}{count} {what}", if n == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
