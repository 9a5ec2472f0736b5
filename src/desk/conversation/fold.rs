//! A case is a fold over its facts, in the order of (occurred_at, id).
//!
//! A message in order extends the fold by one [`Fold::push`]; anything else folds anew, with the
//! same function. What also depends on the time is not kept here but judged from it
//! ([`super::view`]).

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::fact::{About, Changed, CompanySaid, CustomerSaid, Fact, Mention, Said};
use super::promise::Promises;
use super::reply_limit::PublicReplies;
use super::resolution::FirstResolved;
use super::severity::Severity;
use super::transfer::Handling;
use super::wait::Wait;
use crate::config::rules::ChannelRules;
use crate::desk::score::{Scored, latest};
use crate::desk::summary::{Invitation, Journey, remember};
use crate::model::{AnsweredBy, Millis, ResponseKind, Stage, Status};

/// How long a customer may contest a bot's RESOLVED before it counts as an answer (rule 3).
pub const BOT_UNCONTESTED_MS: i64 = 24 * 3600 * 1000;

/// Identifiers of one author that a case looks at; more are taken for abuse and ignored.
pub const MENTIONS: usize = 32;

/// A moment in a case: when, and which message made it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Event time.
    pub at: Millis,
    /// The message's id.
    pub id: SmolStr,
}

/// The answer of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The message that answered.
    pub mark: Mark,
    /// Whether a person answered it.
    pub by: AnsweredBy,
}

/// What the facts of a case come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fold {
    /// Its author's earliest message (rule 2).
    pub opened: Mark,
    /// Whether spectators see the case: the opening message's own visibility, else the channel's.
    pub public: bool,
    /// The first message that opened a waiting clock; none for mere praise.
    pub clock: Option<Mark>,
    /// The earliest company message the customer could see.
    pub acknowledged: Option<Mark>,
    /// The earliest human reply, or a bot's resolution that stood long enough.
    pub answered: Option<Answer>,
    /// The first reply of a person; it may come after a bot's that is the answer.
    pub replied_at: Option<Millis>,
    /// A bot said RESOLVED and nobody has contested it yet.
    pub bot_claim: Option<Mark>,
    /// The earliest public human reply.
    pub answered_publicly_at: Option<Millis>,
    /// The RESOLVED that stands.
    pub resolved: Option<Mark>,
    /// The decision to let it go, if it stands.
    pub let_go: Option<Mark>,
    /// Since when the company waits for the customer, if it does.
    pub pending: Option<Mark>,
    /// Time that PENDING took off the resolve clock, over; in milliseconds.
    pub frozen_ms: i64,
    /// The same in the own time of its level of resolution: of a calendar, or of the clock.
    pub credit_ms: i64,
    /// When the present cycle began: the opening, or the last reopening.
    pub cycle_at: Millis,
    /// Since when patience had run out without a reply, if it ever had.
    pub was_unanswered: Option<Millis>,
    /// The wait that is open.
    pub open: Option<Wait>,
    /// Praise that nobody has thanked for.
    pub praise: Option<Wait>,
    /// Waits so far, the open one too.
    pub waits: u32,
    /// Closed waits that had a deadline and missed it.
    pub late_waits: u32,
    /// Closed waits that had a deadline and met it.
    pub timely_waits: u32,
    /// Messages of customers who waited already.
    pub chasers: u32,
    /// The author's latest message.
    pub last_customer_at: Millis,
    /// The latest company message the customer could see.
    pub last_company_at: Option<Millis>,
    /// The author's messages.
    pub customer_messages: u32,
    /// Replies of people.
    pub human_replies: u32,
    /// Replies of people that were public.
    pub public_replies: u32,
    /// Replies of bots.
    pub bot_replies: u32,
    /// Replies of people that did more than invite elsewhere.
    pub replies_of_substance: u32,
    /// Public human replies in this cycle, against the limit.
    pub limit: PublicReplies,
    /// Cycles after the first.
    pub reopened: u32,
    /// How bad it is.
    pub severity: Severity,
    /// The wait that was closed last.
    pub last_wait: Option<Wait>,
    /// What it has gone through.
    pub journey: Journey,
    /// What was promised.
    pub promises: Promises,
    /// Who replied, and how often that changed.
    pub handling: Handling,
    /// The first RESOLVED.
    pub first_resolved: Option<FirstResolved>,
    /// What followed up the RESOLVED that stands.
    pub followed_up: Option<Mark>,
    /// Whether the customer confirmed that it is solved, or denied it.
    pub confirmed: Option<bool>,
    /// Why it went wrong, as updates say.
    pub root_cause: Option<SmolStr>,
    /// What the customer was given, as updates say.
    pub remedy: Option<SmolStr>,
    /// What updates say the case is about.
    pub set: About,
    /// What its messages say it is about, the earliest first.
    pub told: About,
    /// Its owner, as updates say.
    pub owner: Option<SmolStr>,
    /// The owner's team, or the last replying one.
    pub team: Option<SmolStr>,
    /// The case's name elsewhere.
    pub external_case_id: Option<SmolStr>,
    /// People who can see it, the latest count.
    pub audience: Option<i64>,
    /// The beginning of the opening message's text.
    pub excerpt: SmolStr,
    /// The identifiers its author was given with, in the order of the messages.
    pub mentions: SmallVec<[Mention; 2]>,
    /// The latest survey that names the conversation and means this case (rule 12).
    pub surveyed: Option<Scored>,
    /// The latest change of a review's stars.
    pub rated: Option<Scored>,
    /// The hours of the latest human replies in this conversation, since 1970-01-01T00:00Z (rule 22).
    pub replied_in: SmallVec<[u32; 0]>,
}

impl Fold {
    /// Folds the facts of one case, in order. `None` if no customer message is among them: then
    /// there is no case. Waits that closed on the way are appended to `closed`.
    pub fn of<'a>(
        facts: impl Iterator<Item = &'a Fact> + Clone,
        rules: &ChannelRules,
        closed: &mut Vec<Wait>,
    ) -> Option<Self> {
        let present = facts.filter(|fact| !fact.deleted);
        let (first, opening) = present
            .clone()
            .enumerate()
            .find_map(|(i, fact)| Some((i, (fact, fact.customer()?))))?;
        let mut fold = Self::open(opening.0, opening.1, rules, closed);
        // Said at the very moment of the opening counts as said after it (rule 3: "at or after
        // opened_at"), whatever the ids; what was said before answers nothing. A survey belongs to the
        // case whenever it was answered (rule 12): its system's clock may be another.
        let opened_at = fold.opened.at;
        let counts = |fact: &&Fact| fact.at == opened_at || matches!(fact.said, Said::Surveyed(_));
        let earlier = present.clone().take(first).filter(counts);
        for fact in earlier.chain(present.skip(first + 1)) {
            fold.push(fact, rules, closed);
        }
        Some(fold)
    }

    /// Goes on from what dropped facts had come to, if any had ([`super::retire`]): the facts that are
    /// left follow in order. Without such a base, folds them all.
    pub fn resume<'a>(
        base: Option<&Self>,
        facts: impl Iterator<Item = &'a Fact> + Clone,
        rules: &ChannelRules,
        closed: &mut Vec<Wait>,
    ) -> Option<Self> {
        let Some(base) = base else {
            return Self::of(facts, rules, closed);
        };
        let mut fold = base.clone();
        facts.for_each(|fact| fold.push(fact, rules, closed));
        Some(fold)
    }

    /// The case that this message opens.
    pub fn open(fact: &Fact, said: &CustomerSaid, rules: &ChannelRules, closed: &mut Vec<Wait>) -> Self {
        let opened = Mark {
            at: fact.at,
            id: fact.id.clone(),
        };
        let mut fold = Self {
            public: said.public.unwrap_or(rules.stage == Stage::Onstage),
            cycle_at: opened.at,
            last_customer_at: opened.at,
            excerpt: said.excerpt.clone(),
            opened,
            clock: None,
            acknowledged: None,
            answered: None,
            replied_at: None,
            bot_claim: None,
            answered_publicly_at: None,
            resolved: None,
            let_go: None,
            pending: None,
            frozen_ms: 0,
            credit_ms: 0,
            was_unanswered: None,
            open: None,
            praise: None,
            waits: 0,
            late_waits: 0,
            timely_waits: 0,
            chasers: 0,
            last_company_at: None,
            customer_messages: 0,
            human_replies: 0,
            public_replies: 0,
            bot_replies: 0,
            replies_of_substance: 0,
            limit: PublicReplies::default(),
            reopened: 0,
            severity: Severity::default(),
            last_wait: None,
            journey: Journey::default(),
            promises: Promises::default(),
            handling: Handling::default(),
            first_resolved: None,
            followed_up: None,
            confirmed: None,
            root_cause: None,
            remedy: None,
            set: About::default(),
            told: About::default(),
            owner: None,
            team: None,
            external_case_id: None,
            audience: None,
            mentions: SmallVec::new(),
            surveyed: None,
            rated: None,
            replied_in: SmallVec::new(),
        };
        fold.push(fact, rules, closed);
        fold
    }

    /// Whether another fold of the same case came to the same status by the same messages. Where late
    /// messages make it differ, events may be silent, as about a status that ends in its time; but
    /// what was told may come back.
    pub fn has_status_of(&self, other: &Self) -> bool {
        let moments = |fold: &Self| {
            [&fold.pending, &fold.resolved, &fold.let_go, &fold.acknowledged].map(Option::clone)
        };
        moments(self) == moments(other)
            && (&self.answered, self.reopened, self.limit) == (&other.answered, other.reopened, other.limit)
    }

    /// Extends the fold by a fact that is not before any it has. If that ends a wait, the wait is
    /// appended to `closed`.
    pub fn push(&mut self, fact: &Fact, rules: &ChannelRules, closed: &mut Vec<Wait>) {
        if fact.deleted {
            return;
        }
        self.pass(fact.at, rules);
        match &fact.said {
            Said::Customer(said) => self.customer(fact, said, rules, closed),
            Said::Company(said) => self.company(fact, said, rules, closed),
            Said::Changed(change) => self.changed(fact, change, rules, closed),
            Said::Surveyed(_) => {
                if let Some(scored) = scored(fact) {
                    keep_latest(&mut self.surveyed, scored);
                }
            }
        }
    }

    /// The score of its own that is shown: of a survey that names it, or of stars that have changed.
    pub fn scored(&self) -> Option<&Scored> {
        latest(self.surveyed.iter().chain(&self.rated))
    }

    /// Time passes up to just before `t`: what silence alone decides by then, is decided.
    fn pass(&mut self, t: Millis, rules: &ChannelRules) {
        if self.was_unanswered.is_none() {
            self.was_unanswered = self.unanswered_from(rules).filter(|&from| from < t);
        }
        if let Some(claim) = self
            .bot_claim
            .take_if(|claim| t.since(claim.at) >= BOT_UNCONTESTED_MS)
        {
            self.answered.get_or_insert(Answer {
                mark: claim,
                by: AnsweredBy::Bot,
            });
        }
    }

    /// Rule 7, UNANSWERED: from when on, if nothing more is said, the customer's patience has run
    /// out. None while nobody waits for a first answer.
    pub fn unanswered_from(&self, rules: &ChannelRules) -> Option<Millis> {
        let clock = self.clock.as_ref()?;
        let waits = self.human_replies == 0 && self.resolved.is_none() && self.let_go.is_none();
        let end = clock.at.plus(rules.patience.ms()).max(self.cycle_at);
        waits.then(|| end.max(self.journey.taken_up_at().unwrap_or(end)))
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
        self.severity.and(&said.severity.rated(said.ratings.first()));
        self.audience = said.audience.or(self.audience);
        if let Some(scored) = said.ratings.revised(&fact.id) {
            keep_latest(&mut self.rated, scored);
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
        self.thanked(fact.at, closed);
        self.bot_claim = None;
        self.take_up(fact.at);
        if let Some(resolved) = self.resolved.take() {
            self.journey.was_resolved(resolved.at, fact.at);
            self.reopen(fact.at);
        }
        self.clock.get_or_insert_with(|| mark.clone());
        match &mut self.open {
            Some(wait) => {
                wait.extend(mark, fact.late);
                self.chasers += 1;
            }
            None => {
                self.waits += 1;
                self.open = Some(Wait::begin(mark, fact.late));
            }
        }
    }

    fn company(&mut self, fact: &Fact, said: &CompanySaid, rules: &ChannelRules, closed: &mut Vec<Wait>) {
        let mark = || Mark {
            at: fact.at,
            id: fact.id.clone(),
        };
        if !matches!(said.kind, ResponseKind::Note | ResponseKind::Community) {
            self.acknowledged.get_or_insert_with(mark);
            self.last_company_at = self.last_company_at.max(Some(fact.at));
            self.journey.said(fact.at);
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
                self.human_replies += 1;
                if said.elsewhere.is_none() {
                    let hour = u32::try_from(fact.at.0.div_euclid(3_600_000)).unwrap_or(0);
                    if !self.replied_in.contains(&hour) {
                        remember(&mut self.replied_in, hour);
                    }
                }
                self.replied_at.get_or_insert(fact.at);
                let elsewhere = said.elsewhere.as_ref();
                self.handling
                    .reply(&mark(), said.team.as_ref(), said.agent.as_ref(), elsewhere);
                self.promises.kept(&mark());
                self.follow_up(mark);
                self.bot_claim = None;
                if said.invites_to.is_none() || said.status == Some(Status::Resolved) {
                    self.replies_of_substance += 1;
                }
                self.answered.get_or_insert_with(|| Answer {
                    mark: mark(),
                    by: AnsweredBy::Human,
                });
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
                self.close(fact.at, rules, closed);
            }
            ResponseKind::Bot => {
                self.bot_replies += 1;
                if said.status == Some(Status::Resolved) && self.answered.is_none() {
                    // A second word of the bot does not begin the customer's day anew.
                    self.bot_claim.get_or_insert_with(mark);
                }
            }
            ResponseKind::AutoAck | ResponseKind::Note | ResponseKind::Community => {}
        }
        if let Some(by) = said.promised_by {
            self.promises.made(mark(), by);
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
        self.status(fact, change.status, rules, closed);
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
                self.close(fact.at, rules, closed);
            }
            Some(Status::Reopened) => {
                self.take_up(fact.at);
                if let Some(resolved) = self.resolved.take() {
                    self.journey.was_resolved(resolved.at, fact.at);
                    self.bot_claim = None;
                    self.reopen(fact.at);
                }
            }
            Some(Status::LetGo) => {
                self.thaw(fact.at, rules);
                self.let_go.get_or_insert_with(mark);
                self.close(fact.at, rules, closed);
            }
        }
    }

    /// PENDING is over: the time it took is credited.
    fn thaw(&mut self, at: Millis, rules: &ChannelRules) {
        if let Some(since) = self.pending.take() {
            let start = self.clock.as_ref().unwrap_or(&self.opened);
            let levels = rules.levels.in_force(start.at);
            let credit = levels.between(since.at, at);
            self.credit_ms = self.credit_ms.saturating_add(credit);
            self.frozen_ms = self.frozen_ms.saturating_add(at.since(since.at));
        }
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

    fn reopen(&mut self, at: Millis) {
        self.reopened += 1;
        self.cycle_at = at;
        self.followed_up = None;
        if let Some(first) = &mut self.first_resolved {
            first.reopened_at.get_or_insert(at);
        }
        self.limit = PublicReplies::default();
    }

    fn close(&mut self, at: Millis, rules: &ChannelRules, closed: &mut Vec<Wait>) {
        self.thanked(at, closed);
        if let Some(mut wait) = self.open.take() {
            wait.closed = Some(at);
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

fn keep_latest(kept: &mut Option<Scored>, scored: Scored) {
    if kept.as_ref().is_none_or(|kept| kept.place() < scored.place()) {
        *kept = Some(scored);
    }
}
