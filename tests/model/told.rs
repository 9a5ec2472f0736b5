//! A journey told to the desk: the real intake and desk, one message after the other.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use heard::app::{App, OutputFormats};
use heard::config::rules::RuleSettings;
use heard::desk::Output;
use heard::intake::InputKind;
use heard::log::Batch;
use heard::log::batch::Place;
use heard::model::{
    Case, CaseEvent, CaseEventType, CaseId, Complaint, Customer, Millis, Response, Survey, Update,
};
use heard::processor::sequential::Sequential;
use heard::wire::{Encoder, Format, Registry, WireRecord};

use crate::generate::Journey;
use crate::records::Record;
use crate::reference::Outcome;
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

/// What the desk makes of a journey: the final cases, their versions zeroed, and the bounces that it told and
/// did not take back.
pub fn outcome(journey: &Journey) -> Outcome {
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
    let mut bounces = Vec::new();
    for output in desk.outputs() {
        match output {
            Output::Case(case) => {
                let unversioned = Case {
                    version: 0,
                    ..(**case).clone()
                };
                cases.insert(case.case_id, unversioned);
            }
            Output::NoCase(case_id) => _ = cases.remove(case_id),
            Output::Event(event) => tell(event, &mut bounces),
            Output::Work(_) | Output::Signal(_) => {}
        }
    }
    bounces.retain(|(from, _, _)| cases.contains_key(from));
    bounces.sort();
    Outcome { cases, bounces }
}

/// Adds a bounce that an event tells, or takes out the one that it corrects.
fn tell(event: &CaseEvent, bounces: &mut Vec<(CaseId, CaseId, Millis)>) {
    let corrects = event.details.get("what").is_some_and(|what| what == "bounced");
    if event.kind != CaseEventType::Bounced && !corrects {
        return;
    }
    let to = event
        .details
        .get("case")
        .and_then(|case| case.parse().ok())
        .expect("it names a case");
    let bounce = (event.case_id, to, event.at);
    if corrects {
        let known = bounces.iter().position(|known| *known == bounce);
        bounces.remove(known.expect("what is taken back was told"));
    } else {
        bounces.push(bounce);
    }
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
