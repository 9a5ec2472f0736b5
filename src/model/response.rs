//! What the company says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Millis, Person, ResponseKind, Sensitive, Status, Visibility};

/// Any company message: a reply, a bot's answer, an acknowledgement, an internal note.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The message's id, unique within its source.
    pub id: SmolStr,
    /// Rises when the message is edited; a higher revision replaces a lower one.
    #[serde(default)]
    pub revision: i64,
    /// The platform or system the conversation lives on; part of identity.
    pub source: SmolStr,
    /// The tool that delivered the record; not part of identity.
    pub via: Option<SmolStr>,
    /// The channel it was said in.
    pub channel: SmolStr,
    /// The thread it was said in.
    pub conversation_id: SmolStr,
    /// The id of the message it replies to.
    pub in_reply_to: Option<SmolStr>,
    /// The customer it is said to, where the source names them.
    pub customer: Option<Person>,
    /// Other conversations it answers: an email that answers a public post.
    #[serde(default)]
    pub answers: Vec<ConversationRef>,
    /// Who in the company said it.
    pub agent: Option<SmolStr>,
    /// The agent's team.
    pub team: Option<SmolStr>,
    /// Who or what made it.
    pub kind: ResponseKind,
    /// Overrides the channel's stage.
    pub visibility: Option<Visibility>,
    /// What it declares about the matter.
    pub status: Option<Status>,
    /// The channel the customer is invited to.
    pub invites_to: Option<SmolStr>,
    /// By when the company promised to have it solved.
    pub promised_by: Option<Millis>,
    /// What was said.
    pub text: Option<Sensitive<String>>,
    /// When it was said.
    pub occurred_at: Millis,
    /// When it was last edited.
    pub edited_at: Option<Millis>,
    /// The brand it speaks for.
    pub brand: Option<SmolStr>,
    /// It was taken back.
    #[serde(default)]
    pub deleted: bool,
    /// Anything else the source gave.
    #[serde(default)]
    pub attributes: Sensitive<BTreeMap<String, String>>,
}

/// Names a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConversationRef {
    /// The platform or system it lives on.
    pub source: SmolStr,
    /// Its channel.
    pub channel: SmolStr,
    /// Its id within source and channel.
    pub conversation_id: SmolStr,
}
