//! Housekeeping between batches: purging the mailbox, pausing inputs, dropping warm rows.

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::Trouble;
use super::event::Event;
use super::worker::Worker;
use crate::log::{Consumer, Ends, Log, LogError, TopicPartition};
use crate::processor::Processor;

/// When what was last done, in running time.
#[derive(Debug, Default)]
pub(super) struct Upkeep {
    next_purge: Duration,
    next_lag_check: Duration,
    /// Inputs wait for the mailbox.
    paused: bool,
    /// Up to where each mailbox partition has been purged.
    purged: BTreeMap<i32, i64>,
}

impl Upkeep {
    /// Whether inputs wait for the mailbox.
    pub fn is_paused(&self) -> bool {
        self.paused
    }
}

impl<L: Log, P: Processor> Worker<L, P> {
    /// Does what has become due.
    pub(super) fn upkeep(&mut self) -> Result<(), Trouble> {
        self.learn_local_from();
        let now = self.clock.monotonic();
        let keep = self.settings.pace.warm;
        self.warm.retain(|_, warm| now < warm.since + keep);
        if now >= self.upkeep.next_lag_check {
            self.upkeep.next_lag_check = now + self.settings.pace.lag_check;
            self.weigh_mailbox()?;
        }
        if now >= self.upkeep.next_purge {
            self.upkeep.next_purge = now + self.settings.pace.purge;
            self.purge_now();
        }
        Ok(())
    }

    /// Purges the mailbox if it can.
    pub(super) fn purge_now(&mut self) {
        if let Err(error) = self.purge() {
            self.tell(&Event::UpkeepFailed(error));
        }
    }

    /// Deletes mailbox records that have been read for good (ENGINE.md 11).
    fn purge(&mut self) -> Result<(), LogError> {
        let purged = &self.upkeep.purged;
        let to_purge = |&(number, offset): &(i32, i64)| purged.get(&number).is_none_or(|&done| done < offset);
        let offsets = self
            .desks
            .iter()
            .map(|(&number, desk)| (number, desk.source.committed));
        let offsets: Vec<_> = offsets.filter(to_purge).collect();
        if offsets.is_empty() {
            return Ok(());
        }
        let before: Vec<_> = offsets
            .iter()
            .map(|&(number, offset)| (self.mailbox_partition(number), offset))
            .collect();
        self.log.delete_records(&before)?;
        self.upkeep.purged.extend(offsets);
        Ok(())
    }

    /// Lets inputs wait while this worker has too much mail (ENGINE.md 15).
    fn weigh_mailbox(&mut self) -> Result<(), Trouble> {
        if self.inputs.is_empty() || self.desks.is_empty() {
            return if self.upkeep.paused {
                self.set_paused(false, 0)
            } else {
                Ok(())
            };
        }
        // One that is blocked would let inputs wait for ever.
        let read = self.desks.iter().filter(|(_, desk)| !desk.blocked);
        let mailboxes: Vec<_> = read.map(|(&number, _)| self.mailbox_partition(number)).collect();
        let Some(lag) = self.lag(&mailboxes) else {
            return Ok(());
        };
        match self.upkeep.paused {
            false if lag > self.settings.pace.lag_high => self.set_paused(true, lag),
            true if lag <= self.settings.pace.lag_low => self.set_paused(false, lag),
            _ => Ok(()),
        }
    }

    /// How many records these partitions, which this worker reads, still hold for it; `None` if the log
    /// does not answer.
    fn lag(&self, partitions: &[TopicPartition]) -> Option<i64> {
        let ends = self.log.ends(partitions).ok()?;
        let of = |(partition, ends): (&TopicPartition, Ends)| {
            let position = self.consumer.position(partition).ok()?;
            Some(ends.lag(position))
        };
        partitions.iter().zip(ends).map(of).sum()
    }

    fn set_paused(&mut self, paused: bool, lag: i64) -> Result<(), Trouble> {
        let inputs: Vec<_> = self
            .inputs
            .values()
            .map(|source| source.partition.clone())
            .collect();
        if !inputs.is_empty() {
            if paused {
                self.consumer.pause(&inputs)?
            } else {
                self.consumer.resume(&inputs)?
            }
        }
        self.upkeep.paused = paused;
        self.tell(&Event::Backpressure { paused, lag });
        Ok(())
    }

    /// Inputs that come while inputs wait, wait too.
    pub(super) fn pause_new_inputs(&mut self, inputs: &[(TopicPartition, i64)]) -> Result<(), Trouble> {
        if self.upkeep.paused {
            let inputs: Vec<_> = inputs.iter().map(|(partition, _)| partition.clone()).collect();
            self.consumer.pause(&inputs)?;
        }
        Ok(())
    }
}
