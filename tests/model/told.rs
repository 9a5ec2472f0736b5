//! A journey told to the desk: the real intake and desk, one message after the other.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use heard::app::{App, OutputFormats};
use heard::config::rules::RuleSettings;
use heard::desk::{Desk, Output};
use heard::intake::{InputKind, Intake};
use heard::log::Batch;
use heard::log::batch::Place;
use heard::model::{
    Case, CaseEvent, CaseEventType, CaseId, Complaint, Customer, Millis, Response, Signal, Survey, Update,
    WorkId, WorkItem,
};
use heard::processor::sequential::Sequential;
use heard::processor::{Addend, Codec, Row as _, Totals};
use heard::wire::{Encoder, Format, Registry, WireRecord};

use crate::counted::Tally;
use crate::generate::Journey;
use crate::records::{Logged, Record};
use crate::reference::Bounce;
use crate::settings::settings;

const INPUTS: [InputKind; 5] = [
    InputKind::Complaints,
    InputKind::Responses,
    InputKind::Updates,
    InputKind::Customers,
    InputKind::Surveys,
];

static SETTINGS: LazyLock<Arc<RuleSettings>> = LazyLock::new(|| Arc::new(settings()));
static REGISTRY: LazyLock<Arc<Registry>> = LazyLock::new(|| Arc::new(Registry::built_in()));

/// What reads and explains as the desk does: its rules, an intake, and the records of a journey as a log has them.
pub fn reader(journey: &Journey) -> (Desk, Intake, Batch) {
    let desk = Desk::new(Arc::clone(&SETTINGS));
    let intake = Intake::new(Arc::clone(&SETTINGS), INPUTS.into(), &REGISTRY);
    (desk, intake, batch(journey.records.iter().chain(&journey.late)))
}

/// What the desk has made of a journey.
pub struct Told {
    pub cases: BTreeMap<CaseId, Case>,
    pub bounces: Vec<Bounce>,
    /// What was told of them, in order.
    pub events: Vec<CaseEvent>,
    /// The last revision of each item of work.
    pub work: BTreeMap<WorkId, WorkItem>,
    pub signals: Vec<Signal>,
    /// Revisions that did not rise by one.
    pub out_of_order: Vec<String>,
    /// What was refused, if that is not what is dated absurdly.
    pub misread: Option<String>,
    /// The bytes of its state, where somebody was forgotten: whatever may still name them.
    pub kept: Option<String>,
    /// What was counted of it.
    pub tally: Tally,
}

/// What the desk makes of a journey: the final cases, their versions zeroed, and the bounces that it told and
/// did not take back.
/// `late` is what comes as soon as the last who is forgotten has been.
pub fn outcome(journey: &Journey, late: &[&Logged]) -> Told {
    let app = App::new(&SETTINGS, INPUTS.into(), &REGISTRY, OutputFormats::default());
    let mut desk = Sequential::new(app, Millis(i64::MIN));
    let records = batch(&journey.records);
    let late_records = late.iter().copied();
    let late = batch(late.iter().copied());
    let is_last = |n: &usize| matches!(journey.records[journey.arrivals[*n]].record, Record::Dropped(..));
    let last_forgotten = (0..journey.arrivals.len()).rev().find(is_last);
    for (n, arrival) in journey.arrivals.iter().enumerate() {
        if let Some(times) = &journey.on_the_wall {
            desk.advance(times[n]);
        }
        let record = records.get(*arrival).expect("it was pushed");
        desk.take(record.topic, &record);
        if Some(n) == last_forgotten {
            for record in late.iter() {
                desk.take(record.topic, &record);
            }
        }
    }
    desk.advance(journey.now);
    let told = journey.arrivals.iter().map(|n| &journey.records[*n]);
    let absurd = told
        .chain(late_records)
        .filter(|record| record.is_absurd())
        .count();
    let refused = desk.rejected();
    let misread = (refused.len() != absurd)
        .then(|| format!("{absurd} should be refused, and the desk refused {refused:?}"));
    let mut cases = BTreeMap::new();
    let mut bounces = Vec::new();
    let mut events = Vec::new();
    let mut work = BTreeMap::<WorkId, WorkItem>::new();
    let mut out_of_order = Vec::new();
    let mut signals = Vec::new();
    for output in desk.outputs() {
        match output {
            Output::Case(case) => {
                let mut unversioned = Case {
                    version: 0,
                    ..(**case).clone()
                };
                if case.conversation_id.starts_with("⟨forgotten⟩") {
                    unversioned.conversation_id = "forgotten".into();
                }
                cases.insert(case.case_id, unversioned);
            }
            Output::NoCase(case_id) => _ = cases.remove(case_id),
            Output::Event(event) => {
                tell(event, &mut bounces);
                events.push((**event).clone());
            }
            Output::Work(item) => {
                let before = work.insert(item.work_id, (**item).clone());
                let (revision, routed_at) =
                    before.map_or((0, Millis(i64::MIN)), |item| (item.revision, item.routed_at));
                if item.revision != revision + 1 || item.routed_at < routed_at {
                    out_of_order.push(format!("revision {} follows {revision}", item.revision));
                }
            }
            Output::Signal(signal) => signals.push((**signal).clone()),
        }
    }
    bounces.retain(|(from, _, _)| cases.contains_key(from));
    bounces.sort();
    let kept = last_forgotten.map(|_| {
        let mut bytes = Vec::new();
        desk.rows().values().for_each(|row| row.encode(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let mut totals = Totals::default();
    for row in desk.rows().values() {
        totals.change(&Addend::default(), &row.addend());
    }
    let tally = Tally {
        figures: desk.figures().clone(),
        totals,
    };
    Told {
        cases,
        bounces,
        events,
        work,
        out_of_order,
        signals,
        misread,
        kept,
        tally,
    }
}

/// Adds a bounce that an event tells, or takes out the one that it corrects.
fn tell(event: &CaseEvent, bounces: &mut Vec<Bounce>) {
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

/// The records as a log has them.
fn batch<'r>(records: impl IntoIterator<Item = &'r Logged>) -> Batch {
    let mut batch = Batch::new();
    for (offset, record) in (0..).zip(records) {
        let (topic, key, value) = match &record.record {
            Record::Said(record) => (0, None, Some(encoded::<Complaint>(record))),
            Record::Replied(record) => (1, None, Some(encoded::<Response>(record))),
            Record::Updated(record) => (2, None, Some(encoded::<Update>(record))),
            Record::Known(record) => (3, None, Some(encoded::<Customer>(record))),
            Record::Surveyed(record) => (4, None, Some(encoded::<Survey>(record))),
            Record::Dropped(customer_id, _) => (3, Some(customer_id.as_bytes()), None),
        };
        let place = Place {
            topic,
            partition: 0,
            offset,
            timestamp: record.logged.0,
        };
        batch.push(place, key, value.as_deref(), []);
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
