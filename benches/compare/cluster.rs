//! A broker with the topics of one run, and what the harness asks and tells it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use heard::log::kafka::{KafkaLog, KafkaSettings};
use heard::log::{ErrorKind, Log, Outgoing, Producer, Topic};
use heard::wire::{Encoder, Format, WireRecord};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::types::RDKafkaErrorCode;
use tempfile::TempDir;

use crate::broker::Broker;
use crate::pass_through;
use crate::process::without_settings;
use crate::settings::Settings;

/// Partitions of every topic.
pub const PARTITIONS: i32 = 6;
/// The topic that complaints come in by.
pub const COMPLAINTS: &str = "complaints.email";
/// The topic of the CRM's records.
pub const CUSTOMERS: &str = "customers";
/// How long nothing is written before everything is taken in.
const QUIET: Duration = Duration::from_secs(3);
/// How long a question to the broker may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A new broker with its topics. Dropped, it ends and its data go.
pub struct Cluster {
    _broker: Broker,
    address: String,
    directory: TempDir,
    /// A client that only asks.
    asking: BaseConsumer,
}

/// Where a topic's partitions end; control records counted.
pub type Ends = Vec<(String, Vec<i64>)>;

impl Cluster {
    /// Starts a broker and creates the topics of all contestants.
    pub fn start(settings: &Settings) -> Self {
        let broker = Broker::start();
        let cluster = Self {
            asking: client(&broker.address())
                .create()
                .expect("these settings are valid"),
            address: broker.address(),
            _broker: broker,
            directory: tempfile::tempdir().expect("a temporary directory can be made"),
        };
        // The complaints' timestamp is the broker's, so that latency counts from there.
        let stamped = [
            ("cleanup.policy", "delete"),
            ("message.timestamp.type", "LogAppendTime"),
        ];
        let kept = [("cleanup.policy", "delete"), ("retention.ms", "-1")];
        cluster.create(COMPLAINTS, &stamped);
        cluster.create(pass_through::OUTPUT, &kept);
        cluster.create("streams-mailbox", &kept);
        let config = cluster.directory().join("topics.toml");
        std::fs::write(&config, cluster.heard_topics()).expect("the directory can be written");
        let applied = without_settings(&mut Command::new(&settings.heard))
            .arg("--config")
            .arg(&config)
            .args(["--brokers", &cluster.address, "topics", "apply"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status();
        assert!(
            applied.as_ref().is_ok_and(std::process::ExitStatus::success),
            "{} topics apply: {applied:?}",
            settings.heard.display()
        );
        cluster
    }

    /// The bootstrap address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A directory for the files of this run.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The topics section of heard's configuration.
    pub fn heard_topics(&self) -> String {
        format!("[topics]\npartitions = {PARTITIONS}\ninput_partitions = {PARTITIONS}\n")
    }

    /// Settings that reach it.
    pub fn client(&self) -> ClientConfig {
        client(&self.address)
    }

    /// Sends records to a topic and lets `before_commit` be called before they become visible, all at
    /// once: they are one transaction.
    pub fn send<T: WireRecord>(
        &self,
        topic: &str,
        records: impl Iterator<Item = (String, T)>,
        before_commit: impl FnOnce(),
    ) {
        let mut settings = KafkaSettings::new(&self.address, "load");
        settings
            .extra
            .push(("transaction.timeout.ms".into(), "800000".into()));
        let log = KafkaLog::new(settings).expect("the settings are fine");
        let mut producer = log.producer("load").expect("a producer can be made");
        while let Err(error) = producer.init() {
            // A broker that has just started may want to be asked again.
            assert_eq!(error.kind, ErrorKind::Retriable, "{error}");
        }
        let topic = Topic::new(topic);
        let mut encoder = Encoder::<T>::new(Format::SingleObject);
        let mut value = Vec::new();
        producer.begin().expect("a transaction can begin");
        for (key, record) in records {
            value.clear();
            encoder
                .encode(&record, &mut value)
                .expect("the record is of its schema");
            let outgoing = Outgoing {
                topic: &topic,
                partition: None,
                key: Some(key.as_bytes()),
                value: Some(&value),
                headers: &[],
            };
            producer.send(&outgoing).expect("the broker takes it");
        }
        producer.flush(PATIENCE).expect("the broker takes them");
        before_commit();
        producer.commit().expect("the broker commits");
    }

    /// Where the topics end that contestants write to.
    pub fn ends(&self) -> Ends {
        let metadata = self
            .asking
            .fetch_metadata(None, PATIENCE)
            .expect("the broker answers");
        let topics = metadata.topics().iter();
        let topics = topics.filter(|topic| ![COMPLAINTS, CUSTOMERS].contains(&topic.name()));
        let topics = topics.filter(|topic| !topic.name().starts_with("__"));
        let mut ends: Ends = topics
            .map(|topic| {
                let partitions = 0..topic.partitions().len() as i32;
                let end = |partition| self.marks(topic.name(), partition).1;
                (topic.name().to_owned(), partitions.map(end).collect())
            })
            .collect();
        ends.sort();
        ends
    }

    /// Where a partition begins and ends. One that was created just now has no leader for a moment.
    fn marks(&self, topic: &str, partition: i32) -> (i64, i64) {
        let begun = Instant::now();
        loop {
            let error = match self.asking.fetch_watermarks(topic, partition, PATIENCE) {
                Ok(marks) => return marks,
                Err(error) => error,
            };
            let is_young = matches!(
                error.rdkafka_error_code(),
                Some(RDKafkaErrorCode::NotLeaderForPartition | RDKafkaErrorCode::LeaderNotAvailable)
            );
            assert!(
                is_young && begun.elapsed() < PATIENCE,
                "{topic}-{partition}: {error}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// How many records from these offsets on were deleted already, as a contestant does with a mailbox
    /// it has read. Control records are among them, so it is a little too many.
    pub fn deleted(&self, topic: &str, offsets: &[i64]) -> u64 {
        let lost = offsets.iter().enumerate().map(|(partition, offset)| {
            let beginning = self.marks(topic, partition as i32).0;
            u64::try_from(beginning - offset).unwrap_or(0)
        });
        lost.sum()
    }

    /// Waits until what was sent so far is taken in: nothing has been written for a while.
    pub fn settle(&self) {
        let mut ends = self.ends();
        let mut since = Instant::now();
        while since.elapsed() < QUIET {
            std::thread::sleep(Duration::from_millis(250));
            let now = self.ends();
            if now != ends {
                (ends, since) = (now, Instant::now());
            }
        }
    }

    fn create(&self, name: &str, settings: &[(&str, &str)]) {
        let admin: AdminClient<DefaultClientContext> =
            self.client().create().expect("these settings are valid");
        let mut topic = NewTopic::new(name, PARTITIONS, TopicReplication::Fixed(1));
        topic.config = settings.to_vec();
        let created = futures::executor::block_on(admin.create_topics(&[topic], &AdminOptions::new()));
        let created = created.expect("the broker answers");
        created.into_iter().for_each(|topic| {
            topic.expect("a new broker has no such topic");
        });
    }
}

fn client(address: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", address);
    config.set("log_level", "3");
    config
}
