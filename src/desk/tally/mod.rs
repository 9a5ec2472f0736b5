//! What is counted over many cases. Pure.
//!
//! - [`surge`]: more cases than usual (rule 14), against a [`baseline`].
//!
//! The actor that counts, a key each, is yet to come.

pub mod baseline;
pub mod surge;
