//! O1 and O2: each input has one outcome, and each outcome an input.

use std::collections::{HashMap, HashSet};

use heard::model::{CaseEventType, WorkId};

use super::Verdict;
use super::outputs::Outputs;
use crate::evidence::Evidence;
use crate::expected::Expected;
use crate::ledger::Place;

/// O1. That what is taken shows in the final state is seen by [`super::judgement`], field by field; here, that nothing is
/// lost on the way there: not by a broker, not without a dead letter, not without its case and its work.
pub fn each_input_has_one(evidence: &Evidence, expected: &Expected, outputs: &Outputs) -> Verdict {
    let mut wrong: Vec<_> = outputs
        .unreadable
        .iter()
        .map(|what| format!("{what} cannot be read"))
        .collect();
    for acknowledged in &evidence.ledger {
        let place = &acknowledged.place;
        match expected.inputs.get(place) {
            None => wrong.push(format!("{} was acknowledged, and is not there", told(place))),
            Some(digest) if *digest != acknowledged.digest => {
                wrong.push(format!("{} is not what was acknowledged", told(place)));
            }
            Some(_) if acknowledged.spoilt && !expected.unusable.contains(place) => {
                wrong.push(format!("{} was spoilt, and can be used", told(place)));
            }
            Some(_) => {}
        }
        let letters = outputs.letters.get(place).map_or(0, Vec::len);
        let due = usize::from(expected.unusable.contains(place));
        if letters != due {
            wrong.push(format!("{} has {letters} dead letters, not {due}", told(place)));
        }
    }
    let with_a_case: HashSet<_> = outputs.cases.iter().map(|case| case.record.case_id).collect();
    let without = expected.cases.keys().filter(|id| !with_a_case.contains(id));
    wrong.extend(without.map(|id| format!("case {id} was never published")));
    let handed_out: HashSet<WorkId> = outputs.work.iter().map(|item| item.record.work_id).collect();
    let without = expected.work.iter().filter(|(id, item)| {
        // Of what was over when it came nothing need be said.
        item.state == heard::model::WorkState::Open && !handed_out.contains(id)
    });
    wrong.extend(without.map(|(id, _)| format!("somebody waits, and work {id} was never handed out")));
    Verdict::new(
        "O1",
        "each acknowledged input is taken, known already, or a dead letter",
        (evidence.ledger.len(), "inputs"),
        wrong,
    )
}

/// O2.
pub fn none_without_an_input(expected: &Expected, outputs: &Outputs) -> Verdict {
    let mut wrong = Vec::new();
    let mut looked_at = 0;
    for case in &outputs.cases {
        looked_at += 1;
        let id = case.record.case_id;
        if !expected.cases.contains_key(&id) {
            wrong.push(format!("case {id} at {} is of no input", told(&case.place)));
        }
    }
    let mut once = HashSet::new();
    for event in &outputs.events {
        looked_at += 1;
        let (id, of) = (event.record.event_id, event.record.case_id);
        if !expected.cases.contains_key(&of) {
            wrong.push(format!(
                "event {id} at {} is of no case that there is",
                told(&event.place)
            ));
        }
        if !once.insert(id) {
            wrong.push(format!("event {id} is told again at {}", told(&event.place)));
        }
    }
    for item in &outputs.work {
        looked_at += 1;
        let (id, of) = (item.record.work_id, item.record.case_id);
        if !expected.cases.contains_key(&of) {
            wrong.push(format!(
                "work {id} at {} is of no case that there is",
                told(&item.place)
            ));
        }
    }
    let opened = outputs
        .events
        .iter()
        .filter(|event| event.record.kind == CaseEventType::Opened);
    let mut openings = HashMap::new();
    opened.for_each(|event| *openings.entry(event.record.case_id).or_insert(0) += 1);
    for id in expected.cases.keys().filter(|id| !openings.contains_key(*id)) {
        wrong.push(format!("case {id} was never told to be opened"));
    }
    for place in outputs.letters.keys() {
        looked_at += 1;
        // A message between actors that became a dead letter is of the mailbox, and not of an input.
        if !expected.inputs.contains_key(place) {
            wrong.push(format!(
                "there is a dead letter of {}, which is no input",
                told(place)
            ));
        }
    }
    Verdict::new(
        "O2",
        "no outcome without an input, and none told twice",
        (looked_at, "outcomes"),
        wrong,
    )
}

fn told(place: &Place) -> String {
    format!("{} {}:{}", place.topic, place.partition, place.offset)
}
