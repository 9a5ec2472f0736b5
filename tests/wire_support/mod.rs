//! Records made from their schemas, so that a test covers every field without naming one.

#![allow(dead_code, reason = "each test binary uses its part")]

use heard::wire::schema::Type;
use heard::wire::{Decoder, Encoder, Format, Registry, WireRecord};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Calls a generic check for each record that travels.
#[macro_export]
macro_rules! for_each_record {
    ($check:ident) => {{
        use heard::model::*;
        $check::<Complaint>();
        $check::<Response>();
        $check::<Update>();
        $check::<Survey>();
        $check::<Customer>();
        $check::<WorkItem>();
        $check::<Case>();
        $check::<CaseEvent>();
        $check::<Signal>();
    }};
}

/// A value with everything in it: nothing null, two items in each array, one in each map (so that its
/// bytes have one order only).
pub fn full(kind: &Type) -> Value {
    match kind {
        Type::Null => Value::Null,
        Type::Boolean => json!(true),
        Type::Int => json!(1_234_567),
        Type::Long | Type::FineTime(_) => json!(1_500_000_000_123_i64),
        Type::Float | Type::Double => json!(-0.75),
        Type::Bytes | Type::String => json!("Grüße, 世界 🙂"),
        Type::Uuid => json!("0d9428f6-cd22-5a3c-9e9f-2a1b7c1e0f00"),
        Type::Array(item) => json!([full(item), full(item)]),
        Type::Map(value) => json!({ "a key": full(value) }),
        Type::Union(branches) => full(branches.last().expect("a union has branches")),
        Type::Record(record) => record
            .fields
            .iter()
            .map(|f| (f.name.clone(), full(&f.kind)))
            .collect(),
        Type::Enum(symbols) => json!(symbols.symbols.last()),
        Type::Fixed(_) => unreachable!("our records have no fixed"),
    }
}

/// Any value of a type. Counts are not negative, since the records hold them unsigned.
pub fn any_value(kind: &Type) -> BoxedStrategy<Value> {
    match kind {
        Type::Null => Just(Value::Null).boxed(),
        Type::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        Type::Int => (0..=i32::MAX).prop_map(Value::from).boxed(),
        Type::Long | Type::FineTime(_) => any::<i64>().prop_map(Value::from).boxed(),
        Type::Float | Type::Double => (proptest::num::f64::NORMAL | proptest::num::f64::ZERO)
            .prop_map(Value::from)
            .boxed(),
        Type::Bytes | Type::String => ".{0,12}".prop_map(Value::from).boxed(),
        Type::Uuid => any::<u128>()
            .prop_map(|bits| json!(uuid::Uuid::from_u128(bits).to_string()))
            .boxed(),
        Type::Array(item) => prop::collection::vec(any_value(item), 0..3)
            .prop_map(Value::from)
            .boxed(),
        Type::Map(value) => prop::collection::btree_map(".{0,6}", any_value(value), 0..3)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
            .boxed(),
        Type::Union(branches) => prop::strategy::Union::new(branches.iter().map(any_value)).boxed(),
        Type::Record(record) => {
            let names: Vec<String> = record.fields.iter().map(|field| field.name.clone()).collect();
            let values: Vec<_> = record.fields.iter().map(|field| any_value(&field.kind)).collect();
            let fields =
                values.prop_map(move |values| names.iter().cloned().zip(values).collect::<Map<_, _>>());
            fields.prop_map(Value::Object).boxed()
        }
        Type::Enum(symbols) => prop::sample::select(symbols.symbols.clone())
            .prop_map(Value::from)
            .boxed(),
        Type::Fixed(_) => unreachable!("our records have no fixed"),
    }
}

/// Any record.
pub fn any_record<T: WireRecord + std::fmt::Debug>() -> impl Strategy<Value = T> {
    any_value(T::reader()).prop_map(|json| record(&json))
}

/// The record that a JSON value stands for.
pub fn record<T: WireRecord>(json: &Value) -> T {
    serde_json::from_value(json.clone()).expect("a value made from the schema")
}

/// A record as a value in single-object encoding.
pub fn encoded<T: WireRecord>(record: &T) -> Vec<u8> {
    let mut value = Vec::new();
    Encoder::new(Format::SingleObject)
        .encode(record, &mut value)
        .expect("encodes");
    value
}

/// A decoder that knows the schemas compiled in.
pub fn decoder<T: WireRecord>() -> Decoder<T> {
    Decoder::new(Arc::new(Registry::built_in()))
}

/// A value in the Confluent format.
pub fn confluent(id: u32, datum: &[u8]) -> Vec<u8> {
    [&[0][..], &id.to_be_bytes(), datum].concat()
}

/// A number as Avro writes it.
pub fn long(value: i64) -> Vec<u8> {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    let mut bytes = Vec::new();
    while rest >= 0x80 {
        bytes.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    bytes.push(rest.to_le_bytes()[0]);
    bytes
}

/// A text as Avro writes it.
pub fn text(value: &str) -> Vec<u8> {
    [
        &long(i64::try_from(value.len()).expect("short"))[..],
        value.as_bytes(),
    ]
    .concat()
}
