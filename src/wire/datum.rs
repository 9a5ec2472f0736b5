//! A datum that `apache-avro` has read, to a record. (The library's own way wants of a writer that it has a union wherever our
//! record has an option.)

use std::str;

use apache_avro::types::Value as Datum;
use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

/// A datum without logical types, as whatever a [`Plan`](super::resolve::Plan) has found that it can be read as.
#[derive(Clone, Copy)]
pub(super) struct Read<'de>(pub &'de Datum);

impl<'de> Read<'de> {
    /// Which of a union's branches it is, is known by its kind.
    fn bare(self) -> Self {
        match self.0 {
            Datum::Union(_, inner) => Read(inner).bare(),
            _ => self,
        }
    }
}

impl<'de> IntoDeserializer<'de, Error> for Read<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Read<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.bare().0 {
            Datum::Null => visitor.visit_unit(),
            Datum::Boolean(value) => visitor.visit_bool(*value),
            Datum::Int(value) => visitor.visit_i32(*value),
            Datum::Long(value) => visitor.visit_i64(*value),
            Datum::Float(value) => visitor.visit_f32(*value),
            Datum::Double(value) => visitor.visit_f64(*value),
            Datum::Bytes(bytes) | Datum::Fixed(_, bytes) => visitor.visit_borrowed_bytes(bytes),
            Datum::String(text) | Datum::Enum(_, text) => visitor.visit_borrowed_str(text),
            Datum::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.iter().map(Read))),
            Datum::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| (key.as_str(), Read(value)));
                visitor.visit_map(MapDeserializer::new(entries))
            }
            Datum::Record(fields) => {
                let fields = fields.iter().map(|(name, value)| (name.as_str(), Read(value)));
                visitor.visit_map(MapDeserializer::new(fields))
            }
            _ => Err(Error::custom("a logical type")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.bare().0 {
            Datum::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.bare().0 {
            Datum::Enum(_, symbol) => visitor.visit_enum(symbol.as_str().into_deserializer()),
            _ => Err(Error::custom("no symbol")),
        }
    }

    /// Bytes may be read as text.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.bare().0 {
            Datum::Bytes(bytes) => visitor.visit_borrowed_str(str::from_utf8(bytes).map_err(Error::custom)?),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct seq tuple tuple_struct
        map struct identifier ignored_any
    }
}
