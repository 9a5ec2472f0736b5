//! Waits until the processing has taken in what was sent, and what follows from it.

use std::time::{Duration, Instant};

use crate::cli::{Failure, connect};
use crate::config::Settings;
use crate::log::kafka::KafkaLog;
use crate::log::{Ends, Log, Topic, TopicPartition};

/// How long brokers may take to acknowledge what is sent.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// A forgetting passes so many actors at most, each of which may write to the mailbox: the identifier or the
/// customer, their cases, the parties these leave.
const HOPS: usize = 4;

/// What was sent, or is about to be, and from where on it is to be found.
pub(super) struct Sent {
    customers: Vec<(TopicPartition, i64)>,
    mailbox: Vec<(TopicPartition, i64)>,
    tombstones: Vec<Vec<u8>>,
    letter: Option<Vec<u8>>,
}

impl Sent {
    /// Notes where the topics end before anything is sent.
    pub fn begin(
        settings: &Settings,
        log: &KafkaLog,
        customers: &Topic,
        mailbox: &Topic,
    ) -> Result<Self, Failure> {
        let ends = |topic: &Topic| -> Result<Vec<(TopicPartition, i64)>, Failure> {
            let partitions = connect::partitions(settings, log, std::slice::from_ref(topic))?;
            let ends = log.ends(&partitions).map_err(connect::failed(settings))?;
            let ends = ends.into_iter().map(|ends| ends.high_watermark);
            Ok(partitions.into_iter().zip(ends).collect())
        };
        Ok(Self {
            customers: ends(customers)?,
            mailbox: ends(mailbox)?,
            tombstones: Vec::new(),
            letter: None,
        })
    }

    /// What was sent: tombstones with these keys, a message in the mailbox with that one.
    pub fn expecting(mut self, tombstones: Vec<Vec<u8>>, letter: Option<Vec<u8>>) -> Self {
        self.tombstones = tombstones;
        self.letter = letter;
        self
    }
}

/// How many partitions a topic has that must exist.
pub(super) fn count(settings: &Settings, log: &KafkaLog, topic: &Topic) -> Result<i32, Failure> {
    let partitions = connect::partitions(settings, log, std::slice::from_ref(topic))?;
    Ok(i32::try_from(partitions.len()).unwrap_or(i32::MAX))
}

/// Waits until the processing has committed all of it; false if it has not by then.
pub(super) fn wait(
    settings: &Settings,
    log: &KafkaLog,
    sent: Sent,
    within: Duration,
) -> Result<bool, Failure> {
    let deadline = Instant::now() + within;
    let mut wanted = Vec::new();
    let tombstones = sent.tombstones.iter().map(|key| (&sent.customers, key));
    let letter = sent.letter.iter().map(|key| (&sent.mailbox, key));
    for (from, key) in tombstones.chain(letter) {
        wanted.extend(place(settings, log, from, key)?);
    }
    let mailbox: Vec<_> = sent.mailbox.into_iter().map(|(partition, _)| partition).collect();
    connect::waiting(settings, || {
        if !committed(settings, log, &wanted, deadline)? {
            return Ok(false);
        }
        for _ in 0..HOPS {
            let ends = log.ends(&mailbox).map_err(connect::failed(settings))?;
            let ends = mailbox
                .iter()
                .cloned()
                .zip(ends.iter().map(last))
                .collect::<Vec<_>>();
            if !committed(settings, log, &ends, deadline)? {
                return Ok(false);
            }
        }
        Ok(true)
    })
}

/// Where a record stands that was sent: the offset behind it. `None`: it was taken in and purged already.
fn place(
    settings: &Settings,
    log: &KafkaLog,
    from: &[(TopicPartition, i64)],
    key: &[u8],
) -> Result<Option<(TopicPartition, i64)>, Failure> {
    let partitions: Vec<_> = from.iter().map(|(partition, _)| partition.clone()).collect();
    let ends = log.ends(&partitions).map_err(connect::failed(settings))?;
    let ranges = from
        .iter()
        .zip(&ends)
        .map(|((partition, from), ends)| (partition.clone(), ends.start.max(*from)..ends.high_watermark));
    let mut found = None;
    let read = connect::read_ranges(settings, log, ranges.collect(), false, |topic, record| {
        if record.key == Some(key) {
            let partition = TopicPartition::new(topic.clone(), record.partition);
            found = Some((partition, record.offset + 1));
        }
        Ok(())
    });
    // A range may be purged while it is read.
    match read {
        Err(_) if found.is_none() => Ok(None),
        _ => Ok(found),
    }
}

fn last(ends: &Ends) -> i64 {
    ends.last_stable
}

/// Waits until the group's offsets are past these; what lies between counts only if it is a record.
fn committed(
    settings: &Settings,
    log: &KafkaLog,
    wanted: &[(TopicPartition, i64)],
    deadline: Instant,
) -> Result<bool, Failure> {
    let partitions: Vec<_> = wanted.iter().map(|(partition, _)| partition.clone()).collect();
    loop {
        let offsets = log
            .committed(&settings.application, &partitions)
            .map_err(connect::failed(settings))?;
        let mut behind = Vec::new();
        for ((partition, end), offset) in wanted.iter().zip(offsets) {
            match offset {
                Some(offset) if offset.offset >= *end => {}
                Some(offset) => behind.push((partition.clone(), offset.offset..*end)),
                None if *end == 0 => {}
                None => behind.push((partition.clone(), 0..*end)),
            }
        }
        if behind.is_empty() || !holds_records(settings, log, behind) {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
        std::thread::sleep(PAUSE);
    }
}

/// Whether there is any record in these ranges. One that is purged while it is looked at may have had some.
fn holds_records(settings: &Settings, log: &KafkaLog, ranges: Vec<connect::PartitionRange>) -> bool {
    let mut records = false;
    let ranges = ranges.into_iter().map(|(partition, range)| {
        let start = log
            .ends(std::slice::from_ref(&partition))
            .map_or(0, |ends| ends[0].start);
        (partition, range.start.max(start)..range.end)
    });
    let read = connect::read_ranges(settings, log, ranges.collect(), false, |_, _| {
        records = true;
        Err(Failure::OutputClosed) // seen enough
    });
    records || read.is_err()
}
