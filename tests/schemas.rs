//! The Rust records, the schemas in schemas/ and a second Avro implementation (apache-avro) agree.

mod wire_support;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;
use heard::wire::schema::Type;
use heard::wire::{Decoder, Registry, WireRecord, to_json};
use serde_json::{Value, json};
use wire_support::{confluent, decoder, encoded, full, record};

const HEADER: usize = 10;

fn theirs(schema: &str) -> apache_avro::Schema {
    apache_avro::Schema::parse_str(schema).expect("apache-avro reads the schema")
}

fn they_resolve(
    writer: &apache_avro::Schema,
    reader: Option<&apache_avro::Schema>,
    datum: &mut &[u8],
) -> apache_avro::types::Value {
    let datum_reader = GenericDatumReader::builder(writer)
        .maybe_reader_schema(reader)
        .build();
    datum_reader
        .expect("a reader")
        .read_value(datum)
        .expect("apache-avro decodes")
}

/// What apache-avro makes of a datum.
fn they_read(schema: &str, mut datum: &[u8]) -> Value {
    let value = they_resolve(&theirs(schema), None, &mut datum);
    assert!(datum.is_empty(), "apache-avro left bytes over");
    value.try_into().expect("is JSON")
}

/// What apache-avro writes for a JSON value.
fn they_write(schema: &str, json: &Value) -> Vec<u8> {
    let schema = theirs(schema);
    let value = apache_avro::types::Value::try_from(json.clone()).expect("is Avro");
    let value = value.resolve(&schema).expect("fits the schema");
    GenericDatumWriter::builder(&schema)
        .build()
        .expect("a writer")
        .write_value_to_vec(value)
        .expect("apache-avro encodes")
}

#[test]
fn records_and_schemas_agree_in_both_directions() {
    fn agree<T: WireRecord + PartialEq + Debug + Default>() {
        let everything = full(T::reader());
        let defaults = serde_json::to_value(T::default()).expect("is JSON");
        for json in [everything, defaults] {
            let record: T = record(&json);
            // The text, so that the order of the fields counts too.
            let back = serde_json::to_value(&record).expect("is JSON");
            assert_eq!(back.to_string(), json.to_string(), "{} as JSON", T::NAME);

            let value = encoded(&record);
            assert_eq!(decoder().decode(&value), Ok(record), "{}", T::NAME);
            assert_eq!(
                to_json(&value, &Registry::built_in()).map(|v| v.to_string()),
                Ok(json.to_string())
            );
            assert_eq!(
                they_read(T::SCHEMA, &value[HEADER..]),
                json,
                "{} read by apache-avro",
                T::NAME
            );
            assert_eq!(
                they_write(T::SCHEMA, &json),
                value[HEADER..],
                "{} by apache-avro",
                T::NAME
            );
        }
    }
    for_each_record!(agree);
}

/// The little-endian bytes that fastavro 1.13 computes of schemas/ (`fingerprint(.., "CRC-64-AVRO")`). A schema that is changed
/// gets another one here.
const BY_FASTAVRO: [(&str, &str); 9] = [
    ("Complaint", "977bb6bbf81a70f5"),
    ("Response", "5e947a50eb07cd31"),
    ("Update", "dfb8de2a585f7e65"),
    ("Survey", "5fdf79a754e2ecfb"),
    ("Customer", "15db519462da0687"),
    ("WorkItem", "0957583b3ecfcabd"),
    ("Case", "103e2f920f40e6c3"),
    ("CaseEvent", "31c95f59d8739025"),
    ("Signal", "a11a918432dc1a1e"),
];

#[test]
fn fingerprints_are_those_of_another_implementation() {
    fn is_theirs<T: WireRecord>() {
        let bytes = T::fingerprint().to_le_bytes();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(BY_FASTAVRO.contains(&(T::NAME, &hex)), "{}: {hex}", T::NAME);
    }
    for_each_record!(is_theirs);
}

/// Every object in a schema that defines a type or field, with its place.
fn definitions(schema: &mut Value, visit: &mut impl FnMut(&mut serde_json::Map<String, Value>)) {
    match schema {
        Value::Array(all) => all.iter_mut().for_each(|one| definitions(one, visit)),
        Value::Object(object) => {
            visit(object);
            for key in ["type", "fields", "items", "values"] {
                if let Some(inner) = object.get_mut(key) {
                    definitions(inner, visit);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn every_type_and_field_is_documented_and_in_the_namespace() {
    fn documented<T: WireRecord>() {
        let mut schema: Value = serde_json::from_str(T::SCHEMA).expect("is JSON");
        assert_eq!(schema["namespace"], "heard.v1");
        assert_eq!(schema["name"], T::NAME);
        definitions(&mut schema, &mut |object| {
            if let Some(name) = object.get("name") {
                let doc = object.get("doc").and_then(Value::as_str).unwrap_or_default();
                assert!(doc.len() > 5, "{}: {name} has no doc", T::NAME);
            }
        });
    }
    for_each_record!(documented);
}

#[test]
fn what_an_older_writer_lacks_takes_the_schemas_default() {
    fn default_of<T: WireRecord + PartialEq + Debug>() {
        let mut old: Value = serde_json::from_str(T::SCHEMA).expect("is JSON");
        definitions(&mut old, &mut |object| {
            if let Some(Value::Array(fields)) = object.get_mut("fields") {
                fields.retain(|field| field.get("default").is_none());
            }
        });
        let old = old.to_string();
        let tree = Type::parse(&old).expect("still a schema");
        let written = full(&tree);
        let registry = Arc::new(Registry::with_ids([(9, old.as_str())]).expect("a valid schema"));
        let decoder = Decoder::<T>::new(registry);
        let read = decoder.decode(&confluent(9, &they_write(&old, &written)));
        let read = serde_json::to_value(read.expect("decodes")).expect("is JSON");

        // The second opinion: apache-avro resolves the same datum to the present schema.
        let datum = they_write(&old, &written);
        let present = theirs(T::SCHEMA);
        let value = they_resolve(&theirs(&old), Some(&present), &mut &datum[..]);
        let value: Value = value.try_into().expect("is JSON");
        assert_eq!(read, value, "{}", T::NAME);
    }
    for_each_record!(default_of);
}

#[test]
fn a_newer_writers_fields_are_skipped_and_its_symbols_fall_back_or_are_refused() {
    fn fall_back<T: WireRecord + PartialEq + Debug>() {
        let mut new: Value = serde_json::from_str(T::SCHEMA).expect("is JSON");
        let mut with_fallback = BTreeSet::new();
        definitions(&mut new, &mut |object| {
            if let Some(Value::Array(fields)) = object.get_mut("fields") {
                fields.insert(
                    0,
                    json!({"name": "news", "type": {"type": "array", "items": "string"}}),
                );
            }
            if let Some(Value::Array(symbols)) = object.get_mut("symbols") {
                symbols.push("NEW_SYMBOL".into());
                if object.contains_key("default") {
                    with_fallback.insert(object["name"].as_str().expect("named").to_owned());
                }
            }
        });
        let new = new.to_string();
        let tree = Type::parse(&new).expect("still a schema");
        // `full` takes the last symbol, the new one: of an enum without fallback, take the one before.
        let written = full(&tree);
        let registry = Arc::new(Registry::with_ids([(9, new.as_str())]).expect("a valid schema"));
        let decoder = Decoder::<T>::new(Arc::clone(&registry));
        let value = confluent(9, &they_write(&new, &written));
        assert_eq!(
            to_json(&value, &registry),
            Ok(written),
            "{} as its writer meant it",
            T::NAME
        );
        let expected = with_new_symbols(&full(T::reader()), T::reader(), &with_fallback);
        match (decoder.decode(&value), expected) {
            (Ok(read), Ok(expected)) => {
                assert_eq!(
                    serde_json::to_value(read).expect("is JSON"),
                    expected,
                    "{}",
                    T::NAME
                );
            }
            (Err(error), Err(())) => assert_eq!(error.code(), "unknown_symbol", "{}", T::NAME),
            (read, expected) => panic!("{}: {read:?} where {expected:?} is right", T::NAME),
        }
    }
    for_each_record!(fall_back);
}

/// What a reader should make of `value` if every enum in it held a new symbol: its fallback, or an error.
fn with_new_symbols(value: &Value, kind: &Type, with_fallback: &BTreeSet<String>) -> Result<Value, ()> {
    match kind {
        Type::Enum(symbols) => {
            let short = symbols.name.rsplit('.').next().unwrap_or_default();
            if with_fallback.contains(short) {
                Ok(json!(symbols.default))
            } else {
                Err(())
            }
        }
        Type::Union(branches) => with_new_symbols(value, branches.last().ok_or(())?, with_fallback),
        Type::Array(item) => {
            let items = value.as_array().ok_or(())?;
            items
                .iter()
                .map(|one| with_new_symbols(one, item, with_fallback))
                .collect()
        }
        Type::Record(record) => record
            .fields
            .iter()
            .map(|field| {
                Ok((
                    field.name.clone(),
                    with_new_symbols(&value[&field.name], &field.kind, with_fallback)?,
                ))
            })
            .collect(),
        _ => Ok(value.clone()),
    }
}
