//! What `heard` has written, read.

use std::collections::BTreeMap;
use std::sync::Arc;

use heard::model::{Case, CaseEvent, WorkItem};
use heard::wire::{Decoder, Registry, WireRecord};

use crate::evidence::{Dump, Stored};
use crate::ledger::Place;

/// A record of an output, and where it is.
pub struct Written<T> {
    /// The topic, without the prefix, and the place in it.
    pub place: Place,
    /// The record.
    pub record: T,
}

/// All outputs, each in the order of its partitions.
#[derive(Default)]
pub struct Outputs {
    /// Records of cases. Tombstones are left out.
    pub cases: Vec<Written<Case>>,
    /// What happened to them.
    pub events: Vec<Written<CaseEvent>>,
    /// Work items of both stages.
    pub work: Vec<Written<WorkItem>>,
    /// Of which input record each dead letter is, and why; the topic by its whole name.
    pub letters: BTreeMap<Place, Vec<String>>,
    /// What cannot be read.
    pub unreadable: Vec<String>,
}

impl Outputs {
    /// Reads them.
    pub fn read(dump: &Dump) -> Self {
        let mut outputs = Self::default();
        outputs.cases = outputs.topics(dump, &["cases"]);
        outputs.events = outputs.topics(dump, &["case-events"]);
        outputs.work = outputs.topics(dump, &["handling.onstage", "handling.offstage"]);
        for letter in dump.topic("dead-letters") {
            let place = || {
                Some(Place {
                    topic: letter.header("heard.dlq.topic")?,
                    partition: letter.header("heard.dlq.partition")?,
                    offset: letter.header("heard.dlq.offset")?,
                })
            };
            match (place(), letter.header("heard.dlq.reason")) {
                (Some(place), Some(reason)) => outputs.letters.entry(place).or_default().push(reason),
                _ => outputs
                    .unreadable
                    .push(format!("the dead letter {}:{}", letter.partition, letter.offset)),
            }
        }
        outputs
    }

    fn topics<T: WireRecord>(&mut self, dump: &Dump, topics: &[&str]) -> Vec<Written<T>> {
        let decoder = Decoder::<T>::new(Arc::new(Registry::built_in()));
        let mut all = Vec::new();
        for topic in topics {
            for Stored {
                partition,
                offset,
                value,
                ..
            } in dump.topic(topic)
            {
                let place = Place {
                    topic: (*topic).to_owned(),
                    partition: *partition,
                    offset: *offset,
                };
                let Some(value) = value else { continue };
                match decoder.decode(value) {
                    Ok(record) => all.push(Written { place, record }),
                    Err(error) => self
                        .unreadable
                        .push(format!("{topic} {partition}:{offset}: {error}")),
                }
            }
        }
        all
    }
}
