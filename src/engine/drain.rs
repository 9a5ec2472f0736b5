//! The event clock of a drain, and how it is known that everything is quiet (ENGINE.md 17).
//!
//! Time stands before everything until all inputs are taken in and no message is on its way. Then it
//! moves once, to `as_of` or to the largest event time that any input carried, and what is due by
//! then fires, each timer at its own time. When all is quiet again, the worker is done.
//!
//! All of this is read from the log, so that it holds over instances and restarts: each committed
//! offset has a [stamp](super::stamp::Stamp) beside it with the largest event time of its partition
//! and, for mailbox partitions, up to when its timers have fired. A worker is done only when that is
//! so for *every* mailbox partition: if another instance dies before it has fired its timers, its
//! partitions come to those that are still there.

use std::collections::HashMap;
use std::time::Duration;

use super::clock::{BEFORE_EVERYTHING, Clock};
use super::error::{EngineError, Trouble};
use super::event::Event;
use super::retry::retry;
use super::settings::{EngineSettings, Mode};
use super::source::SourceId;
use super::stamp::Stamp;
use super::worker::Worker;
use crate::log::{Batch, CommittedOffset, ErrorKind, Isolation, Log, LogError, Reader, TopicPartition};
use crate::model::Millis;
use crate::processor::Processor;

/// How far a drain has come.
#[derive(Debug)]
pub(super) struct Drain {
    as_of: Option<Millis>,
    /// All input partitions, and where each ended at the start.
    inputs: Vec<(TopicPartition, i64)>,
    ends: HashMap<(usize, i32), i64>,
    /// Where time has moved to; `None` while it stands.
    clock: Option<Millis>,
    next_look: Duration,
    /// When it says next what it waits for.
    next_word: Duration,
    /// Of each partition, two offsets between which no record lies.
    empty: HashMap<TopicPartition, (i64, i64)>,
    done: bool,
}

impl Drain {
    /// Notes where the inputs end now; `None` if this is no drain.
    pub fn begin<L: Log>(
        log: &L,
        settings: &EngineSettings,
        clock: &dyn Clock,
    ) -> Result<Option<Self>, EngineError> {
        let Mode::Drain { as_of } = settings.mode else {
            return Ok(None);
        };
        let within = settings.pace.retry;
        let counts = retry(clock, within, || log.partitions(&settings.topics.inputs))?;
        let of = |topic: &_| counts.iter().find(|(t, _)| t == topic).map_or(0, |(_, n)| *n);
        let ids = settings.topics.inputs.iter().enumerate();
        let ids: Vec<_> = ids
            .flat_map(|(index, topic)| (0..of(topic)).map(move |n| (index, n)))
            .collect();
        let partition =
            |&(index, n): &(usize, i32)| TopicPartition::new(settings.topics.inputs[index].clone(), n);
        let partitions: Vec<_> = ids.iter().map(partition).collect();
        // Up to the last record that was there, also of transactions that are still open: what they hold is waited for.
        let ends = retry(clock, within, || log.ends(&partitions))?;
        let ends: Vec<i64> = ends.iter().map(|ends| ends.high_watermark).collect();
        Ok(Some(Self {
            as_of,
            inputs: partitions.into_iter().zip(ends.iter().copied()).collect(),
            ends: ids.into_iter().zip(ends).collect(),
            clock: None,
            next_look: Duration::ZERO,
            next_word: clock.monotonic() + settings.pace.waits,
            empty: HashMap::new(),
            done: false,
        }))
    }

    /// When to look again, in running time.
    pub fn next_look(&self) -> Duration {
        self.next_look
    }
}

/// What the log says when all is quiet.
struct Quiet {
    /// The largest event time of all inputs.
    seen: Option<Millis>,
    /// The earliest time up to which a mailbox partition has fired its timers.
    fired: Option<Millis>,
}

impl<L: Log, P: Processor> Worker<L, P> {
    /// The declared clock, by this wall clock.
    pub(super) fn now(&self, wall: Millis) -> Millis {
        match &self.drain {
            None => wall,
            Some(drain) => drain.clock.unwrap_or(BEFORE_EVERYTHING),
        }
    }

    /// Where the event clock has moved to, in a drain that got so far.
    pub(super) fn moved_clock(&self) -> Option<Millis> {
        self.drain.as_ref()?.clock
    }

    /// Whether a record of an input came only after the drain began.
    pub(super) fn is_beyond_drain(&self, input: (usize, i32), offset: i64) -> bool {
        let Some(drain) = &self.drain else { return false };
        drain.ends.get(&input).is_none_or(|&end| offset >= end)
    }

    /// In a drain, when nothing is open and nothing due: looks whether all is quiet, and if so lets
    /// time move, or notes that the timers have fired; true when the drain is done.
    pub(super) fn look_whether_drained(&mut self) -> Result<bool, Trouble> {
        let now = self.clock.monotonic();
        let Some(drain) = &mut self.drain else {
            return Ok(false);
        };
        if drain.done {
            return Ok(true);
        }
        let busy = self.transaction.open || self.flight.is_some() || !self.arrivals.is_empty();
        if busy || now < drain.next_look {
            return Ok(false);
        }
        let quiet = match self.look() {
            // A transaction still has offsets pending, or the log does not answer: not quiet.
            Err(error) if error.kind == ErrorKind::Retriable => None,
            other => other?,
        };
        let Some(Quiet { seen, fired }) = quiet else {
            // From the end of the look, which may have taken long: records come before looks.
            let next = self.clock.monotonic() + self.settings.pace.drain_check;
            if let Some(drain) = &mut self.drain {
                drain.next_look = next;
            }
            return Ok(false);
        };
        let Some(drain) = &mut self.drain else {
            return Ok(false);
        };
        if !self.settings.roles.desk() {
            drain.done = true;
            return Ok(true);
        }
        let to = drain.as_of.or(seen).unwrap_or(BEFORE_EVERYTHING);
        if drain.clock != Some(to) {
            drain.clock = Some(to);
            drain.next_look = now;
            self.tell(&Event::ClockMoved { to });
            return Ok(false);
        }
        // Nothing was due before the look. What this worker's partitions do not say yet, they say
        // with a commit of their unchanged offsets.
        let unsaid = self
            .desks
            .iter()
            .filter(|(_, desk)| desk.source.stamp.clock != Some(to));
        let unsaid: Vec<i32> = unsaid.map(|(&number, _)| number).collect();
        for &number in &unsaid {
            self.begin(SourceId::Mailbox(number))?;
        }
        if unsaid.is_empty() && fired.is_some_and(|fired| fired >= to) {
            drain_done(&mut self.drain);
            return Ok(true);
        }
        self.commit()?;
        Ok(false)
    }

    /// Reads from the log whether all is quiet: the inputs taken in up to where they ended at the
    /// start, and, if messages are applied here, nothing left in the mailbox or on its way to it.
    ///
    /// The order matters. A record that is taken in after the mailbox ends were first read either
    /// changes them before they are read again, or its input's offset is not committed yet, or its
    /// transaction is still open, which the last stable offset shows.
    fn look(&mut self) -> Result<Option<Quiet>, LogError> {
        let Some(drain) = &self.drain else { return Ok(None) };
        let group = &self.settings.application;
        let count = if self.settings.roles.desk() {
            self.partitions
        } else {
            0
        };
        let mailboxes: Vec<_> = (0..count).map(|number| self.mailbox_partition(number)).collect();
        let ends = self.log.ends(&mailboxes)?;
        if ends.iter().any(|ends| ends.last_stable != ends.high_watermark) {
            return Ok(None);
        }
        let inputs: Vec<_> = drain
            .inputs
            .iter()
            .map(|(partition, _)| partition.clone())
            .collect();
        let input_ends = self.log.ends(&inputs)?;
        let mut wanted = drain.inputs.iter().zip(&input_ends);
        if let Some(((partition, end), ends)) = wanted.find(|((_, end), ends)| ends.last_stable < *end) {
            let event = Event::OpenInput {
                partition: partition.clone(),
                stable: ends.last_stable,
                end: *end,
            };
            self.say_what_is_waited_for(&event);
            return Ok(None);
        }
        let taken = self.log.committed(group, &inputs)?;
        let read = self.log.committed(group, &mailboxes)?;

        let to_read =
            |committed: &Option<CommittedOffset>, start| committed.as_ref().map_or(start, |c| c.offset);
        let mut gaps = Vec::new();
        for (i, (partition, end)) in drain.inputs.iter().enumerate() {
            gaps.push((partition.clone(), to_read(&taken[i], input_ends[i].start), *end));
        }
        for (i, partition) in mailboxes.iter().enumerate() {
            gaps.push((
                partition.clone(),
                to_read(&read[i], ends[i].start),
                ends[i].high_watermark,
            ));
        }
        if !self.nothing_lies_between(gaps)? {
            return Ok(None);
        }
        let again = self.log.ends(&mailboxes)?;
        if again
            .iter()
            .zip(&ends)
            .any(|(again, ends)| again.high_watermark != ends.high_watermark)
        {
            return Ok(None);
        }
        let stamp = |committed: &Option<CommittedOffset>| {
            committed
                .as_ref()
                .map(|c| Stamp::parse(&c.metadata))
                .unwrap_or_default()
        };
        let seen = taken
            .iter()
            .chain(&read)
            .filter_map(|committed| stamp(committed).seen)
            .max();
        let fired = read
            .iter()
            .map(|committed| stamp(committed).clock)
            .min()
            .flatten();
        Ok(Some(Quiet { seen, fired }))
    }

    /// Says now and then what the drain waits for.
    fn say_what_is_waited_for(&mut self, event: &Event) {
        let now = self.clock.monotonic();
        let next = now + self.settings.pace.waits;
        let Some(drain) = self.drain.as_mut().filter(|drain| drain.next_word <= now) else {
            return;
        };
        drain.next_word = next;
        self.tell(event);
    }

    /// Whether no committed record lies between the two offsets of each partition. They need not be
    /// equal: behind the last record stand the markers of its transaction, and what was aborted, and
    /// only a reader's position goes past those. What was once found empty stays so.
    fn nothing_lies_between(&mut self, gaps: Vec<(TopicPartition, i64, i64)>) -> Result<bool, LogError> {
        let Some(drain) = &mut self.drain else {
            return Ok(false);
        };
        let unknown = |(partition, from, to): &(TopicPartition, i64, i64)| {
            let empty = drain.empty.get(partition);
            from < to && !empty.is_some_and(|(a, b)| a <= from && to <= b)
        };
        let gaps: Vec<_> = gaps.into_iter().filter(unknown).collect();
        if gaps.is_empty() {
            return Ok(true);
        }
        let from: Vec<_> = gaps
            .iter()
            .map(|(partition, from, _)| (partition.clone(), *from))
            .collect();
        let mut reader = self.log.reader(&from, Isolation::Committed)?;
        let mut batch = Batch::new();
        let mut silent = 0;
        loop {
            let found = reader.poll(LOOK_WAIT, &mut batch)?;
            let topics = reader.topics();
            let within = batch.iter().any(|record| {
                let gap = gaps.iter().find(|(partition, ..)| {
                    partition.partition == record.partition && partition.topic == topics[record.topic]
                });
                gap.is_some_and(|(.., to)| record.offset < *to)
            });
            if within {
                return Ok(false);
            }
            let mut all = true;
            for (partition, from, to) in &gaps {
                let reached = reader.position(partition)?;
                all &= reached >= *to;
                drain.empty.insert(partition.clone(), (*from, reached.min(*to)));
            }
            if all {
                return Ok(true);
            }
            // A reader may also come back because a position has moved.
            silent += usize::from(!found);
            if silent == SILENT_LOOKS {
                break;
            }
        }
        Ok(false)
    }
}

/// How long each poll of a look may wait, and how many that bring nothing end it.
const LOOK_WAIT: Duration = Duration::from_millis(250);
const SILENT_LOOKS: usize = 20;

fn drain_done(drain: &mut Option<Drain>) {
    if let Some(drain) = drain {
        drain.done = true;
    }
}
