//! Sends planned records to the input topics, in transactions of a thousand.

use std::collections::HashMap;
use std::time::Duration;

use thiserror::Error;

use super::build::Input;
use super::plan::Planned;
use super::rows::Rejected;
use crate::config::{TopicKind, TopicSettings};
use crate::log::{ErrorKind, Log, LogError, Outgoing, Producer, Topic};
use crate::model::{Complaint, Response, Survey, Update};
use crate::wire::{EncodeError, Encoder};

/// Records of one transaction.
const BATCH: usize = 1000;
/// How often a batch is tried.
const ATTEMPTS: u32 = 5;
/// How long the brokers may take to acknowledge a batch.
const FLUSH: Duration = Duration::from_secs(30);

/// Sending ended early. What was committed before stays; sending it again does no harm, since a
/// message counts once (DESIGN.md 5.1).
#[derive(Debug, Error)]
#[error("after {sent} records: {cause}. Start again with the same files: what was sent counts once.")]
pub struct SendError {
    /// Records committed before.
    pub sent: u64,
    /// What the log said.
    #[source]
    pub cause: LogError,
}

/// What turns inputs into bytes.
pub struct InputEncoders {
    /// Of complaints.
    pub complaint: Encoder<Complaint>,
    /// Of responses.
    pub response: Encoder<Response>,
    /// Of updates.
    pub update: Encoder<Update>,
    /// Of surveys.
    pub survey: Encoder<Survey>,
}

impl InputEncoders {
    fn encode(&mut self, input: &Input, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match input {
            Input::Complaint(complaint) => self.complaint.encode(complaint, out),
            Input::Response(response) => self.response.encode(response, out),
            Input::Update(update) => self.update.encode(update, out),
            Input::Survey(survey) => self.survey.encode(survey, out),
        }
    }
}

/// Writes records to input topics.
pub struct Sender<'s, L: Log> {
    log: &'s L,
    producer: L::Producer,
    transactional_id: String,
    encoders: InputEncoders,
    topics: &'s TopicSettings,
    names: HashMap<(bool, String), Topic>,
    updates: Topic,
    surveys: Topic,
}

impl<'s, L: Log> Sender<'s, L> {
    /// A sender of its own transactional id. Two senders of one id would end each other.
    ///
    /// # Errors
    /// What the log says.
    pub fn new(
        log: &'s L,
        transactional_id: String,
        encoders: InputEncoders,
        topics: &'s TopicSettings,
    ) -> Result<Self, LogError> {
        let mut producer = log.producer(&transactional_id)?;
        init(&mut producer)?;
        Ok(Self {
            log,
            producer,
            transactional_id,
            encoders,
            topics,
            names: HashMap::new(),
            updates: topics.topic(TopicKind::Updates),
            surveys: topics.topic(TopicKind::Surveys),
        })
    }

    /// Sends the records in their order, `progress` hears of each batch committed. The key is the
    /// conversation's id, so that a conversation's inputs keep their order; of a survey without one, its
    /// own. Returns the records that
    /// no topic takes, being too large.
    ///
    /// # Errors
    /// [`SendError`], after some attempts.
    pub fn send(
        &mut self,
        records: &[&Planned],
        mut progress: impl FnMut(u64),
    ) -> Result<Vec<Rejected>, SendError> {
        let mut rejected = Vec::new();
        let mut sent = 0;
        for batch in records.chunks(BATCH) {
            let refused = self.batch(batch).map_err(|cause| SendError { sent, cause })?;
            rejected.extend(refused);
            sent += batch.len() as u64;
            progress(batch.len() as u64);
        }
        Ok(rejected)
    }

    /// A batch whose outcome is not known is sent again: the copies have no effect.
    fn batch(&mut self, batch: &[&Planned]) -> Result<Vec<Rejected>, LogError> {
        let mut attempt = 1;
        loop {
            let error = match self.transaction(batch) {
                Ok(rejected) => return Ok(rejected),
                Err(error) => error,
            };
            if attempt == ATTEMPTS || matches!(error.kind, ErrorKind::Fatal | ErrorKind::Fenced) {
                return Err(error);
            }
            tracing::warn!(attempt, %error, "a batch of ingest is tried again");
            attempt += 1;
            if error.kind == ErrorKind::Unknown || self.producer.abort().is_err() {
                self.producer = self.log.producer(&self.transactional_id)?;
                init(&mut self.producer)?;
            }
        }
    }

    fn transaction(&mut self, batch: &[&Planned]) -> Result<Vec<Rejected>, LogError> {
        let mut rejected = Vec::new();
        let mut value = Vec::new();
        self.producer.begin()?;
        for Planned { origin, input } in batch {
            let mut reject = |reason: String| {
                rejected.push(Rejected {
                    origin: origin.clone(),
                    reason,
                })
            };
            value.clear();
            if let Err(error) = self.encoders.encode(input, &mut value) {
                reject(error.to_string());
                continue;
            }
            let topic = self.topic(input);
            let outgoing = Outgoing {
                topic: &topic,
                partition: None,
                key: Some(input.conversation_id().unwrap_or(input.id()).as_bytes()),
                value: Some(&value),
                headers: &[],
            };
            match self.producer.send(&outgoing) {
                Ok(()) => {}
                Err(error) if error.kind == ErrorKind::TooLarge => {
                    reject(format!(
                        "at {} bytes it is larger than {topic} takes",
                        value.len()
                    ));
                }
                Err(error) => return Err(error),
            }
        }
        self.producer.flush(FLUSH)?;
        self.producer.commit()?;
        Ok(rejected)
    }

    fn topic(&mut self, input: &Input) -> Topic {
        let (is_complaint, channel) = match input {
            Input::Complaint(complaint) => (true, &complaint.channel),
            Input::Response(response) => (false, &response.channel),
            Input::Update(_) => return self.updates.clone(),
            Input::Survey(_) => return self.surveys.clone(),
        };
        let named = self.names.entry((is_complaint, channel.to_string()));
        let topics = self.topics;
        named
            .or_insert_with(|| match is_complaint {
                true => topics.complaints(channel),
                false => topics.responses(channel),
            })
            .clone()
    }
}

/// Takes hold of the transactional id; a broker that has just started may want to be asked again.
fn init(producer: &mut impl Producer) -> Result<(), LogError> {
    let mut attempt = 1;
    loop {
        match producer.init() {
            Err(error) if error.kind == ErrorKind::Retriable && attempt < ATTEMPTS => attempt += 1,
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{InputEncoders, Sender};
    use crate::config::{RuleSettings, TopicSettings};
    use crate::ingest::build::Input;
    use crate::ingest::plan::Planned;
    use crate::ingest::rows::Origin;
    use crate::log::memory::{Fate, Faults, MemoryLog};
    use crate::log::{ErrorKind, Log};
    use crate::model::Complaint;
    use crate::wire::{Encoder, Format};

    /// Sends 2,500 records while `disturb` has planned faults; how often each arrived.
    fn send(disturb: impl FnOnce(&Faults)) -> BTreeMap<Vec<u8>, usize> {
        let log = MemoryLog::simulated();
        let topics = TopicSettings::default();
        log.create_topics(&topics.specs(&RuleSettings::default()))
            .expect("created");
        let planned = |n: u64| Planned {
            origin: Origin { file: 0, line: n },
            input: Input::Complaint(Box::new(Complaint {
                id: n.to_string().into(),
                channel: "email".into(),
                ..Complaint::default()
            })),
        };
        let records: Vec<_> = (0..2500).map(planned).collect();
        let encoders = InputEncoders {
            complaint: Encoder::new(Format::SingleObject),
            response: Encoder::new(Format::SingleObject),
            update: Encoder::new(Format::SingleObject),
            survey: Encoder::new(Format::SingleObject),
        };
        let mut sender = Sender::new(&log, "ingest".into(), encoders, &topics).expect("a producer");
        disturb(&log.faults());
        let mut told = 0;
        let rejected = sender.send(&records.iter().collect::<Vec<_>>(), |n| told += n);
        assert_eq!((rejected.expect("sent"), told), (Vec::new(), 2500));
        assert!(log.is_settled(), "nothing is left open");
        let mut arrived = BTreeMap::new();
        for record in log.dump(&topics.complaints("email")) {
            *arrived.entry(record.key.expect("each has a key")).or_default() += 1;
        }
        arrived
    }

    #[test]
    fn each_record_arrives_once() {
        let arrived = send(|_| ());
        assert!(arrived.len() == 2500 && arrived.values().all(|&n| n == 1));
    }

    #[test]
    fn a_commit_of_unknown_outcome_loses_nothing() {
        for (fate, twice) in [(Fate::Never, 0), (Fate::Now, 1000)] {
            let arrived = send(|faults| faults.lose_commit("ingest", fate));
            assert_eq!(arrived.len(), 2500, "{fate:?}");
            assert_eq!(arrived.values().filter(|&&n| n == 2).count(), twice, "{fate:?}");
        }
    }

    #[test]
    fn what_was_aborted_is_sent_again_and_seen_once() {
        let mut calls = 0;
        let arrived = send(move |faults| {
            faults.fail(move |_| {
                calls += 1;
                (calls == 1500).then_some(ErrorKind::Abortable)
            });
        });
        assert!(arrived.len() == 2500 && arrived.values().all(|&n| n == 1));
    }
}
