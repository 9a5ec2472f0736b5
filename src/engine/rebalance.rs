//! Partitions given and taken away.

use std::time::Duration;

use super::counts::Counts;
use super::error::Trouble;
use super::incoming::{Arrival, Warm};
use super::recover::Repair;
use super::retry::retry;
use super::source::{Desk, SourceId};
use super::worker::Worker;
use crate::log::{Consumer, ErrorKind, Log, LogError, Reader, TopicPartition};
use crate::processor::Processor;

impl<L: Log, P: Processor> Worker<L, P> {
    /// Which of this worker's partitions it is; `None` for a topic it did not ask for.
    pub(super) fn source_id(&self, partition: &TopicPartition) -> Option<SourceId> {
        let topics = &self.settings.topics;
        if partition.topic == topics.mailbox {
            return Some(SourceId::Mailbox(partition.partition));
        }
        let input = topics.inputs.iter().position(|topic| *topic == partition.topic)?;
        Some(SourceId::Input(input, partition.partition))
    }

    /// Partitions were given. Nothing is read from them until their offsets, and of mailbox
    /// partitions the rows, are known: see [`Worker::restore`].
    pub(super) fn assigned(&mut self, partitions: Vec<TopicPartition>) {
        self.status_due = Duration::ZERO;
        self.count(&Counts {
            given: 1,
            ..Counts::default()
        });
        // Whoever sent messages before the rebalance sent them through the mailbox.
        self.desks.values_mut().for_each(|desk| desk.local_from = None);
        let ids = partitions
            .iter()
            .filter_map(|partition| self.source_id(partition))
            .collect();
        self.arrivals.push(Arrival::new(ids, self.clock.monotonic()));
    }

    /// Partitions are taken away. The open transaction ends first, unless it is too late for that.
    pub(super) fn revoked(&mut self, partitions: &[TopicPartition], lost: bool) -> Result<(), Trouble> {
        let ids: Vec<_> = partitions
            .iter()
            .filter_map(|partition| self.source_id(partition))
            .collect();
        let mut current = !lost;
        self.status_due = Duration::ZERO;
        self.count(&Counts {
            taken_away: u64::from(!lost),
            lost: u64::from(lost),
            ..Counts::default()
        });
        if lost {
            if self.transaction.open || self.flight.is_some() {
                let detail = "the assignment was lost";
                self.fail(LogError::new(ErrorKind::Abortable, "holding partitions", detail))?;
                self.undo();
            }
        } else if let Err(trouble) = self.commit() {
            match trouble {
                Trouble::Stop(error) => return Err(error.into()),
                Trouble::Log(error) => self.fail(error)?,
            }
            let before = self.memberships;
            self.mend()?;
            if self.memberships != before || matches!(self.repair, Some(Repair::Rebuild(_))) {
                // It left the group altogether, which gives everything back.
                return Ok(());
            }
            // If it could not be ended at once: the next owner waits for it to end, and what is in
            // memory here may be neither before nor after it.
            current = self.repair.is_none();
            if !current {
                self.forget_pending(&ids);
            }
        }
        if current {
            self.note_rows_as_of(&ids);
        }
        self.keep_warm(&ids);
        let Self {
            consumer,
            clock,
            settings,
            ..
        } = self;
        retry(&**clock, settings.pace.retry, || consumer.release(partitions))?;
        if self.repair.is_some() {
            self.mend()?;
        }
        Ok(())
    }

    /// Drops the rows of partitions whose last commit is uncertain.
    fn forget_pending(&mut self, ids: &[SourceId]) {
        for id in ids {
            if let SourceId::Mailbox(number) = id
                && self
                    .desks
                    .get(number)
                    .is_some_and(|desk| desk.source.pending.is_some())
            {
                self.desks.remove(number);
            }
        }
    }

    /// Notes up to where what is in memory is all that these changelogs hold. A worker that stood
    /// still may have been expelled without knowing, and others have gone on. So it asks for the ends
    /// first, and then whether the offsets are still as it left them: whoever commits rows commits the
    /// offset of their mailbox with them, and what is not committed yet is not before the last stable
    /// offset.
    fn note_rows_as_of(&mut self, ids: &[SourceId]) {
        let desk = |id: &SourceId| match *id {
            SourceId::Mailbox(number) if self.desks.contains_key(&number) => Some(number),
            _ => None,
        };
        let numbers: Vec<i32> = ids.iter().filter_map(desk).collect();
        if numbers.is_empty() {
            return;
        }
        let changelogs: Vec<_> = numbers.iter().map(|&n| self.changelog_partition(n)).collect();
        let mailboxes: Vec<_> = numbers.iter().map(|&n| self.mailbox_partition(n)).collect();
        // Without an answer, catching up takes longer; no more.
        let Ok(ends) = self.log.ends(&changelogs) else {
            return;
        };
        let Ok(committed) = self.log.committed(&self.settings.application, &mailboxes) else {
            return;
        };
        for ((number, ends), committed) in numbers.iter().zip(ends).zip(committed) {
            if let Some(desk) = self.desks.get_mut(number)
                && desk.source.is_as_committed(committed.as_ref())
            {
                desk.rows_as_of = desk.rows_as_of.max(ends.last_stable);
            }
        }
    }

    /// Stops reading these partitions, and keeps their rows for a while.
    fn keep_warm(&mut self, ids: &[SourceId]) {
        let since = self.clock.monotonic();
        for id in ids {
            match *id {
                SourceId::Input(topic, partition) => {
                    self.inputs.remove(&(topic, partition));
                }
                SourceId::Mailbox(number) => {
                    self.blocked.remove(&number);
                    if let Some(Desk {
                        rows,
                        marker,
                        rows_as_of,
                        ..
                    }) = self.desks.remove(&number)
                    {
                        self.warm.insert(
                            number,
                            Warm {
                                rows,
                                marker,
                                as_of: rows_as_of,
                                since,
                            },
                        );
                    }
                }
            }
        }
        let mut arrivals = std::mem::take(&mut self.arrivals);
        for arrival in &mut arrivals {
            let Arrival {
                inputs,
                desks,
                reader,
                ..
            } = arrival;
            inputs.retain(|&(topic, partition)| !ids.contains(&SourceId::Input(topic, partition)));
            for desk in desks.extract_if(.., |desk| ids.contains(&SourceId::Mailbox(desk.number))) {
                let changelog = self.changelog_partition(desk.number);
                let read = reader
                    .as_ref()
                    .and_then(|reader| reader.position(&changelog).ok());
                let number = desk.number;
                if let Some(warm) = desk.into_warm(read, since) {
                    self.warm.insert(number, warm);
                }
            }
        }
        arrivals.retain(|arrival| !arrival.is_empty());
        self.arrivals = arrivals;
    }

    /// Gives up everything, as far as this worker's memory goes.
    pub(super) fn keep_all_warm(&mut self) {
        let mut ids: Vec<_> = self.inputs.keys().map(|&(t, p)| SourceId::Input(t, p)).collect();
        ids.extend(self.desks.keys().map(|&number| SourceId::Mailbox(number)));
        for arrival in &self.arrivals {
            ids.extend(arrival.inputs.iter().map(|&(t, p)| SourceId::Input(t, p)));
            ids.extend(arrival.desks.iter().map(|desk| SourceId::Mailbox(desk.number)));
        }
        self.keep_warm(&ids);
        self.blocked.clear();
        self.arrivals.clear();
    }
}
