//! Records in topics, as other programs write them.

use std::time::Duration;

use heard::log::kafka::{KafkaLog, KafkaSettings};
use heard::log::{Header, Log, Outgoing, Producer, Topic};
use heard::wire::{Encoder, Format, WireRecord};

use crate::broker::Broker;

/// How long a flush may take.
pub const WAIT: Duration = Duration::from_secs(30);

/// Writes as others do, in one transaction.
pub struct Writer {
    name: &'static str,
    /// What writes.
    pub producer: <KafkaLog as Log>::Producer,
}

impl Writer {
    /// Of the installation of this name.
    pub fn new(name: &'static str) -> Self {
        Self::with(name, name, Vec::new())
    }

    /// With this transactional id and further settings of the client.
    pub fn with(name: &'static str, id: &str, extra: Vec<(String, String)>) -> Self {
        let log = KafkaLog::new(KafkaSettings {
            brokers: Broker::shared().address(),
            client_id: "test".into(),
            extra,
        });
        let mut producer = log.expect("a client").producer(id).expect("a producer");
        producer.init().expect("init");
        producer.begin().expect("begin");
        Self { name, producer }
    }

    /// Adds a record to the first partition of a topic.
    pub fn send(&mut self, topic: &str, key: Option<&[u8]>, value: Option<&[u8]>, headers: &[Header<'_>]) {
        let topic = Topic::new(&format!("{}.{topic}", self.name));
        let record = Outgoing {
            topic: &topic,
            partition: Some(0),
            key,
            value,
            headers,
        };
        self.producer.send(&record).expect("send");
    }

    /// Ends the transaction.
    pub fn commit(mut self) {
        self.producer.flush(WAIT).expect("flush");
        self.producer.commit().expect("commit");
    }
}

/// A record as it is written.
pub fn encoded<T: WireRecord>(record: &T, format: Format) -> Vec<u8> {
    let mut value = Vec::new();
    Encoder::new(format)
        .encode(record, &mut value)
        .expect("it encodes");
    value
}
