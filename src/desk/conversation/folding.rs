//! How a fold goes on: what a message, an update or a survey makes of a case.

use super::again::Again;
use super::fact::{Changed, CompanySaid, CustomerSaid, Fact, Said};
use super::fold::{Answer, BOT_UNCONTESTED_MS, Fold, MENTIONS, Mark};
use super::rating;
use super::reply_limit::PublicReplies;
use super::resolution::FirstResolved;
use super::wait::Wait;
use crate::config::rules::ChannelRules;
use crate::desk::score::Scored;
use crate::desk::summary::Invitation;
use crate::desk::tally::told::remember_reply;
use crate::model::{AnsweredBy, Millis, ResponseKind, Status};

impl Fold {
    /// Extends the fold by a fact that is not before any it has. If that ends a wait, the wait is
    /// appended to `closed`.
    pub fn push(&mut self, fact: &Fact, rules: &ChannelRules, closed: &mut Vec<Wait>) {
        if fact.deleted {
            return;
        }
        self.pass(fact.at);
        match &fact.said {
            Said::Customer(said) => self.customer(fact, said, rules, closed),
            Said::Company(said) => self.company(fact, said, rules, closed),
            Said::Changed(change) => self.changed(fact, change, rules, closed),
            Said::Surveyed(_) => {
                if let Some(scored) = scored(fact) {
                    self.scores.add(scored);
                }
            }
        }
    }

    /// Time passes up to just before `t`: what silence alone decides by then, is decided.
    fn pass(&mut self, t: Millis) {
        if let Some(claim) = self
            .bot_claim
            .take_if(|claim| t.since(claim.mark.at) >= BOT_UNCONTESTED_MS)
        {
            self.answered.get_or_insert(claim);
        }
    }

    fn customer(&mut self, fact: &Fact, said: &CustomerSaid, rules: &ChannelRules, closed: &mut Vec<Wait>) {
        self.customer_messages += 1;
        self.journey.said(fact.at);
        self.last_customer_at = self.last_customer_at.max(fact.at);
        self.limit.interrupted();
        for mention in &said.mentions {
            if !self.mentions.contains(mention) && self.mentions.len() < MENTIONS {
                self.mentions.push(*mention);
            }
        }
        self.told.or(&said.about);
        // The stars first given are severity, revised ones are advocacy (rule 12).
        self.severity.and(&said.severity.rated(rating::first(fact)));
        self.audience = said.audience.or(self.audience);
        if let Some(scored) = rating::revised(fact) {
            self.scores.add(scored);
        }
        if !said.automatic {
            self.thaw(fact.at, rules);
        }
        let mark = Mark {
            at: fact.at,
            id: fact.id.clone(),
        };
        if !said.waits {
            if !said.automatic {
                self.praised(mark, fact.late);
            }
            return;
        }
        self.waits_for_reply(mark, fact.late, rules, closed);
    }

    /// Rule 1: an edit says something else. If nobody waits by then, the customer has spoken again; but it is no
    /// message more.
    pub fn said_again(&mut self, fact: &Fact, again: Again, rules: &ChannelRules, closed: &mut Vec<Wait>) {
        let waits = fact.customer().is_some_and(|said| said.waits);
        if self.open.is_some() || !waits {
            return;
        }
        self.pass(again.at);
        self.journey.said(again.at);
        self.last_customer_at = self.last_customer_at.max(again.at);
        self.limit.interrupted();
        self.severity.and_stars(again.stars);
        self.thaw(again.at, rules);
        let mark = Mark {
            at: again.at,
            id: fact.id.clone(),
        };
        self.waits_for_reply(mark, fact.late, rules, closed);
    }

    /// The customer waits for a reply since this, or still.
    fn waits_for_reply(&mut self, mark: Mark, late: bool, rules: &ChannelRules, closed: &mut Vec<Wait>) {
        self.thanked(mark.at, closed);
        self.bot_claim = None;
        self.take_up(mark.at);
        self.reopen(mark.at, rules);
        self.clock.get_or_insert_with(|| mark.clone());
        match &mut self.open {
            Some(wait) => {
                wait.extend(mark, late);
                self.chasers += 1;
            }
            None => {
                self.waits += 1;
                self.open = Some(Wait::begin(mark, late));
            }
        }
    }

    fn company(&mut self, fact: &Fact, said: &CompanySaid, rules: &ChannelRules, closed: &mut Vec<Wait>) {
        let mark = || Mark {
            at: fact.at,
            id: fact.id.clone(),
        };
        if !matches!(said.kind, ResponseKind::Note | ResponseKind::Community) {
            self.heard_of(fact);
            if let Some(channel) = &said.invites_to {
                self.journey.invited(Invitation {
                    at: fact.at,
                    message: fact.id.clone(),
                    channel: channel.clone(),
                });
            }
        }
        match said.kind {
            ResponseKind::Human | ResponseKind::Unknown => {
                if said.elsewhere.is_none() {
                    remember_reply(&mut self.replies, fact.at);
                }
                let elsewhere = said.elsewhere.as_ref();
                self.handling
                    .reply(&mark(), said.team.as_ref(), said.agent.as_ref(), elsewhere);
                if said.invites_to.is_none() || said.status == Some(Status::Resolved) {
                    self.replies_of_substance += 1;
                }
                self.answer(fact, rules);
                if said.public.unwrap_or(self.public) {
                    self.answered_publicly_at.get_or_insert(fact.at);
                    // Spectators of this conversation do not see what is said in another.
                    if said.elsewhere.is_none() {
                        self.public_replies += 1;
                        if self.public {
                            self.limit.reply(fact.at);
                        }
                    }
                }
                self.team = said.team.clone().or(self.team.take());
                self.close(fact.at, true, rules, closed);
            }
            ResponseKind::Bot => {
                self.bot_replies += 1;
                if said.status == Some(Status::Resolved) && self.answered.is_none() {
                    // A second word of the bot does not begin the customer's day anew.
                    self.bot_claim
                        .get_or_insert_with(|| answer(fact, AnsweredBy::Bot, rules));
                }
            }
            ResponseKind::AutoAck | ResponseKind::Note | ResponseKind::Community => {}
        }
        if let Some(by) = said.promised_by {
            self.promises.made(mark(), by);
        }
        if said.kind == ResponseKind::Note {
            self.spoken(fact, said.status, rules, closed);
        }
        self.status(fact, said.status, rules, closed);
    }

    fn changed(&mut self, fact: &Fact, change: &Changed, rules: &ChannelRules, closed: &mut Vec<Wait>) {
        let mut about = change.about.clone();
        about.or(&self.set);
        self.set = about;
        self.owner = change.owner.clone().or(self.owner.take());
        self.team = change.team.clone().or(self.team.take());
        self.external_case_id = change.external_case_id.clone().or(self.external_case_id.take());
        self.audience = change.audience.or(self.audience);
        self.confirmed = change.confirmed.or(self.confirmed);
        self.root_cause = change.root_cause.clone().or(self.root_cause.take());
        self.remedy = change.remedy.clone().or(self.remedy.take());
        if change.confirmed == Some(true) {
            self.follow_up(|| Mark {
                at: fact.at,
                id: fact.id.clone(),
            });
        }
        self.spoken(fact, change.status, rules, closed);
        self.status(fact, change.status, rules, closed);
    }

    /// The customer hears of the company.
    fn heard_of(&mut self, fact: &Fact) {
        self.acknowledged.get_or_insert_with(|| Mark {
            at: fact.at,
            id: fact.id.clone(),
        });
        self.last_company_at = self.last_company_at.max(Some(fact.at));
        self.journey.said(fact.at);
    }

    /// A person answers.
    fn answer(&mut self, fact: &Fact, rules: &ChannelRules) {
        let answer = answer(fact, AnsweredBy::Human, rules);
        self.human_replies += 1;
        self.replied_at.get_or_insert(fact.at);
        self.promises.kept(&answer.mark);
        self.follow_up(|| answer.mark.clone());
        self.bot_claim = None;
        self.answered.get_or_insert(answer);
    }

    /// Rule 3: where answers are spoken, nothing is written down of them but that the matter is RESOLVED. Said by a
    /// person, in an update or a note, that is a human answer, which no spectator hears. Said again, it tells nothing
    /// new.
    fn spoken(&mut self, fact: &Fact, status: Option<Status>, rules: &ChannelRules, closed: &mut Vec<Wait>) {
        if rules.spoken && status == Some(Status::Resolved) && self.resolved.is_none() {
            self.heard_of(fact);
            remember_reply(&mut self.replies, fact.at);
            self.replies_of_substance += 1;
            self.answer(fact, rules);
            self.close(fact.at, true, rules, closed);
        }
    }

    fn status(&mut self, fact: &Fact, status: Option<Status>, rules: &ChannelRules, closed: &mut Vec<Wait>) {
        let mark = || Mark {
            at: fact.at,
            id: fact.id.clone(),
        };
        match status {
            None => {}
            Some(Status::Pending) => {
                if self.resolved.is_none() {
                    self.pending.get_or_insert_with(mark);
                }
            }
            Some(Status::Resolved) => {
                self.thaw(fact.at, rules);
                self.take_up(fact.at);
                self.promises.kept(&mark());
                self.resolved.get_or_insert_with(mark);
                let answers = (self.human_replies, self.bot_replies);
                self.first_resolved.get_or_insert(FirstResolved {
                    at: fact.at,
                    one_answer: answers.0 == 1 || matches!(answers, (0, 1)),
                    reopened_at: None,
                });
                self.close(fact.at, false, rules, closed);
            }
            Some(Status::Reopened) => {
                let was_let_go = self.let_go.is_some();
                self.take_up(fact.at);
                let was_resolved = self.reopen(fact.at, rules);
                if was_resolved {
                    self.bot_claim = None;
                }
                if was_resolved || was_let_go {
                    self.wait_again(fact.at, closed);
                }
            }
            Some(Status::LetGo) => {
                self.thaw(fact.at, rules);
                self.let_go.get_or_insert_with(mark);
                self.close(fact.at, false, rules, closed);
            }
        }
    }

    /// PENDING is over.
    fn thaw(&mut self, at: Millis, rules: &ChannelRules) {
        if let Some(pending) = self.pending.take() {
            self.credit(pending.at, at, rules);
        }
    }

    /// Rule 4: time that is not the company's is credited to the resolve clock, if one has begun by then.
    fn credit(&mut self, since: Millis, at: Millis, rules: &ChannelRules) {
        if let Some(start) = &self.clock {
            let levels = rules.levels.in_force(start.at);
            self.credit_ms = self.credit_ms.saturating_add(levels.between(since, at));
        }
        self.frozen_ms = self.frozen_ms.saturating_add(at.since(since));
    }

    /// A decision to let the case go does not stand any more.
    fn take_up(&mut self, at: Millis) {
        if let Some(let_go) = self.let_go.take() {
            self.journey.was_let_go(let_go.at, at);
        }
    }

    /// Rule 18: after RESOLVED, somebody has spoken with the customer again.
    fn follow_up(&mut self, mark: impl FnOnce() -> Mark) {
        if let Some(resolved) = &self.resolved {
            let mark = Some(mark()).filter(|mark| mark.at >= resolved.at);
            self.followed_up = self.followed_up.take().or(mark);
        }
    }

    /// A RESOLVED does not stand any more, if one stood: a new cycle begins.
    fn reopen(&mut self, at: Millis, rules: &ChannelRules) -> bool {
        let Some(resolved) = self.resolved.take() else {
            return false;
        };
        self.journey.was_resolved(resolved.at, at);
        self.credit(resolved.at, at, rules);
        self.reopened += 1;
        self.cycle_at = at;
        self.followed_up = None;
        if let Some(first) = &mut self.first_resolved {
            first.reopened_at.get_or_insert(at);
        }
        self.limit = PublicReplies::default();
        true
    }

    /// The company itself takes back what had ended the last wait. If that was no reply, its messages wait again.
    fn wait_again(&mut self, at: Millis, closed: &mut Vec<Wait>) {
        let last = self.last_wait.as_ref().filter(|last| !last.replied);
        if let (None, Some(last)) = (&self.open, last) {
            self.open = Some(last.again(at));
            self.waits += 1;
            self.thanked(at, closed);
        }
    }

    fn close(&mut self, at: Millis, replied: bool, rules: &ChannelRules, closed: &mut Vec<Wait>) {
        self.thanked(at, closed);
        if let Some(mut wait) = self.open.take() {
            (wait.closed, wait.replied) = (Some(at), replied);
            self.unanswered.closed(&wait, rules.patience);
            // Nobody waits while a decision to let go stands: then it is that which ends the wait, and a
            // clock given up in time has met nothing.
            let was_let_go = self.let_go.is_some();
            match wait.was_late(&rules.levels) {
                Some(true) => self.late_waits += 1,
                Some(false) if !was_let_go => self.timely_waits += 1,
                _ => {}
            }
            self.journey.waited(wait.first.at, at);
            self.last_wait = Some(wait.clone());
            closed.push(wait);
        }
    }
}

/// The answer that this is.
fn answer(fact: &Fact, by: AnsweredBy, rules: &ChannelRules) -> Answer {
    Answer {
        mark: Mark {
            at: fact.at,
            id: fact.id.clone(),
        },
        by,
        untimed: fact.own.is_some_and(|own| fact.at.since(own) > rules.skew.ms()),
    }
}

/// The score of a survey.
pub fn scored(fact: &Fact) -> Option<Scored> {
    match &fact.said {
        Said::Surveyed(survey) => Some(Scored {
            at: fact.at,
            id: fact.id.clone(),
            revision: 0,
            score: survey.score,
        }),
        _ => None,
    }
}
