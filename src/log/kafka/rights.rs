//! What the brokers let us do with topics, by trying it without leaving anything behind.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer as _, ProducerContext};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Message as _, Offset, TopicPartitionList};

use super::context::ReadContext;
use super::{KafkaLog, errors};
use crate::log::{ErrorKind, LogError, Topic, TopicPartition};

/// The key of the records that no broker takes.
const KEY: &[u8] = b"heard.check";

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(5);

impl KafkaLog {
    /// Which of these topics, which must exist, may not be read. Reads partition 0 of each from its
    /// end.
    ///
    /// # Errors
    /// The question was not answered within this time.
    pub fn unreadable(&self, topics: &[Topic], within: Duration) -> Result<Vec<Topic>, LogError> {
        let during = "trying to read";
        let fail = |e: &KafkaError| errors::request(during, e);
        let client: BaseConsumer<ReadContext> = self
            .settings
            .trial_reader()
            .create_with_context(ReadContext::default())
            .map_err(|e| LogError::new(ErrorKind::Fatal, during, e.to_string()))?;
        let client = Arc::new(client);
        let mut list = TopicPartitionList::with_capacity(topics.len());
        for topic in topics {
            list.add_partition(topic.as_str(), 0)
                .set_offset(Offset::End)
                .map_err(|e| fail(&e))?;
        }
        // A queue for each: the end of a partition, and an error, come without their topic.
        let queue = |topic: &Topic| Some((topic.clone(), client.split_partition_queue(topic.as_str(), 0)?));
        let mut waiting: Vec<_> = topics.iter().filter_map(queue).collect();
        client.assign(&list).map_err(|e| fail(&e))?;
        let deadline = Instant::now() + within;
        let mut unreadable = Vec::new();
        while !waiting.is_empty() {
            if Instant::now() > deadline {
                return Err(LogError::new(ErrorKind::Retriable, during, "no answer in time"));
            }
            if let Some(Err(e)) = client.poll(PAUSE) {
                tracing::debug!(error = %e, "while trying to read");
            }
            let mut failed = None;
            waiting.retain(|(topic, queue)| match queue.poll(Duration::ZERO) {
                None => true,
                Some(Ok(_) | Err(KafkaError::PartitionEOF(_))) => false,
                Some(Err(e)) if errors::code_of(&e).is_some_and(denies) => {
                    unreadable.push(topic.clone());
                    false
                }
                Some(Err(e)) => {
                    let error = fail(&e);
                    let waits = error.kind == ErrorKind::Retriable;
                    failed = failed.take().or((!waits).then_some(error));
                    waits
                }
            });
            if let Some(error) = failed {
                return Err(error);
            }
        }
        Ok(unreadable)
    }

    /// Whether a group may be used. `partition` is any that exists.
    ///
    /// # Errors
    /// The question was not answered.
    pub fn may_use_group(&self, group: &str, partition: &TopicPartition) -> Result<bool, LogError> {
        self.admin.may_ask_group(group, partition)
    }

    /// Which of these topics, which must exist, may not be written to. Sends a record to each that
    /// brokers refuse for its form, after they have looked at the right to write: nothing is written.
    ///
    /// # Errors
    /// The question was not answered within this time.
    pub fn unwritable(&self, topics: &[Topic], within: Duration) -> Result<Vec<Topic>, LogError> {
        let during = "trying to write";
        let producer: BaseProducer<Answers> = self
            .settings
            .trial_producer()
            .set("message.timeout.ms", within.as_millis().to_string())
            .create_with_context(Answers::default())
            .map_err(|e| LogError::new(ErrorKind::Fatal, during, e.to_string()))?;
        for topic in topics {
            let record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic.as_str()).partition(0).key(KEY);
            producer
                .send(record)
                .map_err(|(e, _)| errors::request(during, &e))?;
        }
        producer.flush(within).map_err(|e| errors::request(during, &e))?;
        let answers = producer
            .context()
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut unwritable = Vec::new();
        for topic in topics {
            match answers.get(topic.as_str()) {
                // As intended; or taken after all, which does not hurt: a deletion of nothing.
                Some(None | Some(RDKafkaErrorCode::InvalidRequiredAcks)) => {}
                Some(Some(code)) if errors::is_denial(*code) => unwritable.push(topic.clone()),
                Some(Some(code)) => return Err(errors::answer(during, topic, *code)),
                None => return Err(LogError::new(ErrorKind::Retriable, during, "no answer in time")),
            }
        }
        Ok(unwritable)
    }
}

/// Whether it means that we may not read. The library does not say more when it may not ask for the end.
fn denies(code: RDKafkaErrorCode) -> bool {
    errors::is_denial(code) || code == RDKafkaErrorCode::AutoOffsetReset
}

/// What brokers answered, by topic; `None`: the record was taken.
#[derive(Default)]
struct Answers(Mutex<BTreeMap<String, Option<RDKafkaErrorCode>>>);

impl ClientContext for Answers {}

impl ProducerContext for Answers {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let (topic, code) = match result {
            Ok(message) => (message.topic(), None),
            Err((error, message)) => {
                let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail);
                (message.topic(), Some(code))
            }
        };
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.insert(topic.to_owned(), code);
    }
}
