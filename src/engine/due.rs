//! When the rows of a partition want to be woken: an index that moves with the open transaction and
//! can be taken back with it.

use rustc_hash::FxHashSet;

use super::timeline::Timeline;
use crate::model::Millis;
use crate::processor::{Row, RowKey};

/// What the index holds for a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// The row sleeps until it changes.
    None,
    /// The row is due.
    At(Millis),
    /// It would be due, but waking it has failed: it sleeps until it changes.
    Parked,
}

impl Timer {
    /// What a row asks for.
    pub fn of<R: Row>(row: Option<&R>) -> Self {
        row.and_then(Row::due).map_or(Self::None, Self::At)
    }
}

/// The index of timers of one partition. A timer needs no row of its own: it is derived from the row that
/// wants to be woken.
#[derive(Debug, Default)]
pub(super) struct Due {
    timers: Timeline,
    parked: FxHashSet<RowKey>,
    /// What the open transaction has changed: the row, what was held before, what is held since.
    undo: Vec<(RowKey, Timer, Timer)>,
    /// The same of the transaction on its way.
    undo_launched: Vec<(RowKey, Timer, Timer)>,
}

impl Due {
    /// The row that is due first, and when.
    pub fn first(&self) -> Option<(Millis, RowKey)> {
        self.timers.first()
    }

    /// Whether a row is parked.
    pub fn is_parked(&self, key: &RowKey) -> bool {
        self.parked.contains(key)
    }

    /// Changes what is held for a row, within the open transaction.
    pub fn change(&mut self, key: RowKey, before: Timer, now: Timer) {
        if before != now {
            self.undo.push((key, before, now));
            self.set(key, before, now);
        }
    }

    /// Changes what is held for a row, while no transaction is open.
    pub fn set(&mut self, key: RowKey, before: Timer, now: Timer) {
        if before == now {
            return;
        }
        match before {
            Timer::None => {}
            Timer::At(at) => self.timers.remove(at, &key),
            Timer::Parked => {
                self.parked.remove(&key);
            }
        }
        match now {
            Timer::None => {}
            Timer::At(at) => self.timers.insert(at, &key),
            Timer::Parked => {
                self.parked.insert(key);
            }
        }
    }

    /// The open transaction is on its way.
    pub fn launch(&mut self) {
        self.undo_launched.append(&mut self.undo);
    }

    /// The transaction on its way has happened.
    pub fn land(&mut self) {
        self.undo_launched.clear();
    }

    /// The open transaction has not happened.
    pub fn rollback(&mut self) {
        let mut undo = std::mem::take(&mut self.undo);
        for (key, before, now) in undo.drain(..).rev() {
            self.set(key, now, before);
        }
        self.undo = undo;
    }

    /// Nor has the transaction on its way. Of the open one, nothing may be left.
    pub fn turn_back(&mut self) {
        std::mem::swap(&mut self.undo, &mut self.undo_launched);
        self.rollback();
    }

    /// Forgets all timers: a planted fault.
    pub fn lose(&mut self) {
        self.timers.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{Due, Timer};
    use crate::model::Millis;
    use crate::processor::{ActorKey, RowKey};

    #[test]
    fn a_rollback_takes_every_step_back() {
        let key = |index| RowKey {
            actor: ActorKey { kind: 0, hash: 9 },
            part: 0,
            index,
        };
        let at = |ms| Timer::At(Millis(ms));
        let mut due = Due::default();
        due.change(key(1), Timer::None, at(10));
        due.launch();
        due.land();
        due.change(key(1), at(10), at(30));
        due.change(key(1), at(30), Timer::Parked);
        due.change(key(2), Timer::None, at(5));
        assert_eq!(due.first(), Some((Millis(5), key(2))));
        assert!(due.is_parked(&key(1)));
        due.rollback();
        assert_eq!(due.first(), Some((Millis(10), key(1))));
        assert!(!due.is_parked(&key(1)));
        due.rollback();
        assert_eq!(
            due.first(),
            Some((Millis(10), key(1))),
            "there is nothing more to take back"
        );
    }
}
