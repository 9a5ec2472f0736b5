//! Any known record as JSON, for people and scripts (`heard tail --json`).

use apache_avro::types::Value as Datum;
use serde_json::{Map, Number, Value};

use super::error::DecodeError;
use super::registry::Registry;
use super::scan::scan;

/// Decodes a value by the schema it was written with, which may be another version than ours.
///
/// Field names and their order are the schema's, keys of maps are in order, enums are their symbols, times the numbers
/// written (milliseconds in our schemas). Bytes become a string of a character a byte (U+0000 to U+00FF), as in
/// Avro's own JSON encoding; a double that JSON has no number for becomes a string.
pub fn to_json(value: &[u8], registry: &Registry) -> Result<Value, DecodeError> {
    let (index, datum) = registry.open(value)?;
    let writer = registry.writer(index);
    scan("JSON", &writer.whole, datum)?;
    let misfit = DecodeError::Misfit { record: "JSON" };
    json(writer.datum(datum).ok_or(misfit.clone())?).ok_or(misfit)
}

/// `None`: a logical type, of which a writer's schema here has none.
fn json(datum: Datum) -> Option<Value> {
    Some(match datum {
        Datum::Null => Value::Null,
        Datum::Boolean(value) => value.into(),
        Datum::Int(value) => value.into(),
        Datum::Long(value) => value.into(),
        Datum::Float(value) => number(value.into()),
        Datum::Double(value) => number(value),
        Datum::Bytes(bytes) | Datum::Fixed(_, bytes) => {
            bytes.into_iter().map(char::from).collect::<String>().into()
        }
        Datum::String(text) | Datum::Enum(_, text) => text.into(),
        Datum::Union(_, value) => json(*value)?,
        Datum::Array(items) => items.into_iter().map(json).collect::<Option<Vec<_>>>()?.into(),
        Datum::Map(entries) => {
            let mut entries: Vec<_> = entries.into_iter().collect();
            entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            object(entries)?
        }
        Datum::Record(fields) => object(fields)?,
        _ => return None,
    })
}

fn object(entries: Vec<(String, Datum)>) -> Option<Value> {
    let entries = entries
        .into_iter()
        .map(|(name, value)| Some((name, json(value)?)));
    entries.collect::<Option<Map<_, _>>>().map(Value::Object)
}

fn number(value: f64) -> Value {
    Number::from_f64(value).map_or_else(|| value.to_string().into(), Value::Number)
}
