//! To and from the client library's lists of partitions.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rdkafka::error::KafkaResult;
use rdkafka::{Offset, TopicPartitionList};

use crate::log::{CommittedOffset, OffsetCommit, Topic, TopicPartition};

/// The partitions of a list.
pub(super) fn partitions(list: &TopicPartitionList) -> Vec<TopicPartition> {
    // elements() must not be asked for those of an empty list: its pointer is null.
    if list.count() == 0 {
        return Vec::new();
    }
    let partition = |e: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
        TopicPartition::new(Topic::new(e.topic()), e.partition())
    };
    list.elements().iter().map(partition).collect()
}

/// A list of partitions.
pub(super) fn of_partitions<'a>(
    partitions: impl IntoIterator<Item = &'a TopicPartition>,
) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for p in partitions {
        list.add_partition(p.topic.as_str(), p.partition);
    }
    list
}

/// A list of partitions, each with an offset.
pub(super) fn of_offsets(offsets: &[(TopicPartition, i64)]) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::with_capacity(offsets.len());
    for (p, offset) in offsets {
        list.add_partition(p.topic.as_str(), p.partition)
            .set_offset(Offset::Offset(*offset))?;
    }
    Ok(list)
}

/// A list of offsets to commit, with the text beside each.
pub(super) fn of_commits(commits: &[OffsetCommit]) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::with_capacity(commits.len());
    for OffsetCommit { partition, committed } in commits {
        let mut element = list.add_partition(partition.topic.as_str(), partition.partition);
        element.set_offset(Offset::Offset(committed.offset))?;
        element.set_metadata(&committed.metadata);
    }
    Ok(list)
}

/// The committed offset of a partition in a list; `None` if there is none.
pub(super) fn committed(
    list: &TopicPartitionList,
    partition: &TopicPartition,
) -> KafkaResult<Option<CommittedOffset>> {
    let Some(element) = list.find_partition(partition.topic.as_str(), partition.partition) else {
        return Ok(None);
    };
    element.error()?;
    let Offset::Offset(offset) = element.offset() else {
        return Ok(None);
    };
    // Another program may have committed bytes that are not UTF-8, on which metadata() panics.
    let metadata = catch_unwind(AssertUnwindSafe(|| element.metadata().to_owned())).unwrap_or_default();
    Ok(Some(CommittedOffset { offset, metadata }))
}

/// The first error among the elements of a list, or none.
pub(super) fn check(list: &TopicPartitionList) -> KafkaResult<()> {
    if list.count() == 0 {
        return Ok(());
    }
    list.elements().iter().try_for_each(|e| e.error())
}

/// The offset of a partition in a list, if it has one.
pub(super) fn offset(list: &TopicPartitionList, partition: &TopicPartition) -> KafkaResult<Option<i64>> {
    let Some(element) = list.find_partition(partition.topic.as_str(), partition.partition) else {
        return Ok(None);
    };
    element.error()?;
    Ok(match element.offset() {
        Offset::Offset(offset) => Some(offset),
        _ => None,
    })
}
