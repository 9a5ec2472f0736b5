use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Partial, Schema, as_far_as_it_goes};
use crate::model::{Attachment, Complaint, Identifier, Millis, Person};
use crate::wire::{Encoder, Format, Registry, to_json};

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::built_in);

fn complaint() -> Vec<u8> {
    let identifier = Identifier {
        kind: "email".into(),
        value: "x@y".into(),
        realm: None,
    };
    let attachment = Attachment {
        url: "a".into(),
        media_type: "b".into(),
    };
    let complaint = Complaint {
        id: "1".into(),
        source: "shop".into(),
        channel: "email".into(),
        author: Person {
            identifiers: vec![identifier],
            ..Person::default()
        },
        text: Some("Hallo?".into()),
        sentiment: Some(-0.5),
        occurred_at: Millis(5),
        attachments: vec![attachment; 2],
        attributes: [("k".to_owned(), "v".to_owned())]
            .into_iter()
            .collect::<std::collections::BTreeMap<_, _>>()
            .into(),
        ..Complaint::default()
    };
    let mut value = Vec::new();
    let encoded = Encoder::new(Format::SingleObject).encode(&complaint, &mut value);
    encoded.expect("it encodes");
    value
}

fn read(value: &[u8]) -> Partial {
    as_far_as_it_goes(value, &REGISTRY, Some("Complaint"))
}

/// What was read, and where, in which part and why it ended.
fn stopped(value: &[u8]) -> (Value, usize, String, &'static str) {
    let read = read(value);
    let stop = read.stop.expect("it is no good");
    (
        read.value.unwrap_or_default(),
        stop.at,
        stop.path,
        stop.error.code(),
    )
}

#[test]
fn a_good_value_is_read_whole() {
    let value = complaint();
    let read = read(&value);
    assert_eq!(
        read.schema,
        Some(Schema::Named(Some("heard.v1.Complaint".into())))
    );
    assert_eq!(read.stop, None);
    assert_eq!(read.value, to_json(&value, &REGISTRY).ok());
}

#[test]
fn it_stops_at_what_is_wrong_and_keeps_what_was_before() {
    let good = complaint();
    // Header, then: 1 length, id; revision; source ...
    assert_eq!(&good[10..13], [2, b'1', 0]);
    assert_eq!(&good[13..18], [&[8], &b"shop"[..]].concat());
    let begun = json!({"id": "1", "revision": 0});
    //   spoil                           then: read, at, in, because
    let cut = &good[..15];
    assert_eq!(stopped(cut), (begun.clone(), 13, "source".into(), "truncated"));
    let mut not_text = good.clone();
    not_text[15] = 0xFF;
    assert_eq!(
        stopped(&not_text),
        (begun.clone(), 13, "source".into(), "invalid_utf8")
    );
    let huge = [&good[..13], &[0xFE, 0xFF, 0xFF, 0xFF, 0x0F], &good[14..]].concat();
    assert_eq!(stopped(&huge), (begun, 13, "source".into(), "too_large"));
    let longer = [&good[..], &[1, 2]].concat();
    let (read, at, path, code) = stopped(&longer);
    assert_eq!(Some(read), to_json(&good, &REGISTRY).ok());
    assert_eq!((at, path.as_str(), code), (good.len(), "", "trailing_bytes"));
}

#[test]
fn the_way_to_what_is_wrong_goes_into_arrays_and_maps() {
    let mut value = complaint();
    let at = value
        .windows(5)
        .position(|part| part == b"email")
        .expect("the channel");
    let at = at
        + 5
        + value[at + 5..]
            .windows(5)
            .position(|part| part == b"email")
            .expect("the kind");
    value[at] = 0xFF;
    let (read, begins, path, _) = stopped(&value);
    assert_eq!((begins, path.as_str()), (at - 1, "author.identifiers[0].kind"));
    assert_eq!(read["author"]["identifiers"], json!([{}]));
    let mut value = complaint();
    let last = value
        .iter()
        .rposition(|byte| *byte == b'v')
        .expect("the attribute");
    value[last] = 0xFF;
    assert_eq!(stopped(&value).2, r#"attributes["k"]"#);
}

#[test]
fn offsets_count_from_the_first_byte_of_the_value() {
    let mut value = complaint();
    value[15] = 0xFF;
    let stop = read(&value).stop.expect("it is no good");
    assert_eq!(stop.error.to_string(), "the text at byte 14 is not UTF-8");
}

#[test]
fn an_unknown_schema_is_guessed_from_the_topic() {
    let good = complaint();
    let unknown = [&[0, 0, 0, 0, 7], &good[10..]].concat();
    let read = as_far_as_it_goes(&unknown, &REGISTRY, Some("Complaint"));
    let guessed = |whole| {
        Some(Schema::Guessed {
            record: "Complaint",
            whole,
        })
    };
    assert_eq!(read.schema, guessed(true));
    let cut = as_far_as_it_goes(&unknown[..20], &REGISTRY, Some("Complaint"));
    assert_eq!(cut.schema, guessed(false));
    assert_eq!(read.value, to_json(&good, &REGISTRY).ok());
    assert_eq!(read.stop.map(|stop| stop.error.code()), Some("unknown_schema_id"));
    for (value, expected) in [
        (&unknown[..], None),
        (b"{}", Some("Complaint")),
        (b"", Some("Complaint")),
    ] {
        let read = as_far_as_it_goes(value, &REGISTRY, expected);
        assert_eq!((read.schema, read.value), (None, None));
        assert!(read.stop.is_some());
    }
}

/// An array of things that take no bytes is the one way for few bytes to become many parts.
#[test]
fn few_bytes_do_not_become_many_parts() {
    let schema = r#"{"type": "array", "items": "null"}"#;
    let registry = Registry::with_ids([(1, schema)]).expect("a schema");
    let of = |count: &[u8]| as_far_as_it_goes(&[&[0, 0, 0, 0, 1], count, &[0]].concat(), &registry, None);
    assert_eq!(of(&[6]).value, Some(json!([null, null, null])));
    let hostile = of(&[0xFE, 0xFF, 0xFF, 0xFF, 0x0F]);
    assert_eq!(hostile.stop.map(|stop| stop.error.code()), Some("too_large"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// It says "good" of exactly the values that are read, and the same of them; of the others the same
    /// reason.
    #[test]
    fn it_agrees_with_the_way_that_builds_nothing_of_what_is_wrong(
        spoil in prop::collection::vec((any::<usize>(), 0..6_u8, any::<u8>()), 0..4),
    ) {
        let mut value = complaint();
        for (at, how, byte) in spoil {
            let at = at % (value.len() + 1);
            match how {
                0 => value.insert(at, byte),
                1 => value.truncate(at),
                _ => value.iter_mut().skip(at).take(1).for_each(|old| *old = byte),
            }
        }
        let read = read(&value);
        match to_json(&value, &REGISTRY) {
            Ok(whole) => prop_assert_eq!((read.value, read.stop), (Some(whole), None)),
            Err(error) => {
                let code = read.stop.map(|stop| stop.error.code());
                prop_assert_eq!(code, Some(error.code()));
            }
        }
    }

    #[test]
    fn any_bytes_end_in_a_value_or_a_reason(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for header in [&[][..], &complaint()[..10], &[0, 0, 0, 0, 9]] {
            let value = [header, &bytes].concat();
            let read = read(&value);
            prop_assert_eq!(read.stop.is_none(), to_json(&value, &REGISTRY).is_ok());
            if let Some(stop) = read.stop {
                prop_assert!(stop.at <= value.len());
            }
        }
    }
}
