//! A customer is erased however the CRM, or what copies it, spells its keys (DESIGN.md 2, *Customers' keys*; CASES 1, 2).

use heard::config::rules::RuleSettings;
use heard::intake::InputKind;
use heard::model::{Complaint, Customer, Sensitive, WorkState};
use heard::wire::Registry;

use crate::fed::bytes;
use crate::story::{Story, at, customer, says};

/// Whatever names Cora.
const CORA: [&str; 6] = ["C-3", "cora@", "Cora C", "7700", "words of hers", "coramail"];

/// Her id as a key, as CRMs and CDC tools write it.
const KEYS: [&str; 11] = [
    "C-3",
    " C-3 ",
    "C-3\n",
    "\u{FEFF}C-3",
    "\"C-3\"",
    "{\"customer_id\":\"C-3\"}",
    "{\"id\": \"C-3\"}",
    " { \"id\" : \" C-3 \" } ",
    "{\"schema\":{\"type\":\"string\",\"optional\":false},\"payload\":\"C-3\"}",
    "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"string\",\"field\":\"id\"}]},\"payload\":{\"id\":\"C-3\"}}",
    "{\"tenant\":\"t\",\"customer_id\":\"C-3\"}",
];

/// A key of one field, as Avro writes it.
const STRUCT: &str =
    r#"{"type": "record", "name": "Key", "fields": [{"name": "customer_id", "type": "string"}]}"#;

fn registry() -> Registry {
    Registry::with_ids([(7, STRUCT), (8, r#""string""#)]).expect("schemas")
}

/// Her id in all these spellings: as texts; as Avro under an id of a schema registry, and by its fingerprint.
fn keys() -> Vec<Vec<u8>> {
    let fingerprint = registry().add(STRUCT).expect("a schema");
    let written = [6, b'C', b'-', b'3'];
    let avro = [
        [&[0, 0, 0, 0, 7][..], &written].concat(),
        [&[0, 0, 0, 0, 8][..], &written].concat(),
        [&[0xC3, 0x01][..], &fingerprint.to_le_bytes(), &written].concat(),
    ];
    KEYS.iter()
        .map(|key| key.as_bytes().to_vec())
        .chain(avro)
        .collect()
}

fn record() -> Customer {
    Customer {
        display_name: Some(Sensitive("Cora C".into())),
        ..customer(0, "C-3", &["email:Cora@Example.org", "phone:+44 7700 900123"])
    }
}

fn mail() -> Complaint {
    Complaint {
        conversation_id: Some("coramail".into()),
        text: Some(Sensitive("words of hers".into())),
        ..says(5, "coramail-1", "email", &["email:cora@EXAMPLE.org"])
    }
}

fn told(key: &[u8]) -> Story {
    let mut story = Story::with(RuleSettings::default(), registry());
    let refused = story.read(InputKind::Customers, Some(key), Some(&bytes(&record())), at(0));
    assert_eq!(refused, None, "{}", key.escape_ascii());
    story.feed(mail());
    story
}

/// CASES 1.
#[test]
fn a_tombstone_under_any_spelling_of_the_key_erases() {
    for key in keys() {
        for again in [&key[..], b"C-3"] {
            let mut story = told(&key);
            let kept = story.all_that_is_kept();
            let there = { CORA.iter() }.filter(|name| **name != "7700");
            assert!(
                { there }.all(|name| kept.contains(name)),
                "{}",
                key.escape_ascii()
            );
            // Twice, and over a restart.
            for _ in 0..2 {
                let refused = story.read(InputKind::Customers, Some(again), None, at(10));
                assert_eq!(refused, None, "{}", again.escape_ascii());
                story.restart();
            }
            let (key, again) = (key.escape_ascii(), again.escape_ascii());
            let story = story.until(10);
            let kept = story.all_that_is_kept();
            for name in CORA {
                assert!(!kept.contains(name), "{key}, then {again}: {name}");
            }
            assert_eq!(story.times("FORGOTTEN"), 1, "{key}, then {again}");
            assert!(story.case().forgotten_at.is_some());
            assert_eq!(story.count(WorkState::Open), 0);
            let last = story.work().into_values().next().expect("an item");
            let shown = serde_json::to_string(&last).expect("JSON");
            assert!(!CORA.iter().any(|name| shown.contains(name)), "{key}: {shown}");
        }
    }
}

/// CASES 1: an erasure is never lost in silence, and nobody is erased for another.
#[test]
fn a_key_that_names_nobody_or_another_is_refused_and_told() {
    //   given a record of C-3, then the key   with a record   then it is refused as
    for (key, with_record, reason) in [
        (Some("C-4"), true, Some("key_names_another")),
        (Some("{\"id\":\"C-4\"}"), true, Some("key_names_another")),
        (Some("{\"a\":1,\"b\":2}"), true, Some("key_names_nobody")),
        (Some("{\"a\":1,\"b\":2}"), false, Some("key_names_nobody")),
        (Some("{}"), false, Some("key_names_nobody")),
        (Some("null"), false, None), // a customer who is called so
        (Some("  "), false, Some("key_names_nobody")),
        (Some(""), false, Some("key_names_nobody")),
        (None, false, Some("key_names_nobody")),
        (None, true, None),
        (Some("C-4"), false, None), // whom nobody knows
    ] {
        let mut story = told(b"C-3");
        let value = bytes(&record());
        let value = with_record.then_some(&value[..]);
        let refused = story.read(InputKind::Customers, key.map(str::as_bytes), value, at(10));
        assert_eq!(refused, reason, "{key:?}");
        let case = story.until(20).case();
        assert_eq!(
            (case.customer_id.as_deref(), case.forgotten_at),
            (Some("C-3"), None),
            "{key:?}"
        );
    }
}

#[test]
fn the_field_of_the_key_may_be_named() {
    let mut settings = RuleSettings::default();
    settings.identity.customer_key_field = Some("pk".into());
    let mut story = Story::new(settings);
    let key = br#"{"customer_id":"another system's","pk":"C-3"}"#;
    let refused = story.read(InputKind::Customers, Some(key), Some(&bytes(&record())), at(0));
    assert_eq!(refused, None);
    story.feed(mail());
    assert_eq!(story.read(InputKind::Customers, Some(key), None, at(10)), None);
    assert!(story.until(10).case().forgotten_at.is_some());
}
