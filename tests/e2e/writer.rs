//! Records in topics, as other programs write them.

use std::time::Duration;

use heard::log::kafka::{KafkaLog, KafkaProducer, KafkaSettings};
use heard::log::{ErrorKind, Header, Log, LogError, Outgoing, Producer, Topic};
use heard::wire::{Encoder, Format, WireRecord};

use crate::broker::Broker;

/// How long a flush may take.
pub const WAIT: Duration = Duration::from_secs(30);

/// Writes as others do, in one transaction.
pub struct Writer {
    name: &'static str,
    /// What writes.
    pub producer: <KafkaLog as Log>::Producer,
    /// What it has sent.
    sent: Vec<Record>,
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
        // A broker that has just started, on a busy machine, may not have loaded its transactions yet.
        let mut attempts = 1;
        while let Err(error) = producer.init() {
            assert!(
                error.kind == ErrorKind::Retriable && attempts < 5,
                "init: {error}"
            );
            attempts += 1;
        }
        producer.begin().expect("begin");
        Self {
            name,
            producer,
            sent: Vec::new(),
        }
    }

    /// Adds a record to the first partition of a topic.
    pub fn send(&mut self, topic: &str, key: Option<&[u8]>, value: Option<&[u8]>, headers: &[Header<'_>]) {
        let headers = headers.iter();
        let record = Record {
            topic: Topic::new(&format!("{}.{topic}", self.name)),
            key: key.map(<[u8]>::to_vec),
            value: value.map(<[u8]>::to_vec),
            headers: headers
                .map(|header| (header.name.to_owned(), header.value.map(<[u8]>::to_vec)))
                .collect(),
        };
        record.send(&mut self.producer).expect("send");
        self.sent.push(record);
    }

    /// Ends the transaction; tells it again where the client is not sure of it, as it may be in topics that were just made.
    pub fn commit(mut self) {
        let mut attempts = 1;
        while let Err(error) = self.producer.flush(WAIT) {
            assert!(
                error.kind == ErrorKind::Abortable && attempts < 10,
                "flush: {error}"
            );
            attempts += 1;
            self.producer.abort().expect("abort");
            self.producer.begin().expect("begin");
            for record in &self.sent {
                record.send(&mut self.producer).expect("send");
            }
        }
        self.producer.commit().expect("commit");
    }
}

/// A record that was sent.
struct Record {
    topic: Topic,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Record {
    fn send(&self, producer: &mut KafkaProducer) -> Result<(), LogError> {
        let headers = self.headers.iter();
        let headers: Vec<_> = headers
            .map(|(name, value)| Header {
                name,
                value: value.as_deref(),
            })
            .collect();
        producer.send(&Outgoing {
            topic: &self.topic,
            partition: Some(0),
            key: self.key.as_deref(),
            value: self.value.as_deref(),
            headers: &headers,
        })
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
