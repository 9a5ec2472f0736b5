//! Reads partitions outside any group.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};

use super::context::ReadContext;
use super::fetch::{self, Filler};
use super::settings::KafkaSettings;
use super::{errors, lists};
use crate::log::{Batch, ErrorKind, Isolation, LogError, Reader, Topic, TopicPartition};

/// How often to look whether a position moved although no record came.
const LOOK: Duration = Duration::from_millis(10);

/// Reads partitions of its own choice.
///
/// The library counts control records as it passes them on their way to us, and hides them; so its
/// position, not the last record, says how far a partition was read. Aborted records are skipped
/// when fetched; they are always followed by the control record that aborted them.
pub struct KafkaReader {
    client: BaseConsumer<ReadContext>,
    filler: Filler,
    /// Where each partition began, which is its position until something came from it.
    from: Vec<(TopicPartition, i64)>,
    deferred: Option<LogError>,
}

impl KafkaReader {
    pub(super) fn open(
        settings: &KafkaSettings,
        from: &[(TopicPartition, i64)],
        isolation: Isolation,
    ) -> Result<Self, LogError> {
        let during = "opening a reader";
        let isolation = match isolation {
            Isolation::Uncommitted => "read_uncommitted",
            Isolation::Committed => "read_committed",
        };
        let client: BaseConsumer<ReadContext> = settings
            .reader(isolation)
            .create_with_context(ReadContext::default())
            .map_err(|e| LogError::new(ErrorKind::Fatal, during, e.to_string()))?;
        let list = lists::of_offsets(from).map_err(|e| errors::request(during, &e))?;
        client.assign(&list).map_err(|e| errors::request(during, &e))?;
        let mut topics: Vec<Topic> = Vec::new();
        for (partition, _) in from {
            if !topics.contains(&partition.topic) {
                topics.push(partition.topic.clone());
            }
        }
        Ok(Self {
            client,
            filler: Filler::new(topics),
            from: from.to_vec(),
            deferred: None,
        })
    }

    /// One look at the library's queue. True: a record was copied.
    fn look(&mut self, wait: Duration, batch: &mut Batch) -> Result<bool, LogError> {
        match self.client.poll(wait) {
            None => Ok(false),
            Some(Ok(message)) => {
                self.filler.copy(&message, batch);
                Ok(true)
            }
            Some(Err(e)) => fetch::error("reading", &e).map_or(Ok(false), Err),
        }
    }

    /// The positions of all partitions, in the order given to [`KafkaReader::open`].
    fn positions(&self) -> Result<Vec<i64>, LogError> {
        let during = "asking for the position";
        let list = self.client.position().map_err(|e| errors::request(during, &e))?;
        let position = |(partition, start): &(TopicPartition, i64)| {
            let reached = lists::offset(&list, partition).map_err(|e| errors::request(during, &e))?;
            Ok(reached.unwrap_or(*start))
        };
        self.from.iter().map(position).collect()
    }
}

impl Reader for KafkaReader {
    /// Comes back early, with false, when only control records came: the position has moved.
    fn poll(&mut self, max_wait: Duration, batch: &mut Batch) -> Result<bool, LogError> {
        batch.clear();
        if let Some(error) = self.deferred.take() {
            return Err(error);
        }
        let deadline = Instant::now() + max_wait;
        let before = self.positions()?;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let mut found = self.look(left.min(LOOK), batch)?;
            while found && !Filler::is_full(batch) {
                found = self.look(Duration::ZERO, batch).unwrap_or_else(|error| {
                    self.deferred = Some(error);
                    false
                });
            }
            if !batch.is_empty() {
                return Ok(true);
            }
            if left.is_zero() || self.positions()? != before {
                return Ok(false);
            }
        }
    }

    fn topics(&self) -> &[Topic] {
        self.filler.topics()
    }

    fn position(&self, partition: &TopicPartition) -> Result<i64, LogError> {
        let index = self
            .from
            .iter()
            .position(|(p, _)| p == partition)
            .ok_or_else(|| {
                let detail = format!("{partition} is not one of the partitions read");
                LogError::new(ErrorKind::Fatal, "asking for the position", detail)
            })?;
        Ok(self.positions()?[index])
    }
}
