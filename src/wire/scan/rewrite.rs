//! A datum with some of its numbers changed.

use super::Change;

/// A datum with these changes, which are in order; `None` if nobody wants any. A block that says its size becomes one that
/// does not, since that may be another now.
pub(crate) fn rewrite(datum: &[u8], changes: &[Change]) -> Option<Vec<u8>> {
    if !changes.iter().any(|change| change.is_wanted) {
        return None;
    }
    let mut rewritten = Vec::with_capacity(datum.len());
    let mut at = 0;
    for Change { place, number, .. } in changes {
        rewritten.extend_from_slice(&datum[at..place.start]);
        write(*number, &mut rewritten);
        at = place.end;
    }
    rewritten.extend_from_slice(&datum[at..]);
    Some(rewritten)
}

/// A number as Avro writes it.
fn write(number: i64, into: &mut Vec<u8>) {
    let mut rest = (number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned();
    while rest >= 0x80 {
        into.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    into.push(rest.to_le_bytes()[0]);
}

#[cfg(test)]
mod tests {
    use crate::model::{Complaint, Millis};
    use crate::wire::{Decoder, Registry};
    use serde_json::{Value, json};
    use std::sync::Arc;

    /// The schema of a complaint, its times of another logical type.
    fn schema(logical: &str) -> String {
        fn change(value: &mut Value, logical: &str) {
            match value {
                Value::Object(fields) => {
                    if fields.get("logicalType") == Some(&json!("timestamp-millis")) {
                        fields.insert("logicalType".into(), json!(logical));
                    }
                    fields.values_mut().for_each(|value| change(value, logical));
                }
                Value::Array(values) => values.iter_mut().for_each(|value| change(value, logical)),
                _ => {}
            }
        }
        let mut schema: Value =
            serde_json::from_str(include_str!("../../../schemas/complaint.avsc")).expect("JSON");
        change(&mut schema, logical);
        schema.to_string()
    }

    /// CASES 28.
    #[test]
    fn times_in_smaller_parts_are_converted() {
        const AT: i64 = 1_772_442_600_123;
        //   given times written as              and so many parts of a millisecond
        for (logical, parts) in [
            ("timestamp-millis", 1),
            ("local-timestamp-millis", 1),
            ("timestamp-micros", 1_000),
            ("local-timestamp-micros", 1_000),
            ("timestamp-nanos", 1_000_000),
            ("local-timestamp-nanos", 1_000_000),
        ] {
            let schema = schema(logical);
            let registry = Registry::with_ids([(7, &*schema)]).expect("a schema");
            let given = Complaint {
                id: "1".into(),
                occurred_at: Millis(AT * parts + parts / 2),
                edited_at: Some(Millis(AT * parts)),
                attributes: [("a".to_owned(), "b".to_owned())]
                    .into_iter()
                    .collect::<std::collections::BTreeMap<_, _>>()
                    .into(),
                ..Complaint::default()
            };
            let mut datum = Vec::new();
            crate::wire::direct::write(&given, &mut datum).expect("it encodes");
            let value = [&[0, 0, 0, 0, 7][..], &datum].concat();
            let read = Decoder::<Complaint>::new(Arc::new(registry)).decode(&value);
            let wanted = Complaint {
                occurred_at: Millis(AT),
                edited_at: Some(Millis(AT)),
                ..given
            };
            assert_eq!(read, Ok(wanted), "{logical}");
        }
    }

    #[test]
    fn numbers_are_written_as_avro_does() {
        for (number, bytes) in [
            (0, &[0][..]),
            (-1, &[1]),
            (64, &[0x80, 1]),
            (-65, &[0x81, 1]),
            (77, &[0x9A, 1]),
        ] {
            let mut written = Vec::new();
            super::write(number, &mut written);
            assert_eq!(written, bytes, "{number}");
        }
        let mut written = Vec::new();
        super::write(i64::MIN, &mut written);
        assert_eq!(written.len(), 10);
    }
}
