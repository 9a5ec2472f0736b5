//! What changes without a message.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Millis, Person, Sensitive, Status};

/// A change to a matter without anything being said: a ticket closed, a new owner, a larger audience.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Update {
    /// The change's id, unique within its source.
    pub id: SmolStr,
    /// The platform or system the conversation lives on; part of identity.
    pub source: SmolStr,
    /// The conversation's channel.
    pub channel: SmolStr,
    /// The conversation.
    pub conversation_id: SmolStr,
    /// The message whose case changed, where the conversation has several.
    pub in_reply_to: Option<SmolStr>,
    /// The customer it is about, where the conversation has several.
    pub customer: Option<Person>,
    /// When it changed.
    pub occurred_at: Millis,
    /// What the company declares about the matter.
    pub status: Option<Status>,
    /// Who is in charge now.
    pub owner: Option<SmolStr>,
    /// The team in charge now.
    pub team: Option<SmolStr>,
    /// The case's number in another system.
    pub external_case_id: Option<SmolStr>,
    /// The brand it turned out to be about.
    pub brand: Option<SmolStr>,
    /// The product it turned out to be about.
    pub product: Option<SmolStr>,
    /// What turned out to be wrong.
    pub issue: Option<SmolStr>,
    /// Why it went wrong.
    pub root_cause: Option<SmolStr>,
    /// How many people can see the conversation by now.
    pub audience: Option<i64>,
    /// How often it has been passed on by now.
    pub reshares: Option<i64>,
    /// The customer confirmed (or denied) that it is solved.
    pub resolution_confirmed: Option<bool>,
    /// What the customer was given.
    pub remedy_granted: Option<Sensitive<SmolStr>>,
    /// Anything else the source gave.
    #[serde(default)]
    pub attributes: Sensitive<BTreeMap<String, String>>,
}
