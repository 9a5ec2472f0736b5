//! What to do next: HOURS offstage, FEARS onstage. docs/playbook.md says the same in a table.
//!
//! HOURS: be Human, One channel, Unify the data, Resolve, Speed. FEARS: Find all mentions, Empathy, Answer
//! publicly, Reply only twice, Switch channels.

use crate::model::{NextStep, PromiseState};

use super::reply_limit::Standing;

/// What is known of a wait when somebody takes it up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Situation {
    /// Somebody waits.
    pub waits: bool,
    /// Nobody waits; the customer praises or thanks.
    pub praises: bool,
    /// Spectators see it.
    pub onstage: bool,
    /// The company has said something that the customer could see.
    pub acknowledged: bool,
    /// A person has answered where spectators see it.
    pub answered_publicly: bool,
    /// Public replies that are left, where there is a limit.
    pub standing: Option<Standing>,
    /// The customer is upset, waits for long, or had to say it again.
    pub upset: bool,
    /// Insults were said.
    pub abusive: bool,
    /// The customer waits, or waited, in a private channel already.
    pub was_private: bool,
    /// Somebody looks after the customer or the case.
    pub owned: bool,
    /// What has become of the latest promise.
    pub promise: PromiseState,
    /// The follow-up is due.
    pub follow_up: bool,
    /// The CRM knows the customer.
    pub known: bool,
    /// The author is not the one who began the conversation.
    pub bystander: bool,
    /// There are other cases of the same journey.
    pub linked: bool,
}

/// The steps, in the order in which they are to be thought of.
pub fn next_steps(s: &Situation) -> Vec<NextStep> {
    use NextStep::{
        AcknowledgeNow, AnswerPublicly, AnswerSpectator, DoNotReplyAgain, DoNotSendBack, FollowUp, KeepOwner,
        KeepPromise, LastPublicReply, LinkToCase, OfferPrivateChannel, PassToColleague, ShowEmpathy, Thank,
        VerifyCustomer,
    };
    let left = match s.standing {
        Some(Standing::Open { left }) => Some(left),
        Some(Standing::Reached | Standing::Exceeded { .. }) => Some(0),
        None | Some(Standing::Unlimited) => None,
    };
    let last = s.onstage && left == Some(1);
    let spent = s.onstage && left == Some(0);
    let private = last || spent;
    let w = s.waits;
    [
        (w && !s.acknowledged, AcknowledgeNow),
        (w && s.onstage && !s.answered_publicly && !spent, AnswerPublicly),
        (w && s.upset, ShowEmpathy),
        (w && private && !s.was_private, OfferPrivateChannel),
        (s.praises && !spent, Thank),
        ((w || s.praises) && last, LastPublicReply),
        ((w || s.praises) && spent, DoNotReplyAgain),
        (w && s.onstage && s.was_private, DoNotSendBack),
        (w && s.owned, KeepOwner),
        (
            w && matches!(s.promise, PromiseState::Running | PromiseState::Broken),
            KeepPromise,
        ),
        (s.follow_up, FollowUp),
        (w && !s.onstage && !s.known, VerifyCustomer),
        (w && s.bystander, AnswerSpectator),
        (w && s.abusive, PassToColleague),
        (w && s.linked, LinkToCase),
    ]
    .into_iter()
    .filter_map(|(holds, step)| holds.then_some(step))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::{Situation, next_steps};
    use crate::desk::conversation::reply_limit::Standing;
    use crate::model::NextStep::*;
    use crate::model::PromiseState;

    #[test]
    fn what_to_do_next() {
        // A known customer, acknowledged, waits in private: there is nothing special to do.
        let hours = Situation {
            waits: true,
            acknowledged: true,
            known: true,
            ..Situation::default()
        };
        let fears = Situation {
            onstage: true,
            answered_publicly: true,
            standing: Some(Standing::Open { left: 2 }),
            ..hours
        };
        let praise = Situation {
            waits: false,
            praises: true,
            ..hours
        };
        let left = |left| Some(Standing::Open { left });
        //   given                                                        then
        for (given, steps) in [
            (hours, &[][..]),
            (fears, &[]),
            (
                Situation {
                    acknowledged: false,
                    ..hours
                },
                &[AcknowledgeNow],
            ),
            (Situation { upset: true, ..hours }, &[ShowEmpathy]),
            (praise, &[Thank]),
            (
                Situation {
                    onstage: true,
                    standing: left(1),
                    ..praise
                },
                &[Thank, LastPublicReply],
            ),
            (
                Situation {
                    onstage: true,
                    standing: Some(Standing::Reached),
                    ..praise
                },
                &[DoNotReplyAgain],
            ),
            (Situation { owned: true, ..hours }, &[KeepOwner]),
            (
                Situation {
                    promise: PromiseState::Running,
                    ..hours
                },
                &[KeepPromise],
            ),
            (
                Situation {
                    promise: PromiseState::Broken,
                    ..hours
                },
                &[KeepPromise],
            ),
            (
                Situation {
                    promise: PromiseState::Kept,
                    ..hours
                },
                &[],
            ),
            (
                Situation {
                    known: false,
                    ..hours
                },
                &[VerifyCustomer],
            ),
            (
                Situation {
                    known: false,
                    ..fears
                },
                &[],
            ), // nothing to verify before spectators
            (
                Situation {
                    abusive: true,
                    ..hours
                },
                &[PassToColleague],
            ),
            (
                Situation {
                    linked: true,
                    ..hours
                },
                &[LinkToCase],
            ),
            (
                Situation {
                    was_private: true,
                    ..hours
                },
                &[],
            ),
            (
                Situation {
                    answered_publicly: false,
                    ..fears
                },
                &[AnswerPublicly],
            ),
            (
                Situation {
                    bystander: true,
                    ..fears
                },
                &[AnswerSpectator],
            ),
            (
                Situation {
                    standing: left(1),
                    ..fears
                },
                &[OfferPrivateChannel, LastPublicReply],
            ),
            (
                Situation {
                    standing: Some(Standing::Reached),
                    ..fears
                },
                &[OfferPrivateChannel, DoNotReplyAgain],
            ),
            (
                Situation {
                    standing: left(1),
                    was_private: true,
                    ..fears
                },
                &[LastPublicReply, DoNotSendBack], // they come from there
            ),
            (
                Situation {
                    was_private: true,
                    ..fears
                },
                &[DoNotSendBack],
            ),
            (
                Situation {
                    waits: false,
                    follow_up: true,
                    ..hours
                },
                &[FollowUp],
            ),
            (
                Situation {
                    waits: false,
                    acknowledged: false,
                    upset: true,
                    ..fears
                },
                &[],
            ), // nobody waits
        ] {
            assert_eq!(next_steps(&given), steps, "{given:?}");
        }
    }
}
