//! The contract suite on real Kafka.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use heard::log::kafka::{KafkaLog, KafkaSettings};

use crate::broker::Broker;
use crate::contract::World;

/// The broker that all tests share; each uses topics, groups and ids of its own.
pub struct Kafka {
    log: KafkaLog,
}

impl Kafka {
    pub fn new() -> Self {
        static LOG: OnceLock<KafkaLog> = OnceLock::new();
        let log = LOG.get_or_init(|| Self::with(&[]).log);
        Self { log: log.clone() }
    }

    /// With settings of the client library.
    pub fn with(extra: &[(&str, &str)]) -> Self {
        Self::on(Broker::shared(), extra)
    }

    /// On a broker of its own.
    pub fn on(broker: &Broker, extra: &[(&str, &str)]) -> Self {
        let mut settings = KafkaSettings::new(&broker.address(), "test");
        settings.extra = extra
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        let log = KafkaLog::new(settings).expect("the settings are valid");
        Self { log }
    }
}

impl World for Kafka {
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

crate::contract::suite!(crate::kafka_contract::Kafka::new());
