//! Equal work: heard and the Kafka Streams application must make the same of the same complaints.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use heard::model::{Case, CaseEvent, WorkItem};
use heard::wire::{Decoder, Registry, WireRecord};
use rdkafka::Message;

use crate::cluster::{COMPLAINTS, CUSTOMERS, Cluster};
use crate::contestant::{Contestant, Pace};
use crate::load::Load;
use crate::settings::Settings;
use crate::watch::Watch;

/// What both made.
#[derive(Clone, Copy, Debug)]
pub struct Equal {
    /// Of so many complaints.
    pub complaints: u64,
    /// Cases.
    pub cases: usize,
    /// Work items.
    pub work: usize,
    /// Case events.
    pub events: usize,
}

/// Everything that a contestant made, without the times at which it did.
#[derive(Debug, PartialEq)]
struct Made {
    cases: BTreeMap<String, Case>,
    work: BTreeMap<String, WorkItem>,
    events: BTreeMap<String, CaseEvent>,
    /// Records written, by topic: more than one for a case or a work item would show here.
    written: [usize; 3],
}

/// Runs both on the same small load and compares.
///
/// # Panics
/// They differ.
pub fn check(settings: &Settings) -> Equal {
    eprintln!("equal work: {} complaints through both", settings.equal);
    let load = Load::new(settings.seed, settings.equal);
    let [heard, streams] = [Contestant::Heard, Contestant::Streams].map(|who| made(settings, who, &load));
    let count = settings.equal as usize;
    assert_eq!(heard.cases.len(), count, "a case for each complaint");
    for (id, case) in &heard.cases {
        assert_eq!(
            streams.cases.get(id),
            Some(case),
            "the case {id}, by Kafka Streams and by heard"
        );
    }
    for (id, item) in &heard.work {
        assert_eq!(
            streams.work.get(id),
            Some(item),
            "the work item {id}, by Kafka Streams and by heard"
        );
    }
    let names = |made: &Made| made.events.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&streams), names(&heard), "the events");
    for (id, event) in &heard.events {
        assert_eq!(
            streams.events.get(id),
            Some(event),
            "the event {id}, by Kafka Streams and by heard"
        );
    }
    assert_eq!(
        streams.written, heard.written,
        "records of cases, work and events"
    );
    Equal {
        complaints: settings.equal,
        cases: heard.cases.len(),
        work: heard.work.len(),
        events: heard.events.len(),
    }
}

fn made(settings: &Settings, contestant: Contestant, load: &Load) -> Made {
    let cluster = Cluster::start(settings);
    let mut process = [contestant.start(settings, &cluster, Pace::BURST, 1)];
    let known = (0..settings.equal).filter(|n| Load::is_known(*n));
    cluster.send(CUSTOMERS, known.map(|n| load.customer(n)), || ());
    cluster.settle();
    let complaints = (0..settings.equal).map(|n| load.complaint(n));
    cluster.send(COMPLAINTS, complaints, || ());
    Watch::from_beginning(&cluster, contestant.last_output()).take(settings.equal, &mut process, |_| true);
    cluster.settle();
    let [process] = process;
    process.end();
    let (cases, case_records) = read(&cluster, "cases", |case: &mut Case| case.case_id.to_string());
    let (work, work_records) = read(&cluster, "handling.offstage", |item: &mut WorkItem| {
        item.routed_at = Default::default();
        item.work_id.to_string()
    });
    let (events, event_records) = read(&cluster, "case-events", |event: &mut CaseEvent| {
        event.recorded_at = Default::default();
        event.event_id.to_string()
    });
    Made {
        cases,
        work,
        events,
        written: [case_records, work_records, event_records],
    }
}

/// The records of a topic by name, the last of each, and how many there were in all.
fn read<T: WireRecord>(
    cluster: &Cluster,
    topic: &str,
    name: impl Fn(&mut T) -> String,
) -> (BTreeMap<String, T>, usize) {
    let decoder = Decoder::<T>::new(Arc::new(Registry::built_in()));
    let mut records = BTreeMap::new();
    let mut count = 0;
    Watch::from_beginning(cluster, topic).drain(|message| {
        let record = decoder.decode(message.payload().unwrap_or_default());
        let mut record =
            record.unwrap_or_else(|error| panic!("{topic} holds what is no {}: {error}", T::NAME));
        records.insert(name(&mut record), record);
        count += 1;
    });
    (records, count)
}
