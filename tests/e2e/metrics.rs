//! What `heard run` tells over HTTP while it works, scraped by a real Prometheus.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use heard::log::kafka::{KafkaLog, KafkaSettings};
use heard::log::{Log, Outgoing, Producer, Topic};
use heard::model::{Complaint, Identifier, Millis, Person, Sensitive, Survey};
use heard::wire::{Encoder, Format, WireRecord};
use serde_json::Value;

use crate::background::Background;
use crate::broker::Broker;
use crate::dsl::{Heard, data};
use crate::http;
use crate::outcome::{Outcome, WITHIN_AN_HOUR};
use crate::prometheus::{self, Prometheus};

/// A `heard run` in live mode that listens at a port of its own. Dropped, it is killed.
pub struct Live {
    process: Background,
    address: String,
}

impl Live {
    pub fn start(heard: &Heard, instance: &str) -> Self {
        let args = ["run", "--instance", instance, "--listen", "127.0.0.1:0"];
        let log = heard.file(&format!("{instance}.log"), "");
        let process = Background::start(instance, &mut heard.command(&args), log);
        let said_address = || {
            let log = process.log();
            let (_, rest) = log.split_once("http://")?;
            Some(rest.split_once('/')?.0.to_owned())
        };
        let address = until("it says where it listens", said_address);
        Self { process, address }
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        http::get(&self.address, path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The sum of the series of a metric that have these labels.
    fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        http::sum(&self.get("/metrics").1, name, labels)
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// SIGTERM, and an end with status 0.
    pub fn ends_well(self) {
        assert_eq!(self.process.end(Duration::from_secs(120)).code(), Some(0));
    }
}

/// Waits for something to be there.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What `heard report` finds, and the queries that must come to the same.
fn comparisons(report: &Value) -> Vec<(&'static str, String, f64)> {
    let figure = |pointer: &'static str| report.pointer(pointer).and_then(Value::as_f64).expect(pointer);
    let total = |name: &str, back: &str, more: &str| {
        format!("sum({name}{{{more}}}) - sum(heard_cases_taken_back{{figure=\"{back}\"}})")
    };
    let seconds = |name: &str, back: &str| {
        format!("floor(sum({name}) - sum(heard_durations_taken_back_seconds{{figure=\"{back}\"}}))")
    };
    let plain = [
        ("/total/cases", total("heard_cases_opened_total", "opened", "")),
        (
            "/total/answered",
            total("heard_cases_answered_total", "answered", ""),
        ),
        (
            "/total/was_unanswered",
            total("heard_cases_unanswered_total", "unanswered", ""),
        ),
        (
            "/total/resolved",
            total("heard_cases_resolved_total", "resolved", ""),
        ),
        (
            "/total/first_response_s/n",
            total("heard_first_response_seconds_count", "first_response", ""),
        ),
        (
            "/total/first_response_s/sum",
            seconds("heard_first_response_seconds_sum", "first_response"),
        ),
        (
            "/total/resolution_s/n",
            total("heard_resolution_seconds_count", "resolution", ""),
        ),
        (
            "/total/levels/answer/met",
            total(
                "heard_levels_total",
                "answer_met",
                "level=\"answer\",outcome=\"met\"",
            ),
        ),
        (
            "/total/levels/answer/breached",
            total(
                "heard_levels_total",
                "answer_breached",
                "level=\"answer\",outcome=\"breached\"",
            ),
        ),
        (
            "/total/reply_limit/reached",
            total(
                "heard_reply_limit_total",
                "reply_limit_reached",
                "limit=\"reached\"",
            ),
        ),
        (
            "/total/reply_limit/exceeded",
            total(
                "heard_reply_limit_total",
                "reply_limit_exceeded",
                "limit=\"exceeded\"",
            ),
        ),
    ];
    let with_figures = plain
        .into_iter()
        .map(|(pointer, query)| (pointer, query, figure(pointer)));
    with_figures.collect()
}

#[test]
fn prometheus_finds_what_the_report_finds() {
    let Some(file) = data("social_ibm_care_1025_dialogs.csv") else {
        return;
    };
    let config = format!("[topics]\npartitions = 3{WITHIN_AN_HOUR}");
    let heard = Heard::new("metrics").application(&config).topics();
    let live = Live::start(&heard, "one");
    let Some(prometheus) = Prometheus::start(&live.address) else {
        return;
    };
    heard.ingest("social_ibm_care_csv.toml", &file, &[]).succeeds();
    for (kind, number) in [("complaint", 1211.0), ("response", 1139.0)] {
        let query = format!("sum(heard_events_total{{kind=\"{kind}\",outcome=\"taken\"}})");
        prometheus.waits_for(&query, number);
    }
    // Work items that wait for findings are out, and all that follows is read.
    prometheus.waits_for("sum(heard_work_item_latency_seconds_count) >= bool 1057", 1.0);
    prometheus.waits_for("sum(heard_lag_records)", 0.0);
    prometheus.waits_for("sum(heard_held_back_records)", 0.0);

    let report = heard.run(&["report", "--json"]).succeeds().json();
    for (pointer, query, expected) in comparisons(&report) {
        prometheus.waits_for(&query, expected);
        println!("{pointer} {expected}: {query}");
    }
    // For the reader: an archive fed live counts as unanswered what its next record answers.
    let (_, scrape) = live.get("/metrics");
    let back = scrape
        .lines()
        .filter(|line| line.contains("taken_back") && !line.ends_with(" 0"));
    back.for_each(|line| println!("{line}"));
    assert_eq!(report.pointer("/total/answered"), Some(&Value::from(1030)));
    assert_eq!(
        report.pointer("/total/reply_limit/reached"),
        Some(&Value::from(84))
    );
    let outcome = Outcome::of(&heard);
    let open = outcome.work_items("handling.onstage", "OPEN");
    prometheus.waits_for(
        "sum(heard_cases_waiting)",
        f64::from(u32::try_from(open).expect("few")),
    );
    prometheus.waits_for("sum(heard_cases_open)", 1057.0);
    prometheus.waits_for("sum(heard_output_records_total) > bool 0", 1.0);
    prometheus.waits_for("sum(heard_transactions_total{outcome=\"aborted\"})", 0.0);
    prometheus::lint(&live.get("/metrics").1);
    live.ends_well();

    // What is held is there right after a restore; what was counted begins anew.
    let live = Live::start(&heard, "two");
    until("it is ready", || (live.get("/readyz").0 == 200).then_some(()));
    until("the cases are held", || {
        (live.sum("heard_cases_open", &[]) == 1057.0).then_some(())
    });
    assert_eq!(live.sum("heard_cases_waiting", &[]), open as f64);
    assert_eq!(live.sum("heard_cases_opened_total", &[]), 0.0);
    assert!(live.sum("heard_state_rows", &[]) > 1057.0);
    live.ends_well();
}

#[test]
fn a_real_scrape_holds_the_documented_metrics_and_no_others() {
    let config = format!("[topics]\npartitions = 2{WITHIN_AN_HOUR}");
    let heard = Heard::new("scraped").application(&config).topics();
    let live = Live::start(&heard, "one");
    until("it is ready", || (live.get("/readyz").0 == 200).then_some(()));
    let said = Complaint {
        id: "m".into(),
        source: "test".into(),
        channel: "social".into(),
        conversation_id: Some("c".into()),
        author: Person {
            identifiers: vec![Identifier {
                kind: "handle".into(),
                value: Sensitive("ann".into()),
                realm: None,
            }],
            ..Person::default()
        },
        occurred_at: Millis(1_764_522_000_000),
        ..Complaint::default()
    };
    let scored = Survey {
        id: "s".into(),
        source: "test".into(),
        channel: said.channel.clone().into(),
        conversation_id: said.conversation_id.clone(),
        score: 9.0,
        occurred_at: said.occurred_at,
        ..Survey::default()
    };
    send("scraped.complaints.social", &encoded(&said));
    send("scraped.surveys", &encoded(&scored));
    send("scraped.complaints.social", b"not a complaint");
    until("the survey is counted", || {
        let promoter = ["class=\"promoter\"", "instrument=\"nps\""];
        (live.sum("heard_surveyed_cases", &promoter) == 1.0).then_some(())
    });
    let dead = ["reason=\"bad_magic\"", "topic=\"complaints\""];
    until("the garbage is dead", || {
        (live.sum("heard_dead_letters_total", &dead) == 1.0).then_some(())
    });
    until("the lag is known", || {
        live.get("/metrics")
            .1
            .contains("heard_lag_records{")
            .then_some(())
    });
    let (_, scrape) = live.get("/metrics");
    let families = scrape.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let found: BTreeSet<_> = families.filter_map(|line| line.split(' ').next()).collect();
    let document = include_str!("../../docs/metrics.md");
    let table = document.split("## The metrics").nth(1).expect("it is there");
    let table = table.split("## ").next().expect("it is there");
    let quoted = table.split('`').skip(1).step_by(2);
    let documented: BTreeSet<_> = quoted
        .filter(|name| name.starts_with("heard_") || name.starts_with("process_"))
        .collect();
    assert_eq!(found, documented);
    prometheus::lint(&scrape);
    live.ends_well();
}

fn encoded<T: WireRecord>(record: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(Format::SingleObject);
    encoder.encode(record, &mut bytes).expect("it is of its schema");
    bytes
}

/// A record with this value.
fn send(topic: &str, value: &[u8]) {
    let log = KafkaLog::new(KafkaSettings::new(&Broker::shared().address(), "scraped-writer"));
    let log = log.expect("these settings are valid");
    let mut producer = log.producer("scraped-writer").expect("the broker is there");
    producer.init().expect("the broker is there");
    producer.begin().expect("none is open");
    let sent = producer.send(&Outgoing {
        topic: &Topic::new(topic),
        partition: None,
        key: None,
        value: Some(value),
        headers: &[],
    });
    sent.expect("the broker takes it");
    producer
        .flush(Duration::from_secs(10))
        .expect("the broker takes it");
    producer.commit().expect("the broker takes it");
}

#[test]
fn health_and_addresses() {
    let heard = Heard::new("health")
        .application("[topics]\npartitions = 2")
        .topics();
    let live = Live::start(&heard, "one");
    until("it is ready", || (live.get("/readyz").0 == 200).then_some(()));
    for (path, question) in [
        ("/startupz", "started"),
        ("/readyz", "ready"),
        ("/healthz", "alive"),
    ] {
        let well = format!("{{\"{question}\":true,\"waits\":[]}}\n");
        assert_eq!(live.get(path), (200, well));
    }
    assert_eq!(live.get("/nothing").0, 404);
    let posted = http::ask("POST", &live.address, "/metrics").expect("it answers");
    assert_eq!(posted.0, 405);
    // One that asks for nothing does not keep others waiting.
    let silent = std::net::TcpStream::connect(&live.address).expect("it listens");
    assert_eq!(live.get("/healthz").0, 200);
    drop(silent);
    let other = heard
        .run(&["run", "--instance", "two", "--listen", &live.address])
        .exits(75);
    let said = other.err();
    assert!(
        said.contains(&format!(
            "{} is taken, by another instance on this host perhaps.",
            live.address
        )),
        "{said}"
    );
    assert!(said.contains("--listen off"), "{said}");
    live.ends_well();
    // 192.0.2.0/24 is for documents: no host has an address of it.
    let nowhere = heard.run(&["run", "--listen", "192.0.2.1:9464"]).exits(1);
    assert!(
        nowhere.err().contains("cannot listen at 192.0.2.1:9464"),
        "{}",
        nowhere.err()
    );
}
