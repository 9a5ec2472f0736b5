//! What a case has gone through: its facts, told one by one in the order of time (rules 2, 3, 4, 8, 17).

use heard::model::{Identifier, Millis, ResponseKind, Stage, Status};

use super::facts::{Fact, Reply, Said, What};
use crate::rules::{self, Channel, MINUTE};

/// A stretch of time; without an end, it lasts.
#[derive(Clone, Copy, Debug)]
pub struct Spell {
    pub from: Millis,
    pub to: Option<Millis>,
}

/// A run of customer messages with no human reply between them.
#[derive(Clone, Debug)]
pub struct Wait {
    pub from: Millis,
    pub messages: u32,
    pub end: Option<(Millis, End)>,
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Reply,
    Resolved,
    LetGo,
}

/// A person's reply.
#[derive(Clone, Debug)]
pub struct Human {
    pub at: Millis,
    pub public: bool,
    pub invites: bool,
    pub elsewhere: bool,
}

/// An answer or a promise, in the order of the facts.
#[derive(Clone, Copy, Debug)]
pub enum Word {
    Promise(Millis),
    Kept(Millis),
}

/// The course of a case.
pub struct Course {
    pub channel: &'static Channel,
    pub facts: Vec<Fact>,
    pub stage: Stage,
    pub opened_at: Millis,
    pub waits: Vec<Wait>,
    pub chasers: u32,
    /// Of customer messages, when and whether they contest what was done.
    pub said: Vec<(Millis, bool)>,
    /// Company messages that the customer could see.
    pub visible: Vec<Millis>,
    pub humans: Vec<Human>,
    pub bots: Vec<Millis>,
    /// When bots said RESOLVED, and until when nobody contested it.
    pub bot_solutions: Vec<Spell>,
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
    pub words: Vec<Word>,
    pub invitations: Vec<(Millis, String)>,
}

impl Course {
    /// The course of these facts; none if its author said nothing that stands.
    pub fn of(channel: &'static Channel, facts: Vec<Fact>) -> Option<Self> {
        let opening = facts.iter().position(|fact| matches!(fact.what, What::Said(_)))?;
        let opened_at = facts[opening].at;
        // Decision: a case begins with its author's first message. What came at the same moment under a
        // smaller id comes after it; what came before has nothing to do with it, but for surveys.
        let mut in_order = vec![facts[opening].clone()];
        let others = facts.into_iter().enumerate().filter(|(n, fact)| {
            *n != opening && (fact.at >= opened_at || matches!(fact.what, What::Surveyed(_)))
        });
        in_order.extend(others.map(|(_, fact)| fact));
        let mut course = Self {
            channel,
            facts: Vec::new(),
            stage: channel.stage,
            opened_at,
            waits: Vec::new(),
            chasers: 0,
            said: Vec::new(),
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
            words: Vec::new(),
            invitations: Vec::new(),
        };
        if let What::Said(said) = &in_order[0].what {
            course.stage = said.message.visibility.map_or(channel.stage, Stage::from);
        }
        for fact in &in_order {
            match &fact.what {
                What::Said(said) => course.customer(fact.at, said),
                What::Replied(reply) => course.company(fact.at, reply),
                What::Updated(update) => course.status(fact.at, update.status),
                What::Surveyed(_) => {}
            }
        }
        course.facts = in_order;
        Some(course)
    }

    /// The customer speaks.
    fn customer(&mut self, at: Millis, said: &Said) {
        let contests = said.reopens();
        self.said.push((at, contests));
        self.split = None;
        if contests {
            if is_on(&self.resolved) {
                self.reopen(at);
            }
            stop(&mut self.let_go, at);
        }
        if !said.message.automatic {
            stop(&mut self.pending, at);
        }
        if said.opens_clock() {
            match self.waits.last_mut().filter(|wait| wait.end.is_none()) {
                Some(wait) => {
                    wait.messages += 1;
                    self.chasers += 1;
                }
                None => self.waits.push(Wait {
                    from: at,
                    messages: 1,
                    end: None,
                }),
            }
        }
    }

    /// The company speaks.
    fn company(&mut self, at: Millis, reply: &Reply) {
        let message = &reply.message;
        if reply.is_visible() {
            self.visible.push(at);
        }
        if reply.is_human() {
            self.human(at, reply);
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
            self.bot_solutions.push(Spell { from: at, to: None });
        }
        // Decision: a message that promises and resolves keeps its promise.
        if let Some(by) = message.promised_by {
            self.words.push(Word::Promise(by));
        }
        self.status(at, message.status);
    }

    fn human(&mut self, at: Millis, reply: &Reply) {
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
        self.humans.push(Human {
            at,
            public,
            invites,
            elsewhere: reply.elsewhere,
        });
        self.words.push(Word::Kept(at));
        self.close_wait(at, End::Reply);
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
                begin(&mut self.resolved, at);
                self.words.push(Word::Kept(at));
                self.close_wait(at, End::Resolved);
            }
            Some(Status::Reopened) => {
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

    /// Rule 4: a new cycle.
    fn reopen(&mut self, at: Millis) {
        stop(&mut self.resolved, at);
        // Decision: what the company itself opens again is contested, too.
        self.bot_solutions
            .iter_mut()
            .for_each(|solution| end(solution, at));
        self.reopened.push(at);
        self.replies_in_cycle = 0;
        self.split = None;
    }

    fn close_wait(&mut self, at: Millis, by: End) {
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

fn is_on(spells: &[Spell]) -> bool {
    spells.last().is_some_and(|spell| spell.to.is_none())
}

fn begin(spells: &mut Vec<Spell>, at: Millis) {
    if !is_on(spells) {
        spells.push(Spell { from: at, to: None });
    }
}

fn stop(spells: &mut [Spell], at: Millis) {
    if let Some(spell) = spells.last_mut() {
        end(spell, at);
    }
}

fn end(spell: &mut Spell, at: Millis) {
    spell.to.get_or_insert(at);
}
