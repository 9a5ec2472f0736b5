//! What any log is written and read with.

use std::time::{Duration, Instant};

use heard::log::{
    Batch, ErrorKind, Isolation, Log, LogError, Outgoing, Producer, Reader, Topic, TopicPartition, TopicSpec,
};

/// How long a condition may take to come true, and writing to be done.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Looks until there is something, and returns it.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Makes a call again for as long as it says that it may be made again.
pub fn retry<T>(what: &str, mut call: impl FnMut() -> Result<T, LogError>) -> T {
    eventually(what, || match call() {
        Err(error) if error.kind == ErrorKind::Retriable => None,
        result => Some(result.unwrap_or_else(|error| panic!("{what}: {error}"))),
    })
}

/// Creates topics and waits until they are known.
pub fn create(log: &impl Log, topics: &[(Topic, i32)]) {
    let spec = |(topic, partitions): &(Topic, i32)| TopicSpec {
        topic: topic.clone(),
        partitions: *partitions,
        replication: -1,
        settings: Vec::new(),
    };
    let specs: Vec<_> = topics.iter().map(spec).collect();
    let names: Vec<_> = topics.iter().map(|(topic, _)| topic.clone()).collect();
    retry("creating topics", || log.create_topics(&specs));
    eventually("the topics are known", || {
        let known = retry("asking for topics", || log.partitions(&names));
        topics.iter().all(|topic| known.contains(topic)).then_some(())
    });
}

/// A record to write: topic, key, value.
pub type Written = (Topic, String, Vec<u8>);

/// Writes records in one transaction.
pub fn write(log: &impl Log, transactional_id: &str, records: &[Written]) {
    let mut producer = log.producer(transactional_id).expect("a producer");
    retry("init", || producer.init());
    retry("begin", || producer.begin());
    for (topic, key, value) in records {
        let record = Outgoing {
            topic,
            partition: None,
            key: Some(key.as_bytes()),
            value: Some(value),
            headers: &[],
        };
        retry("sending", || producer.send(&record));
    }
    retry("flushing", || producer.flush(PATIENCE));
    retry("committing", || producer.commit());
}

/// All partitions of a topic.
pub fn partitions(log: &impl Log, topic: &Topic) -> Vec<TopicPartition> {
    let counts = retry("asking for partitions", || {
        log.partitions(std::slice::from_ref(topic))
    });
    let count = counts.first().map_or(0, |(_, count)| *count);
    (0..count)
        .map(|n| TopicPartition::new(topic.clone(), n))
        .collect()
}

/// Whether no committed record lies in these partitions from the offset beside each on, up to `ends`.
pub fn nothing_follows(log: &impl Log, from: &[(TopicPartition, i64)], ends: &[i64]) -> bool {
    read(log, from, ends, |_, _| false)
}

/// Committed keys and values of a topic, those of one key in order; `None` is a tombstone.
pub fn read_topic(log: &impl Log, topic: &Topic) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let partitions = partitions(log, topic);
    let ends = retry("asking for ends", || log.ends(&partitions));
    let from: Vec<_> = partitions
        .into_iter()
        .zip(ends.iter().map(|ends| ends.start))
        .collect();
    let ends: Vec<_> = ends.iter().map(|ends| ends.last_stable).collect();
    let mut records = Vec::new();
    read(log, &from, &ends, |key, value| {
        records.push((key.unwrap_or_default().to_vec(), value.map(<[u8]>::to_vec)));
        true
    });
    records
}

/// Reads committed records up to `ends`, for as long as `take` wants more; whether it got there.
fn read(
    log: &impl Log,
    from: &[(TopicPartition, i64)],
    ends: &[i64],
    mut take: impl FnMut(Option<&[u8]>, Option<&[u8]>) -> bool,
) -> bool {
    if from.is_empty() {
        return true;
    }
    let mut reader = retry("a reader", || log.reader(from, Isolation::Committed));
    let mut batch = Batch::new();
    eventually("the reader reaches the end", || {
        let position = |at: &TopicPartition| reader.position(at).expect("it reads this partition");
        if from.iter().zip(ends).all(|((at, _), &end)| position(at) >= end) {
            return Some(true);
        }
        retry("reading", || reader.poll(Duration::from_millis(100), &mut batch));
        let wanted = batch.iter().all(|record| take(record.key, record.value));
        (!wanted).then_some(false)
    })
}
