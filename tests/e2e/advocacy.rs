//! Figures of advocacy: what instances show is what `heard report` says, by nothing but the rows that they hold:
//! right after a start, while partitions move, and when one of them is killed. And the recording rules over them.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::dsl::{Heard, repository};
use crate::http;
use crate::metrics::{Live, until};
use crate::prometheus::{self, Prometheus};

/// Names of figures, and the pointers of the report whose sum they are.
const FIGURES: [(&str, &[&str]); 25] = [
    ("opened", &["/cases"]),
    ("expecting", &["/answered", "/never_answered", "/closed_silently"]),
    ("answered", &["/answered"]),
    ("unanswered", &["/was_unanswered"]),
    ("unanswered_waits", &["/unanswered_waits"]),
    ("closed_silently", &["/closed_silently"]),
    ("resolved", &["/resolved"]),
    ("reply_limit_reached", &["/reply_limit/reached"]),
    ("reply_limit_exceeded", &["/reply_limit/exceeded"]),
    ("escalated_unanswered", &["/escalation/unanswered"]),
    ("escalated_unsolved", &["/escalation/unsolved"]),
    ("switched", &["/switched"]),
    ("chased", &["/chased_elsewhere"]),
    ("echoed", &["/echoes"]),
    ("transferred", &["/transfers"]),
    ("reopened", &["/reopened"]),
    ("first_contact_solved", &["/first_contact/solved"]),
    ("first_contact_not_solved", &["/first_contact/not_solved"]),
    ("promise_kept", &["/promises/kept"]),
    ("promise_broken", &["/promises/broken"]),
    ("first_response", &["/first_response_s/n"]),
    ("resolution", &["/resolution_s/n"]),
    ("answer_met", &["/levels/answer/met"]),
    ("answer_breached", &["/levels/answer/breached"]),
    ("next_breached", &["/levels/next/breached"]),
];

const INSTRUMENTS: [(&str, &str); 3] = [("NPS_0_10", "nps"), ("STARS_1_5", "stars"), ("CSAT_1_5", "csat")];

const CLASSES: [(&str, &str); 3] = [
    ("promoters", "promoter"),
    ("passives", "passive"),
    ("detractors", "detractor"),
];

/// A line for each figure that the instances do not show together as the report says it.
fn differences(instances: &[&Live], report: &Value) -> Vec<String> {
    let scrapes: Vec<_> = instances.iter().map(|live| live.get("/metrics").1).collect();
    let shown = |name: &str, labels: &[String]| -> f64 {
        let labels: Vec<_> = labels.iter().map(String::as_str).collect();
        scrapes
            .iter()
            .map(|scrape| http::sum(scrape, name, &labels))
            .sum()
    };
    let number = |of: &Value, pointer: &str| of.pointer(pointer).and_then(Value::as_f64).unwrap_or(0.0);
    let mut wrong = Vec::new();
    let mut compare = |what: String, shown: f64, told: f64, within: f64| {
        if (shown - told).abs() > within {
            wrong.push(format!("{what}: {shown}, and the report says {told}"));
        }
    };
    for group in report["groups"].as_array().expect("groups") {
        let label = |name: &str| {
            let value = group[name].as_str().expect("a name");
            format!("{name}=\"{}\"", value.to_lowercase())
        };
        let here = [label("channel"), label("stage")];
        let with = |more: &[String]| [&here[..], more].concat();
        for (figure, pointers) in FIGURES {
            let labels = with(&[format!("figure=\"{figure}\"")]);
            let told = pointers.iter().map(|pointer| number(group, pointer)).sum();
            let is_level = figure.ends_with("_met") || figure.ends_with("_breached");
            if is_level
                && !scrapes
                    .iter()
                    .any(|scrape| has(scrape, "heard_case_figures", &labels))
            {
                continue; // no such level is set for the channel
            }
            compare(
                format!("{labels:?}"),
                shown("heard_case_figures", &labels),
                told,
                0.0,
            );
        }
        for (symbol, instrument) in INSTRUMENTS {
            let surveys = group["surveys"].as_array().expect("surveys");
            let of_scale = surveys.iter().find(|survey| survey["instrument"] == symbol);
            for (field, class) in CLASSES {
                let labels = with(&[
                    format!("class=\"{class}\""),
                    format!("instrument=\"{instrument}\""),
                ]);
                let told = of_scale.map_or(0.0, |survey| number(survey, &format!("/{field}")));
                let shown = shown("heard_surveyed_cases", &labels);
                compare(format!("{labels:?}"), shown, told, 0.0);
            }
        }
        // The report cuts to hours, twice.
        let answered =
            number(group, "/spectators/audience_h") - number(group, "/spectators/waiting_audience_h");
        let hours = shown("heard_spectator_seconds", &with(&["answered=\"yes\"".to_owned()])) / 3600.0;
        compare(format!("spectators of {here:?}"), hours, answered, 1.0);
    }
    for row in report["hatrix"].as_array().expect("a list") {
        let channel = format!("channel=\"{}\"", row["channel"].as_str().expect("a name"));
        let known = INSTRUMENTS
            .iter()
            .find(|(symbol, _)| row["instrument"] == *symbol);
        let instrument = format!("instrument=\"{}\"", known.expect("an instrument").1);
        for (side, answered) in [("answered", "yes"), ("unanswered", "no")] {
            let mut labels = vec![channel.clone(), instrument.clone()];
            labels.push(format!("answered=\"{answered}\""));
            let all = shown("heard_surveyed_cases", &labels);
            compare(
                format!("{labels:?}"),
                all,
                number(row, &format!("/{side}/surveyed")),
                0.0,
            );
            labels.push("class=\"promoter\"".to_owned());
            let promoters = shown("heard_surveyed_cases", &labels);
            let told = number(row, &format!("/{side}/promoters"));
            compare(format!("{labels:?}"), promoters, told, 0.0);
        }
    }
    wrong
}

fn has(scrape: &str, name: &str, labels: &[String]) -> bool {
    let mut series = scrape.lines().filter(|line| line.starts_with(name));
    series.any(|line| labels.iter().all(|label| line.contains(&**label)))
}

/// Waits until the instances show what the report says, and returns that.
fn agree(heard: &Heard, instances: &[&Live], when: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let report = heard.run(&["report", "--json"]).succeeds().json();
        let wrong = differences(instances, &report);
        if wrong.is_empty() {
            return report;
        }
        assert!(Instant::now() < deadline, "{when}:\n{}", wrong.join("\n"));
    }
}

#[test]
fn instances_show_what_the_report_says_whatever_moves_and_dies() {
    let story = ["demo", "--once", "--quiet", "--json", "--seed", "11", "--kafka"];
    Heard::new("advocacy").run(&story).succeeds();
    let rules = include_str!("../../src/demo/enterprise.toml").replace("application =", "# was:");
    let heard = Heard::new("advocacy.demo-11").application(&rules);

    let one = Live::start(&heard, "one");
    until("the first has everything", || {
        (one.get("/readyz").0 == 200).then_some(())
    });
    let report = agree(&heard, &[&one], "after a start");
    // The demo has something of all that is compared.
    for pointer in [
        "/unanswered_waits",
        "/transfers",
        "/promises/broken",
        "/spectators/audience_h",
    ] {
        let total = report["total"].pointer(pointer).and_then(Value::as_i64);
        assert!(total > Some(0), "{pointer}: {total:?}");
    }
    assert_ne!(report["total"]["surveys"], Value::Array(Vec::new()));
    // Nothing was counted in this process that was counted before.
    assert_eq!(
        http::sum(&one.get("/metrics").1, "heard_switches_total", &[]),
        0.0
    );

    let two = Live::start(&heard, "two");
    until("the second has some of it", || {
        let rows = |live: &Live| http::sum(&live.get("/metrics").1, "heard_state_rows", &[]);
        (two.get("/readyz").0 == 200 && rows(&one) > 0.0 && rows(&two) > 0.0).then_some(())
    });
    let report = agree(&heard, &[&one, &two], "with two instances");
    follow_the_rules(&[&one, &two], &report);

    drop(one); // killed
    agree(&heard, &[&two], "after one was killed");
}

/// A real Prometheus records by the rules of the chart what the report says.
fn follow_the_rules(instances: &[&Live], report: &Value) {
    let targets: Vec<_> = instances.iter().map(|live| live.address()).collect();
    let rules = repository().join("helm/heard/rules/advocacy.yaml");
    let Some(prometheus) = Prometheus::recording(&targets, &rules) else {
        return;
    };
    let expectations = report["expectations"].as_array().expect("a list");
    assert_eq!(expectations.len(), 3, "of phone, email and social it is known");
    for row in expectations {
        let channel = row["channel"].as_str().expect("a name");
        for (rule, field) in [
            ("channel:heard_channel_expects:ratio", "expects"),
            ("channel:heard_cases_answered:ratio", "answered"),
        ] {
            let share = row[field].as_f64().expect("a share");
            prometheus.waits_for(&format!("{rule}{{channel=\"{channel}\"}}"), share);
        }
    }
    for row in report["hatrix"].as_array().expect("a list") {
        let known = INSTRUMENTS
            .iter()
            .find(|(symbol, _)| row["instrument"] == *symbol);
        let of = format!(
            "{{channel={},instrument=\"{}\"}}",
            row["channel"],
            known.expect("an instrument").1
        );
        let surveyed =
            ["answered", "unanswered"].map(|side| row[side]["surveyed"].as_f64().expect("a number"));
        let query = format!("sum(answered_channel_instrument:heard_surveyed_cases:sum{of})");
        prometheus.waits_for(&query, surveyed.iter().sum());
        for (rule, told) in [
            ("ratio", &row["association"]),
            ("low", &row["interval"]["low"]),
            ("high", &row["interval"]["high"]),
        ] {
            let recorded = prometheus.value(&format!("channel_instrument:heard_hatrix:{rule}{of}"));
            match (recorded, told.as_f64()) {
                (None, None) => {}
                (Some(recorded), Some(told)) if (recorded - told).abs() < 1e-9 => {}
                differ => panic!("{rule}{of}: {differ:?}"),
            }
        }
    }
}

/// Published examples, and what there are too few surveys for.
#[test]
fn the_recording_rules_hold_on_published_examples() {
    prometheus::test_rules(&repository().join("helm/heard/rules/advocacy_test.yaml"));
}
