//! The committed rows of a partition, each one allocation: key, format, bytes.

use std::hash::Hasher;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::FxHasher;
use twox_hash::XxHash3_64;

use crate::processor::RowKey;

/// A row as it is stored and as the changelog carries it: the key's bytes, then the value's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PackedRow(Box<[u8]>);

impl PackedRow {
    /// Packs a key and a value (format byte first).
    pub fn new(key: &[u8; RowKey::LEN], value: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(RowKey::LEN + value.len());
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(value);
        Self(bytes.into_boxed_slice())
    }

    /// The key's bytes.
    pub fn key(&self) -> &[u8] {
        &self.0[..RowKey::LEN]
    }

    /// The value: format byte, then the row's bytes.
    pub fn value(&self) -> &[u8] {
        &self.0[RowKey::LEN..]
    }

    /// What it adds to the [`Digest`] of its partition.
    fn digest(&self) -> u64 {
        XxHash3_64::oneshot(&self.0)
    }
}

/// What all rows of a partition come to: how many they are, and the sum of XXH3 (64 bits, no seed) over key and value of
/// each. It does not matter in which order they came. Rows of which one is missing, older, or of other hands come to
/// something else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Digest {
    /// How many rows.
    pub rows: u64,
    /// The sum, modulo 2^64.
    pub sum: u64,
}

/// Rows by key, 17 bytes each in the table beside what they hold themselves.
#[derive(Debug, Default)]
pub(super) struct Packed {
    table: HashTable<PackedRow>,
    sum: u64,
}

impl Packed {
    /// The value of a row.
    pub fn get(&self, key: &[u8; RowKey::LEN]) -> Option<&[u8]> {
        let row = self.table.find(hash(key), |row| row.key() == key)?;
        Some(row.value())
    }

    /// Puts a row in; returns the one it replaces.
    pub fn insert(&mut self, row: PackedRow) -> Option<PackedRow> {
        self.sum = self.sum.wrapping_add(row.digest());
        match self
            .table
            .entry(hash(row.key()), |r| r.key() == row.key(), |r| hash(r.key()))
        {
            Entry::Occupied(mut entry) => {
                let before = std::mem::replace(entry.get_mut(), row);
                self.sum = self.sum.wrapping_sub(before.digest());
                Some(before)
            }
            Entry::Vacant(entry) => {
                entry.insert(row);
                None
            }
        }
    }

    /// Takes a row out.
    pub fn remove(&mut self, key: &[u8; RowKey::LEN]) -> Option<PackedRow> {
        let entry = self.table.find_entry(hash(key), |row| row.key() == key).ok()?;
        let before = entry.remove().0;
        self.sum = self.sum.wrapping_sub(before.digest());
        Some(before)
    }

    /// What the rows come to.
    pub fn digest(&self) -> Digest {
        Digest {
            rows: self.table.len() as u64,
            sum: self.sum,
        }
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// All rows, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &PackedRow> {
        self.table.iter()
    }

    /// Bytes taken: the table's slots, filled or not, and the rows themselves.
    pub fn bytes(&self) -> usize {
        self.table.allocation_size() + self.table.iter().map(|row| row.0.len()).sum::<usize>()
    }
}

fn hash(key: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(key);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processor::ActorKey;

    fn key(index: u64) -> [u8; RowKey::LEN] {
        let actor = ActorKey {
            kind: 1,
            hash: u128::from(index).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835),
        };
        RowKey {
            actor,
            part: 0,
            index,
        }
        .to_bytes()
    }

    #[test]
    fn rows_are_found_replaced_and_removed() {
        let mut rows = Packed::default();
        for i in 0..1_000 {
            assert_eq!(rows.insert(PackedRow::new(&key(i), &i.to_be_bytes())), None);
        }
        let old = rows
            .insert(PackedRow::new(&key(7), b"new"))
            .expect("it was there");
        assert_eq!(old.value(), 7_u64.to_be_bytes());
        assert_eq!(rows.get(&key(7)), Some(&b"new"[..]));
        assert_eq!(rows.get(&key(8)), Some(&8_u64.to_be_bytes()[..]));
        assert!(rows.remove(&key(8)).is_some());
        assert_eq!((rows.get(&key(8)), rows.len()), (None, 999));
        assert_eq!(rows.remove(&key(8)), None);
    }

    #[test]
    fn a_row_costs_less_than_eighty_bytes_beside_its_value() {
        let mut rows = Packed::default();
        let value = [0; 100];
        let mut worst = 0;
        for i in 0..200_000_u64 {
            rows.insert(PackedRow::new(&key(i), &value));
            // Just after the table has grown it is emptiest.
            if (i + 1).is_power_of_two() && i > 10_000 {
                worst = worst.max(rows.bytes() / rows.len() - value.len());
            }
        }
        assert!(worst < 80, "{worst} bytes a row");
    }
}
