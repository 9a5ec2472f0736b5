//! What a party knows of a case: enough to judge it at any moment of its past.
//!
//! Whether a case was unanswered, answered, solved or silent when another case opened (rule 9) must not
//! depend on which of the two was heard of first. So a case tells spells of time, not its present state.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::score::Scores;
use crate::model::{CaseId, Millis};
use crate::text::Sketch;

/// Spells of one kind that a case remembers; of more, the earliest are forgotten.
pub const REMEMBERED: usize = 8;

/// Silence after which a case that was answered, and not resolved, is over all the same (rule 9).
pub const SILENCE_MS: i64 = 7 * 24 * 3600 * 1000;

/// A stretch of time: its beginning is in it, its end is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Spell {
    /// When it began.
    pub from: Millis,
    /// When it ended; `None`: it has not.
    pub to: Option<Millis>,
}

impl Spell {
    /// Whether it was so at `t`.
    pub fn holds(&self, t: Millis) -> bool {
        self.from <= t && self.to.is_none_or(|to| t < to)
    }
}

/// The company asks the customer to go on in another channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Invitation {
    /// When.
    pub at: Millis,
    /// The message that did.
    pub message: SmolStr,
    /// Which channel.
    pub channel: SmolStr,
}

/// What a case has gone through, as a fold keeps it.
#[derive(Clone, Debug, Default, PartialEq, Hash, Serialize, Deserialize)]
pub struct Journey {
    /// Waits that are over.
    pub waits: SmallVec<[Spell; 0]>,
    /// Times when RESOLVED stood and was taken back.
    pub resolved: SmallVec<[Spell; 0]>,
    /// Times when a decision to let it go stood and was taken back.
    pub let_go: SmallVec<[Spell; 0]>,
    /// Times without a message that were longer than [`SILENCE_MS`].
    pub silent: SmallVec<[Spell; 0]>,
    /// Invitations to other channels.
    pub invitations: SmallVec<[Invitation; 0]>,
    /// The latest message of either side.
    pub last_at: Option<Millis>,
}

impl Journey {
    /// A wait is over.
    pub fn waited(&mut self, from: Millis, to: Millis) {
        remember(&mut self.waits, Spell { from, to: Some(to) });
    }

    /// A RESOLVED does not stand any more.
    pub fn was_resolved(&mut self, from: Millis, to: Millis) {
        remember(&mut self.resolved, Spell { from, to: Some(to) });
    }

    /// A decision to let it go does not stand any more.
    pub fn was_let_go(&mut self, from: Millis, to: Millis) {
        remember(&mut self.let_go, Spell { from, to: Some(to) });
    }

    /// The company invites elsewhere.
    pub fn invited(&mut self, invitation: Invitation) {
        remember(&mut self.invitations, invitation);
    }

    /// Somebody says something.
    pub fn said(&mut self, at: Millis) {
        if let Some(last) = self.last_at
            && at.since(last) > SILENCE_MS
        {
            remember(
                &mut self.silent,
                Spell {
                    from: last,
                    to: Some(at),
                },
            );
        }
        self.last_at = self.last_at.max(Some(at));
    }
}

/// Adds to a list; of more than [`REMEMBERED`], the first gives way.
pub fn remember<T>(list: &mut SmallVec<[T; 0]>, item: T) {
    if list.len() == REMEMBERED {
        list.remove(0);
    }
    list.push(item);
}

/// What a party needs to know of a case.
#[derive(Clone, Debug, PartialEq, Hash, Serialize, Deserialize)]
pub struct Summary {
    /// Its name outside.
    pub case_id: CaseId,
    /// When it opened.
    pub opened_at: Millis,
    /// Its channel.
    pub channel: SmolStr,
    /// Whether spectators see it.
    pub public: bool,
    /// Whether it is neither resolved nor let go.
    pub open: bool,
    /// Whether it ever was unanswered, as of now.
    pub was_unanswered: bool,
    /// The patience of its channel, in milliseconds.
    pub patience_ms: i64,
    /// From when on it was unanswered first, or will be if nothing is said.
    pub unanswered_from: Option<Millis>,
    /// Whether somebody handles it: a change of the party's history is told to whoever does.
    pub handled: bool,
    /// The deadline of its answer level.
    pub answer_by: Option<Millis>,
    /// The first human reply.
    pub answered_at: Option<Millis>,
    /// The RESOLVED that stands.
    pub resolved_at: Option<Millis>,
    /// The first RESOLVED.
    pub first_resolved_at: Option<Millis>,
    /// The decision to let it go, if it stands.
    pub let_go_at: Option<Millis>,
    /// The first message of the wait that is open.
    pub waits_since: Option<Millis>,
    /// What it has gone through before.
    pub journey: Journey,
    /// The scores that its customer gave in it (rule 12).
    pub scores: Scores,
    /// The brand, product and issue it is about.
    pub matter: [Option<SmolStr>; 3],
    /// Its first message, to be compared with others; only while the party asks for it (rule 10).
    pub begins_with: Option<Arc<Sketch>>,
    /// How many people can see it, if they are many (rule 20).
    pub audience: Option<i64>,
}

impl Summary {
    /// A case of which nothing is left: its author has taken every message back.
    pub fn nothing(case_id: CaseId, channel: SmolStr) -> Self {
        Self {
            case_id,
            opened_at: Millis(i64::MIN),
            channel,
            public: false,
            open: false,
            was_unanswered: false,
            patience_ms: i64::MAX,
            unanswered_from: None,
            handled: false,
            answer_by: None,
            answered_at: None,
            resolved_at: None,
            first_resolved_at: None,
            let_go_at: None,
            waits_since: None,
            journey: Journey::default(),
            scores: Scores::default(),
            matter: [None, None, None],
            begins_with: None,
            audience: None,
        }
    }

    /// A digest of it, to tell whether there is news; never zero.
    pub fn digest(&self) -> u64 {
        let mut hasher = FxHasher::default();
        self.hash(&mut hasher);
        hasher.finish().max(1)
    }

    /// From when on it counts as unanswered to a case that opens then: by now it was, or by then it will be.
    pub fn unanswered_since(&self) -> Millis {
        let foreseen = || self.unanswered_from.unwrap_or(Millis(i64::MAX));
        if self.was_unanswered {
            Millis(i64::MIN)
        } else {
            foreseen()
        }
    }

    /// Whether it was unanswered by now, or by `t`.
    pub fn was_unanswered_by(&self, t: Millis) -> bool {
        self.was_unanswered || self.unanswered_from.is_some_and(|from| from <= t)
    }

    /// Whether a person had replied by `t`.
    pub fn was_answered(&self, t: Millis) -> bool {
        self.answered_at.is_some_and(|at| at <= t)
    }

    /// Whether it was resolved at `t`.
    pub fn was_resolved(&self, t: Millis) -> bool {
        self.resolved_at.is_some_and(|at| at <= t) || self.journey.resolved.iter().any(|spell| spell.holds(t))
    }

    /// When a RESOLVED or a decision to let it go was taken back.
    pub fn reopened(&self) -> impl Iterator<Item = Millis> {
        let over = self.journey.resolved.iter().chain(&self.journey.let_go);
        over.filter_map(|spell| spell.to)
    }

    /// Whether at `t` a person had decided to let it go.
    pub fn was_let_go(&self, t: Millis) -> bool {
        self.let_go_at.is_some_and(|at| at <= t) || self.journey.let_go.iter().any(|spell| spell.holds(t))
    }

    /// Whether at `t` the customer waited, and longer than patience allows (rule 7); or had no reply at all, and the
    /// answer level was past.
    pub fn was_overdue(&self, t: Millis) -> bool {
        let waited = self.waiting_since(t);
        let is_lost = waited.is_some_and(|since| since.plus(self.patience_ms) <= t);
        let is_late = self.answer_by.is_some_and(|by| by < t) && !self.was_answered(t);
        (is_lost || is_late) && !self.was_resolved(t) && !self.was_let_go(t)
    }

    /// Whether at `t` nobody had said anything for seven days.
    pub fn was_silent(&self, t: Millis) -> bool {
        let long = |from: Millis| t.since(from) >= SILENCE_MS;
        let last = self.journey.last_at.unwrap_or(self.opened_at);
        if last <= t {
            return long(last);
        }
        let mut spells = self.journey.silent.iter();
        spells.any(|spell| spell.holds(t) && long(spell.from))
    }

    /// Whether the customer waited for a reply at `t`.
    pub fn was_waiting(&self, t: Millis) -> bool {
        self.waiting_since(t).is_some()
    }

    /// Since when the customer waited for the reply that was not there at `t`, if they did.
    fn waiting_since(&self, t: Millis) -> Option<Millis> {
        let open = self.waits_since.filter(|since| *since <= t);
        let over = || self.journey.waits.iter().find(|spell| spell.holds(t));
        open.or_else(|| over().map(|spell| spell.from))
    }

    /// Whether by `t` the company had asked the customer to go on in `channel`.
    pub fn had_invited_to(&self, channel: &str, t: Millis) -> bool {
        let mut invitations = self.journey.invitations.iter();
        invitations.any(|invitation| invitation.at <= t && invitation.channel == channel)
    }

    /// Whether two cases are about the same matter, as far as both say what they are about.
    pub fn is_on_the_matter_of(&self, other: &Self) -> bool {
        let mut about = self.matter.iter().zip(&other.matter);
        about.all(|pair| match pair {
            (Some(a), Some(b)) => a == b,
            _ => true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Invitation, Journey, Summary};
    use crate::model::{CaseId, Millis};

    const DAY: i64 = 24 * 3600 * 1000;

    fn day(day: i64) -> Millis {
        Millis(day * DAY)
    }

    fn summary() -> Summary {
        Summary {
            opened_at: day(0),
            patience_ms: 2 * DAY,
            waits_since: Some(day(0)),
            open: true,
            ..Summary::nothing(CaseId::default(), "email".into())
        }
    }

    #[test]
    fn a_case_is_overdue_between_patience_and_reply() {
        //   answer by  answered  resolved  came again  on day  overdue
        for (by, answered, resolved, again, at, overdue) in [
            (None, None, None, None, 1, false),
            (None, None, None, None, 2, true),
            (Some(1), None, None, None, 1, false), // it may be answered on the very deadline
            (Some(0), None, None, None, 1, true),
            (None, Some(3), None, None, 2, true), // not by then
            (None, Some(3), None, None, 3, false),
            (None, None, Some(1), None, 5, false),
            // Each wait has its own patience, whatever was before it.
            (None, Some(1), None, Some(5), 6, false),
            (None, Some(1), None, Some(5), 7, true),
            (None, None, Some(1), Some(5), 6, false),
            (None, None, Some(1), Some(5), 7, true),
            (Some(1), Some(1), None, Some(5), 6, false),
        ] {
            let mut case = Summary {
                answer_by: by.map(day),
                answered_at: answered.map(day),
                resolved_at: resolved.filter(|_| again.is_none()).map(day),
                ..summary()
            };
            if let Some(end) = answered.or(resolved) {
                case.journey.waited(day(0), day(end));
                case.waits_since = again.map(day);
            }
            if let (Some(from), Some(to)) = (resolved, again) {
                case.journey.was_resolved(day(from), day(to));
            }
            assert_eq!(case.was_overdue(day(at)), overdue, "{case:?} on day {at}");
        }
    }

    #[test]
    fn silence_is_judged_at_any_day_of_the_past() {
        let mut journey = Journey::default();
        [0, 1, 12, 13].into_iter().for_each(|d| journey.said(day(d)));
        let case = Summary { journey, ..summary() };
        //   on day   silent for seven days
        for (at, silent) in [
            (1, false),
            (7, false),
            (8, true),
            (11, true),
            (12, false),
            (19, false),
            (20, true),
        ] {
            assert_eq!(case.was_silent(day(at)), silent, "day {at}");
        }
    }

    #[test]
    fn what_stood_and_was_taken_back_stood_then() {
        let mut case = summary();
        case.journey.was_resolved(day(1), day(3));
        case.journey.was_let_go(day(2), day(4));
        case.journey.waited(day(0), day(1));
        case.waits_since = Some(day(3));
        let days = |holds: &dyn Fn(Millis) -> bool| (0..5).filter(|d| holds(day(*d))).collect::<Vec<_>>();
        assert_eq!(days(&|t| case.was_resolved(t)), [1, 2]);
        assert_eq!(days(&|t| case.was_let_go(t)), [2, 3]);
        assert_eq!(days(&|t| case.was_waiting(t)), [0, 3, 4]);
    }

    #[test]
    fn an_invitation_counts_from_then_on_and_for_its_channel() {
        let mut case = summary();
        case.journey.invited(Invitation {
            at: day(2),
            message: "r".into(),
            channel: "phone".into(),
        });
        assert!(!case.had_invited_to("phone", day(1)) && case.had_invited_to("phone", day(2)));
        assert!(!case.had_invited_to("chat", day(2)));
    }

    #[test]
    fn what_is_not_said_is_no_difference_in_the_matter() {
        let about = |matter: [Option<&str>; 3]| Summary {
            matter: matter.map(|text| text.map(Into::into)),
            ..summary()
        };
        let parcel = about([Some("acme"), None, Some("parcel")]);
        assert!(parcel.is_on_the_matter_of(&about([Some("acme"), Some("x"), None])));
        assert!(!parcel.is_on_the_matter_of(&about([Some("acme"), None, Some("refund")])));
    }
}
