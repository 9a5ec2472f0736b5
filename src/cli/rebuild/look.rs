//! What there is: who runs, what the group has read, mailbox and changelog, and how far back the inputs reach.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::cli::{Failure, connect};
use crate::config::{Settings, TopicKind};
use crate::log::kafka::KafkaLog;
use crate::log::{Batch, Ends, Isolation, Log, LogError, Reader, Topic, TopicPartition};
use crate::wiring;

/// What was found.
pub(super) struct Found {
    /// The workers that are in the group, by name.
    pub members: Vec<String>,
    /// Of how many partitions the group has offsets.
    pub offsets: usize,
    /// The mailbox and its partitions, if it is there.
    pub mailbox: (Topic, Option<i32>),
    /// The changelog and its partitions, if it is there.
    pub changelog: (Topic, Option<i32>),
    /// The inputs that are there.
    pub inputs: Vec<Input>,
}

/// An input, all partitions together.
pub(super) struct Input {
    pub topic: Topic,
    /// Records that are there, with the marks of transactions.
    pub left: u64,
    /// Records that are not there any more: deleted by retention or by hand.
    pub gone: u64,
    /// When the log received the first one that is left, in milliseconds since 1970; `None` where nothing is gone.
    pub reaches_back_to: Option<i64>,
}

/// Asks the brokers.
pub(super) fn look(settings: &Settings, log: &KafkaLog) -> Result<Found, Failure> {
    let ask = || {
        let members = log.members(&settings.application)?;
        let internal =
            [TopicKind::Interactions, TopicKind::Changelog].map(|kind| settings.topics.topic(kind));
        let count = |topic: &Topic| -> Result<Option<i32>, LogError> {
            let there = log.partitions(std::slice::from_ref(topic))?;
            Ok(there.first().map(|(_, count)| *count))
        };
        let [mailbox, changelog] = internal;
        let counts = (count(&mailbox)?, count(&changelog)?);
        let inputs: Vec<_> = wiring::inputs(&settings.topics, &settings.rules)
            .into_iter()
            .map(|(_, topic)| topic)
            .collect();
        let there = log.partitions(&inputs)?;
        let own = counts.0.map(|count| (mailbox.clone(), count));
        let partitions = connect::all_of(there.iter().cloned().chain(own));
        let committed = log.committed(&settings.application, &partitions)?;
        Ok(Found {
            members,
            offsets: committed.iter().flatten().count(),
            mailbox: (mailbox, counts.0),
            changelog: (changelog, counts.1),
            inputs: reach(log, &connect::all_of(there))?,
        })
    };
    connect::waiting(settings, ask).map_err(connect::failed(settings))
}

/// How far back inputs reach, in the order of the topics.
fn reach(log: &KafkaLog, partitions: &[TopicPartition]) -> Result<Vec<Input>, LogError> {
    let ends = log.ends(partitions)?;
    let mut inputs: Vec<Input> = Vec::new();
    for (partition, ends) in partitions.iter().zip(&ends) {
        if inputs.last().is_none_or(|last| last.topic != partition.topic) {
            inputs.push(Input {
                topic: partition.topic.clone(),
                left: 0,
                gone: 0,
                reaches_back_to: None,
            });
        }
        if let Some(input) = inputs.last_mut() {
            input.left += ends.high_watermark.abs_diff(ends.start);
            input.gone += ends.start.unsigned_abs();
        }
    }
    let cut: Vec<_> = { partitions.iter().zip(ends) }
        .filter(|(_, ends)| ends.start > 0 && ends.start < ends.last_stable)
        .collect();
    for (topic, time) in first_times(log, &cut)? {
        if let Some(input) = inputs.iter_mut().find(|input| input.topic == topic) {
            input.reaches_back_to = Some(time);
        }
    }
    Ok(inputs)
}

/// The time of the first record that is left in any of a topic's partitions.
fn first_times(
    log: &KafkaLog,
    partitions: &[(&TopicPartition, Ends)],
) -> Result<BTreeMap<Topic, i64>, LogError> {
    let mut times = BTreeMap::new();
    for (partition, ends) in partitions {
        let from = [((*partition).clone(), ends.start)];
        let mut reader = log.reader(&from, Isolation::Committed)?;
        let mut batch = Batch::new();
        // What was aborted has no record.
        while batch.is_empty() && reader.position(partition)? < ends.last_stable {
            reader.poll(Duration::from_millis(100), &mut batch)?;
        }
        if let Some(first) = batch.iter().next() {
            let time = times.entry(partition.topic.clone()).or_insert(first.timestamp);
            *time = first.timestamp.min(*time);
        }
    }
    Ok(times)
}
