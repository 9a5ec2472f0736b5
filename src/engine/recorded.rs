//! The number of partitions that a changelog says it was written with (ENGINE.md 10).

use std::time::Duration;

use super::changelog::{Entry, Marker, read};
use crate::log::{Batch, Isolation, Log, LogError, Reader, Topic, TopicPartition};

const WAIT: Duration = Duration::from_millis(100);

/// Polls that bring nothing, or rows without a marker before them, before the search is given up.
const PATIENCE: usize = 50;

/// How many partitions mailbox and changelog had when the first row was written; `None`: nothing was
/// written yet, or nothing that tells. No row of a partition is before its marker, so little is read.
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
    let written: Vec<_> = all
        .into_iter()
        .zip(ends)
        .filter(|(_, ends)| ends.start < ends.last_stable)
        .collect();
    let from: Vec<_> = written
        .iter()
        .map(|(partition, ends)| (partition.clone(), ends.start))
        .collect();
    if from.is_empty() {
        return Ok(None);
    }
    let mut reader = log.reader(&from, Isolation::Committed)?;
    let mut batch = Batch::new();
    let mut in_vain = 0;
    while in_vain < PATIENCE {
        let mut only_clocks = reader.poll(WAIT, &mut batch)?;
        for record in batch.iter() {
            match read(record.key, record.value) {
                Entry::Marker(Marker { partitions }) => return Ok(Some(partitions)),
                entry => only_clocks &= entry == Entry::Clock,
            }
        }
        in_vain += usize::from(!only_clocks);
        let mut at_end = true;
        for (partition, ends) in &written {
            at_end &= reader.position(partition)? >= ends.last_stable;
        }
        if at_end {
            break;
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::changelog::{CLOCK_KEY, MARKER_KEY, Marker};
    use super::recorded_partitions;
    use crate::log::memory::MemoryLog;
    use crate::log::{Log, Outgoing, Producer, Topic, TopicPartition, TopicSpec};

    #[test]
    fn a_marker_is_found_behind_questions_for_the_time() {
        let log = MemoryLog::simulated();
        let topic = Topic::new("changelog");
        let spec = TopicSpec {
            topic: topic.clone(),
            partitions: 2,
            replication: 1,
            settings: Vec::new(),
        };
        log.create_topics(&[spec]).expect("it is a log");
        let found = || recorded_partitions(&log, &topic, 2).expect("it may be read");
        assert_eq!(found(), None);
        for _ in 0..30_000 {
            let at = TopicPartition::new(topic.clone(), 1);
            log.time(&at, CLOCK_KEY).expect("it is there");
        }
        assert_eq!(found(), None);
        let mut producer = log.producer("someone").expect("a producer");
        producer.init().expect("the id is free");
        producer.begin().expect("nothing is open");
        let record = Outgoing {
            topic: &topic,
            partition: Some(1),
            key: Some(MARKER_KEY),
            value: Some(&Marker { partitions: 2 }.to_bytes()),
            headers: &[],
        };
        producer.send(&record).expect("it fits");
        producer.commit().expect("nothing is in its way");
        assert_eq!(found(), Some(2));
    }
}
