//! Whom the CRM knows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Identifier, Millis, Sensitive};

/// A customer as the CRM knows them. The only source of claims to identifiers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// The CRM's id.
    pub customer_id: String,
    /// The identifiers this customer is known to carry.
    pub identifiers: Vec<Identifier>,
    /// Their name.
    pub display_name: Option<Sensitive<String>>,
    /// Their tier, in the enterprise's own vocabulary.
    pub tier: Option<String>,
    /// What they are worth, in the enterprise's currency.
    pub lifetime_value: Option<f64>,
    /// Needs special care.
    #[serde(default)]
    pub vulnerable: bool,
    /// Language they like to be answered in, BCP 47.
    pub preferred_language: Option<String>,
    /// Channel they like to be answered in.
    pub preferred_channel: Option<String>,
    /// Who in the company looks after them.
    pub owner: Option<String>,
    /// They turned out to be this other customer.
    pub merged_into: Option<String>,
    /// Anything else the CRM gave.
    #[serde(default)]
    pub attributes: Sensitive<BTreeMap<String, String>>,
    /// When the CRM changed the record.
    pub updated_at: Millis,
}
