//! What changes without a message.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Millis, Person, Sensitive, Status};

/// A change to a matter without anything being said: a ticket closed, a new owner, a larger audience.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Update {
    /// The change's id, unique within its source.
    pub id: String,
    /// The platform or system the conversation lives on; part of identity.
    pub source: String,
    /// The conversation's channel.
    pub channel: String,
    /// The conversation.
    pub conversation_id: String,
    /// The customer it is about, where the conversation has several.
    pub customer: Option<Person>,
    /// When it changed.
    pub occurred_at: Millis,
    /// What the company declares about the matter.
    pub status: Option<Status>,
    /// Who is in charge now.
    pub owner: Option<String>,
    /// The team in charge now.
    pub team: Option<String>,
    /// The case's number in another system.
    pub external_case_id: Option<String>,
    /// The brand it turned out to be about.
    pub brand: Option<String>,
    /// The product it turned out to be about.
    pub product: Option<String>,
    /// What turned out to be wrong.
    pub issue: Option<String>,
    /// Why it went wrong.
    pub root_cause: Option<String>,
    /// How many people can see the conversation by now.
    pub audience: Option<i64>,
    /// How often it has been passed on by now.
    pub reshares: Option<i64>,
    /// The customer confirmed (or denied) that it is solved.
    pub resolution_confirmed: Option<bool>,
    /// What the customer was given.
    pub remedy_granted: Option<Sensitive<String>>,
    /// Anything else the source gave.
    #[serde(default)]
    pub attributes: Sensitive<BTreeMap<String, String>>,
}
