//! Rule 22, deaf channel: customers speak and nobody has answered there for a configurable time.
//!
//! Replies are known by the hour: one answers all who had begun to wait by the end of its hour.

use serde::{Deserialize, Serialize};

use super::baseline::Minute;
use super::{Hour, begin, hour_of};
use crate::config::rules::Span;
use crate::model::Millis;

/// Whether a channel is deaf, as hours go by in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deaf {
    /// The latest hour in which a person replied.
    replied: Option<Hour>,
    /// When the first customer began to wait whom no reply has followed.
    waiting: Option<Minute>,
    /// Cases opened since then.
    cases: u64,
    /// It was told of this spell.
    told: bool,
    /// Something came late: nothing is told before.
    listens_until: Option<Millis>,
}

/// A channel is deaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeafSpell {
    /// Since when a customer has waited.
    pub since: Millis,
    /// When it was too long.
    pub at: Millis,
    /// Cases opened since.
    pub cases: u64,
    /// The end of the hour of the last reply, if there ever was one.
    pub last_reply: Option<Millis>,
}

impl Deaf {
    /// A customer begins to wait.
    pub fn spoke(&mut self, minute: Minute) {
        let is_answered = self.replied.is_some_and(|hour| hour >= hour_of(minute));
        if !is_answered && !self.told {
            self.waiting = Some(self.waiting.map_or(minute, |known| known.min(minute)));
        }
    }

    /// The same, known only after its time. Its reply may be late too, so that nothing is told before
    /// `until`.
    pub fn spoke_late(&mut self, minute: Minute, until: Millis) {
        self.spoke(minute);
        self.listens_until = self.listens_until.max(Some(until));
    }

    /// Cases opened.
    pub fn opened(&mut self, cases: u64) {
        if self.waiting.is_some() {
            self.cases += cases;
        }
    }

    /// A person replied in this hour: the spell is over for all who waited by then.
    pub fn replied(&mut self, hour: Hour) {
        self.replied = self.replied.max(Some(hour));
        if self.waiting.is_some_and(|minute| hour_of(minute) <= hour) {
            (self.waiting, self.cases, self.told) = (None, 0, false);
        }
    }

    /// When it will have been too long if nobody replies; `None` if nobody waits, or it was told.
    pub fn too_long_at(&self, after: Span) -> Option<Millis> {
        let waiting = self.waiting.filter(|_| !self.told)?;
        Some(begin(waiting).plus(after.ms()))
    }

    /// When that is decided: when the lateness bound has passed, and a moment later than hours that end at the
    /// same time are.
    pub fn decided_at(&self, after: Span, lateness: Span) -> Option<Millis> {
        let at = self.too_long_at(after)?.plus(lateness.ms() + 1);
        Some(self.listens_until.map_or(at, |until| at.max(until)))
    }

    /// It has been too long: tells so, once a spell.
    pub fn tell(&mut self, after: Span) -> Option<DeafSpell> {
        let at = self.too_long_at(after)?;
        self.told = true;
        Some(DeafSpell {
            since: at.plus(-after.ms()),
            at,
            cases: self.cases,
            last_reply: self.replied.map(|hour| begin((hour + 1) * super::HOUR)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Deaf;
    use crate::config::rules::Span;
    use crate::model::Millis;

    const AFTER: Span = Span::hours(3);

    #[derive(Clone, Copy, Debug)]
    enum Line {
        Spoke(i64),
        Replied(i64),
    }
    use Line::{Replied, Spoke};

    #[test]
    fn a_channel_is_deaf_from_the_first_who_waits_until_a_reply() {
        //   given, in minutes and hours            then it is too long in minute
        for (lines, at) in [
            (&[][..], None),
            (&[Replied(0)], None),
            (&[Spoke(30)], Some(210)),
            (&[Spoke(30), Spoke(50)], Some(210)),
            (&[Spoke(30), Replied(0)], None),
            (&[Spoke(30), Replied(1)], None),
            (&[Spoke(30), Replied(1), Spoke(100)], None), // in the hour of the reply
            (&[Spoke(30), Replied(1), Spoke(130)], Some(310)),
            (&[Replied(5), Spoke(400)], Some(580)),
            (&[Spoke(50), Spoke(30)], Some(210)), // known late
        ] {
            let mut deaf = Deaf::default();
            for line in lines {
                match line {
                    Spoke(minute) => deaf.spoke(*minute),
                    Replied(hour) => deaf.replied(*hour),
                }
            }
            let wanted = at.map(|minute| Millis(minute * 60_000));
            assert_eq!(deaf.too_long_at(AFTER), wanted, "{lines:?}");
            assert_eq!(deaf.tell(AFTER).map(|spell| spell.at), wanted, "{lines:?}");
            assert_eq!(deaf.tell(AFTER), None, "once a spell");
        }
    }

    #[test]
    fn who_was_heard_late_may_have_been_answered_late() {
        let late = Span::minutes(10);
        let mut deaf = Deaf::default();
        deaf.spoke_late(30, Millis(1_000_000_000));
        assert_eq!(deaf.decided_at(AFTER, late), Some(Millis(1_000_000_000)));
        deaf.replied(1);
        assert_eq!(deaf.decided_at(AFTER, late), None);
        let mut in_time = Deaf::default();
        in_time.spoke(130);
        let at = Millis((130 + 180 + 10) * 60_000 + 1);
        assert_eq!(in_time.decided_at(AFTER, late), Some(at));
    }

    #[test]
    fn a_spell_ends_by_a_reply_and_another_may_begin() {
        let mut deaf = Deaf::default();
        deaf.spoke(30);
        deaf.opened(2);
        let spell = deaf.tell(AFTER).expect("it is deaf");
        assert_eq!((spell.cases, spell.last_reply), (2, None));
        deaf.replied(9);
        deaf.spoke(700);
        let spell = deaf.tell(AFTER).expect("it is deaf again");
        assert_eq!((spell.since, spell.cases), (Millis(700 * 60_000), 0));
        assert_eq!(spell.last_reply, Some(Millis(600 * 60_000)));
    }
}
