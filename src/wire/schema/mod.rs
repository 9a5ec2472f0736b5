//! Avro schemas as trees: read from JSON, references resolved, bounded.
//!
//! `apache-avro` has a schema of its own. This one has every reference written out, as walking a datum needs it, and is the gate that a schema text must pass first: recursive, too
//! deep and exponentially large schemas end here, with a reason.

mod parse;

use std::sync::Arc;

use serde_json::Value;

/// Types within types, at most.
pub const MAX_DEPTH: usize = 32;
/// Types in a schema with every reference written out, at most.
pub const MAX_TYPES: usize = 10_000;
/// Bytes of a schema's text, at most.
pub const MAX_TEXT: usize = 1 << 20;

/// Why a schema was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The text is not JSON.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// Longer than [`MAX_TEXT`].
    #[error("the schema is {0} bytes long, {MAX_TEXT} are allowed")]
    TooLong(usize),
    /// A type contains itself, so that a few bytes could nest without end.
    #[error("type {0} contains itself: recursive schemas are not accepted, write the levels out")]
    Recursive(String),
    /// Deeper than [`MAX_DEPTH`].
    #[error("types are nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// More than [`MAX_TYPES`].
    #[error("more than {MAX_TYPES} types once references are written out")]
    TooManyTypes,
    /// A name that is not defined before its use.
    #[error("type {0} is used but not defined before")]
    UnknownType(String),
    /// A name defined more than once.
    #[error("type {0} is defined twice")]
    DefinedTwice(String),
    /// Something that a definition must have.
    #[error("a {kind} lacks a valid \"{attribute}\"")]
    Lacks {
        /// What is defined.
        kind: &'static str,
        /// The attribute.
        attribute: &'static str,
    },
    /// The Avro library refused what passed here.
    #[error("refused by the Avro library: {0}")]
    Library(String),
}

/// A type.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// Nothing, in no bytes.
    Null,
    /// A boolean.
    Boolean,
    /// 32 bits, signed.
    Int,
    /// 64 bits, signed.
    Long,
    /// 64 bits, signed: a time in so many parts of a millisecond, by its logical type.
    FineTime(i64),
    /// 4 bytes.
    Float,
    /// 8 bytes.
    Double,
    /// Bytes with a length.
    Bytes,
    /// UTF-8 with a length.
    String,
    /// A string of logical type uuid.
    Uuid,
    /// Many of one type.
    Array(Arc<Type>),
    /// Many of one type, by name.
    Map(Arc<Type>),
    /// One of several types.
    Union(Arc<[Type]>),
    /// Fields in order.
    Record(Arc<Record>),
    /// One of several symbols.
    Enum(Arc<Enum>),
    /// So many bytes.
    Fixed(Arc<Fixed>),
}

/// A record type.
#[derive(Debug, PartialEq)]
pub struct Record {
    /// Its full name.
    pub name: String,
    /// Its fields, in order.
    pub fields: Vec<Field>,
}

/// A field of a record.
#[derive(Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Type,
    /// What to take when the writer does not have it.
    pub default: Option<Value>,
}

/// An enum type.
#[derive(Debug, PartialEq)]
pub struct Enum {
    /// Its full name.
    pub name: String,
    /// Its symbols, in order.
    pub symbols: Vec<String>,
    /// What to take for a symbol that is not known.
    pub default: Option<String>,
}

/// A fixed type.
#[derive(Debug, PartialEq)]
pub struct Fixed {
    /// Its full name.
    pub name: String,
    /// Its size in bytes.
    pub size: usize,
}

impl Type {
    /// Reads a schema from its JSON text.
    pub fn parse(text: &str) -> Result<Self, SchemaError> {
        parse::parse(text)
    }

    /// The full name of a named type.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Record(record) => Some(&record.name),
            Self::Enum(symbols) => Some(&symbols.name),
            Self::Fixed(fixed) => Some(&fixed.name),
            _ => None,
        }
    }
}
