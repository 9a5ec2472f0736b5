//! What the inputs come to.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use heard::model::{Case, CaseId, Complaint, Customer, Millis, Response, Survey, Update, WorkId, WorkItem};
use heard::wire::{Decoder, Registry};

use crate::evidence::{Evidence, Kind, Stored, kind};
use crate::families::families;
use crate::ledger::{Place, digest};
use crate::model;
use crate::records::{Logged, Record};

/// What the inputs come to, by the model.
#[derive(Default)]
pub struct Expected {
    /// The final cases, their versions zeroed.
    pub cases: BTreeMap<CaseId, Case>,
    /// The final work items.
    pub work: BTreeMap<WorkId, WorkItem>,
    /// Input records that nobody can use: that cannot be read, or are dated absurdly.
    pub unusable: HashSet<Place>,
    /// Where all input records are, and the digest of each.
    pub inputs: HashMap<Place, u64>,
    /// The records of each family.
    pub families: Vec<Vec<Logged>>,
    /// The family of each case.
    pub family_of: HashMap<CaseId, usize>,
}

/// Reads the inputs and asks the model.
pub fn expected(evidence: &Evidence) -> Expected {
    let readers = Readers::new();
    let mut expected = Expected::default();
    let mut known = HashSet::new();
    let mut records = Vec::new();
    for (topic, stored) in evidence.dump.inputs() {
        for stored in stored {
            let place = evidence.place(topic, stored);
            let digest = digest(stored.key.as_deref(), stored.value.as_deref());
            expected.inputs.insert(place.clone(), digest);
            let logged = readers.read(topic, stored).map(|record| Logged {
                record,
                logged: stored.timestamp,
            });
            match logged {
                Some(logged) if !logged.is_absurd() => {
                    // What comes again says nothing new.
                    if known.insert((kind(topic), digest)) {
                        records.push(logged);
                    }
                }
                _ => _ = expected.unusable.insert(place),
            }
        }
    }
    expected.families = families(records);
    for (number, family) in expected.families.iter().enumerate() {
        let outcome = model::outcome(family, evidence.as_of);
        expected
            .family_of
            .extend(outcome.cases.keys().map(|id| (*id, number)));
        expected.cases.extend(outcome.cases);
        expected.work.extend(outcome.work);
    }
    expected
}

/// Readers of all kinds of input records.
struct Readers {
    complaints: Decoder<Complaint>,
    responses: Decoder<Response>,
    updates: Decoder<Update>,
    customers: Decoder<Customer>,
    surveys: Decoder<Survey>,
}

impl Readers {
    fn new() -> Self {
        let registry = Arc::new(Registry::built_in());
        Self {
            complaints: Decoder::new(Arc::clone(&registry)),
            responses: Decoder::new(Arc::clone(&registry)),
            updates: Decoder::new(Arc::clone(&registry)),
            customers: Decoder::new(Arc::clone(&registry)),
            surveys: Decoder::new(registry),
        }
    }

    /// The record, if it is one.
    fn read(&self, topic: &str, stored: &Stored) -> Option<Record> {
        let kind = kind(topic)?;
        let Some(value) = stored.value.as_deref() else {
            let key = std::str::from_utf8(stored.key.as_deref()?).ok()?;
            return (kind == Kind::Customers).then(|| Record::Dropped(key.into(), stored.timestamp));
        };
        match kind {
            Kind::Complaints => self.complaints.decode(value).ok().map(Record::Said),
            Kind::Responses => self.responses.decode(value).ok().map(Record::Replied),
            Kind::Updates => self.updates.decode(value).ok().map(Record::Updated),
            Kind::Customers => self.customers.decode(value).ok().map(Record::Known),
            Kind::Surveys => self.surveys.decode(value).ok().map(Record::Surveyed),
        }
    }
}

/// The moment as the model takes it: a time in milliseconds since 1970.
pub fn moment(text: &str) -> Option<Millis> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(Millis(time.as_millisecond()))
}
