//! What shows only in the sum.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::Millis;

/// Something to be looked at by people who look at many cases.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// What kind.
    pub kind: SignalKind,
    /// What was counted: a brand and channel, a party, ...
    pub key: SmolStr,
    /// When (event time).
    pub at: Millis,
    /// Over how long it was counted, milliseconds.
    pub window: i64,
    /// What was seen.
    pub observed: f64,
    /// What was to be expected.
    pub expected: f64,
    /// More about it, by kind.
    #[serde(default)]
    pub details: BTreeMap<String, String>,
}

/// What a signal is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SignalKind {
    /// More cases than the season explains.
    Surge,
    /// Answering and advocacy go together, or not.
    Advocacy,
    /// A party worth asking for advice.
    PanelCandidate,
    /// Many parties say the same thing.
    Campaign,
    /// Customers speak and nobody has answered there.
    DeafChannel,
    /// A kind that a newer writer knows and this reader does not.
    #[default]
    #[serde(other)]
    Unknown,
}

impl SignalKind {
    /// The symbol in the schema.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Surge => "SURGE",
            Self::Advocacy => "ADVOCACY",
            Self::PanelCandidate => "PANEL_CANDIDATE",
            Self::Campaign => "CAMPAIGN",
            Self::DeafChannel => "DEAF_CHANNEL",
            Self::Unknown => "UNKNOWN",
        }
    }
}
