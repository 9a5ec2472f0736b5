//! Whatever the spelling of a customer's key and of their identifiers (CASES 1, 2, 19), `heard forget` and the CRM's
//! tombstone erase: a dump of every topic that is not append-only, of the state among them, and of the report names
//! nobody any more.

use std::collections::{BTreeMap, BTreeSet};

use heard::model::{Customer, Identifier, Person, Sensitive, Survey, SurveyScale};

use crate::dsl::Heard;
use crate::forgetting::{Writer, identifier, latest, now, says};

/// The schema of an Avro key, by its id in the registry.
const KEY_SCHEMA: &str = r#"{"type": "record", "name": "Key", "fields": [{"name": "id", "type": "string"}]}"#;

const CONFIG: &str = "
[topics]
partitions = 2
[identity]
region = \"GB\"
[wire.ids]
7 = \"key.avsc\"
";

/// How the customer's record came to be erased.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    /// The CRM writes null under the key that its record has.
    Tombstone,
    /// `heard forget --customer`.
    Customer,
    /// `heard forget --identifier phone`, in this spelling.
    Phone(&'static str),
}

/// One person: their number, the key of the CRM's record, how the CRM and how they themselves write their phone
/// number, and how they are erased. `{id}` is their id; `#` the last digit of the number.
type Row = (&'static str, &'static str, &'static str, By);

const ROWS: [Row; 14] = [
    ("{id}", "+44770090012#", "+44 (0)7700 90012#", By::Tombstone),
    (" {id} ", "+44 7700 90012#", "004477009001 2#", By::Tombstone),
    ("\"{id}\"", "+44770090012#", "07700 90012#", By::Tombstone),
    (
        "{\"customer_id\":\"{id}\"}",
        "07700 90012#",
        "tel:+44770090012#",
        By::Tombstone,
    ),
    (
        "{\"schema\":{\"type\":\"string\",\"optional\":false},\"payload\":\"{id}\"}",
        "+44770090012#",
        "+44\u{2011}7700\u{2011}90012#",
        By::Tombstone,
    ),
    (
        "avro",
        "+44770090012#",
        "+44\u{202F}7700\u{202F}90012#",
        By::Tombstone,
    ),
    (
        "{\"id\":\"{id}\"}",
        "+44770090012#",
        "\u{200E}+44770090012#\u{200F}",
        By::Customer,
    ),
    ("avro", "(07700) 90012#", "+44770090012#", By::Customer),
    (
        "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"string\",\"field\":\"id\"}]},\"payload\":{\"id\":\" {id} \"}}",
        "+44770090012#",
        "+44770090012#",
        By::Customer,
    ),
    (
        "{id}",
        "+44770090012#",
        "07700 90012#",
        By::Phone("+44 (0)7700 90012#"),
    ),
    (
        "\"{id}\"",
        "07700 90012#",
        "+44770090012#",
        By::Phone("004477009001 2#"),
    ),
    (
        "avro",
        "+44770090012#",
        "07700-90012#",
        By::Phone("tel:+44770090012#"),
    ),
    (
        "{\"id\":\"{id}\"}",
        "+44770090012#",
        "+44770090012#",
        By::Phone("\u{0660}\u{0667}\u{0667}\u{0660}\u{0660}90012#"),
    ),
    (
        "{id}",
        "+44770090012#",
        "+44 7700 90012#",
        By::Phone("07700\u{200B}90012#"),
    ),
];

/// A person of the table, with what names them.
struct Somebody {
    id: String,
    key: Vec<u8>,
    phones: [String; 2],
    by: By,
    markers: Vec<String>,
}

fn somebody(n: usize, (key, of_crm, own, by): Row) -> Somebody {
    let id = format!("CRM{n:03}");
    let digits = format!("{n:02}");
    // The number ends with two digits of theirs.
    let numbered = |text: &str| text.replace("2#", &digits);
    let datum = [&[0, 0, 0, 0, 7, 12][..], id.as_bytes()].concat();
    Somebody {
        key: match key {
            "avro" => datum,
            text => text.replace("{id}", &id).into_bytes(),
        },
        phones: [numbered(of_crm), numbered(own)],
        by: match by {
            By::Phone(text) => By::Phone(numbered(text).leak()),
            by => by,
        },
        markers: vec![
            id.clone(),
            format!("77009001{digits}"),
            format!("person{n:03}@example.org"),
            format!("Name{n:03}"),
            format!("words-of-{n:03}"),
            format!("chat-of-{n:03}"),
        ],
        id,
    }
}

fn tell(name: &'static str, all: &[Somebody]) {
    let mut writer = Writer::new(name);
    let at = now().plus(-3_600_000);
    for person in all {
        let [_, _, email, display_name, words, conversation] = &person.markers[..] else {
            unreachable!("there are six");
        };
        let record = Customer {
            customer_id: person.id.as_str().into(),
            identifiers: vec![identifier("phone", &person.phones[0]), identifier("email", email)],
            display_name: Some(Sensitive(display_name.as_str().into())),
            updated_at: at,
            ..Customer::default()
        };
        writer.send_raw("customers", &person.key, Some(&record));
        let of = |identifiers: Vec<Identifier>| Person {
            display_name: Some(Sensitive(display_name.as_str().into())),
            identifiers,
        };
        // By phone, and by the address of their mail.
        let mut said = says(
            &format!("{conversation}-1"),
            "messaging",
            conversation,
            of(vec![identifier("phone", &person.phones[1])]),
            at.plus(60_000),
        );
        said.text = Some(Sensitive(format!("{words}, of some length")));
        writer.send("complaints.messaging", "1", &said);
        let mut mail = said.clone();
        (mail.id, mail.channel) = (format!("{conversation}-2").into(), "email".into());
        mail.author = of(vec![identifier("email", &email.to_uppercase())]);
        writer.send("complaints.email", "1", &mail);
        let survey = Survey {
            id: format!("{conversation}-3").into(),
            source: "shop".into(),
            customer: Some(of(vec![identifier("phone", &person.phones[1])])),
            score: 3.0,
            scale: SurveyScale::Nps0To10,
            occurred_at: at.plus(120_000),
            ..Survey::default()
        };
        writer.send("surveys", "1", &survey);
    }
    writer.commit();
}

/// The report, and every topic that is not append-only, as its latest records are: which those are the receipt tells.
fn dump(heard: &Heard, name: &str, topics: &BTreeSet<String>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::from([(
        "report".to_owned(),
        heard.run(&["report", "--json"]).succeeds().out(),
    )]);
    for topic in topics {
        let own = topic.strip_prefix(name).and_then(|topic| topic.strip_prefix('.'));
        let records = latest(name, own.expect("it is of this installation"));
        let bytes = records.into_iter().flat_map(|(key, value)| [key, value]);
        let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        all.insert(topic.clone(), text.collect());
    }
    all
}

/// Where a marker is found.
fn found<'d>(dump: &'d BTreeMap<String, String>, marker: &str) -> Vec<&'d str> {
    let found = dump.iter().filter(|(_, text)| text.contains(marker));
    found.map(|(topic, _)| &**topic).collect()
}

#[test]
fn whoever_is_forgotten_is_named_nowhere_whatever_the_spelling() {
    let name = "forget-all";
    let heard = Heard::new(name).application(CONFIG);
    heard.file("key.avsc", KEY_SCHEMA);
    let heard = heard.topics();
    let all: Vec<_> = (10..).zip(ROWS).map(|(n, row)| somebody(n, row)).collect();
    tell(name, &all);
    heard.drain(&[]);

    // What is kept until when a receipt tells.
    let told = ["forget", "--customer", "CRM010", "--dry-run", "--json"];
    let receipt = heard.run(&told).succeeds().json();
    let topics = receipt["topics"].as_array().expect("a list");
    let mutable = topics.iter().filter(|topic| topic["ends_by"] != "retention");
    let mutable: BTreeSet<_> = mutable
        .map(|topic| topic["topic"].as_str().expect("a name").to_owned())
        .collect();
    assert!(mutable.len() >= 4, "{mutable:?}");
    let before = dump(&heard, name, &mutable);
    for person in &all {
        for marker in &person.markers {
            assert!(
                !found(&before, marker).is_empty(),
                "the test looks for what is there: {marker}"
            );
        }
    }

    let mut writer = Writer::new(name);
    for person in all.iter().filter(|person| person.by == By::Tombstone) {
        writer.send_raw::<Customer>("customers", &person.key, None);
    }
    writer.commit();
    for person in &all {
        let args = match person.by {
            By::Tombstone => continue,
            By::Customer => vec!["forget", "--customer", &person.id, "--wait", "0s", "--json"],
            By::Phone(text) => vec!["forget", "--identifier", "phone", text, "--wait", "0s", "--json"],
        };
        let receipt = heard.run(&args).succeeds().json();
        assert_eq!(receipt["sent"], true);
        let receipt = receipt.to_string();
        for marker in &person.markers {
            assert!(
                !receipt.contains(marker.as_str()),
                "a receipt names nobody: {marker}"
            );
        }
    }
    heard.drain(&[]);
    let after = dump(&heard, name, &mutable);
    for (row, person) in ROWS.iter().zip(&all) {
        for marker in &person.markers {
            let nowhere: [&str; 0] = [];
            assert_eq!(found(&after, marker), nowhere, "{marker} is still there: {row:?}");
        }
    }
    assert!(heard.tail(&["dead-letters"]).is_empty());
}
