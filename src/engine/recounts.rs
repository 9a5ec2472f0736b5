//! The totals of a partition's committed rows ([`Row::addend`](crate::processor::Row::addend)), and what
//! transactions are about to change in them.

use crate::processor::{Addend, Totals};

/// What a row added before a transaction changed it, and since.
#[derive(Debug)]
struct Recount {
    before: Addend,
    now: Addend,
}

/// The totals, and what the open transaction and the one on its way change.
#[derive(Debug, Default)]
pub(super) struct Recounts {
    totals: Totals,
    open: Vec<Recount>,
    launched: Vec<Recount>,
}

/// The place of a row that added something before it was changed.
pub(super) type Place = usize;

impl Recounts {
    /// The open transaction changes a row that added this. `None`: that was nothing.
    pub fn begin(&mut self, before: Addend) -> Option<Place> {
        let adds = !before.is_nothing();
        adds.then(|| {
            let now = Addend::default();
            self.open.push(Recount { before, now });
            self.open.len() - 1
        })
    }

    /// The row adds this now.
    pub fn end(&mut self, place: Option<Place>, now: Addend) {
        match place.and_then(|place| self.open.get_mut(place)) {
            Some(recount) => recount.now = now,
            None if now.is_nothing() => {}
            None => {
                let before = Addend::default();
                self.open.push(Recount { before, now });
            }
        }
    }

    /// The open transaction is on its way.
    pub fn launch(&mut self) {
        self.launched.append(&mut self.open);
    }

    /// The transaction on its way has happened.
    pub fn land(&mut self) {
        for Recount { before, now } in self.launched.drain(..) {
            // Only here, so that nothing has to be taken back.
            self.totals.change(&before, &now);
        }
    }

    /// The transaction on its way has not happened.
    pub fn turn_back(&mut self) {
        self.launched.clear();
    }

    /// The open transaction has not happened.
    pub fn rollback(&mut self) {
        self.open.clear();
    }

    /// A committed row adds something else, while no transaction is open.
    pub fn change(&mut self, before: &Addend, now: &Addend) {
        self.totals.change(before, now);
    }

    /// What the committed rows count as, together.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }
}
