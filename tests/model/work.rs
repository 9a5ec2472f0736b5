//! What differs between the work that the desk has handed out and what the model finds.

use std::collections::{BTreeMap, BTreeSet};

use std::sync::Arc;

use heard::model::{
    Case, CaseId, Complaint, LinkedCase, NextStep, Relation, WorkFlag, WorkId, WorkItem, WorkState,
};
use serde_json::Value;

use crate::reference::spelling::normalise;

/// What is said of an item that is done. It is not revised any more, so all else is as it was then. Decision: of one that
/// was taken back nothing is said, not even who had waited since when: nobody was to do anything about it.
const OF_ONE_THAT_IS_OVER: [&str; 4] = ["state", "case_id", "first_heard_at", "next_steps"];

/// A line for each field of each item that is not as the model has it.
pub fn mishandled(
    model: &BTreeMap<WorkId, WorkItem>,
    desk: &BTreeMap<WorkId, WorkItem>,
    cases: &BTreeMap<CaseId, Case>,
) -> Vec<String> {
    let is_theirs = |item: &WorkItem| {
        let case = cases.get(&item.case_id);
        case.is_some_and(|case| case.forgotten_at.is_none())
    };
    let ids: BTreeSet<_> = model.keys().chain(desk.keys()).collect();
    let mut lines = Vec::new();
    for id in ids {
        match (model.get(id), desk.get(id)) {
            (Some(model), Some(desk)) => {
                let name = format!("work on {}", model.complaint.id);
                if model.state != desk.state {
                    let (model, desk) = (model.state, desk.state);
                    lines.push(format!("{name}: state.{model:?}.not.{desk:?}"));
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
                    lines.push(format!(
                        "{name}: work.complaint should be {}, and the desk has {}",
                        json(model),
                        json(desk)
                    ));
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
                lines.extend(differ.map(|(field, value)| {
                    let found = desk.get(&field).unwrap_or(&Value::Null);
                    format!("{name}: work.{field} should be {value}, and the desk has {found}")
                }));
            }
            // Of what was over when it came nothing need be said.
            (Some(model), None) if model.state != WorkState::Open => {}
            (Some(model), None) => lines.push(format!(
                "work on {}: {:?}.missing in the desk",
                model.complaint.id, model.state
            )),
            (None, Some(desk))
                if desk.state == WorkState::Withdrawn
                    || desk.state == WorkState::Done && !is_theirs(desk) => {}
            (None, desk) => lines.push(format!(
                "work too: too.many: {}",
                desk.map_or(Value::Null, |desk| Value::Object(
                    fields(desk).into_iter().collect()
                ))
            )),
        }
    }
    lines
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
