//! CASES 2 and 40 by the program itself: the receipt says under which keys a customer was found; who was never seen is
//! said to be unknown. (That nothing is left of whoever is forgotten: erasure.rs.)

use std::io::{Read as _, Write as _};
use std::process::Stdio;

use heard::model::{Complaint, Customer, Identifier, Millis, Person, Sensitive};
use heard::wire::Format;
use nix::pty::openpty;
use serde_json::{Value, json};

use crate::dsl::Heard;
use crate::forgetting::{latest, now};
use crate::writer::{Writer, encoded};

/// A key of one field, as Avro writes it.
const KEY: &str = r#"{"type": "record", "name": "Key", "fields": [{"name": "id", "type": "string"}]}"#;

/// The keys of customers, as CRMs and CDC tools write them, and how a receipt says that.
const KEYS: [(&str, &str); 8] = [
    ("ID", "text"),
    ("  ID ", "text"),
    ("\"ID\"", "JSON \"***\""),
    ("{\"id\":ID}", "JSON {\"id\":\"***\"}"),
    ("{\"customer_id\": \"ID\"}", "JSON {\"customer_id\":\"***\"}"),
    (
        "{\"schema\":{\"type\":\"string\"},\"payload\":\"ID\"}",
        "JSON {\"schema\":\"…\",\"payload\":\"***\"}",
    ),
    (
        "{\"schema\":{\"type\":\"struct\"},\"payload\":{\"id\":ID}}",
        "JSON {\"schema\":\"…\",\"payload\":{\"id\":\"***\"}}",
    ),
    ("Avro", "Avro {\"id\":\"***\"}"),
];

fn id(n: usize) -> String {
    (881_234_000 + n).to_string()
}

fn key(spelling: &str, id: &str) -> Vec<u8> {
    match spelling {
        "Avro" => [&[0, 0, 0, 0, 7, 18][..], id.as_bytes()].concat(),
        spelling => spelling.replace("ID", id).into_bytes(),
    }
}

fn handle(n: usize) -> Identifier {
    Identifier {
        kind: "handle".into(),
        value: Sensitive(format!("handle-{n}").into()),
        realm: None,
    }
}

fn record(n: usize, at: Millis) -> Vec<u8> {
    let customer = Customer {
        customer_id: id(n).into(),
        identifiers: vec![handle(n)],
        updated_at: at,
        ..Customer::default()
    };
    encoded(&customer, Format::SingleObject)
}

fn post(n: usize, at: Millis) -> Vec<u8> {
    let complaint = Complaint {
        id: format!("post-{n}").into(),
        source: "shop".into(),
        channel: "social".into(),
        author: Person {
            display_name: None,
            identifiers: vec![handle(n)],
        },
        occurred_at: at,
        ..Complaint::default()
    };
    encoded(&complaint, Format::SingleObject)
}

fn installed(name: &str) -> Heard {
    let heard = Heard::new(name);
    heard.file("key.avsc", KEY);
    heard
        .application("[topics]\npartitions = 2\n[wire.ids]\n7 = \"key.avsc\"\n")
        .topics()
}

/// CASES 2: found by what it says, a tombstone under the key that it has; and the receipt says which.
#[test]
fn a_receipt_says_under_which_keys_a_customer_was() {
    let name = "receipt-a";
    let heard = installed(name);
    let at = now().plus(-3_600_000);
    let mut writer = Writer::new(name);
    for (n, (spelling, _)) in KEYS.iter().enumerate() {
        writer.send(
            "customers",
            Some(&key(spelling, &id(n))),
            Some(&record(n, at)),
            &[],
        );
        writer.send("complaints.social", None, Some(&post(n, at)), &[]);
    }
    // One whose record stands under the key of another, which is a dead letter.
    let misplaced = KEYS.len();
    writer.send(
        "customers",
        Some(b"somebody else"),
        Some(&record(misplaced, at)),
        &[],
    );
    writer.commit();
    heard.drain(&[]);
    let forget = |n: usize| {
        let args = [
            "forget",
            "--customer",
            &id(n),
            "--yes",
            "--quiet",
            "--wait",
            "0s",
            "--json",
        ];
        heard.run(&args).succeeds().json()
    };
    for (n, (_, written_as)) in KEYS.iter().enumerate() {
        let receipt = forget(n);
        let keys = receipt["keys"].as_array().expect("a list");
        assert_eq!(keys.len(), 1, "{written_as}");
        assert_eq!(
            (&keys[0]["written_as"], &keys[0]["names_them"]),
            (&json!(written_as), &json!(true))
        );
        assert_eq!(
            receipt["seen"],
            json!({ "records": 1, "cases": 1, "work": 1 }),
            "{written_as}"
        );
        assert!(!receipt.to_string().contains(&id(n)), "a receipt names nobody");
    }
    let keys = &forget(misplaced)["keys"];
    assert_eq!(
        (&keys[0]["written_as"], &keys[0]["names_them"]),
        (&json!("text"), &json!(false))
    );
    heard.drain(&[]);
    assert!(latest(name, "customers").is_empty(), "under whatever key");
    let letters = heard.tail(&["dead-letters"]);
    let reasons: Vec<&Value> = { letters.iter() }
        .map(|letter| &letter["headers"]["heard.dlq.reason"])
        .collect();
    assert_eq!(reasons, ["key_names_another"]);
}

/// CASES 40.
#[test]
fn who_was_never_seen_is_said_to_be_unknown() {
    let name = "receipt-b";
    let heard = installed(name);
    let mut writer = Writer::new(name);
    let at = now().plus(-60_000);
    writer.send("customers", Some(id(0).as_bytes()), Some(&record(0, at)), &[]);
    writer.send("complaints.social", None, Some(&post(0, at)), &[]);
    writer.commit();
    heard.drain(&[]);

    let unknown = "No such customer was ever seen";
    let dry = heard
        .run(&["forget", "--customer", "NOBODY", "--dry-run"])
        .succeeds();
    assert!(dry.err().contains(unknown), "{}", dry.err());
    assert!(
        dry.out()
            .contains("seen: no record, no case and no work item names them"),
        "{}",
        dry.out()
    );
    let told = heard
        .run(&["forget", "--customer", "NOBODY", "--wait", "0s"])
        .exits(3);
    assert!(
        told.err().contains(unknown) && told.out().contains(unknown),
        "{}",
        told.out()
    );
    let json = heard
        .run(&["forget", "--customer", "NOBODY-2", "--wait", "0s", "--json"])
        .exits(3)
        .json();
    assert_eq!((&json["known"], &json["sent"]), (&json!(false), &json!(true)));

    // Of one who was seen it counts what names them, and does nothing.
    let dry = heard
        .run(&["forget", "--customer", &id(0), "--dry-run"])
        .succeeds();
    let counted = "seen: records of the CRM: 1, cases: 1, cases whose last work item names them: 1";
    assert!(
        dry.out().contains(counted) && !dry.err().contains(unknown),
        "{}{}",
        dry.out(),
        dry.err()
    );
    assert!(
        dry.out().contains("nothing was done (--dry-run)"),
        "{}",
        dry.out()
    );

    // On a terminal it asks; whoever does not say yes has said no.
    for answer in ["n\n", "\n"] {
        let terminal = openpty(None, None).expect("this machine has pseudo-terminals");
        let (mut ours, theirs) = (std::fs::File::from(terminal.master), terminal.slave);
        let mut command = heard.command(&["forget", "--customer", &id(0)]);
        command.stdin(theirs.try_clone().expect("a terminal"));
        command.stderr(theirs).stdout(Stdio::null());
        ours.write_all(answer.as_bytes())
            .expect("it is read when it asks");
        let ended = command.status().expect("the binary was built for this test");
        drop(command);
        let mut said = Vec::new();
        // With nobody at its other end a terminal has no end of file, but an error.
        let _ = ours.read_to_end(&mut said);
        let said = String::from_utf8_lossy(&said);
        assert_eq!(ended.code(), Some(64), "{said}");
        assert!(
            said.contains("This cannot be undone. Forget them? [y/N]"),
            "{said}"
        );
        assert!(said.contains("nothing was done"), "{said}");
        assert_eq!(latest(name, "customers").len(), 1, "the record stands");
    }
}
