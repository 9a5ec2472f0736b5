//! Which customers' records are meant: the latest of each key, as the topic holds it now, found by what they say and
//! not by how their keys are spelt.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use smol_str::SmolStr;

use super::Person;
use crate::cli::{Failure, connect};
use crate::config::{Settings, TopicKind};
use crate::intake;
use crate::intake::customer_key::{KeyReader, shape};
use crate::log::{Log, Record};
use crate::model::{Customer, Identifier};
use crate::wire::{Decoder, Registry};

/// A customer's record: its key, and where it is. Compaction works within a partition, so the tombstone must
/// go where the record is, whoever chose that partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Carrier {
    pub key: Vec<u8>,
    pub partition: i32,
    pub offset: i64,
    /// How the key is written, without whom it names.
    pub shape: String,
    /// Whether the key says whose record it is. A tombstone under any other is nobody's erasure.
    pub names_them: bool,
}

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    /// The customer, by id: the one asked for, or the one whose record carries the identifier.
    pub customer: Option<SmolStr>,
    /// Their records.
    pub carriers: Vec<Carrier>,
    /// How many customers' records carry the identifier.
    pub customers: usize,
    /// Records that no schema reads.
    pub unreadable: u64,
    /// Whether the customer was dropped before.
    pub was_dropped: bool,
}

/// Reads the topic of customers, and keeps of each record no more than whether it is meant.
pub(super) fn find(settings: &Settings, log: &impl Log, person: &Person) -> Result<Found, Failure> {
    let reader = Reader::new(settings)?;
    let customer = match person {
        Person::Customer(id) => SmolStr::from(id),
        Person::Identifier(wanted) => {
            let owners = reader.owners(settings, log, wanted)?;
            match owners.first() {
                Some(owner) if owners.len() == 1 => owner.clone(),
                _ => {
                    return Ok(Found {
                        customers: owners.len(),
                        ..Found::default()
                    });
                }
            }
        }
    };
    reader.records(settings, log, customer)
}

struct Reader<'s> {
    settings: &'s Settings,
    registry: Arc<Registry>,
    decoder: Decoder<Customer>,
}

impl<'s> Reader<'s> {
    fn new(settings: &'s Settings) -> Result<Self, Failure> {
        let registry = Arc::new(connect::registry(&settings.wire)?);
        Ok(Self {
            settings,
            decoder: Decoder::new(Arc::clone(&registry)),
            registry,
        })
    }

    fn named(&self, record: &Record<'_>) -> Option<SmolStr> {
        let reader = KeyReader {
            registry: &self.registry,
            field: self.settings.rules.identity.customer_key_field.as_deref(),
        };
        reader.customer(record.key).ok()
    }

    fn carries(&self, customer: &Customer, wanted: &Identifier) -> bool {
        let identity = &self.settings.rules.identity;
        customer.identifiers.iter().any(|identifier| {
            let Identifier { kind, value, realm } = identifier;
            let form = intake::identifier(identity, identity.regions.usual, kind, value, realm.as_deref());
            form.as_ref() == Some(wanted)
        })
    }

    /// The customers whose latest records carry an identifier.
    fn owners(
        &self,
        settings: &Settings,
        log: &impl Log,
        wanted: &Identifier,
    ) -> Result<BTreeSet<SmolStr>, Failure> {
        let mut meant: HashMap<(i32, Vec<u8>), SmolStr> = HashMap::new();
        let topic = settings.topics.topic(TopicKind::Customers);
        connect::read_all(settings, log, &[topic], true, |_, record| {
            let place = (record.partition, record.key.unwrap_or_default().to_vec());
            let customer = record.value.and_then(|value| self.decoder.decode(value).ok());
            match customer.filter(|customer| self.carries(customer, wanted)) {
                Some(customer) => _ = meant.insert(place, intake::customer_id(&customer.customer_id)),
                None => _ = meant.remove(&place),
            }
            Ok(())
        })?;
        Ok(meant.into_values().collect())
    }

    /// The records of a customer under whatever keys.
    fn records(&self, settings: &Settings, log: &impl Log, customer: SmolStr) -> Result<Found, Failure> {
        let mut meant: HashMap<(i32, Vec<u8>), Carrier> = HashMap::new();
        let (mut unreadable, mut was_dropped) = (0, false);
        let topic = settings.topics.topic(TopicKind::Customers);
        connect::read_all(settings, log, &[topic], true, |_, record| {
            let key = record.key.unwrap_or_default();
            let names_them = self.named(record).as_ref() == Some(&customer);
            let is_meant = match record.value.map(|value| self.decoder.decode(value)) {
                None => {
                    was_dropped |= names_them;
                    false
                }
                Some(Ok(record)) => intake::customer_id(&record.customer_id) == customer,
                Some(Err(_)) => {
                    unreadable += 1;
                    names_them
                }
            };
            let place = (record.partition, key.to_vec());
            if is_meant {
                let carrier = Carrier {
                    key: key.to_vec(),
                    partition: record.partition,
                    offset: record.offset,
                    shape: shape(key, &self.registry),
                    names_them,
                };
                meant.insert(place, carrier);
            } else {
                meant.remove(&place);
            }
            Ok(())
        })?;
        let mut carriers: Vec<_> = meant.into_values().collect();
        carriers.sort_by_key(|carrier| (carrier.partition, carrier.offset));
        Ok(Found {
            customer: Some(customer),
            carriers,
            customers: 1,
            unreadable,
            was_dropped,
        })
    }
}
