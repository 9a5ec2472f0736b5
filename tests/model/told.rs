//! A journey told to the desk: the real intake and desk, one message after the other.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use heard::app::{App, OutputFormats};
use heard::config::rules::RuleSettings;
use heard::desk::Output;
use heard::intake::InputKind;
use heard::log::Batch;
use heard::log::batch::Place;
use heard::model::{Case, CaseId, Complaint, Customer, Millis, Response, Survey, Update};
use heard::processor::sequential::Sequential;
use heard::wire::{Encoder, Format, Registry, WireRecord};

use crate::generate::Journey;
use crate::records::Record;
use crate::rules;

const INPUTS: [InputKind; 5] = [
    InputKind::Complaints,
    InputKind::Responses,
    InputKind::Updates,
    InputKind::Customers,
    InputKind::Surveys,
];

static SETTINGS: LazyLock<Arc<RuleSettings>> = LazyLock::new(|| Arc::new(rules::settings()));
static REGISTRY: LazyLock<Arc<Registry>> = LazyLock::new(|| Arc::new(Registry::built_in()));

/// The final cases, by the desk, their versions zeroed.
pub fn cases(journey: &Journey) -> BTreeMap<CaseId, Case> {
    let app = App::new(&SETTINGS, INPUTS.into(), &REGISTRY, OutputFormats::default());
    let mut desk = Sequential::new(app, Millis(i64::MIN));
    let records = batch(&journey.records);
    for (n, arrival) in journey.arrivals.iter().enumerate() {
        if let Some(times) = &journey.on_the_wall {
            desk.advance(times[n]);
        }
        let record = records.get(*arrival).expect("it was pushed");
        desk.take(record.topic, &record);
    }
    desk.advance(journey.now);
    assert_eq!(desk.rejected(), [], "nothing in a journey is refused");
    let mut cases = BTreeMap::new();
    for output in desk.outputs() {
        match output {
            Output::Case(case) => {
                _ = cases.insert(
                    case.case_id,
                    Case {
                        version: 0,
                        ..(**case).clone()
                    },
                )
            }
            Output::NoCase(case_id) => _ = cases.remove(case_id),
            _ => {}
        }
    }
    cases
}

/// The records as a log has them, received when they happened.
fn batch(records: &[Record]) -> Batch {
    let mut batch = Batch::new();
    for (offset, record) in (0..).zip(records) {
        let (topic, bytes) = match record {
            Record::Said(record) => (0, encoded::<Complaint>(record)),
            Record::Replied(record) => (1, encoded::<Response>(record)),
            Record::Updated(record) => (2, encoded::<Update>(record)),
            Record::Known(record) => (3, encoded::<Customer>(record)),
            Record::Surveyed(record) => (4, encoded::<Survey>(record)),
        };
        let place = Place {
            topic,
            partition: 0,
            offset,
            timestamp: record.at().0,
        };
        batch.push(place, None, Some(&bytes), []);
    }
    batch
}

fn encoded<T: WireRecord>(record: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    Encoder::new(Format::SingleObject)
        .encode(record, &mut bytes)
        .expect("it can be written");
    bytes
}
