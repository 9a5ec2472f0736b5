//! Who said something: a name as given, and the identifiers they were seen with.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::Sensitive;

/// A person as a message shows them. Not yet a customer: identity is worked out by the desk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The name shown beside the message.
    pub display_name: Option<Sensitive<SmolStr>>,
    /// Everything they can be recognised by; may be empty.
    #[serde(default)]
    pub identifiers: Vec<Identifier>,
}

/// One thing a person can be recognised by.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identifier {
    /// What kind: email, phone, handle, device, account, customer_id, ... An open vocabulary.
    pub kind: SmolStr,
    /// The identifier itself, as the source gave it.
    pub value: Sensitive<SmolStr>,
    /// Which platform or system it is valid in, where that matters: a handle without one is ambiguous.
    pub realm: Option<SmolStr>,
}
