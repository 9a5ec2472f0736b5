//! The wire: Avro both ways, the table of writer schemas, the dead-letter envelope and the mark of a
//! replay.
//!
//! A value is a header that names the writer's schema (`Format`) and a datum. Reading one goes
//! in three steps, and only the last builds anything:
//!
//! 1. [`registry`] finds the writer's schema by fingerprint or id;
//! 2. [`scan`] walks the datum by a [`resolve::Plan`] (writer's schema against ours, made once a pair)
//!    and refuses, with a typed error, whatever is not exactly one well-formed datum;
//! 3. `apache-avro` reads the datum ([`writer`]), which can no longer run away, and it becomes the record ([`datum`]).
//!
//! A datum of a record's present schema is read, and everything is written, by the shorter way of
//! [`direct`]; what it refuses takes the three steps.
//!
//! The second step is ours because the guarantees are: bounded time and memory for any bytes, no
//! panic, the whole datum consumed, and errors that say which rule was broken.

mod datum;
pub mod dead_letter;
pub mod decode;
mod direct;
pub mod encode;
pub mod error;
pub mod json;
pub mod record;
pub mod registry;
pub mod replayed;
pub mod resolve;
mod scan;
pub mod schema;
mod writer;

pub use dead_letter::DeadLetter;
pub use decode::Decoder;
pub use encode::{EncodeError, Encoder, Format};
pub use error::DecodeError;
pub use json::to_json;
pub use record::WireRecord;
pub use registry::{Registry, RegistryError};
pub use replayed::{LetterId, Replayed};
pub use scan::partial::{Partial, Schema, Stop, as_far_as_it_goes};
pub use schema::SchemaError;
