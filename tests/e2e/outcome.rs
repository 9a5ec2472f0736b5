//! What runs left in the output topics, read back and counted independently of src/report.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::dsl::{Heard, data};
use crate::honest::{honest, spread};

/// A time to answer, for all runs of the dialogues that are compared; the rest of their configuration
/// stands before it.
pub const WITHIN_AN_HOUR: &str = "\n[channels.social]\nanswer = \"1h\"";

/// When the dialogues are looked back at: after the last of them.
pub const AS_OF: [&str; 2] = ["--as-of", "2020-06-01T00:00:00Z"];

const OUTPUTS: [&str; 5] = [
    "cases",
    "handling.onstage",
    "handling.offstage",
    "case-events",
    "dead-letters",
];

/// The end state in the output topics.
#[derive(Debug)]
pub struct Outcome {
    /// The latest record of each case by its id, without its version.
    pub cases: BTreeMap<String, Value>,
    /// The time as of which `heard report` counted who still waits.
    as_of: i64,
    /// Where each work item is and the state of its latest revision, by its id; without those that
    /// were withdrawn.
    pub work: BTreeMap<String, (String, String)>,
}

impl Outcome {
    /// Reads the outputs of an installation. Fails the test if anything is in the dead letters, if a
    /// case's versions or a work item's revisions do not rise from 1 by 1, if a case event is there
    /// twice, or if `heard report` counts something else than this does.
    pub fn of(heard: &Heard) -> Self {
        let mut numbers = HashMap::new();
        let mut events = HashMap::new();
        let mut outcome = Self {
            cases: BTreeMap::new(),
            as_of: 0,
            work: BTreeMap::new(),
        };
        for mut record in heard.tail(&OUTPUTS) {
            let topic = text(&record["topic"]);
            let topic = topic.split_once('.').expect("there is a prefix").1.to_owned();
            assert_ne!(topic, "dead-letters", "{record}");
            assert_eq!(record["key"], record["value"]["case_id"]);
            let mut value = record["value"].take();
            match topic.as_str() {
                "cases" => {
                    let id = text(&value["case_id"]);
                    follows(&mut numbers, &id, value["version"].take());
                    outcome.cases.insert(id, value);
                }
                "case-events" => {
                    let id = text(&value["event_id"]);
                    let seen: &mut Vec<Value> = events.entry(id).or_default();
                    seen.push(value);
                }
                _ => {
                    let id = text(&value["work_id"]);
                    follows(&mut numbers, &id, value["revision"].take());
                    outcome.work.insert(id, (topic, text(&value["state"])));
                }
            }
        }
        let twice: Vec<_> = events.values().filter(|seen| seen.len() > 1).collect();
        assert!(
            twice.is_empty(),
            "{} case events more than once: {twice:#?}",
            twice.len()
        );
        outcome.work.retain(|_, (_, state)| state != "WITHDRAWN");
        let report = heard.run(&["report", "--json"]).succeeds().json();
        outcome.as_of = report["as_of"].as_i64().expect("it is a time");
        assert_eq!(report, outcome.report());
        outcome
    }

    /// The figures of all cases, by the names that `heard report --json` uses.
    pub fn figures(&self) -> Value {
        figures(&self.cases.values().collect::<Vec<_>>(), self.as_of)
    }

    /// The figures of a channel and stage.
    pub fn figures_of(&self, channel: &str, stage: &str) -> Value {
        let here = |case: &&Value| case["channel"] == channel && case["stage"] == stage;
        figures(&self.cases.values().filter(here).collect::<Vec<_>>(), self.as_of)
    }

    /// How many work items of a topic ended in a state.
    pub fn work_items(&self, topic: &str, state: &str) -> usize {
        let here = |(at, is): &&(String, String)| at == topic && is == state;
        self.work.values().filter(here).count()
    }

    /// Fails the test unless this is the same end state as that of another run of the same input.
    pub fn equals(&self, other: &Self, what: &str) {
        for (id, case) in &self.cases {
            assert_eq!(Some(case), other.cases.get(id), "{what}");
        }
        assert_eq!(self.cases.len(), other.cases.len(), "{what}");
        assert_eq!(self.work, other.work, "{what}");
    }

    fn report(&self) -> Value {
        let group = |case: &Value| (text(&case["channel"]), text(&case["stage"]));
        let mut groups: Vec<_> = self.cases.values().map(group).collect();
        // The order of stages is that of the schema: ONSTAGE first.
        groups.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        groups.dedup();
        let groups = groups.into_iter().map(|(channel, stage)| {
            let mut figures = self.figures_of(&channel, &stage);
            figures["channel"] = json!(channel);
            figures["stage"] = json!(stage);
            figures
        });
        let all: Vec<_> = self.cases.values().collect();
        json!({
            "as_of": self.as_of,
            "filter": { "brands": [], "channels": [], "since": null, "until": null },
            "by": ["channel", "stage"],
            "total": self.figures(),
            "groups": groups.collect::<Vec<_>>(),
            // None of the data has surveys yet.
            "hatrix": [],
            "expectations": expectations(&all),
            "spread": spread(&all, self.as_of),
        })
    }
}

/// The dialogues taken in once, in order of time, in 3 partitions, to be answered
/// [`WITHIN_AN_HOUR`]: what all other runs of them must come to. `None` without the data.
pub fn plain_dialogues() -> Option<&'static Outcome> {
    static PLAIN: OnceLock<Outcome> = OnceLock::new();
    let file = data("social_ibm_care_1025_dialogs.csv")?;
    Some(PLAIN.get_or_init(|| {
        let config = format!("[topics]\npartitions = 3{WITHIN_AN_HOUR}");
        let heard = Heard::new("plain").application(&config).topics();
        heard.ingest("social_ibm_care_csv.toml", &file, &[]).succeeds();
        heard.drain(&AS_OF);
        Outcome::of(&heard)
    }))
}

/// Fails the test unless figures are as listed, each by its JSON pointer.
pub fn expect(figures: &Value, expected: &[(&str, u64)]) {
    for (pointer, value) in expected {
        assert_eq!(figures.pointer(pointer), Some(&json!(value)), "{pointer}");
    }
}

fn figures(cases: &[&Value], as_of: i64) -> Value {
    let count = |holds: &dyn Fn(&Value) -> bool| cases.iter().filter(|case| holds(case)).count();
    let sum = |field: &str| -> u64 {
        let counts = cases.iter().map(|case| case[field].as_u64());
        counts.map(|n| n.expect("it is a count")).sum()
    };
    let given = |field: &str| count(&|case| !case[field].is_null());
    let in_state = |field: &str, state: &str| count(&|case| case[field] == state);
    let level = |level: &str| {
        let at = |state: &str| count(&|case| case[&*format!("sla_{level}")] == state);
        json!({ "met": at("MET"), "breached": at("BREACHED"), "running": at("RUNNING") })
    };
    // Where nobody waited, there is nothing to answer.
    let asking =
        |holds: &dyn Fn(&Value) -> bool| count(&|case| case["waits"].as_i64() > Some(0) && holds(case));
    let exceeded = in_state("reply_limit", "EXCEEDED");
    json!({
        "cases": cases.len(),
        "bystanders": count(&|case| case["bystander"] == true),
        "customer_messages": sum("customer_messages"),
        "human_replies": sum("human_replies"),
        "waits": sum("waits"),
        "answered": asking(&|case| !case["answered_at"].is_null()),
        "never_answered": asking(&|case| case["answered_at"].is_null() && case["closed_silently"] == false),
        "closed_silently": asking(&|case| case["closed_silently"] == true),
        "unanswered": in_state("status", "UNANSWERED"),
        "was_unanswered": count(&|case| case["was_unanswered"] == true),
        "unanswered_waits": sum("unanswered_waits"),
        "first_response_s": durations(cases, "opened_at", "answered_at"),
        "resolved": given("resolved_at"),
        "resolution_s": durations(cases, "opened_at", "resolved_at"),
        "levels": {
            "acknowledge": level("acknowledge"),
            "answer": level("answer"),
            "next": level("next"),
            "resolve": level("resolve"),
        },
        "reply_limit": { "reached": in_state("reply_limit", "REACHED") + exceeded, "exceeded": exceeded },
        "switched": given("switched_to"),
        "chased_elsewhere": given("chased_to"),
        "escalated": given("escalated_from"),
        "reopened": sum("reopened_count"),
        "honest_answer_s": honest(cases, "answered_at", as_of),
        "honest_resolution_s": honest(cases, "resolved_at", as_of),
        "answered_by_bot": in_state("answered_by", "BOT"),
        "answered_publicly": given("answered_publicly_at"),
        "deflected": count(&|case| case["deflected"] == true),
        "let_go": in_state("status", "LET_GO"),
        "chasers": sum("chasers"),
        "transfers": sum("transfers"),
        "echoes": given("echo_of"),
        "escalation": {
            "unanswered": in_state("escalation_cause", "UNANSWERED"),
            "unsolved": in_state("escalation_cause", "UNSOLVED"),
        },
        "promises": {
            "kept": in_state("promise", "KEPT"),
            "broken": in_state("promise", "BROKEN"),
            "running": in_state("promise", "RUNNING"),
        },
        "first_contact": {
            "solved": count(&|case| case["first_contact_resolution"] == true),
            "not_solved": count(&|case| case["first_contact_resolution"] == false),
            "undecided": count(&|case| case["first_contact_resolution"].is_null() && !case["resolved_at"].is_null()),
        },
        "spectators": spectators(cases, as_of),
        "surveys": [],
    })
}

/// Of channels of which it is known how many expect an answer: how many of those who waited got one.
fn expectations(cases: &[&Value]) -> Value {
    let known = [("email", 0.89), ("phone", 0.91), ("social", 0.42)];
    let rows = known.into_iter().filter_map(|(channel, expects)| {
        let here = |case: &&&Value| case["channel"] == channel && case["waits"].as_u64() > Some(0);
        let waited = cases.iter().filter(here).count();
        let answered = { cases.iter() }
            .filter(here)
            .filter(|case| !case["answered_at"].is_null());
        let share = answered.count() as f64 / waited as f64;
        let row = json!({ "channel": channel, "expects": expects, "waited": waited, "answered": share });
        (waited > 0).then_some(row)
    });
    // Read back as the report is: numbers with many digits come out of a text with another last bit.
    let rows = Value::Array(rows.collect()).to_string();
    serde_json::from_str(&rows).expect("it was just written")
}

/// People times hours that they saw no public answer.
fn spectators(cases: &[&Value], as_of: i64) -> Value {
    let seen = cases.iter().filter(|case| {
        let waits = case["waits"].as_u64() > Some(0);
        case["stage"] == "ONSTAGE" && waits && case["audience"].as_i64() > Some(0)
    });
    let seen: Vec<_> = seen
        .filter(|case| case["opened_at"].as_i64() <= Some(as_of))
        .collect();
    let answered = |case: &Value| case["answered_publicly_at"].as_i64().filter(|at| *at <= as_of);
    let audience = |case: &Value| case["audience"].as_i64().expect("they have one");
    let hours = |cases: &[&&Value]| {
        let left = cases.iter().map(|case| {
            let opened = case["opened_at"].as_i64().expect("every case opened");
            i128::from(audience(case)) * i128::from(answered(case).unwrap_or(as_of) - opened)
        });
        left.sum::<i128>() as i64 / 3_600_000
    };
    let waiting: Vec<_> = seen
        .iter()
        .copied()
        .filter(|case| answered(case).is_none())
        .collect();
    json!({
        "cases": seen.len(),
        "waiting": waiting.len(),
        "audience": seen.iter().map(|case| audience(case)).sum::<i64>(),
        "audience_h": hours(&seen),
        "waiting_audience_h": hours(&waiting),
    })
}

/// Whole seconds between two times of a case, where it has both. None of the data freezes a clock,
/// so that a resolution takes all of this time.
fn durations(cases: &[&Value], from: &str, to: &str) -> Value {
    let took = |case: &&Value| Some(case[to].as_i64()? - case[from].as_i64()?);
    let ms = || cases.iter().filter_map(took);
    let all: Vec<i64> = ms().map(|ms| ms / 1000).collect();
    let sum = ms().sum::<i64>() / 1000;
    // Nearest rank, by its definition: the least of them that so many do not exceed.
    let percentile = |percent: usize| {
        let enough = |limit: &i64| all.iter().filter(|d| *d <= limit).count() * 100 >= all.len() * percent;
        all.iter().copied().filter(enough).min()
    };
    json!({ "n": all.len(), "sum": sum, "p50": percentile(50), "p90": percentile(90), "max": all.iter().max() })
}

/// The next number of a case or work item must be one more than its last.
fn follows(numbers: &mut HashMap<String, i64>, id: &str, number: Value) {
    let last = numbers.entry(id.to_owned()).or_default();
    *last += 1;
    assert_eq!(number, *last, "of {id}");
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}
