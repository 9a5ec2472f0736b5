//! `heard forget` on a real broker: what is left of a person in every compacted topic, in the state and in the
//! report.
//!
//! Of a compacted topic the latest record of each key counts: what compaction leaves. The state's changelog is
//! searched as the bytes that it is.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use heard::log::kafka::{KafkaLog, KafkaSettings};
use heard::log::{Batch, Isolation, Log, Outgoing, Producer, Reader, Topic, TopicPartition};
use heard::model::{
    Complaint, Customer, Identifier, Millis, Person, Response, ResponseKind, Sensitive, Survey, SurveyScale,
    Update,
};
use heard::wire::{Encoder, Format, WireRecord};
use serde_json::{Value, json};

use crate::background::Background;
use crate::broker::Broker;
use crate::dsl::Heard;

const WITHIN: Duration = Duration::from_secs(60);

/// Whatever names Ann.
const ANN: [&str; 11] = [
    "ann@example",
    "4415550",
    "annie_h",
    "C-ANN",
    "Ann Example",
    "my own words",
    "Ann Street",
    "TICKET-ANN",
    "voucher for Ann",
    "annmail",
    "annsurvey",
];

pub fn log() -> KafkaLog {
    let settings = KafkaSettings {
        brokers: Broker::shared().address(),
        client_id: "test".into(),
        extra: Vec::new(),
    };
    KafkaLog::new(settings).expect("a client")
}

pub fn now() -> Millis {
    Millis(jiff::Timestamp::now().as_millisecond())
}

/// Writes records to topics of an installation, as integrations do.
pub struct Writer {
    name: &'static str,
    producer: <KafkaLog as Log>::Producer,
}

impl Writer {
    pub fn new(name: &'static str) -> Self {
        let mut producer = log().producer(&format!("{name}-test")).expect("a producer");
        producer.init().expect("init");
        producer.begin().expect("begin");
        Self { name, producer }
    }

    pub fn send<T: WireRecord>(&mut self, topic: &str, key: &str, record: &T) {
        self.send_raw(topic, key.as_bytes(), Some(record));
    }

    /// Under any key; without a record, a tombstone.
    pub fn send_raw<T: WireRecord>(&mut self, topic: &str, key: &[u8], record: Option<&T>) {
        let value = record.map(|record| {
            let mut value = Vec::new();
            let mut encoder = Encoder::new(Format::SingleObject);
            encoder.encode(record, &mut value).expect("it encodes");
            value
        });
        let topic = Topic::new(&format!("{}.{topic}", self.name));
        let record = Outgoing {
            topic: &topic,
            partition: None,
            key: Some(key),
            value: value.as_deref(),
            headers: &[],
        };
        self.producer.send(&record).expect("send");
    }

    pub fn commit(mut self) {
        self.producer.flush(WITHIN).expect("flush");
        self.producer.commit().expect("commit");
    }
}

pub fn identifier(kind: &str, value: &str) -> Identifier {
    Identifier {
        kind: kind.into(),
        value: Sensitive(value.into()),
        realm: None,
    }
}

fn email() -> Identifier {
    identifier("email", "Ann@example.org")
}

fn ann(identifiers: &[Identifier]) -> Person {
    Person {
        display_name: Some(Sensitive("Ann Example".into())),
        identifiers: identifiers.to_vec(),
    }
}

pub fn says(id: &str, channel: &str, conversation: &str, author: Person, at: Millis) -> Complaint {
    Complaint {
        id: id.into(),
        source: "shop".into(),
        channel: channel.into(),
        conversation_id: Some(conversation.into()),
        author,
        text: Some(Sensitive("my own words, of some length".into())),
        occurred_at: at,
        ..Complaint::default()
    }
}

/// Ann in two channels and in the CRM, answered and asked how it was; Bob in her public conversation.
fn everything(name: &'static str, start: Millis) {
    let at = |minute: i64| start.plus(minute * 60_000);
    let handle = || identifier("handle", "@Annie_H");
    let mut writer = Writer::new(name);
    let record = Customer {
        customer_id: "C-ANN".into(),
        identifiers: vec![email(), identifier("phone", "+44 155 50 1"), handle()],
        display_name: Some(Sensitive("Ann Example".into())),
        tier: Some("gold".into()),
        updated_at: at(0),
        ..Customer::default()
    };
    writer.send("customers", "C-ANN", &record);
    let mail = Complaint {
        location: Some(Sensitive("Ann Street 1".into())),
        ..says("annmail-1", "email", "annmail", ann(&[email()]), at(1))
    };
    writer.send("complaints.email", "1", &mail);
    let reply = Response {
        id: "r1".into(),
        source: "shop".into(),
        channel: "email".into(),
        conversation_id: "annmail".into(),
        in_reply_to: Some("annmail-1".into()),
        kind: ResponseKind::Human,
        occurred_at: at(5),
        ..Response::default()
    };
    writer.send("responses.email", "1", &reply);
    let ticket = Update {
        id: "u1".into(),
        source: "shop".into(),
        channel: "email".into(),
        conversation_id: "annmail".into(),
        external_case_id: Some("TICKET-ANN-7".into()),
        remedy_granted: Some(Sensitive("a voucher for Ann".into())),
        occurred_at: at(6),
        ..Update::default()
    };
    writer.send("updates", "1", &ticket);
    writer.send(
        "complaints.social",
        "1",
        &says("post-1", "social", "thread", ann(&[handle()]), at(7)),
    );
    let bob = Person {
        display_name: None,
        identifiers: vec![identifier("handle", "bob")],
    };
    let bob = Complaint {
        text: Some(Sensitive("what Bob says".into())),
        ..says("post-2", "social", "thread", bob, at(8))
    };
    writer.send("complaints.social", "1", &bob);
    let survey = Survey {
        id: "annsurvey".into(),
        source: "shop".into(),
        customer: Some(ann(&[email()])),
        score: 3.0,
        scale: SurveyScale::Nps0To10,
        occurred_at: at(9),
        ..Survey::default()
    };
    writer.send("surveys", "1", &survey);
    writer.commit();
}

/// Of a compacted topic, the latest record of each key, as compaction leaves it.
pub fn latest(name: &str, topic: &str) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let log = log();
    let topic = Topic::new(&format!("{name}.{topic}"));
    let count = log.partitions(std::slice::from_ref(&topic)).expect("partitions")[0].1;
    let partitions: Vec<_> = (0..count)
        .map(|n| TopicPartition::new(topic.clone(), n))
        .collect();
    let ends = log.ends(&partitions).expect("ends");
    let from: Vec<_> = partitions
        .iter()
        .cloned()
        .zip(ends.iter().map(|ends| ends.start))
        .collect();
    let mut reader = log.reader(&from, Isolation::Committed).expect("a reader");
    let mut batch = Batch::new();
    let mut records = BTreeMap::new();
    let deadline = Instant::now() + WITHIN;
    let behind = |reader: &<KafkaLog as Log>::Reader| {
        let mut ends = partitions.iter().zip(&ends);
        ends.any(|(partition, ends)| reader.position(partition).expect("a position") < ends.last_stable)
    };
    while behind(&reader) {
        assert!(Instant::now() < deadline, "{topic} cannot be read to its end");
        reader.poll(Duration::from_millis(100), &mut batch).expect("poll");
        for record in batch.iter() {
            let key = record.key.unwrap_or_default().to_vec();
            match record.value {
                Some(value) => drop(records.insert(key, value.to_vec())),
                None => drop(records.remove(&key)),
            }
        }
    }
    records
}

/// Everything that stays: of compacted topics what compaction leaves, and the report.
fn all_that_stays(heard: &Heard, name: &str) -> String {
    let mut all = heard.run(&["report", "--json"]).succeeds().out();
    for topic in ["cases", "interactions-changelog", "customers"] {
        for (key, value) in latest(name, topic) {
            all += &String::from_utf8_lossy(&key);
            all += &String::from_utf8_lossy(&value);
        }
    }
    all
}

fn nothing_names_ann(heard: &Heard, name: &str, what: &str) {
    let stays = all_that_stays(heard, name);
    for marker in ANN {
        assert!(!stays.contains(marker), "{what}: {marker} is still there");
    }
    assert!(stays.contains("what Bob says"), "{what}: Bob's words stay");
}

/// The latest state of each case, by its id, without its version.
fn cases(heard: &Heard) -> BTreeMap<String, Value> {
    let mut cases = BTreeMap::new();
    for mut record in heard.tail(&["cases"]) {
        let key = record["key"].as_str().expect("a key").to_owned();
        let mut value = record["value"].take();
        if value.is_null() {
            cases.remove(&key);
        } else {
            value["version"].take();
            cases.insert(key, value);
        }
    }
    cases
}

fn of_channel(cases: &BTreeMap<String, Value>, channel: &str, bystander: bool) -> Value {
    let mut found = cases.values();
    let is_it = |case: &&Value| case["channel"] == channel && case["bystander"] == bystander;
    found.find(is_it).expect("there is one").clone()
}

/// What must be the same before and after.
fn counts(case: &Value) -> Value {
    let mut case = case.clone();
    for gone in [
        "party_key",
        "customer_id",
        "conversation_id",
        "external_case_id",
        "location",
        "remedy_granted",
        "excerpt",
        "priority",
        "forgotten_at",
    ] {
        case[gone].take();
    }
    case
}

#[test]
fn a_customer_leaves_no_trace_and_counts_stand() {
    let name = "forget-a";
    let heard = Heard::new(name).application("[topics]\npartitions = 2").topics();
    let start = now().plus(-3_600_000);
    everything(name, start);
    heard.drain(&[]);
    let before = cases(&heard);
    let there = all_that_stays(&heard, name);
    assert!(
        ANN.iter().all(|marker| there.contains(marker)),
        "the test looks for what is there"
    );

    let told = heard
        .run(&["forget", "--customer", "C-ANN", "--dry-run"])
        .succeeds();
    assert!(told.out().contains("nothing was done"), "{}", told.out());
    assert!(
        told.err().contains("record, cases and surveys are forgotten"),
        "{}",
        told.err()
    );
    assert!(
        latest(name, "customers").contains_key(&b"C-ANN"[..]),
        "a dry run does nothing"
    );

    let receipt = heard.run(&["forget", "--customer", "C-ANN", "--wait", "0s", "--json"]);
    let receipt = receipt.succeeds().json();
    assert_eq!(
        (&receipt["sent"], &receipt["customer_record"]),
        (&json!(true), &json!(true))
    );
    assert!(!receipt.to_string().contains("C-ANN"), "a receipt names nobody");
    let topics = receipt["topics"].as_array().expect("a list");
    let kept = |topic: &str| {
        let topic = format!("{name}.{topic}");
        let kept = topics
            .iter()
            .find(|kept| kept["topic"] == *topic)
            .expect("it is told");
        let until = kept["until"]
            .as_i64()
            .map(|until| until - receipt["at"].as_i64().expect("a time"));
        (kept["ends_by"].as_str().expect("a word").to_owned(), until)
    };
    const DAY: i64 = 86_400_000;
    for topic in ["cases", "customers", "interactions-changelog"] {
        assert_eq!(kept(topic), ("compacted".into(), Some(DAY)), "{topic}");
    }
    assert_eq!(kept("interactions"), ("purged".into(), None));
    // A week, and a week until the segment is full: what brokers do unless told otherwise.
    assert_eq!(kept("complaints.email"), ("retention".into(), Some(14 * DAY)));
    heard.drain(&[]);
    nothing_names_ann(&heard, name, "after forgetting");
    let after = cases(&heard);
    assert_eq!(after.len(), before.len());
    for (id, case) in &before {
        assert_eq!(counts(&after[id]), counts(case));
    }
    assert_eq!(
        of_channel(&after, "social", true),
        of_channel(&before, "social", true),
        "Bob"
    );
    assert_eq!(of_channel(&after, "email", false)["party_key"], "forgotten");
    let events = heard.tail(&["case-events"]);
    let told = events
        .iter()
        .filter(|event| event["value"]["type"] == "FORGOTTEN")
        .count();
    assert_eq!(told, 2);

    // What comes late: again what is known, and what is not, in a conversation that is new too.
    everything(name, start);
    let mut writer = Writer::new(name);
    let late = start.plus(20 * 60_000);
    for (id, channel, conversation) in [
        ("annmail-2", "email", "annmail"),
        ("annmail-3", "chat", "annmail-chat"),
    ] {
        let topic = format!("complaints.{channel}");
        writer.send(
            &topic,
            "2",
            &says(id, channel, conversation, ann(&[email()]), late),
        );
    }
    writer.commit();
    let tombstone = heard.run(&["forget", "--customer", "C-ANN", "--wait", "0s"]);
    assert!(
        tombstone
            .succeeds()
            .out()
            .contains("takes effect when `heard run`")
    );
    heard.drain(&[]);
    nothing_names_ann(&heard, name, "after what came late");
    assert_eq!(cases(&heard), after, "what came late changed nothing");
    assert_eq!(heard.tail(&["dead-letters"]), Vec::<Value>::new());

    // Who comes again is somebody new.
    let mut writer = Writer::new(name);
    writer.send(
        "complaints.email",
        "3",
        &says("new-1", "email", "annmail", ann(&[email()]), now()),
    );
    writer.commit();
    heard.drain(&[]);
    let mut new = cases(&heard);
    new.retain(|id, _| !after.contains_key(id));
    let new: Vec<_> = new.into_values().collect();
    assert_eq!(new.len(), 1);
    assert_eq!(
        (&new[0]["party_key"], &new[0]["customer_id"]),
        (&json!("email:ann@example.org"), &Value::Null)
    );
    assert_eq!(new[0]["customer_messages"], 1);
}

/// A run that goes on while people are forgotten.
fn running(heard: &Heard) -> Background {
    let log: PathBuf = heard.file("run.log", "");
    Background::start("heard run", &mut heard.command(&["run"]), log)
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + WITHIN;
    while !holds() {
        assert!(Instant::now() < deadline, "{what} does not come to be");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn an_identifier_is_forgotten_while_all_goes_on() {
    let name = "forget-b";
    let heard = Heard::new(name).application("[topics]\npartitions = 2").topics();
    let mut run = running(&heard);
    let mut writer = Writer::new(name);
    let at = now().plus(-60_000);
    for (id, conversation) in [("annmail-1", "annmail"), ("annmail-2", "annmail-b")] {
        writer.send(
            "complaints.email",
            "1",
            &says(id, "email", conversation, ann(&[email()]), at),
        );
    }
    let bob = Person {
        display_name: None,
        identifiers: vec![identifier("email", "bob@example.org")],
    };
    let bob = Complaint {
        text: Some(Sensitive("what Bob says".into())),
        ..says("bob-1", "email", "bobs", bob, at)
    };
    writer.send("complaints.email", "2", &bob);
    writer.commit();
    let open = || {
        let mut items = BTreeMap::new();
        for record in heard.tail(&["handling.offstage"]) {
            let id = record["value"]["work_id"].to_string();
            items.insert(id, record["value"]["state"].clone());
        }
        items.values().filter(|state| **state == "OPEN").count()
    };
    wait_until("three open work items", || open() == 3);

    let blocked = heard
        .run(&["forget", "--identifier", "email", "noreply@shop.example"])
        .exits(64);
    assert!(blocked.err().contains("names nobody"), "{}", blocked.err());
    let receipt = heard
        .run(&["forget", "--identifier", "email", " ANN@example.org", "--json"])
        .succeeds()
        .json();
    assert_eq!(
        (&receipt["what"], &receipt["taken_in"]),
        (&json!("identifier"), &json!(true))
    );
    assert_eq!(receipt["customer_record"], false);
    assert!(
        !receipt.to_string().to_lowercase().contains("ann@"),
        "a receipt names nobody"
    );
    nothing_names_ann(&heard, name, "after forgetting");
    assert_eq!(open(), 1);
    let cases = cases(&heard);
    assert_eq!(
        cases
            .values()
            .filter(|case| !case["forgotten_at"].is_null())
            .count(),
        2
    );

    // Two customers with one identifier: whom is it about?
    let mut writer = Writer::new(name);
    for id in ["C-1", "C-2"] {
        let customer = Customer {
            customer_id: id.into(),
            identifiers: vec![identifier("phone", "+1555010")],
            updated_at: at,
            ..Customer::default()
        };
        writer.send("customers", id, &customer);
    }
    writer.commit();
    let several = heard
        .run(&["forget", "--identifier", "phone", "+1 555 010"])
        .exits(1);
    assert!(
        several.err().contains("2 customers carry this identifier"),
        "{}",
        several.err()
    );
    run.assert_runs();
    drop(run);

    let unheard = heard
        .run(&["forget", "--customer", "C-1", "--wait", "1s"])
        .exits(3);
    assert!(
        unheard.out().contains("It has not been taken in yet"),
        "{}",
        unheard.out()
    );
}
