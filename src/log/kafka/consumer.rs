//! A member of a consumer group.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerGroupMetadata, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use super::context::{ReadContext, Rebalance};
use super::fetch::{self, Filler};
use super::settings::{self, KafkaSettings, REQUEST_TIMEOUT};
use super::{errors, lists};
use crate::log::{Batch, Consumer, ErrorKind, GroupSettings, LogError, Polled, TopicPartition};

/// How long to wait before asking again for what the library is still preparing.
const PAUSE: Duration = Duration::from_millis(2);

/// How long to ask for the ends of what was assigned, before a poll fails as retriable.
const TAKE_WITHIN: Duration = Duration::from_secs(2);

/// How long a partition that was just taken may need to be started.
const START_WITHIN: Duration = Duration::from_secs(5);

/// How long to wait for the answer to a question that only rouses.
const ROUSE: Duration = Duration::from_millis(20);

/// Proof of membership, taken from the library at the time of asking.
pub struct KafkaMembership(pub(super) Arc<ConsumerGroupMetadata>);

/// A member of a consumer group.
///
/// The library hands out one change of assignment at a time and waits for its answer; until then no
/// other rebalance of the group gets through to us, and members that wait for this one are stuck. So
/// an assignment is answered at once, with all its partitions paused, however long the engine takes
/// to accept them; [`Consumer::accept`] then seeks and resumes. A revocation is answered by
/// [`Consumer::release`].
pub struct KafkaConsumer {
    /// `None` once it was closed.
    client: Option<BaseConsumer<ReadContext>>,
    filler: Filler,
    /// What was assigned and not released.
    owned: BTreeSet<TopicPartition>,
    /// What of it was not accepted yet.
    waiting: BTreeSet<TopicPartition>,
    /// Where what was accepted began, or was last sought.
    begun: BTreeMap<TopicPartition, i64>,
    /// What was revoked and not released, and whether it was lost.
    revoked: Option<(Vec<TopicPartition>, bool)>,
    /// When the library was polled last, and how long it may go without.
    polled: Instant,
    max_poll_interval: Duration,
    /// It went without for longer since the last assignment.
    lapsed: bool,
    /// An error that was found behind records; they go first.
    deferred: Option<LogError>,
}

impl KafkaConsumer {
    pub(super) fn join(settings: &KafkaSettings, group: &GroupSettings) -> Result<Self, LogError> {
        let during = "joining the consumer group";
        let fail = |e: KafkaError| LogError::new(ErrorKind::Fatal, during, e.to_string());
        let config = settings.member(&group.group, &group.client, group.gather);
        let client: BaseConsumer<ReadContext> =
            config.create_with_context(ReadContext::default()).map_err(fail)?;
        let topics: Vec<_> = group.topics.iter().map(|t| t.as_str()).collect();
        client.subscribe(&topics).map_err(fail)?;
        Ok(Self {
            client: Some(client),
            filler: Filler::new(group.topics.clone()),
            owned: BTreeSet::new(),
            waiting: BTreeSet::new(),
            begun: BTreeMap::new(),
            revoked: None,
            polled: Instant::now(),
            max_poll_interval: settings::milliseconds(&config, "max.poll.interval.ms"),
            lapsed: false,
            deferred: None,
        })
    }

    fn client(&self, during: &'static str) -> Result<&BaseConsumer<ReadContext>, LogError> {
        self.client
            .as_ref()
            .ok_or_else(|| LogError::new(ErrorKind::Fatal, during, "the consumer was closed"))
    }

    /// Turns an event into what [`Consumer::poll`] returns; `None` if the engine need not know.
    fn surface(&mut self, event: Rebalance) -> Result<Option<Polled>, LogError> {
        match event {
            Rebalance::Assign(partitions) => {
                if let Err(error) = self.take(&partitions) {
                    // The library waits; so this is tried again with the next poll.
                    self.client("polling")?
                        .context()
                        .put_back(Rebalance::Assign(partitions));
                    return Err(error);
                }
                Ok((!partitions.is_empty()).then_some(Polled::Assigned(partitions)))
            }
            Rebalance::Revoke(partitions) => {
                let lost = self.lapsed || self.client("polling")?.assignment_lost();
                self.revoked = Some((partitions.clone(), lost));
                if partitions.is_empty() {
                    return self.release(&[]).map(|()| None);
                }
                Ok(Some(Polled::Revoked { partitions, lost }))
            }
        }
    }

    /// Whether the library was left alone for so long that it leaves the group by itself.
    fn is_stalled(&self) -> bool {
        self.polled.elapsed() >= self.max_poll_interval
    }

    /// Answers an assignment: takes the partitions, paused. They begin at their ends, so that little
    /// is fetched before the pause takes hold; that is dropped. The ends are asked for first: told to
    /// begin at "the end", the library looks it up in the background, and a lookup that a seek
    /// overtakes is repeated and then moves the partition from where it was sought to.
    fn take(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        let during = "taking what was assigned";
        let fail = |e: KafkaError| errors::request(during, &e);
        let mut question = lists::of_partitions(partitions);
        let list = if partitions.is_empty() {
            question
        } else {
            question.set_all_offsets(Offset::End).map_err(fail)?;
            let client = self.client(during)?;
            let ends = client.offsets_for_times(question, TAKE_WITHIN).map_err(fail)?;
            let end = |p: &TopicPartition| Ok((p.clone(), lists::offset(&ends, p)?.unwrap_or(0)));
            let ends: KafkaResult<Vec<_>> = partitions.iter().map(end).collect();
            ends.and_then(|ends| lists::of_offsets(&ends)).map_err(fail)?
        };
        self.answer(during, |c| c.assign(&list), |c| c.incremental_assign(&list))?;
        self.owned.extend(partitions.iter().cloned());
        self.waiting.extend(partitions.iter().cloned());
        self.lapsed = false;
        self.pause(partitions)
    }

    /// Fails unless all of these were accepted.
    fn require_accepted(&self, during: &'static str, partitions: &[&TopicPartition]) -> Result<(), LogError> {
        match partitions
            .iter()
            .find(|p| !self.owned.contains(p) || self.waiting.contains(p))
        {
            Some(p) => Err(misuse(
                during,
                format!("{p} is not a partition that was accepted"),
            )),
            None => Ok(()),
        }
    }

    /// Goes on at these offsets. A client that has lost its partitions, as one that stood still for long, is in the
    /// wrong state for that, too; it will not come right by waiting.
    fn move_to(&mut self, during: &'static str, to: &[(TopicPartition, i64)]) -> Result<(), LogError> {
        let client = self.client(during)?;
        let deadline = Instant::now() + START_WITHIN;
        loop {
            let list = lists::of_offsets(to).map_err(|e| errors::request(during, &e))?;
            let moved = client
                .seek_partitions(list, REQUEST_TIMEOUT)
                .and_then(|l| lists::check(&l));
            match moved {
                Ok(()) => {
                    self.begun.extend(to.iter().cloned());
                    return Ok(());
                }
                // A partition that was just taken is not started yet.
                Err(KafkaError::OffsetFetch(RDKafkaErrorCode::State)) if Instant::now() < deadline => {
                    std::thread::sleep(PAUSE);
                }
                Err(e) => return Err(errors::request(during, &e)),
            }
        }
    }

    /// Resumes, and rouses the library: a thread of it that has had nothing to fetch from its broker
    /// looks again only after up to a second, or when it has something to send there. So it is given a
    /// question to send; the answer does not matter.
    fn unpause(&self, during: &'static str, partitions: &TopicPartitionList) -> Result<(), LogError> {
        let client = self.client(during)?;
        client
            .resume(partitions)
            .map_err(|e| errors::request(during, &e))?;
        let mut question = partitions.clone();
        if partitions.count() > 0 && question.set_all_offsets(Offset::Beginning).is_ok() {
            let _ = client.offsets_for_times(question, ROUSE);
        }
        Ok(())
    }

    /// One look at the library's queue. True: a record was copied.
    fn look(&mut self, wait: Duration, batch: &mut Batch) -> Result<bool, LogError> {
        self.lapsed |= self.is_stalled();
        let client = self.client.as_ref().ok_or_else(closed)?;
        let found = client.poll(wait);
        self.polled = Instant::now();
        match found {
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

fn misuse(during: &'static str, detail: impl Into<String>) -> LogError {
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
        if let Some((p, _)) = from.iter().find(|(p, _)| !self.waiting.contains(p)) {
            return Err(misuse(during, format!("{p} does not wait to be accepted")));
        }
        if from.is_empty() {
            return Ok(());
        }
        self.move_to(during, from)?;
        let list = lists::of_partitions(from.iter().map(|(p, _)| p));
        self.unpause(during, &list)?;
        from.iter().for_each(|(p, _)| _ = self.waiting.remove(p));
        Ok(())
    }

    fn release(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        let during = "releasing partitions";
        let given: BTreeSet<_> = partitions.iter().collect();
        if self
            .revoked
            .as_ref()
            .is_none_or(|(revoked, _)| given != revoked.iter().collect())
        {
            return Err(misuse(
                during,
                "what is released must be what was revoked, all of it at once",
            ));
        }
        let list = lists::of_partitions(partitions);
        self.answer(during, BaseConsumer::unassign, |c| c.incremental_unassign(&list))?;
        self.revoked = None;
        self.owned.retain(|p| !partitions.contains(p));
        self.waiting.retain(|p| !partitions.contains(p));
        self.begun.retain(|p, _| !partitions.contains(p));
        Ok(())
    }

    fn seek(&mut self, to: &[(TopicPartition, i64)]) -> Result<(), LogError> {
        let during = "seeking";
        self.require_accepted(during, &to.iter().map(|(p, _)| p).collect::<Vec<_>>())?;
        if to.is_empty() {
            return Ok(());
        }
        self.move_to(during, to)
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
        self.require_accepted(during, &partitions.iter().collect::<Vec<_>>())?;
        self.unpause(during, &lists::of_partitions(partitions))
    }

    fn position(&self, partition: &TopicPartition) -> Result<i64, LogError> {
        let during = "asking for the position";
        self.require_accepted(during, &[partition])?;
        let fail = |e: KafkaError| errors::request(during, &e);
        let list = self.client(during)?.position().map_err(fail)?;
        // The library knows none before anything was delivered.
        let reached = lists::offset(&list, partition).map_err(fail)?;
        let begun = self.begun.get(partition).copied();
        reached
            .or(begun)
            .ok_or_else(|| misuse(during, format!("{partition} was never begun")))
    }

    /// rdkafka does not show the member id and the generation inside the metadata, so it is told by
    /// what goes with them whether they prove anything. Before the first assignment and after the
    /// last release nothing is owned. When the library resets the member id or the generation of a
    /// member that owns something, it marks the assignment as lost, in the same thread that hands out
    /// the metadata; so the mark is looked at after the metadata was taken. But it does not while a
    /// revocation waits for its answer: not even when it leaves the group because it was not polled,
    /// which is told by the time here. What is left (the broker expels a member that has not answered
    /// a revocation in time) the broker refuses: the generation stays in the metadata without an id.
    fn membership(&mut self) -> Result<KafkaMembership, LogError> {
        let during = "proving membership";
        let client = self.client(during)?;
        let none = |why| LogError::new(ErrorKind::Abortable, during, why);
        if self.owned.is_empty() {
            return Err(none("no partitions are assigned"));
        }
        if self.is_stalled() || matches!(self.revoked, Some((_, true))) {
            return Err(none("the member was not polled in time and has left the group"));
        }
        let metadata = client
            .group_metadata()
            .ok_or_else(|| none("not a member of a group"))?;
        if client.assignment_lost() {
            return Err(none("the assignment was lost"));
        }
        Ok(KafkaMembership(Arc::new(metadata)))
    }

    fn close(&mut self) -> Result<(), LogError> {
        let Some(client) = self.client.take() else {
            return Ok(());
        };
        leave(client, self.revoked.take().map(|(partitions, _)| partitions));
        self.owned.clear();
        self.waiting.clear();
        self.begun.clear();
        Ok(())
    }
}

impl Drop for KafkaConsumer {
    fn drop(&mut self) {
        // Nothing can fail here that could still be told.
        let _ = self.close();
    }
}

/// Leaves the group. What the library still waits to have answered is answered first.
fn leave(client: BaseConsumer<ReadContext>, revoked: Option<Vec<TopicPartition>>) {
    client.context().begin_closing();
    let open = revoked
        .map(Rebalance::Revoke)
        .or_else(|| client.context().next_rebalance());
    let answered = match (open, client.rebalance_protocol()) {
        (None, _) => Ok(()),
        (Some(Rebalance::Revoke(p)), RebalanceProtocol::Cooperative) => {
            client.incremental_unassign(&lists::of_partitions(&p))
        }
        (Some(Rebalance::Assign(p)), RebalanceProtocol::Cooperative) => {
            client.incremental_assign(&lists::of_partitions(&p))
        }
        (Some(_), _) => client.unassign(),
    };
    if let Err(e) = answered {
        tracing::warn!(error = %e, "cannot give partitions back while leaving the group");
    }
    // Dropping the client leaves the group and waits for it.
    drop(client);
}
