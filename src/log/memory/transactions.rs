//! The transaction coordinator: who may write under an id, what is open, and how it ends.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::model::Millis;

use super::super::{ErrorKind, LogError, OffsetCommit, TopicPartition};
use super::brokers::Role;
use super::consumer::Membership;
use super::faults::Marker;
use super::partition::Payload;
use super::state::{Event, State, ms};

/// Names the writer of a record; one for each transactional id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ProducerId(pub u64);

impl ProducerId {
    /// Of records that are in no transaction.
    pub const NONE: Self = Self(u64::MAX);
}

/// How a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Commit,
    Abort,
}

/// From one attempt to write a marker to the next.
const MARKED_AGAIN: Duration = Duration::from_millis(100);

/// What the coordinator knows of a transactional id.
#[derive(Debug)]
pub(super) struct Transactional {
    producer: ProducerId,
    /// Only the producer that was given this epoch may write.
    epoch: u32,
    open: Option<Transaction>,
}

/// A transaction, from its first record or offset until its last marker is written.
#[derive(Debug)]
struct Transaction {
    /// Tells it from others of the same id.
    serial: u64,
    since: Millis,
    /// What it has touched and no marker has been written to.
    touched: BTreeSet<Marker>,
    /// Decided, but markers are still on their way.
    decided: Option<Outcome>,
}

impl State {
    /// Gives a new epoch of the id out, which fences all earlier ones, and ends what they left open:
    /// aborts it, unless its end was decided already. `None` as long as that cannot be marked everywhere.
    pub fn take_transactional_id(&mut self, id: &str) -> Option<u32> {
        let serial = self.next_serial();
        let entry = self.transactional.entry(id.to_owned()).or_insert(Transactional {
            producer: ProducerId(serial),
            epoch: 0,
            open: None,
        });
        entry.epoch += 1;
        let epoch = entry.epoch;
        self.decide(id, Outcome::Abort);
        self.settle(id).then_some(epoch)
    }

    /// Whether the holder of this epoch may still write; the error if not.
    pub fn check_epoch(&self, id: &str, epoch: u32, during: &'static str) -> Result<(), LogError> {
        if self.transactional.get(id).is_some_and(|t| t.epoch == epoch) {
            return Ok(());
        }
        let detail =
            format!("epoch {epoch} of transactional id {id} is over: taken by another, or timed out");
        Err(LogError::new(ErrorKind::Fenced, during, detail))
    }

    /// Whether all brokers answer that must, if the transaction of the id is to go on to this.
    pub fn takes(&self, id: &str, what: &Marker) -> bool {
        let open = self.transactional.get(id).and_then(|t| t.open.as_ref());
        match open {
            // A client waits for the markers of its last transaction before it writes again.
            Some(open) if open.decided.is_some() => {
                open.touched.iter().all(|marker| self.marks(id, marker)) && self.adds(id, what, false)
            }
            Some(open) => self.adds(id, what, open.touched.contains(what)),
            None => self.adds(id, what, false),
        }
    }

    /// Writes a record into the transaction of the id, opening one if there is none.
    pub fn write(
        &mut self,
        id: &str,
        epoch: u32,
        at: &TopicPartition,
        payload: Payload,
    ) -> Result<(), LogError> {
        const DURING: &str = "writing a record";
        self.check_epoch(id, epoch, DURING)?;
        let producer = self.touch(id, Marker::Partition(at.clone()));
        let now = self.now();
        self.partition_mut(at, DURING)?.append(producer, payload, now);
        self.stir();
        Ok(())
    }

    /// Adds offsets to the transaction of the id; they stay pending until it ends. Only here is the
    /// generation checked, not at the commit: as on a broker.
    pub fn write_offsets(
        &mut self,
        id: &str,
        epoch: u32,
        offsets: &[OffsetCommit],
        membership: &Membership,
    ) -> Result<(), LogError> {
        const DURING: &str = "sending offsets";
        self.check_epoch(id, epoch, DURING)?;
        let producer = self.touch(id, Marker::Offsets(membership.group.clone()));
        let serial = self.next_serial();
        let group = self.group(&membership.group);
        group.check(membership, DURING)?;
        for offset in offsets {
            group.offsets.add_pending(producer, serial, offset);
        }
        Ok(())
    }

    /// Notes that the transaction of the id touches this, and opens it if need be.
    fn touch(&mut self, id: &str, what: Marker) -> ProducerId {
        if self.decided(id) {
            self.settle(id);
        }
        let (serial, since) = (self.next_serial(), self.now());
        let entry = self
            .transactional
            .get_mut(id)
            .expect("the epoch of this id was checked");
        let fresh = Transaction {
            serial,
            since,
            touched: BTreeSet::new(),
            decided: None,
        };
        entry.open.get_or_insert(fresh).touched.insert(what);
        entry.producer
    }

    /// Ends the transaction of the id. Fine if none is open.
    pub fn end(
        &mut self,
        id: &str,
        epoch: u32,
        outcome: Outcome,
        during: &'static str,
    ) -> Result<(), LogError> {
        self.check_epoch(id, epoch, during)?;
        self.decide(id, outcome);
        Ok(())
    }

    /// Decides the end of the open transaction, if that is still undecided, and sends its markers out:
    /// each is written at once, or after the delay that the faults planned give it.
    fn decide(&mut self, id: &str, outcome: Outcome) {
        let Some(open) = self.transactional.get_mut(id).and_then(|t| t.open.as_mut()) else {
            return;
        };
        if open.decided.is_some() {
            return;
        }
        open.decided = Some(outcome);
        let serial = open.serial;
        let consumes = open
            .touched
            .iter()
            .any(|marker| matches!(marker, Marker::Offsets(_)));
        self.commits_with_offsets += u64::from(consumes && outcome == Outcome::Commit);
        let Some(open) = self.transactional.get(id).and_then(|t| t.open.as_ref()) else {
            return;
        };
        for marker in open.touched.clone() {
            match self.faults.marker_delay(&marker) {
                Duration::ZERO => self.write_marker(id, serial, &marker),
                delay => self.schedule(
                    delay,
                    Event::Marker {
                        id: id.to_owned(),
                        serial,
                        marker,
                    },
                ),
            }
        }
    }

    /// Writes all markers that are still on their way, as far as brokers answer. Whether all are written.
    fn settle(&mut self, id: &str) -> bool {
        let Some(open) = self.transactional.get(id).and_then(|t| t.open.as_ref()) else {
            return true;
        };
        let serial = open.serial;
        for marker in open.touched.clone() {
            if self.marks(id, &marker) {
                self.write_marker(id, serial, &marker);
            }
        }
        self.transactional.get(id).is_none_or(|t| t.open.is_none())
    }

    /// Writes one marker of a decided transaction; nothing if it was written before. Tried again for as long as
    /// brokers do not answer.
    pub fn write_marker(&mut self, id: &str, serial: u64, marker: &Marker) {
        let Some(entry) = self.transactional.get(id) else {
            return;
        };
        let producer = entry.producer;
        let Some(open) = entry.open.as_ref().filter(|t| t.serial == serial) else {
            return;
        };
        let Some(outcome) = open.decided else { return };
        if !open.touched.contains(marker) {
            return;
        }
        if !self.marks(id, marker) {
            let (id, marker) = (id.to_owned(), marker.clone());
            return self.schedule(MARKED_AGAIN, Event::Marker { id, serial, marker });
        }
        if let Some(entry) = self.transactional.get_mut(id)
            && let Some(open) = &mut entry.open
        {
            open.touched.remove(marker);
            if open.touched.is_empty() {
                entry.open = None;
            }
        }
        let now = self.now();
        match marker {
            Marker::Partition(at) => {
                if let Ok(partition) = self.partition_mut(at, "writing a marker") {
                    partition.mark(producer, outcome, now);
                }
            }
            Marker::Offsets(group) => self.group(group).offsets.settle(producer, outcome),
        }
        self.stir();
    }

    fn decided(&self, id: &str) -> bool {
        let open = self.transactional.get(id).and_then(|t| t.open.as_ref());
        open.is_some_and(|t| t.decided.is_some())
    }

    /// Whether a transaction of the id has touched anything and has not been decided.
    pub fn has_open_transaction(&self, id: &str) -> bool {
        self.transactional.get(id).is_some_and(|t| t.open.is_some()) && !self.decided(id)
    }

    /// Aborts the open transaction and fences its producer; says whether there was one.
    pub fn expire_transaction(&mut self, id: &str) -> bool {
        let open = self.has_open_transaction(id);
        if open {
            if let Some(entry) = self.transactional.get_mut(id) {
                entry.epoch += 1;
            }
            self.decide(id, Outcome::Abort);
        }
        open
    }

    /// The transaction that times out first, and when. Without a coordinator none does.
    pub fn next_transaction_timeout(&self) -> Option<(Millis, &str)> {
        let timeout = ms(self.settings.transaction_timeout);
        let open = self
            .transactional
            .iter()
            .filter(|(id, _)| self.serves(&Role::Transactions(id)))
            .filter_map(|(id, t)| t.open.as_ref().map(|open| (id, open)));
        let undecided = open.filter(|(_, open)| open.decided.is_none());
        undecided
            .map(|(id, open)| (open.since.plus(timeout), id.as_str()))
            .min()
    }

    /// The ids whose transaction is open, or decided with markers still to be written.
    pub fn open_transactions(&self) -> Vec<String> {
        self.transactional
            .iter()
            .filter(|(_, t)| t.open.is_some())
            .map(|(id, _)| id.clone())
            .collect()
    }
}
