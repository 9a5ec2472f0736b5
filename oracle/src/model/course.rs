//! What a case has gone through: its facts, told one by one in the order of time (rules 2, 3, 4, 8, 17).

use heard::model::{Complaint, Identifier, Millis, ResponseKind, Stage, Status};

use super::facts::{Edited, Fact, Reply, Said, What};
use super::spells::{End, Human, Praise, Spell, Wait, Word, begin, end, is_on, stop};
use super::versions::opens_clock;
use crate::rules::{self, Channel, MINUTE};

/// The course of a case.
pub struct Course {
    pub channel: &'static Channel,
    pub facts: Vec<Fact>,
    pub stage: Stage,
    pub opened_at: Millis,
    pub waits: Vec<Wait>,
    pub praises: Vec<Praise>,
    pub chasers: u32,
    /// Of customer messages, when and whether they contest what was done.
    pub said: Vec<(Millis, bool)>,
    /// Of edits that said something else while nobody waited, when, and the stars they gave.
    pub news: Vec<(Millis, Option<f64>)>,
    /// Company messages that the customer could see.
    pub visible: Vec<Millis>,
    pub humans: Vec<Human>,
    pub bots: Vec<Millis>,
    /// When bots said RESOLVED, until when nobody contested it, and whether it is dated before the message it names.
    pub bot_solutions: Vec<(Spell, bool)>,
    pub resolved: Vec<Spell>,
    pub let_go: Vec<Spell>,
    pub pending: Vec<Spell>,
    /// When a resolved case was opened again.
    pub reopened: Vec<Millis>,
    /// Rule 8: public human replies in this cycle; split posts are one.
    pub replies_in_cycle: u32,
    /// The first post of the last of these, if the customer has not spoken since.
    split: Option<Millis>,
    pub transfers: u32,
    last_team: Option<(Option<String>, Option<String>)>,
    /// Whether a person has written since the RESOLVED that stands, or the customer has confirmed it.
    pub asked_since: bool,
    pub words: Vec<Word>,
    pub invitations: Vec<(Millis, String)>,
}

impl Course {
    /// The course of these facts; none if its author said nothing that stands.
    pub fn of(channel: &'static Channel, facts: Vec<Fact>) -> Option<Self> {
        let opening = facts.iter().position(|fact| matches!(fact.what, What::Said(_)))?;
        let opened_at = facts[opening].at;
        // Decision: a case begins with its author's first message. What came before has nothing to do with it, but for
        // surveys.
        let mut in_order = vec![facts[opening].clone()];
        let others = facts
            .into_iter()
            .enumerate()
            .filter(|(n, fact)| *n > opening || *n != opening && matches!(fact.what, What::Surveyed(_)));
        in_order.extend(others.map(|(_, fact)| fact));
        let mut course = Self {
            channel,
            facts: Vec::new(),
            stage: channel.stage,
            opened_at,
            waits: Vec::new(),
            praises: Vec::new(),
            chasers: 0,
            said: Vec::new(),
            news: Vec::new(),
            visible: Vec::new(),
            humans: Vec::new(),
            bots: Vec::new(),
            bot_solutions: Vec::new(),
            resolved: Vec::new(),
            let_go: Vec::new(),
            pending: Vec::new(),
            reopened: Vec::new(),
            replies_in_cycle: 0,
            split: None,
            transfers: 0,
            last_team: None,
            asked_since: false,
            words: Vec::new(),
            invitations: Vec::new(),
        };
        if let What::Said(said) = &in_order[0].what {
            course.stage = said.message.visibility.map_or(channel.stage, Stage::from);
        }
        for fact in &in_order {
            match &fact.what {
                What::Said(said) => course.customer(fact, said),
                What::Edited(edited) => course.edited(fact, edited),
                What::Replied(reply) => course.company(fact, reply),
                What::Updated(update) => {
                    course.asked_since |= update.resolution_confirmed == Some(true);
                    if update.status == Some(Status::Resolved) {
                        course.spoken(fact);
                    }
                    course.status(fact.at, update.status);
                }
                What::Surveyed(_) => {}
            }
        }
        course.facts = in_order;
        Some(course)
    }

    /// The customer speaks.
    fn customer(&mut self, fact: &Fact, said: &Said) {
        let at = fact.at;
        self.said.push((at, said.reopens()));
        self.split = None;
        self.returns(at, &said.message);
        let open = self.waits.last_mut().filter(|wait| wait.end.is_none());
        let (id, latest) = (fact.id.clone(), said.message.clone());
        if said.opens_clock() {
            match open {
                Some(wait) => {
                    (wait.messages, wait.latest) = (wait.messages + 1, latest);
                    self.chasers += 1;
                }
                None => self.waits.push(Wait {
                    id,
                    from: at,
                    messages: 1,
                    latest,
                    end: None,
                }),
            }
            self.end_praise(at);
        } else if open.is_none() && !said.message.automatic {
            self.praised(at, id, latest);
        }
    }

    fn praised(&mut self, at: Millis, id: String, latest: Complaint) {
        match self.praises.last_mut().filter(|praise| praise.end.is_none()) {
            Some(praise) => (praise.messages, praise.latest) = (praise.messages + 1, latest),
            None => self.praises.push(Praise {
                id,
                from: at,
                messages: 1,
                latest,
                end: None,
            }),
        }
    }

    /// What it means that the customer is there again.
    fn returns(&mut self, at: Millis, message: &Complaint) {
        if opens_clock(message) {
            if is_on(&self.resolved) {
                self.reopen(at);
            }
            stop(&mut self.let_go, at);
        }
        if !message.automatic {
            stop(&mut self.pending, at);
        }
    }

    /// Rule 1: an edit says something else while nobody waits: the customer has spoken again.
    fn edited(&mut self, fact: &Fact, edited: &Edited) {
        let waits = self.waits.last().is_some_and(|wait| wait.end.is_none());
        if waits || !edited.said.opens_clock() {
            return;
        }
        self.news.push((fact.at, edited.stars));
        self.split = None;
        self.returns(fact.at, &edited.said.message);
        self.waits.push(Wait {
            id: fact.id.clone(),
            from: fact.at,
            messages: 1,
            latest: edited.said.message.clone(),
            end: None,
        });
        self.end_praise(fact.at);
    }

    /// Rule 3: where answers are spoken, RESOLVED by a person is an answer, unless it is resolved already.
    fn spoken(&mut self, fact: &Fact) {
        if self.channel.spoken && !is_on(&self.resolved) {
            self.visible.push(fact.at);
            self.answered(fact.at, (false, false, false), fact.skewed);
        }
    }

    fn end_praise(&mut self, at: Millis) {
        if let Some(praise) = self.praises.last_mut() {
            praise.end.get_or_insert(at);
        }
    }

    /// The company speaks.
    fn company(&mut self, fact: &Fact, reply: &Reply) {
        let (at, message) = (fact.at, &reply.message);
        if reply.is_visible() {
            self.visible.push(at);
        }
        if reply.is_human() {
            self.human(fact, reply);
        } else if message.kind == ResponseKind::Bot {
            self.bots.push(at);
        }
        if let Some(channel) = message.invites_to.as_ref().filter(|_| reply.is_visible()) {
            self.invitations.push((at, channel.to_string()));
        }
        // What a message from elsewhere decides or promises belongs to where it was said.
        if reply.elsewhere {
            return;
        }
        if message.kind == ResponseKind::Bot && message.status == Some(Status::Resolved) {
            self.bot_solutions
                .push((Spell { from: at, to: None }, fact.skewed));
        }
        // Decision: a message that promises and resolves keeps its promise.
        if let Some(by) = message.promised_by {
            self.words.push(Word::Promise(by));
        }
        if message.kind == ResponseKind::Note && message.status == Some(Status::Resolved) {
            self.spoken(fact);
        }
        self.status(at, message.status);
    }

    fn human(&mut self, fact: &Fact, reply: &Reply) {
        let at = fact.at;
        // Decision: what does not say who can see it is seen by who sees the case; from elsewhere, by who
        // sees that channel.
        let usual = if reply.elsewhere {
            rules::channel(&reply.message.channel).stage
        } else {
            self.stage
        };
        let public = reply.message.visibility.map_or(usual, Stage::from) == Stage::Onstage;
        // Decision: what resolves the matter does more than invite.
        let resolves = reply.message.status == Some(Status::Resolved) && !reply.elsewhere;
        let invites = reply.message.invites_to.is_some() && !resolves;
        self.answered(at, (public, invites, reply.elsewhere), fact.skewed);
        // Decision: spectators of this conversation do not see what is said in another.
        if public && self.stage == Stage::Onstage && !reply.elsewhere {
            self.public_reply(at);
        }
        let team = reply.message.team.as_ref().map(ToString::to_string);
        let from = reply.elsewhere.then(|| reply.message.channel.to_string());
        if let Some((last_team, last_from)) = &self.last_team {
            // Rule 17: another team, both known, or another channel.
            let other_team = matches!((last_team, &team), (Some(a), Some(b)) if a != b);
            self.transfers += u32::from(other_team || *last_from != from);
        }
        self.last_team = Some((team, from));
    }

    fn answered(&mut self, at: Millis, (public, invites, elsewhere): (bool, bool, bool), skewed: bool) {
        self.humans.push(Human {
            at,
            skewed,
            public,
            invites,
            elsewhere,
        });
        self.asked_since = true;
        self.words.push(Word::Kept(at));
        self.close_wait(at, End::Reply);
    }

    /// Rule 8. Decision: posts within two minutes of the first of them are one reply.
    fn public_reply(&mut self, at: Millis) {
        if self.split.is_none_or(|first| at.since(first) > 2 * MINUTE) {
            self.replies_in_cycle += 1;
            self.split = Some(at);
        }
    }

    /// The company decides something.
    fn status(&mut self, at: Millis, status: Option<Status>) {
        match status {
            None => {}
            // Decision: who has resolved a matter waits for nobody.
            Some(Status::Pending) if is_on(&self.resolved) => {}
            Some(Status::Pending) => begin(&mut self.pending, at),
            Some(Status::Resolved) => {
                stop(&mut self.pending, at);
                stop(&mut self.let_go, at);
                self.asked_since &= is_on(&self.resolved);
                begin(&mut self.resolved, at);
                self.words.push(Word::Kept(at));
                self.close_wait(at, End::Resolved);
            }
            Some(Status::Reopened) => {
                if is_on(&self.resolved) || is_on(&self.let_go) {
                    self.wait_again(at);
                }
                stop(&mut self.let_go, at);
                if is_on(&self.resolved) {
                    self.reopen(at);
                }
            }
            Some(Status::LetGo) => {
                stop(&mut self.pending, at);
                begin(&mut self.let_go, at);
                self.close_wait(at, End::LetGo);
            }
        }
    }

    /// The company takes back what it had decided: who had got no reply waits again.
    fn wait_again(&mut self, at: Millis) {
        let last = self.waits.last();
        let undecided = last.filter(|wait| matches!(wait.end, Some((_, End::Resolved | End::LetGo))));
        if let Some(wait) = undecided.cloned() {
            self.waits.push(Wait {
                from: at,
                end: None,
                ..wait
            });
            self.end_praise(at);
        }
    }

    /// Rule 4: a new cycle.
    fn reopen(&mut self, at: Millis) {
        stop(&mut self.resolved, at);
        // Decision: what the company itself opens again is contested, too.
        self.bot_solutions
            .iter_mut()
            .for_each(|(solution, _)| end(solution, at));
        self.reopened.push(at);
        self.replies_in_cycle = 0;
        self.split = None;
    }

    fn close_wait(&mut self, at: Millis, by: End) {
        self.end_praise(at);
        if let Some(wait) = self.waits.last_mut() {
            wait.end.get_or_insert((at, by));
        }
    }

    /// The identifiers that the author was given with, in the order of the messages.
    pub fn identifiers(&self) -> Vec<Identifier> {
        let mut all: Vec<Identifier> = Vec::new();
        for fact in &self.facts {
            if let What::Said(said) = &fact.what {
                for identifier in &said.message.author.identifiers {
                    if !all.contains(identifier) {
                        all.push(identifier.clone());
                    }
                }
            }
        }
        all
    }
}
