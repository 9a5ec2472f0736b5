//! The offsets of a group: committed ones, and those pending in a transaction.

use std::collections::BTreeMap;

use super::super::{CommittedOffset, OffsetCommit, TopicPartition};
use super::transactions::{Outcome, ProducerId};

/// An offset and when it was sent: of two that are committed, the one sent later stands.
type Sent = (u64, CommittedOffset);

/// What a group has committed.
#[derive(Debug, Default)]
pub(super) struct Offsets {
    committed: BTreeMap<TopicPartition, Sent>,
    pending: BTreeMap<ProducerId, BTreeMap<TopicPartition, Sent>>,
}

impl Offsets {
    /// Notes an offset as part of the producer's open transaction.
    pub fn add_pending(&mut self, producer: ProducerId, serial: u64, offset: &OffsetCommit) {
        let sent = (serial, offset.committed.clone());
        self.pending
            .entry(producer)
            .or_default()
            .insert(offset.partition.clone(), sent);
    }

    /// The producer's transaction has ended.
    pub fn settle(&mut self, producer: ProducerId, outcome: Outcome) {
        let pending = self.pending.remove(&producer).unwrap_or_default();
        if outcome == Outcome::Abort {
            return;
        }
        for (partition, sent) in pending {
            let newer = self
                .committed
                .get(&partition)
                .is_none_or(|(serial, _)| *serial < sent.0);
            if newer {
                self.committed.insert(partition, sent);
            }
        }
    }

    /// What is committed for these partitions; `None` while an offset of one of them is pending.
    pub fn stable(&self, partitions: &[TopicPartition]) -> Option<Vec<Option<CommittedOffset>>> {
        let pending = |p| self.pending.values().any(|offsets| offsets.contains_key(p));
        if partitions.iter().any(pending) {
            return None;
        }
        Some(
            partitions
                .iter()
                .map(|p| self.committed.get(p).map(|(_, offset)| offset.clone()))
                .collect(),
        )
    }

    /// Drops the texts beside what is committed.
    pub fn forget_texts(&mut self) {
        for (_, committed) in self.committed.values_mut() {
            committed.metadata.clear();
        }
    }

    /// Drops all that is committed.
    pub fn forget(&mut self) {
        self.committed.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Topic;
    use super::*;

    #[test]
    fn of_two_commits_the_offset_sent_later_stands() {
        let at = TopicPartition::new(Topic::new("t"), 0);
        let offset = |offset| OffsetCommit {
            partition: at.clone(),
            committed: CommittedOffset {
                offset,
                metadata: String::new(),
            },
        };
        for order in [[1, 2], [2, 1]] {
            let mut offsets = Offsets::default();
            offsets.add_pending(ProducerId(1), 1, &offset(10));
            offsets.add_pending(ProducerId(2), 2, &offset(20));
            offsets.settle(ProducerId(order[0]), Outcome::Commit);
            assert_eq!(
                offsets.stable(std::slice::from_ref(&at)),
                None,
                "one is pending yet"
            );
            offsets.settle(ProducerId(order[1]), Outcome::Commit);
            let stable = offsets
                .stable(std::slice::from_ref(&at))
                .expect("none is pending");
            assert_eq!(
                stable,
                [Some(offset(20).committed)],
                "whichever transaction ended last"
            );
        }
    }
}
