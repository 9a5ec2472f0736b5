//! Rule 22, deaf channel: customers speak and nobody has answered there for a configurable time since the
//! earliest message that still waits.
//!
//! A customer still waits who got no reply, and whose case was neither resolved nor let go. A person's reply
//! to anybody in the channel shows that somebody is there: only who has spoken since counts. Who spoke at the
//! very moment of a reply and still waits has spoken since.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{hour_of, minute_of};
use crate::config::rules::Span;
use crate::model::Millis;

/// So many replies of an hour are remembered: of more, the first and the last.
const REPLIES: usize = 16;

/// Whether a channel is deaf, as time goes by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deaf {
    /// The latest reply of a person before the hour of `replies`.
    before: Option<Millis>,
    /// Replies of the latest hour that had any and is decided, in order.
    replies: SmallVec<[Millis; 1]>,
    /// Cases opened since the last reply, to the minute.
    cases: u64,
    /// Since when the customer waits of whom was told last.
    told: Option<Millis>,
}

/// A channel is deaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeafSpell {
    /// Since when a customer has waited.
    pub since: Millis,
    /// When it was too long.
    pub at: Millis,
    /// Cases opened since the last reply.
    pub cases: u64,
    /// The last reply, if there ever was one.
    pub last_reply: Option<Millis>,
}

impl Deaf {
    /// Cases opened.
    pub fn opened(&mut self, cases: u64) {
        self.cases = self.cases.saturating_add(cases);
    }

    /// The last reply, as far as is known.
    fn last_reply(&self) -> Option<Millis> {
        self.replies.last().copied().or(self.before)
    }

    /// People replied in an hour, at these moments in order. Since the last of them so many cases opened in
    /// that hour.
    pub fn replied(&mut self, replies: &[Millis], cases: u64) {
        if self.last_reply() < replies.last().copied() {
            self.cases = cases;
        }
        for reply in replies {
            let hour = |at: &Millis| hour_of(minute_of(*at));
            let order = self.replies.last().map(|last| hour(reply).cmp(&hour(last)));
            match order {
                Some(std::cmp::Ordering::Less) => self.before = self.before.max(Some(*reply)),
                Some(std::cmp::Ordering::Greater) => {
                    self.before = self.last_reply();
                    self.replies = [*reply].into_iter().collect();
                }
                _ => {
                    if let Err(at) = self.replies.binary_search(reply) {
                        self.replies.insert(at, *reply);
                    }
                }
            }
            if self.replies.len() > REPLIES {
                self.replies.remove(REPLIES / 2);
            }
        }
    }

    /// The last reply by `at`, with those of an hour that is not decided. Of a time that is long decided it
    /// is no longer known: then somebody has replied.
    fn replied_by(&self, at: Millis, open: &[Millis]) -> Option<Millis> {
        if self.before.is_some_and(|before| before > at) {
            return Some(at);
        }
        let all = self.replies.iter().chain(open).copied().chain(self.before);
        all.filter(|reply| *reply <= at).max()
    }

    /// A customer has waited since `since` for longer than a channel may be without a reply: whether that
    /// is news. One spell is told once: until a reply.
    pub fn waited(&mut self, since: Millis, after: Span, open: &[Millis]) -> Option<DeafSpell> {
        let at = since.plus(after.ms());
        let last_reply = self.replied_by(at, open);
        let is_later =
            |than: Option<Millis>| last_reply.is_some_and(|reply| than.is_some_and(|than| reply > than));
        let was_told = self.told.is_some() && !is_later(self.told);
        if was_told || is_later(Some(since)) {
            return None;
        }
        self.told = Some(since);
        Some(DeafSpell {
            since,
            at,
            cases: self.cases,
            last_reply,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Deaf, DeafSpell};
    use crate::config::rules::Span;
    use crate::model::Millis;

    const AFTER: Span = Span::hours(3);

    #[derive(Clone, Copy, Debug)]
    enum Line {
        /// The replies of an hour.
        Replied(&'static [i64]),
        /// A wait is too long.
        Waited(i64),
    }
    use Line::{Replied, Waited};

    fn second(second: i64) -> Millis {
        Millis(second * 1000)
    }

    #[test]
    fn a_channel_is_deaf_from_the_first_who_waits_until_a_reply() {
        const HOUR: i64 = 3600;
        //   given, in seconds, in the order of time       then it is told of those
        for (lines, told) in [
            (&[][..], &[][..]),
            (&[Replied(&[0])], &[]),
            (&[Waited(30)], &[30]),
            (&[Waited(30), Waited(50)], &[30]),
            (&[Replied(&[29]), Waited(30)], &[30]), // a second before
            (&[Replied(&[31]), Waited(30)], &[]),   // a second after
            (&[Replied(&[30]), Waited(30)], &[30]), // at the same moment, and still waits
            (&[Replied(&[31]), Waited(30), Waited(32)], &[32]),
            (&[Replied(&[10, 40]), Waited(30)], &[]),
            (&[Replied(&[40]), Replied(&[HOUR]), Waited(30)], &[]),
            (&[Waited(30), Replied(&[4 * HOUR]), Waited(2 * HOUR)], &[30]), // the reply is in time for it
            (
                &[Waited(30), Replied(&[4 * HOUR]), Waited(5 * HOUR)],
                &[30, 5 * HOUR],
            ),
            // A reply after the time, in the hour in which it was decided: too late for it.
            (&[Replied(&[3 * HOUR + 31]), Waited(30)], &[30]),
            (&[Replied(&[3 * HOUR + 30]), Waited(30)], &[]),
            // What is heard of when others have replied since then is told of no more.
            (&[Replied(&[4 * HOUR]), Replied(&[9 * HOUR]), Waited(30)], &[]),
        ] {
            let mut deaf = Deaf::default();
            let mut found = Vec::new();
            for line in lines {
                match line {
                    Replied(at) => deaf.replied(&at.iter().map(|at| second(*at)).collect::<Vec<_>>(), 0),
                    Waited(since) => found.extend(deaf.waited(second(*since), AFTER, &[])),
                }
            }
            let since: Vec<_> = found.iter().map(|spell| spell.since.0 / 1000).collect();
            assert_eq!(since, told, "{lines:?}");
        }
    }

    #[test]
    fn a_reply_of_an_hour_that_is_not_decided_counts_if_it_is_in_time() {
        for (reply, is_deaf) in [
            (29, true),
            (31, false),
            (3 * 3600 + 30, false),
            (3 * 3600 + 31, true),
        ] {
            let spell = Deaf::default().waited(second(30), AFTER, &[second(reply)]);
            assert_eq!(spell.is_some(), is_deaf, "{reply}");
        }
    }

    #[test]
    fn a_spell_tells_the_last_reply_and_the_cases_since() {
        let mut deaf = Deaf::default();
        deaf.opened(2);
        let spell = deaf.waited(second(30), AFTER, &[]).expect("it is deaf");
        assert_eq!((spell.cases, spell.last_reply), (2, None));
        deaf.replied(&[second(20_000), second(20_100)], 1);
        deaf.opened(3);
        let told = deaf.waited(second(30_000), AFTER, &[]);
        let wanted = DeafSpell {
            since: second(30_000),
            at: second(30_000 + 3 * 3600),
            cases: 4,
            last_reply: Some(second(20_100)),
        };
        assert_eq!(told, Some(wanted), "it is deaf again");
    }
}
