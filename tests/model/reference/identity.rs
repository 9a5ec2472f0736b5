//! Who is it? The owner of the strongest claimed identifier, else the strongest identifier itself.

use std::collections::{BTreeMap, BTreeSet};

use heard::model::{Customer, Identifier, Millis};

use super::facts::rank;

/// What the CRM's records come to.
pub struct Crm {
    /// The newest record of each customer.
    newest: BTreeMap<String, Customer>,
    /// When a record of a customer first carried an identifier.
    carried_since: BTreeMap<(String, Identifier), Millis>,
    /// All records.
    records: Vec<Customer>,
}

/// Whose a case is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    pub key: String,
    pub customer_id: Option<String>,
}

impl Crm {
    pub fn of(records: &[Customer]) -> Self {
        let mut newest = BTreeMap::<String, Customer>::new();
        let mut carried_since = BTreeMap::<(String, Identifier), Millis>::new();
        for record in records {
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
        Self {
            newest,
            carried_since,
            records: records.to_vec(),
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

    /// Rule 5: the customer's tier in force at a time, else the earliest known.
    pub fn tier(&self, customer_id: &str, t: Millis) -> Option<String> {
        let of_customer = self
            .records
            .iter()
            .filter(|record| record.customer_id == customer_id);
        let mut records: Vec<_> = of_customer.collect();
        records.sort_by_key(|record| record.updated_at);
        let in_force = records.iter().rfind(|record| record.updated_at <= t);
        let tier = match in_force {
            Some(record) => record.tier.as_ref(),
            None => records.iter().find_map(|record| record.tier.as_ref()),
        };
        tier.map(ToString::to_string)
    }

    /// The newest record of a customer.
    pub fn profile(&self, customer_id: &str) -> Option<&Customer> {
        self.newest.get(customer_id)
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

    /// Follows `merged_into`; in a ring the smallest id wins. Decision: a target that has no record of its
    /// own stands all the same.
    fn merged(&self, customer_id: &str) -> String {
        let mut way = vec![customer_id.to_owned()];
        loop {
            let last = way.last().expect("it began with one");
            let Some(next) = self
                .newest
                .get(last)
                .and_then(|record| record.merged_into.as_deref())
            else {
                return last.clone();
            };
            if let Some(ring) = way.iter().position(|seen| seen == next) {
                return way[ring..].iter().min().expect("a ring has members").clone();
            }
            way.push(next.to_owned());
        }
    }
}

/// A record carries its identifiers, and the CRM's own id.
fn carried(record: &Customer) -> BTreeSet<Identifier> {
    let own = Identifier {
        kind: "customer_id".into(),
        value: record.customer_id.clone().into(),
        realm: None,
    };
    record.identifiers.iter().cloned().chain([own]).collect()
}
