//! A message as a mailbox record carries it: `format, hops, message`.

use crate::log::partitioner::partition;
use crate::processor::{ActorKey, Codec, Corrupt};

/// Appends the record value of a message.
pub(super) fn write<M: Codec>(message: &M, hops: u8, into: &mut Vec<u8>) {
    into.push(M::FORMAT);
    into.push(hops);
    message.encode(into);
}

/// A message as a record of the mailbox, for who writes one from outside the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The partition in which the actor lives.
    pub partition: i32,
    /// The record's key.
    pub key: [u8; ActorKey::LEN],
    /// The record's value.
    pub value: Vec<u8>,
}

/// Addresses a message to an actor, in a mailbox of so many partitions.
pub fn post<M: Codec>(to: ActorKey, message: &M, partitions: i32) -> Posted {
    let key = to.to_bytes();
    let mut value = Vec::new();
    write(message, 0, &mut value);
    Posted {
        partition: partition(&key, partitions),
        key,
        value,
    }
}

/// What reading a record value came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opened<M> {
    /// A message, and how many actors its chain has passed.
    Message(M, u8),
    /// Of a format that only a newer release knows.
    Newer(u8),
}

/// Reads a record value.
pub(super) fn open<M: Codec>(value: &[u8]) -> Result<Opened<M>, Corrupt> {
    match value {
        [format, ..] if *format > M::FORMAT => Ok(Opened::Newer(*format)),
        [format, hops, bytes @ ..] => Ok(Opened::Message(M::decode(*format, bytes)?, *hops)),
        _ => Err(Corrupt(format!("a mailbox record of {} bytes", value.len()))),
    }
}
