//! Why bytes could not be read.

use std::sync::Arc;

/// Why a value could not be decoded. Offsets count from the value's first byte; what reads a datum alone counts from that
/// one's.
///
/// No message quotes what was in the value: it may be personal, and it may be anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The value ends before the datum does.
    #[error("the value ends at byte {at}, in the middle of a field")]
    Truncated {
        /// Where more was expected.
        at: usize,
    },
    /// There is nothing in the value.
    #[error("the value is empty")]
    Empty,
    /// The datum ends before the value does.
    #[error("{left} bytes left over after the datum: written with another schema than it names?")]
    TrailingBytes {
        /// How many.
        left: usize,
    },
    /// Neither Avro single-object encoding (C3 01) nor the Confluent format (00).
    #[error("starts with byte {first:#04x}: neither Avro single-object encoding nor the Confluent format")]
    BadMagic {
        /// The first byte.
        first: u8,
    },
    /// No schema of this fingerprint is known.
    #[error(
        "no writer schema with fingerprint {fingerprint:016x} is known: add it to the configured schemas"
    )]
    UnknownFingerprint {
        /// CRC-64-AVRO of the schema's parsing canonical form.
        fingerprint: u64,
    },
    /// No schema of this id is known. The one error that time may mend, once a registry is asked.
    #[error("no writer schema with id {id} is known: add it to the configured schema ids")]
    UnknownId {
        /// The schema id.
        id: u32,
    },
    /// The writer's schema cannot be read as the record expected here.
    #[error("the writer's schema does not fit: {reason}")]
    Unresolvable {
        /// Which field, and why.
        reason: Arc<str>,
    },
    /// A text is not UTF-8.
    #[error("the text at byte {at} is not UTF-8")]
    InvalidUtf8 {
        /// Where the text begins.
        at: usize,
    },
    /// A length or count that no real record has.
    #[error("the field at byte {at} claims a size of {claimed}, with {left} bytes left")]
    TooLarge {
        /// Where the claim ends.
        at: usize,
        /// The size claimed, in bytes or items.
        claimed: u64,
        /// Bytes left.
        left: usize,
    },
    /// Arrays of things that take no bytes, more of them than a value of this length may hold.
    #[error("more parts up to byte {at} than a value of this length may hold")]
    TooManyParts {
        /// Where it was enough.
        at: usize,
    },
    /// A length below zero.
    #[error("the field at byte {at} has a length below zero")]
    NegativeLength {
        /// Where the length ends.
        at: usize,
    },
    /// A number longer than its type allows.
    #[error("the number at byte {at} is longer than its type allows")]
    BadVarint {
        /// Where it begins.
        at: usize,
    },
    /// A block of an array or map is not as long as it says.
    #[error("the block before byte {at} is not as long as it says")]
    BadBlock {
        /// Where it really ends.
        at: usize,
    },
    /// A union branch or an enum symbol that the writer's schema does not have.
    #[error("the choice before byte {at} is not in the writer's schema")]
    BadIndex {
        /// Where it ends.
        at: usize,
    },
    /// An enum symbol that this version does not know, and has no fallback for.
    #[error("the enum symbol before byte {at} is not known to this version: upgrade heard first")]
    UnknownSymbol {
        /// Where it ends.
        at: usize,
    },
    /// A boolean that is neither 0 nor 1.
    #[error("the boolean at byte {at} is neither 0 nor 1")]
    BadBoolean {
        /// Where it is.
        at: usize,
    },
    /// A text that should be a UUID and is not.
    #[error("the text at byte {at} is not a UUID")]
    BadUuid {
        /// Where it begins.
        at: usize,
    },
    /// Well-formed Avro, but a value that the record cannot hold (null where the record needs a
    /// value, a count below zero).
    #[error("a value does not fit the record {record}")]
    Misfit {
        /// The record expected.
        record: &'static str,
    },
}

impl DecodeError {
    /// The same error where the datum begins `bytes` later: as counted from the value's first byte.
    #[must_use]
    pub fn moved(mut self, bytes: usize) -> Self {
        match &mut self {
            Self::Truncated { at }
            | Self::InvalidUtf8 { at }
            | Self::TooLarge { at, .. }
            | Self::TooManyParts { at }
            | Self::NegativeLength { at }
            | Self::BadVarint { at }
            | Self::BadBlock { at }
            | Self::BadIndex { at }
            | Self::UnknownSymbol { at }
            | Self::BadBoolean { at }
            | Self::BadUuid { at } => *at += bytes,
            Self::Empty
            | Self::TrailingBytes { .. }
            | Self::BadMagic { .. }
            | Self::UnknownFingerprint { .. }
            | Self::UnknownId { .. }
            | Self::Unresolvable { .. }
            | Self::Misfit { .. } => {}
        }
        self
    }

    /// A short name that never changes, for headers and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Truncated { .. } => "truncated",
            Self::Empty => "empty_value",
            Self::TrailingBytes { .. } => "trailing_bytes",
            Self::BadMagic { .. } => "bad_magic",
            Self::UnknownFingerprint { .. } => "unknown_fingerprint",
            Self::UnknownId { .. } => "unknown_schema_id",
            Self::Unresolvable { .. } => "unresolvable_schema",
            Self::InvalidUtf8 { .. } => "invalid_utf8",
            Self::TooLarge { .. } => "too_large",
            Self::TooManyParts { .. } => "too_many_parts",
            Self::NegativeLength { .. } => "negative_length",
            Self::BadVarint { .. } => "bad_varint",
            Self::BadBlock { .. } => "bad_block",
            Self::BadIndex { .. } => "bad_index",
            Self::UnknownSymbol { .. } => "unknown_symbol",
            Self::BadBoolean { .. } => "bad_boolean",
            Self::BadUuid { .. } => "bad_uuid",
            Self::Misfit { .. } => "misfit",
        }
    }
}
