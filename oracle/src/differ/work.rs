//! What differs between the work that the desk has handed out and what the model finds.

use std::collections::{BTreeMap, BTreeSet};

use std::sync::Arc;

use heard::model::{
    Case, CaseId, Complaint, LinkedCase, NextStep, Relation, WorkFlag, WorkId, WorkItem, WorkState,
};
use serde_json::Value;

use super::Difference;
use crate::model::spelling::normalise;

/// What is said of an item that is done. It is not revised any more, so all else is as it was then. Decision: of one that
/// was taken back nothing is said, not even who had waited since when: nobody was to do anything about it.
const OF_ONE_THAT_IS_OVER: [&str; 4] = ["state", "case_id", "first_heard_at", "next_steps"];

/// Each field of each item that is not as the model has it.
pub fn mishandled(
    model: &BTreeMap<WorkId, WorkItem>,
    desk: &BTreeMap<WorkId, WorkItem>,
    cases: &BTreeMap<CaseId, Case>,
) -> Vec<Difference> {
    let is_theirs = |item: &WorkItem| {
        let case = cases.get(&item.case_id);
        case.is_some_and(|case| case.forgotten_at.is_none())
    };
    let ids: BTreeSet<_> = model.keys().chain(desk.keys()).collect();
    let mut found = Vec::new();
    for id in ids {
        let difference = |what: &str, told: String| Difference {
            id: format!("work {id}"),
            what: what.to_owned(),
            told,
        };
        match (model.get(id), desk.get(id)) {
            (Some(model), Some(desk)) => {
                let name = format!("work on {}", model.complaint.id);
                if model.state != desk.state {
                    let (model, desk) = (model.state, desk.state);
                    found.push(difference(
                        "state",
                        format!("{name}: state.{model:?}.not.{desk:?}"),
                    ));
                    continue;
                }
                let (mut model, mut desk) = (model.clone(), desk.clone());
                let is_suspected = |link: &LinkedCase| link.relation == Relation::SuspectedEchoOf;
                if desk.linked_cases.iter().any(is_suspected) {
                    // Best effort, and no promise: what follows from it does not count.
                    for item in [&mut model, &mut desk] {
                        item.linked_cases.retain(|link| !is_suspected(link));
                        item.flags.retain(|flag| *flag != WorkFlag::Echo);
                        item.next_steps.retain(|step| *step != NextStep::LinkToCase);
                    }
                }
                let state = model.state;
                if state == WorkState::Open && !is_latest(&model.complaint, &desk.complaint) {
                    let (model, desk) = (&model.complaint, &desk.complaint);
                    let (model, desk) = (json(model), json(desk));
                    let told = format!("{name}: work.complaint should be {model}, and the desk has {desk}");
                    found.push(difference("complaint", told));
                }
                let (model, desk) = (fields(&model), fields(&desk));
                let differ = model.into_iter().filter(|(field, value)| {
                    let is_said = match state {
                        WorkState::Open => true,
                        WorkState::Done => OF_ONE_THAT_IS_OVER.contains(&&**field),
                        WorkState::Withdrawn => false,
                    };
                    is_said && desk.get(field) != Some(value)
                });
                found.extend(differ.map(|(field, value)| {
                    let has = desk.get(&field).unwrap_or(&Value::Null);
                    let told = format!("{name}: work.{field} should be {value}, and the desk has {has}");
                    difference(&field, told)
                }));
            }
            // Of what was over when it came nothing need be said.
            (Some(model), None) if model.state != WorkState::Open => {}
            (Some(model), None) => {
                let (about, state) = (&model.complaint.id, model.state);
                let told = format!("work on {about}: {state:?}.missing in the desk");
                found.push(difference("is missing", told));
            }
            (None, Some(desk))
                if desk.state == WorkState::Withdrawn
                    || desk.state == WorkState::Done && !is_theirs(desk) => {}
            (None, desk) => {
                let desk = desk.map_or(Value::Null, |desk| fields(desk).into_iter().collect());
                found.push(difference("is too many", format!("work too: too.many: {desk}")));
            }
        }
    }
    found
}

/// Whether this is the latest message of a wait, whole; or, of one that was not the latest for a while, what is kept
/// of every message.
fn is_latest(model: &Complaint, desk: &Complaint) -> bool {
    let excerpt = |complaint: &Complaint| {
        let text = complaint.text.as_ref().map_or("", |text| text.as_str());
        let beginning: String = text.trim().chars().take(160).collect();
        beginning.trim_end().to_owned()
    };
    let conversation_id = model.conversation_id.clone().or(Some(model.id.clone()));
    let whole = Complaint {
        conversation_id,
        ..model.clone()
    };
    let kept = (&model.id, model.occurred_at, excerpt(model)) == (&desk.id, desk.occurred_at, excerpt(desk));
    let is_stub = desk
        .text
        .as_ref()
        .is_none_or(|text| text.as_str() == excerpt(model));
    // Decision: an item shows identifiers as they were written; here they are compared as what they mean.
    let mut meant = desk.clone();
    normalise(&mut meant.author.identifiers);
    whole == meant || kept && is_stub
}

fn json<T: serde::Serialize>(record: &T) -> Value {
    serde_json::to_value(record).unwrap_or_default()
}

/// What counts of an item: links and the like in one order; not what is said of the run.
fn fields(item: &WorkItem) -> BTreeMap<String, Value> {
    let mut item = item.clone();
    item.linked_cases.sort();
    item.history.open_cases = 0;
    item.complaint = Arc::default();
    let Ok(Value::Object(fields)) = serde_json::to_value(item) else {
        panic!("an item is an object");
    };
    let of_run = ["revision", "routed_at"];
    let mut flat = BTreeMap::new();
    for (field, value) in fields {
        match value {
            // Fields of what it is about by themselves, so that one line says what differs.
            Value::Object(parts) => flat.extend(
                parts
                    .into_iter()
                    .map(|(part, value)| (format!("{field}.{part}"), value)),
            ),
            value if !of_run.contains(&&*field) => _ = flat.insert(field, value),
            _ => {}
        }
    }
    flat
}
