//! Reads the output topics, as any consumer would.

use std::sync::Arc;
use std::time::Duration;

use super::overview::Overview;
use super::run::DemoError;
use crate::config::{TopicKind, TopicSettings};
use crate::log::{Batch, Isolation, Log, Reader, Topic, TopicPartition};
use crate::model::{Case, CaseEvent, CaseId, Signal, WorkItem};
use crate::wire::{Decoder, Registry};

/// A reader of cases, case events, work items and signals.
pub(super) struct Outputs<L: Log> {
    log: L,
    reader: L::Reader,
    partitions: Vec<TopicPartition>,
    cases: Topic,
    events: Topic,
    signals: Topic,
    case: Decoder<Case>,
    event: Decoder<CaseEvent>,
    work: Decoder<WorkItem>,
    signal: Decoder<Signal>,
    batch: Batch,
}

impl<L: Log> Outputs<L> {
    /// A reader from the beginning.
    pub fn new(log: &L, topics: &TopicSettings, registry: &Arc<Registry>) -> Result<Self, DemoError> {
        let cases = topics.topic(TopicKind::Cases);
        let events = topics.topic(TopicKind::CaseEvents);
        let signals = topics.topic(TopicKind::Signals);
        let all = [
            cases.clone(),
            events.clone(),
            signals.clone(),
            topics.topic(TopicKind::HandlingOnstage),
            topics.topic(TopicKind::HandlingOffstage),
        ];
        let counts = log.partitions(&all)?.into_iter();
        let partitions: Vec<_> = counts
            .flat_map(|(topic, count)| (0..count).map(move |n| TopicPartition::new(topic.clone(), n)))
            .collect();
        let from: Vec<_> = partitions
            .iter()
            .map(|partition| (partition.clone(), 0))
            .collect();
        Ok(Self {
            log: log.clone(),
            reader: log.reader(&from, Isolation::Committed)?,
            partitions,
            cases,
            events,
            signals,
            case: Decoder::new(Arc::clone(registry)),
            event: Decoder::new(Arc::clone(registry)),
            work: Decoder::new(Arc::clone(registry)),
            signal: Decoder::new(Arc::clone(registry)),
            batch: Batch::new(),
        })
    }

    /// Reads what has come, waiting for it at most so long; says whether anything has.
    pub fn read(&mut self, max_wait: Duration, overview: &mut Overview) -> Result<bool, DemoError> {
        let found = self.reader.poll(max_wait, &mut self.batch)?;
        for record in self.batch.iter() {
            let topic = &self.reader.topics()[record.topic];
            let unreadable = |error: crate::wire::DecodeError| DemoError::Unreadable(error.to_string());
            if *topic == self.cases {
                let key = std::str::from_utf8(record.key.unwrap_or_default()).unwrap_or_default();
                let case_id: CaseId = key
                    .parse()
                    .map_err(|_| DemoError::Unreadable("a key of the cases topic is no case id".into()))?;
                let case = record.value.map(|value| self.case.decode(value)).transpose();
                overview.case(case_id, case.map_err(unreadable)?);
            } else if let Some(value) = record.value {
                if *topic == self.events {
                    overview.event(&self.event.decode(value).map_err(unreadable)?);
                } else if *topic == self.signals {
                    overview.signal(&self.signal.decode(value).map_err(unreadable)?);
                } else {
                    overview.work(self.work.decode(value).map_err(unreadable)?);
                }
            }
        }
        Ok(found)
    }

    /// Reads up to the end, as it is now.
    pub fn read_out(&mut self, overview: &mut Overview) -> Result<(), DemoError> {
        let ends = self.log.ends(&self.partitions)?;
        loop {
            self.read(Duration::from_millis(50), overview)?;
            let mut done = true;
            for (partition, ends) in self.partitions.iter().zip(&ends) {
                done &= self.reader.position(partition)? >= ends.last_stable;
            }
            if done {
                return Ok(());
            }
        }
    }
}
