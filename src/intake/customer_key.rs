//! Whose a customer's record is by its key, as CRMs and CDC tools write it (DESIGN.md 2, *Customers' keys*).

use serde_json::{Map, Value};
use smol_str::SmolStr;

use super::spelling;
use crate::desk::forgetting::is_hidden;
use crate::processor::Rejection;
use crate::wire::{Registry, to_json};

/// The header of a tombstone that only clears a key of the topic and is nobody's erasure: `heard forget` writes one
/// where a person's record is under a key that does not name them.
pub const CLEARS: &str = "heard.clears";

/// What takes a customer's id out of a key.
#[derive(Clone, Copy)]
pub struct KeyReader<'r> {
    /// The schemas by which Avro keys may be written.
    pub registry: &'r Registry,
    /// The field that has the id, where a key has several.
    pub field: Option<&'r str>,
}

impl KeyReader<'_> {
    /// The customer that a key names: by itself, as text of JSON, or as the one field (or the configured one) of a
    /// struct in JSON, in Connect's JSON with a schema, or in Avro.
    ///
    /// # Errors
    ///
    /// It names nobody, and why.
    pub fn customer(self, key: Option<&[u8]>) -> Result<SmolStr, Rejection> {
        let names_none =
            |why: &str| Rejection::new("key_names_nobody", format!("the key names no customer: {why}"));
        let key = key.unwrap_or_default();
        let id = match key {
            [0, ..] | [0xC3, 0x01, ..] => {
                let value = to_json(key, self.registry).map_err(|error| names_none(&error.to_string()))?;
                self.in_json(&value).map_err(names_none)?
            }
            _ => {
                let text = std::str::from_utf8(key).map_err(|_| names_none("it is neither text nor Avro"))?;
                self.in_text(text.trim_matches(is_blank)).map_err(names_none)?
            }
        };
        let mut id = SmolStr::from(id);
        spelling::clean(&mut id);
        match id.is_empty() || is_hidden(&id) {
            true => Err(names_none(
                "it is empty, or what is left of one that was forgotten",
            )),
            false => Ok(id),
        }
    }

    fn in_text(self, text: &str) -> Result<String, &'static str> {
        match text.as_bytes().first() {
            Some(b'{' | b'"') => match serde_json::from_str(text) {
                Ok(value) => self.in_json(&value),
                Err(_) => Ok(text.to_owned()), // an id that looks like it
            },
            _ => Ok(text.to_owned()),
        }
    }

    fn in_json(self, value: &Value) -> Result<String, &'static str> {
        match value {
            Value::Object(fields) => scalar(self.field_of(payload(fields).unwrap_or(fields))?),
            value => scalar(value),
        }
    }

    fn field_of(self, fields: &Map<String, Value>) -> Result<&Value, &'static str> {
        if let Some(value) = fields
            .get("payload")
            .filter(|value| is_envelope(fields) && !value.is_object())
        {
            return Ok(value);
        }
        let named = self.field.and_then(|field| fields.get(field));
        let only = fields.values().next().filter(|_| fields.len() == 1);
        named
            .or(only)
            .or_else(|| fields.get("customer_id"))
            .ok_or("it has several fields; name the one with the id in identity.customer_key_field")
    }
}

/// A key without what could tell who it is: each of its values is a mask.
pub fn shape(key: &[u8], registry: &Registry) -> String {
    fn masked(value: &Value) -> Value {
        match value {
            Value::Object(fields) if is_envelope(fields) => {
                let payload = fields.get("payload").map_or(Value::Null, masked);
                Value::Object(
                    [("schema".to_owned(), "…".into()), ("payload".to_owned(), payload)]
                        .into_iter()
                        .collect(),
                )
            }
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), masked(value)))
                .collect(),
            _ => "***".into(),
        }
    }
    let text = std::str::from_utf8(key).ok().map(str::trim);
    match key {
        [0, ..] | [0xC3, 0x01, ..] => match to_json(key, registry) {
            Ok(value) => format!("Avro {}", masked(&value)),
            Err(_) => "Avro".into(),
        },
        _ => match text
            .filter(|text| text.starts_with(['{', '"']))
            .map(serde_json::from_str::<Value>)
        {
            Some(Ok(value)) => format!("JSON {}", masked(&value)),
            _ => "text".into(),
        },
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{FEFF}'
}

/// Whether it is what Connect's JSON converter writes with a schema.
fn is_envelope(fields: &Map<String, Value>) -> bool {
    fields.len() == 2 && fields.contains_key("schema") && fields.contains_key("payload")
}

fn payload(fields: &Map<String, Value>) -> Option<&Map<String, Value>> {
    fields.get("payload").filter(|_| is_envelope(fields))?.as_object()
}

fn scalar(value: &Value) -> Result<String, &'static str> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) if !number.is_f64() => Ok(number.to_string()),
        Value::Number(_) => Err("its number is not whole, or too large to be read exactly"),
        Value::Null => Err("it is null"),
        Value::Bool(_) => Err("it is true or false"),
        Value::Array(_) | Value::Object(_) => Err("what it holds is no text and no number"),
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyReader, shape};
    use crate::wire::Registry;

    const ONE: &str = r#"{"type": "record", "name": "Key", "fields": [{"name": "id", "type": "long"}]}"#;
    const TWO: &str = r#"{"type": "record", "name": "Key", "fields": [
        {"name": "tenant", "type": "string"}, {"name": "id", "type": ["null", "string"]}]}"#;

    fn registry() -> (Registry, u64) {
        let mut registry = Registry::with_ids([(7, ONE), (8, TWO), (9, r#""string""#)]).expect("schemas");
        let fingerprint = registry.add(ONE).expect("a schema");
        (registry, fingerprint)
    }

    /// CASES 1 and 2.
    #[test]
    fn whom_a_key_names() {
        let (registry, fingerprint) = registry();
        let single = [&[0xC3, 0x01][..], &fingerprint.to_le_bytes(), &[154, 1]].concat();
        let connect = r#"{"schema":{"type":"struct","fields":[{"type":"string","optional":false,"field":"id"}]},"payload":{"id":"C-3"}}"#;
        //   given the key                              and the field    then it names
        for (key, field, named) in [
            (&b"C-3"[..], None, Some("C-3")),
            (b"  C-3\n", None, Some("C-3")),
            (b"\xEF\xBB\xBFC-3", None, Some("C-3")),
            (b"77", None, Some("77")),
            (br#""C-3""#, None, Some("C-3")),
            (br#" "C-3" "#, None, Some("C-3")),
            (br#"{"customer_id":"C-3"}"#, None, Some("C-3")),
            (br#" {"id" : 77} "#, None, Some("77")),
            (br#"{"id": " C-3 "}"#, None, Some("C-3")),
            (br#"{"id": 9007199254740993}"#, None, Some("9007199254740993")),
            (connect.as_bytes(), None, Some("C-3")),
            (
                br#"{"schema":{"type":"string"},"payload":"C-3"}"#,
                None,
                Some("C-3"),
            ),
            (br#"{"payload":"C-3"}"#, None, Some("C-3")),
            (br#"{"tenant":"t","customer_id":"C-3"}"#, None, Some("C-3")),
            (br#"{"tenant":"t","id":"C-3"}"#, Some("id"), Some("C-3")),
            (
                br#"{"schema":null,"payload":{"tenant":"t","id":"C-3"}}"#,
                Some("id"),
                Some("C-3"),
            ),
            (&[0, 0, 0, 0, 7, 154, 1], None, Some("77")),
            (
                &[0, 0, 0, 0, 8, 2, b't', 2, 6, b'C', b'-', b'3'],
                Some("id"),
                Some("C-3"),
            ),
            (&[0, 0, 0, 0, 9, 6, b'C', b'-', b'3'], None, Some("C-3")),
            (&single, None, Some("77")),
            (b"{C-3", None, Some("{C-3")), // no JSON: an id like any
            // Nobody.
            (b"", None, None),
            (b"   ", None, None),
            (br#""""#, None, None),
            (b"{}", None, None),
            (br#"{"id":null}"#, None, None),
            (br#"{"id":1.5}"#, None, None),
            (br#"{"id":99999999999999999999999}"#, None, None),
            (br#"{"id":["C-3"]}"#, None, None),
            (br#"{"tenant":"t","id":"C-3"}"#, None, None),
            (&[0, 0, 0, 0, 6, 154, 1], None, None), // no such schema
            (&[0, 0, 0, 0, 7, 154], None, None),    // cut
            (&[0xFF, 0xFE], None, None),
        ] {
            let reader = KeyReader {
                registry: &registry,
                field,
            };
            let found = reader.customer(Some(key));
            assert_eq!(found.as_deref().ok(), named, "{}", String::from_utf8_lossy(key));
        }
        let reader = KeyReader {
            registry: &registry,
            field: None,
        };
        assert_eq!(
            reader.customer(None).map_err(|refused| refused.code),
            Err("key_names_nobody")
        );
    }

    #[test]
    fn what_a_receipt_may_say_of_a_key() {
        let (registry, _) = registry();
        for (key, shown) in [
            (&b"C-3"[..], "text"),
            (br#""C-3""#, r#"JSON "***""#),
            (br#"{"id":77}"#, r#"JSON {"id":"***"}"#),
            (
                br#"{"schema":{"type":"string"},"payload":{"id":"C-3"}}"#,
                r#"JSON {"schema":"…","payload":{"id":"***"}}"#,
            ),
            (&[0, 0, 0, 0, 7, 154, 1], r#"Avro {"id":"***"}"#),
        ] {
            assert_eq!(shape(key, &registry), shown);
        }
    }
}
