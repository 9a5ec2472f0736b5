//! Partitions given to a worker, until they are read: offsets learnt, rows restored (ENGINE.md 9, 10).

use std::time::Duration;

use super::changelog::{Entry, Marker, read};
use super::counts::Counts;
use super::error::{EngineError, Refusal, Trouble};
use super::event::Event;
use super::incoming::{Arrival, Incoming, Warm, check_range, check_state};
use super::rows::{Replayed, Rows};
use super::settings::{Mode, Sabotage};
use super::source::{Desk, Source};
use super::worker::Worker;
use crate::log::{
    Batch, CommittedOffset, Consumer, ErrorKind, Isolation, Log, LogError, Reader, TopicPartition,
};
use crate::processor::{Codec, Processor};

/// Batches read from the changelogs before the next poll of the consumer, at most.
const BATCHES_PER_SLICE: usize = 16;

impl<L: Log, P: Processor> Worker<L, P> {
    /// Gets on with the partitions that were given, for a while; whether anything was done. It never
    /// keeps the worker from polling, so that a long restore does not cost the membership.
    pub(super) fn restore(&mut self) -> Result<bool, Trouble> {
        let mut worked = false;
        for index in 0..self.arrivals.len() {
            // Taken out, so that it and the worker can be changed together; put back whatever comes.
            let mut arrival = self.arrivals.swap_remove(index);
            let result = self.advance(&mut arrival);
            self.arrivals.push(arrival);
            let last = self.arrivals.len() - 1;
            self.arrivals.swap(index, last);
            match result {
                Ok(progress) => worked |= progress,
                Err(Trouble::Log(error)) if error.kind == ErrorKind::Retriable => {}
                Err(trouble) => return Err(trouble),
            }
            match self.check_stall(index) {
                Err(error) if error.kind != ErrorKind::Retriable => return Err(error.into()),
                _ => {}
            }
        }
        let blocked = self.arrivals.iter().flat_map(Arrival::mailboxes);
        let blocked = blocked.filter_map(|(number, blocked)| blocked.then_some(number));
        self.blocked.extend(blocked);
        self.arrivals.retain(|arrival| !arrival.is_empty());
        Ok(worked)
    }

    /// A restore that does not get on waits for a transaction that is open there, which the brokers end, or asks a broker
    /// that is gone: what it waits for is told, and a new reader finds another broker. What was read stays.
    fn check_stall(&mut self, index: usize) -> Result<(), LogError> {
        let now = self.clock.monotonic();
        let arrival = &self.arrivals[index];
        let still = now.saturating_sub(arrival.progress.max(arrival.renewed));
        if arrival.is_empty() || still < self.settings.pace.restore_stall {
            return Ok(());
        }
        let mut from = Vec::new();
        let mut waits = None;
        for desk in arrival.desks.iter().filter(|desk| !desk.blocked) {
            let partition = self.changelog_partition(desk.number);
            let reader = arrival.reader.as_ref().filter(|_| desk.from < desk.target);
            let position = match reader {
                Some(reader) => reader.position(&partition)?,
                None => desk.from,
            };
            waits.get_or_insert_with(|| (partition.clone(), Some((position, desk.target))));
            if position < desk.target {
                from.push((partition, position));
            }
        }
        let input = arrival.inputs.first();
        let waits = waits.or_else(|| Some((self.input_partition(*input?), None)));
        let since = arrival.progress;
        if let Some((partition, reach)) = waits {
            self.tell(&Event::RestoreStalls {
                partition,
                reach: reach.filter(|_| self.arrivals[index].asked),
                since: now.saturating_sub(since),
            });
        }
        let reader = match (self.arrivals[index].asked, from.as_slice()) {
            (false, _) | (true, []) => None,
            (true, from) => Some(self.log.reader(from, Isolation::Committed)?),
        };
        let arrival = &mut self.arrivals[index];
        arrival.renewed = now;
        arrival.reader = reader.or(arrival.reader.take());
        Ok(())
    }

    fn advance(&mut self, arrival: &mut Arrival<P::Row, L::Reader>) -> Result<bool, Trouble> {
        let before = arrival.inputs.len() + arrival.desks.len();
        let mut progress = false;
        if !arrival.asked {
            self.ask(arrival)?;
            arrival.asked = true;
            progress = true;
        }
        progress |= self.read_changelogs(arrival)?;
        self.accept_desks(arrival)?;
        // Mailbox before inputs: what they cause would go round through the mailbox, and inputs wait for
        // that, only because rows are still being read.
        if arrival.desks.iter().all(|desk| desk.blocked) {
            self.accept_inputs(arrival)?;
        }
        progress |= arrival.inputs.len() + arrival.desks.len() != before;
        if progress {
            arrival.progress = self.clock.monotonic();
        }
        Ok(progress)
    }

    pub(super) fn input_partition(&self, (topic, partition): (usize, i32)) -> TopicPartition {
        TopicPartition::new(self.settings.topics.inputs[topic].clone(), partition)
    }

    /// Learns offsets and ends, in this order: committed offsets that are stable, then the
    /// changelogs' high watermarks. Whatever an earlier owner committed is below them then, since it
    /// flushed its rows before it sent its offsets.
    fn ask(&mut self, arrival: &mut Arrival<P::Row, L::Reader>) -> Result<(), Trouble> {
        let numbers: Vec<i32> = arrival.desks.iter().map(|desk| desk.number).collect();
        let mailboxes: Vec<_> = numbers
            .iter()
            .map(|&number| self.mailbox_partition(number))
            .collect();
        let changelogs: Vec<_> = numbers
            .iter()
            .map(|&number| self.changelog_partition(number))
            .collect();
        let committed = self.log.committed(&self.settings.application, &mailboxes)?;
        let mailbox_ends = self.log.ends(&mailboxes)?;
        let changelog_ends = self.log.ends(&changelogs)?;
        let now = self.clock.monotonic();
        // One that was made for an earlier answer tells nothing of the rows that are put in place now.
        arrival.reader = None;
        let mut from = Vec::new();
        for (i, desk) in arrival.desks.iter_mut().enumerate() {
            let ends = changelog_ends[i];
            (desk.records, desk.unreadable) = (0, 0);
            desk.committed = committed[i].clone();
            desk.mailbox = mailbox_ends[i];
            desk.target = match self.settings.sabotage {
                Sabotage::RestoreToLastStable => ends.last_stable,
                _ => ends.high_watermark,
            };
            let usable = |warm: &Warm<_>| {
                now < warm.since + self.settings.pace.warm
                    && (ends.start..=ends.high_watermark).contains(&warm.as_of)
            };
            match self.warm.remove(&desk.number).filter(usable) {
                Some(Warm {
                    rows, marker, as_of, ..
                }) => {
                    (desk.rows, desk.marker, desk.from, desk.warm) = (Some(rows), marker, as_of, true);
                }
                None => {
                    (desk.rows, desk.marker, desk.from, desk.warm) =
                        (Some(Rows::default()), false, ends.start, false);
                }
            }
            if desk.from < desk.target {
                from.push((changelogs[i].clone(), desk.from));
            }
        }
        arrival.reader = match from.as_slice() {
            [] => None,
            from => Some(self.log.reader(from, Isolation::Committed)?),
        };
        Ok(())
    }

    fn accept_inputs(&mut self, arrival: &mut Arrival<P::Row, L::Reader>) -> Result<(), Trouble> {
        if arrival.inputs.is_empty() {
            return Ok(());
        }
        let partitions: Vec<_> = arrival
            .inputs
            .iter()
            .map(|&id| self.input_partition(id))
            .collect();
        let committed = self.log.committed(&self.settings.application, &partitions)?;
        let ends = self.log.ends(&partitions)?;
        let mut from = Vec::new();
        let mut sources = Vec::new();
        for (i, partition) in partitions.into_iter().enumerate() {
            let (position, text) = match committed[i].clone() {
                Some(CommittedOffset { offset, metadata }) => {
                    check_range(offset, ends[i]).map_err(|why| EngineError::Refused {
                        partition: partition.clone(),
                        why,
                    })?;
                    (offset, Some(metadata))
                }
                // Never read. What is read twice for it after all (expired offsets) is known to the
                // desk as a duplicate; what is skipped would be lost.
                None => {
                    let offset = ends[i].start;
                    self.tell(&Event::FromEarliest {
                        partition: partition.clone(),
                        offset,
                    });
                    (offset, None)
                }
            };
            from.push((partition.clone(), position));
            sources.push((arrival.inputs[i], Source::new(partition, position, text)));
        }
        self.consumer.accept(&from)?;
        for (id, source) in sources {
            self.number = self.number.max(source.stamp.number);
            self.inputs.insert(id, source);
        }
        arrival.inputs.clear();
        self.pause_new_inputs(&from)
    }

    fn read_changelogs(&mut self, arrival: &mut Arrival<P::Row, L::Reader>) -> Result<bool, Trouble> {
        let Some(reader) = &mut arrival.reader else {
            return Ok(false);
        };
        let deadline = self.clock.monotonic() + self.settings.pace.restore_slice;
        let mut batch = Batch::new();
        let mut progress = false;
        for _ in 0..BATCHES_PER_SLICE {
            if !reader.poll(Duration::from_millis(1), &mut batch)? {
                break;
            }
            progress = true;
            for record in batch.iter() {
                let desk = arrival
                    .desks
                    .iter_mut()
                    .find(|desk| desk.number == record.partition);
                // It may have been taken away again since the reader was made.
                let Some(desk) = desk.filter(|desk| !desk.blocked) else {
                    continue;
                };
                self.replay(desk, record.key, record.value)?;
            }
            if self.clock.monotonic() >= deadline {
                break;
            }
        }
        Ok(progress)
    }

    fn replay(
        &self,
        desk: &mut Incoming<P::Row>,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Result<(), Trouble> {
        let partition = self.changelog_partition(desk.number);
        let entry = read(key, value);
        // What tells nothing of the state is no record of it.
        desk.records += u64::from(entry != Entry::Clock);
        let newer = match entry {
            Entry::Clock => None,
            Entry::Row(row) => match desk.rows.get_or_insert_default().replay(row, value) {
                Replayed::Done => None,
                Replayed::Corrupt => {
                    desk.unreadable += 1;
                    self.tell(&Event::CorruptRow {
                        partition: partition.clone(),
                        row,
                    });
                    None
                }
                Replayed::Newer(found) => Some((found, P::Row::FORMAT)),
            },
            Entry::Marker(Marker { partitions: was }) => {
                if was != self.partitions {
                    let why = Refusal::PartitionsChanged {
                        was,
                        now: self.partitions,
                    };
                    return Err(EngineError::Refused { partition, why }.into());
                }
                desk.marker = true;
                None
            }
            Entry::Newer { found, known } => Some((found, known)),
            Entry::Foreign => {
                desk.unreadable += 1;
                None
            }
        };
        if let Some((found, known)) = newer {
            if matches!(self.settings.mode, Mode::Drain { .. }) {
                return Err(EngineError::NewerFormat {
                    partition,
                    found,
                    known,
                }
                .into());
            }
            desk.blocked = true;
            self.tell(&Event::Blocked {
                partition,
                found,
                known,
            });
        }
        Ok(())
    }

    /// Begins to read the mailbox partitions whose rows are complete.
    fn accept_desks(&mut self, arrival: &mut Arrival<P::Row, L::Reader>) -> Result<(), Trouble> {
        let mut index = 0;
        while index < arrival.desks.len() {
            let desk = &arrival.desks[index];
            let changelog = self.changelog_partition(desk.number);
            let position = match &arrival.reader {
                Some(reader) if desk.from < desk.target => reader.position(&changelog)?,
                _ => desk.from,
            };
            if desk.blocked || position < desk.target {
                index += 1;
                continue;
            }
            let partition = self.mailbox_partition(desk.number);
            let start = match check_state(desk) {
                Ok(start) => start,
                Err(why) => {
                    // A worker that stood still for long may have lost the partition without knowing:
                    // then it sees offsets of before and rows of after.
                    let at = std::slice::from_ref(&partition);
                    if self.log.committed(&self.settings.application, at)?.first() == Some(&desk.committed) {
                        return Err(EngineError::Refused { partition, why }.into());
                    }
                    arrival.asked = false;
                    return Ok(());
                }
            };
            self.consumer.accept(&[(partition.clone(), start)])?;
            let Incoming {
                number,
                rows,
                marker,
                target,
                committed,
                records,
                warm,
                ..
            } = arrival.desks.swap_remove(index);
            let mut rows = rows.unwrap_or_default();
            if self.settings.sabotage == Sabotage::TimersLostOnRestore {
                rows.lose_timers();
            }
            let text = committed.map(|committed| committed.metadata);
            let source = Source::new(partition.clone(), start, text);
            self.number = self.number.max(source.stamp.number);
            self.count(&Counts {
                restored: records,
                ..Counts::default()
            });
            let took = self.clock.monotonic().saturating_sub(arrival.begun);
            self.tell(&Event::Restored {
                partition,
                rows: rows.len(),
                records,
                warm,
                took,
            });
            let desk = Desk {
                source,
                rows,
                marker,
                rows_as_of: target,
                local_from: None,
                blocked: false,
            };
            self.desks.insert(number, desk);
        }
        Ok(())
    }

    /// Learns where local delivery may begin, for partitions of which that is not known yet.
    pub(super) fn learn_local_from(&mut self) {
        let unknown = self.desks.iter().filter(|(_, desk)| desk.local_from.is_none());
        let numbers: Vec<i32> = unknown.map(|(&number, _)| number).collect();
        if numbers.is_empty() || !self.settings.local_delivery {
            return;
        }
        let partitions: Vec<_> = numbers
            .iter()
            .map(|&number| self.mailbox_partition(number))
            .collect();
        // Without an answer, messages go through the mailbox a little longer.
        let Ok(ends) = self.log.ends(&partitions) else {
            return;
        };
        for (number, ends) in numbers.iter().zip(ends) {
            if let Some(desk) = self.desks.get_mut(number) {
                desk.local_from = Some(ends.high_watermark);
            }
        }
    }
}
