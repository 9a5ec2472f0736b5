//! State is restored from the changelog: a new machine with an empty disk goes on where the old one
//! stopped.

use std::collections::BTreeMap;
use std::fs;

use heard::log::{Log, Topic, TopicSpec};
use heard::model::{Complaint, Identifier, Millis, Person};
use heard::wire::Format;

use crate::dsl::{Heard, data};
use crate::forgetting::{latest, log};
use crate::outcome::{AS_OF, Outcome, WITHIN_AN_HOUR, plain_dialogues};
use crate::writer::{Writer, encoded};

/// Two machines take in a half of the dialogues each, in order of time, one after the other. Nothing
/// is kept but what is on the broker; the end must be as if one had taken in all of them at once.
fn two_machines(name: &str, first_looks_back: &[&str]) {
    let Some(file) = data("events/social_ibm_care.ndjson") else {
        return;
    };
    let plain = plain_dialogues().expect("its data are here");
    let text = fs::read_to_string(file).expect("it can be read");
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let halves = lines.split_at(lines.len() / 2);

    let config = format!("[topics]\npartitions = 3{WITHIN_AN_HOUR}");
    let heard = Heard::new(name).application(&config).topics();
    let half = |lines: &[&str]| heard.file("half.ndjson", &lines.concat());
    let map = "social_ibm_care_ndjson.toml";

    heard.ingest(map, &half(halves.0), &[]).succeeds();
    heard.drain(&[first_looks_back, &["--instance", "one"]].concat());
    let before = Outcome::of(&heard);
    assert!(before.cases.len() > 100 && before.cases.len() < plain.cases.len());

    heard.ingest(map, &half(halves.1), &[]).succeeds();
    heard.drain(&[&AS_OF[..], &["--instance", "another"]].concat());
    // Versions and revisions go on without gap or repeat, or this fails.
    Outcome::of(&heard).equals(plain, name);
}

#[test]
fn another_machine_goes_on_from_the_last_event() {
    two_machines("restore", &[]);
}

/// The first machine has already judged what the second half answers, all of which comes late.
#[test]
fn another_machine_goes_on_although_time_was_ahead() {
    two_machines("restore-late", &AS_OF);
}

/// What a message is sent as, by one person.
fn complaint(id: &str, at: i64) -> Vec<u8> {
    let complaint = Complaint {
        id: id.into(),
        source: "shop".into(),
        channel: "email".into(),
        conversation_id: Some(id.into()),
        author: Person {
            identifiers: vec![Identifier {
                kind: "email".into(),
                value: "ada@mail.example".into(),
                realm: None,
            }],
            ..Person::default()
        },
        text: Some("Where is my parcel?".into()),
        occurred_at: Millis(at),
        ..Complaint::default()
    };
    encoded(&complaint, Format::default())
}

/// The changelog is copied, as compaction would leave it: whole, that is as good as the first one. Of a copy that lacks
/// a row one would go on as if that had never been, so it is refused, and nothing is written (RELIABILITY.md F23).
#[test]
fn a_copy_of_the_changelog_will_do_if_it_is_whole() {
    const NAME: &str = "restore-copy";
    const MARKER: &[u8] = b"heard.marker";
    let with = |changelog: &str| {
        let names =
            format!("[topics]\npartitions = 1\n[topics.names]\ninteractions_changelog = \"{changelog}\"");
        Heard::new(NAME).application(&names)
    };
    let feed = |ids: &[&str]| {
        let mut writer = Writer::new(NAME);
        for (n, id) in ids.iter().enumerate() {
            let value = complaint(id, 1_772_582_400_000 + 60_000 * n as i64);
            writer.send("complaints.email", None, Some(&value), &[]);
        }
        writer.commit();
    };
    let heard = with("interactions-changelog").topics();
    feed(&["m1", "m2", "m3"]);
    heard.drain(&[]);
    let rows = latest(NAME, "interactions-changelog");
    assert!(rows.len() > 3, "{} rows", rows.len());
    let copy = |to: &str, lacks: Option<&[u8]>| {
        let topic = TopicSpec {
            topic: Topic::new(&format!("{NAME}.{to}")),
            partitions: 1,
            replication: 1,
            settings: vec![("cleanup.policy".into(), "compact".into())],
        };
        log().create_topics(&[topic]).expect("its name is free");
        let mut writer = Writer::new(NAME);
        writer.send(to, Some(MARKER), Some(&rows[MARKER]), &[]);
        for (key, value) in rows.iter().filter(|(key, _)| **key != *MARKER) {
            if Some(key.as_slice()) != lacks {
                writer.send(to, Some(key), Some(value), &[]);
            }
        }
        writer.commit();
        with(to)
    };

    let lost = rows.keys().find(|key| **key != *MARKER).expect("there are rows");
    let outputs = || heard.tail(&["cases", "case-events", "handling.offstage"]).len();
    let before = outputs();
    let refused = copy("lacks-a-row", Some(lost)).run(&["run", "--drain"]).exits(1);
    let counts = format!("{} rows where {} were left", rows.len() - 2, rows.len() - 1);
    assert!(refused.err().contains(&counts), "{}", refused.err());
    assert_eq!(outputs(), before);

    let whole = copy("whole", None);
    feed(&["m4"]);
    whole.drain(&[]);
    let mut versions = BTreeMap::<String, Vec<i64>>::new();
    for record in whole.tail(&["cases"]) {
        let version = record["value"]["version"].as_i64().expect("a number");
        versions
            .entry(record["key"].to_string())
            .or_default()
            .push(version);
    }
    assert_eq!(versions.len(), 4);
    for versions in versions.values() {
        let all: Vec<_> = (1..=versions.len() as i64).collect();
        assert_eq!(*versions, all, "no gap, no repeat");
    }
}
