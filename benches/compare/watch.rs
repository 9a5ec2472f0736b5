//! A reader of committed records: sees what anyone downstream sees, when they see it.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::BorrowedMessage;
use rdkafka::{Offset, TopicPartitionList};

use crate::cluster::Cluster;
use crate::process::Process;

/// How long a contestant may write nothing at all before it counts as stuck.
const STUCK: Duration = Duration::from_secs(90);

/// A read-committed reader of one topic, from its beginning.
pub struct Watch {
    consumer: BaseConsumer,
    partitions: usize,
}

impl Watch {
    /// A reader from the beginning.
    pub fn from_beginning(cluster: &Cluster, topic: &str) -> Self {
        Self::new(
            cluster,
            &(0..crate::cluster::PARTITIONS)
                .map(|p| (p, Offset::Beginning))
                .collect::<Vec<_>>(),
            topic,
        )
    }

    /// A reader from these places.
    pub fn from_offsets(cluster: &Cluster, topic: &str, offsets: &[i64]) -> Self {
        let from = offsets.iter().enumerate();
        let from: Vec<_> = from
            .map(|(p, &offset)| (p as i32, Offset::Offset(offset)))
            .collect();
        Self::new(cluster, &from, topic)
    }

    fn new(cluster: &Cluster, from: &[(i32, Offset)], topic: &str) -> Self {
        let consumer: BaseConsumer = cluster
            .client()
            .set("group.id", "watch")
            .set("isolation.level", "read_committed")
            .set("auto.offset.reset", "earliest")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("fetch.wait.max.ms", "50")
            .set("fetch.queue.backoff.ms", "5")
            .create()
            .expect("these settings are valid");
        let mut list = TopicPartitionList::new();
        for (partition, offset) in from {
            list.add_partition_offset(topic, *partition, *offset)
                .expect("a valid place");
        }
        consumer.assign(&list).expect("the partitions exist");
        Self {
            consumer,
            partitions: from.len(),
        }
    }

    /// Gives `take` the records as they come, until it has found `count` of them to be new.
    pub fn take(
        &self,
        count: u64,
        contestants: &mut [Process],
        mut take: impl FnMut(&BorrowedMessage<'_>) -> bool,
    ) {
        let mut left = count;
        let mut last = Instant::now();
        while left > 0 {
            match self.consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    left -= u64::from(take(&message));
                    last = Instant::now();
                }
                Some(Err(rdkafka::error::KafkaError::PartitionEOF(_))) => {}
                Some(Err(error)) => panic!("outputs cannot be read: {error}"),
                None => {
                    contestants.iter_mut().for_each(Process::assert_runs);
                    assert!(
                        last.elapsed() < STUCK,
                        "{left} of {count} outputs are missing, and none comes"
                    );
                }
            }
        }
    }

    /// Gives `take` all records up to where the topic ends now.
    pub fn drain(&self, mut take: impl FnMut(&BorrowedMessage<'_>)) {
        let mut at_end = std::collections::BTreeSet::new();
        while at_end.len() < self.partitions {
            match self.consumer.poll(Duration::from_secs(1)) {
                Some(Ok(message)) => take(&message),
                Some(Err(rdkafka::error::KafkaError::PartitionEOF(partition))) => {
                    at_end.insert(partition);
                }
                Some(Err(error)) => panic!("a topic cannot be read: {error}"),
                None => {}
            }
        }
    }
}
