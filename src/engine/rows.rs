//! The rows of one partition: what is committed, and over it what the open transaction has changed.

use std::collections::{BTreeSet, HashSet};

use hashbrown::HashMap;
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::packed::{Packed, PackedRow};
use super::queues::Queues;
use crate::model::Millis;
use crate::processor::{Corrupt, Row, RowKey, Standings, State};

type KeyBytes = [u8; RowKey::LEN];

/// A row as the open transaction sees it.
#[derive(Debug)]
struct Slot<R> {
    row: Option<R>,
    /// Whether there is a committed row: most rows are new, and none need be looked for to compare.
    stored: bool,
    /// Whether it differs from what is committed.
    dirty: bool,
    /// Its timer as it was before this transaction; `None`: not changed by it.
    timer_before: Option<Timer>,
    /// Where the committed row stands; known once the slot is dirty.
    stood: Standings,
}

/// What the index holds for a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timer {
    None,
    At(Millis),
    Parked,
}

impl Timer {
    fn of<R: Row>(row: Option<&R>) -> Self {
        row.and_then(Row::due).map_or(Self::None, Self::At)
    }
}

/// A changed row on its way to the changelog.
#[derive(Debug)]
pub(super) struct Change {
    key: KeyBytes,
    row: Option<PackedRow>,
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
/// Committed rows are packed; those the open transaction has touched are decoded beside them. A
/// commit writes the changed ones once each and packs them only when it is known to have happened;
/// a rollback forgets them. The index of timers moves with the transaction and keeps what it was, so
/// that what fires next is always known without a search.
#[derive(Debug)]
pub(super) struct Rows<R> {
    packed: Packed,
    slots: HashMap<RowKey, Slot<R>, FxBuildHasher>,
    /// Dirty slots, in the order in which they became so.
    dirty: Vec<RowKey>,
    /// Slots whose timer has changed.
    retimed: Vec<RowKey>,
    timers: BTreeSet<(Millis, KeyBytes)>,
    parked: FxHashSet<RowKey>,
    /// Where the committed rows stand.
    queues: Queues,
    /// Encoded changes of a commit whose outcome is not known yet.
    changes: Vec<Change>,
    buffer: Vec<u8>,
}

impl<R> Default for Rows<R> {
    fn default() -> Self {
        Self {
            packed: Packed::default(),
            slots: HashMap::default(),
            dirty: Vec::new(),
            retimed: Vec::new(),
            timers: BTreeSet::new(),
            parked: HashSet::default(),
            queues: Queues::default(),
            changes: Vec::new(),
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
        let Self { packed, slots, .. } = self;
        match slots.entry(*key) {
            hashbrown::hash_map::Entry::Occupied(entry) => Ok(entry.into_mut()),
            hashbrown::hash_map::Entry::Vacant(entry) => {
                let stored = packed.get(&key.to_bytes());
                let row = stored.map(decode).transpose()?;
                Ok(entry.insert(Slot {
                    row,
                    stored: stored.is_some(),
                    dirty: false,
                    timer_before: None,
                    stood: Standings::default(),
                }))
            }
        }
    }

    /// Puts a row in, or deletes it, within the open transaction.
    pub fn put(&mut self, key: RowKey, row: Option<R>) {
        let due = row.as_ref().and_then(Row::due);
        let parked = self.parked.contains(&key);
        // A row that cannot be read is replaced all the same.
        let slot = match self.slot(&key) {
            Ok(slot) => slot,
            Err(_) => self.slots.entry(key).or_insert(Slot {
                row: None,
                stored: true,
                dirty: false,
                timer_before: None,
                stood: Standings::default(),
            }),
        };
        let before = if parked {
            Timer::Parked
        } else {
            Timer::of(slot.row.as_ref())
        };
        let first = !std::mem::replace(&mut slot.dirty, true);
        if first {
            slot.stood = slot.row.as_ref().map_or_else(Standings::default, Row::standings);
        }
        slot.row = row;
        if first {
            self.dirty.push(key);
        }
        self.set_timer(key, before, due.map_or(Timer::None, Timer::At));
    }

    fn timer(&self, key: &RowKey) -> Timer {
        if self.parked.contains(key) {
            return Timer::Parked;
        }
        match self.slots.get(key) {
            Some(slot) => Timer::of(slot.row.as_ref()),
            None => {
                let stored = self.packed.get(&key.to_bytes());
                Timer::of(stored.and_then(|value| decode::<R>(value).ok()).as_ref())
            }
        }
    }

    fn set_timer(&mut self, key: RowKey, before: Timer, now: Timer) {
        if before == now {
            return;
        }
        if let Some(slot) = self.slots.get_mut(&key)
            && slot.timer_before.is_none()
        {
            slot.timer_before = Some(before);
            self.retimed.push(key);
        }
        self.index(key, before, now);
    }

    fn index(&mut self, key: RowKey, before: Timer, now: Timer) {
        match before {
            Timer::None => {}
            Timer::At(at) => {
                self.timers.remove(&(at, key.to_bytes()));
            }
            Timer::Parked => {
                self.parked.remove(&key);
            }
        }
        match now {
            Timer::None => {}
            Timer::At(at) => {
                self.timers.insert((at, key.to_bytes()));
            }
            Timer::Parked => {
                self.parked.insert(key);
            }
        }
    }

    /// The row that is due first, and when.
    pub fn first_due(&self) -> Option<(Millis, RowKey)> {
        let (at, key) = self.timers.first()?;
        Some((*at, RowKey::from_bytes(key)?))
    }

    /// Lets a row sleep until it changes.
    pub fn park(&mut self, key: RowKey) {
        let before = self.timer(&key);
        if self.slot(&key).is_ok() {
            self.set_timer(key, before, Timer::Parked);
        }
    }

    /// When the row wants to be woken, as the index has it: not if it is parked.
    pub fn due(&self, key: &RowKey) -> Option<Millis> {
        match self.timer(key) {
            Timer::At(at) => Some(at),
            Timer::None | Timer::Parked => None,
        }
    }

    /// Encodes what has changed, each row once; kept until [`Self::commit`] or [`Self::rollback`].
    pub fn changes(&mut self) -> &[Change] {
        self.changes.clear();
        for key in &self.dirty {
            let bytes = key.to_bytes();
            let Some(slot) = self.slots.get(key) else { continue };
            let committed = slot.stored.then(|| self.packed.get(&bytes)).flatten();
            let row = match &slot.row {
                Some(row) => {
                    self.buffer.clear();
                    self.buffer.push(R::FORMAT);
                    row.encode(&mut self.buffer);
                    if committed == Some(&self.buffer[..]) {
                        continue;
                    }
                    Some(PackedRow::new(&bytes, &self.buffer))
                }
                None if committed.is_none() => continue,
                None => None,
            };
            self.changes.push(Change { key: bytes, row });
        }
        &self.changes
    }

    /// The transaction has happened: what [`Self::changes`] encoded is the committed state.
    pub fn commit(&mut self) {
        for Change { key, row } in self.changes.drain(..) {
            match row {
                Some(row) => drop(self.packed.insert(row)),
                None => drop(self.packed.remove(&key)),
            }
        }
        self.restand();
        self.forget_slots();
    }

    /// Changed rows stand where they say now. Only here, so that nothing has to be taken back.
    fn restand(&mut self) {
        for slot in self.dirty.iter().filter_map(|key| self.slots.get(key)) {
            let now = slot.row.as_ref().map_or_else(Standings::default, Row::standings);
            self.queues.change(slot.stood, now);
        }
    }

    /// Where the committed rows stand.
    pub fn queues(&self) -> &Queues {
        &self.queues
    }

    /// The transaction has not happened.
    pub fn rollback(&mut self) {
        self.changes.clear();
        for key in std::mem::take(&mut self.retimed) {
            let now = self.timer(&key);
            if let Some(before) = self.slots.get(&key).and_then(|slot| slot.timer_before) {
                self.index(key, now, before);
            }
        }
        self.forget_slots();
    }

    fn forget_slots(&mut self) {
        self.slots.clear();
        self.dirty.clear();
        self.retimed.clear();
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
        let before = if self.parked.contains(&key) {
            Timer::Parked
        } else {
            Timer::of(old.as_ref())
        };
        let stands = |row: Option<&R>| row.map_or_else(Standings::default, Row::standings);
        let stood = stands(old.as_ref());
        let Some(value) = value else {
            self.packed.remove(&bytes);
            self.index(key, before, Timer::None);
            self.queues.change(stood, Standings::default());
            return Replayed::Done;
        };
        self.packed.insert(PackedRow::new(&bytes, value));
        let row = decode::<R>(value);
        let due = row.as_ref().ok().and_then(Row::due);
        self.index(key, before, due.map_or(Timer::None, Timer::At));
        self.queues.change(stood, stands(row.as_ref().ok()));
        if row.is_ok() {
            Replayed::Done
        } else {
            Replayed::Corrupt
        }
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
        self.timers.clear();
    }
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
mod tests {
    use super::*;
    use crate::processor::{ActorKey, Codec};

    #[derive(Clone, Debug, PartialEq)]
    struct Toy(u8, Option<Millis>);

    impl Codec for Toy {
        const FORMAT: u8 = 2;
        fn encode(&self, into: &mut Vec<u8>) {
            into.push(self.0);
            into.extend(self.1.iter().flat_map(|at| at.0.to_be_bytes()));
        }
        fn decode(_: u8, bytes: &[u8]) -> Result<Self, Corrupt> {
            let (n, due) = bytes.split_first().ok_or_else(|| Corrupt("short".into()))?;
            let due = due.try_into().ok().map(|d| Millis(i64::from_be_bytes(d)));
            Ok(Self(*n, due))
        }
    }

    impl Row for Toy {
        fn due(&self) -> Option<Millis> {
            self.1
        }
    }

    fn key(index: u64) -> RowKey {
        RowKey {
            actor: ActorKey { kind: 0, hash: 9 },
            part: 0,
            index,
        }
    }

    fn commit(rows: &mut Rows<Toy>) -> usize {
        let written = rows.changes().len();
        rows.commit();
        written
    }

    #[test]
    fn a_rollback_takes_rows_and_timers_back() {
        let mut rows = Rows::default();
        rows.put(key(1), Some(Toy(1, Some(Millis(10)))));
        rows.put(key(2), Some(Toy(2, Some(Millis(20)))));
        assert_eq!(commit(&mut rows), 2);

        rows.put(key(1), Some(Toy(3, Some(Millis(30)))));
        rows.put(key(1), Some(Toy(3, None)));
        rows.put(key(2), None);
        rows.put(key(3), Some(Toy(4, Some(Millis(5)))));
        rows.park(key(3));
        assert_eq!(rows.first_due(), None);
        assert_eq!(rows.changes().len(), 3);
        rows.rollback();

        assert_eq!(rows.get(&key(1)), Ok(Some(&Toy(1, Some(Millis(10))))));
        assert_eq!(rows.get(&key(3)), Ok(None));
        assert_eq!(rows.timers.iter().map(|t| t.0.0).collect::<Vec<_>>(), [10, 20]);
        assert!(rows.parked.is_empty());
    }

    #[test]
    fn a_parked_timer_sleeps_until_its_row_changes_even_over_a_rollback() {
        let mut rows = Rows::default();
        rows.put(key(1), Some(Toy(1, Some(Millis(10)))));
        commit(&mut rows);
        rows.park(key(1));
        assert_eq!((rows.first_due(), commit(&mut rows)), (None, 0));
        rows.put(key(1), Some(Toy(2, Some(Millis(10)))));
        assert_eq!(rows.first_due(), Some((Millis(10), key(1))));
        rows.rollback();
        assert_eq!((rows.first_due(), rows.parked.len()), (None, 1));
        assert_eq!(rows.replay(key(1), Some(&[2, 7])), Replayed::Done);
        assert_eq!((rows.first_due(), rows.parked.len()), (None, 0));
    }

    #[test]
    fn a_row_is_written_once_and_only_if_it_differs() {
        let mut rows = Rows::default();
        for n in 0..5 {
            rows.put(key(1), Some(Toy(n, None)));
        }
        rows.put(key(2), Some(Toy(0, None)));
        rows.put(key(2), None);
        let changes = rows.changes();
        assert_eq!(changes.len(), 1, "row 2 came and went");
        assert_eq!(changes[0].value(), Some(&[2, 4][..]));
        rows.commit();
        rows.put(key(1), Some(Toy(9, None)));
        rows.put(key(1), Some(Toy(4, None)));
        assert_eq!(commit(&mut rows), 0, "it is what it was");
    }

    #[test]
    fn replay_keeps_the_last_value_and_its_timer_and_says_what_it_cannot_read() {
        let mut rows = Rows::<Toy>::default();
        let due = |n: u8, at: i64| [&[2, n][..], &at.to_be_bytes()].concat();
        assert_eq!(rows.replay(key(1), Some(&due(1, 50))), Replayed::Done);
        assert_eq!(rows.replay(key(1), Some(&due(2, 40))), Replayed::Done);
        assert_eq!(rows.replay(key(2), Some(&due(3, 30))), Replayed::Done);
        assert_eq!(rows.replay(key(2), None), Replayed::Done);
        assert_eq!((rows.len(), rows.first_due()), (1, Some((Millis(40), key(1)))));
        assert_eq!(rows.replay(key(3), Some(&[3, 0])), Replayed::Newer(3));
        assert_eq!(rows.replay(key(3), Some(&[1])), Replayed::Corrupt);
        assert!(rows.get(&key(3)).is_err());
        rows.put(key(3), Some(Toy(1, None)));
        assert_eq!(commit(&mut rows), 1, "a row that cannot be read can be replaced");
    }
}
