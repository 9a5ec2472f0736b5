//! `heard ingest` and what `heard tail` then shows.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::dsl::{Heard, data, path};

const SMALL: &str = "[topics]\npartitions = 3";

/// Records by topic, without the prefix.
fn count(records: &[Value]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for record in records {
        let topic = record["topic"].as_str().expect("a topic has a name");
        *counts
            .entry(topic.split_once('.').expect("there is a prefix").1)
            .or_default() += 1;
    }
    counts
}

#[test]
fn the_dialogues_from_csv_and_ndjson_are_the_same_records() {
    let files = (
        data("social_ibm_care_1025_dialogs.csv"),
        data("events/social_ibm_care.ndjson"),
    );
    let (Some(csv), Some(ndjson)) = files else {
        return;
    };
    let mut sent = Vec::new();
    for (name, map, file) in [
        ("ingest-csv", "social_ibm_care_csv.toml", csv),
        ("ingest-ndjson", "social_ibm_care_ndjson.toml", ndjson),
    ] {
        let heard = Heard::new(name).config(SMALL).topics();
        heard.ingest(map, &file, &[]).succeeds();
        let mut records = heard.tail(&["complaints.social", "responses.social"]);
        let expected = BTreeMap::from([("complaints.social", 1211), ("responses.social", 1139)]);
        assert_eq!(count(&records), expected, "{name}");
        in_order_of_time(&records);
        records.sort_by_key(|record| record["value"]["id"].to_string());
        sent.push(
            records
                .into_iter()
                .map(|mut record| record["value"].take())
                .collect::<Vec<_>>(),
        );
    }
    assert!(sent[0] == sent[1], "CSV and NDJSON give different records");
}

fn in_order_of_time(records: &[Value]) {
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    for record in records {
        let place = format!("{}-{}", record["topic"], record["partition"]);
        let time = record["value"]["occurred_at"].as_i64().expect("a time");
        let before = last.insert(place, time).unwrap_or(0);
        assert!(before <= time, "{record}");
    }
}

#[test]
fn a_conversations_inputs_are_in_one_partition() {
    let heard = Heard::new("ingest-keys").config(SMALL).topics();
    let file = heard.file("f.ndjson", LINES);
    let map = heard.file("map.toml", MAP);
    heard.run(&["ingest", "--map", path(&map), path(&file)]).exits(2);
    let mut partitions: BTreeMap<String, Value> = BTreeMap::new();
    for record in heard.tail(&["complaints.email", "responses.email"]) {
        assert_eq!(record["key"], record["value"]["conversation_id"]);
        let key = record["key"].to_string();
        let partition = partitions.entry(key).or_insert(record["partition"].clone());
        assert_eq!(*partition, record["partition"]);
    }
    assert_eq!(partitions.len(), 2);
}

const MAP: &str = r#"
    format = "ndjson"
    [kind]
    from = "{kind}"
    complaint = ["in"]
    response = ["out"]
    [every]
    id = "{id}"
    source = "mail"
    channel = "{via}"
    conversation_id = "{thread}"
    occurred_at = "{at}"
    [response]
    kind = "HUMAN"
"#;

const LINES: &str = r#"{"kind":"in","id":"1","via":"email","thread":"a","at":"2024-01-01T00:00:00Z"}
{"kind":"out","id":"2","via":"email","thread":"a","at":"2024-01-01T01:00:00Z"}
{"kind":"in","id":"3","via":"pigeon","thread":"a","at":"2024-01-01T02:00:00Z"}
{"kind":"in","id":"4","via":"email","thread":"b","at":"yesterday"}
nonsense

{"kind":"in","id":"5","via":"email","thread":"b","at":"2024-01-02T00:00:00Z"}
"#;

#[test]
fn rejected_lines_are_beside_the_file_and_the_others_are_sent() {
    let heard = Heard::new("ingest-rejects").config(SMALL).topics();
    let file = heard.file("f.ndjson", LINES);
    let map = heard.file("map.toml", MAP);
    let args = ["ingest", "--map", path(&map), path(&file)];
    let ran = heard.run(&args).exits(2);
    assert!(
        ran.err().contains("3 records sent, 3 lines rejected"),
        "{}",
        ran.err()
    );
    let beside = file.with_file_name("f.ndjson.rejected.ndjson");
    let rejected = fs::read_to_string(&beside).expect("it is beside the file");
    let told: Vec<Value> = rejected
        .lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect();
    let lines: Vec<_> = told
        .iter()
        .map(|r| (r["line"].as_u64(), r["reason"].as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            (Some(3), Some("channel: no channel of this name is configured")),
            (
                Some(4),
                Some("occurred_at is not a time as the map's time_format says")
            ),
            (Some(5), Some("it is not JSON: wrong at column 2")),
        ]
    );
    assert_eq!(heard.tail(&["complaints.email", "responses.email"]).len(), 3);
    // Mended, the file beside goes.
    fs::write(&file, LINES.lines().next().expect("there is a first line")).expect("can be written");
    heard.run(&args).succeeds();
    assert!(!beside.exists());
}

#[test]
fn orders_and_repeats_send_the_same_records() {
    let mut seen = Vec::new();
    for order in ["time", "reversed", "shuffled"] {
        let heard = Heard::new(&format!("ingest-{order}"))
            .config("[topics]\npartitions = 1")
            .topics();
        let file = heard.file("f.ndjson", LINES);
        let map = heard.file("map.toml", MAP);
        let args = [
            "ingest",
            "--map",
            path(&map),
            path(&file),
            "--order",
            order,
            "--repeat",
            "2",
        ];
        heard.run(&args).exits(2);
        let mut ids: Vec<_> = heard
            .tail(&["complaints.email", "responses.email"])
            .iter()
            .map(|record| record["value"]["id"].to_string())
            .collect();
        ids.sort();
        seen.push(ids);
    }
    assert_eq!(seen[0].len(), 6);
    assert!(seen.iter().all(|ids| *ids == seen[0]), "{seen:?}");
}

#[test]
fn nothing_is_sent_to_channels_or_topics_that_are_not_there() {
    let Some(file) = data("city_nyc311_924.csv") else {
        return;
    };
    let heard = Heard::new("ingest-absent");
    let error = heard.ingest("city_nyc311.toml", &file, &[]).exits(78).err();
    assert!(error.contains("not configured: mobile, online, other"), "{error}");
    let channels = ["mobile", "online", "other"].map(|c| format!("[channels.{c}]\nstage = \"offstage\"\n"));
    let heard = heard.config(&channels.concat());
    let error = heard.ingest("city_nyc311.toml", &file, &[]).exits(3).err();
    assert!(
        error.contains("topics are missing") && error.contains("heard topics apply"),
        "{error}"
    );
    heard.ingest("city_nyc311.toml", &file, &["--dry-run"]).succeeds();
}

#[test]
fn a_reader_that_goes_away_ends_tail_quietly() {
    let heard = Heard::new("ingest-pipe").config(SMALL).topics();
    let file = heard.file("f.ndjson", LINES);
    let map = heard.file("map.toml", MAP);
    heard.run(&["ingest", "--map", path(&map), path(&file)]).exits(2);
    let mut tail = heard
        .command(&["tail", "complaints.email"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary was built for this test");
    let mut out = BufReader::new(tail.stdout.take().expect("it is piped"));
    let mut line = String::new();
    out.read_line(&mut line).expect("a record is shown");
    assert!(line.starts_with("ingest-pipe.complaints.email-"), "{line}");
    drop(out);
    // What comes next meets the closed pipe.
    heard.run(&["ingest", "--map", path(&map), path(&file)]).exits(2);
    let deadline = Instant::now() + Duration::from_secs(30);
    let status = loop {
        match tail.try_wait().expect("it is a child of ours") {
            Some(status) => break status,
            None if Instant::now() < deadline => thread::sleep(Duration::from_millis(20)),
            None => {
                tail.kill().expect("it is a child of ours");
                panic!("tail goes on with nobody reading");
            }
        }
    };
    assert!(status.success(), "{status}");
}

#[test]
fn a_report_of_no_cases_is_all_zero() {
    let heard = Heard::new("report-empty").config(SMALL).topics();
    let report = heard.run(&["report", "--json"]).succeeds().json();
    assert_eq!(report["total"]["cases"], 0);
    assert_eq!(report["total"]["first_response_s"]["p50"], Value::Null);
    let table = heard.run(&["report"]).succeeds().out();
    assert!(table.contains("never answered"), "{table}");
}
