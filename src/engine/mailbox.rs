//! Applying messages: from the mailbox, and those that skip it.

use super::dead_letter::NO_OFFSET;
use super::envelope::{self, Opened};
use super::error::{EngineError, Trouble};
use super::event::Event;
use super::local::Letter;
use super::panics::guard;
use super::savepoint::Scope;
use super::settings::Mode;
use super::source::SourceId;
use super::worker::Worker;
use crate::log::batch::Place;
use crate::log::partitioner::partition;
use crate::log::{Batch, Consumer, Log, Record};
use crate::model::Millis;
use crate::processor::{ActorKey, Codec, Processor, Rejection};

impl<L: Log, P: Processor> Worker<L, P> {
    /// Applies a record of the mailbox.
    pub(super) fn receive(&mut self, record: &Record<'_>) -> Result<(), Trouble> {
        match self.desks.get(&record.partition) {
            // A record fetched before a rewind or a rebalance, or behind one that cannot be read yet.
            Some(desk) if desk.blocked || desk.source.position > record.offset => return Ok(()),
            None => return Ok(()),
            Some(_) => {}
        }
        let opened = self.open(record);
        if let Ok(Opened::Newer(found)) = opened {
            return self.block(record.partition, found);
        }
        self.begin(SourceId::Mailbox(record.partition))?;
        self.transaction.counts.read.add(0, record.size());
        if let Some(desk) = self.desks.get_mut(&record.partition) {
            desk.source.read(record.offset, Millis(record.timestamp));
        }
        match opened {
            Ok(Opened::Message(letter, _)) => {
                if let Err(reason) = self.apply(record.partition, &letter)? {
                    let topic = self.subscription[record.topic].clone();
                    self.bury(&topic, record, reason)?;
                    self.salvage(record.partition, &letter)?;
                }
                Ok(())
            }
            Err(reason) => {
                let topic = self.subscription[record.topic].clone();
                self.bury(&topic, record, reason)
            }
            Ok(Opened::Newer(_)) => Ok(()),
        }
    }

    fn open(&self, record: &Record<'_>) -> Result<Opened<Letter<P::Message>>, Rejection> {
        let bad_key = || Rejection::new("mailbox_key", "the key is not an actor's");
        let to = record.key.and_then(ActorKey::from_bytes).ok_or_else(bad_key)?;
        let home = partition(&to.to_bytes(), self.partitions);
        if home != record.partition {
            let detail = format!("the actor lives in partition {home}");
            return Err(Rejection::new("mailbox_partition", detail));
        }
        guard(|| match envelope::open(record.value.unwrap_or_default())? {
            Opened::Message(message, hops) => Ok(Opened::Message(Letter { to, message, hops }, hops)),
            Opened::Newer(found) => Ok(Opened::Newer(found)),
        })
    }

    /// Applies a message in its savepoint. The inner result says whether the processor took it.
    fn apply(
        &mut self,
        partition: i32,
        letter: &Letter<P::Message>,
    ) -> Result<Result<(), Rejection>, Trouble> {
        let cx = self.context(letter.hops);
        let Self {
            desks,
            scratch,
            processor,
            ..
        } = self;
        let Some(desk) = desks.get_mut(&partition) else {
            return Ok(Ok(()));
        };
        let outcome = scratch
            .call(|effects| processor.apply(letter.to, &letter.message, &mut desk.rows, &cx, effects))
            .and_then(|()| self.stage(Scope::Actor(letter.to), letter.hops));
        if outcome.is_ok() {
            self.transaction.counts.applied += 1;
            self.perform(partition, letter.hops)?;
        }
        Ok(outcome)
    }

    /// Applies the messages that skip the mailbox, and those that they cause.
    pub(super) fn deliver_locally(&mut self) -> Result<(), Trouble> {
        while let Some((partition, letter)) = self.local.pop() {
            self.transaction.counts.delivered_locally += 1;
            let Err(reason) = self.apply(partition, &letter)? else {
                continue;
            };
            // As the record that it would have been.
            let mut value = Vec::new();
            envelope::write(&letter.message, letter.hops, &mut value);
            let place = Place {
                topic: 0,
                partition,
                offset: NO_OFFSET,
                timestamp: self.clock.wall().0,
            };
            let mut batch = Batch::new();
            batch.push(place, Some(&letter.to.to_bytes()), Some(&value), []);
            if let Some(record) = batch.get(0) {
                let mailbox = self.settings.topics.mailbox.clone();
                self.bury(&mailbox, &record, reason)?;
            }
            self.salvage(partition, &letter)?;
        }
        Ok(())
    }

    /// Stops reading a partition whose next message only a newer release can read: nothing of it is
    /// skipped, and nothing dead-lettered.
    fn block(&mut self, number: i32, found: u8) -> Result<(), Trouble> {
        let partition = self.mailbox_partition(number);
        let known = P::Message::FORMAT;
        if matches!(self.settings.mode, Mode::Drain { .. }) {
            return Err(EngineError::NewerFormat {
                partition,
                found,
                known,
            }
            .into());
        }
        if let Some(desk) = self.desks.get_mut(&number) {
            desk.blocked = true;
        }
        self.consumer.pause(std::slice::from_ref(&partition))?;
        self.tell(&Event::Blocked {
            partition,
            found,
            known,
        });
        Ok(())
    }
}
