//! Work items: what a handler gets for one wait.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::case::CaseRow;
use super::fact::{Fact, Mention};
use super::fold::Fold;
use super::ledger::Head;
use super::reply_limit::Standing;
use super::view::View;
use super::wait::Wait;
use crate::config::rules::ChannelRules;
use crate::model::{
    Complaint, History, Millis, NextStep, Person, Playbook, Priority, Sensitive, Stage, WorkFlag, WorkId,
    WorkItem, WorkState, work_item,
};

/// What went out for a wait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkMark {
    /// The wait's first message.
    pub first: SmolStr,
    /// The revision last sent; zero while it is held back for ranking.
    pub revision: i64,
    /// The state last sent.
    pub state: WorkState,
    /// A digest of what was last sent, to tell whether there is news.
    pub digest: u64,
}

impl WorkMark {
    /// Nothing has gone out yet for the wait that begins with this message.
    pub fn held(first: &str) -> Self {
        Self {
            first: first.into(),
            revision: 0,
            state: WorkState::Open,
            digest: 0,
        }
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
    /// Wall time.
    pub wall: Millis,
}

impl Brief<'_> {
    /// A digest of what a handler would see differently.
    pub fn digest(&self, wait: &Wait, state: WorkState) -> u64 {
        let mut hasher = FxHasher::default();
        (state as u8, &wait.latest.id, wait.messages, wait.closed.is_some()).hash(&mut hasher);
        (self.row.party_key(), self.bystander(), self.view.standing.left()).hash(&mut hasher);
        (self.ranked(), self.fold.public).hash(&mut hasher);
        if let Some(found) = &self.row.who.findings {
            found.digest().hash(&mut hasher);
        }
        hasher.finish()
    }

    /// The work item of a wait, with its latest message whole.
    pub fn item(&self, wait: &Wait, state: WorkState, revision: i64, complaint: Arc<Complaint>) -> WorkItem {
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
            complaint,
            stage,
            party: work_item::Party {
                key: row.party_key(),
                customer_id,
                display_name: profile.and_then(|p| p.display_name.clone()).map(Sensitive),
                tier: profile.and_then(|p| p.tier.clone()),
                lifetime_value: profile.and_then(|p| p.lifetime_value),
                vulnerable: profile.is_some_and(|p| p.vulnerable),
                // Rule 17: whoever dealt with it last goes on with it.
                owner: fold
                    .owner
                    .clone()
                    .or_else(|| fold.handling.agent.clone())
                    .or_else(|| profile.and_then(|p| p.owner.clone())),
            },
            history: History {
                complaints_90d: history.complaints_90d,
                unanswered_90d: history.unanswered_90d,
                open_cases: history.open_cases,
                last_score: history.last_score.map(|score| score.value),
                last_scale: history.last_score.map(|score| score.scale),
                last_channel: findings.and_then(|found| found.links.last_channel.clone()),
            },
            // Rule 11 will fill it: until then every item ranks alike.
            priority: Priority::default(),
            playbook: if fold.public {
                Playbook::Fears
            } else {
                Playbook::Hours
            },
            next_steps: self.next_steps(state),
            replies_left: self.view.standing.left(),
            respond_by: self.respond_by(wait),
            resolve_by: self.resolve_by(),
            private_channel: profile.and_then(|p| p.preferred_channel.clone()),
            linked_cases: findings
                .map(|found| found.links.linked_cases())
                .unwrap_or_default(),
            flags: self.flags(wait),
            first_heard_at: wait.first.at,
            routed_at: self.wall,
        }
    }

    fn bystander(&self) -> bool {
        self.head.first_author != self.row.author
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
            (unknown, WorkFlag::UnknownCustomer),
            (self.bystander(), WorkFlag::Bystander),
            (
                links.is_some_and(|links| links.escalation().is_some()),
                WorkFlag::Escalated,
            ),
            (repeats, WorkFlag::Repeat),
            (wait.messages > 1, WorkFlag::Chaser),
            (self.view.standing.left() == Some(0), WorkFlag::ReplyLimitReached),
            (wait.late, WorkFlag::LateEvent),
            (!self.ranked(), WorkFlag::Unranked),
        ]
        .into_iter()
        .filter_map(|(holds, flag)| holds.then_some(flag))
        .collect()
    }

    /// The steps that rule 8 asks for. The whole playbook will stand here.
    fn next_steps(&self, state: WorkState) -> Vec<NextStep> {
        match (state, self.view.standing) {
            (WorkState::Open, Standing::Open { left: 1 }) => {
                vec![NextStep::LastPublicReply, NextStep::OfferPrivateChannel]
            }
            (WorkState::Open, Standing::Reached | Standing::Exceeded { .. }) => {
                vec![NextStep::DoNotReplyAgain, NextStep::OfferPrivateChannel]
            }
            _ => Vec::new(),
        }
    }

    /// Until when the wait is to be answered: by the level of its clock, else before patience runs
    /// out.
    fn respond_by(&self, wait: &Wait) -> Millis {
        let levels = &self.rules.levels;
        let first = self
            .fold
            .clock
            .as_ref()
            .is_some_and(|clock| clock.id == wait.first.id);
        let answer = levels.answer.filter(|_| first);
        let level = match (answer, levels.next) {
            (Some(answer), Some(next)) => Some(answer.min(next)),
            (answer, next) => answer.or(next),
        };
        wait.first.at.plus(level.unwrap_or(self.rules.patience).ms())
    }

    fn resolve_by(&self) -> Option<Millis> {
        let clock = self.fold.clock.as_ref()?;
        Some(
            clock
                .at
                .plus(self.rules.levels.resolve?.ms())
                .plus(self.fold.frozen_ms),
        )
    }
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

/// A complaint as far as its fact tells, where the whole message is no longer kept: its text is the
/// excerpt.
pub fn from_fact(head: &Head, row: &CaseRow, fact: &Fact) -> Complaint {
    let said = fact.customer();
    let mentions: &[Mention] = said.map_or(&[], |said| &said.mentions);
    let identifiers = row
        .who
        .asked
        .iter()
        .filter(|asked| mentions.contains(&asked.mention));
    Complaint {
        id: fact.id.clone(),
        revision: fact.revision,
        source: head.source.clone(),
        channel: head.channel.clone(),
        conversation_id: Some(head.conversation_id.clone()),
        author: Person {
            display_name: None,
            identifiers: identifiers.map(|asked| asked.identifier.clone()).collect(),
        },
        text: said.map(|said| Sensitive(said.excerpt.to_string())),
        occurred_at: fact.at,
        deleted: fact.deleted,
        brand: said.and_then(|said| said.about.brand.clone()),
        product: said.and_then(|said| said.about.product.clone()),
        issue: said.and_then(|said| said.about.issue.clone()),
        language: said.and_then(|said| said.about.language.clone()),
        ..Complaint::default()
    }
}
