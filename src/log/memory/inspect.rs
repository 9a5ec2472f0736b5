//! What a test looks at, beside what any client can see.

use crate::model::Millis;

use super::super::{Isolation, Topic, TopicPartition};
use super::MemoryLog;
use super::partition::OwnedHeader;

/// A committed record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpedRecord {
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// When it was written.
    pub timestamp: Millis,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// The value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers, in order.
    pub headers: Vec<OwnedHeader>,
}

/// A member of a group, as the coordinator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberView {
    /// Its id.
    pub member: String,
    /// The client that joined.
    pub client: String,
    /// What it was told it has, and has not given back.
    pub holds: Vec<TopicPartition>,
}

impl MemoryLog {
    /// All committed records of a topic below its last stable offsets, by partition and offset.
    pub fn dump(&self, topic: &Topic) -> Vec<DumpedRecord> {
        self.shared.with(|state| {
            let mut records = Vec::new();
            let partitions = state.topics.get(topic).into_iter().flat_map(|t| &t.partitions);
            for (&number, partition) in partitions {
                partition.fetch(
                    partition.ends().start,
                    Isolation::Committed,
                    usize::MAX,
                    |found| {
                        records.push(DumpedRecord {
                            partition: number,
                            offset: found.offset,
                            timestamp: found.timestamp,
                            key: found.payload.key.clone(),
                            value: found.payload.value.clone(),
                            headers: found.payload.headers.clone(),
                        });
                    },
                );
            }
            records
        })
    }

    /// The names of all topics.
    pub fn topics(&self) -> Vec<Topic> {
        self.shared.with(|state| state.topics.keys().cloned().collect())
    }

    /// Transactional ids with a transaction that is open, or whose markers are not all written.
    pub fn open_transactions(&self) -> Vec<String> {
        self.shared.with(|state| state.open_transactions())
    }

    /// How many transactions with offsets were committed, whether or not anyone learnt of it.
    pub fn commits_with_offsets(&self) -> u64 {
        self.shared.with(|state| state.commits_with_offsets)
    }

    /// Whether no transaction is open, and the last stable offset of every partition is its end.
    pub fn is_settled(&self) -> bool {
        self.shared.with(|state| {
            let mut partitions = state.topics.values().flat_map(|t| t.partitions.values());
            state.open_transactions().is_empty()
                && partitions.all(|p| p.ends().last_stable == p.ends().high_watermark)
        })
    }

    /// The generation of a group and its members, by id.
    pub fn group_members(&self, group: &str) -> (i32, Vec<MemberView>) {
        self.shared.with(|state| {
            let group = state.group(group);
            let view = |(id, member): (&String, &super::group::Member)| MemberView {
                member: id.clone(),
                client: member.client.clone(),
                holds: member.holds.iter().cloned().collect(),
            };
            (group.generation, group.members.iter().map(view).collect())
        })
    }
}
