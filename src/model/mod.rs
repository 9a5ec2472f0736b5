//! The records of schemas/, a file each.

pub mod millis;

pub use millis::Millis;
