//! What follows an answer: promises (rule 21), first contact resolution (16).

use heard::model::{Millis, PromiseState, ResponseKind, Status};

use super::course::Course;
use super::facts::What;
use super::spells::Word;
use crate::rules::DAY;

impl Course {
    /// Rule 21: by when the company last promised, and what has become of that.
    pub fn promise(&self, now: Millis) -> (Option<Millis>, PromiseState) {
        let mut promises = self.words.iter().enumerate().filter_map(|(n, word)| match word {
            Word::Promise(by) => Some((n, *by)),
            Word::Kept(_) => None,
        });
        let Some((n, by)) = promises.next_back() else {
            return (None, PromiseState::None);
        };
        let kept = self.words[n + 1..]
            .iter()
            .any(|word| matches!(word, Word::Kept(at) if *at <= by));
        let state = match kept {
            true => PromiseState::Kept,
            false if now > by => PromiseState::Broken,
            false => PromiseState::Running,
        };
        (Some(by), state)
    }

    /// Rule 18: a time after the RESOLVED that stands somebody should ask whether it is still well, unless a person has
    /// written since, or the customer has confirmed it.
    pub fn is_follow_up_due(&self, now: Millis) -> bool {
        let due = self
            .resolved_at()
            .is_some_and(|at| at.plus(self.channel.follow_up) <= now);
        due && !self.asked_since
    }

    /// When the case was resolved first.
    pub fn first_resolved(&self) -> Option<Millis> {
        self.resolved.first().map(|spell| spell.from)
    }

    /// Rule 16: RESOLVED after one human (or bot) answer, and nothing new for 7 days. Decision: of the
    /// case's own messages those that open it again are new; the first RESOLVED counts; where people
    /// answered, bots' replies are none.
    pub fn first_contact(&self, came_again: Option<Millis>, now: Millis) -> Option<bool> {
        let resolved = self.first_resolved()?;
        if !matches!(self.replies_until_resolved(), (1, _) | (0, 1)) {
            return Some(false);
        }
        let end = resolved.plus(7 * DAY);
        let mut news = self.reopened.first().copied().into_iter().chain(came_again);
        if news.any(|at| at < end) {
            return Some(false);
        }
        (end <= now).then_some(true)
    }

    /// Human and bot replies up to the first RESOLVED.
    fn replies_until_resolved(&self) -> (usize, usize) {
        let (mut humans, mut bots) = (0, 0);
        for fact in &self.facts {
            let status = match &fact.what {
                What::Replied(reply) => {
                    let resolves = reply.message.status == Some(Status::Resolved) && !reply.elsewhere;
                    let spoken = self.channel.spoken && reply.message.kind == ResponseKind::Note && resolves;
                    humans += usize::from(reply.is_human() || spoken);
                    bots += usize::from(reply.message.kind == ResponseKind::Bot);
                    reply.message.status.filter(|_| !reply.elsewhere)
                }
                What::Updated(update) => {
                    let resolves = update.status == Some(Status::Resolved);
                    humans += usize::from(resolves && self.channel.spoken);
                    update.status
                }
                _ => None,
            };
            if status == Some(Status::Resolved) {
                break;
            }
        }
        (humans, bots)
    }
}
