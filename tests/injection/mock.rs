//! Mock brokers that answer as they are told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use heard::log::kafka::{KafkaLog, KafkaSettings};
use heard::log::{Topic, TopicPartition};
use rdkafka::mocking::{MockCluster, MockCoordinator};
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaErrorCode, RDKafkaRespErr};

use crate::contract::World;

/// The broker that leads every partition, the one that coordinates transactions, and the one that coordinates groups.
pub const LEADER: i32 = 1;
pub const TRANSACTIONS: i32 = 2;
pub const GROUPS: i32 = 3;

/// Three brokers, each with one role.
pub struct Mock {
    pub brokers: MockCluster<'static, DefaultProducerContext>,
    log: KafkaLog,
}

impl Mock {
    /// Brokers without a topic, and a log over them with these settings of the client library.
    pub fn start(extra: &[(&str, &str)]) -> Self {
        let brokers = MockCluster::new(3).expect("a port is free");
        let mut settings = KafkaSettings::new(&brokers.bootstrap_servers(), "test");
        settings.extra = extra
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        let log = KafkaLog::new(settings).expect("the settings are valid");
        Self { brokers, log }
    }

    /// A partition of a new topic.
    pub fn partition(&self) -> TopicPartition {
        let topic = self.fresh("topic");
        self.brokers.create_topic(&topic, 1, 3).expect("it is new");
        self.brokers
            .partition_leader(&topic, 0, Some(LEADER))
            .expect("there is such a broker");
        TopicPartition::new(Topic::new(&topic), 0)
    }

    /// The name of a new group, with its coordinator.
    pub fn group(&self) -> String {
        let group = self.fresh("group");
        self.coordinates(MockCoordinator::Group(group.clone()), GROUPS);
        group
    }

    /// A new transactional id, with its coordinator.
    pub fn id(&self) -> String {
        let id = self.fresh("id");
        self.coordinates(MockCoordinator::Transaction(id.clone()), TRANSACTIONS);
        id
    }

    fn coordinates(&self, what: MockCoordinator, broker: i32) {
        self.brokers
            .coordinator(what, broker)
            .expect("there is such a broker");
    }

    /// The next requests of this kind are answered with these errors, all after them as ever.
    pub fn answers(&self, request: RDKafkaApiKey, errors: &[RDKafkaErrorCode]) {
        self.brokers.clear_request_errors(request);
        let errors: Vec<_> = errors.iter().map(|code| number(*code)).collect();
        self.brokers.request_errors(request, &errors);
    }

    /// So long an answer of this broker takes.
    pub fn takes(&self, broker: i32, delay: Duration) {
        self.brokers
            .broker_round_trip_time(broker, delay)
            .expect("there is such a broker");
    }
}

impl World for Mock {
    type Log = KafkaLog;

    fn log(&self) -> &KafkaLog {
        &self.log
    }

    fn fresh(&self, stem: &str) -> String {
        static NAMES: AtomicU64 = AtomicU64::new(0);
        format!("{stem}-{}", NAMES.fetch_add(1, Ordering::Relaxed))
    }

    fn pass(&self) {
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// All errors that a broker may answer with.
pub fn broker_errors() -> impl Iterator<Item = RDKafkaErrorCode> {
    (1..200)
        .filter_map(|number| RDKafkaRespErr::try_from(number).ok())
        .map(RDKafkaErrorCode::from)
        .filter(|code| *code != RDKafkaErrorCode::EndAll)
}

/// Its number in the protocol.
fn number(code: RDKafkaErrorCode) -> RDKafkaRespErr {
    (-200..200)
        .filter_map(|number| RDKafkaRespErr::try_from(number).ok())
        .find(|number| RDKafkaErrorCode::from(*number) == code)
        .expect("it has one")
}
