//! O3 and O4: what is said of one thing is in one place, in order, and numbered without a gap.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::hash::Hash;

use heard::model::CaseEventType;

use super::Verdict;
use super::outputs::Outputs;
use crate::evidence::Dump;

/// The topics in which order is promised.
const ORDERED: [&str; 4] = ["cases", "case-events", "handling.onstage", "handling.offstage"];

/// O3: all records of a key have one writer, and so one partition; a case is told to be opened before anything else is
/// told of it; a later record of a case or a work item is not of an earlier time.
pub fn order_of_causes(dump: &Dump, outputs: &Outputs) -> Verdict {
    let mut wrong = Vec::new();
    let mut looked_at = 0;
    for topic in ORDERED {
        let mut homes = HashMap::new();
        for record in dump.topic(topic) {
            looked_at += 1;
            let home = homes.entry(record.key.as_deref()).or_insert(record.partition);
            if *home != record.partition {
                wrong.push(format!(
                    "a key of {topic} is in partitions {home} and {}",
                    record.partition
                ));
            }
        }
    }
    let mut begun = HashSet::new();
    for event in &outputs.events {
        let (case, kind) = (event.record.case_id, event.record.kind);
        if begun.insert(case) && kind != CaseEventType::Opened {
            wrong.push(format!(
                "{} is told of case {case} before it is opened",
                kind.symbol()
            ));
        }
    }
    let mut routed = HashMap::new();
    for item in &outputs.work {
        let (id, at) = (item.record.work_id, item.record.routed_at);
        let before = routed.insert(id, at);
        if before.is_some_and(|before| before > at) {
            wrong.push(format!(
                "revision {} of work {id} is of an earlier time",
                item.record.revision
            ));
        }
    }
    Verdict::new(
        "O3",
        "what is said of one case or work item is in one place and in order",
        (looked_at, "records"),
        wrong,
    )
}

/// O4.
pub fn rise_by_one(outputs: &Outputs) -> Verdict {
    let mut wrong = Vec::new();
    let cases = outputs
        .cases
        .iter()
        .map(|case| (case.record.case_id, case.record.version));
    let items = outputs
        .work
        .iter()
        .map(|item| (item.record.work_id, item.record.revision));
    rises("version", "case", cases, &mut wrong);
    rises("revision", "work", items, &mut wrong);
    let looked_at = outputs.cases.len() + outputs.work.len();
    Verdict::new(
        "O4",
        "versions and revisions begin with 1 and rise by one",
        (looked_at, "records"),
        wrong,
    )
}

fn rises<K: Hash + Eq + Copy + Display>(
    number: &str,
    of: &str,
    all: impl Iterator<Item = (K, i64)>,
    wrong: &mut Vec<String>,
) {
    let mut last = HashMap::new();
    for (key, found) in all {
        let before = last.insert(key, found).unwrap_or(0);
        if found != before + 1 {
            wrong.push(format!("{number} {found} of {of} {key} comes after {before}"));
        }
    }
}
