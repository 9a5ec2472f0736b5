//! The desk: an actor per key. Pure: no runtime, no client library, no clock.
//!
//! - [`conversation`]: the messages and cases of one conversation; the only writer of their records.
//! - [`identifier`]: who claims an identifier, which cases mention it.
//! - [`party`]: what the CRM says of a person, and their cases.
//! - [`survey`]: an answer of a person, on its way to the party.
//! - [`campaign`]: the same words from many people whom nobody knows (rule 10).
//! - [`tally`]: what is counted by brand and channel (rules 13, 14, 22).

pub mod campaign;
pub mod conversation;
pub mod crowd;
pub mod figures;
pub mod forgetting;
pub mod identifier;
pub mod keys;
pub mod message;
pub mod output;
pub mod packed;
pub mod party;
pub mod priority;
pub mod row;
pub mod score;
pub mod signal;
pub mod summary;
pub mod survey;
pub mod tally;

use std::sync::Arc;

use crate::config::rules::RuleSettings;
use crate::model::{Complaint, WorkItem};
use crate::processor::{self, ActorKey, Context, Rejection, RowKey};

pub use message::Message;
pub use output::Output;
pub use row::Row;

use keys::{Keys, kind};

/// Effects of the desk.
pub type Effects = processor::Effects<Row, Message, Output>;

/// The desk's state, as an apply sees it.
pub type State<'a> = dyn processor::State<Row> + 'a;

/// All actors' behaviour, under one set of rules.
#[derive(Clone, Debug)]
pub struct Desk {
    settings: Arc<RuleSettings>,
    keys: Keys,
    figures: figures::Table,
}

impl Desk {
    /// A desk that works by these rules.
    pub fn new(settings: Arc<RuleSettings>) -> Self {
        let keys = Keys::new(settings.secret);
        let figures = figures::Table::new(&settings);
        Self {
            settings,
            keys,
            figures,
        }
    }

    /// The names it gives to actors.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The numbers of what it counts.
    pub fn figures(&self) -> &figures::Table {
        &self.figures
    }

    /// The rules it works by.
    pub fn settings(&self) -> &RuleSettings {
        &self.settings
    }

    /// An actor gets a message.
    ///
    /// # Errors
    ///
    /// State that cannot be read, or a message that is not for this kind of actor.
    pub fn apply(
        &self,
        to: ActorKey,
        message: &Message,
        state: &mut State<'_>,
        cx: &Context,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        match to.kind {
            kind::CONVERSATION => conversation::Actor::new(self, to, state, cx, effects).apply(message),
            kind::IDENTIFIER => identifier::apply(self, to, message, state, cx, effects),
            kind::PARTY => party::Actor::new(self, to, state, cx, effects).apply(message),
            kind::SURVEY => survey::apply(self, to, message, state, cx, effects),
            kind::TALLY => tally::apply(self, to, message, state, cx, effects),
            kind::CAMPAIGN => campaign::apply(to, message, state, effects),
            other => Err(Rejection::new(
                "unknown_actor",
                format!("no actor is of kind {other}"),
            )),
        }
    }

    /// A row's time has come.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn wake(
        &self,
        row: RowKey,
        state: &mut State<'_>,
        cx: &Context,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        match row.actor.kind {
            kind::IDENTIFIER => identifier::wake(row.actor, state, cx, effects),
            kind::PARTY => party::Actor::new(self, row.actor, state, cx, effects).wake(),
            kind::TALLY => tally::wake(self, row, state, cx, effects),
            _ => conversation::Actor::new(self, row.actor, state, cx, effects).wake(row),
        }
    }

    /// A message of a conversation could not be applied, and this item goes out for it all the same. Returns its revision,
    /// which a later one goes on from.
    pub fn remember_plain(
        &self,
        to: ActorKey,
        complaint: &Complaint,
        item: &WorkItem,
        state: &mut State<'_>,
        cx: &Context,
        effects: &mut Effects,
    ) -> i64 {
        conversation::Actor::new(self, to, state, cx, effects).remember_plain(complaint, item)
    }

    /// A case has changed in the open transaction: publish it as it stands. `again`: what was published of it
    /// in this transaction before does not go out.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn publish(
        &self,
        row: RowKey,
        again: bool,
        state: &mut State<'_>,
        cx: &Context,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        conversation::Actor::new(self, row.actor, state, cx, effects).publish(row, again)
    }
}

/// A message came to a kind of actor that has no use for it.
fn misdirected(actor: ActorKey) -> Rejection {
    Rejection::new(
        "misdirected",
        format!("an actor of kind {} has no use for this message", actor.kind),
    )
}
