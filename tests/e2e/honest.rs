//! Honest times, counted by their definitions and independently of src/stats; and `heard report` with
//! its options on the real data.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::dsl::data;
use crate::figures::offstage;

/// How long cases waited for something, with those still waiting, as `heard report` tells it.
pub fn honest(cases: &[&Value], end: &str, as_of: i64) -> Value {
    let waited = watched(cases, end, as_of);
    let took: Vec<i64> = waited.iter().filter(|one| one.1).map(|one| one.0).collect();
    let is_given_up = |case: &Value| {
        case["waits"].as_i64() > Some(0) && case[end].is_null() && given_up(case, end).is_some()
    };
    json!({
        "n": waited.len(),
        "waiting": waited.len() - took.len() - cases.iter().filter(|case| is_given_up(case)).count(),
        "p50": kaplan_meier(&waited),
        // Nearest rank: the least of them that half of them do not exceed.
        "plain_p50": took.iter().filter(|t| took.iter().filter(|u| u <= t).count() * 2 >= took.len()).min(),
    })
}

/// How far channels are apart, as `heard report` tells it.
pub fn spread(cases: &[&Value], as_of: i64) -> Value {
    let channels: BTreeSet<_> = cases.iter().map(|case| case["channel"].as_str()).collect();
    let of = |channel| {
        cases
            .iter()
            .copied()
            .filter(move |case| case["channel"].as_str() == channel)
    };
    let answers = channels.iter().map(|channel| {
        let waited = watched(&of(*channel).collect::<Vec<_>>(), "answered_at", as_of);
        let median = kaplan_meier(&waited);
        (
            median.map_or(f64::INFINITY, |s| s as f64),
            json!({ "channel": channel, "value": median, "n": waited.len() }),
        )
    });
    let met = channels.iter().filter_map(|channel| {
        let count = |state| of(*channel).filter(|case| case["sla_answer"] == state).count();
        let (met, n) = (count("MET"), count("MET") + count("BREACHED"));
        let share = met as f64 / n as f64;
        (n > 0).then(|| (share, json!({ "channel": channel, "value": share, "n": n })))
    });
    json!({ "answer_s": apart(answers.collect(), true), "answer_met": apart(met.collect(), false) })
}

/// The ends of channels with their values; of whole numbers the difference is one.
fn apart(channels: Vec<(f64, Value)>, whole: bool) -> Value {
    let ends = channels.iter().map(|channel| channel.0);
    let (least, most) = (
        ends.clone().fold(f64::INFINITY, f64::min),
        ends.fold(0.0, f64::max),
    );
    if channels.len() < 2 || least.is_infinite() {
        return Value::Null;
    }
    let at = |end: f64| {
        channels
            .iter()
            .find(|channel| channel.0 == end)
            .map(|channel| &channel.1)
    };
    let difference = match most - least {
        apart if apart.is_infinite() => Value::Null,
        apart if whole => json!(apart as i64),
        apart => json!(apart),
    };
    json!({ "difference": difference, "largest": at(most), "smallest": at(least) })
}

/// Whole seconds that each case waited, and whether it was over then.
fn watched(cases: &[&Value], end: &str, as_of: i64) -> Vec<(i64, bool)> {
    let waits = cases.iter().filter(|case| case["waits"].as_i64() > Some(0));
    waits
        .map(|case| {
            let from = case["opened_at"].as_i64().expect("a time");
            let until = case[end].as_i64();
            let last = until.or(given_up(case, end)).unwrap_or(as_of);
            ((last - from) / 1000, until.is_some())
        })
        .collect()
}

/// When a case ended without an answer: let go, or closed silently.
fn given_up(case: &Value, end: &str) -> Option<i64> {
    let silent = case["closed_silently"].as_bool() == Some(true);
    let silent = case["resolved_at"].as_i64().filter(|_| silent);
    let ends = [case["let_go_at"].as_i64(), silent].into_iter().flatten();
    ends.min().filter(|_| end == "answered_at")
}

/// The median by the definition of the estimate: for each time, the factors of all times up to it.
fn kaplan_meier(waited: &[(i64, bool)]) -> Option<i64> {
    let times: BTreeSet<i64> = waited.iter().filter(|one| one.1).map(|one| one.0).collect();
    let mut longer = 1.0;
    times.into_iter().find(|time| {
        let at_risk = waited.iter().filter(|one| one.0 >= *time).count();
        let now = waited.iter().filter(|one| **one == (*time, true)).count();
        longer *= 1.0 - now as f64 / at_risk as f64;
        longer < 0.5 + 1e-9
    })
}

/// The figures of ../shared/data/README.md, made by other means: the phone looks fastest if those still
/// waiting are left out, and is the slowest.
#[test]
fn the_police_is_slowest_by_phone() {
    let Some(file) = data("city_nyc311_924.csv") else {
        return;
    };
    let as_of = ["--as-of", "2022-05-01T02:06:52-04:00"];
    let heard = offstage("honest-police", "city_nyc311");
    heard.ingest("city_nyc311.toml", &file, &[]).succeeds();
    heard.drain(&as_of);
    let of_police = [
        &["report", "--json", "--brand", "NYPD", "--by", "channel"][..],
        &as_of,
    ]
    .concat();
    let report = heard.run(&of_police).succeeds().json();
    assert_eq!(report["as_of"], 1_651_385_212_000_i64);
    assert_eq!(report["total"]["cases"], 885);
    assert_eq!(report["total"]["honest_resolution_s"]["p50"], 3324);
    let groups = report["groups"].as_array().expect("a list");
    let told = |channel: &str| {
        let group = groups.iter().find(|group| group["channel"] == channel);
        let time = &group.expect("such a channel")["honest_resolution_s"];
        (time["p50"].as_i64(), time["plain_p50"].as_i64())
    };
    //   channel   honest  of the resolved
    for (channel, honest, plain) in [
        ("mobile", 3182, 1613),
        ("online", 3223, 2047),
        ("phone", 4292, 1554),
    ] {
        assert_eq!(told(channel), (Some(honest), Some(plain)), "{channel}");
    }
    // Opened in the first half hour, by phone.
    let early = [
        "--channel",
        "phone",
        "--until",
        "2022-05-01T00:30:00-04:00",
        "--by",
        "brand,tier",
    ];
    let report = heard.run(&[&of_police[..4], &early].concat()).succeeds().json();
    let groups = report["groups"].as_array().expect("a list");
    assert!(
        groups
            .iter()
            .all(|group| group["brand"] == "NYPD" && group["tier"].is_null())
    );
    assert_eq!(report["filter"]["until"], 1_651_379_400_000_i64);
    assert_eq!(report["total"]["cases"], file_rows(&file));

    let table = heard.run(&[&["report"][..], &as_of].concat()).succeeds().out();
    assert!(
        table.starts_with("924 cases, as of 2022-05-01T06:06:52Z\n"),
        "{table}"
    );
    assert!(table.contains("Honest times"), "{table}");
    heard.run(&["report", "--by", "colour"]).exits(64);
    heard.run(&["report", "--since", "yesterday"]).exits(64);
}

/// How many calls to the police came by phone before half past midnight.
fn file_rows(file: &std::path::Path) -> usize {
    let text = std::fs::read_to_string(file).expect("it is there");
    let early = |line: &&str| {
        let fields: Vec<_> = line.split(',').collect();
        fields
            .get(1)
            .is_some_and(|at| *at < "05/01/2022 12:30:00 AM" && at.starts_with("05/01/2022 12:"))
            && fields.get(3) == Some(&"NYPD")
            && line.trim_end().ends_with(",PHONE")
    };
    text.lines().filter(early).count()
}
