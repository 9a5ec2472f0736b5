//! `heard dlq`: dead letters on a real broker, listed, looked at and sent again.

use std::process::{Child, Stdio};

use heard::log::batch::Place;
use heard::log::kafka::{KafkaLog, KafkaSettings};
use heard::log::{Batch, Header, Log, Producer, Topic, TopicPartition};
use heard::model::{Complaint, Customer, Identifier, Millis, Person};
use heard::wire::{DeadLetter, Format, LetterId, Replayed};
use serde_json::{Value, json};

use crate::broker::Broker;
use crate::dsl::{Heard, repository};
use crate::golden::same;
use crate::writer::{WAIT, Writer, encoded};

const ONE: &str = "[topics]\npartitions = 1\n";
const KNOWN: &str = "[topics]\npartitions = 1\n[wire.ids]\n7 = \"Complaint\"\n";

/// A complaint whose writer's schema has the id 7.
fn complaint(id: &str) -> Vec<u8> {
    let ada = Identifier {
        kind: "email".into(),
        value: "ada@mail.example".into(),
        realm: None,
    };
    let complaint = Complaint {
        id: id.into(),
        source: "shop".into(),
        channel: "email".into(),
        author: Person {
            identifiers: vec![ada],
            ..Person::default()
        },
        text: Some("Wo ist mein Päckchen?".into()),
        occurred_at: Millis(1_772_582_400_000),
        ..Complaint::default()
    };
    encoded(&complaint, Format::Confluent { id: 7 })
}

/// Sends complaints that cannot be read yet, and has them become dead letters.
fn buried(heard: &Heard, name: &'static str, ids: &[&str]) {
    let trace = Header {
        name: "trace",
        value: Some(b"abc"),
    };
    let mut writer = Writer::new(name);
    for id in ids {
        let value = complaint(id);
        writer.send("complaints.email", Some(b"conversation"), Some(&value), &[trace]);
    }
    writer.commit();
    heard.drain(&[]);
}

/// Without what differs from run to run: times, and how wide columns of them are.
fn timeless(text: &str) -> String {
    let is_time = |word: &str| word.parse::<jiff::Timestamp>().is_ok();
    let line = |line: &str| {
        let words = line
            .split(' ')
            .map(|word| if is_time(word) { "TIME" } else { word });
        let line: Vec<_> = words.collect();
        if !line.contains(&"TIME") && !line.contains(&"first") && !line.contains(&"given") {
            return line.join(" ");
        }
        line.into_iter()
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Fails the test unless this is the text kept under this name; how to write it anew is in golden.rs.
fn golden(name: &str, text: &str) {
    let path = repository()
        .join("tests/e2e/dlq")
        .join(name)
        .with_extension("txt");
    same(&path, &format!("{}\n", timeless(text)));
}

fn letters(heard: &Heard) -> Vec<Value> {
    heard
        .run(&["dlq", "ls", "--each", "--json"])
        .succeeds()
        .json_lines()
}

#[test]
fn a_letter_is_listed_shown_and_once_it_can_be_read_sent_again_once() {
    let heard = Heard::new("dlq-story").application(ONE).topics();
    assert_eq!(heard.run(&["dlq", "ls"]).succeeds().out(), "no dead letters\n");
    buried(&heard, "dlq-story", &["m1"]);

    golden("counts", &heard.run(&["dlq", "ls"]).succeeds().out());
    golden("each", &heard.run(&["dlq", "ls", "--each"]).succeeds().out());
    golden("show", &heard.run(&["dlq", "show", "0:0"]).succeeds().out());
    for nothing in [
        &["--reason", "truncated"][..],
        &["--topic", "updates"],
        &["--until", "1h"],
    ] {
        let ls = [&["dlq", "ls"][..], nothing].concat();
        assert_eq!(
            heard.run(&ls).succeeds().out(),
            "no dead letters\n",
            "{nothing:?}"
        );
    }

    let heard = heard.application(KNOWN);
    let shown = heard.run(&["dlq", "show", "0:0", "--json"]).succeeds().json();
    assert_eq!(
        (&shown["wrong"], &shown["guessed"]),
        (&Value::Null, &json!(false))
    );
    assert_eq!(shown["decoded"]["text"], "Wo ist mein Päckchen?");
    let value: String = complaint("m1").iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        (&shown["value_hex"], &shown["key"]),
        (&json!(value), &json!("conversation"))
    );
    assert_eq!(shown["headers"], json!({ "trace": "abc" }));

    let dry = heard.run(&["dlq", "replay", "--dry-run"]).succeeds().out();
    golden("dry-run", &dry);
    assert_eq!(heard.tail(&["complaints.email"]).len(), 1);

    let replayed = heard.run(&["dlq", "replay"]).succeeds().out();
    golden("replay", &replayed);
    let sent = heard.tail(&["complaints.email"]);
    let [first, second] = &sent[..] else {
        panic!("{sent:?}");
    };
    assert_eq!(
        (&first["key"], &first["value"]),
        (&second["key"], &second["value"])
    );
    assert_eq!(
        second["headers"],
        json!({ "trace": "abc", "heard.dlq.attempts": "1" })
    );

    heard.drain(&["--as-of", "2026-03-04T00:00:00Z"]);
    let again = heard.run(&["dlq", "replay"]).succeeds().out();
    assert_eq!(again, "0 sent, 1 kept\n");
    let again = heard.run(&["dlq", "replay", "0:0"]).succeeds().out();
    assert!(again.contains("was sent again already, at 20"), "{again}");
    assert_eq!(heard.tail(&["complaints.email"]).len(), 2);
    heard.drain(&["--as-of", "2026-03-04T00:00:00Z"]);
    let cases = heard.tail(&["cases"]);
    let ids: std::collections::BTreeSet<_> = cases.iter().map(|case| case["key"].to_string()).collect();
    assert_eq!(ids.len(), 1, "{cases:?}");
    let messages = cases
        .last()
        .map(|case| case["value"]["customer_messages"].clone());
    assert_eq!(messages, Some(json!(1)));
    let letters = letters(&heard);
    assert_eq!((letters.len(), &letters[0]["state"]), (1, &json!("replayed")));
    assert_eq!(
        heard.run(&["dlq", "ls", "--waiting"]).succeeds().out(),
        "no dead letters\n"
    );
}

#[test]
fn a_letter_that_fails_again_comes_back_and_counts_its_attempts() {
    let heard = Heard::new("dlq-again").application(ONE).topics();
    buried(&heard, "dlq-again", &["m1"]);
    for attempts in 2..4 {
        let replayed = heard.run(&["dlq", "replay", "--yes"]).succeeds().out();
        assert!(replayed.contains("\n1 sent, "), "{replayed}");
        heard.drain(&[]);
        let letters = letters(&heard);
        let told: Vec<_> = letters
            .iter()
            .map(|l| (l["attempts"].clone(), l["state"].clone()))
            .collect();
        let last = (json!(attempts), json!("waiting"));
        assert_eq!((told.len(), told.last()), (attempts, Some(&last)));
        assert!(
            told.iter().rev().skip(1).all(|(_, state)| state == "replayed"),
            "{told:?}"
        );
    }
}

/// Letters for three transactions.
const MANY: usize = 1_500;

fn many_buried(name: &'static str) -> Heard {
    let heard = Heard::new(name).application(ONE).topics();
    let ids: Vec<_> = (0..MANY).map(|n| format!("m{n}")).collect();
    buried(&heard, name, &ids.iter().map(String::as_str).collect::<Vec<_>>());
    heard
}

fn replay(heard: &Heard) -> Child {
    let mut command = heard.command(&["dlq", "replay"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().expect("the binary was built for this test")
}

/// Fails the test unless each of [`MANY`] letters was sent once.
fn all_were_sent_once(heard: &Heard) {
    let sent = heard.tail(&["complaints.email"]);
    let again = sent
        .iter()
        .filter(|record| record["headers"]["heard.dlq.attempts"] == "1");
    let mut again: Vec<_> = again.map(|record| record["value"].to_string()).collect();
    assert_eq!((sent.len(), again.len()), (2 * MANY, MANY));
    again.sort_unstable();
    again.dedup();
    assert_eq!(again.len(), MANY);
    assert!(letters(heard).iter().all(|letter| letter["state"] == "replayed"));
}

/// However many replays there are at a time, one alone sends a letter.
#[test]
fn replays_at_the_same_time_send_each_letter_once() {
    let heard = many_buried("dlq-race");
    let all = [(); 4].map(|()| replay(&heard));
    for child in all {
        let ended = child.wait_with_output().expect("it ends");
        // One that another takes over from says so.
        let told = String::from_utf8_lossy(&ended.stderr);
        let stopped = ended.status.code() == Some(1) && !told.is_empty();
        assert!(ended.status.success() || stopped, "{}: {told}", ended.status);
    }
    heard.run(&["dlq", "replay"]).succeeds();
    all_were_sent_once(&heard);
}

#[test]
fn a_replay_that_is_killed_is_gone_on_with() {
    let heard = many_buried("dlq-killed");
    let log = KafkaLog::new(KafkaSettings::new(&Broker::shared().address(), "test")).expect("a client");
    let topic = TopicPartition::new(Topic::new("dlq-killed.complaints.email"), 0);
    let end = || log.ends(std::slice::from_ref(&topic)).expect("it is there")[0].high_watermark;
    let before = end();
    let mut child = replay(&heard);
    // As soon as it has begun, and without a word if it has ended before that is seen.
    while end() == before && child.try_wait().expect("it is a child of ours").is_none() {}
    child.kill().expect("it is a child of ours");
    child.wait().expect("it is a child of ours");
    heard.run(&["dlq", "replay"]).succeeds();
    all_were_sent_once(&heard);
}

/// A mark may stand behind a transaction of others that is still open; a replay waits for it.
#[test]
fn a_mark_behind_an_open_transaction_is_not_missed() {
    let heard = Heard::new("dlq-hanging").application(ONE).topics();
    buried(&heard, "dlq-hanging", &["m1"]);
    // Brokers end it after these three seconds.
    let short = vec![("transaction.timeout.ms".to_owned(), "3000".to_owned())];
    let mut hanging = Writer::with("dlq-hanging", "dlq-hanging-other", short);
    hanging.send("dead-letters", None, Some(b"pending"), &[]);
    hanging.producer.flush(WAIT).expect("flush");
    let letter: LetterId = "0:0".parse().expect("an id");
    let mark = Replayed {
        letter,
        at: Millis(5),
    };
    let mut earlier = Writer::new("dlq-hanging");
    earlier.send("dead-letters", None, None, &mark.write().headers());
    earlier.commit();
    let told = heard.run(&["dlq", "replay"]).succeeds().out();
    assert_eq!(told, "0 sent, 1 kept\n");
    assert_eq!(heard.tail(&["complaints.email"]).len(), 1);
}

/// Writes a letter of the first record of a topic.
fn bury(writer: &mut Writer, topic: &str, value: &[u8], cut: bool) {
    let letter = DeadLetter {
        reason: "truncated".into(),
        detail: "the value ends at byte 2, in the middle of a field".into(),
        topic: topic.into(),
        partition: 0,
        offset: 0,
        timestamp: Millis(1),
        attempts: 1,
        at: Millis(2),
    };
    let place = Place {
        topic: 0,
        partition: 0,
        offset: 0,
        timestamp: 0,
    };
    let mut original = Batch::new();
    original.push(place, Some(b"c1"), Some(value), []);
    let original = original.get(0).expect("it was pushed");
    let envelope = letter.write();
    let mut headers = envelope.headers(&original);
    headers.extend(cut.then(|| DeadLetter::cut_header("5000")));
    writer.send("dead-letters", original.key, original.value, &headers);
}

#[test]
fn what_cannot_be_sent_again_is_told_and_kept() {
    let heard = Heard::new("dlq-kept").application(ONE).topics();
    let kiosk = format!("{ONE}[channels.kiosk]\nstage = \"onstage\"\n");
    let heard = heard.application(&kiosk);
    let customer = |n: i64| {
        let customer = Customer {
            customer_id: "c1".into(),
            updated_at: Millis(n),
            ..Customer::default()
        };
        encoded(&customer, Format::SingleObject)
    };
    let mut writer = Writer::new("dlq-kept");
    for n in 0..2 {
        writer.send("customers", Some(b"c1"), Some(&customer(n)), &[]);
    }
    let value = customer(0);
    for (topic, cut) in [
        ("dlq-kept.updates", true),
        ("dlq-kept.cases", false),
        ("dlq-kept.complaints.kiosk", false),
        ("dlq-kept.customers", false),
        ("dlq-kept.interactions", false),
    ] {
        bury(&mut writer, topic, &value[..12], cut);
    }
    writer.send("dead-letters", None, Some(b"of somebody else"), &[]);
    writer.commit();
    golden(
        "kept-each",
        &heard.run(&["dlq", "ls", "--each", "--quiet"]).succeeds().out(),
    );
    golden("kept-replay", &heard.run(&["dlq", "replay"]).exits(3).out());
    golden(
        "kept-named",
        &heard.run(&["dlq", "replay", "0:0", "0:3"]).exits(3).out(),
    );
    assert_eq!(heard.tail(&["customers"]).len(), 3);
    assert_eq!(heard.tail(&["interactions"]).len(), 1);
    golden("kept-show", &heard.run(&["dlq", "show", "0:0"]).succeeds().out());
    let message = heard.run(&["dlq", "show", "0:4"]).succeeds().out();
    assert!(
        message.contains("not decoded: a message between actors"),
        "{message}"
    );
    let missing = heard.run(&["dlq", "replay", "0:3", "0:99", "5:0"]).exits(1).err();
    assert!(
        missing.contains("no dead letter has the id 0:99, 5:0: "),
        "{missing}"
    );
    // A stranger, a mark, and what is not there.
    for id in ["0:5", "0:7", "0:99", "5:0"] {
        heard.run(&["dlq", "show", id]).exits(1);
    }
    heard.run(&["dlq", "show", "17"]).exits(64);
    heard
        .run(&["dlq", "replay", "0:0", "--topic", "updates"])
        .exits(64);
    heard.run(&["dlq", "ls", "--since", "yesterday"]).exits(64);
}
