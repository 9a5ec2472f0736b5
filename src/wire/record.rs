//! The records that travel, and their schemas, compiled in.

use std::sync::LazyLock;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::schema::Type;
use super::writer::Writer;
use crate::model::{Case, CaseEvent, Complaint, Customer, Response, Signal, Survey, Update, WorkItem};

/// A record of `crate::model` with its schema.
pub trait WireRecord: Serialize + DeserializeOwned + 'static {
    /// The record's name in the namespace `heard.v1`.
    const NAME: &'static str;
    /// The present schema, as in schemas/.
    const SCHEMA: &'static str;

    /// The present schema, for reading.
    fn reader() -> &'static Type;
    /// What values that are written name it by: CRC-64-AVRO.
    fn fingerprint() -> u64;
}

/// What is known of a record without its type.
#[derive(Clone, Copy, Debug)]
pub struct KnownRecord {
    /// The record's name in the namespace `heard.v1`.
    pub name: &'static str,
    /// The present schema.
    pub current: &'static str,
    /// Every released version, oldest first. Frozen.
    pub released: &'static [&'static str],
}

macro_rules! records {
    ($($record:ident $file:literal [$($version:literal),*],)*) => {
        /// Every record that travels.
        pub const RECORDS: &[KnownRecord] = &[$(KnownRecord {
            name: stringify!($record),
            current: <$record as WireRecord>::SCHEMA,
            released: &[$(include_str!(concat!("../../schemas/released/", $file, "/", $version, ".avsc"))),*],
        }),*];

        $(impl WireRecord for $record {
            const NAME: &'static str = stringify!($record);
            const SCHEMA: &'static str = include_str!(concat!("../../schemas/", $file, ".avsc"));

            fn reader() -> &'static Type {
                static READER: LazyLock<Type> = LazyLock::new(|| {
                    Type::parse($record::SCHEMA).expect("the schemas compiled in are tested")
                });
                &READER
            }

            fn fingerprint() -> u64 {
                static FINGERPRINT: LazyLock<u64> = LazyLock::new(|| {
                    Writer::of($record::SCHEMA).expect("the schemas compiled in are tested").fingerprint
                });
                *FINGERPRINT
            }
        })*
    };
}

records! {
    Complaint "complaint" ["v1"],
    Response "response" ["v1"],
    Update "update" ["v1"],
    Survey "survey" ["v1"],
    Customer "customer" ["v1"],
    WorkItem "work_item" ["v1"],
    Case "case" ["v1"],
    CaseEvent "case_event" ["v1"],
    Signal "signal" ["v1"],
}
