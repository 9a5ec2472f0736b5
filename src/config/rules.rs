//! The settings that the rules run on: plain validated data, no I/O, shared by intake and desk.
//!
//! [`RuleSettings::default`] is the built-in configuration (DESIGN.md 1, 5.5, 5.7, 5.8); a
//! configuration file changes single values of it.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::model::Millis;
use crate::text::Terms;

pub mod channels;
pub mod identity;
pub mod levels;
pub mod priority;
pub mod regions;
pub mod signals;

pub use channels::ChannelRules;
pub use identity::{Blocked, IdentityRules, MailRules};
pub use levels::{Agreement, LevelSet, Levels};
pub use priority::Weights;
pub use regions::{Region, Regions};
pub use signals::{PanelRules, RestDays, SignalRules, SurgeRules};

/// A positive length of time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

impl Span {
    /// `ms` milliseconds; `None` unless positive.
    pub const fn from_ms(ms: i64) -> Option<Self> {
        if ms > 0 { Some(Self(ms)) } else { None }
    }

    /// `n` seconds.
    pub const fn seconds(n: u32) -> Self {
        Self(n as i64 * 1000)
    }

    /// `n` minutes.
    pub const fn minutes(n: u32) -> Self {
        Self(n as i64 * 60_000)
    }

    /// `n` hours.
    pub const fn hours(n: u32) -> Self {
        Self(n as i64 * 3_600_000)
    }

    /// `n` days of 24 hours.
    pub const fn days(n: u32) -> Self {
        Self(n as i64 * 86_400_000)
    }

    /// The length in milliseconds, at least 1; fits [`Millis::plus`].
    pub const fn ms(self) -> i64 {
        self.0
    }
}

/// The share of a service level's time after which it counts as at risk: above 0, at most 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Share(f64);

/// Shares are numbers, never NaN.
impl Eq for Share {}

impl Share {
    /// This share; `None` unless above 0 and at most 1.
    pub fn new(share: f64) -> Option<Self> {
        (share > 0.0 && share <= 1.0).then_some(Self(share))
    }

    /// The share as a number.
    pub const fn get(self) -> f64 {
        self.0
    }

    /// The share of `span`, in whole milliseconds, rounded down.
    pub fn of(self, span: Span) -> i64 {
        (span.ms() as f64 * self.0).floor() as i64
    }
}

/// The secret under which identifier values and conversation ids are hashed into keys. It never
/// appears in logs. Changing it changes every key: state must be rebuilt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HashSecret(pub [u8; 16]);

impl HashSecret {
    /// What a trial runs with when nothing is configured. Public, so the hashes hide nothing.
    pub const TRIAL: Self = Self(*b"heard-trial-only");
}

impl fmt::Debug for HashSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashSecret(***)")
    }
}

/// As what a response of kind UNKNOWN counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownKind {
    /// A reply by a person (DESIGN.md 4).
    #[default]
    Human,
    /// A reply by a machine: acknowledges, does not answer.
    Bot,
    /// An internal note: the customer did not see it.
    Note,
}

/// What a record may hold; anything beyond is refused (times) or cut (text).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Event times before this are absurd.
    pub oldest_time: Millis,
    /// Event times later than the record's log timestamp plus this are absurd.
    pub max_ahead: Span,
    /// Bytes of a message's text that are kept; the rest is cut at a character boundary.
    pub max_text_bytes: usize,
    /// Characters of a case's excerpt.
    pub excerpt_chars: usize,
}

/// Everything the rules of DESIGN.md 5 take from the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSettings {
    /// The channels there are, by name. A record of any other channel is refused.
    pub channels: BTreeMap<Box<str>, ChannelRules>,
    /// Which identifiers count, and in what order.
    pub identity: IdentityRules,
    /// When a service level is at risk (rule 5).
    pub at_risk: Share,
    /// How long a work item waits for the party's findings before it goes out unranked.
    pub ranking_wait: Span,
    /// How long after the last message of a conversation its facts are dropped and a stub is left
    /// (ENGINE.md 12). Messages that come later than that count, but rewrite nothing.
    pub retire_after: Span,
    /// How long after a person was forgotten it is remembered, by a keyed hash, so that what comes late of
    /// them is dropped (ENGINE.md 18).
    pub lateness: Span,
    /// As what responses of kind UNKNOWN count.
    pub unknown_kind: UnknownKind,
    /// What a record may hold.
    pub limits: Limits,
    /// How much each reason for urgency counts (rule 11).
    pub priority: Weights,
    /// The words that tell of one.
    pub terms: Arc<Terms>,
    /// When something that shows only in the sum becomes a signal.
    pub signals: SignalRules,
    /// The secret of keyed hashes.
    pub secret: HashSecret,
}

impl RuleSettings {
    /// The rules of a channel; `None`: no such channel is configured.
    pub fn channel(&self, name: &str) -> Option<&ChannelRules> {
        self.channels.get(name)
    }

    /// The channels of which it is known what share of their customers expects an answer (rule 29), with that share.
    pub fn expectations(&self) -> impl Iterator<Item = (&str, f64)> {
        let channels = self.channels.iter();
        channels.filter_map(|(name, rules)| Some((&**name, rules.expects?.get())))
    }
}

impl Default for RuleSettings {
    fn default() -> Self {
        Self {
            channels: channels::built_in(),
            identity: IdentityRules::default(),
            at_risk: Share(0.8),
            ranking_wait: Span::seconds(5),
            retire_after: Span::days(730),
            lateness: Span::days(30),
            unknown_kind: UnknownKind::default(),
            limits: Limits::default(),
            priority: Weights::default(),
            terms: Terms::built_in(),
            signals: SignalRules::default(),
            secret: HashSecret::TRIAL,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            oldest_time: Millis(946_684_800_000), // 2000-01-01
            max_ahead: Span::days(1),
            max_text_bytes: 64 * 1024,
            excerpt_chars: 160,
        }
    }
}

/// The built-in reply limit: "reply only twice".
pub(crate) const REPLY_TWICE: Option<NonZeroU32> = NonZeroU32::new(2);

#[cfg(test)]
mod tests {
    use super::{HashSecret, RuleSettings, Share, Span};

    #[test]
    fn a_share_is_of_the_whole_span() {
        let share = Share::new(0.8).expect("in range");
        assert_eq!(share.of(Span::hours(1)), 48 * 60_000);
        for out in [0.0, -0.1, 1.01, f64::NAN] {
            assert_eq!(Share::new(out), None, "{out}");
        }
    }

    #[test]
    fn the_secret_does_not_print() {
        let printed = format!("{:?} {:?}", HashSecret::TRIAL, RuleSettings::default());
        assert!(!printed.contains("trial"), "{printed}");
    }
}
