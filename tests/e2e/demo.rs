//! The demo: in this process and on a real broker, its figures are the same, and those of the report.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::dsl::Heard;

fn once(heard: &Heard, more: &[&str]) -> Value {
    let args = [&["demo", "--once", "--quiet", "--json"][..], more].concat();
    heard.run(&args).succeeds().json()
}

#[test]
fn the_same_story_on_kafka_comes_to_the_same_figures_as_in_memory_and_as_the_report() {
    let heard = Heard::new("demo-figures");
    let in_memory = once(&heard, &["--seed", "11"]);
    let on_kafka = once(&heard, &["--seed", "11", "--kafka"]);
    assert_eq!(on_kafka, in_memory);
    let prefix = "demo-figures.demo-11.";
    let report = heard.run_as(prefix, &["report", "--json"]).succeeds().json();
    assert_eq!(report, in_memory);

    // A story that was told there before is not told again.
    let again = heard.run(&["demo", "--once", "--seed", "11", "--kafka"]).exits(1);
    assert!(
        again.err().contains(&format!("heard report --prefix {prefix}")),
        "{}",
        again.err()
    );

    // What the rules are about is in it.
    for figure in [
        "answered",
        "never_answered",
        "unanswered",
        "bystanders",
        "resolved",
        "reopened",
        "/levels/answer/met",
        "/levels/answer/breached",
        "/reply_limit/exceeded",
    ] {
        let path = format!("/total/{}", figure.trim_start_matches('/'));
        assert!(
            in_memory.pointer(&path).and_then(Value::as_u64) > Some(0),
            "{figure}"
        );
    }
}

#[test]
fn once_it_is_over_soon_and_twice_it_says_the_same() {
    let heard = Heard::new("demo-twice");
    let started = Instant::now();
    let first = heard.run(&["demo", "--once"]).succeeds();
    // What the command promises; it takes five seconds here.
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
    let second = heard.run(&["demo", "--once", "--quiet"]).succeeds();
    assert_eq!(first.out(), second.out());
    assert!(first.out().contains("Reply only twice"), "{}", first.out());
    assert_eq!(second.err(), "");

    // Without a terminal there are plain lines, on standard error.
    let lines = first.err();
    assert!(!lines.contains('\x1b'), "{lines}");
    for told in [
        "says: \u{2068}",
        "answered after",
        "TOO LATE",
        "was in time after all",
        "UNANSWERED for",
    ] {
        assert!(lines.contains(told), "{told}: {lines}");
    }
}

/// The figures are those of the story, not of how fast it was told.
#[test]
fn told_by_the_clock_it_comes_to_the_same() {
    let heard = Heard::new("demo-speed");
    let told = once(&heard, &["--seed", "3", "--speed", "200000"]);
    assert_eq!(told, once(&heard, &["--seed", "3"]));
}
