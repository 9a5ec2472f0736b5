//! What differs between the cases that the desk has published and what the model finds.

use std::collections::{BTreeMap, BTreeSet};

use heard::model::{Case, CaseId};
use serde_json::Value;

use super::Difference;

/// Each field of each case that is not as the model has it.
pub fn misjudged(model: &BTreeMap<CaseId, Case>, desk: &BTreeMap<CaseId, Case>) -> Vec<Difference> {
    let ids: BTreeSet<_> = model.keys().chain(desk.keys()).collect();
    let mut found = Vec::new();
    for id in ids {
        let difference = |what: &str, told: String| Difference {
            id: format!("case {id}"),
            what: what.to_owned(),
            told,
        };
        match (model.get(id), desk.get(id)) {
            (Some(model), Some(desk)) if model == desk => {}
            (Some(model), Some(desk)) => {
                let name = format!(
                    "{}/{} of {}",
                    model.channel, model.conversation_id, model.party_key
                );
                let (model, desk) = (fields(model), fields(desk));
                let differ = model
                    .iter()
                    .filter(|(field, value)| desk.get(*field) != Some(value));
                found.extend(differ.map(|(field, value)| {
                    let has = desk.get(field).unwrap_or(&Value::Null);
                    let told = format!("{name}: {field} should be {value}, and the desk has {has}");
                    difference(field, told)
                }));
            }
            (Some(model), None) => {
                let (channel, party) = (&model.channel, &model.party_key);
                let told = format!("{channel} {party}: the desk has no such case");
                found.push(difference("is missing", told));
            }
            (None, desk) => {
                let told = format!("the desk has a case too many: {desk:?}");
                found.push(difference("is too many", told));
            }
        }
    }
    found
}

fn fields(case: &Case) -> BTreeMap<String, Value> {
    let Ok(Value::Object(fields)) = serde_json::to_value(case) else {
        panic!("a case is an object");
    };
    fields.into_iter().collect()
}
