//! What a changelog partition holds beside rows: one marker, which says that it is whole, and what is written there only
//! to learn the brokers' time.

use crate::processor::RowKey;

/// The key of the marker. No row's key has its length.
pub(super) const MARKER_KEY: &[u8] = b"heard.marker";

/// The key of what is written to learn the brokers' time: it says nothing. No row's key has its length.
pub(super) const CLOCK_KEY: &[u8] = b"heard.clock";

const FORMAT: u8 = 1;

/// Written with the first commit that touches a partition and never again, so that no row of its
/// changelog is before it: whoever restores the partition and does not find it knows that the
/// beginning is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    /// Partitions of mailbox and changelog when it was written.
    pub partitions: i32,
}

impl Marker {
    /// The record's value.
    pub fn to_bytes(self) -> [u8; 5] {
        let mut bytes = [FORMAT; 5];
        bytes[1..].copy_from_slice(&self.partitions.to_be_bytes());
        bytes
    }
}

/// What a changelog record is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// A row's new value, or its end.
    Row(RowKey),
    /// The marker.
    Marker(Marker),
    /// A marker that only a newer release can read.
    Newer {
        /// Its format.
        found: u8,
        /// The newest known.
        known: u8,
    },
    /// Nothing: somebody wanted to know what time it is.
    Clock,
    /// Nothing that this engine wrote.
    Foreign,
}

/// Reads a changelog record's key, and the value of a marker.
pub(super) fn read(key: Option<&[u8]>, value: Option<&[u8]>) -> Entry {
    match (key, value) {
        (Some(MARKER_KEY), Some([FORMAT, partitions @ ..])) => match partitions.try_into() {
            Ok(bytes) => Entry::Marker(Marker {
                partitions: i32::from_be_bytes(bytes),
            }),
            Err(_) => Entry::Foreign,
        },
        (Some(MARKER_KEY), Some([found, ..])) if *found > FORMAT => Entry::Newer {
            found: *found,
            known: FORMAT,
        },
        (Some(CLOCK_KEY), _) => Entry::Clock,
        (Some(key), _) => RowKey::from_bytes(key).map_or(Entry::Foreign, Entry::Row),
        (None, _) => Entry::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_reads_back_and_rows_are_told_from_it() {
        let marker = Marker { partitions: 12 };
        assert_eq!(
            read(Some(MARKER_KEY), Some(&marker.to_bytes())),
            Entry::Marker(marker)
        );
        assert_eq!(
            read(Some(MARKER_KEY), Some(&[9, 1])),
            Entry::Newer { found: 9, known: 1 }
        );
        assert_eq!(read(Some(MARKER_KEY), Some(&[1, 1])), Entry::Foreign);
        assert_eq!(read(Some(CLOCK_KEY), None), Entry::Clock);
        assert!([MARKER_KEY, CLOCK_KEY].iter().all(|key| key.len() != RowKey::LEN));
        let row = RowKey {
            actor: crate::processor::ActorKey { kind: 1, hash: 2 },
            part: 3,
            index: 4,
        };
        assert_eq!(read(Some(&row.to_bytes()), None), Entry::Row(row));
        assert_eq!(read(None, None), Entry::Foreign);
    }
}
