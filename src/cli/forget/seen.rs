//! What the outputs say of a person, as one can see for oneself.

use std::collections::HashSet;
use std::sync::Arc;

use super::Person;
use crate::cli::{Failure, connect};
use crate::config::{Settings, TopicKind};
use crate::desk::conversation::who::identifier_key;
use crate::intake;
use crate::log::Log;
use crate::model::{Case, Identifier, WorkItem};
use crate::wire::Decoder;

/// How many records name a person, of each key the latest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Records of the CRM.
    pub records: usize,
    /// Cases whose party they are.
    pub cases: usize,
    /// Cases of which the last work item names them.
    pub work: usize,
}

impl Seen {
    /// Whether there is any.
    pub fn any(self) -> bool {
        self != Self::default()
    }
}

/// Counts the cases and work items that name a person who may be this customer.
pub(super) fn look(
    settings: &Settings,
    log: &impl Log,
    person: &Person,
    customer: Option<&str>,
    records: usize,
) -> Result<Seen, Failure> {
    let registry = Arc::new(connect::registry(&settings.wire)?);
    let cases = Decoder::<Case>::new(Arc::clone(&registry));
    let items = Decoder::<WorkItem>::new(registry);
    let key = match person {
        Person::Customer(_) => None,
        Person::Identifier(identifier) => Some(identifier_key(identifier)),
    };
    let is_customer = |id: Option<&str>| customer.is_some() && id == customer;
    let case_topic = settings.topics.topic(TopicKind::Cases);
    let mut topics = vec![case_topic.clone()];
    topics.extend(
        [TopicKind::HandlingOnstage, TopicKind::HandlingOffstage].map(|kind| settings.topics.topic(kind)),
    );
    let mut named = (HashSet::new(), HashSet::new());
    connect::read_all(settings, log, &topics, true, |topic, record| {
        let list = if *topic == case_topic {
            &mut named.0
        } else {
            &mut named.1
        };
        let names_them = record.value.is_some_and(|value| {
            if *topic == case_topic {
                cases.decode(value).is_ok_and(|case| {
                    is_customer(case.customer_id.as_deref()) || key.as_ref() == Some(&case.party_key)
                })
            } else {
                items.decode(value).is_ok_and(|item| {
                    is_customer(item.party.customer_id.as_deref()) || mentions(settings, person, &item)
                })
            }
        });
        let case_id = record.key.unwrap_or_default();
        match names_them {
            true => _ = list.insert(case_id.to_vec()),
            false => _ = list.remove(case_id),
        }
        Ok(())
    })?;
    Ok(Seen {
        records,
        cases: named.0.len(),
        work: named.1.len(),
    })
}

/// Whether a work item's message has the person's identifier.
fn mentions(settings: &Settings, person: &Person, item: &WorkItem) -> bool {
    let Person::Identifier(wanted) = person else {
        return false;
    };
    let (identity, complaint) = (&settings.rules.identity, &item.complaint);
    let brand = complaint.brand.as_deref();
    let region = identity
        .regions
        .of(&complaint.source, brand, Some(&complaint.channel));
    complaint.author.identifiers.iter().any(|identifier| {
        let Identifier { kind, value, realm } = identifier;
        intake::identifier(identity, region, kind, value, realm.as_deref()).as_ref() == Some(wanted)
    })
}
