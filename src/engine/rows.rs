//! The rows of one partition: what is committed, and over it what the open transaction has changed.
//!
//! A row that the open transaction has touched is *hot*: decoded, and at hand for the next message. Once
//! others have been touched since, it *cools*: it is packed as the changelog will carry it, while it is still
//! in the processor's cache, and its memory serves the next row. A row that cools and is touched again is
//! decoded again; it is written to the changelog once all the same.

use std::collections::VecDeque;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use rustc_hash::FxBuildHasher;

use super::due::{Due, Timer};
use super::packed::{Digest, Packed, PackedRow};
use super::queues::Queues;
use super::recounts::{self, Recounts};
use crate::model::Millis;
use crate::processor::{Addend, Corrupt, Row, RowKey, Standings, State, Totals};

type KeyBytes = [u8; RowKey::LEN];

/// A row that is hot.
#[derive(Debug)]
struct Slot<R> {
    row: Option<R>,
    /// Whether there is a committed row: most rows are new, and none need be looked for to compare.
    stored: bool,
    /// Whether it differs from what is committed or has cooled.
    dirty: bool,
    /// When it was touched last, in touches of this partition's rows.
    touched: u64,
    /// What the index of timers holds for it.
    timer: Timer,
    /// Where the committed row stands; known once the slot is dirty.
    stood: Standings,
    /// Where it is kept what the row added to the totals before it was dirty, if it added anything.
    recount: Option<recounts::Place>,
}

/// A row that has changed and cooled: on its way to the changelog.
#[derive(Debug)]
pub(super) struct Change {
    key: KeyBytes,
    row: Option<PackedRow>,
    /// Whether there is a committed row.
    stored: bool,
    /// Whether it differs from the committed row.
    is_news: bool,
    stood: Standings,
    stands: Standings,
}

impl Change {
    /// The changelog record's key.
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// The changelog record's value; `None` deletes the row.
    pub fn value(&self) -> Option<&[u8]> {
        self.row.as_ref().map(PackedRow::value)
    }
}

/// What the transaction on its way has made of a row.
#[derive(Debug)]
struct Launched {
    key: KeyBytes,
    /// The row as it was.
    before: Option<PackedRow>,
    stood: Standings,
    stands: Standings,
}

/// What a changelog record meant to the rows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Replayed {
    /// It is in.
    Done,
    /// It is in, but it cannot be decoded.
    Corrupt,
    /// It is of a format that only a newer release knows.
    Newer(u8),
}

/// The rows of one partition.
///
/// A rollback forgets what the open transaction has changed. Once it is on its way, what has changed is among the
/// committed rows, and what was there before is kept until it is known to have happened. The index of timers moves
/// with the transaction and keeps what it was.
#[derive(Debug)]
pub(super) struct Rows<R> {
    packed: Packed,
    /// Rows that are hot...
    slots: HashMap<RowKey, Slot<R>, FxBuildHasher>,
    /// ...in the order in which they became so, but for those touched again.
    order: VecDeque<RowKey>,
    touches: u64,
    /// Rows that have changed and cooled, each once...
    changes: Vec<Change>,
    /// ...and where they are.
    cooled: HashMap<RowKey, usize, FxBuildHasher>,
    due: Due,
    /// Hot rows whose timer the index does not hold yet.
    retimed: Vec<RowKey>,
    /// What the transaction on its way has changed.
    launched: Vec<Launched>,
    /// Where the committed rows stand.
    queues: Queues,
    /// What the committed rows count as, together.
    recounts: Recounts,
    buffer: Vec<u8>,
}

impl<R> Default for Rows<R> {
    fn default() -> Self {
        Self {
            packed: Packed::default(),
            slots: HashMap::default(),
            order: VecDeque::new(),
            touches: 0,
            changes: Vec::new(),
            cooled: HashMap::default(),
            due: Due::default(),
            retimed: Vec::new(),
            launched: Vec::new(),
            queues: Queues::default(),
            recounts: Recounts::default(),
            buffer: Vec::new(),
        }
    }
}

impl<R: Row> State<R> for Rows<R> {
    fn get(&mut self, key: &RowKey) -> Result<Option<&R>, Corrupt> {
        Ok(self.slot(key)?.row.as_ref())
    }
}

impl<R: Row> Rows<R> {
    fn slot(&mut self, key: &RowKey) -> Result<&mut Slot<R>, Corrupt> {
        self.touches += 1;
        match self.slots.entry(*key) {
            Entry::Occupied(entry) => {
                let slot = entry.into_mut();
                slot.touched = self.touches;
                Ok(slot)
            }
            Entry::Vacant(entry) => {
                let (value, stored) = match self.cooled.get(key) {
                    Some(&place) => {
                        let change = &self.changes[place];
                        (change.value(), change.stored)
                    }
                    None => {
                        let value = self.packed.get(&key.to_bytes());
                        (value, value.is_some())
                    }
                };
                let row = value.map(decode).transpose()?;
                let timer = indexed(&self.due, key, row.as_ref());
                self.order.push_back(*key);
                Ok(entry.insert(Slot {
                    row,
                    stored,
                    dirty: false,
                    touched: self.touches,
                    timer,
                    stood: Standings::default(),
                    recount: None,
                }))
            }
        }
    }

    /// Puts a row in, or deletes it, within the open transaction.
    pub fn put(&mut self, key: RowKey, row: Option<R>) {
        if self.slot(&key).is_err() {
            // A row that cannot be read is replaced all the same.
            self.order.push_back(key);
            let timer = indexed::<R>(&self.due, &key, None);
            let touched = self.touches;
            let stored = true;
            let (dirty, stood) = (false, Standings::default());
            self.slots.insert(
                key,
                Slot {
                    row: None,
                    stored,
                    dirty,
                    touched,
                    timer,
                    stood,
                    recount: None,
                },
            );
        }
        let Some(slot) = self.slots.get_mut(&key) else {
            return;
        };
        if !std::mem::replace(&mut slot.dirty, true) {
            slot.stood = stands(slot.row.as_ref());
            slot.recount = self.recounts.begin(adds(slot.row.as_ref()));
        }
        slot.row = row;
        if slot.timer == Timer::Parked {
            // It has changed: it may be woken again.
            self.due.change(key, Timer::Parked, Timer::None);
            slot.timer = Timer::None;
        }
        if wanted(slot) != slot.timer {
            self.retimed.push(key);
        }
    }

    /// The next row to cool, while more than `hot` are hot. The caller must [cool](Self::cool) it.
    pub fn next_to_cool(&mut self, hot: usize) -> Option<RowKey> {
        while self.order.len() > hot {
            let key = self.order.pop_front()?;
            let Some(slot) = self.slots.get(&key) else {
                continue;
            };
            if hot > 0 && slot.touched + hot as u64 > self.touches {
                self.order.push_back(key);
            } else {
                return Some(key);
            }
        }
        None
    }

    /// Packs a row, if it has changed, and forgets it as it was read.
    pub fn cool(&mut self, key: RowKey) {
        let Some(slot) = self.slots.remove(&key) else {
            return;
        };
        if !slot.dirty {
            return;
        }
        self.due.change(key, slot.timer, wanted(&slot));
        let bytes = key.to_bytes();
        let stands = stands(slot.row.as_ref());
        self.recounts.end(slot.recount, adds(slot.row.as_ref()));
        let packed = match &slot.row {
            Some(row) => {
                self.buffer.clear();
                self.buffer.push(R::FORMAT);
                row.encode(&mut self.buffer);
                Some(&self.buffer[..])
            }
            None => None,
        };
        let committed = slot.stored.then(|| self.packed.get(&bytes)).flatten();
        let is_news = committed != packed;
        let row = packed.map(|value| PackedRow::new(&bytes, value));
        match self.cooled.entry(key) {
            Entry::Occupied(entry) => {
                let change = &mut self.changes[*entry.get()];
                (change.row, change.is_news, change.stands) = (row, is_news, stands);
            }
            Entry::Vacant(_) if !is_news => {}
            Entry::Vacant(entry) => {
                entry.insert(self.changes.len());
                self.changes.push(Change {
                    key: bytes,
                    row,
                    stored: slot.stored,
                    is_news,
                    stood: slot.stood,
                    stands,
                });
            }
        }
    }

    /// What has changed, each row once; kept until [`Self::launch`] or [`Self::rollback`].
    pub fn changes(&mut self) -> impl Iterator<Item = &Change> {
        while let Some(key) = self.next_to_cool(0) {
            self.cool(key);
        }
        self.changes.iter().filter(|change| change.is_news)
    }

    /// The row that is due first, and when.
    pub fn first_due(&mut self) -> Option<(Millis, RowKey)> {
        for key in self.retimed.drain(..) {
            if let Some(slot) = self.slots.get_mut(&key) {
                let wanted = wanted(slot);
                self.due.change(key, slot.timer, wanted);
                slot.timer = wanted;
            }
        }
        self.due.first()
    }

    /// Lets a row sleep until it changes.
    pub fn park(&mut self, key: RowKey) {
        if self.slot(&key).is_ok()
            && let Some(slot) = self.slots.get_mut(&key)
        {
            self.due.change(key, slot.timer, Timer::Parked);
            slot.timer = Timer::Parked;
        }
    }

    /// When the row wants to be woken, as it stands now: not if it is parked.
    pub fn due(&mut self, key: &RowKey) -> Option<Millis> {
        match wanted(self.slot(key).ok()?) {
            Timer::At(at) => Some(at),
            Timer::None | Timer::Parked => None,
        }
    }

    /// The open transaction is on its way: what has [changed](Self::changes) is what the next is built upon.
    pub fn launch(&mut self) {
        for change in self.changes.drain(..).filter(|change| change.is_news) {
            let Change {
                key,
                row,
                stood,
                stands,
                ..
            } = change;
            let before = match row {
                Some(row) => self.packed.insert(row),
                None => self.packed.remove(&key),
            };
            self.launched.push(Launched {
                key,
                before,
                stood,
                stands,
            });
        }
        self.recounts.launch();
        self.due.launch();
        self.forget();
    }

    /// The transaction on its way has happened.
    pub fn land(&mut self) {
        for Launched { stood, stands, .. } in self.launched.drain(..) {
            // Only here, so that nothing has to be taken back.
            self.queues.change(stood, stands);
        }
        self.recounts.land();
        self.due.land();
    }

    /// The transaction on its way has not happened. Of the open one, nothing may be left.
    pub fn turn_back(&mut self) {
        for Launched { key, before, .. } in self.launched.drain(..).rev() {
            match before {
                Some(row) => drop(self.packed.insert(row)),
                None => drop(self.packed.remove(&key)),
            }
        }
        self.recounts.turn_back();
        self.due.turn_back();
    }

    /// Where the committed rows stand.
    pub fn queues(&self) -> &Queues {
        &self.queues
    }

    /// What the committed rows count as, together.
    pub fn totals(&self) -> &Totals {
        self.recounts.totals()
    }

    /// The open transaction has not happened.
    pub fn rollback(&mut self) {
        self.changes.clear();
        self.recounts.rollback();
        self.due.rollback();
        self.forget();
    }

    fn forget(&mut self) {
        self.slots.clear();
        self.order.clear();
        self.cooled.clear();
        self.retimed.clear();
        self.touches = 0;
    }

    /// A changelog record, while no transaction is open.
    pub fn replay(&mut self, key: RowKey, value: Option<&[u8]>) -> Replayed {
        if let Some([format, ..]) = value
            && *format > R::FORMAT
        {
            return Replayed::Newer(*format);
        }
        let bytes = key.to_bytes();
        let old = self.packed.get(&bytes).and_then(|value| decode::<R>(value).ok());
        let before = indexed(&self.due, &key, old.as_ref());
        let (stood, added) = (stands(old.as_ref()), adds(old.as_ref()));
        let Some(value) = value else {
            self.packed.remove(&bytes);
            self.due.set(key, before, Timer::None);
            self.queues.change(stood, Standings::default());
            self.recounts.change(&added, &Addend::default());
            return Replayed::Done;
        };
        self.packed.insert(PackedRow::new(&bytes, value));
        let row = decode::<R>(value);
        self.due.set(key, before, Timer::of(row.as_ref().ok()));
        self.queues.change(stood, stands(row.as_ref().ok()));
        self.recounts.change(&added, &adds(row.as_ref().ok()));
        if row.is_ok() {
            Replayed::Done
        } else {
            Replayed::Corrupt
        }
    }

    /// What the rows come to, with those of the transaction on its way.
    pub fn digest(&self) -> Digest {
        self.packed.digest()
    }

    /// How many rows are committed.
    pub fn len(&self) -> usize {
        self.packed.len()
    }

    /// The committed rows: key bytes and values, in no order.
    pub fn committed(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.packed.iter().map(|row| (row.key(), row.value()))
    }

    /// Bytes that the committed rows take.
    pub fn bytes(&self) -> usize {
        self.packed.bytes()
    }

    /// Forgets all timers: a planted fault.
    pub fn lose_timers(&mut self) {
        self.due.lose();
    }
}

/// What the index holds for a row that has not changed since it was packed.
fn indexed<R: Row>(due: &Due, key: &RowKey, row: Option<&R>) -> Timer {
    if due.is_parked(key) {
        Timer::Parked
    } else {
        Timer::of(row)
    }
}

/// What the index should hold for a hot row.
fn wanted<R: Row>(slot: &Slot<R>) -> Timer {
    match slot.timer {
        Timer::Parked => Timer::Parked,
        Timer::None | Timer::At(_) => Timer::of(slot.row.as_ref()),
    }
}

fn stands<R: Row>(row: Option<&R>) -> Standings {
    row.map_or_else(Standings::default, Row::standings)
}

fn adds<R: Row>(row: Option<&R>) -> Addend {
    row.map_or_else(Addend::default, Row::addend)
}

/// Decodes a stored value: format byte first.
fn decode<R: Row>(value: &[u8]) -> Result<R, Corrupt> {
    match value {
        [format, bytes @ ..] if *format <= R::FORMAT => R::decode(*format, bytes),
        [format, ..] => Err(Corrupt(format!("format {format} is newer than {}", R::FORMAT))),
        [] => Err(Corrupt("an empty row".into())),
    }
}

#[cfg(test)]
mod tests;
