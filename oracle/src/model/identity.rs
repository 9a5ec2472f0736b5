//! Who is it? The owner of the strongest claimed identifier, else the strongest identifier itself.

use std::collections::{BTreeMap, BTreeSet};

use heard::model::{Customer, Identifier, Millis, Sensitive};
use smol_str::SmolStr;

use super::spelling::rank;

/// What the CRM's records come to.
pub struct Crm {
    /// The newest record of each customer.
    newest: BTreeMap<String, Customer>,
    /// When a record of a customer first carried an identifier.
    carried_since: BTreeMap<(String, Identifier), Millis>,
    /// All records.
    records: Vec<Customer>,
    /// Customers whose last record pointed to another and was dropped: the end of a merge's clean-up. Their
    /// identifiers still lead there.
    ended: BTreeSet<String>,
    /// When records were dropped that were the last of a clean-up by then.
    dropped: BTreeMap<SmolStr, Millis>,
}

/// Whose a case is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    pub key: String,
    pub customer_id: Option<String>,
}

impl Crm {
    /// What these records come to; of a customer who was dropped, those that were written after that.
    pub fn of(
        records: &[Customer],
        dropped: &BTreeMap<SmolStr, Millis>,
        ended: &BTreeMap<SmolStr, Millis>,
    ) -> Self {
        let stands = |record: &&Customer| {
            let dropped = dropped.get(&record.customer_id);
            dropped.is_none_or(|at| record.updated_at > *at)
        };
        let records: Vec<_> = records.iter().filter(stands).cloned().collect();
        let mut newest = BTreeMap::<String, Customer>::new();
        let mut carried_since = BTreeMap::<(String, Identifier), Millis>::new();
        for record in &records {
            let id = record.customer_id.to_string();
            let standing = newest.entry(id.clone()).or_insert_with(|| record.clone());
            if standing.updated_at < record.updated_at {
                *standing = record.clone();
            }
            for identifier in carried(record) {
                let since = carried_since
                    .entry((id.clone(), identifier))
                    .or_insert(record.updated_at);
                *since = record.updated_at.min(*since);
            }
        }
        let dropped = ended.clone();
        let is_ended = |record: &&Customer| {
            let ended = ended.get(&record.customer_id);
            ended.is_some_and(|at| record.updated_at <= *at)
        };
        let ended = newest.values().filter(is_ended);
        let ended = ended.map(|record| record.customer_id.to_string()).collect();
        Self {
            newest,
            carried_since,
            records,
            ended,
            dropped,
        }
    }

    /// Whom these identifiers name, in the order in which they were given.
    /// Decision: whoever gives none is nobody's party, and has nothing to do with others.
    pub fn party(&self, identifiers: &[Identifier]) -> Party {
        let mut strongest_first = identifiers.to_vec();
        strongest_first.sort_by_key(rank);
        if let Some(owner) = strongest_first
            .iter()
            .find_map(|identifier| self.owner(identifier))
        {
            let customer_id = self.merged(owner);
            return Party {
                key: format!("customer:{customer_id}"),
                customer_id: Some(customer_id),
            };
        }
        let key = strongest_first.first().map_or_else(
            || "unknown".to_owned(),
            |one| match &one.realm {
                Some(realm) => format!("{}:{realm}:{}", one.kind, *one.value),
                None => format!("{}:{}", one.kind, *one.value),
            },
        );
        Party {
            key,
            customer_id: None,
        }
    }

    /// Rule 5: the customer's tier in force at a time, else the earliest known. Decision: with a record that the CRM drops
    /// at the end of a merge's clean-up its tier goes, and those of the records before it.
    pub fn tier(&self, customer_id: &str, t: Millis) -> Option<String> {
        let of_customer = self
            .records
            .iter()
            .filter(|record| record.customer_id == customer_id);
        let stands = |record: &&Customer| {
            self.dropped
                .get(customer_id)
                .is_none_or(|at| record.updated_at > *at)
        };
        let mut records: Vec<_> = of_customer.filter(stands).collect();
        records.sort_by_key(|record| record.updated_at);
        let in_force = records.iter().rfind(|record| record.updated_at <= t);
        let tier = match in_force {
            Some(record) => record.tier.as_ref(),
            None => records.iter().find_map(|record| record.tier.as_ref()),
        };
        tier.map(ToString::to_string)
    }

    /// All identifiers that a customer's records ever carried, their own id among them.
    pub fn ever_carried(&self, customer_id: &str) -> BTreeSet<Identifier> {
        let of_customer = self
            .records
            .iter()
            .filter(|record| record.customer_id == customer_id);
        of_customer
            .flat_map(carried)
            .chain([own_id(customer_id)])
            .collect()
    }

    /// Whether no customer is known.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The newest record of a customer, if it was not dropped.
    pub fn profile(&self, customer_id: &str) -> Option<&Customer> {
        self.newest
            .get(customer_id)
            .filter(|_| !self.ended.contains(customer_id))
    }

    /// To whom a customer's record points, and so on, until that ends or comes back to one of them.
    pub fn way(&self, customer_id: &str) -> Vec<String> {
        let mut way = vec![customer_id.to_owned()];
        while let Some(next) = self.next(&way[way.len() - 1]) {
            if way.iter().any(|seen| seen == next) {
                break;
            }
            way.push(next.to_owned());
        }
        way
    }

    fn next(&self, customer_id: &str) -> Option<&str> {
        self.newest.get(customer_id)?.merged_into.as_deref()
    }

    /// Whether a merge's clean-up has ended with this customer.
    pub fn is_ended(&self, customer_id: &str) -> bool {
        self.ended.contains(customer_id)
    }

    /// Of those whose newest record carries it, the one that carried it first; then the smallest id.
    fn owner(&self, identifier: &Identifier) -> Option<&str> {
        let carriers = self
            .newest
            .values()
            .filter(|record| carried(record).contains(identifier));
        let first = carriers.min_by_key(|record| {
            let id = record.customer_id.to_string();
            (self.carried_since.get(&(id.clone(), identifier.clone())), id)
        });
        first.map(|record| &*record.customer_id)
    }

    /// Follows `merged_into`; in a ring the smallest id wins, of those that were not dropped. Decision: a target that
    /// has no record of its own stands all the same.
    fn merged(&self, customer_id: &str) -> String {
        let way = self.way(customer_id);
        let last = &way[way.len() - 1];
        let ring = self
            .next(last)
            .and_then(|next| way.iter().position(|seen| seen == next));
        let Some(ring) = ring else {
            return last.clone();
        };
        let standing = way[ring..].iter().filter(|id| !self.is_ended(id));
        standing
            .min()
            .or(way[ring..].iter().min())
            .unwrap_or(last)
            .clone()
    }
}

/// A record carries its identifiers, and the CRM's own id.
fn carried(record: &Customer) -> BTreeSet<Identifier> {
    let own = own_id(&record.customer_id);
    record.identifiers.iter().cloned().chain([own]).collect()
}

fn own_id(customer_id: &str) -> Identifier {
    Identifier {
        kind: "customer_id".into(),
        value: Sensitive(customer_id.into()),
        realm: None,
    }
}
