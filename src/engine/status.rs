//! How a worker stands: what it holds and reads, and what it waits for. For metrics and health.

use std::time::Duration;

use super::incoming::Arrival;
use super::queues::Queue;
use super::worker::Worker;
use crate::log::{Consumer, Log, LogError, Reader, TopicPartition};
use crate::model::Millis;
use crate::processor::{Processor, Totals};

/// Running time from one telling to the next.
const INTERVAL: Duration = Duration::from_millis(500);

/// How a worker stands. Queues are those of committed transactions, and so are rows, but for a moment while one is on
/// its way.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Whether it is a member of its group, with whatever partitions.
    pub joined: bool,
    /// Whether it has left in good order.
    pub left: bool,
    /// What is being mended, if anything is.
    pub mending: Option<LogError>,
    /// Partitions that it reads.
    pub reading: Vec<Reading>,
    /// Mailbox partitions whose rows it holds.
    pub held: Vec<Held>,
    /// Partitions given to it that it does not read yet: rows are being restored, or offsets learnt.
    pub restoring: Vec<TopicPartition>,
    /// Changelog records that are still to be read for that, by offsets.
    pub to_restore: u64,
    /// Whether inputs wait for the mailbox.
    pub paused: bool,
    /// Partitions that stand still until a newer release owns them.
    pub blocked: Vec<TopicPartition>,
}

/// How far a partition has been read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The partition.
    pub partition: TopicPartition,
    /// The input topic's index; `None`: the mailbox.
    pub input: Option<usize>,
    /// The next offset to read, past control records.
    pub position: i64,
    /// When the log received what was read last; `None` before the first.
    pub logged: Option<Millis>,
}

/// The rows of a mailbox partition.
#[derive(Clone, Debug)]
pub struct Held {
    /// The partition's number.
    pub number: i32,
    /// How many rows there are.
    pub rows: usize,
    /// The bytes they take.
    pub bytes: usize,
    /// The queues they stand in.
    pub queues: Vec<Queue>,
    /// What they count as, together.
    pub totals: Totals,
}

impl Status {
    /// Of a worker that has left in good order.
    pub(super) fn left() -> Self {
        Self {
            left: true,
            ..Self::default()
        }
    }
}

impl<L: Log, P: Processor> Worker<L, P> {
    /// Tells how it stands, if it is time and someone wants to know.
    pub(super) fn tell_status(&mut self) {
        let now = self.clock.monotonic();
        if now < self.status_due || !self.observer.follows() {
            return;
        }
        self.status_due = now + INTERVAL;
        let status = self.status();
        self.observer.stands(self.index, status);
    }

    /// The queues that committed rows stand in, by mailbox partition. For tests that compare state.
    pub fn queues(&self) -> impl Iterator<Item = (i32, Queue)> {
        let desks = self.desks.iter();
        desks.flat_map(|(&number, desk)| desk.rows.queues().iter().map(move |queue| (number, queue)))
    }

    /// What committed rows count as together, by mailbox partition. For tests that compare state.
    pub fn totals(&self) -> impl Iterator<Item = (i32, &Totals)> {
        let desks = self.desks.iter();
        desks.map(|(&number, desk)| (number, desk.rows.totals()))
    }

    fn status(&mut self) -> Status {
        let joined = self.consumer.membership().is_ok();
        let inputs = self
            .inputs
            .iter()
            .map(|(&(input, _), source)| (Some(input), source));
        let desks = self.desks.values().map(|desk| (None, &desk.source));
        let reading = inputs.chain(desks).map(|(input, source)| {
            let position = self.consumer.position(&source.partition);
            Reading {
                partition: source.partition.clone(),
                input,
                position: position.unwrap_or(source.position),
                logged: source.logged,
            }
        });
        let held = self.desks.iter().map(|(&number, desk)| Held {
            number,
            rows: desk.rows.len(),
            bytes: desk.rows.bytes(),
            queues: desk.rows.queues().iter().collect(),
            totals: desk.rows.totals().clone(),
        });
        let standing = self.desks.iter().filter(|(_, desk)| desk.blocked);
        let blocked = standing
            .map(|(&number, _)| number)
            .chain(self.blocked.iter().copied());
        let mut status = Status {
            joined,
            left: false,
            mending: self
                .repair
                .as_ref()
                .and_then(super::recover::Repair::cause)
                .cloned(),
            reading: reading.collect(),
            held: held.collect(),
            restoring: Vec::new(),
            to_restore: 0,
            paused: self.upkeep.is_paused(),
            blocked: blocked.map(|number| self.mailbox_partition(number)).collect(),
        };
        for arrival in &self.arrivals {
            let inputs = arrival.inputs.iter().map(|&id| self.input_partition(id));
            status.restoring.extend(inputs);
            let mailboxes = arrival.mailboxes().filter(|(_, blocked)| !blocked);
            let mailboxes = mailboxes.map(|(number, _)| self.mailbox_partition(number));
            status.restoring.extend(mailboxes);
            status.to_restore += self.left_to_restore(arrival);
        }
        status
    }

    /// Changelog records that are still to be read for partitions that were given, by offsets. Nothing, before the
    /// offsets are known.
    fn left_to_restore(&self, arrival: &Arrival<P::Row, L::Reader>) -> u64 {
        let whole = |offsets: i64| u64::try_from(offsets).unwrap_or(0);
        let desks = arrival.desks.iter().filter(|desk| arrival.asked && !desk.blocked);
        let left = desks.map(|desk| {
            let reader = arrival.reader.as_ref().filter(|_| desk.from < desk.target);
            let read = reader.and_then(|reader| reader.position(&self.changelog_partition(desk.number)).ok());
            whole(desk.target - read.unwrap_or(desk.from))
        });
        left.sum()
    }
}
