//! The number of partitions that a changelog says it was written with (ENGINE.md 10).

use std::time::Duration;

use super::changelog::{Entry, Marker, read};
use crate::log::{Batch, Isolation, Log, LogError, Reader, Topic, TopicPartition};

const WAIT: Duration = Duration::from_millis(100);

/// Polls without a marker before the search is given up.
const PATIENCE: usize = 50;

/// How many partitions mailbox and changelog had when the first row was written; `None`: nothing was
/// written yet, or nothing that tells. The marker is the first record of each partition, so little is
/// read.
///
/// # Errors
/// What the log says.
pub fn recorded_partitions<L: Log>(
    log: &L,
    changelog: &Topic,
    partitions: i32,
) -> Result<Option<i32>, LogError> {
    let all: Vec<_> = (0..partitions)
        .map(|number| TopicPartition::new(changelog.clone(), number))
        .collect();
    let ends = log.ends(&all)?;
    let from: Vec<_> = all
        .into_iter()
        .zip(ends)
        .filter(|(_, ends)| ends.start < ends.last_stable)
        .map(|(partition, ends)| (partition, ends.start))
        .collect();
    if from.is_empty() {
        return Ok(None);
    }
    let mut reader = log.reader(&from, Isolation::Committed)?;
    let mut batch = Batch::new();
    for _ in 0..PATIENCE {
        reader.poll(WAIT, &mut batch)?;
        for record in batch.iter() {
            if let Entry::Marker(Marker { partitions }) = read(record.key, record.value) {
                return Ok(Some(partitions));
            }
        }
    }
    Ok(None)
}
