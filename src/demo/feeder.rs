//! Writes lines of the story into the input topics, as integrations would.

use std::time::Duration;

use super::story::{Line, Record};
use crate::config::{TopicKind, TopicSettings};
use crate::log::{ErrorKind, Log, LogError, Outgoing, Producer, Topic};
use crate::model::{Complaint, Customer, Response, Survey, Update};
use crate::wire::{Encoder, Format, WireRecord};

/// How often lines are sent before that is given up. A copy of a line does no harm.
const ATTEMPTS: u32 = 5;
const FLUSH: Duration = Duration::from_secs(30);

/// A producer, and where to.
pub(super) struct Feeder<L: Log> {
    log: L,
    producer: L::Producer,
    id: String,
    topics: TopicSettings,
}

impl<L: Log> Feeder<L> {
    /// A feeder with this transactional id.
    pub fn new(log: &L, id: String, topics: TopicSettings) -> Result<Self, LogError> {
        let producer = ready(log, &id)?;
        Ok(Self {
            log: log.clone(),
            producer,
            id,
            topics,
        })
    }

    /// Sends lines in one transaction.
    pub fn send(&mut self, lines: &[Line]) -> Result<(), LogError> {
        if lines.is_empty() {
            return Ok(());
        }
        let records: Vec<_> = lines.iter().map(|line| self.encoded(&line.record)).collect();
        let mut attempt = 1;
        loop {
            match self.transaction(&records) {
                Ok(()) => return Ok(()),
                Err(error) if attempt == ATTEMPTS || error.kind == ErrorKind::Fatal => return Err(error),
                Err(_) => self.producer = ready(&self.log, &self.id)?,
            }
            attempt += 1;
        }
    }

    fn transaction(&mut self, records: &[(Topic, String, Vec<u8>)]) -> Result<(), LogError> {
        self.producer.begin()?;
        for (topic, key, value) in records {
            self.producer.send(&Outgoing {
                topic,
                partition: None,
                key: Some(key.as_bytes()),
                value: Some(value),
                headers: &[],
            })?;
        }
        self.producer.flush(FLUSH)?;
        self.producer.commit()
    }

    /// Topic, key and value of a record.
    fn encoded(&self, record: &Record) -> (Topic, String, Vec<u8>) {
        let topics = &self.topics;
        match record {
            Record::Complaint(said) => {
                let key = said.conversation_id.as_ref().unwrap_or(&said.id);
                (
                    topics.complaints(&said.channel),
                    key.to_string(),
                    value::<Complaint>(said),
                )
            }
            Record::Response(reply) => (
                topics.responses(&reply.channel),
                reply.conversation_id.to_string(),
                value::<Response>(reply),
            ),
            Record::Update(update) => (
                topics.topic(TopicKind::Updates),
                update.conversation_id.to_string(),
                value::<Update>(update),
            ),
            Record::Customer(customer) => (
                topics.topic(TopicKind::Customers),
                customer.customer_id.to_string(),
                value::<Customer>(customer),
            ),
            Record::Survey(survey) => (
                topics.topic(TopicKind::Surveys),
                survey.conversation_id.as_ref().unwrap_or(&survey.id).to_string(),
                value::<Survey>(survey),
            ),
        }
    }
}

fn ready<L: Log>(log: &L, id: &str) -> Result<L::Producer, LogError> {
    let mut producer = log.producer(id)?;
    producer.init()?;
    Ok(producer)
}

fn value<T: WireRecord>(record: &T) -> Vec<u8> {
    let mut value = Vec::new();
    let encoded = Encoder::new(Format::SingleObject).encode(record, &mut value);
    encoded.expect("the story's records are of our own schemas");
    value
}
