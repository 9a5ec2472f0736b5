//! From settings to what they describe: the log, the schemas, the encoders.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Failure;
use super::progress::{self, Progress};
use crate::config::{EngineSettings, SchemaRef, Settings, WireFormat, WireSettings};
use crate::log::kafka::{KafkaLog, KafkaSettings};
use crate::log::{Batch, Ends, ErrorKind, Isolation, Log, LogError, Reader, Record, Topic, TopicPartition};
use crate::wire::{Encoder, Format, Registry, WireRecord};

/// The Kafka cluster of the settings.
pub fn log(settings: &Settings) -> Result<KafkaLog, Failure> {
    let mut extra = time_outs(&settings.engine);
    extra.extend(
        settings
            .kafka
            .iter()
            .map(|(key, value)| (key.clone(), value.0.clone())),
    );
    Ok(KafkaLog::new(KafkaSettings {
        brokers: settings.brokers.clone(),
        client_id: settings.application.clone(),
        extra: extra.into_iter().collect(),
    })?)
}

/// How long a run waits for brokers that may be starting too.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Asks the brokers something, and says so if that takes long.
pub fn waiting<T>(settings: &Settings, ask: impl FnOnce() -> T) -> T {
    progress::waiting(&format!("the brokers at {}", settings.brokers), ask)
}

/// Time-outs that are not the usual ones, by librdkafka's names. The usual ones it has already; it
/// warns of each that a client is given and has no use for.
fn time_outs(engine: &EngineSettings) -> BTreeMap<String, String> {
    let usual = EngineSettings::default();
    [
        (
            "session.timeout.ms",
            engine.session_timeout,
            usual.session_timeout,
        ),
        (
            "transaction.timeout.ms",
            engine.transaction_timeout,
            usual.transaction_timeout,
        ),
        (
            "max.poll.interval.ms",
            engine.max_poll_interval,
            usual.max_poll_interval,
        ),
    ]
    .into_iter()
    .filter(|(_, set, usual)| set != usual)
    .map(|(name, set, _)| (name.to_owned(), set.as_millis().to_string()))
    .collect()
}

/// A failure of the log, with the brokers' addresses.
pub fn failed(settings: &Settings) -> impl Fn(LogError) -> Failure {
    move |cause| Failure::Log {
        brokers: settings.brokers.clone(),
        cause,
    }
}

/// The writer schemas that are known.
pub fn registry(wire: &WireSettings) -> Result<Registry, Failure> {
    let mut registry = Registry::built_in();
    for file in &wire.writer_schemas {
        let schema = read(file)?;
        registry
            .add(&schema)
            .map_err(|error| schema_error(file.display().to_string(), &error))?;
    }
    for (id, schema) in &wire.ids {
        let text = match schema {
            SchemaRef::BuiltIn(name) => name.clone(),
            SchemaRef::File(file) => read(file)?,
        };
        registry
            .add_id(*id, &text)
            .map_err(|error| schema_error(format!("wire.ids.{id}"), &error))?;
    }
    Ok(registry)
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| schema_error(file.display().to_string(), &error))
}

fn schema_error(place: String, what: &dyn std::error::Error) -> Failure {
    Failure::Schema {
        place,
        what: what.to_string(),
    }
}

/// How records of a type are written.
pub fn format<T: WireRecord>(wire: &WireSettings) -> Format {
    match wire.format {
        WireFormat::SingleObject => Format::SingleObject,
        WireFormat::Confluent => Format::Confluent {
            id: wire
                .id_of(T::NAME)
                .expect("the settings have an id of every record if they are confluent"),
        },
    }
}

/// An encoder of records of a type.
pub fn encoder<T: WireRecord>(wire: &WireSettings) -> Encoder<T> {
    Encoder::new(format::<T>(wire))
}

/// Reads topics as they were at the start, committed records only, and gives each to `visit`.
pub fn read_all(
    settings: &Settings,
    log: &impl Log,
    topics: &[Topic],
    progress: bool,
    visit: impl FnMut(&Topic, &Record<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let ranges = ranges(settings, log, topics, Isolation::Committed)?;
    read_ranges(settings, log, ranges, progress, visit)
}

/// All of topics that must exist, as they are now: up to where no transaction is open, or with
/// [`Isolation::Uncommitted`] to the very end.
pub fn ranges(
    settings: &Settings,
    log: &impl Log,
    topics: &[Topic],
    end: Isolation,
) -> Result<Vec<PartitionRange>, Failure> {
    let partitions = partitions(settings, log, topics)?;
    let ends = waiting(settings, || log.ends(&partitions)).map_err(failed(settings))?;
    let range = |ends: Ends| match end {
        Isolation::Committed => ends.start..ends.last_stable,
        Isolation::Uncommitted => ends.start..ends.high_watermark,
    };
    Ok(partitions.into_iter().zip(ends.into_iter().map(range)).collect())
}

/// A partition, and the offsets of it to read.
pub type PartitionRange = (TopicPartition, Range<i64>);

/// How long a reader waits for transactions of others to end. Brokers end one that hangs after its own
/// time-out, a minute unless set otherwise.
const STILLNESS: Duration = Duration::from_secs(90);

/// Reads ranges of partitions, committed records only, and gives each to `visit`, those of a partition in
/// order. Waits out transactions that are open before the end of a range.
pub fn read_ranges(
    settings: &Settings,
    log: &impl Log,
    ranges: Vec<PartitionRange>,
    progress: bool,
    mut visit: impl FnMut(&Topic, &Record<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failed = failed(settings);
    let mut ranges = ranges;
    ranges.retain(|(_, range)| !range.is_empty());
    if ranges.is_empty() {
        return Ok(());
    }
    let from: Vec<_> = ranges
        .iter()
        .map(|(partition, range)| (partition.clone(), range.start))
        .collect();
    let all = ranges
        .iter()
        .map(|(_, range)| range.end.abs_diff(range.start))
        .sum();
    let mut progress = progress.then(|| Progress::new("records read", Some(all)));
    let mut reader = log.reader(&from, Isolation::Committed).map_err(&failed)?;
    let mut pending: Vec<_> = ranges
        .iter()
        .map(|(partition, range)| (partition.clone(), range.end, range.start))
        .collect();
    let mut batch = Batch::new();
    let mut moved = Instant::now();
    while !pending.is_empty() {
        reader
            .poll(Duration::from_millis(100), &mut batch)
            .map_err(&failed)?;
        if let Some(progress) = &mut progress {
            progress.add(batch.len() as u64);
        }
        for record in batch.iter() {
            let topic = &reader.topics()[record.topic];
            let place = |(partition, _): &&PartitionRange| {
                partition.partition == record.partition && partition.topic == *topic
            };
            if ranges
                .iter()
                .find(place)
                .is_some_and(|(_, range)| range.contains(&record.offset))
            {
                visit(topic, &record)?;
            }
        }
        let mut left = Vec::with_capacity(pending.len());
        for (partition, end, before) in pending {
            let position = reader.position(&partition).map_err(&failed)?;
            if position != before {
                moved = Instant::now();
            }
            if position < end {
                left.push((partition, end, position));
            }
        }
        pending = left;
        if let Some((partition, ..)) = pending.first()
            && moved.elapsed() > STILLNESS
        {
            let detail = format!("{partition} gives nothing more: does a transaction hang there?");
            return Err(failed(LogError::new(ErrorKind::Fatal, "reading", detail)));
        }
    }
    Ok(())
}

/// All partitions of topics that must exist.
pub fn partitions(
    settings: &Settings,
    log: &impl Log,
    topics: &[Topic],
) -> Result<Vec<TopicPartition>, Failure> {
    let counts = waiting(settings, || log.partitions(topics)).map_err(failed(settings))?;
    let missing: Vec<_> = topics
        .iter()
        .filter(|topic| !counts.iter().any(|(there, _)| there == *topic))
        .map(Topic::as_str)
        .collect();
    if !missing.is_empty() {
        return Err(Failure::NoTopics {
            brokers: settings.brokers.clone(),
            topics: missing.join(", "),
        });
    }
    Ok(all_of(counts))
}

/// All partitions of topics that have so many.
pub fn all_of(topics: impl IntoIterator<Item = (Topic, i32)>) -> Vec<TopicPartition> {
    let of = |(topic, count): (Topic, i32)| (0..count).map(move |n| TopicPartition::new(topic.clone(), n));
    topics.into_iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::time_outs;
    use crate::config::EngineSettings;

    #[test]
    fn only_unusual_time_outs_are_passed_on() {
        let usual = EngineSettings::default();
        assert!(time_outs(&usual).is_empty());
        let set = EngineSettings {
            session_timeout: Duration::from_secs(6),
            ..usual
        };
        let passed: Vec<_> = time_outs(&set).into_iter().collect();
        assert_eq!(passed, [("session.timeout.ms".to_owned(), "6000".to_owned())]);
    }
}
