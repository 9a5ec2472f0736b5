//! What a run has come to.

use std::collections::BTreeMap;

use heard::log::Topic;
use heard::log::memory::MemoryLog;
use heard::model::Millis;
use heard::processor::{Figures, RowKey};

/// A record of an output topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutputRecord {
    /// When the log took it in.
    pub at: Millis,
    /// Its key.
    pub key: Vec<u8>,
    /// Its value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
}

/// A dead letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dead {
    /// Its code.
    pub reason: String,
    /// The key as it came.
    pub key: Option<Vec<u8>>,
    /// The value as it came.
    pub value: Option<Vec<u8>>,
}

/// Final rows, outputs and dead letters.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Rows by key: format byte, then the row's bytes.
    pub rows: BTreeMap<RowKey, Vec<u8>>,
    /// By output topic; those of one key are in order.
    pub outputs: Vec<Vec<OutputRecord>>,
    /// In no order.
    pub dead: Vec<Dead>,
    /// What was counted: of a run on a log, what was told of it.
    pub figures: Figures,
}

impl Outcome {
    /// Reads what committed readers see of a log.
    pub fn of(log: &MemoryLog, changelog: &Topic, outputs: &[Topic], dead_letters: &Topic) -> Self {
        let mut rows = BTreeMap::new();
        for record in log.dump(changelog) {
            let Some(key) = record.key.as_deref().and_then(RowKey::from_bytes) else {
                continue;
            };
            match record.value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
        let records = |topic| {
            let dumped = log.dump(topic).into_iter();
            dumped
                .map(|r| OutputRecord {
                    at: r.timestamp,
                    key: r.key.unwrap_or_default(),
                    value: r.value,
                })
                .collect()
        };
        let dead = |r: heard::log::memory::DumpedRecord| {
            let reason = r.headers.iter().find(|(name, _)| name == "heard.dlq.reason");
            let reason = reason.and_then(|(_, value)| value.clone()).unwrap_or_default();
            Dead {
                reason: String::from_utf8_lossy(&reason).into_owned(),
                key: r.key,
                value: r.value,
            }
        };
        Self {
            rows,
            outputs: outputs.iter().map(records).collect(),
            dead: log.dump(dead_letters).into_iter().map(dead).collect(),
            figures: Figures::default(),
        }
    }
}
