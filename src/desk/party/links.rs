//! What only shows across the cases of a party: escalation, switch, bounce (rule 9), echo (rule 10), and
//! whether the customer came again with a matter that was taken for solved (rule 16). What each of the others means
//! to a case ([`super::bearing`]) is put together, and of much the first is shown.
//!
//! Pure, and a function of what the cases say of themselves: which of them was heard of first, or changed
//! last, does not matter.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::bearing::{is_again, is_before, is_case, is_origin, link, waits_there};
use super::members::Member;
use crate::desk::summary::Summary;
use crate::model::work_item::{self, LinkedCase};
use crate::model::{CaseId, EscalationCause, Millis};

/// Links of one case that are shown at most: the earliest, and always the escalation that counts. Which of the
/// customer's later cases is the first stays known, too.
const LINKS: usize = 16;

/// How another case of the party stands to this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Relation {
    /// This one is onstage because of that one, offstage.
    EscalatedFrom(EscalationCause),
    /// That one, offstage, was within its deadline when this one opened onstage.
    Parallel,
    /// The customer went on there, offstage, as the company had asked.
    SwitchedTo,
    /// The customer went on there, offstage, unasked.
    ChasedTo,
    /// The customer came from there, onstage, as the company had asked.
    SwitchedFrom,
    /// The customer came from there, onstage, unasked.
    ChasedFrom,
}

/// Another case of the party, and how it stands to this one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Link {
    /// The other case.
    pub case_id: CaseId,
    /// When that came to be: the later case's opening.
    pub at: Millis,
    /// How it stands.
    pub relation: Relation,
}

/// The company invited to a channel where the customer was already waiting.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Bounce {
    /// The case that waits there.
    pub case_id: CaseId,
    /// When the company invited.
    pub at: Millis,
    /// By which message.
    pub message: SmolStr,
    /// The channel.
    pub channel: SmolStr,
}

/// The customer had said the same before, in another conversation (rule 10).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Echo {
    /// The earliest case that begins with the same text.
    pub case_id: CaseId,
    /// When it was said again: the later case's opening.
    pub at: Millis,
}

/// What the party's other cases mean to one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Links {
    /// Other cases, in the order of their opening.
    pub links: SmallVec<[Link; 0]>,
    /// Invitations that sent the customer to where they came from.
    pub bounces: SmallVec<[Bounce; 0]>,
    /// When the customer came again with the same matter after it was first resolved.
    pub again: Option<Millis>,
    /// The channel of the case before.
    pub last_channel: Option<SmolStr>,
    /// The case whose first message this one's repeats.
    pub echo: Option<Echo>,
}

impl Links {
    /// What `others` mean to `of`. They may include `of` itself, and cases of other parties.
    pub fn of(of: &Member, others: &[Member]) -> Self {
        let me = &of.summary;
        let mut others: SmallVec<[&Summary; 8]> = others
            .iter()
            .filter(|other| is_case(other) && other.case != of.case)
            .map(|other| &other.summary)
            .collect();
        others.sort_by_key(|other| (other.opened_at, other.case_id));
        let before = |other: &&&Summary| is_before(other, me);
        Self {
            links: shown(others.iter().filter_map(|other| link(me, other)).collect()),
            bounces: bounces(me, &others),
            again: again(me, &others),
            last_channel: others.iter().rfind(before).map(|other| other.channel.clone()),
            echo: echo(me, &others),
        }
    }

    /// The escalation that counts: UNANSWERED before UNSOLVED, then the latest case.
    pub fn escalation(&self) -> Option<(&Link, EscalationCause)> {
        let (place, cause) = counting(&self.links)?;
        Some((&self.links[place], cause))
    }

    /// The cases that a handler should know of.
    pub fn linked_cases(&self) -> Vec<LinkedCase> {
        let links = self.links.iter().filter_map(|link| {
            let relation = match link.relation {
                Relation::EscalatedFrom(_) => work_item::Relation::EscalatedFrom,
                Relation::Parallel => work_item::Relation::Parallel,
                Relation::SwitchedFrom => work_item::Relation::SwitchedFrom,
                Relation::ChasedFrom => work_item::Relation::ChasedFrom,
                // The case in which the customer goes on links back to this one.
                Relation::SwitchedTo | Relation::ChasedTo => return None,
            };
            Some(LinkedCase {
                case_id: link.case_id,
                relation,
            })
        });
        let echo = self.echo.iter().map(|echo| LinkedCase {
            case_id: echo.case_id,
            relation: work_item::Relation::EchoOf,
        });
        links.chain(echo).collect()
    }

    /// The first case that stands so to this one.
    pub fn first(&self, relation: Relation) -> Option<CaseId> {
        let mut links = self.links.iter();
        links
            .find(|link| link.relation == relation)
            .map(|link| link.case_id)
    }
}

/// The place of the escalation that counts among links in the order of their cases' opening.
fn counting(links: &[Link]) -> Option<(usize, EscalationCause)> {
    let causes = links
        .iter()
        .enumerate()
        .filter_map(|(place, link)| match link.relation {
            Relation::EscalatedFrom(cause) => Some((place, cause)),
            _ => None,
        });
    causes.max_by_key(|(_, cause)| match cause {
        EscalationCause::Unanswered => 1,
        EscalationCause::Unsolved => 0,
    })
}

/// Of many links, those that are kept.
fn shown(mut all: SmallVec<[Link; 0]>) -> SmallVec<[Link; 0]> {
    if all.len() <= LINKS {
        return all;
    }
    let first = |relation| all.iter().position(|link| link.relation == relation);
    let counting = counting(&all)
        .map(|(place, _)| place)
        .filter(|place| *place >= LINKS);
    let earliest = LINKS - usize::from(counting.is_some());
    let firsts = [Relation::SwitchedTo, Relation::ChasedTo].map(first);
    let mut place = 0;
    all.retain(|_| {
        let kept = place < earliest || counting == Some(place) || firsts.contains(&Some(place));
        place += 1;
        kept
    });
    all
}

/// Rule 10: the earliest of the cases before that begins with the same text.
fn echo(me: &Summary, others: &[&Summary]) -> Option<Echo> {
    me.begins_with.as_ref()?;
    let origin = others.iter().find(|other| is_origin(me, other))?;
    Some(Echo {
        case_id: origin.case_id,
        at: me.opened_at,
    })
}

fn bounces(me: &Summary, others: &[&Summary]) -> SmallVec<[Bounce; 0]> {
    let invitations = me.journey.invitations.iter();
    let bounces = invitations.filter_map(|invitation| {
        let there = others.iter().find(|other| waits_there(me, other, invitation))?;
        Some(Bounce {
            case_id: there.case_id,
            at: invitation.at,
            message: invitation.message.clone(),
            channel: invitation.channel.clone(),
        })
    });
    bounces.collect()
}

fn again(me: &Summary, others: &[&Summary]) -> Option<Millis> {
    me.first_resolved_at?;
    { others.iter() }
        .find(|other| is_again(me, other))
        .map(|other| other.opened_at)
}

#[cfg(test)]
mod tests {
    use super::{Bounce, Links, Relation};
    use crate::desk::message::{CaseRef, Standing};
    use crate::desk::party::members::Member;
    use crate::desk::summary::{Invitation, Summary};
    use crate::model::EscalationCause::{Unanswered, Unsolved};
    use crate::model::{CaseId, Millis};

    const HOUR: i64 = 3600 * 1000;

    fn hour(hour: i64) -> Millis {
        Millis(hour * HOUR)
    }

    fn member(n: u128, channel: &str, opened: i64) -> Member {
        let public = channel == "social";
        Member {
            case: CaseRef {
                conversation: n,
                author: 1,
            },
            membership: 1,
            number: 1,
            standing: Standing::Member,
            settled: false,
            summary: Summary {
                opened_at: hour(opened),
                public,
                open: true,
                patience_ms: 48 * 3_600_000,
                waits_since: Some(hour(opened)),
                ..Summary::nothing(CaseId::new("s", channel, &n.to_string(), "a"), channel.into())
            },
            survey: None,
            told: 0,
            told_history: 0,
        }
    }

    /// How the case with this place stands to the other.
    fn relation(of: &Member, other: &Member) -> Option<Relation> {
        let links = Links::of(of, &[of.clone(), other.clone()]);
        links.links.first().map(|link| link.relation)
    }

    #[test]
    fn a_post_after_an_email() {
        use Relation::{EscalatedFrom, Parallel};
        type Change = fn(&mut Summary);
        //   the email meanwhile            post after hours   then
        let table: [(Change, i64, Option<Relation>); 12] = [
            (|_| {}, 1, Some(Parallel)),
            (|_| {}, 48, Some(EscalatedFrom(Unanswered))), // patience has run out
            (
                |m| m.answer_by = Some(hour(2)),
                3,
                Some(EscalatedFrom(Unanswered)),
            ), // past its deadline
            (
                |m| m.answered_at = Some(hour(60)),
                50,
                Some(EscalatedFrom(Unanswered)),
            ), // not by then
            (|m| answered(m, 1), 50, Some(EscalatedFrom(Unsolved))),
            (|m| answered(m, 1), 1 + 7 * 24, None), // silent for seven days
            (
                |m| {
                    answered(m, 1);
                    m.waits_since = Some(hour(168));
                },
                1 + 7 * 24,
                Some(Parallel),
            ), // silent, but reopened
            (|m| m.resolved_at = Some(hour(1)), 50, None),
            (
                |m| m.resolved_at = Some(hour(60)),
                50,
                Some(EscalatedFrom(Unanswered)),
            ),
            (|m| m.let_go_at = Some(hour(1)), 50, None),
            (|_| {}, 30 * 24 + 1, None),     // too long ago
            (|m| m.public = true, 50, None), // nobody has left the stage
        ];
        for (change, after, expected) in table {
            let mut email = member(1, "email", 0);
            change(&mut email.summary);
            let post = member(2, "social", after);
            assert_eq!(
                relation(&post, &email),
                expected,
                "{:?} after {after} h",
                email.summary
            );
            assert_eq!(relation(&email, &post), None, "the email has not moved");
        }
    }

    fn answered(case: &mut Summary, at: i64) {
        case.answered_at = Some(hour(at));
        case.waits_since = None;
        case.journey.waited(hour(0), hour(at));
        case.journey.said(hour(0));
        case.journey.said(hour(at));
    }

    #[test]
    fn a_call_after_a_post() {
        use Relation::{ChasedFrom, ChasedTo, SwitchedFrom, SwitchedTo};
        type Change = fn(&mut Summary);
        let invites = |m: &mut Summary| {
            m.journey.invited(Invitation {
                at: hour(1),
                message: "r".into(),
                channel: "phone".into(),
            });
        };
        //   the post meanwhile              then for the post, and for the call
        let table: [(Change, Option<(Relation, Relation)>); 4] = [
            (|_| {}, Some((ChasedTo, ChasedFrom))),
            (invites, Some((SwitchedTo, SwitchedFrom))),
            (|m| m.resolved_at = Some(hour(1)), None),
            (|m| m.let_go_at = Some(hour(1)), None),
        ];
        for (change, expected) in table {
            let mut post = member(1, "social", 0);
            change(&mut post.summary);
            let call = member(2, "phone", 2);
            let found = relation(&post, &call).zip(relation(&call, &post));
            assert_eq!(found, expected, "{:?}", post.summary);
        }
    }

    #[test]
    fn unanswered_counts_before_unsolved_then_the_latest() {
        let first = member(1, "email", 0);
        let second = member(2, "phone", 1);
        let mut third = member(3, "chat", 2);
        answered(&mut third.summary, 3);
        let post = member(4, "social", 60);
        let links = Links::of(&post, &[third, second.clone(), first]);
        let (link, cause) = links.escalation().expect("it escalated");
        assert_eq!((link.case_id, cause), (second.summary.case_id, Unanswered));
        assert_eq!(links.last_channel.as_deref(), Some("chat"));
    }

    #[test]
    fn an_invitation_to_where_the_customer_waits_already_is_a_bounce() {
        let mut post = member(2, "social", 1);
        post.summary.journey.invited(Invitation {
            at: hour(2),
            message: "r".into(),
            channel: "phone".into(),
        });
        let call = member(1, "phone", 0);
        let bounce = Bounce {
            case_id: call.summary.case_id,
            at: hour(2),
            message: "r".into(),
            channel: "phone".into(),
        };
        assert_eq!(
            Links::of(&post, std::slice::from_ref(&call)).bounces[..],
            [bounce]
        );
        let mut answered_call = call;
        answered(&mut answered_call.summary, 1);
        assert!(
            Links::of(&post, &[answered_call]).bounces.is_empty(),
            "nobody waits there"
        );
    }

    #[test]
    fn the_customer_comes_again_with_the_same_matter() {
        let mut solved = member(1, "email", 0);
        solved.summary.first_resolved_at = Some(hour(5));
        let issue = |mut case: Member, issue: &str| {
            case.summary.matter[2] = Some(issue.into());
            case
        };
        let solved = issue(solved, "parcel");
        //   another case                                     came again
        for (other, again) in [
            (issue(member(2, "chat", 10), "parcel"), Some(hour(10))),
            (member(2, "chat", 10), Some(hour(10))), // it does not say about what
            (issue(member(2, "chat", 10), "refund"), None),
            (issue(member(2, "chat", 5 + 7 * 24), "parcel"), None), // a week was quiet
            (issue(member(2, "chat", 4), "parcel"), None),          // that was before
        ] {
            assert_eq!(
                Links::of(&solved, std::slice::from_ref(&other)).again,
                again,
                "{other:?}"
            );
        }
    }
}
