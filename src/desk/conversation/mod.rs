//! A conversation: the messages of one thread, and the cases in it.
//!
//! A message becomes a [`fact`]; rule 3 says whose it is ([`attribution`]); the facts of one author
//! fold into a case ([`fold`]), which is judged by the time ([`view`]). What differs between before
//! and after becomes events ([`events`]) and work items ([`work`]). [`who`] decides the party.
//!
//! A message in order takes the short way and extends the fold; any other takes the long way: all
//! facts are read, attributed and folded anew ([`refold`]). Both ways end in [`settle`].

pub mod again;
mod answers;
mod arrive;
pub mod attribution;
pub mod case;
mod counted;
mod digest;
pub mod events;
pub mod excerpt;
pub mod fact;
pub mod fold;
mod folding;
mod forget;
mod hand_out;
mod hide;
pub mod identify;
mod insert;
mod join;
mod journey;
pub mod kin;
mod late;
pub mod ledger;
pub mod level;
mod likeness;
pub mod main_row;
mod meet;
pub mod order;
pub mod past;
pub mod patience;
pub mod playbook;
mod praise;
pub mod promise;
mod publish;
pub mod rating;
pub mod record;
mod refold;
pub mod reply_limit;
pub mod resolution;
pub mod retell;
mod retire;
mod settle;
pub mod severity;
pub mod speaker;
pub mod surveys;
pub mod transfer;
pub mod version;
pub mod view;
pub mod wait;
pub mod went_out;
pub mod who;
pub mod work;

use std::cell::Cell;
use std::sync::Arc;

use crate::config::rules::ChannelRules;
use crate::desk::figures::RecordKind;
use crate::desk::forgetting::Forget;
use crate::desk::message::CaseRef;
use crate::desk::{Desk, Effects, Message, State, misdirected};
use crate::model::{Complaint, Identifier, Millis};
use crate::processor::{ActorKey, Context, Corrupt, Rejection, RowKey};

use arrive::Arrival;
use case::CaseRow;
use fact::{Author, Fact};
use ledger::Head;
use main_row::Kept;
use version::Digest;

/// One apply of a conversation.
pub struct Actor<'a, 's> {
    desk: &'a Desk,
    key: ActorKey,
    state: &'a mut State<'s>,
    cx: &'a Context,
    effects: &'a mut Effects,
    /// When the log received the customer's message that is applied.
    logged: Option<Millis>,
    /// The customer's message that is applied, and what it is known by.
    said: Option<(Arc<Complaint>, Digest)>,
    /// The identifiers of its author as they were written, where that is something else.
    written: Option<Arc<[Identifier]>>,
    kept: Kept,
    /// The rules of its channel, once they were asked for.
    rules: Cell<Option<&'a ChannelRules>>,
}

impl<'a, 's> Actor<'a, 's> {
    /// An apply of the conversation `key`.
    pub fn new(
        desk: &'a Desk,
        key: ActorKey,
        state: &'a mut State<'s>,
        cx: &'a Context,
        effects: &'a mut Effects,
    ) -> Self {
        Self {
            desk,
            key,
            state,
            cx,
            effects,
            logged: None,
            said: None,
            written: None,
            kept: Kept::default(),
            rules: Cell::new(None),
        }
    }

    /// The conversation gets a message.
    pub fn apply(mut self, message: &Message) -> Result<(), Rejection> {
        self.take(message)?;
        Ok(self.finish()?)
    }

    fn take(&mut self, message: &Message) -> Result<(), Rejection> {
        let (settings, keys) = (self.desk.settings(), self.desk.keys());
        match message {
            Message::Said {
                complaint,
                written,
                logged,
            } => {
                self.logged = Some(*logged);
                let fact = since(*logged, record::customer(settings, keys, complaint));
                self.said = Some((Arc::clone(complaint), fact.versions.digest));
                self.written.clone_from(written);
                self.arrive(Arrival {
                    source: &complaint.source,
                    channel: &complaint.channel,
                    conversation_id: complaint.conversation_id.as_deref().unwrap_or(&complaint.id),
                    fact,
                    complaint: Some(complaint),
                    response: None,
                    kind: Some(RecordKind::Complaint),
                })
            }
            Message::Replied { response, logged } => self.arrive(Arrival {
                source: &response.source,
                channel: &response.channel,
                conversation_id: &response.conversation_id,
                fact: since(*logged, record::company(settings, keys, response)),
                complaint: None,
                response: Some(response),
                kind: Some(RecordKind::Response),
            }),
            Message::Elsewhere(told) => self.arrive(Arrival {
                source: &told.answers.source,
                channel: &told.answers.channel,
                conversation_id: &told.answers.conversation_id,
                fact: record::elsewhere(settings, keys, told),
                complaint: None,
                response: None,
                kind: None,
            }),
            Message::Updated { update, logged } => self.arrive(Arrival {
                source: &update.source,
                channel: &update.channel,
                conversation_id: &update.conversation_id,
                fact: since(*logged, record::changed(settings, keys, update)),
                complaint: None,
                response: None,
                kind: Some(RecordKind::Update),
            }),
            Message::Surveyed { survey, logged } => {
                let (Some(channel), Some(conversation_id)) = (&survey.channel, &survey.conversation_id)
                else {
                    return Err(misdirected(self.key));
                };
                self.arrive(Arrival {
                    source: &survey.source,
                    channel,
                    conversation_id,
                    fact: since(*logged, record::surveyed(settings, keys, channel, survey)),
                    complaint: None,
                    response: None,
                    kind: None,
                })
            }
            Message::Owner(answer) => self.owner(answer),
            Message::Findings(findings) => self.findings(findings),
            Message::Moved(moved) => self.moved(moved),
            Message::Suspected(suspected) => self.suspected(suspected),
            Message::WentOut(told) => Ok(self.went_out(told)?),
            Message::DrawPast => self.draw_past(),
            Message::Forget(forget) => match **forget {
                Forget::Author { author, at, party } => self.forget(author, at, party),
                Forget::Alone(author) => self.alone(author),
                _ => Err(misdirected(self.key)),
            },
            _ => Err(misdirected(self.key)),
        }
    }

    /// Whether this author has said something that stands.
    fn has_case(&mut self, author: Author) -> Result<bool, Corrupt> {
        Ok(self.case_of(author)?.is_some_and(|row| row.fold.is_some()))
    }

    fn row(&self, part: u8, index: u64) -> RowKey {
        RowKey {
            actor: self.key,
            part,
            index,
        }
    }

    fn case_ref(&self, author: Author) -> CaseRef {
        CaseRef {
            conversation: self.key.hash,
            author,
        }
    }

    fn rules(&self, head: &Head) -> Result<&'a ChannelRules, Rejection> {
        if let Some(rules) = self.rules.get() {
            return Ok(rules); // a conversation has one channel for ever
        }
        let rules = self.desk.settings().channel(&head.channel).ok_or_else(|| {
            Rejection::new(
                "unknown_channel",
                "the conversation's channel is not in the configuration",
            )
        })?;
        self.rules.set(Some(rules));
        Ok(rules)
    }

    /// The rules for a case: those of the channel, with the levels of its customer's tier as far as that is
    /// known.
    fn rules_for(&self, head: &Head, row: &CaseRow) -> Result<&'a ChannelRules, Rejection> {
        Ok(self.rules(head)?.for_tier(row.who.tier()))
    }

    fn identifier_actor(&self, identifier: &Identifier) -> ActorKey {
        self.desk.keys().identifier(identifier)
    }
}

/// A fact that the log has had since then.
fn since(logged: Millis, mut fact: Fact) -> Fact {
    fact.versions.logged = logged;
    fact
}
