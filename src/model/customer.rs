//! Whom the CRM knows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Identifier, Millis, Sensitive};

/// A customer as the CRM knows them. The only source of claims to identifiers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// The CRM's id.
    pub customer_id: SmolStr,
    /// The identifiers this customer is known to carry.
    pub identifiers: Vec<Identifier>,
    /// Their name.
    pub display_name: Option<Sensitive<SmolStr>>,
    /// Their tier, in the enterprise's own vocabulary.
    pub tier: Option<SmolStr>,
    /// What they are worth, in the enterprise's currency.
    pub lifetime_value: Option<f64>,
    /// Needs special care.
    #[serde(default)]
    pub vulnerable: bool,
    /// Language they like to be answered in, BCP 47.
    pub preferred_language: Option<SmolStr>,
    /// Channel they like to be answered in.
    pub preferred_channel: Option<SmolStr>,
    /// Who in the company looks after them.
    pub owner: Option<SmolStr>,
    /// They turned out to be this other customer.
    pub merged_into: Option<SmolStr>,
    /// Anything else the CRM gave.
    #[serde(default)]
    pub attributes: Sensitive<BTreeMap<String, String>>,
    /// When the CRM changed the record.
    pub updated_at: Millis,
}
