//! What time it is at a broker.
//!
//! No request asks for it. But a record of a topic with [`APPEND_TIME`](crate::log::APPEND_TIME) gets the broker's time,
//! which comes back with its acknowledgement.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, ProducerContext};
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Message, Timestamp};

use super::context::{forward, report};
use super::errors;
use super::settings::{KafkaSettings, REQUEST_TIMEOUT};
use crate::log::{ErrorKind, LogError, TopicPartition};
use crate::model::Millis;

/// How long one wait for the acknowledgement takes. The library's poll does not return early.
const STEP: Duration = Duration::from_millis(5);

/// How much longer than its time-out the library may take to say that a record was not taken in.
const OVERTIME: Duration = Duration::from_secs(1);

/// Asks brokers for their time, one at a time.
#[derive(Default)]
pub(super) struct TimeTeller {
    /// Made for the first question. After one without an answer it gives way to a new one, which asks other brokers.
    client: Mutex<Option<BaseProducer<TimeContext>>>,
}

impl TimeTeller {
    /// See [`Log::time`](crate::log::Log::time).
    pub fn ask(
        &self,
        settings: &KafkaSettings,
        at: &TopicPartition,
        key: &[u8],
    ) -> Result<Option<Millis>, LogError> {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = match client.take() {
            Some(client) => client,
            None => settings
                .time_producer()
                .create_with_context(TimeContext)
                .map_err(|e| LogError::new(ErrorKind::Fatal, DURING, e.to_string()))?,
        };
        let answer = put(&asked, at, key);
        if !answer
            .as_ref()
            .is_err_and(|error| error.kind == ErrorKind::Retriable)
        {
            *client = Some(asked);
        }
        answer
    }
}

const DURING: &str = "asking for the brokers' time";

/// Writes the record and waits for its time.
fn put(
    client: &BaseProducer<TimeContext>,
    at: &TopicPartition,
    key: &[u8],
) -> Result<Option<Millis>, LogError> {
    let (tell, told) = sync_channel(1);
    let record: BaseRecord<'_, [u8], (), _> = BaseRecord::with_opaque_to(at.topic.as_str(), Box::new(tell))
        .partition(at.partition)
        .key(key);
    client
        .send(record)
        .map_err(|(error, _)| errors::request(DURING, &error))?;
    let deadline = Instant::now() + REQUEST_TIMEOUT + OVERTIME;
    match wait(client, &told, deadline) {
        Some(Ok(Timestamp::LogAppendTime(ms))) => Ok(Some(Millis(ms))),
        Some(Ok(_)) => Ok(None),
        Some(Err(code)) => {
            // There is no transaction to be aborted: it is asked again.
            let kind = match errors::kind_of(code) {
                ErrorKind::Abortable => ErrorKind::Retriable,
                kind => kind,
            };
            let denied = errors::is_denial(code);
            Err(LogError::new(kind, DURING, format!("{at}: {code}")).denied(denied))
        }
        None => {
            let detail = format!("{at}: the client does not say what became of it");
            Err(LogError::new(ErrorKind::Retriable, DURING, detail))
        }
    }
}

/// Lets the library work until it has told of the record; `None` if it does not.
fn wait(client: &BaseProducer<TimeContext>, told: &Receiver<Told>, deadline: Instant) -> Option<Told> {
    loop {
        client.poll(STEP);
        match told.try_recv() {
            Ok(told) => return Some(told),
            Err(TryRecvError::Empty) if Instant::now() < deadline => {}
            Err(_) => return None,
        }
    }
}

/// What became of a record: its time, or why it was not taken in.
type Told = Result<Timestamp, RDKafkaErrorCode>;

/// Hands on what became of each record to whoever waits for it.
struct TimeContext;

impl ClientContext for TimeContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        forward(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        report(&error, reason);
    }

    fn stats(&self, _: Statistics) {}
}

impl ProducerContext for TimeContext {
    type DeliveryOpaque = Box<SyncSender<Told>>;

    fn delivery(&self, result: &DeliveryResult<'_>, tell: Box<SyncSender<Told>>) {
        let told = match result {
            Ok(message) => Ok(message.timestamp()),
            Err((error, _)) => Err(errors::code_of(error).unwrap_or(RDKafkaErrorCode::Fail)),
        };
        // Whoever asked may have given up.
        let _ = tell.try_send(told);
    }
}
