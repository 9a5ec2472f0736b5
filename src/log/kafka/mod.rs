//! The log over Kafka, by way of librdkafka.
//!
//! Follows ENGINE.md, "Workers and transactions" and "The client". Everything that knows the client
//! library is in this folder:
//!
//! | file | holds |
//! |---|---|
//! | settings | how to reach the brokers; what each kind of client is set to |
//! | pass | which client settings users may set, and which are refused |
//! | consumer | a member of a group |
//! | producer | a transactional producer |
//! | reader | reading outside any group |
//! | admin | questions to the brokers, topics, deletion |
//! | context | what the library tells between calls |
//! | time | what time it is at a broker |
//! | describe | how topics are kept, for `heard topics` |
//! | removal | takes topics and groups away, for `heard rebuild` |
//! | rights | what may be read, written and deleted, by trying |
//! | errors, fetch, lists | its errors, records and lists in our terms |

mod admin;
mod codes;
mod consumer;
mod context;
mod describe;
mod errors;
mod fetch;
mod lists;
mod pass;
mod producer;
mod reader;
mod removal;
mod rights;
mod settings;
mod time;
mod watched;

use std::sync::Arc;

pub use codes::kind_of;
pub use consumer::{KafkaConsumer, KafkaMembership};
pub use pass::{check_setting, is_known_setting, known_settings};
pub use producer::KafkaProducer;
pub use reader::KafkaReader;
pub use settings::{KafkaSettings, SettingsError};

use super::{
    CommittedOffset, Ends, GroupSettings, Isolation, Log, LogError, Topic, TopicPartition, TopicSpec,
};
use crate::model::Millis;
use admin::Admin;
use time::TimeTeller;

/// The version of the client library.
pub fn client_version() -> String {
    rdkafka::util::get_rdkafka_version().1
}

/// A Kafka cluster. Making one opens no connection; the first call does.
#[derive(Clone)]
pub struct KafkaLog {
    settings: Arc<KafkaSettings>,
    admin: Arc<Admin>,
    time: Arc<TimeTeller>,
}

impl KafkaLog {
    /// The cluster that these settings reach.
    ///
    /// # Errors
    /// Settings that can be seen to be wrong without a connection.
    pub fn new(settings: KafkaSettings) -> Result<Self, SettingsError> {
        Ok(Self {
            admin: Arc::new(Admin::new(&settings)?),
            time: Arc::default(),
            settings: Arc::new(settings),
        })
    }
}

impl KafkaLog {
    /// Asks until a broker answers; how many there are in the cluster. `about` is a topic of ours: the
    /// whole list of topics may be long.
    ///
    /// # Errors
    /// Why no broker answered within this time.
    pub fn reach(&self, about: &Topic, within: std::time::Duration) -> Result<usize, LogError> {
        self.admin.reach(about, within)
    }
}

impl Log for KafkaLog {
    type Membership = KafkaMembership;
    type Consumer = KafkaConsumer;
    type Producer = KafkaProducer;
    type Reader = KafkaReader;

    fn consumer(&self, settings: &GroupSettings) -> Result<KafkaConsumer, LogError> {
        KafkaConsumer::join(&self.settings, settings)
    }

    fn producer(&self, transactional_id: &str) -> Result<KafkaProducer, LogError> {
        KafkaProducer::create(&self.settings, transactional_id)
    }

    fn reader(&self, from: &[(TopicPartition, i64)], isolation: Isolation) -> Result<KafkaReader, LogError> {
        KafkaReader::open(&self.settings, from, isolation)
    }

    fn partitions(&self, topics: &[Topic]) -> Result<Vec<(Topic, i32)>, LogError> {
        self.admin.partitions(topics)
    }

    fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        self.admin.create_topics(topics)
    }

    fn committed(
        &self,
        group: &str,
        partitions: &[TopicPartition],
    ) -> Result<Vec<Option<CommittedOffset>>, LogError> {
        self.admin.committed(group, partitions)
    }

    fn ends(&self, partitions: &[TopicPartition]) -> Result<Vec<Ends>, LogError> {
        self.admin.ends(partitions)
    }

    fn offsets_at(&self, partitions: &[TopicPartition], time: i64) -> Result<Vec<Option<i64>>, LogError> {
        self.admin.offsets_at(partitions, time)
    }

    fn delete_records(&self, before: &[(TopicPartition, i64)]) -> Result<(), LogError> {
        self.admin.delete_records(before)
    }

    fn time(&self, at: &TopicPartition, key: &[u8]) -> Result<Option<Millis>, LogError> {
        self.time.ask(&self.settings, at, key)
    }
}
