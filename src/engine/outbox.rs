//! Records that wait for the transaction before theirs to end.
//!
//! A producer has one transaction at a time. While one is [on its way](super::flight), what the next one sends is
//! kept here, in order, and sent once that one begins at the log.

use std::ops::Range;

use crate::log::{Header, LogError, Outgoing, Producer, Topic};

/// Sends records, or keeps them while they must wait.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    holds: bool,
    records: Vec<Kept>,
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct Kept {
    topic: Topic,
    partition: Option<i32>,
    key: Option<Range<usize>>,
    value: Option<Range<usize>>,
    headers: Vec<(Range<usize>, Option<Range<usize>>)>,
}

impl Outbox {
    /// From now on records wait.
    pub fn hold(&mut self) {
        self.holds = true;
    }

    /// Sends a record, or keeps it.
    pub fn send<P: Producer>(&mut self, producer: &mut P, record: &Outgoing<'_>) -> Result<(), LogError> {
        if !self.holds {
            return producer.send(record);
        }
        let mut keep = |bytes: &[u8]| {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(bytes);
            start..self.bytes.len()
        };
        let kept = Kept {
            topic: record.topic.clone(),
            partition: record.partition,
            key: record.key.map(&mut keep),
            value: record.value.map(&mut keep),
            headers: record
                .headers
                .iter()
                .map(|header| (keep(header.name.as_bytes()), header.value.map(&mut keep)))
                .collect(),
        };
        self.records.push(kept);
        Ok(())
    }

    /// Sends what was kept, in order; records do not wait any more.
    pub fn release<P: Producer>(&mut self, producer: &mut P) -> Result<(), LogError> {
        self.holds = false;
        for kept in self.records.drain(..) {
            let bytes = |range: &Range<usize>| &self.bytes[range.clone()];
            let headers: Vec<_> = kept
                .headers
                .iter()
                .map(|(name, value)| Header {
                    name: std::str::from_utf8(bytes(name)).unwrap_or_default(),
                    value: value.as_ref().map(bytes),
                })
                .collect();
            producer.send(&Outgoing {
                topic: &kept.topic,
                partition: kept.partition,
                key: kept.key.as_ref().map(bytes),
                value: kept.value.as_ref().map(bytes),
                headers: &headers,
            })?;
        }
        self.bytes.clear();
        Ok(())
    }

    /// Forgets what was kept; whether records wait stays as it is.
    pub fn clear(&mut self) {
        self.records.clear();
        self.bytes.clear();
    }

    /// Nothing is on its way any more: what was kept is forgotten, and records do not wait.
    pub fn reset(&mut self) {
        self.clear();
        self.holds = false;
    }
}
