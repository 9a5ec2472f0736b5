//! A message as a mailbox record carries it: `format, hops, message`.

use crate::processor::{Codec, Corrupt};

/// Appends the record value of a message.
pub(super) fn write<M: Codec>(message: &M, hops: u8, into: &mut Vec<u8>) {
    into.push(M::FORMAT);
    into.push(hops);
    message.encode(into);
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
