//! Names of actors and of their rows.

use serde::{Deserialize, Serialize};

/// The name of an actor: what kind it is, and a keyed hash of what it stands for. Its bytes are the
/// key of its mailbox records, so they decide its partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ActorKey {
    /// The kind; the processor gives the numbers their meaning.
    pub kind: u8,
    /// A keyed hash: no personal data can be read from it.
    pub hash: u128,
}

impl ActorKey {
    /// How many bytes a key has.
    pub const LEN: usize = 17;

    /// The key's bytes: kind, then hash, big-endian.
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[0] = self.kind;
        bytes[1..].copy_from_slice(&self.hash.to_be_bytes());
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` for any other length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; Self::LEN] = bytes.try_into().ok()?;
        let (kind, hash) = bytes.split_first()?;
        Some(Self {
            kind: *kind,
            hash: u128::from_be_bytes(hash.try_into().ok()?),
        })
    }
}

/// The name of a row: its actor, which part of the actor's state, and which of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowKey {
    /// Whose row.
    pub actor: ActorKey,
    /// Which part; the processor gives the numbers their meaning.
    pub part: u8,
    /// Which of the parts of this kind: a block's number, an author's hash.
    pub index: u64,
}

impl RowKey {
    /// How many bytes a key has.
    pub const LEN: usize = ActorKey::LEN + 9;

    /// The key's bytes: actor, part, index, big-endian.
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..ActorKey::LEN].copy_from_slice(&self.actor.to_bytes());
        bytes[ActorKey::LEN] = self.part;
        bytes[ActorKey::LEN + 1..].copy_from_slice(&self.index.to_be_bytes());
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` for any other length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != Self::LEN {
            return None;
        }
        let (actor, rest) = bytes.split_at(ActorKey::LEN);
        let (part, index) = rest.split_first()?;
        Some(Self {
            actor: ActorKey::from_bytes(actor)?,
            part: *part,
            index: u64::from_be_bytes(index.try_into().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ActorKey, RowKey};

    #[test]
    fn keys_read_back_what_they_wrote() {
        let actor = ActorKey {
            kind: 3,
            hash: 0x0123_4567_89ab_cdef_0011_2233_4455_6677,
        };
        let row = RowKey {
            actor,
            part: 7,
            index: u64::MAX - 1,
        };
        assert_eq!(ActorKey::from_bytes(&actor.to_bytes()), Some(actor));
        assert_eq!(RowKey::from_bytes(&row.to_bytes()), Some(row));
        assert_eq!(RowKey::from_bytes(&row.to_bytes()[1..]), None);
        assert_eq!(ActorKey::from_bytes(&row.to_bytes()), None);
    }
}
