//! What differs between the desk and the model.

use std::collections::{BTreeMap, BTreeSet};

use heard::model::{Case, CaseId, Millis};
use heard::report::Report;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestRunner};
use serde_json::Value;

use crate::generate::{Journey, journey};
use crate::{reference, told};

/// A line for each field of each case that is not as the model has it.
fn differences(model: &BTreeMap<CaseId, Case>, desk: &BTreeMap<CaseId, Case>) -> Vec<String> {
    let ids: BTreeSet<_> = model.keys().chain(desk.keys()).collect();
    let mut lines = Vec::new();
    for id in ids {
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
                lines.extend(differ.map(|(field, value)| {
                    let found = desk.get(field).unwrap_or(&Value::Null);
                    format!("{name}: {field} should be {value}, and the desk has {found}")
                }));
            }
            (Some(model), None) => lines.push(format!(
                "{} {}: the desk has no such case",
                model.channel, model.party_key
            )),
            (None, desk) => lines.push(format!("the desk has a case too many: {desk:?}")),
        }
    }
    lines
}

fn fields(case: &Case) -> BTreeMap<String, Value> {
    let Ok(Value::Object(fields)) = serde_json::to_value(case) else {
        panic!("a case is an object");
    };
    fields.into_iter().collect()
}

/// A line for each group of the report whose figures are not those that the model counts.
fn misreported(model: &BTreeMap<CaseId, Case>, desk: &BTreeMap<CaseId, Case>, as_of: Millis) -> Vec<String> {
    let mut report = Report::default();
    desk.values().for_each(|case| report.add(case));
    let Ok(shown) = serde_json::to_value(report.show(as_of)) else {
        panic!("a report is JSON");
    };
    let plain = reference::figures::report(&model.values().collect::<Vec<_>>(), as_of);
    let mut groups = shown["groups"].as_array().cloned().unwrap_or_default();
    groups.push(shown["total"].clone());
    let mut lines = Vec::new();
    if groups.len() != plain.len() {
        lines.push(format!(
            "the report has {} groups, not {}",
            groups.len(),
            plain.len()
        ));
    }
    for group in groups {
        let name = |field: &str| group[field].as_str().unwrap_or_default().to_owned();
        let counted = plain.get(&(name("channel"), name("stage")));
        let fields = counted.and_then(Value::as_object).into_iter().flatten();
        lines.extend(fields.filter_map(|(field, value)| {
            let mut found = group[field].clone();
            for survey in found
                .as_array_mut()
                .into_iter()
                .flatten()
                .filter_map(Value::as_object_mut)
            {
                survey.retain(|field, _| field != "score" && field != "interval");
            }
            let place = format!("{}/{}", name("channel"), name("stage"));
            (found != *value).then(|| format!("{place}: report.{field} should be {value}, and is {found}"))
        }));
    }
    lines
}

/// The journey comes to the same by the desk and by the model.
fn judged_alike(journey: &Journey) -> Result<(), TestCaseError> {
    let model = reference::cases(&journey.records, journey.now);
    let desk = told::cases(journey);
    let mut differences = differences(&model, &desk);
    differences.extend(misreported(&model, &desk, journey.now));
    prop_assert!(differences.is_empty(), "\n  {}", differences.join("\n  "));
    Ok(())
}

/// 10,000 journeys, or as many as PROPTEST_CASES says.
fn config() -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let config = ProptestConfig::default();
    ProptestConfig {
        cases: if asked { config.cases } else { 10_000 },
        max_shrink_iters: 20_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::SourceParallel(
            "proptest-regressions",
        ))),
        source_file: Some(file!()),
        ..config
    }
}

#[test]
fn the_desk_and_the_model_judge_alike() {
    let outcome = TestRunner::new(config()).run(&journey(), |journey| judged_alike(&journey));
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// For whoever looks for the reason of many differences: the smallest journey of each field that differs.
#[test]
#[ignore = "a tool, not a test"]
fn which_fields_differ() {
    use proptest::strategy::{Strategy, ValueTree};
    let config = ProptestConfig {
        failure_persistence: None,
        ..config()
    };
    let mut runner = TestRunner::new(config.clone());
    let mut found = BTreeMap::<String, (usize, String)>::new();
    let names = |journey: &Journey| -> BTreeMap<String, String> {
        let (model, desk) = (
            reference::cases(&journey.records, journey.now),
            told::cases(journey),
        );
        let mut lines = differences(&model, &desk);
        lines.extend(misreported(&model, &desk, journey.now));
        let named = lines.into_iter().map(|line| {
            let name = line.split_once(": ").map_or("", |(_, rest)| rest);
            (name.split(' ').next().unwrap_or_default().to_owned(), line)
        });
        named.collect()
    };
    for _ in 0..config.cases {
        let mut tree = journey().new_tree(&mut runner).expect("a journey");
        for (name, _) in names(&tree.current()) {
            let known = found.entry(name.clone()).or_default();
            known.0 += 1;
            if known.0 > 1 {
                continue;
            }
            let mut steps = 0;
            loop {
                steps += 1;
                let fails = names(&tree.current()).contains_key(&name);
                if fails {
                    known.1 = format!("{}\n{:?}", names(&tree.current())[&name], tree.current());
                }
                if steps > 4000 || !(if fails { tree.simplify() } else { tree.complicate() }) {
                    break;
                }
            }
            break;
        }
    }
    for (name, (times, smallest)) in found {
        println!("=== {name}, {times} times\n{smallest}");
    }
}
