//! Datums of a record's present schema, without looking at the schema.
//!
//! Our records have the fields of their schemas in the same order, enum symbols too, and `Option` is the
//! union of null and a type: `tests/schemas.rs` holds them to that. So Avro's binary encoding of one is
//! what serde tells, field after field. Nearly everything a worker writes is such a datum, and most of
//! what it reads; walking a schema beside each took five times the instructions (`benches/core.rs`).
//!
//! Reading refuses without saying why: whatever is refused here is read again by the way that every other
//! schema takes, which says it.

mod read;
mod write;

pub(super) use read::read;
pub(super) use write::write;

/// Something that is no datum of the record, or a value that has none.
#[derive(Debug, thiserror::Error)]
#[error("not a datum of this record")]
pub(super) struct Refused;

impl serde::ser::Error for Refused {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}

impl serde::de::Error for Refused {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}
