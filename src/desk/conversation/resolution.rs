//! What follows a RESOLVED: first contact resolution (rule 16) and the follow-up (rule 18).

use serde::{Deserialize, Serialize};

use super::fold::Mark;
use crate::config::rules::Span;
use crate::model::Millis;

/// How long it must stay quiet after RESOLVED for the first contact to have solved it (rule 16).
pub const QUIET: Span = Span::days(7);

/// The first RESOLVED of a case (rule 16).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FirstResolved {
    /// When.
    pub at: Millis,
    /// Whether there was exactly one answer by then, a person's or a bot's.
    pub one_answer: bool,
    /// When the case was opened again for the first time.
    pub reopened_at: Option<Millis>,
}

/// What rule 16 says by now, and when it will say more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FirstContact {
    /// Whether the first contact solved it; `None` while that is open.
    pub decided: Option<bool>,
    /// When it is decided if nothing else happens.
    pub due: Option<Millis>,
}

impl FirstResolved {
    /// Judges it at `now`. `again` is when the party first came again with the same matter, in whatever
    /// channel.
    pub fn judge(&self, again: Option<Millis>, now: Millis) -> FirstContact {
        let end = self.at.plus(QUIET.ms());
        let decided = |yes| FirstContact {
            decided: Some(yes),
            due: None,
        };
        let later = |due| FirstContact {
            decided: None,
            due: Some(due),
        };
        if self.at > now {
            return later(self.at);
        }
        let disturbed = [self.reopened_at, again].into_iter().flatten().min();
        match disturbed.filter(|&at| at < end) {
            _ if !self.one_answer => decided(false),
            Some(at) if at <= now => decided(false),
            Some(at) => later(at),
            None if end <= now => decided(true),
            None => later(end),
        }
    }
}

/// The follow-up that a case is due (rule 18).
#[derive(Clone, Debug, PartialEq)]
pub struct FollowUp {
    /// The RESOLVED that stands.
    pub resolved: Mark,
    /// When it is due.
    pub at: Millis,
    /// Whether that time has come and nobody had followed up by then.
    pub is_due: bool,
    /// What followed it up: a person's message, or the customer's confirmation.
    pub done: Option<Mark>,
    /// When any of this changes if nothing else happens.
    pub due: Option<Millis>,
}

impl FollowUp {
    /// Whether somebody should follow up by now.
    pub fn is_asked_for(&self) -> bool {
        self.is_due && self.done.is_none()
    }

    /// Judges it at `now`, this long after RESOLVED.
    pub fn judge(resolved: &Mark, done: Option<&Mark>, after: Span, now: Millis) -> Self {
        let at = resolved.at.plus(after.ms());
        let changes = [
            done.map(|done| done.at),
            done.is_none_or(|done| done.at > at).then_some(at),
        ];
        let done = done.filter(|done| done.at <= now).cloned();
        Self {
            is_due: at <= now && done.as_ref().is_none_or(|done| done.at > at),
            resolved: resolved.clone(),
            at,
            done,
            due: changes.into_iter().flatten().filter(|at| *at > now).min(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FirstResolved, FollowUp, Mark};
    use crate::config::rules::Span;
    use crate::model::Millis;

    const DAY: i64 = 24 * 3600 * 1000;

    #[test]
    fn the_first_contact_has_solved_it_if_seven_days_stay_quiet() {
        //   one answer  reopened   came again  at day  solved by it   decided on day
        for (one_answer, reopened, again, day, decided, due) in [
            (true, None, None, 6, None, Some(7)),
            (true, None, None, 7, Some(true), None),
            (true, Some(3), None, 30, Some(false), None),
            (true, Some(8), None, 30, Some(true), None), // that is another time
            (true, None, Some(6), 30, Some(false), None),
            (true, None, Some(7), 30, Some(true), None),
            (true, None, Some(6), 5, None, Some(6)), // the clock of a drain has not come there yet
            (false, None, None, 0, Some(false), None),
        ] {
            let first = FirstResolved {
                at: Millis(0),
                one_answer,
                reopened_at: reopened.map(|d: i64| Millis(d * DAY)),
            };
            let found = first.judge(again.map(|d: i64| Millis(d * DAY)), Millis(day * DAY));
            let due = due.map(|d: i64| Millis(d * DAY));
            assert_eq!(
                (found.decided, found.due),
                (decided, due),
                "{one_answer} {reopened:?} {again:?} at day {day}"
            );
        }
    }

    #[test]
    fn a_follow_up_is_due_three_days_after_resolved() {
        let mark = |day: i64| Mark {
            at: Millis(day * DAY),
            id: "m".into(),
        };
        //   done on day  at day  due    done   changes on day
        for (done, day, is_due, is_done, due) in [
            (None, 0, false, false, Some(3)),
            (None, 3, true, false, None),
            (Some(1), 4, false, true, None),     // in time: it never was due
            (Some(1), 0, false, false, Some(1)), // the clock of a drain has not come there yet
            (Some(5), 4, true, false, Some(5)),
            (Some(5), 6, true, true, None), // it was due, and is done
        ] {
            let follow = FollowUp::judge(
                &mark(0),
                done.map(mark).as_ref(),
                Span::days(3),
                Millis(day * DAY),
            );
            assert_eq!(
                (follow.is_due, follow.done.is_some(), follow.due),
                (is_due, is_done, due.map(|d: i64| Millis(d * DAY))),
                "{done:?} at day {day}"
            );
        }
    }
}
