//! A member of a consumer group.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerGroupMetadata, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaErrorCode;

use super::context::{ReadContext, Rebalance};
use super::fetch::{self, Filler};
use super::settings::{KafkaSettings, REQUEST_TIMEOUT};
use super::{errors, lists};
use crate::log::{Batch, Consumer, ErrorKind, GroupSettings, LogError, Polled, TopicPartition};

/// How long to wait before asking again for what the library is still preparing.
const PAUSE: Duration = Duration::from_millis(2);

/// Proof of membership, taken from the library at the time of asking.
pub struct KafkaMembership(pub(super) ConsumerGroupMetadata);

/// A member of a consumer group.
///
/// The library hands out one change of assignment at a time and waits for its answer: until then it
/// keeps the membership alive but delivers nothing more, and a new rebalance of the group waits. So
/// [`Consumer::accept`] should not be put off for long: accept, pause, and restore meanwhile.
pub struct KafkaConsumer {
    /// `None` once it was closed.
    client: Option<BaseConsumer<ReadContext>>,
    filler: Filler,
    /// What was accepted and not released.
    owned: BTreeSet<TopicPartition>,
    /// What the library waits to have answered.
    asked: Option<Rebalance>,
    /// An error that was found behind records; they go first.
    deferred: Option<LogError>,
}

impl KafkaConsumer {
    pub(super) fn join(settings: &KafkaSettings, group: &GroupSettings) -> Result<Self, LogError> {
        let during = "joining the consumer group";
        let fail = |e: KafkaError| LogError::new(ErrorKind::Fatal, during, e.to_string());
        let client: BaseConsumer<ReadContext> = settings
            .member(&group.group, &group.client)
            .create_with_context(ReadContext::default())
            .map_err(fail)?;
        let topics: Vec<_> = group.topics.iter().map(|t| t.as_str()).collect();
        client.subscribe(&topics).map_err(fail)?;
        Ok(Self {
            client: Some(client),
            filler: Filler::new(group.topics.clone()),
            owned: BTreeSet::new(),
            asked: None,
            deferred: None,
        })
    }

    /// The next offset of a partition that was accepted: after the last record delivered, and past
    /// any control records behind it, as [`crate::log::Reader::position`]. `None` before anything was
    /// delivered since it was accepted or sought.
    pub fn position(&self, partition: &TopicPartition) -> Result<Option<i64>, LogError> {
        let during = "asking for the position";
        let list = self
            .client(during)?
            .position()
            .map_err(|e| errors::request(during, &e))?;
        lists::offset(&list, partition).map_err(|e| errors::request(during, &e))
    }

    fn client(&self, during: &'static str) -> Result<&BaseConsumer<ReadContext>, LogError> {
        self.client
            .as_ref()
            .ok_or_else(|| LogError::new(ErrorKind::Fatal, during, "the consumer was closed"))
    }

    /// Turns an event into what [`Consumer::poll`] returns; an empty one is answered here.
    fn surface(&mut self, event: Rebalance) -> Result<Option<Polled>, LogError> {
        let polled = match &event {
            Rebalance::Assign(p) if p.is_empty() => {
                self.asked = Some(event);
                return self.accept(&[]).map(|()| None);
            }
            Rebalance::Revoke(p) if p.is_empty() => {
                self.asked = Some(event);
                return self.release(&[]).map(|()| None);
            }
            Rebalance::Assign(p) => Polled::Assigned(p.clone()),
            Rebalance::Revoke(p) => Polled::Revoked {
                partitions: p.clone(),
                lost: self.client("polling")?.assignment_lost(),
            },
        };
        self.asked = Some(event);
        Ok(Some(polled))
    }

    /// One look at the library's queue. True: a record was copied.
    fn look(&mut self, wait: Duration, batch: &mut Batch) -> Result<bool, LogError> {
        let client = self.client.as_ref().ok_or_else(closed)?;
        match client.poll(wait) {
            None => Ok(false),
            Some(Ok(message)) => {
                self.filler.copy(&message, batch);
                Ok(true)
            }
            Some(Err(e)) => match fetch::error("reading", &e) {
                None => Ok(false),
                Some(error) => Err(error),
            },
        }
    }

    /// Calls the library's eager or its incremental variant, whichever the group uses.
    fn answer(
        &self,
        during: &'static str,
        eager: impl FnOnce(&BaseConsumer<ReadContext>) -> KafkaResult<()>,
        incremental: impl FnOnce(&BaseConsumer<ReadContext>) -> KafkaResult<()>,
    ) -> Result<(), LogError> {
        let client = self.client(during)?;
        match client.rebalance_protocol() {
            RebalanceProtocol::Cooperative => incremental(client),
            _ => eager(client),
        }
        .map_err(|e| errors::request(during, &e))
    }
}

fn closed() -> LogError {
    LogError::new(ErrorKind::Fatal, "reading", "the consumer was closed")
}

fn misuse(during: &'static str, detail: &str) -> LogError {
    LogError::new(ErrorKind::Fatal, during, detail)
}

impl Consumer for KafkaConsumer {
    type Membership = KafkaMembership;

    fn poll(&mut self, max_wait: Duration, batch: &mut Batch) -> Result<Polled, LogError> {
        batch.clear();
        if let Some(error) = self.deferred.take() {
            return Err(error);
        }
        let deadline = Instant::now() + max_wait;
        loop {
            let event = self.client("polling")?.context().next_rebalance();
            if let Some(event) = event
                && let Some(polled) = self.surface(event)?
            {
                return Ok(polled);
            }
            let mut found = self.look(deadline.saturating_duration_since(Instant::now()), batch)?;
            // Whatever else is there already comes along, without waiting.
            while found && !Filler::is_full(batch) {
                found = self.look(Duration::ZERO, batch).unwrap_or_else(|error| {
                    self.deferred = Some(error);
                    false
                });
            }
            if !batch.is_empty() {
                return Ok(Polled::Records);
            }
            if Instant::now() >= deadline {
                let event = self.client("polling")?.context().next_rebalance();
                let polled = event.map(|e| self.surface(e)).transpose()?.flatten();
                return Ok(polled.unwrap_or(Polled::Idle));
            }
        }
    }

    fn accept(&mut self, from: &[(TopicPartition, i64)]) -> Result<(), LogError> {
        let during = "accepting partitions";
        let Some(Rebalance::Assign(asked)) = &self.asked else {
            return Err(misuse(during, "nothing has been assigned that was not accepted"));
        };
        let asked: BTreeSet<_> = asked.iter().collect();
        if asked != from.iter().map(|(p, _)| p).collect() {
            return Err(misuse(
                during,
                "exactly the partitions that were assigned are to be accepted, at once",
            ));
        }
        let list = lists::of_offsets(from).map_err(|e| errors::request(during, &e))?;
        self.answer(during, |c| c.assign(&list), |c| c.incremental_assign(&list))?;
        self.asked = None;
        self.owned.extend(from.iter().map(|(p, _)| p.clone()));
        Ok(())
    }

    fn release(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        let during = "releasing partitions";
        let Some(Rebalance::Revoke(asked)) = &self.asked else {
            return Err(misuse(during, "nothing has been revoked that was not released"));
        };
        let asked: BTreeSet<_> = asked.iter().collect();
        if asked != partitions.iter().collect() {
            return Err(misuse(
                during,
                "exactly the partitions that were revoked are to be released, at once",
            ));
        }
        let list = lists::of_partitions(partitions);
        self.answer(during, BaseConsumer::unassign, |c| c.incremental_unassign(&list))?;
        self.asked = None;
        self.owned.retain(|p| !partitions.contains(p));
        Ok(())
    }

    fn seek(&mut self, to: &[(TopicPartition, i64)]) -> Result<(), LogError> {
        let during = "seeking";
        if to.is_empty() {
            return Ok(());
        }
        let client = self.client(during)?;
        let deadline = Instant::now() + REQUEST_TIMEOUT;
        loop {
            let list = lists::of_offsets(to).map_err(|e| errors::request(during, &e))?;
            let sought = client
                .seek_partitions(list, REQUEST_TIMEOUT)
                .and_then(|l| lists::check(&l));
            match sought {
                Ok(()) => return Ok(()),
                // A partition that was just accepted is not started yet.
                Err(KafkaError::OffsetFetch(RDKafkaErrorCode::State)) if Instant::now() < deadline => {
                    std::thread::sleep(PAUSE);
                }
                Err(e) => return Err(errors::request(during, &e)),
            }
        }
    }

    fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        let during = "pausing";
        let client = self.client(during)?;
        client
            .pause(&lists::of_partitions(partitions))
            .map_err(|e| errors::request(during, &e))
    }

    fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        let during = "resuming";
        let client = self.client(during)?;
        client
            .resume(&lists::of_partitions(partitions))
            .map_err(|e| errors::request(during, &e))
    }

    /// rdkafka does not show the member id and the generation inside the metadata, so a metadata
    /// that proves nothing cannot be told by itself. It is refused by what goes with it: before the
    /// first assignment and after the last release nothing is owned; and when the library resets the
    /// member id or the generation of a member that owns something, it marks the assignment as lost,
    /// in the thread and before the answer that hands out the metadata. So the mark is looked at
    /// after the metadata was taken. While a revocation waits for its answer the library does not set
    /// the mark; it then resets the member id but keeps the generation, and the broker refuses that.
    fn membership(&mut self) -> Result<KafkaMembership, LogError> {
        let during = "proving membership";
        let client = self.client(during)?;
        let none = |why| LogError::new(ErrorKind::Abortable, during, why);
        if self.owned.is_empty() {
            return Err(none("no partitions are assigned"));
        }
        let metadata = client
            .group_metadata()
            .ok_or_else(|| none("not a member of a group"))?;
        if client.assignment_lost() {
            return Err(none("the assignment was lost"));
        }
        Ok(KafkaMembership(metadata))
    }

    fn close(&mut self) -> Result<(), LogError> {
        let Some(client) = self.client.take() else {
            return Ok(());
        };
        leave(client, self.asked.take());
        self.owned.clear();
        Ok(())
    }
}

impl Drop for KafkaConsumer {
    fn drop(&mut self) {
        // Nothing can fail here that could still be told.
        let _ = self.close();
    }
}

/// Leaves the group, answering what is still open so that the library does not wait for it.
fn leave(client: BaseConsumer<ReadContext>, asked: Option<Rebalance>) {
    client.context().begin_closing();
    let open = asked.or_else(|| client.context().next_rebalance());
    let answered = match (open, client.rebalance_protocol()) {
        (None, _) => Ok(()),
        (Some(Rebalance::Revoke(p)), RebalanceProtocol::Cooperative) => {
            client.incremental_unassign(&lists::of_partitions(&p))
        }
        (Some(Rebalance::Assign(_)), RebalanceProtocol::Cooperative) => {
            client.incremental_assign(&lists::of_partitions(&[]))
        }
        (Some(_), _) => client.unassign(),
    };
    if let Err(e) = answered {
        tracing::warn!(error = %e, "cannot give partitions back while leaving the group");
    }
    // Dropping the client leaves the group and waits for it.
    drop(client);
}
