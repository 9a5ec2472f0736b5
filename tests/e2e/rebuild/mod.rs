//! `heard rebuild` on a real broker: what it says, and that cases, versions, revisions and events go on.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use heard::log::kafka::{KafkaLog, KafkaSettings};
use heard::log::{Log as _, Topic, TopicPartition, TopicSpec};
use heard::model::{Complaint, Identifier, Millis, Person, Response};
use heard::wire::Format;
use serde_json::Value;

use crate::background::Background;
use crate::broker::Broker;
use crate::dsl::{Heard, data, repository};
use crate::forgetting::now;
use crate::golden::same;
use crate::outcome::{AS_OF, Outcome, WITHIN_AN_HOUR, plain_dialogues};
use crate::writer::{Writer, encoded};

/// The commands of the dialogues' map.
const MAP: &str = "social_ibm_care_csv.toml";

/// A view of the shared broker's topics, and a way to change them.
fn log() -> KafkaLog {
    KafkaLog::new(KafkaSettings::new(&Broker::shared().address(), "rebuild-test")).expect("a client")
}

fn complaint(n: i64, id: &str) -> Vec<u8> {
    let author = Identifier {
        kind: "email".into(),
        value: format!("person-{n}@mail.example").into(),
        realm: None,
    };
    let complaint = Complaint {
        id: id.into(),
        source: "shop".into(),
        channel: "email".into(),
        conversation_id: Some(format!("thread-{n}").into()),
        author: Person {
            identifiers: vec![author],
            ..Person::default()
        },
        occurred_at: now().plus(-3_600_000),
        ..Complaint::default()
    };
    encoded(&complaint, Format::SingleObject)
}

fn response(n: i64, at: Millis) -> Vec<u8> {
    let response = Response {
        id: format!("reply-{n}").into(),
        source: "shop".into(),
        channel: "email".into(),
        conversation_id: format!("thread-{n}").into(),
        occurred_at: at,
        ..Response::default()
    };
    encoded(&response, Format::SingleObject)
}

/// Three people's threads, of which two are answered, and a record that cannot be used: taken in by two drains, so that
/// cases have been published more than once.
fn told(name: &'static str) -> Heard {
    let heard = Heard::new(name)
        .application("[topics]\npartitions = 2\n")
        .topics();
    let mut writer = Writer::new(name);
    for n in 0..3 {
        writer.send(
            "complaints.email",
            None,
            Some(&complaint(n, &format!("m{n}"))),
            &[],
        );
    }
    writer.send("complaints.email", None, Some(b"no record"), &[]);
    writer.commit();
    heard.drain(&[]);
    let mut writer = Writer::new(name);
    for n in 0..2 {
        writer.send(
            "responses.email",
            None,
            Some(&response(n, now().plus(-60_000))),
            &[],
        );
    }
    writer.commit();
    heard.drain(&[]);
    heard
}

/// The last record of each case without its version, by its id, from all that stand in the topic. Fails the test unless
/// versions of cases and revisions of work items rise by one from 1 on, and no event is told twice.
fn cases(heard: &Heard) -> BTreeMap<String, Value> {
    let mut numbers = HashMap::new();
    let mut cases = BTreeMap::new();
    let mut events = HashSet::new();
    for record in heard.tail(&["cases", "case-events", "handling.offstage"]) {
        let mut value = record["value"].clone();
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        if value["event_id"].is_string() {
            assert!(events.insert(text("event_id")), "told twice: {value}");
            continue;
        }
        let (of, number) = match value["work_id"].is_string() {
            true => (text("work_id"), "revision"),
            false => (text("case_id"), "version"),
        };
        let last: &mut i64 = numbers.entry(of.clone()).or_default();
        *last += 1;
        assert_eq!(value[number].as_i64(), Some(*last), "{number} of {value}");
        if number == "version" {
            value["version"] = Value::Null;
            cases.insert(of, value);
        }
    }
    cases
}

/// How many records stand in the topic of cases, by case.
fn published(heard: &Heard) -> BTreeMap<String, usize> {
    let mut published = BTreeMap::new();
    for record in heard.tail(&["cases"]) {
        *published.entry(record["key"].to_string()).or_default() += 1;
    }
    published
}

/// How many cases have been published again since then.
fn published_since(heard: &Heard, then: &BTreeMap<String, usize>) -> usize {
    let now = published(heard);
    then.iter()
        .filter(|(case, count)| now.get(*case) > Some(count))
        .count()
}

/// Fails the test unless this is the text kept under this name.
fn golden(name: &str, text: &str) {
    let path = repository()
        .join("tests/e2e/rebuild")
        .join(name)
        .with_extension("txt");
    let brokers = Broker::shared().address();
    let is_time = |word: &str| word.parse::<jiff::Timestamp>().is_ok();
    let line = |line: &str| {
        let words = line
            .split(' ')
            .map(|word| if is_time(word) { "TIME" } else { word });
        words.collect::<Vec<_>>().join(" ").replace(&brokers, "BROKERS")
    };
    let lines: Vec<_> = text.lines().map(line).collect();
    same(&path, &format!("{}\n", lines.join("\n")));
}

/// What is said without what differs from run to run.
fn said(heard: &Heard, args: &[&str], status: i32) -> String {
    let ran = heard
        .run(&[&["rebuild", "--width", "100"], args].concat())
        .exits(status);
    ran.out().replace(&heard.config_path(), "heard.toml")
}

#[test]
fn it_says_what_comes_of_it_and_then_goes_on_from_the_last_numbers() {
    let heard = told("rebuild-a");
    let before = cases(&heard);
    assert_eq!(before.len(), 3);
    golden("dry-run", &said(&heard, &[], 0));
    assert_eq!(cases(&heard), before, "nothing was done");

    let then = published(&heard);
    golden("done", &said(&heard, &["--yes"], 0));
    heard.drain(&[]);
    assert_eq!(cases(&heard), before);
    assert_eq!(published_since(&heard, &then), 3, "all were built anew");
    let letters = heard.tail(&["dead-letters"]);
    assert_eq!(
        letters.len(),
        2,
        "the record that cannot be used is a letter once more"
    );

    // What comes after that is told as ever, and a restart changes nothing.
    let mut writer = Writer::new("rebuild-a");
    writer.send("complaints.email", None, Some(&complaint(0, "once more")), &[]);
    writer.commit();
    heard.drain(&["--instance", "another"]);
    let after = cases(&heard);
    let waits = |case: &&Value| case["customer_messages"] == 2;
    assert_eq!(after.values().filter(waits).count(), 1);
}

#[test]
fn what_is_gone_is_counted_and_what_was_built_of_it_stays_as_it_is() {
    let name = "rebuild-b";
    let heard = told(name);
    let before = cases(&heard);
    // The first thread's message is gone, by retention or by hand.
    let inbox = TopicPartition::new(Topic::new(&format!("{name}.complaints.email")), 0);
    log().delete_records(&[(inbox, 1)]).expect("the broker is there");
    golden("gone", &said(&heard, &[], 0));
    let then = published(&heard);
    said(&heard, &["--yes"], 0);
    heard.drain(&[]);
    assert_eq!(cases(&heard), before);
    assert_eq!(published_since(&heard, &then), 2, "one is left as it was");
}

#[test]
fn it_is_refused_while_an_instance_runs() {
    let heard = told("rebuild-c");
    let args = ["run", "--instance", "runs", "--listen", "127.0.0.1:0"];
    let log_file = heard.file("runs.log", "");
    let mut running = Background::start("runs", &mut heard.command(&args), log_file);
    let deadline = Instant::now() + Duration::from_secs(60);
    while !running.log().contains(" restored: ") {
        running.assert_runs();
        assert!(Instant::now() < deadline, "it has no partitions");
        std::thread::sleep(Duration::from_millis(20));
    }
    for args in [&[][..], &["--yes"]] {
        let told = said(&heard, args, 3);
        assert!(told.contains("Refused: a worker is in the group"), "{told}");
        assert!(!told.contains("deleted"), "{told}");
    }
    running.assert_runs();
    running.end(Duration::from_secs(30));
    assert!(!said(&heard, &[], 0).contains("Refused"));
}

/// Brokers forget the offsets of a topic that is deleted: one that is made again is read from its beginning.
#[test]
fn an_input_that_is_made_again_is_read_from_its_beginning() {
    let name = "rebuild-g";
    let heard = told(name);
    let before = cases(&heard);
    let inbox = Topic::new(&format!("{name}.complaints.email"));
    log().delete_topics(&[&inbox]).expect("the broker is there");
    heard.run(&["topics", "apply"]).succeeds();
    let mut writer = Writer::new(name);
    writer.send("complaints.email", None, Some(&complaint(7, "after")), &[]);
    writer.commit();
    heard.drain(&[]);
    assert_eq!(cases(&heard).len(), before.len() + 1);
}

/// How the topics of the state are made.
fn spec(name: &str, topic: &str) -> TopicSpec {
    TopicSpec {
        topic: Topic::new(&format!("{name}.{topic}")),
        partitions: 2,
        replication: -1,
        settings: Vec::new(),
    }
}

/// Each state in which a rebuild may be interrupted.
#[test]
fn between_any_two_of_its_steps_a_start_is_refused_and_the_same_command_goes_on() {
    let name = "rebuild-d";
    let heard = told(name);
    let before = cases(&heard);
    let log = log();
    let [mailbox, changelog] = ["interactions", "interactions-changelog"].map(|topic| spec(name, topic));
    let steps: [(&str, &dyn Fn()); 4] = [
        ("the group is deleted", &|| {
            log.delete_group(name).expect("it has no members")
        }),
        ("the changelog is deleted", &|| {
            log.delete_topics(&[&changelog.topic]).expect("it goes")
        }),
        ("the mailbox is deleted", &|| {
            log.delete_topics(&[&mailbox.topic]).expect("it goes")
        }),
        ("the mailbox is created", &|| {
            log.create_topics(std::slice::from_ref(&mailbox))
                .expect("it is created")
        }),
    ];
    let refused = |after: &str| {
        let told = heard.run(&["run", "--drain"]).err();
        let lines = told.lines().filter(|line| line.contains("`heard rebuild`"));
        assert!(lines.count() > 0, "after {after}: {told}");
        let told = heard.run(&["topics", "apply"]).out();
        let is_there = log.partitions(&[changelog.topic.clone(), mailbox.topic.clone()]);
        assert!(
            told.contains("`heard rebuild`") || is_there.is_ok_and(|there| there.len() == 2),
            "after {after}: {told}"
        );
    };
    for until in 1..=steps.len() {
        for (after, step) in &steps[..until] {
            step();
            refused(after);
        }
        let then = published(&heard);
        said(&heard, &["--yes"], 0);
        heard.drain(&[]);
        assert_eq!(cases(&heard), before, "interrupted after {}", steps[until - 1].0);
        assert_eq!(published_since(&heard, &then), 3);
    }
    // Both are made anew by hand, and the group stays: brokers forget its offsets of them, but not those of the inputs.
    log.delete_topics(&[&mailbox.topic, &changelog.topic])
        .expect("they go");
    log.create_topics(&[mailbox.clone(), changelog.clone()])
        .expect("they are created");
    let told = heard.run(&["run", "--drain"]).exits(3).err();
    assert!(told.contains("the state is lost"), "{told}");
    said(&heard, &["--yes"], 0);
    heard.drain(&[]);
    assert_eq!(cases(&heard), before);
}

/// Killed as soon as it has said that a step is done, wherever it is by then.
#[test]
fn it_may_be_killed_at_any_step() {
    let name = "rebuild-e";
    let heard = told(name);
    let before = cases(&heard);
    let steps = said(&heard, &["--yes"], 0);
    let is_step =
        |line: &str| line.ends_with("deleted") || line.ends_with("created") || line.ends_with("cases");
    assert_eq!(steps.lines().filter(|line| is_step(line)).count(), 6, "{steps}");
    heard.drain(&[]);
    for killed_at in 0..6 {
        let mut child = heard
            .command(&["rebuild", "--yes"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary was built for this test");
        let out = BufReader::new(child.stdout.take().expect("it is a pipe"));
        let mut lines = out.lines().map_while(Result::ok).filter(|line| is_step(line));
        let said = lines.nth(killed_at);
        child.kill().expect("it is a child of ours");
        child.wait().expect("it is a child of ours");
        assert!(said.is_some());
        let then = published(&heard);
        let run = heard.run(&["run", "--drain"]);
        if !run.is_success() {
            assert!(
                run.err().contains("`heard rebuild`"),
                "after {said:?}: {}",
                run.err()
            );
            self::said(&heard, &["--yes"], 0);
            heard.drain(&[]);
        }
        assert_eq!(cases(&heard), before, "killed after {said:?}");
        assert_eq!(published_since(&heard, &then), 3);
    }
}

/// V5: 2,028 versions, revisions and events were repeated for these cases.
#[test]
fn the_dialogues_are_built_anew_and_nobody_sees_a_number_twice() {
    let (Some(file), Some(plain)) = (data("social_ibm_care_1025_dialogs.csv"), plain_dialogues()) else {
        return;
    };
    let config = format!("[topics]\npartitions = 3{WITHIN_AN_HOUR}");
    let heard = Heard::new("rebuild-f").application(&config).topics();
    heard.ingest(MAP, &file, &[]).succeeds();
    heard.drain(&AS_OF);
    let then = published(&heard);
    said(&heard, &["--yes"], 0);
    heard.drain(&AS_OF);
    assert_eq!(
        published_since(&heard, &then),
        plain.cases.len(),
        "all were built anew"
    );
    // Versions and revisions go on without gap or repeat, and no event is there twice, or this fails.
    Outcome::of(&heard).equals(plain, "built anew");
}
