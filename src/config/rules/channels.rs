//! Channels: where something was said, who can see it, and how soon it must be answered.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use crate::model::Stage;

use super::{REPLY_TWICE, Span};

/// The service levels of a channel (rule 5); `None`: no such clock runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// From the case's opening to the first company message the customer sees.
    pub acknowledge: Option<Span>,
    /// From the case's opening to the first human reply.
    pub answer: Option<Span>,
    /// From the first message of each wait to its reply.
    pub next: Option<Span>,
    /// From the case's opening to its resolution, time frozen by PENDING not counted.
    pub resolve: Option<Span>,
}

/// When a follow-up is due unless a channel says otherwise (rule 18).
const FOLLOW_UP: Span = Span::days(3);

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
    /// The service levels.
    pub levels: Levels,
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
            levels: Levels::default(),
        }
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
    .map(|(name, stage, patience, kinds)| (name.into(), ChannelRules::new(stage, patience, kinds)))
    .collect()
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
