//! Every version to come is held to what was released: inputs BACKWARD, outputs FULL.
//!
//! A released schema is frozen in schemas/released/. To release a new version, copy the present schema
//! there and list it in src/wire/record.rs.

use apache_avro::schema_compatibility::SchemaCompatibility;
use heard::wire::record::{KnownRecord, RECORDS};
use heard::wire::resolve::problems;
use heard::wire::schema::Type;
use serde_json::{Value, json};

const OUTPUTS: [&str; 4] = ["WorkItem", "Case", "CaseEvent", "Signal"];

/// What breaks a promise if `current` follows `released`, by our own resolver.
fn broken(record: &str, released: &str, current: &str) -> Vec<String> {
    let (old, new) = (
        Type::parse(released).expect("valid"),
        Type::parse(current).expect("valid"),
    );
    let mut broken = problems(&old, &new);
    if OUTPUTS.contains(&record) {
        broken.extend(problems(&new, &old));
    }
    broken
}

/// Whether apache-avro thinks so too.
fn they_agree_it_is_fine(record: &str, released: &str, current: &str) -> bool {
    let parse = |text| apache_avro::Schema::parse_str(text).expect("valid");
    let (old, new) = (parse(released), parse(current));
    let full = OUTPUTS.contains(&record);
    SchemaCompatibility::can_read(&old, &new).is_ok()
        && (!full || SchemaCompatibility::can_read(&new, &old).is_ok())
}

#[test]
fn the_present_schemas_keep_every_promise() {
    assert_eq!(RECORDS.len(), 9);
    for KnownRecord {
        name,
        current,
        released,
    } in RECORDS
    {
        assert!(!released.is_empty(), "{name} was never released");
        for (version, old) in released.iter().enumerate() {
            let version = version + 1;
            assert_eq!(
                broken(name, old, current),
                [""; 0],
                "{name} against its version {version}"
            );
            assert!(
                they_agree_it_is_fine(name, old, current),
                "{name}, version {version}, by apache-avro"
            );
        }
    }
}

/// A change to a field: (record, what, the change), and whether it breaks the promise.
type Planted = (&'static str, &'static str, fn(&mut Vec<Value>), bool);

#[test]
fn a_planted_change_is_refused_if_and_only_if_it_breaks_the_promise() {
    fn field<'f>(fields: &'f mut [Value], name: &str) -> &'f mut Value {
        fields
            .iter_mut()
            .find(|field| field["name"] == name)
            .expect("such a field")
    }
    let cases: [Planted; 8] = [
        (
            "Complaint",
            "a field with a default is added",
            |f| f.push(json!({"name": "n", "type": "int", "default": 0})),
            false,
        ),
        (
            "Complaint",
            "a field without default is added",
            |f| f.push(json!({"name": "n", "type": "int"})),
            true,
        ),
        (
            "Complaint",
            "a field is removed from an input",
            |f| drop(f.remove(0)),
            false,
        ),
        (
            "Complaint",
            "a long shrinks",
            |f| field(f, "revision")["type"] = json!("int"),
            true,
        ),
        (
            "Case",
            "a field with a default is added",
            |f| f.push(json!({"name": "n", "type": "int", "default": 0})),
            false,
        ),
        (
            "Case",
            "a field without default is removed from an output",
            |f| drop(f.remove(0)),
            true,
        ),
        (
            "Case",
            "an int grows, which older readers cannot follow",
            |f| field(f, "priority")["type"] = json!("long"),
            true,
        ),
        (
            "CaseEvent",
            "a kind of event is added",
            |f| {
                field(f, "type")["type"]["symbols"]
                    .as_array_mut()
                    .expect("an enum")
                    .push(json!("NEW"))
            },
            false,
        ),
    ];
    for (name, what, change, breaks) in cases {
        let known = RECORDS
            .iter()
            .find(|record| record.name == name)
            .expect("such a record");
        let mut schema: Value = serde_json::from_str(known.current).expect("is JSON");
        change(schema["fields"].as_array_mut().expect("a record"));
        let changed = schema.to_string();
        let found = broken(name, known.released[0], &changed);
        assert_eq!(!found.is_empty(), breaks, "{name}: {what}: {found:?}");
        assert_eq!(
            !they_agree_it_is_fine(name, known.released[0], &changed),
            breaks,
            "{name}: {what}, by apache-avro"
        );
    }
}
