//! Which customers' records are meant: the latest of each, as the topic holds it now.

use std::collections::HashMap;
use std::sync::Arc;

use super::Person;
use crate::cli::{Failure, connect};
use crate::config::{Settings, TopicKind};
use crate::intake;
use crate::log::Log;
use crate::model::{Customer, Identifier};
use crate::wire::Decoder;

/// A customer's record: its key, and where it is. Compaction works within a partition, so the tombstone must
/// go where the record is, whoever chose that partition.
pub(super) struct Carrier {
    pub key: Vec<u8>,
    pub partition: i32,
}

/// What was found.
pub(super) struct Found {
    pub carriers: Vec<Carrier>,
    /// Records that no schema reads.
    pub unreadable: u64,
}

/// Reads the topic of customers once, and keeps of each record no more than whether it is meant.
pub(super) fn find(settings: &Settings, log: &impl Log, person: &Person) -> Result<Found, Failure> {
    let registry = Arc::new(connect::registry(&settings.wire)?);
    let decoder = Decoder::<Customer>::new(registry);
    let identity = &settings.rules.identity;
    let carries = |customer: &Customer, wanted: &Identifier| {
        customer.identifiers.iter().any(|identifier| {
            let Identifier { kind, value, realm } = identifier;
            intake::identifier(identity, identity.regions.usual, kind, value, realm.as_deref()).as_ref()
                == Some(wanted)
        })
    };
    let mut meant: HashMap<Vec<u8>, i32> = HashMap::new();
    let mut unreadable = 0;
    let topic = settings.topics.topic(TopicKind::Customers);
    connect::read_all(settings, log, &[topic], true, |_, record| {
        let key = record.key.unwrap_or_default();
        let is_meant = match (person, record.value) {
            (_, None) => false,
            (Person::Customer(id), Some(_)) => key == id.as_bytes(),
            (Person::Identifier(wanted), Some(value)) => match decoder.decode(value) {
                Ok(customer) => carries(&customer, wanted),
                Err(_) => {
                    unreadable += 1;
                    false
                }
            },
        };
        if is_meant {
            meant.insert(key.to_vec(), record.partition);
        } else {
            meant.remove(key);
        }
        Ok(())
    })?;
    let carriers = meant
        .into_iter()
        .map(|(key, partition)| Carrier { key, partition });
    Ok(Found {
        carriers: carriers.collect(),
        unreadable,
    })
}
