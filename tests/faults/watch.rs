//! A reader that looks on while the faults happen, and sees what any application downstream would.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use heard::log::kafka::KafkaLog;
use heard::log::{Batch, Isolation, Log, Reader, TopicPartition};
use heard::model::Case;
use heard::wire::{Decoder, Registry};

/// What waiting for the work may take, at most: a loaded machine is slow.
const PATIENCE: Duration = Duration::from_secs(90);

/// A committed record of an output topic.
#[derive(Clone, PartialEq, Eq)]
pub struct Seen {
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

/// Records by topic and partition, in offset order.
pub type Dump = BTreeMap<(String, i32), Vec<Seen>>;

/// Follows topics from their beginning, read-committed.
pub struct Watch {
    reader: <KafkaLog as Log>::Reader,
    decoder: Decoder<Case>,
    cases_topic: String,
    batch: Batch,
    /// Everything seen so far.
    pub dump: Dump,
    /// Customer messages and human replies of each case, by its latest record.
    heard: HashMap<Vec<u8>, (u32, u32)>,
}

impl Watch {
    /// Begins to read these partitions. Records of `cases` are counted.
    pub fn new(log: &KafkaLog, partitions: &[TopicPartition], cases: &str) -> Self {
        let from: Vec<_> = partitions.iter().map(|p| (p.clone(), 0)).collect();
        Self {
            reader: log
                .reader(&from, Isolation::Committed)
                .expect("the topics are there"),
            decoder: Decoder::new(Arc::new(Registry::built_in())),
            cases_topic: cases.to_owned(),
            batch: Batch::new(),
            dump: Dump::new(),
            heard: HashMap::new(),
        }
    }

    /// Reads on for a moment.
    pub fn look(&mut self) {
        // What passes passes: the caller looks again, until its time is up.
        if !self
            .reader
            .poll(Duration::from_millis(50), &mut self.batch)
            .unwrap_or(false)
        {
            return;
        }
        for record in self.batch.iter() {
            let topic = self.reader.topics()[record.topic].as_str();
            if topic == self.cases_topic {
                let key = record.key.expect("a case has a key").to_vec();
                match record
                    .value
                    .map(|value| self.decoder.decode(value).expect("a case"))
                {
                    Some(case) => drop(
                        self.heard
                            .insert(key, (case.customer_messages, case.human_replies)),
                    ),
                    None => drop(self.heard.remove(&key)),
                }
            }
            let seen = Seen {
                offset: record.offset,
                key: record.key.map(<[u8]>::to_vec),
                value: record.value.map(<[u8]>::to_vec),
                headers: record
                    .headers()
                    .map(|header| (header.name.to_owned(), header.value.map(<[u8]>::to_vec)))
                    .collect(),
            };
            self.dump
                .entry((topic.to_owned(), record.partition))
                .or_default()
                .push(seen);
        }
    }

    /// How many records it has seen.
    pub fn count(&self) -> usize {
        self.dump.values().map(Vec::len).sum()
    }

    /// Reads on until what has been published holds so many customer messages and human replies.
    pub fn until_heard(&mut self, messages: u32, replies: u32) {
        self.until("all messages are in the published cases", |watch| {
            let both = watch
                .heard
                .values()
                .fold((0, 0), |sum, n| (sum.0 + n.0, sum.1 + n.1));
            both == (messages, replies)
        });
    }

    /// Reads on until so many more records have come.
    pub fn until_more(&mut self, records: usize) {
        let enough = self.count() + records;
        self.until("there is progress", |watch| watch.count() >= enough);
    }

    /// Reads on until something holds.
    ///
    /// # Panics
    /// If it does not within reasonable time.
    pub fn until(&mut self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(
                Instant::now() < deadline,
                "not within {PATIENCE:?}: {what}. Published so far: {} records, {} cases",
                self.count(),
                self.heard.len()
            );
            self.look();
        }
    }

    /// Reads on until this position is reached in each partition.
    pub fn until_ends(&mut self, ends: &[(TopicPartition, i64)]) {
        self.until("the ends are reached", |watch| {
            let reached = |(partition, end): &(TopicPartition, i64)| {
                *end == 0 || watch.reader.position(partition).is_ok_and(|at| at >= *end)
            };
            ends.iter().all(reached)
        });
    }
}
