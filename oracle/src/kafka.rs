//! Reads what the topics of an installation hold.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use heard::model::Millis;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Headers;
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

use crate::evidence::{Dump, Ends, Stored, kind};

/// How long a broker may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a partition may bring nothing new before its reading is given up.
const STANDSTILL: Duration = Duration::from_secs(60);

/// Brokers, and how to reach them.
pub struct Cluster {
    settings: BTreeMap<String, String>,
}

impl Cluster {
    /// The brokers at these addresses, with further settings of librdkafka.
    pub fn new(brokers: &str, more: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut settings: BTreeMap<_, _> = more.into_iter().collect();
        settings.insert("bootstrap.servers".to_owned(), brokers.to_owned());
        Self { settings }
    }

    fn client(&self, group: &str, isolation: &str) -> Result<BaseConsumer, KafkaError> {
        let mut config = ClientConfig::new();
        for (name, value) in &self.settings {
            config.set(name, value);
        }
        config
            .set("group.id", group)
            .set("isolation.level", isolation)
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", "error")
            .create()
    }

    /// Everything committed that the topics hold whose names begin with `prefix`, and how far the group of `application`
    /// has taken it in.
    ///
    /// # Errors
    /// Those of the client; a partition that brings nothing for a minute.
    pub fn dump(&self, prefix: &str, application: &str) -> Result<Dump, KafkaError> {
        let committed = self.client(application, "read_committed")?;
        let uncommitted = self.client(application, "read_uncommitted")?;
        let metadata = committed.fetch_metadata(None, PATIENCE)?;
        let mut dump = Dump::default();
        let mut all = TopicPartitionList::new();
        for topic in metadata.topics() {
            let Some(short) = topic.name().strip_prefix(prefix) else {
                continue;
            };
            dump.topics.insert(short.to_owned(), Vec::new());
            for partition in topic.partitions() {
                all.add_partition_offset(topic.name(), partition.id(), Offset::Beginning)?;
                let end =
                    |client: &BaseConsumer| client.fetch_watermarks(topic.name(), partition.id(), PATIENCE);
                let ends = Ends {
                    last_stable: end(&committed)?.1,
                    high_watermark: end(&uncommitted)?.1,
                };
                dump.ends.insert((short.to_owned(), partition.id()), ends);
            }
        }
        for one in committed.committed_offsets(all.clone(), PATIENCE)?.elements() {
            if let (Some(short), Offset::Offset(offset)) = (one.topic().strip_prefix(prefix), one.offset()) {
                let at = (short.to_owned(), one.partition());
                dump.committed.insert(at, (offset, one.metadata().to_owned()));
            }
        }
        read(&committed, &all, prefix, &mut dump)?;
        Ok(dump)
    }

    /// How many records of the input topics whose names begin with `prefix` the group of `application` has not taken in.
    ///
    /// # Errors
    /// Those of the client.
    pub fn not_taken_in(&self, prefix: &str, application: &str) -> Result<i64, KafkaError> {
        let client = self.client(application, "read_committed")?;
        let mut inputs = TopicPartitionList::new();
        for topic in client.fetch_metadata(None, PATIENCE)?.topics() {
            let short = topic.name().strip_prefix(prefix);
            if short.and_then(kind).is_some() {
                for partition in topic.partitions() {
                    inputs.add_partition(topic.name(), partition.id());
                }
            }
        }
        let mut left = 0;
        for one in client.committed_offsets(inputs, PATIENCE)?.elements() {
            let (first, end) = client.fetch_watermarks(one.topic(), one.partition(), PATIENCE)?;
            left += end
                - match one.offset() {
                    Offset::Offset(committed) => committed,
                    _ => first,
                };
        }
        Ok(left)
    }

    /// Whether in a partition of a topic the last stable offset stays where it is for so long, before its end.
    ///
    /// # Errors
    /// Those of the client.
    pub fn hangs(&self, topic: &str, time: Duration) -> Result<bool, KafkaError> {
        let before = self.open(topic)?;
        std::thread::sleep(if before.is_empty() { Duration::ZERO } else { time });
        Ok(!before.is_empty() && !before.is_disjoint(&self.open(topic)?))
    }

    /// The partitions of a topic in which a transaction is open, each with its last stable offset.
    fn open(&self, topic: &str) -> Result<BTreeSet<(i32, i64)>, KafkaError> {
        let committed = self.client("none", "read_committed")?;
        let uncommitted = self.client("none", "read_uncommitted")?;
        let metadata = committed.fetch_metadata(Some(topic), PATIENCE)?;
        let mut open = BTreeSet::new();
        for partition in metadata.topics().iter().flat_map(|topic| topic.partitions()) {
            let stable = committed.fetch_watermarks(topic, partition.id(), PATIENCE)?.1;
            if stable < uncommitted.fetch_watermarks(topic, partition.id(), PATIENCE)?.1 {
                open.insert((partition.id(), stable));
            }
        }
        Ok(open)
    }
}

/// Reads all partitions to their ends.
fn read(
    client: &BaseConsumer,
    all: &TopicPartitionList,
    prefix: &str,
    dump: &mut Dump,
) -> Result<(), KafkaError> {
    client.assign(all)?;
    let mut open: BTreeSet<(String, i32)> = dump.ends.keys().cloned().collect();
    let mut moved = Instant::now();
    while !open.is_empty() {
        match client.poll(Duration::from_millis(100)) {
            None => {}
            Some(Err(KafkaError::PartitionEOF(_))) => {
                // It says of which number, not of which topic: positions tell.
                let positions = client.position()?.to_topic_map();
                open.retain(|(topic, partition)| {
                    let end = dump.ends[&(topic.clone(), *partition)].last_stable;
                    let at = positions.get(&(format!("{prefix}{topic}"), *partition));
                    !(end == 0 || matches!(at, Some(Offset::Offset(at)) if *at >= end))
                });
                moved = Instant::now();
            }
            Some(Err(error)) => return Err(error),
            Some(Ok(message)) => {
                let short = message.topic().strip_prefix(prefix).unwrap_or_default();
                let headers = message.headers().into_iter().flat_map(Headers::iter);
                let headers =
                    headers.map(|header| (header.key.to_owned(), header.value.unwrap_or_default().to_vec()));
                let stored = Stored {
                    partition: message.partition(),
                    offset: message.offset(),
                    timestamp: Millis(message.timestamp().to_millis().unwrap_or_default()),
                    key: message.key().map(<[u8]>::to_vec),
                    value: message.payload().map(<[u8]>::to_vec),
                    headers: headers.collect(),
                };
                dump.topics.entry(short.to_owned()).or_default().push(stored);
                moved = Instant::now();
            }
        }
        if moved.elapsed() > STANDSTILL {
            return Err(KafkaError::MessageConsumption(
                RDKafkaErrorCode::OperationTimedOut,
            ));
        }
    }
    for records in dump.topics.values_mut() {
        records.sort_by_key(|record| (record.partition, record.offset));
    }
    Ok(())
}
