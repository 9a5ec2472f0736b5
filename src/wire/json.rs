//! Any known record as JSON, for people and scripts (`heard tail --json`).

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_avro_fast::de::read::SliceRead;
use serde_avro_fast::de::{DeserializerConfig, DeserializerState};
use serde_json::{Map, Number, Value};

use super::error::DecodeError;
use super::registry::Registry;
use super::scan::scan;

/// Decodes a value by the schema it was written with, which may be another version than ours.
///
/// Field names and their order are the schema's, enums are their symbols, times the numbers written
/// (milliseconds in our schemas). Bytes become a string of a character a byte (U+0000 to U+00FF), as in
/// Avro's own JSON encoding; a double that JSON has no number for becomes a string.
pub fn to_json(value: &[u8], registry: &Registry) -> Result<Value, DecodeError> {
    let (index, datum) = registry.open(value)?;
    let writer = registry.writer(index);
    scan("JSON", &writer.whole, datum)?;
    let config = DeserializerConfig::new(&writer.fast);
    let mut state = DeserializerState::with_config(SliceRead::new(datum), config);
    let json = Json::deserialize(state.deserializer());
    json.map(|json| json.0)
        .map_err(|_| DecodeError::Misfit { record: "JSON" })
}

struct Json(Value);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any Avro value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or_else(|| value.to_string().into(), Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        Ok(value.iter().copied().map(char::from).collect::<String>().into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Json(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(array.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Json(value))) = entries.next_entry::<String, Json>()? {
            object.insert(name, value);
        }
        Ok(object.into())
    }
}
