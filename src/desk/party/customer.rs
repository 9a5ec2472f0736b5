//! What the CRM says of a customer: the newest record, and what any record ever carried.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::tiers::Tiers;
use crate::desk::forgetting::own_id;
use crate::desk::message::Profile;
use crate::model::{Customer, Identifier, Millis};

/// A customer as their records tell, in whatever order those arrived.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomerState {
    /// Who it is.
    pub customer_id: SmolStr,
    newest: Option<Newest>,
    carried: Vec<Carried>,
    ever_merged: bool,
    tiers: Tiers,
    /// The CRM has dropped the record when it pointed to another customer, by then: that was the end of a merge's
    /// clean-up. Name and worth are gone; identifiers stay, since they lead to the other customer.
    ended: Option<Millis>,
}

/// The newest record, as far as it is needed. The record of two with one `updated_at` is the one
/// with the greater digest: any choice will do that does not depend on arrival.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Newest {
    updated_at: Millis,
    digest: u64,
    profile: Option<Profile>,
    merged_into: Option<SmolStr>,
}

/// An identifier that some record carried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Carried {
    /// Which.
    pub identifier: Identifier,
    /// The `updated_at` of the earliest record that carried it.
    pub since: Millis,
    /// Whether the newest record does.
    pub holds: bool,
}

/// What a record has changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    /// Identifiers whose claim is another now.
    pub claims: Vec<Carried>,
    /// Whether the profile or the merge is another now.
    pub cases_care: bool,
    /// It turns out that the CRM had dropped a record that did not point to another customer.
    pub dropped: Option<Millis>,
}

impl CustomerState {
    /// A customer of whom nothing is known yet.
    pub fn new(customer_id: &str) -> Self {
        Self {
            customer_id: customer_id.into(),
            newest: None,
            carried: Vec::new(),
            ever_merged: false,
            tiers: Tiers::default(),
            ended: None,
        }
    }

    /// Takes a record, normalised.
    pub fn take(&mut self, record: &Customer) -> News {
        let mut identifiers = record.identifiers.clone();
        // A customer's own id is an identifier that needs no telling.
        identifiers.push(own_id(&record.customer_id));
        let profile = Profile {
            display_name: record.display_name.as_ref().map(|name| name.0.clone()),
            tier: record.tier.clone(),
            lifetime_value: record.lifetime_value,
            vulnerable: record.vulnerable,
            owner: record.owner.clone(),
            preferred_channel: record.preferred_channel.clone(),
        };
        let target = record
            .merged_into
            .as_deref()
            .filter(|target| **target != *self.customer_id);
        let merged_into = target.map(Into::into);
        let newest = Newest {
            updated_at: record.updated_at,
            digest: digest(record),
            profile: Some(profile),
            merged_into,
        };
        self.change(newest, &identifiers)
    }

    /// The CRM has dropped the record, which points to another customer; tells whether that is news.
    pub fn end(&mut self, at: Millis) -> bool {
        let at = self.updated_at().map_or(at, |newest| newest.max(at));
        self.tiers.drop_until(at);
        if let Some(newest) = &mut self.newest {
            newest.profile = None;
        }
        let is_news = self.ended.is_none();
        self.ended = self.ended.max(Some(at));
        is_news
    }

    /// When the CRM dropped the record, if that was the end of a merge's clean-up.
    pub fn ended(&self) -> Option<Millis> {
        self.ended
    }

    /// All identifiers that any record carried, the customer's own id among them.
    pub fn identifiers(&self) -> impl Iterator<Item = &Identifier> {
        self.carried.iter().map(|carried| &carried.identifier)
    }

    /// The time of the newest record.
    pub fn updated_at(&self) -> Option<Millis> {
        self.newest.as_ref().map(|newest| newest.updated_at)
    }

    /// Forgets identifiers, but for those that a record carries which the CRM still has. Says which of them were
    /// claimed.
    pub fn forget_carried(&mut self, is_it: impl Fn(&Identifier) -> bool) -> Vec<Identifier> {
        let mut claimed = Vec::new();
        let is_kept = |carried: &Carried| carried.holds && self.ended.is_none();
        self.carried.retain(|carried| {
            let stays = is_kept(carried) || !is_it(&carried.identifier);
            if !stays && carried.holds {
                claimed.push(carried.identifier.clone());
            }
            stays
        });
        claimed
    }

    /// The newest record's time and digest: what comes late is compared with it.
    pub fn newest(&self) -> Option<(Millis, u64)> {
        self.newest
            .as_ref()
            .map(|newest| (newest.updated_at, newest.digest))
    }

    fn change(&mut self, record: Newest, identifiers: &[Identifier]) -> News {
        let before = self.carried.clone();
        let is_newest = self
            .newest
            .as_ref()
            .is_none_or(|newest| (record.updated_at, record.digest) > (newest.updated_at, newest.digest));
        if is_newest {
            self.carried.iter_mut().for_each(|carried| carried.holds = false);
        }
        for identifier in identifiers {
            match self
                .carried
                .iter_mut()
                .find(|carried| carried.identifier == *identifier)
            {
                Some(carried) => {
                    carried.since = carried.since.min(record.updated_at);
                    carried.holds |= is_newest;
                }
                None => self.carried.push(Carried {
                    identifier: identifier.clone(),
                    since: record.updated_at,
                    holds: is_newest,
                }),
            }
        }
        let changed = |carried: &&Carried| !before.contains(carried);
        let claims = self.carried.iter().filter(changed).cloned().collect();
        let older = if is_newest {
            self.ever_merged |= record.merged_into.is_some();
            self.newest.replace(record)
        } else {
            Some(record)
        };
        let tier_then = older.as_ref().is_some_and(|older| self.keep_tier(older));
        let mut cases_care = match (&older, &self.newest) {
            (Some(before), Some(now)) if is_newest => {
                tier_then || before.profile != now.profile || before.merged_into != now.merged_into
            }
            _ => is_newest || tier_then,
        };
        let mut dropped = None;
        if let Some(ended) = self.ended.filter(|_| is_newest) {
            // The customer is known again; or this was what the CRM had dropped.
            let is_after = self.updated_at().is_some_and(|newest| newest > ended);
            self.ended.take_if(|_| is_after);
            cases_care |= is_after;
            if !is_after && self.merged_into().is_some() {
                self.end(ended);
            } else if !is_after {
                dropped = Some(ended);
            }
        }
        News {
            claims,
            cases_care,
            dropped,
        }
    }

    /// What a record said of the tier that is not the newest; tells whether a case may care.
    fn keep_tier(&mut self, older: &Newest) -> bool {
        let (Some(profile), Some(newest)) = (&older.profile, &self.newest) else {
            return false;
        };
        if newest.updated_at == older.updated_at {
            return false;
        }
        let news = self
            .tiers
            .take(older.updated_at, older.digest, profile.tier.clone());
        let now = newest.profile.as_ref().and_then(|profile| profile.tier.as_ref());
        news && self.tiers.any_but(now)
    }

    /// The tier that was in force at `t`, else the earliest known (rule 5). None once the CRM has dropped
    /// the customer.
    pub fn tier_at(&self, t: Millis) -> Option<SmolStr> {
        let newest = self.newest.as_ref()?;
        let tier = newest.profile.as_ref()?.tier.as_ref();
        self.tiers.at(t, (newest.updated_at, tier))
    }

    /// The customer this one was merged into.
    pub fn merged_into(&self) -> Option<&str> {
        self.newest.as_ref()?.merged_into.as_deref()
    }

    /// Whether a record ever pointed elsewhere: cases may have been sent there.
    pub fn was_ever_merged(&self) -> bool {
        self.ever_merged
    }

    /// What the customer is worth.
    pub fn lifetime_value(&self) -> Option<f64> {
        self.newest.as_ref()?.profile.as_ref()?.lifetime_value
    }

    /// What work items show.
    pub fn profile(&self) -> Option<Profile> {
        self.newest.as_ref()?.profile.clone()
    }
}

/// What tells two records of one time apart, whichever came first.
pub fn digest(record: &Customer) -> u64 {
    let mut bytes = Vec::new();
    crate::desk::packed::write(record, &mut bytes);
    let mut hasher = FxHasher::default();
    bytes.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::CustomerState;
    use crate::model::{Customer, Identifier, Millis, Sensitive};

    fn record(at: i64, emails: &[&str], merged_into: Option<&str>) -> Customer {
        let email = |value: &&str| Identifier {
            kind: "email".into(),
            value: Sensitive((*value).into()),
            realm: None,
        };
        Customer {
            customer_id: "A".into(),
            identifiers: emails.iter().map(email).collect(),
            merged_into: merged_into.map(Into::into),
            updated_at: Millis(at),
            ..Customer::default()
        }
    }

    /// Whatever the order of the records, the newest one holds, and each identifier is carried since
    /// its first.
    #[test]
    fn the_order_of_records_does_not_matter() {
        let records = [
            record(1, &["x", "y"], None),
            record(2, &["y"], Some("B")),
            record(3, &["x"], None),
        ];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut customer = CustomerState::new("A");
            for i in order {
                customer.take(&records[i]);
            }
            assert_eq!(customer.merged_into(), None, "{order:?}");
            for (email, since, holds) in [("x", 1, true), ("y", 1, false)] {
                let carried = customer
                    .carried
                    .iter()
                    .find(|c| *c.identifier.value == email)
                    .expect("known");
                assert_eq!(
                    (carried.since, carried.holds),
                    (Millis(since), holds),
                    "{email} in {order:?}"
                );
            }
        }
    }

    #[test]
    fn only_what_changes_is_news() {
        let mut customer = CustomerState::new("A");
        let news = customer.take(&record(2, &["x"], None));
        assert_eq!((news.claims.len(), news.cases_care), (2, true)); // the email, and the id itself
        assert_eq!(customer.take(&record(2, &["x"], None)), super::News::default());
        let news = customer.take(&record(3, &["x"], Some("B")));
        assert_eq!((news.claims.len(), news.cases_care), (0, true));
        let news = customer.take(&record(1, &["x"], None));
        assert_eq!((news.claims.len(), news.cases_care), (2, false)); // carried for longer than known
    }

    #[test]
    fn what_the_newest_record_carries_is_not_for_us_to_forget() {
        let mut customer = CustomerState::new("A");
        customer.take(&record(1, &["x", "y"], None));
        customer.take(&record(2, &["y"], None));
        for (email, left) in [("y", 3), ("x", 2), ("x", 2)] {
            customer.forget_carried(|identifier| *identifier.value == email);
            assert_eq!(customer.identifiers().count(), left, "{email}");
        }
    }
}
