//! Topics: partitions by number, a size limit, and which partition a key belongs to.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::partitioner;
use super::super::{APPEND_TIME, ErrorKind, LogError, Topic, TopicPartition, TopicSpec};
use super::brokers::Role;
use super::partition::{Partition, Payload};
use super::state::State;
use crate::model::Millis;

/// Kafka's default of `max.message.bytes`.
const MAX_MESSAGE_BYTES: usize = 1_048_588;

/// What Kafka's format adds to a record sent alone: the header of its batch, lengths and deltas.
const OVERHEAD: usize = 80;

/// A topic.
#[derive(Debug)]
pub(super) struct TopicState {
    pub partitions: BTreeMap<i32, Partition>,
    max_message_bytes: usize,
    compacted: bool,
    /// Whether its records have the log's time. They always do; it is whether the log says so.
    append_time: bool,
    unkeyed: usize,
}

impl State {
    /// Creates a topic unless it exists; groups that wait for it rebalance.
    pub fn create_topic(&mut self, spec: &TopicSpec) -> Result<(), LogError> {
        const DURING: &str = "creating topics";
        if self.topics.contains_key(&spec.topic) {
            return Ok(());
        }
        if spec.partitions < 1 {
            let detail = format!("topic {}: at least one partition is needed", spec.topic);
            return Err(LogError::new(ErrorKind::Fatal, DURING, detail));
        }
        let setting = |name: &str| {
            spec.settings
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, v)| v.as_str())
        };
        let max_message_bytes = setting("max.message.bytes")
            .map_or(Ok(MAX_MESSAGE_BYTES), str::parse)
            .map_err(|e| {
                let detail = format!("topic {}: max.message.bytes: {e}", spec.topic);
                LogError::new(ErrorKind::Fatal, DURING, detail)
            })?;
        let topic = TopicState {
            partitions: (0..spec.partitions).map(|p| (p, Partition::default())).collect(),
            max_message_bytes,
            compacted: setting("cleanup.policy").is_some_and(|p| p.contains("compact")),
            append_time: setting(APPEND_TIME.0) == Some(APPEND_TIME.1),
            unkeyed: 0,
        };
        self.topics.insert(spec.topic.clone(), topic);
        self.rebalance_subscribers(&spec.topic);
        Ok(())
    }

    /// How many partitions a topic has; 0 if it does not exist.
    pub fn partition_count(&self, topic: &Topic) -> i32 {
        self.topics.get(topic).map_or(0, TopicState::count)
    }

    /// A partition, to look at.
    pub fn partition(&self, at: &TopicPartition, during: &'static str) -> Result<&Partition, LogError> {
        let topic = self.topics.get(&at.topic);
        topic
            .and_then(|t| t.partitions.get(&at.partition))
            .ok_or_else(|| unknown(at, during))
    }

    /// A partition, to write to.
    pub fn partition_mut(
        &mut self,
        at: &TopicPartition,
        during: &'static str,
    ) -> Result<&mut Partition, LogError> {
        let topic = self.topics.get_mut(&at.topic);
        topic
            .and_then(|t| t.partitions.get_mut(&at.partition))
            .ok_or_else(|| unknown(at, during))
    }

    /// Where a record goes, and whether it may: what a client knows before it sends.
    pub fn place(
        &mut self,
        topic: &Topic,
        partition: Option<i32>,
        payload: &Payload,
    ) -> Result<TopicPartition, LogError> {
        const DURING: &str = "sending a record";
        let Some(found) = self.topics.get_mut(topic) else {
            return Err(unknown(
                &TopicPartition::new(topic.clone(), partition.unwrap_or(0)),
                DURING,
            ));
        };
        let (size, limit) = (payload.size() + OVERHEAD, found.max_message_bytes);
        if size > limit {
            let detail = format!("topic {topic}: a record of {size} bytes is over the limit of {limit}");
            return Err(LogError::new(ErrorKind::TooLarge, DURING, detail));
        }
        if found.compacted && payload.key.is_none() {
            let detail = format!("topic {topic}: a compacted topic takes no record without a key");
            return Err(LogError::new(ErrorKind::Abortable, DURING, detail));
        }
        let partition = match (partition, &payload.key) {
            (Some(partition), _) => partition,
            (None, Some(key)) => partitioner::partition(key, found.count()),
            (None, None) => {
                found.unkeyed += 1;
                i32::try_from(found.unkeyed % found.partitions.len()).expect("partition numbers are i32")
            }
        };
        let at = TopicPartition::new(topic.clone(), partition);
        self.partition(&at, DURING).map(|_| at)
    }

    /// See [`super::super::Log::time`].
    pub fn time(&mut self, at: &TopicPartition, key: &[u8]) -> Result<Option<Millis>, LogError> {
        let payload = Payload {
            key: Some(key.to_vec()),
            value: None,
            headers: Vec::new(),
        };
        let at = self.place(&at.topic, Some(at.partition), &payload)?;
        let now = self.now();
        self.reach(&Role::Leader(&at), "asking for the time")?;
        self.partition_mut(&at, "sending a record")?
            .append_plain(payload, now);
        self.stir();
        let tells = self.topics.get(&at.topic).is_some_and(|topic| topic.append_time);
        Ok(tells.then_some(now))
    }

    /// See [`super::super::Log::delete_records`].
    pub fn delete_records(&mut self, before: &[(TopicPartition, i64)]) -> Result<(), LogError> {
        const DURING: &str = "deleting records";
        self.reach_leaders(before.iter().map(|(at, _)| at), DURING)?;
        for (at, offset) in before {
            if !self.partition_mut(at, DURING)?.delete_before(*offset) {
                let detail = format!("{at}: offset {offset} is past the end");
                return Err(LogError::new(ErrorKind::Fatal, DURING, detail));
            }
        }
        self.stir();
        Ok(())
    }

    /// See [`super::MemoryLog::lose`].
    pub fn lose(&mut self, partition: &TopicPartition, offsets: Range<i64>) {
        if let Ok(partition) = self.partition_mut(partition, "losing records") {
            partition.lose(offsets);
        }
    }

    /// See [`super::MemoryLog::compact`].
    pub fn compact(&mut self, topic: &Topic, drop_tombstones: bool) {
        for partition in self
            .topics
            .get_mut(topic)
            .into_iter()
            .flat_map(|t| t.partitions.values_mut())
        {
            partition.compact(drop_tombstones);
        }
    }
}

impl TopicState {
    fn count(&self) -> i32 {
        i32::try_from(self.partitions.len()).expect("partition numbers are i32")
    }
}

fn unknown(at: &TopicPartition, during: &'static str) -> LogError {
    LogError::new(
        ErrorKind::Fatal,
        during,
        format!("{at} does not exist; create the topic first"),
    )
}
