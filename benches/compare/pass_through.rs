//! The contestant that does nothing: reads records and writes them on, exactly once.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Message, Offset};

use crate::cluster::COMPLAINTS;

/// The word by which this program is told to be the pass-through.
pub const COMMAND: &str = "pass-through";
/// Where it writes.
pub const OUTPUT: &str = "passed";

const PATIENCE: Duration = Duration::from_secs(30);

/// Runs until it is killed. Arguments: the broker, records written for each one read, milliseconds
/// between commits.
pub fn run(arguments: &[String]) -> ExitCode {
    let [broker, copies, commit] = arguments else {
        return ExitCode::from(64);
    };
    let copies: u32 = copies.parse().expect("the harness gives a number");
    let commit = Duration::from_millis(commit.parse().expect("the harness gives a number"));
    match pass(broker, copies, commit) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn pass(broker: &str, copies: u32, commit: Duration) -> Result<(), KafkaError> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", broker)
        .set("group.id", "pass-through")
        .set("isolation.level", "read_committed")
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        .create()?;
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", broker)
        .set("transactional.id", "pass-through")
        .set("compression.type", "lz4")
        .set("linger.ms", "5")
        .set("partitioner", "murmur2_random")
        .set("delivery.report.only.error", "true")
        .set("queue.buffering.max.messages", "500000")
        .create()?;
    consumer.subscribe(&[COMPLAINTS])?;
    producer.init_transactions(PATIENCE)?;
    loop {
        // A transaction begins with the first record, so that nothing is committed where nothing is.
        let mut message = consumer.poll(Duration::from_millis(100)).transpose()?;
        if message.is_none() {
            continue;
        }
        producer.begin_transaction()?;
        let until = Instant::now() + commit;
        while Instant::now() < until {
            if let Some(message) = &message {
                for _ in 0..copies {
                    send(&producer, message.key(), message.payload())?;
                }
            }
            let left = until.saturating_duration_since(Instant::now());
            message = consumer.poll(left).transpose()?;
        }
        if let Some(message) = &message {
            for _ in 0..copies {
                send(&producer, message.key(), message.payload())?;
            }
        }
        drop(message);
        let mut offsets = consumer.position()?;
        let known: Vec<_> = offsets
            .elements()
            .iter()
            .filter(|place| matches!(place.offset(), Offset::Offset(_)))
            .map(|place| (place.topic().to_owned(), place.partition(), place.offset()))
            .collect();
        offsets = rdkafka::TopicPartitionList::new();
        for (topic, partition, offset) in known {
            offsets.add_partition_offset(&topic, partition, offset)?;
        }
        let member = consumer
            .group_metadata()
            .expect("it has been assigned partitions");
        producer.send_offsets_to_transaction(&offsets, &member, PATIENCE)?;
        producer.commit_transaction(PATIENCE)?;
    }
}

fn send(producer: &BaseProducer, key: Option<&[u8]>, value: Option<&[u8]>) -> Result<(), KafkaError> {
    let mut record = BaseRecord::<[u8], [u8]>::to(OUTPUT);
    record.key = key;
    record.payload = value;
    while let Err((error, back)) = producer.send(record) {
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
            return Err(error);
        }
        producer.poll(Duration::from_millis(1));
        record = back;
    }
    Ok(())
}
