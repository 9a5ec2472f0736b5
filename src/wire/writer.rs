//! A schema that data was written with, and how its data are read.

use std::sync::{LazyLock, Mutex, PoisonError};

use apache_avro::rabin::Rabin;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value as Datum;
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::resolve::{self, Plan};
use super::schema::{SchemaError, Type};

/// A schema that data was written with. Each is read once and kept for as long as the process lasts, as an id or a
/// fingerprint names it for ever.
pub(super) struct Writer {
    /// CRC-64-AVRO of its parsing canonical form (Avro specification, "Schema Fingerprints").
    pub fingerprint: u64,
    pub tree: Type,
    /// Reads it as itself.
    pub whole: Plan,
    reader: GenericDatumReader<'static>,
}

static KNOWN: LazyLock<Mutex<FxHashMap<String, &'static Writer>>> = LazyLock::new(Mutex::default);

impl Writer {
    /// That of this schema's text.
    ///
    /// # Errors
    /// It is no schema, or one that is not accepted.
    pub fn of(text: &str) -> Result<&'static Self, SchemaError> {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(writer) = known.get(text) {
            return Ok(writer);
        }
        let writer: &'static Self = Box::leak(Box::new(Self::read_schema(text)?));
        known.insert(text.to_owned(), writer);
        Ok(writer)
    }

    fn read_schema(text: &str) -> Result<Self, SchemaError> {
        // First ours, which refuses what the library might not survive.
        let tree = Type::parse(text)?;
        let library = |error: String| SchemaError::Library(error);
        let whole = resolve::plan(&tree, &tree).map_err(|problem| library(problem.to_string()))?;
        let json: Value =
            serde_json::from_str(text).map_err(|error| SchemaError::NotJson(error.to_string()))?;
        let schema = apache_avro::Schema::parse(&bare(json)).map_err(|error| library(error.to_string()))?;
        let schema: &'static apache_avro::Schema = Box::leak(Box::new(schema));
        let print = schema.fingerprint::<Rabin>().bytes;
        let print = print
            .try_into()
            .map_err(|_| library("no fingerprint".to_owned()))?;
        let reader = GenericDatumReader::builder(schema).build();
        Ok(Self {
            fingerprint: u64::from_le_bytes(print),
            tree,
            whole,
            reader: reader.map_err(|error| library(error.to_string()))?,
        })
    }

    /// A datum of it, which [`scan`](super::scan::scan) has found to be one. A time is a plain number, a UUID a plain text.
    pub fn datum(&self, mut bytes: &[u8]) -> Option<Datum> {
        // The library's message may quote the value, so it is dropped.
        self.reader.read_value(&mut bytes).ok()
    }
}

/// What of a schema says how its bytes are: without logical types, defaults and words, and a primitive type is its name, as
/// the parsing canonical form has it.
fn bare(schema: Value) -> Value {
    match schema {
        Value::Object(mut object) => {
            for extra in ["logicalType", "default", "doc", "aliases"] {
                object.remove(extra);
            }
            let is_field = object.contains_key("name");
            match object.get("type") {
                Some(Value::String(name)) if !is_field && is_primitive(name) => Value::String(name.clone()),
                _ => object
                    .into_iter()
                    .map(|(key, value)| (key, bare(value)))
                    .collect(),
            }
        }
        Value::Array(all) => all.into_iter().map(bare).collect(),
        other => other,
    }
}

fn is_primitive(name: &str) -> bool {
    let primitives = [
        "null", "boolean", "int", "long", "float", "double", "bytes", "string",
    ];
    primitives.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::Writer;

    /// As computed by Java's SchemaNormalization.parsingFingerprint64 and by fastavro.
    #[test]
    fn what_bytes_do_not_show_changes_no_fingerprint() {
        let plain = r#"{"type": "record", "name": "a.R", "fields": [{"name": "at", "type": "long"}]}"#;
        let wordy = r#"{"type": "record", "name": "R", "namespace": "a", "doc": "A record.", "fields": [
            {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}, "default": 0, "doc": "When."}]}"#;
        let [plain, wordy] = [plain, wordy].map(|text| Writer::of(text).expect("it is a schema").fingerprint);
        assert_eq!(plain, wordy);
    }

    /// Writers often say `null` by default where the type begins with another branch; it matters to nobody who reads.
    #[test]
    fn a_default_that_does_not_fit_its_type_is_no_hindrance() {
        let text = r#"{"type": "record", "name": "R", "fields": [
            {"name": "a", "type": ["string", "null"], "default": null}]}"#;
        assert!(Writer::of(text).is_ok());
    }
}
