//! A worker: one consumer, one transactional producer, and the rows of the partitions it owns.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::clock::{Clock, Time};
use super::counts::Counts;
use super::drain::Drain;
use super::error::{EngineError, Trouble};
use super::event::Event;
use super::flight::Flight;
use super::incoming::{Arrival, Warm};
use super::local::LocalQueue;
use super::observer::{Observer, Spent};
use super::outbox::Outbox;
use super::recover::Repair;
use super::retry::retry;
use super::savepoint::Scratch;
use super::settings::EngineSettings;
use super::sizes::Sizes;
use super::source::{Desk, Source};
use super::status::Status;
use super::transaction::Transaction;
use super::upkeep::Upkeep;
use crate::log::{
    Batch, Consumer, ErrorKind, GroupSettings, Log, Polled, Producer, Record, Topic, TopicPartition,
};
use crate::processor::Processor;

/// Mailbox partitions that are read, by number.
pub(super) type Desks<R> = BTreeMap<i32, Desk<R>>;

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something was done; there may be more.
    Worked,
    /// There was nothing to do within the time given.
    Idle,
    /// A drain has come to its end.
    Done,
}

/// One thread's share of the work, a step at a time: a simulation drives several in turn, the
/// [runner](super::run) gives each a thread.
///
/// Dropping a worker is a crash; [`Worker::close`] is the orderly end.
pub struct Worker<L: Log, P: Processor> {
    pub(super) log: L,
    pub(super) processor: P,
    pub(super) settings: Arc<EngineSettings>,
    pub(super) clock: Arc<dyn Clock>,
    /// What the clocks said when they were last looked at.
    pub(super) time: Time,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) index: usize,
    pub(super) transactional_id: String,
    pub(super) subscription: Vec<Topic>,
    /// Partitions of mailbox and changelog.
    pub(super) partitions: i32,
    pub(super) consumer: L::Consumer,
    pub(super) producer: L::Producer,
    /// Input partitions that are read.
    pub(super) inputs: BTreeMap<(usize, i32), Source>,
    pub(super) desks: Desks<P::Row>,
    /// Partitions given, and not read yet.
    pub(super) arrivals: Vec<Arrival<P::Row, L::Reader>>,
    /// Mailbox partitions given whose rows only a newer release can read.
    pub(super) blocked: BTreeSet<i32>,
    /// Rows of partitions taken away a short while ago.
    pub(super) warm: BTreeMap<i32, Warm<P::Row>>,
    /// The open one.
    pub(super) transaction: Transaction,
    /// The one before, if it is on its way.
    pub(super) flight: Option<Flight>,
    /// Serves the next one.
    pub(super) spare: Transaction,
    pub(super) outbox: Outbox,
    pub(super) local: LocalQueue<P::Message>,
    pub(super) scratch: Scratch<P>,
    pub(super) sizes: Sizes,
    /// The number of the latest commit.
    pub(super) number: u64,
    pub(super) repair: Option<Repair>,
    pub(super) fenced_at: Option<Duration>,
    /// Running time when it last came back from standing still: stopped, swapped out, or waiting for one call.
    pub(super) stood_still: Option<Duration>,
    /// How often it has joined its group anew.
    pub(super) memberships: u64,
    pub(super) aborts_in_a_row: u32,
    pub(super) drain: Option<Drain>,
    pub(super) upkeep: Upkeep,
    pub(super) counts: Counts,
    /// Running time when it next tells how it stands.
    pub(super) status_due: Duration,
    /// Outputs asked for, committed or not; planted faults count by it.
    pub(super) emitted: u64,
    batch: Batch,
    /// How many records were read last.
    pub(super) last_batch: usize,
    /// How long the latest commit took.
    pub(super) commit_took: Duration,
}

impl<L: Log, P: Processor> Worker<L, P> {
    /// Makes worker `index` of an instance: checks the topics, fences whoever has its transactional
    /// id, and joins the group. Partitions come with the first steps.
    pub fn new(
        log: L,
        processor: P,
        settings: Arc<EngineSettings>,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
        index: usize,
    ) -> Result<Self, EngineError> {
        settings.check_names()?;
        let within = settings.pace.retry;
        let partitions = retry(&*clock, within, || log.partitions(&settings.all_topics()))?;
        let partitions = settings.check_topics(&partitions)?;
        let drain = Drain::begin(&log, &settings, &*clock)?;
        let transactional_id = settings.transactional_id(index);
        let producer = retry(&*clock, within, || {
            let mut producer = log.producer(&transactional_id)?;
            producer.init()?;
            Ok(producer)
        })?;
        let group = group_settings(&settings, &transactional_id);
        let consumer = retry(&*clock, within, || log.consumer(&group))?;
        let sizes = Sizes::new(settings.max_record, settings.topics.outputs.len());
        Ok(Self {
            subscription: settings.subscription(),
            log,
            processor,
            time: clock.time(),
            clock,
            observer,
            index,
            transactional_id,
            partitions,
            consumer,
            producer,
            inputs: BTreeMap::new(),
            desks: Desks::new(),
            arrivals: Vec::new(),
            blocked: BTreeSet::new(),
            warm: BTreeMap::new(),
            transaction: Transaction::default(),
            flight: None,
            spare: Transaction::default(),
            outbox: Outbox::default(),
            local: LocalQueue::new(),
            scratch: Scratch::default(),
            sizes,
            number: 0,
            repair: None,
            fenced_at: None,
            stood_still: None,
            memberships: 0,
            aborts_in_a_row: 0,
            drain,
            upkeep: Upkeep::default(),
            counts: Counts::default(),
            status_due: Duration::ZERO,
            emitted: 0,
            batch: Batch::new(),
            last_batch: 0,
            commit_took: Duration::ZERO,
            settings,
        })
    }

    /// Does what there is to do, waiting for it at most `max_wait`. What can be mended is mended in
    /// later steps; an error is final, and the worker should be dropped.
    pub fn step(&mut self, max_wait: Duration) -> Result<Step, EngineError> {
        self.tell_status();
        self.look_at_clock();
        if self.repair.is_some() {
            self.mend()?;
            return Ok(Step::Worked);
        }
        match self.try_step(max_wait) {
            Ok(step) => Ok(step),
            Err(Trouble::Stop(error)) => Err(error),
            Err(Trouble::Log(error)) => {
                self.look_at_clock(); // it may have stood still in the call that failed
                self.fail(error)?;
                self.mend()?;
                Ok(Step::Worked)
            }
        }
    }

    /// Looks what time it is: once for each record, not for each of the many steps that follow from it.
    pub(super) fn look_at_clock(&mut self) {
        let time = self.clock.time();
        if time.running.saturating_sub(self.time.running) >= self.settings.pace.still {
            self.stood_still = Some(time.running);
        }
        self.time = time;
    }

    fn try_step(&mut self, max_wait: Duration) -> Result<Step, Trouble> {
        let committed = self.commit_if_due()?;
        let restored = self.restore()?;
        self.upkeep()?;
        let fired = self.fire_timers()?;
        let busy = committed || restored || fired;
        if !busy && self.look_whether_drained()? {
            return Ok(Step::Done);
        }
        let wait = if busy || self.flight.is_some() {
            Duration::ZERO
        } else {
            self.patience(max_wait)
        };
        let mut batch = std::mem::take(&mut self.batch);
        let polled = self.consumer.poll(wait, &mut batch);
        self.last_batch = batch.len();
        let step = match polled {
            Ok(Polled::Idle) if busy => Ok(Step::Worked),
            // Nothing else is to be done: it can be waited for.
            Ok(Polled::Idle) if self.flight.is_some() => self.land().map(|()| Step::Worked),
            Ok(Polled::Idle) => Ok(Step::Idle),
            Ok(Polled::Records) => self.process(&batch).map(|()| Step::Worked),
            Ok(Polled::Assigned(partitions)) => {
                self.assigned(partitions);
                Ok(Step::Worked)
            }
            Ok(Polled::Revoked { partitions, lost }) => {
                self.revoked(&partitions, lost).map(|()| Step::Worked)
            }
            // Nothing was read; what is open is not harmed.
            Err(error) if error.kind == ErrorKind::Retriable => {
                self.clock.sleep(Duration::from_millis(10));
                Ok(Step::Worked)
            }
            Err(error) => Err(error.into()),
        };
        self.batch = batch;
        step
    }

    /// Processes what was read: mailbox before inputs, so that what has begun is finished first.
    fn process(&mut self, batch: &Batch) -> Result<(), Trouble> {
        let inputs = self.input_count();
        let mailbox = batch.iter().filter(|record| record.topic >= inputs);
        self.process_each(
            mailbox,
            |spent| &mut spent.applying,
            |worker, record| worker.receive(record),
        )?;
        let inputs = batch.iter().filter(|record| record.topic < inputs);
        self.process_each(
            inputs,
            |spent| &mut spent.taking,
            |worker, record| worker.take(record.topic, record),
        )
    }

    /// Processes records, a few at a time: first these, then what they cause, then what that causes. So the
    /// same code runs for all of them before the next does; one after the other, each would find the
    /// processor's caches full of what the one before needed last.
    fn process_each<'b>(
        &mut self,
        records: impl Iterator<Item = Record<'b>>,
        time_of: fn(&mut Spent) -> &mut Duration,
        process: fn(&mut Self, &Record<'b>) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let mut records = records.peekable();
        while records.peek().is_some() {
            let begun = self.clock.monotonic();
            for record in records.by_ref().take(self.settings.pace.together) {
                self.look_at_clock();
                process(self, &record)?;
            }
            let processed = self.clock.monotonic();
            self.deliver_locally()?;
            let applied = self.clock.monotonic();
            self.cool()?;
            let packed = self.clock.monotonic();
            let spent = &mut self.transaction.spent;
            *time_of(spent) += processed.saturating_sub(begun);
            spent.applying += applied.saturating_sub(processed);
            spent.packing += packed.saturating_sub(applied);
            self.commit_if_due()?;
        }
        Ok(())
    }

    /// How many topics of the subscription are inputs; the mailbox comes after them.
    fn input_count(&self) -> usize {
        if self.settings.roles.intake() {
            self.settings.topics.inputs.len()
        } else {
            0
        }
    }

    /// How long a poll may wait without anything else being late.
    fn patience(&mut self, max_wait: Duration) -> Duration {
        let now = self.clock.monotonic();
        let mut wait = max_wait;
        if !self.arrivals.is_empty() {
            wait = wait.min(Duration::from_millis(2));
        }
        if let Some(at) = self.commit_at() {
            wait = wait.min(at.saturating_sub(now));
        }
        if let Some(drain) = &self.drain {
            wait = wait.min(drain.next_look().saturating_sub(now));
        } else if self.clock.trust().may_judge()
            && let Some((due, ..)) = self.first_due()
        {
            let left = due.since(self.clock.wall()).max(0);
            wait = wait.min(Duration::from_millis(left.unsigned_abs()));
        }
        wait
    }

    /// Ends what is open and leaves the group, so that others take over at once.
    pub fn close(mut self) -> Result<(), EngineError> {
        if self.repair.is_none()
            && let Err(trouble) = self.commit()
        {
            match trouble {
                Trouble::Stop(error) => return Err(error),
                Trouble::Log(error) => self.fail(error)?,
            }
        }
        if self.repair.is_some() {
            // One attempt; what it cannot end, the next start or the transaction's time-out will.
            self.mend()?;
        } else {
            self.purge_now(); // what was taken in is not to lie there until the next start
        }
        if let Err(error) = self.consumer.close() {
            self.tell(&Event::UpkeepFailed(error));
        }
        self.observer.stands(self.index, Status::left());
        Ok(())
    }

    /// What has been done so far, for certain.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The transactional id; the consumer's client name too.
    pub fn transactional_id(&self) -> &str {
        &self.transactional_id
    }

    /// Committed rows in memory, and the bytes they take.
    pub fn rows(&self) -> (usize, usize) {
        let rows = self.desks.values().map(|desk| &desk.rows);
        rows.fold((0, 0), |(n, bytes), rows| (n + rows.len(), bytes + rows.bytes()))
    }

    /// The committed rows, and those on their way, of the mailbox partitions that are read: partition, key bytes,
    /// value (format byte first), in no order. For tests that compare state.
    pub fn committed_rows(&self) -> impl Iterator<Item = (i32, &[u8], &[u8])> {
        let desks = self.desks.iter();
        desks.flat_map(|(&number, desk)| {
            desk.rows
                .committed()
                .map(move |(key, value)| (number, key, value))
        })
    }

    /// Counts what is certain.
    pub(super) fn count(&mut self, counts: &Counts) {
        self.counts += counts;
        self.observer.counted(self.index, counts);
    }

    /// Tells what is certain.
    pub(super) fn tell(&self, event: &Event) {
        self.observer.event(self.index, event);
    }

    pub(super) fn mailbox_partition(&self, number: i32) -> TopicPartition {
        TopicPartition::new(self.settings.topics.mailbox.clone(), number)
    }

    pub(super) fn changelog_partition(&self, number: i32) -> TopicPartition {
        TopicPartition::new(self.settings.topics.changelog.clone(), number)
    }
}

/// How a worker joins its group.
pub(super) fn group_settings(settings: &EngineSettings, transactional_id: &str) -> GroupSettings {
    GroupSettings {
        group: settings.application.clone(),
        client: transactional_id.to_owned(),
        topics: settings.subscription(),
        gather: settings.pace.gather(),
    }
}
