//! Rule 5, service levels: is a clock's deadline met, breached, at risk?

use crate::config::rules::{LevelSet, Share, Span};
use crate::model::{Millis, SlaState};

/// The clocks of a case that a level can be set for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// To the first company message the customer sees.
    Acknowledge,
    /// To the first answer.
    Answer,
    /// Of each wait, to its reply.
    Next,
    /// To the resolution.
    Resolve,
}

impl Level {
    /// The name in settings, events and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Answer => "answer",
            Self::Next => "next",
            Self::Resolve => "resolve",
        }
    }
}

/// One clock of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// When it began.
    pub from: Millis,
    /// What it waits for, if that has happened.
    pub done: Option<Millis>,
    /// When it ended without that: a person's decision to let go.
    pub dropped: Option<Millis>,
    /// Time credited to it, frozen by PENDING: milliseconds of the level's own time.
    pub credit: i64,
    /// Since when it stands still, if it does.
    pub frozen: Option<Millis>,
}

/// What has become of a clock, by a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The state as a case record has it.
    pub state: SlaState,
    /// Running, with the at-risk share of its time gone.
    pub at_risk: bool,
    /// Until when it had, or has, time.
    pub deadline: Millis,
    /// When the judgement changes if nothing else happens.
    pub due: Option<Millis>,
}

impl Clock {
    /// Judges this clock by its level, in the time of `set`, and by `now`. BREACHED: the answer is later than the deadline,
    /// or there is none; and now is past it, since until then an earlier answer may still be on its
    /// way (rule 6: an archive raises no false breach).
    pub fn judge(self, set: &LevelSet, level: Span, share: Share, now: Millis) -> Judgement {
        let deadline = set.deadline(level, self.from, self.credit);
        let risk = || set.at_risk(level, share, self.from, self.credit);
        let over = deadline.plus(1);
        let settled = |state| Judgement {
            state,
            at_risk: false,
            deadline,
            due: None,
        };
        match (self.done, self.dropped) {
            (Some(done), _) if done <= deadline => settled(SlaState::Met),
            (Some(_), _) if now > deadline => settled(SlaState::Breached),
            (None, Some(dropped)) if dropped <= deadline => settled(SlaState::None),
            (None, Some(_)) if now > deadline => settled(SlaState::Breached),
            // PENDING stops the clock, and takes nothing back that it had shown by then.
            (None, None) if self.frozen.unwrap_or(now) > deadline => settled(SlaState::Breached),
            (None, None) if self.frozen.is_some() => settled(SlaState::Running),
            _ => {
                let risk = risk();
                Judgement {
                    state: SlaState::Running,
                    at_risk: now >= risk,
                    deadline,
                    due: Some(if now < risk { risk } else { over }),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Judgement};
    use crate::config::rules::{LevelSet, Share, Span};
    use crate::model::Millis;
    use crate::model::SlaState::{Breached, Met, None as NoClock, Running};

    const M: i64 = 60_000;

    #[test]
    fn an_hour_to_answer_judged_at_different_times() {
        let clock = |done: Option<i64>, dropped: Option<i64>, credit: i64, frozen: Option<i64>| Clock {
            from: Millis(0),
            done: done.map(|m| Millis(m * M)),
            dropped: dropped.map(|m| Millis(m * M)),
            credit: credit * M,
            frozen: frozen.map(|m| Millis(m * M)),
        };
        let open = clock(None, None, 0, None);
        //    given            at minute  then     at risk  changes at
        for (clock, minute, state, at_risk, due) in [
            (open, 0, Running, false, Some(48 * M)),
            (open, 48, Running, true, Some(60 * M + 1)),
            (open, 60, Running, true, Some(60 * M + 1)),
            (open, 61, Breached, false, None),
            (clock(Some(60), None, 0, None), 500, Met, false, None),
            (clock(Some(61), None, 0, None), 500, Breached, false, None),
            (clock(Some(61), None, 0, None), 10, Running, false, Some(48 * M)), // not its time yet
            (clock(Some(61), None, 5, None), 500, Met, false, None),            // five minutes were frozen
            (clock(None, None, 0, Some(60)), 500, Running, false, None),        // frozen in time
            (clock(None, None, 0, Some(61)), 500, Breached, false, None),       // frozen too late
            (clock(None, Some(30), 0, None), 500, NoClock, false, None),        // let go in time
            (clock(None, Some(70), 0, None), 500, Breached, false, None),       // let go too late
        ] {
            let judged = clock.judge(
                &LevelSet::default(),
                Span::hours(1),
                Share::new(0.8).expect("a share"),
                Millis(minute * M),
            );
            let Judgement {
                state: s,
                at_risk: r,
                due: d,
                ..
            } = judged;
            assert_eq!(
                (s, r, d),
                (state, at_risk, due.map(Millis)),
                "{clock:?} at minute {minute}"
            );
        }
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        let clock = Clock {
            from: Millis(i64::MAX),
            done: None,
            dropped: None,
            credit: i64::MAX,
            frozen: None,
        };
        let judged = clock.judge(
            &LevelSet::default(),
            Span::hours(1),
            Share::new(1.0).expect("a share"),
            Millis(i64::MAX),
        );
        assert_eq!(judged.state, Running);
    }
}
