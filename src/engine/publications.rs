//! What marked rows have come to: said once a transaction, and sent with its commit.
//!
//! A row says it when it cools, while it is at hand; if it is marked again after that, it says it anew, and what
//! it said before is dropped. So a reader sees one record of it a transaction, whatever happened in between.

use std::collections::hash_map::Entry;
use std::ops::Range;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::error::Trouble;
use super::event::Event;
use super::savepoint::Scope;
use super::worker::Worker;
use crate::log::Log;
use crate::processor::{Processor, RowKey};

/// The publications of the open transaction, in the order in which their rows were first marked.
#[derive(Debug, Default)]
pub(super) struct Publications {
    list: Vec<Publication>,
    places: FxHashMap<RowKey, usize>,
    /// Keys and values of what was said.
    held: Vec<u8>,
}

#[derive(Debug)]
struct Publication {
    partition: i32,
    row: RowKey,
    /// It is marked, and has not said yet what it has come to since.
    is_due: bool,
    /// It has said so in this transaction before.
    again: bool,
    outputs: SmallVec<[Held; 1]>,
}

/// An output that is held back.
#[derive(Clone, Debug)]
struct Held {
    topic: usize,
    key: Range<usize>,
    value: Option<Range<usize>>,
}

impl Publications {
    /// Marks a row for publication.
    pub fn mark(&mut self, partition: i32, row: RowKey) {
        match self.places.entry(row) {
            Entry::Occupied(place) => self.list[*place.get()].is_due = true,
            Entry::Vacant(place) => {
                place.insert(self.list.len());
                self.list.push(Publication {
                    partition,
                    row,
                    is_due: true,
                    again: false,
                    outputs: SmallVec::new(),
                });
            }
        }
    }

    /// Holds an output of the publication in this place.
    pub fn hold(&mut self, place: usize, topic: usize, key: &[u8], value: Option<&[u8]>) {
        let mut keep = |bytes: &[u8]| {
            let start = self.held.len();
            self.held.extend_from_slice(bytes);
            start..self.held.len()
        };
        let (key, value) = (keep(key), value.map(&mut keep));
        self.list[place].outputs.push(Held { topic, key, value });
    }

    /// Forgets everything, keeps the memory.
    pub fn clear(&mut self) {
        self.list.clear();
        self.places.clear();
        self.held.clear();
    }

    /// The place of a row that is to say what it has come to.
    fn due(&self, row: &RowKey) -> Option<usize> {
        let place = *self.places.get(row)?;
        self.list[place].is_due.then_some(place)
    }
}

impl<L: Log, P: Processor> Worker<L, P> {
    /// Lets rows cool that have not been touched for a while. Not within an apply and what follows from it.
    pub(super) fn cool(&mut self) -> Result<(), Trouble> {
        let hot = self.settings.pace.hot_rows;
        let next = |(&number, desk): (&i32, &mut super::source::Desk<P::Row>)| {
            Some((number, desk.rows.next_to_cool(hot)?))
        };
        while let Some((number, row)) = self.desks.iter_mut().find_map(next) {
            if let Some(place) = self.transaction.publications.due(&row) {
                self.publish(place)?;
            }
            if let Some(desk) = self.desks.get_mut(&number) {
                desk.rows.cool(row);
            }
        }
        Ok(())
    }

    /// Publishes every row that is still to say what it has come to, and sends what all have said.
    pub(super) fn publish_all(&mut self) -> Result<(), Trouble> {
        for place in 0..self.transaction.publications.list.len() {
            if self.transaction.publications.list[place].is_due {
                self.publish(place)?;
            }
        }
        let publications = std::mem::take(&mut self.transaction.publications);
        let bytes = |range: &Range<usize>| &publications.held[range.clone()];
        // Topic by topic, so that a partition's records come soon after each other and make large batches.
        let topics = 0..self.settings.topics.outputs.len();
        let outputs = || publications.list.iter().flat_map(|said| &said.outputs);
        let mut outputs = topics.flat_map(|topic| outputs().filter(move |output| output.topic == topic));
        let sent = outputs.try_for_each(|output| {
            let value = output.value.as_ref().map(bytes);
            self.output(output.topic, bytes(&output.key), value)
        });
        self.transaction.publications = publications;
        sent
    }

    fn publish(&mut self, place: usize) -> Result<(), Trouble> {
        let publication = &mut self.transaction.publications.list[place];
        publication.is_due = false;
        publication.outputs.clear();
        let Publication {
            partition,
            row,
            again,
            ..
        } = *publication;
        let cx = self.context(0);
        let Self {
            desks,
            scratch,
            processor,
            ..
        } = self;
        let Some(desk) = desks.get_mut(&partition) else {
            return Ok(());
        };
        let outcome = scratch
            .call(|effects| processor.publish(row, again, &mut desk.rows, &cx, effects))
            .and_then(|()| self.stage(Scope::Publish(row.actor), 0));
        match outcome {
            Ok(()) => {
                self.transaction.publications.list[place].again = true;
                self.perform_as(partition, 0, Some(place))
            }
            Err(reason) => {
                self.transaction.counts.publish_failed += 1;
                let partition = self.mailbox_partition(partition);
                self.transaction.events.push(Event::PublishFailed {
                    partition,
                    row,
                    reason,
                });
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Publications;
    use crate::processor::{ActorKey, RowKey};

    fn row(index: u64) -> RowKey {
        RowKey {
            actor: ActorKey { kind: 0, hash: 9 },
            part: 0,
            index,
        }
    }

    #[test]
    fn a_row_that_is_marked_again_is_due_again_in_its_place() {
        let mut publications = Publications::default();
        publications.mark(3, row(1));
        publications.mark(3, row(2));
        publications.mark(3, row(1));
        assert_eq!(
            (publications.due(&row(1)), publications.due(&row(2))),
            (Some(0), Some(1))
        );
        publications.list[0].is_due = false;
        publications.hold(0, 7, b"key", Some(b"value"));
        assert_eq!(publications.due(&row(1)), None);
        publications.mark(3, row(1));
        assert_eq!(publications.due(&row(1)), Some(0));
        assert_eq!(publications.list.len(), 2);
        publications.clear();
        assert_eq!(publications.due(&row(2)), None);
    }
}
