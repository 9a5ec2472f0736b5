//! Sends the letters of a plan, each with its mark in one transaction.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::letters::{Letter, Letters};
use super::plan::Plan;
use super::replay::line;
use crate::cli::Failure;
use crate::cli::connect::{self, PartitionRange};
use crate::config::{Settings, TopicKind};
use crate::log::{ErrorKind, Header, Log, LogError, Outgoing, Producer, Record, Topic, TopicPartition};
use crate::model::Millis;
use crate::wire::dead_letter::own_headers;
use crate::wire::{DeadLetter, LetterId, Replayed};

/// A transaction is committed when it has so many letters, so many bytes, or is so old: well before the
/// brokers end it, and before they have to buffer much.
const LETTERS: usize = 500;
const BYTES: usize = 4 << 20;
const AGE: Duration = Duration::from_secs(2);

/// How long brokers may take to acknowledge a transaction's records.
const PATIENCE: Duration = Duration::from_secs(10);

/// The transaction that is open.
struct Open {
    since: Instant,
    lines: Vec<String>,
    bytes: usize,
}

/// A replay that sends.
pub(super) struct Sending<'s, P> {
    settings: &'s Settings,
    /// The topics that letters go back to, by name.
    topics: BTreeMap<String, Topic>,
    dead_letters: Topic,
    producer: P,
    open: Option<Open>,
    /// What is said of each letter whose transaction was committed.
    pub told: Vec<String>,
    /// Letters that the client does not take for their size.
    pub too_large: Vec<LetterId>,
}

impl<'s, P: Producer> Sending<'s, P> {
    /// Will send the letters of a plan with this producer, which has taken hold of its id.
    pub fn new(settings: &'s Settings, producer: P, letters: &Letters, plan: &Plan) -> Self {
        let sent = plan.send.keys().filter_map(|id| letters.get(*id));
        let topic = |letter: &Letter| (letter.envelope.topic.clone(), Topic::new(&letter.envelope.topic));
        Self {
            settings,
            topics: sent.map(topic).collect(),
            dead_letters: settings.topics.topic(TopicKind::DeadLetters),
            producer,
            open: None,
            told: Vec::new(),
            too_large: Vec::new(),
        }
    }

    /// Ends what failed, so that readers need not wait for the transaction's time-out. What failed is told
    /// already.
    pub fn abort(&mut self) {
        let _ = self.producer.abort();
    }

    /// Reads the letters of the plan once more, which were too many to keep, and sends each.
    pub fn send_all(&mut self, log: &impl Log, letters: &Letters, plan: &Plan) -> Result<(), Failure> {
        let ranges = spans(plan.send.keys().copied(), &self.dead_letters);
        let settings = self.settings;
        connect::read_ranges(settings, log, ranges, true, |_, record| {
            let id = LetterId::of(record);
            if let (Some(to), Some(letter)) = (plan.send.get(&id), letters.get(id)) {
                self.send(record, letter, *to)
                    .map_err(|cause| self.failure(cause))?;
            }
            if self.open.as_ref().is_some_and(Open::is_full) {
                self.commit()?;
            }
            Ok(())
        })?;
        self.commit()
    }

    /// Sends a letter's record and its mark.
    fn send(&mut self, record: &Record<'_>, letter: &Letter, to: Option<i32>) -> Result<(), LogError> {
        let Some(topic) = self.topics.get(&letter.envelope.topic) else {
            return Ok(());
        };
        let open = match &mut self.open {
            Some(open) => open,
            none => {
                self.producer.begin()?;
                none.insert(Open::new())
            }
        };
        let attempts = letter.envelope.attempts.to_string();
        let counted = DeadLetter::replay_header(&attempts);
        let headers: Vec<Header<'_>> = own_headers(record).chain([counted]).collect();
        let sent = self.producer.send(&Outgoing {
            topic,
            partition: to,
            key: record.key,
            value: record.value,
            headers: &headers,
        });
        match sent {
            Err(error) if error.kind == ErrorKind::TooLarge => {
                self.too_large.push(letter.id);
                return Ok(());
            }
            sent => sent?,
        }
        let mark = Replayed {
            letter: letter.id,
            at: Millis(Timestamp::now().as_millisecond()),
        };
        self.producer.send(&Outgoing {
            topic: &self.dead_letters,
            partition: Some(letter.id.partition),
            key: None,
            value: None,
            headers: &mark.write().headers(),
        })?;
        open.bytes += record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
        open.lines.push(line("sent", letter));
        Ok(())
    }

    /// Ends the open transaction; only then its letters were sent.
    fn commit(&mut self) -> Result<(), Failure> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        let ended = self
            .producer
            .flush(PATIENCE)
            .and_then(|()| self.producer.commit());
        ended.map_err(|cause| self.failure(cause))?;
        self.told.extend(open.lines);
        Ok(())
    }

    fn failure(&self, cause: LogError) -> Failure {
        Failure::Replay {
            brokers: self.settings.brokers.clone(),
            sent: self.told.len(),
            cause,
        }
    }
}

impl Open {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            lines: Vec::new(),
            bytes: 0,
        }
    }

    fn is_full(&self) -> bool {
        self.lines.len() >= LETTERS || self.bytes >= BYTES || self.since.elapsed() >= AGE
    }
}

/// Of each partition, from the first of these letters to the last.
fn spans(ids: impl Iterator<Item = LetterId>, topic: &Topic) -> Vec<PartitionRange> {
    let mut spans: BTreeMap<i32, Range<i64>> = BTreeMap::new();
    for LetterId { partition, offset } in ids {
        let span = spans.entry(partition).or_insert(offset..offset + 1);
        span.start = span.start.min(offset);
        span.end = span.end.max(offset + 1);
    }
    let partition = |(partition, span)| (TopicPartition::new(topic.clone(), partition), span);
    spans.into_iter().map(partition).collect()
}

#[cfg(test)]
mod tests {
    use super::spans;
    use crate::log::{Topic, TopicPartition};

    #[test]
    fn of_each_partition_only_what_is_needed_is_read_again() {
        let topic = Topic::new("dead-letters");
        let ids = ["0:7", "2:1", "0:3", "0:4"].map(|id| id.parse().expect("an id"));
        let partition = |number| TopicPartition::new(topic.clone(), number);
        assert_eq!(
            spans(ids.into_iter(), &topic),
            [(partition(0), 3..8), (partition(2), 1..2)]
        );
    }
}
