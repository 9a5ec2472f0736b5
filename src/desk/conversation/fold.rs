//! A case is a fold over its facts, in the order of (occurred_at, id).
//!
//! A message in order extends the fold by one [`Fold::push`] ([`super::folding`]); anything else folds anew,
//! with the same function. What also depends on the time is not kept here but judged from it
//! ([`super::view`]).

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::excerpt::Excerpt;
use super::fact::{About, CustomerSaid, Fact, Mention, Said};
use super::patience::{Overdue, Unanswered};
use super::promise::Promises;
use super::reply_limit::PublicReplies;
use super::resolution::FirstResolved;
use super::severity::Severity;
use super::transfer::Handling;
use super::wait::Wait;
use crate::config::rules::{ChannelRules, Span};
use crate::desk::score::Scores;
use crate::desk::summary::Journey;
use crate::model::{AnsweredBy, Millis, Stage};

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
    /// It is dated before the message that it names, and by more than clocks are apart: nobody knows how long it took
    /// (rule 3).
    pub untimed: bool,
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
    pub bot_claim: Option<Answer>,
    /// The earliest public human reply.
    pub answered_publicly_at: Option<Millis>,
    /// The RESOLVED that stands.
    pub resolved: Option<Mark>,
    /// The decision to let it go, if it stands.
    pub let_go: Option<Mark>,
    /// Since when the company waits for the customer, if it does.
    pub pending: Option<Mark>,
    /// Time that PENDING took off the resolve clock, and from RESOLVED to what opened the case again; in milliseconds.
    pub frozen_ms: i64,
    /// The same in the own time of its level of resolution: of a calendar, or of the clock.
    pub credit_ms: i64,
    /// When the present cycle began: the opening, or the last reopening.
    pub cycle_at: Millis,
    /// The waits that are over and had run out of patience.
    pub unanswered: Unanswered,
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
    pub excerpt: Excerpt,
    /// The identifiers its author was given with, in the order of the messages.
    pub mentions: SmallVec<[Mention; 2]>,
    /// Of surveys that name the conversation and mean this case, and of reviews whose stars have changed (rule 12).
    pub scores: Scores,
    /// The latest human replies in this conversation, of each hour the first and the last (rule 22).
    pub replies: SmallVec<[Millis; 0]>,
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
        // What was said before the opening answers nothing, also in its very moment, where the opening replies to such
        // a word (rule 3). A survey belongs to the case whenever it was answered (rule 12): its system's clock may be
        // another.
        let is_survey = |fact: &&Fact| matches!(fact.said, Said::Surveyed(_));
        let earlier = present.clone().take(first).filter(is_survey);
        let rest = earlier.chain(present.skip(first + 1));
        fold.go_on(Some(opening.0), rest, rules, closed);
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
        fold.go_on(None, facts, rules, closed);
        Some(fold)
    }

    /// Goes on by these facts, in order, and by the edits of messages that say something else, each at its time
    /// (rule 1): those of the message that opened it too.
    fn go_on<'a>(
        &mut self,
        opening: Option<&'a Fact>,
        facts: impl Iterator<Item = &'a Fact> + Clone,
        rules: &ChannelRules,
        closed: &mut Vec<Wait>,
    ) {
        let messages = facts.clone().chain(opening).filter(|fact| !fact.deleted);
        if messages.clone().all(|fact| fact.again().is_empty()) {
            facts.for_each(|fact| self.push(fact, rules, closed));
            return;
        }
        let edits = messages.flat_map(|fact| {
            let later = fact.again().iter().filter(|again| again.at > fact.at);
            later.map(move |again| (fact.place_of_edit(again.at), fact, Some(*again)))
        });
        let said = facts.map(|fact| (fact.place(), fact, None));
        let mut steps: Vec<_> = said.chain(edits).collect();
        steps.sort_by_key(|(place, ..)| *place);
        for (_, fact, again) in steps {
            match again {
                None => self.push(fact, rules, closed),
                Some(again) => self.said_again(fact, again, rules, closed),
            }
        }
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
            unanswered: Unanswered::default(),
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
            scores: Scores::default(),
            replies: SmallVec::new(),
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

    /// The brand it is about: as updates say, else its messages.
    pub fn brand(&self) -> Option<&SmolStr> {
        self.set.brand.as_ref().or(self.told.brand.as_ref())
    }

    /// The product it is about, likewise.
    pub fn product(&self) -> Option<&SmolStr> {
        self.set.product.as_ref().or(self.told.product.as_ref())
    }

    /// The issue it is about, likewise.
    pub fn issue(&self) -> Option<&SmolStr> {
        self.set.issue.as_ref().or(self.told.issue.as_ref())
    }

    /// Rule 12: whether the customer had been answered by a person at `t`, and did not wait beyond patience then.
    pub fn was_answered(&self, t: Millis, patience: Span) -> bool {
        let open = self.open.as_ref().and_then(|wait| Overdue::of(wait, patience));
        let is_lost = || {
            self.unanswered
                .iter()
                .chain(&open)
                .any(|overdue| overdue.holds(t))
        };
        self.replied_at.is_some_and(|at| at <= t) && !is_lost()
    }

    /// From when on a wait was unanswered first, or will be if nothing is said.
    pub fn unanswered_from(&self, patience: Span) -> Option<Millis> {
        let open = self.open.as_ref().and_then(|wait| Overdue::of(wait, patience));
        self.unanswered
            .iter()
            .chain(&open)
            .map(|overdue| overdue.since)
            .min()
    }
}
