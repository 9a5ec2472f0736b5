//! A record as a line: a JSON object, or text for people.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::cli::render::{hex, text, time, without_nulls};
use crate::log::{Record, Topic};
use crate::wire::{Registry, to_json};

/// A record as an object. A value that is no known record is its bytes in hexadecimal, with the
/// reason as `undecoded`.
pub(super) fn as_json(topic: &Topic, record: &Record<'_>, registry: &Registry) -> Value {
    let mut line = Map::new();
    line.insert("topic".into(), json!(topic.as_str()));
    line.insert("partition".into(), json!(record.partition));
    line.insert("offset".into(), json!(record.offset));
    line.insert("timestamp".into(), json!(record.timestamp));
    line.insert(
        "key".into(),
        record.key.map_or(Value::Null, |key| json!(text(key))),
    );
    let headers = record
        .headers()
        .map(|header| (header.name.to_owned(), json!(header.value.map(text))));
    line.insert("headers".into(), Value::Object(headers.collect()));
    match record
        .value
        .map(|value| to_json(value, registry).map_err(|error| (value, error)))
    {
        None => drop(line.insert("value".into(), Value::Null)),
        Some(Ok(value)) => drop(line.insert("value".into(), value)),
        Some(Err((value, error))) => {
            line.insert("value".into(), json!(hex(value)));
            line.insert("undecoded".into(), json!(error.code()));
        }
    }
    Value::Object(line)
}

/// A record as text for people.
pub(super) fn as_text(topic: &Topic, record: &Record<'_>, registry: &Registry) -> String {
    let mut line = format!(
        "{topic}-{}@{} {}",
        record.partition,
        record.offset,
        time(record.timestamp)
    );
    let key = record.key.map_or("(no key)".to_owned(), text);
    let value = match record.value {
        None => "(deleted)".to_owned(),
        Some(value) => match to_json(value, registry) {
            Ok(json) => without_nulls(json).to_string(),
            Err(error) => format!("({} bytes, {})", value.len(), error.code()),
        },
    };
    // Writing to a String cannot fail.
    let _ = write!(line, " {key}");
    for header in record.headers() {
        let _ = write!(
            line,
            " {}={}",
            header.name,
            header.value.map_or("(null)".into(), text)
        );
    }
    let _ = write!(line, " {value}");
    line
}

#[cfg(test)]
mod tests {
    use super::{as_json, as_text};
    use crate::log::batch::Place;
    use crate::log::{Batch, Header, Topic};
    use crate::model::{Complaint, Millis};
    use crate::wire::{Encoder, Format, Registry};

    fn shown(key: Option<&[u8]>, value: Option<&[u8]>) -> (String, String) {
        let place = Place {
            topic: 0,
            partition: 3,
            offset: 17,
            timestamp: 1_600_000_000_000,
        };
        let headers = [
            Header {
                name: "a",
                value: Some(b"x"),
            },
            Header {
                name: "b",
                value: None,
            },
        ];
        let mut batch = Batch::new();
        batch.push(place, key, value, headers);
        let record = batch.get(0).expect("it was pushed");
        let (topic, registry) = (Topic::new("t"), Registry::built_in());
        (
            as_json(&topic, &record, &registry).to_string(),
            as_text(&topic, &record, &registry),
        )
    }

    #[test]
    fn a_record_has_the_schemas_names_and_times_in_milliseconds() {
        let complaint = Complaint {
            id: "1".into(),
            occurred_at: Millis(5),
            ..Complaint::default()
        };
        let mut value = Vec::new();
        Encoder::new(Format::SingleObject)
            .encode(&complaint, &mut value)
            .expect("encodes");
        let (json, text) = shown(Some(b"k"), Some(&value));
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["value"]["id"], "1");
        assert_eq!(json["value"]["occurred_at"], 5);
        assert_eq!(json["value"]["text"], serde_json::Value::Null);
        assert!(
            text.starts_with("t-3@17 2020-09-13T12:26:40Z k a=x b=(null) {\"id\":\"1\""),
            "{text}"
        );
    }

    #[test]
    fn tombstones_and_foreign_bytes() {
        let (json, text) = shown(Some(b"\xff\x00"), None);
        assert_eq!(
            json,
            r#"{"topic":"t","partition":3,"offset":17,"timestamp":1600000000000,"key":"ff00","headers":{"a":"x","b":null},"value":null}"#
        );
        assert!(text.ends_with("(deleted)"), "{text}");
        let (json, _) = shown(None, Some(b"\x01\x02"));
        assert!(
            json.contains(r#""key":null"#) && json.contains(r#""value":"0102","undecoded":""#),
            "{json}"
        );
    }
}
