//! The number of partitions that a changelog says it was written with (ENGINE.md 10).

use std::time::Duration;

use super::changelog::{Entry, Marker, read};
use crate::log::{Batch, Isolation, Log, LogError, Reader, Topic, TopicPartition};

const WAIT: Duration = Duration::from_millis(100);

/// Polls that bring nothing, or rows without a marker before them, before the search is given up.
const PATIENCE: usize = 50;

/// What a changelog begins with.
enum Beginning {
    /// Nothing, but for questions for the time.
    Blank,
    /// A marker, which tells of so many partitions.
    Marked(i32),
    /// Rows, or what nobody knows, without a marker before them.
    Unmarked,
}

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
    Ok(match beginning(log, changelog, partitions)? {
        Beginning::Marked(partitions) => Some(partitions),
        Beginning::Blank | Beginning::Unmarked => None,
    })
}

/// Whether a changelog holds nothing that was ever said of a row, though brokers may have been asked there for their time.
///
/// # Errors
/// What the log says.
pub fn is_blank<L: Log>(log: &L, changelog: &Topic, partitions: i32) -> Result<bool, LogError> {
    let beginning = beginning(log, changelog, partitions)?;
    Ok(matches!(beginning, Beginning::Blank))
}

fn beginning<L: Log>(log: &L, changelog: &Topic, partitions: i32) -> Result<Beginning, LogError> {
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
        return Ok(Beginning::Blank);
    }
    let mut reader = log.reader(&from, Isolation::Committed)?;
    let mut batch = Batch::new();
    let mut in_vain = 0;
    let mut found = Beginning::Blank;
    while in_vain < PATIENCE {
        let mut only_clocks = reader.poll(WAIT, &mut batch)?;
        for record in batch.iter() {
            match read(record.key, record.value) {
                Entry::Marker(Marker { partitions }) => return Ok(Beginning::Marked(partitions)),
                Entry::Clock => {}
                _ => (only_clocks, found) = (false, Beginning::Unmarked),
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
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::changelog::{CLOCK_KEY, MARKER_KEY, Marker};
    use super::{is_blank, recorded_partitions};
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
        let found = || {
            let partitions = recorded_partitions(&log, &topic, 2).expect("it may be read");
            (partitions, is_blank(&log, &topic, 2).expect("it may be read"))
        };
        assert_eq!(found(), (None, true));
        for _ in 0..30_000 {
            let at = TopicPartition::new(topic.clone(), 1);
            log.time(&at, CLOCK_KEY).expect("it is there");
        }
        assert_eq!(found(), (None, true));
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
        assert_eq!(found(), (Some(2), false));
    }
}
