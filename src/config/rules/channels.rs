//! Channels: where something was said, who can see it, and how soon it must be answered.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use crate::model::Stage;

use super::levels::Levels;
use super::{REPLY_TWICE, Share, Span};

/// When a follow-up is due unless a channel says otherwise (rule 18).
const FOLLOW_UP: Span = Span::days(3);

/// How far the clocks of two systems may be apart, unless the configuration says otherwise (rule 3).
pub(in crate::config) const SKEW: Span = Span::minutes(5);

/// The rules of one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelRules {
    /// The stage, unless a message's own visibility says otherwise.
    pub stage: Stage,
    /// How long a customer waits before the case counts as unanswered (rule 7).
    pub patience: Span,
    /// Public human replies before it is time for a private channel (rule 8); `None`: no limit.
    pub reply_limit: Option<NonZeroU32>,
    /// How long after RESOLVED somebody should ask whether all is well (rule 18).
    pub follow_up: Span,
    /// The kinds of identifier that name an author here, the first given counts; if none of them
    /// is given, the strongest identifier does.
    pub author_kinds: Vec<Box<str>>,
    /// Whether answers are spoken here: RESOLVED by a person is an answer, since nothing is written (rule 3).
    pub spoken: bool,
    /// How far the clocks of two systems may be apart (rule 3).
    pub skew: Span,
    /// The share of its customers who expect an answer (rule 29), where somebody asked them.
    pub expects: Option<Share>,
    /// The service levels.
    pub levels: Levels,
    /// The same rules with the levels of a tier, for tiers that have their own.
    pub(crate) tiers: BTreeMap<Box<str>, ChannelRules>,
}

impl ChannelRules {
    /// A channel with this stage and patience, the usual reply limit of its stage, and no levels.
    pub fn new(stage: Stage, patience: Span, author_kinds: &[&str]) -> Self {
        Self {
            stage,
            patience,
            reply_limit: match stage {
                Stage::Onstage => REPLY_TWICE,
                Stage::Offstage => None,
            },
            follow_up: FOLLOW_UP,
            author_kinds: author_kinds.iter().map(|&kind| kind.into()).collect(),
            spoken: false,
            skew: SKEW,
            expects: None,
            levels: Levels::default(),
            tiers: BTreeMap::new(),
        }
    }

    /// These rules with other levels.
    pub fn with_levels(self, levels: Levels) -> Self {
        let of_tier = |tier: &str| Self {
            levels: levels.for_tier(tier),
            tiers: BTreeMap::new(),
            ..self.clone()
        };
        let tiers = levels
            .tiers()
            .into_iter()
            .map(|tier| (tier.into(), of_tier(tier)));
        Self {
            tiers: tiers.collect(),
            levels,
            ..self
        }
    }

    /// These rules with another skew.
    pub(in crate::config) fn set_skew(&mut self, skew: Span) {
        self.skew = skew;
        self.tiers.values_mut().for_each(|tier| tier.skew = skew);
    }

    /// The rules for a case of a customer of this tier; upper and lower case of ASCII letters are alike.
    pub fn for_tier(&self, tier: Option<&str>) -> &Self {
        let Some(tier) = tier.filter(|_| !self.tiers.is_empty()) else {
            return self;
        };
        let mut tiers = self.tiers.iter();
        let found = tiers.find(|(name, _)| name.eq_ignore_ascii_case(tier.trim()));
        found.map_or(self, |(_, rules)| rules)
    }
}

/// The channels that need no configuration (DESIGN.md 1), with the patience of rule 7.
pub(super) fn built_in() -> BTreeMap<Box<str>, ChannelRules> {
    use Stage::{Offstage, Onstage};
    //   name        stage     patience           who speaks, by
    [
        ("phone", Offstage, Span::hours(1), &["phone"][..]),
        ("email", Offstage, Span::hours(48), &["email"]),
        ("chat", Offstage, Span::minutes(15), &["device"]),
        ("direct", Offstage, Span::hours(4), &["handle"]),
        ("messaging", Offstage, Span::hours(4), &["phone", "handle"]),
        ("social", Onstage, Span::hours(24), &["handle"]),
        ("review", Onstage, Span::days(7), &["handle"]),
        ("forum", Onstage, Span::hours(72), &["handle"]),
    ]
    .into_iter()
    .map(|(name, stage, patience, kinds)| {
        let rules = ChannelRules {
            spoken: name == "phone",
            expects: expected(name),
            ..ChannelRules::new(stage, patience, kinds)
        };
        (name.into(), rules)
    })
    .collect()
}

/// The share of customers who expect an answer, as the research found that rule 29 rests on. Of other channels nobody
/// knows.
fn expected(channel: &str) -> Option<Share> {
    let share = match channel {
        "phone" => 0.91,
        "email" => 0.89,
        "social" => 0.42,
        _ => return None,
    };
    Share::new(share)
}

#[cfg(test)]
mod tests {
    use super::built_in;
    use crate::model::Stage;

    #[test]
    fn only_public_channels_limit_replies() {
        for (name, rules) in built_in() {
            let limit = rules.reply_limit.map(std::num::NonZeroU32::get);
            let usual = (rules.stage == Stage::Onstage).then_some(2);
            assert_eq!(limit, usual, "{name}");
        }
    }
}
