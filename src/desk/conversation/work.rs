//! Work items: what a handler gets for one wait.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::case::CaseRow;
use super::digest::Digest;
use super::fact::{Fact, Mention};
use super::fold::Fold;
use super::ledger::Head;
use super::playbook::{Situation, next_steps};
use super::resolution::FollowUp;
use super::view::View;
use super::wait::Wait;
use crate::config::rules::{ChannelRules, Weights};
use crate::desk::forgetting::{hidden, is_hidden};
use crate::desk::keys::Keys;
use crate::desk::party::links::Relation;
use crate::desk::priority::{Facts, rank};
use crate::model::{
    Complaint, History, Identifier, Millis, NextStep, Person, Playbook, Priority, PromiseState, Sensitive,
    Stage, Visibility, WorkFlag, WorkId, WorkItem, WorkState,
    work_item::{self, LinkedCase},
};
use crate::text::Category;

/// What went out for a wait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkMark {
    /// The wait's first message; of one that was taken back only the hash, for it may be the message of another
    /// by then. In a row of its own, which is called by it, nothing.
    pub first: SmolStr,
    /// The revision last sent; zero while it is held back for ranking.
    pub revision: i64,
    /// The state last sent.
    pub state: WorkState,
    /// A digest of what was last sent, to tell whether there is news.
    pub digest: u64,
    /// Whether it is over, and asks for a follow-up (rule 18).
    pub follow_up: bool,
}

impl WorkMark {
    /// Nothing has gone out yet for the wait that begins with this message.
    pub fn held(first: &str) -> Self {
        Self {
            first: first.into(),
            revision: 0,
            state: WorkState::Open,
            digest: 0,
            follow_up: false,
        }
    }

    /// Whether it is that of the wait that begins with this message, of which it may have only the hash left.
    pub fn is_of(&self, keys: &Keys, first: &str) -> bool {
        *self.first == *first || (is_hidden(&self.first) && self.first == hidden(keys, first))
    }

    /// The same, called by the message's id again, which is known after all.
    pub fn named(mut self, first: &str) -> Self {
        if self.first != first {
            self.first = first.into();
        }
        self
    }

    /// Whether nothing has gone out yet.
    pub fn is_held(&self) -> bool {
        self.revision == 0
    }
}

/// Everything a work item is made of.
pub struct Brief<'a> {
    /// The conversation.
    pub head: &'a Head,
    /// The case.
    pub row: &'a CaseRow,
    /// Its fold.
    pub fold: &'a Fold,
    /// The fold, judged.
    pub view: &'a View,
    /// The rules of its channel.
    pub rules: &'a ChannelRules,
    /// How much each reason for urgency counts.
    pub weights: &'a Weights,
    /// Wall time.
    pub wall: Millis,
}

impl Brief<'_> {
    /// The work item of a wait, but for its latest message.
    pub fn item(&self, wait: &Wait, state: WorkState, revision: i64) -> WorkItem {
        let Self { row, fold, .. } = *self;
        let findings = row.who.findings.as_deref();
        let profile = findings.and_then(|found| found.profile.as_ref());
        let history = findings.map(|found| found.history).unwrap_or_default();
        let customer_id = row.who.party.as_ref().and_then(|party| party.customer_id.clone());
        let stage = if fold.public {
            Stage::Onstage
        } else {
            Stage::Offstage
        };
        WorkItem {
            work_id: WorkId::new(row.case_id, &wait.first.id),
            revision,
            state,
            case_id: row.case_id,
            messages_waiting: wait.messages,
            complaint: Arc::default(),
            stage,
            party: work_item::Party {
                key: row.party_key(),
                customer_id,
                display_name: profile.and_then(|p| p.display_name.clone()).map(Sensitive),
                tier: profile.and_then(|p| p.tier.clone()),
                lifetime_value: profile.and_then(|p| p.lifetime_value),
                vulnerable: profile.is_some_and(|p| p.vulnerable),
                owner: self.owner(),
            },
            history: History {
                complaints_90d: history.complaints_90d,
                unanswered_90d: history.unanswered_90d,
                open_cases: history.open_cases,
                last_score: history.last_score.map(|score| score.value),
                last_scale: history.last_score.map(|score| score.scale),
                last_channel: findings.and_then(|found| found.links.last_channel.clone()),
            },
            priority: self.priority(wait),
            playbook: if fold.public {
                Playbook::Fears
            } else {
                Playbook::Hours
            },
            next_steps: self.next_steps(wait, state),
            replies_left: self.view.standing.left(),
            respond_by: self.respond_by(wait),
            resolve_by: self.resolve_by(),
            private_channel: profile.and_then(|p| p.preferred_channel.clone()),
            linked_cases: self.linked_cases(),
            flags: self.flags(wait),
            first_heard_at: wait.first.at,
            routed_at: self.wall,
        }
    }

    /// Other cases that a handler should know of.
    fn linked_cases(&self) -> Vec<LinkedCase> {
        let findings = self.row.who.findings.as_deref();
        let mut linked = findings
            .map(|found| found.links.linked_cases())
            .unwrap_or_default();
        // What turned out to be so, or to be the same person's, is suspected no more.
        let suspected = self.row.suspected.as_deref().copied();
        let suspected = suspected.filter(|case_id| linked.iter().all(|link| link.case_id != *case_id));
        linked.extend(suspected.map(|case_id| LinkedCase {
            case_id,
            relation: work_item::Relation::SuspectedEchoOf,
        }));
        linked
    }

    fn bystander(&self) -> bool {
        self.head.is_bystander(self.row.author)
    }

    fn ranked(&self) -> bool {
        self.row.who.findings.is_some() || self.fold.mentions.is_empty()
    }

    fn flags(&self, wait: &Wait) -> Vec<WorkFlag> {
        let party = self.row.who.party.as_ref();
        let findings = self.row.who.findings.as_ref();
        let links = findings.map(|found| &found.links);
        let repeats = findings.is_some_and(|found| found.history.complaints_90d > 0);
        let unknown = party.is_none_or(|party| party.customer_id.is_none());
        [
            (self.fold.severity.says(Category::Abuse), WorkFlag::Abusive),
            (unknown, WorkFlag::UnknownCustomer),
            (self.bystander(), WorkFlag::Bystander),
            (
                links.is_some_and(|links| links.escalation().is_some()),
                WorkFlag::Escalated,
            ),
            (links.is_some_and(|links| links.echo.is_some()), WorkFlag::Echo),
            (repeats, WorkFlag::Repeat),
            (wait.messages > 1 && !wait.praise, WorkFlag::Chaser),
            (self.view.standing.left() == Some(0), WorkFlag::ReplyLimitReached),
            (wait.late, WorkFlag::LateEvent),
            (!self.ranked(), WorkFlag::Unranked),
        ]
        .into_iter()
        .filter_map(|(holds, flag)| holds.then_some(flag))
        .collect()
    }

    /// How urgent the wait is, and why (rule 11). Who praises can wait.
    pub fn priority(&self, wait: &Wait) -> Priority {
        if wait.praise {
            return Priority::default();
        }
        let findings = self.row.who.findings.as_deref();
        let profile = findings.and_then(|found| found.profile.as_ref());
        let words = self.fold.severity.words();
        let facts = Facts {
            escalated: findings.is_some_and(|found| found.links.escalation().is_some()),
            rating: self.fold.severity.rating,
            sentiment: self.fold.severity.sentiment(),
            words: &words,
            audience: self.fold.audience,
            tier: profile.and_then(|profile| profile.tier.as_deref()),
            lifetime_value: profile.and_then(|profile| profile.lifetime_value),
            vulnerable: profile.is_some_and(|profile| profile.vulnerable),
            repeat: findings.is_some_and(|found| found.history.complaints_90d > 0),
            chasers: wait.messages.saturating_sub(1),
            broken_promise: self.view.promise == PromiseState::Broken,
            at_risk: self.view.is_at_risk(self.fold),
        };
        rank(&facts, self.weights)
    }

    /// What to do next.
    fn next_steps(&self, wait: &Wait, state: WorkState) -> Vec<NextStep> {
        let findings = self.row.who.findings.as_deref();
        let links = findings.map(|found| &found.links);
        let party = self.row.who.party.as_ref();
        let severity = &self.fold.severity;
        let has = |relation: &Relation| match relation {
            Relation::EscalatedFrom(_) | Relation::Parallel | Relation::ChasedTo => true,
            Relation::SwitchedTo | Relation::SwitchedFrom | Relation::ChasedFrom => false,
        };
        let chased = self.fold.open.as_ref().is_some_and(|wait| wait.messages > 1);
        next_steps(&Situation {
            waits: state == WorkState::Open && !wait.praise,
            praises: state == WorkState::Open && wait.praise,
            onstage: self.fold.public,
            acknowledged: self.fold.acknowledged.is_some(),
            answered_publicly: self.fold.answered_publicly_at.is_some(),
            standing: Some(self.view.standing),
            upset: severity.is_upset() || chased || self.view.patience.unanswered_waits > 0,
            abusive: severity.says(Category::Abuse),
            was_private: links
                .is_some_and(|l| !l.bounces.is_empty() || l.links.iter().any(|link| has(&link.relation))),
            owned: self.owner().is_some(),
            promise: self.view.promise,
            follow_up: self.asks_for_follow_up(wait, state),
            known: party.is_some_and(|party| party.customer_id.is_some()),
            bystander: self.bystander(),
            linked: links.is_some_and(|links| !links.linked_cases().is_empty()),
        })
    }

    /// Who looks after it: as updates say, else who replied last (rule 17), else the customer's own.
    fn owner(&self) -> Option<SmolStr> {
        let findings = self.row.who.findings.as_deref();
        let profile = findings.and_then(|found| found.profile.as_ref());
        let fold = self.fold;
        let owner = fold.owner.as_ref().or(fold.handling.agent.as_ref());
        owner.or(profile.and_then(|p| p.owner.as_ref())).cloned()
    }

    /// Whether somebody should ask by now whether all is well (rule 18): in the work of the wait that was the last, and
    /// in work that is open.
    fn asks_for_follow_up(&self, wait: &Wait, state: WorkState) -> bool {
        let is_last = |last: &Wait| last.first.id == wait.first.id;
        let is_there = state == WorkState::Open || self.fold.last_wait.as_ref().is_some_and(is_last);
        is_there && self.view.follow_up.as_ref().is_some_and(FollowUp::is_asked_for)
    }

    /// Until when the wait is to be answered: by the level of its clock, else before patience runs
    /// out.
    pub fn respond_by(&self, wait: &Wait) -> Millis {
        let start = wait.first.at;
        let set = self.rules.levels.in_force(start);
        let clock = self.fold.clock.as_ref();
        // The same messages may wait again from the very moment in which they had begun to.
        let is_again = wait.closed.is_none() && self.fold.waits > 1;
        let first = clock == Some(&wait.first) && !is_again;
        let level = match (set.answer.filter(|_| first), set.next) {
            (Some(answer), Some(next)) => Some(answer.min(next)),
            (answer, next) => answer.or(next),
        };
        let level = level.filter(|_| !wait.praise);
        match level {
            Some(level) => set.deadline(level, start, 0),
            None => wait.patience_ends(self.rules.patience),
        }
    }

    fn resolve_by(&self) -> Option<Millis> {
        let clock = self.fold.clock.as_ref()?;
        let set = self.rules.levels.in_force(clock.at);
        Some(set.deadline(set.resolve?, clock.at, self.fold.credit_ms))
    }
}

/// A message with its author's identifiers as they were written: a handler replies to those.
pub fn as_written(complaint: &Arc<Complaint>, written: Option<&[Identifier]>) -> Arc<Complaint> {
    let Some(written) = written else {
        return Arc::clone(complaint);
    };
    let mut complaint = Complaint::clone(complaint);
    complaint.author.identifiers = written.to_vec();
    Arc::new(complaint)
}

/// A digest of what a handler would see differently: all of an item but its numbering, its time, and how many
/// other cases are open by now, since each new case of a person would be news to all others. Of the wait's `latest`
/// message it knows the id, and which it is where several of the case have it: who knows that it was edited, sees another
/// version of it.
pub fn digest(item: &WorkItem, latest: (&str, Option<Digest>)) -> u64 {
    let WorkItem {
        work_id: _,
        revision: _,
        state,
        case_id: _,
        messages_waiting,
        complaint: _,
        stage,
        party,
        history,
        priority,
        playbook,
        next_steps,
        replies_left,
        respond_by,
        resolve_by,
        private_channel,
        linked_cases,
        flags,
        first_heard_at,
        routed_at: _,
    } = item;
    let work_item::Party {
        key,
        customer_id,
        display_name,
        tier,
        lifetime_value,
        vulnerable,
        owner,
    } = party;
    let History {
        complaints_90d,
        unanswered_90d,
        open_cases: _,
        last_score,
        last_scale,
        last_channel,
    } = history;
    let mut hasher = FxHasher::default();
    let (id, which) = latest;
    (state, stage, playbook, messages_waiting, id).hash(&mut hasher);
    which.inspect(|which| which.hash(&mut hasher));
    (key, customer_id, display_name, tier, owner, vulnerable).hash(&mut hasher);
    (lifetime_value.map(f64::to_bits), last_score.map(f64::to_bits)).hash(&mut hasher);
    (last_scale, last_channel, complaints_90d, unanswered_90d).hash(&mut hasher);
    priority.score.hash(&mut hasher);
    let terms = priority.terms.iter().map(|term| (&term.name, term.points));
    terms.for_each(|term| term.hash(&mut hasher));
    (next_steps, replies_left, respond_by, resolve_by).hash(&mut hasher);
    (private_channel, flags, first_heard_at).hash(&mut hasher);
    let linked = linked_cases.iter().map(|link| (link.case_id, link.relation));
    linked.for_each(|link| link.hash(&mut hasher));
    hasher.finish()
}

/// A complaint as far as a wait tells, where its fact was dropped too.
pub fn from_wait(head: &Head, row: &CaseRow, wait: &Wait) -> Complaint {
    let asked = row.who.asked.iter();
    Complaint {
        id: wait.latest.id.clone(),
        source: head.source.clone(),
        channel: head.channel.clone(),
        conversation_id: Some(head.conversation_id.clone()),
        author: Person {
            display_name: None,
            identifiers: asked.map(|asked| asked.identifier.clone()).collect(),
        },
        occurred_at: wait.latest.at,
        ..Complaint::default()
    }
}

/// Who said this, as far as their case tells.
pub fn author_of(row: &CaseRow, fact: &Fact) -> Person {
    let mentions: &[Mention] = fact.customer().map_or(&[], |said| &said.mentions);
    let asked = row.who.asked.iter();
    let own = asked.filter(|asked| mentions.contains(&asked.mention));
    Person {
        display_name: None,
        identifiers: own.map(|asked| asked.identifier.clone()).collect(),
    }
}

/// A complaint as far as its fact tells, but for its author, where the whole message is no longer kept: its text
/// is the excerpt.
pub fn from_fact(head: &Head, fact: &Fact) -> Complaint {
    let said = fact.customer();
    Complaint {
        id: fact.id.clone(),
        revision: fact.revision,
        source: head.source.clone(),
        channel: head.channel.clone(),
        conversation_id: Some(head.conversation_id.clone()),
        text: said.map(|said| Sensitive(said.excerpt.to_string())),
        occurred_at: fact.occurred_at(),
        edited_at: fact.versions.edited_at,
        rating: said.and_then(|said| said.stars),
        visibility: said
            .and_then(|said| said.public)
            .map(|is_public| match is_public {
                true => Visibility::Public,
                false => Visibility::Private,
            }),
        deleted: fact.deleted,
        brand: said.and_then(|said| said.about.brand.clone()),
        product: said.and_then(|said| said.about.product.clone()),
        issue: said.and_then(|said| said.about.issue.clone()),
        language: said.and_then(|said| said.about.language.clone()),
        ..Complaint::default()
    }
}
