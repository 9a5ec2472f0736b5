//! What one other case of the party means to a case (rules 9, 10 and 16).
//!
//! Pure, and a function of what the two say of themselves: whoever a change may concern is found by it
//! ([`super::spread`]).

use super::links::{Link, Relation};
use super::members::Member;
use crate::desk::conversation::resolution::QUIET;
use crate::desk::message::Standing;
use crate::desk::summary::{Invitation, Summary};
use crate::model::{CaseId, EscalationCause, Millis};

/// How far apart two cases may open and still belong to one journey, in milliseconds.
pub const JOURNEY_MS: i64 = 30 * 24 * 3600 * 1000;

/// How far apart two cases may open and still say the same thing twice (rule 10), in milliseconds.
pub const ECHO_MS: i64 = 48 * 3600 * 1000;

/// What one other case means to a case. Whatever it is told of the other but as a neighbour is a function of this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearing {
    place: (Millis, CaseId),
    relation: Option<Relation>,
    /// For each invitation whether it sent the customer to where they waited.
    bounces: u8,
    again: bool,
    echo: bool,
}

/// What `other` means to the case `me`; `None`: nothing.
pub fn bearing(me: &Summary, other: &Summary) -> Option<Bearing> {
    let invitations = me.journey.invitations.iter().enumerate();
    let bounces = invitations.filter(|(_, invitation)| waits_there(me, other, invitation));
    let bearing = Bearing {
        place: (other.opened_at, other.case_id),
        relation: link(me, other).map(|link| link.relation),
        bounces: bounces.fold(0, |bits, (n, _)| bits | 1 << n),
        again: is_again(me, other),
        echo: is_origin(me, other),
    };
    let Bearing {
        place: _,
        relation,
        bounces,
        again,
        echo,
    } = bearing;
    (relation.is_some() || bounces != 0 || again || echo).then_some(bearing)
}

/// Whether another case opened so close to this one that one of them may repeat the other (rule 10).
pub fn is_compared(of: &Member, others: &[Member]) -> bool {
    let is_other = |other: &&Member| is_case(other) && other.case != of.case;
    { others.iter() }
        .filter(is_other)
        .any(|other| is_close(&of.summary, &other.summary))
}

/// Whether a member is a case of the party.
pub fn is_case(member: &Member) -> bool {
    member.standing == Standing::Member && member.survey.is_none()
}

/// Of two cases that opened at one moment, the one with the smaller id is the earlier.
pub fn is_before(a: &Summary, b: &Summary) -> bool {
    (a.opened_at, a.case_id) < (b.opened_at, b.case_id)
}

/// Rule 9, evaluated when the later of the two opened.
pub fn link(me: &Summary, other: &Summary) -> Option<Link> {
    if me.public == other.public {
        return None;
    }
    let apart = me.opened_at.since(other.opened_at).saturating_abs();
    if apart > JOURNEY_MS {
        return None;
    }
    let relation = match (me.public, is_before(other, me)) {
        (true, true) => escalation(other, me.opened_at)?,
        (true, false) if is_left(me, other) => Relation::SwitchedTo,
        (true, false) => was_chased(me, other).then_some(Relation::ChasedTo)?,
        (false, true) if is_left(other, me) => Relation::SwitchedFrom,
        (false, true) => was_chased(other, me).then_some(Relation::ChasedFrom)?,
        (false, false) => return None,
    };
    Some(Link {
        case_id: other.case_id,
        at: me.opened_at.max(other.opened_at),
        relation,
    })
}

/// Whether two cases opened so close to each other that one may repeat the other.
pub fn is_close(a: &Summary, b: &Summary) -> bool {
    a.opened_at.since(b.opened_at).saturating_abs() <= ECHO_MS
}

/// Whether this one repeats what the other had begun with.
pub fn is_origin(me: &Summary, other: &Summary) -> bool {
    let begun = me.begins_with.as_ref().zip(other.begins_with.as_ref());
    begun.is_some_and(|(mine, theirs)| is_before(other, me) && is_close(me, other) && mine.is_near(theirs))
}

/// An onstage case opens at `t` while this one is offstage.
fn escalation(earlier: &Summary, t: Millis) -> Option<Relation> {
    if earlier.was_overdue(t) {
        return Some(Relation::EscalatedFrom(EscalationCause::Unanswered));
    }
    if earlier.was_resolved(t) || earlier.was_let_go(t) {
        return None;
    }
    if earlier.was_answered(t) && !earlier.was_silent(t) {
        return Some(Relation::EscalatedFrom(EscalationCause::Unsolved));
    }
    earlier.was_waiting(t).then_some(Relation::Parallel)
}

/// An offstage case opens while this one, onstage, is not resolved, and the company had asked for that.
fn is_left(onstage: &Summary, later: &Summary) -> bool {
    was_chased(onstage, later) && onstage.had_invited_to(&later.channel, later.opened_at)
}

/// An offstage case opens while this one, onstage, is not resolved.
fn was_chased(onstage: &Summary, later: &Summary) -> bool {
    let t = later.opened_at;
    !onstage.was_resolved(t) && !onstage.was_let_go(t)
}

/// Rule 9, bounce: the company invites to a channel where the party already waits, in a case of the last or next 30
/// days.
pub fn waits_there(me: &Summary, other: &Summary, invitation: &Invitation) -> bool {
    other.channel == invitation.channel
        && me.opened_at.since(other.opened_at).saturating_abs() <= JOURNEY_MS
        && other.was_waiting(invitation.at)
}

/// Rule 16: the customer came again on the matter within seven days of its first RESOLVED.
pub fn is_again(me: &Summary, other: &Summary) -> bool {
    me.first_resolved_at.is_some_and(|resolved| {
        (1..QUIET.ms()).contains(&other.opened_at.since(resolved)) && other.is_on_the_matter_of(me)
    })
}
