//! Ingest: files of past or exported messages become records on the input topics.
//!
//! A *map* ([`Map`], files in maps/) says which column is which field. [`rows`] reads a file row by
//! row, [`build`] makes the records of one row, [`mod@plan`] links and orders the records of all rows,
//! and [`send`] writes them. All but the first and the last are pure, so a map can be tried without
//! a broker. What cannot be used is a [`Rejected`] line, never the end of the run.
//!
//! All records are held in memory to be sorted by event time: some millions are fine, about 1 KiB
//! each; split larger archives by time.

pub mod build;
pub mod fields;
pub mod map;
mod map_file;
pub mod order;
pub mod plan;
pub mod rows;
pub mod send;
pub mod template;
pub mod time;

pub use build::{Input, InputKind};
pub use map::Map;
pub use order::Order;
pub use plan::{Plan, Planned, plan};
pub use rows::{FileError, Origin, Rejected, Row};
pub use send::{InputEncoders, SendError, Sender};
