//! What a page of members comes to, so that most pages need not be read: sums, hulls of times, and whether
//! there is any such member.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::bearing::is_case;
use super::members::Member;
use super::panel::scores_of;
use crate::desk::message::Standing;
use crate::desk::score::{Score, Scored, latest};
use crate::desk::summary::Summary;
use crate::model::Millis;

/// Kinds of members, a bit each.
pub mod has {
    /// A case with spectators.
    pub const ONSTAGE: u8 = 1;
    /// A case without.
    pub const OFFSTAGE: u8 = 2;
    /// A case in which the company invited to another channel.
    pub const INVITES: u8 = 4;
    /// A survey that names the person only.
    pub const SURVEYS: u8 = 8;
    /// A score, of a survey or of a case's own.
    pub const SCORES: u8 = 16;
    /// A case that many people can see.
    pub const WIDE: u8 = 32;
}

/// A stretch of time, both ends in it.
pub type Hull = (Millis, Millis);

/// The score that counts as the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastScore {
    /// When it was given.
    pub at: Millis,
    /// The score.
    pub score: Score,
}

impl LastScore {
    /// The order of [`Scored::order`], as far as scores show it.
    fn order(&self, other: &Self) -> Ordering {
        let by_moment = (self.at, self.score.scale).cmp(&(other.at, other.score.scale));
        by_moment.then(other.score.value.total_cmp(&self.score.value))
    }
}

/// The sums of some members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// Cases.
    pub cases: u32,
    /// Of these, the ones that are neither resolved nor let go.
    pub open: u32,
    /// Of these, the ones that somebody handles.
    pub handled: u32,
    /// Of these, the ones that were unanswered by now.
    pub unanswered: u32,
    /// Of these, the ones that will be unanswered if nothing is said.
    pub foreseen: u32,
    /// From when on they will be.
    pub foreseen_at: Option<Hull>,
    /// When cases were resolved first.
    pub solved_at: Option<Hull>,
    /// When the last of the cases was closed that are closed.
    pub closed_until: Option<Millis>,
    /// The last score.
    pub last_score: Option<LastScore>,
    /// Which kinds there are, of [`has`].
    pub has: u8,
}

impl Sums {
    /// The sums of these members.
    pub fn of(members: &[Member]) -> Self {
        members.iter().map(Self::one).fold(Self::default(), Self::and)
    }

    /// Whether there is any of these kinds.
    pub fn has(&self, kinds: u8) -> bool {
        self.has & kinds != 0
    }

    /// How many cases were unanswered by now or by `t`; `None` if the cases themselves must be asked.
    pub fn unanswered_by(&self, t: Millis) -> Option<u32> {
        match self.foreseen_at {
            Some((from, _)) if t < from => Some(self.unanswered),
            Some((_, to)) if t < to => None,
            _ => Some(self.unanswered + self.foreseen),
        }
    }

    /// Whether any case may have been open at `t`.
    pub fn may_be_open(&self, t: Millis) -> bool {
        self.open > 0 || self.closed_until.is_some_and(|until| t < until)
    }

    /// The sums of both.
    pub fn and(self, other: Self) -> Self {
        let scores = self.last_score.into_iter().chain(other.last_score);
        Self {
            cases: self.cases + other.cases,
            open: self.open + other.open,
            handled: self.handled + other.handled,
            unanswered: self.unanswered + other.unanswered,
            foreseen: self.foreseen + other.foreseen,
            foreseen_at: hull(self.foreseen_at, other.foreseen_at),
            solved_at: hull(self.solved_at, other.solved_at),
            closed_until: self.closed_until.max(other.closed_until),
            last_score: scores.max_by(LastScore::order),
            has: self.has | other.has,
        }
    }

    fn one(member: &Member) -> Self {
        if member.standing != Standing::Member {
            return Self::default();
        }
        let scored = latest(scores_of(member));
        let sums = match is_case(member) {
            true => Self::case(&member.summary),
            false => Self {
                has: has::SURVEYS,
                ..Self::default()
            },
        };
        Self {
            last_score: scored.map(|Scored { at, score, .. }| LastScore {
                at: *at,
                score: *score,
            }),
            has: sums.has | if scored.is_some() { has::SCORES } else { 0 },
            ..sums
        }
    }

    fn case(case: &Summary) -> Self {
        if case.opened_at == Millis(i64::MIN) {
            return Self::default(); // nothing is left of it
        }
        let foreseen = case.unanswered_from.filter(|_| !case.was_unanswered);
        let closed = [case.resolved_at, case.let_go_at].into_iter().flatten().min();
        let kinds = [
            (case.public, has::ONSTAGE),
            (!case.public, has::OFFSTAGE),
            (!case.journey.invitations.is_empty(), has::INVITES),
            (case.audience.is_some(), has::WIDE),
        ];
        Self {
            cases: 1,
            open: u32::from(case.open),
            handled: u32::from(case.handled),
            unanswered: u32::from(case.was_unanswered),
            foreseen: u32::from(foreseen.is_some()),
            foreseen_at: foreseen.map(|at| (at, at)),
            solved_at: case.first_resolved_at.map(|at| (at, at)),
            closed_until: closed.filter(|_| !case.open),
            last_score: None,
            has: kinds
                .iter()
                .filter(|(is, _)| *is)
                .fold(0, |has, (_, kind)| has | kind),
        }
    }
}

fn hull(a: Option<Hull>, b: Option<Hull>) -> Option<Hull> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}
