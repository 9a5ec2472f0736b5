//! What differs between the desk and the model.

use std::collections::{BTreeMap, BTreeSet};

use heard::model::{Case, CaseId, Millis, Signal, SignalKind};
use heard::report::Report;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};
use serde_json::Value;

use crate::generate::{Clock, Journey, journey, multitude};
use crate::reference::signals::Signals;
use crate::{counted, erased, explained, reference, told};
use heard_oracle::differ::{mishandled, misjudged};

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

/// Everything that differs, a line each.
pub fn differences(journey: &Journey) -> Vec<String> {
    let model = reference::outcome(&journey.records, journey.now);
    let late = reference::dropped(&journey.records, journey.now, &journey.late);
    let desk = told::outcome(journey, &late);
    if let Some(misread) = desk.misread {
        return vec![format!("intake: refused: {misread}")];
    }
    let misjudged = misjudged(&model.cases, &desk.cases).into_iter();
    let mishandled = mishandled(&model.work, &desk.work, &model.cases).into_iter();
    let mut lines: Vec<_> = misjudged.map(|difference| difference.told).collect();
    lines.extend(misreported(&model.cases, &desk.cases, journey.now));
    let report = reference::figures::report(&model.cases.values().collect::<Vec<_>>(), journey.now);
    lines.extend(counted::miscounted(
        &report,
        &model.cases,
        &desk.tally,
        journey.now,
    ));
    lines.extend(mishandled.map(|difference| difference.told));
    let (rules, intake, inputs) = told::reader(journey);
    lines.extend(explained::contradictions(
        &rules, &intake, &inputs, journey, &desk,
    ));
    lines.extend(desk.out_of_order.iter().map(|line| format!("order: {line}")));
    if model.bounces != desk.bounces {
        let (model, desk) = (model.bounces, desk.bounces);
        lines.push(format!("bounces should be {model:?}, and the desk told {desk:?}"));
    }
    // By the wall clock, what comes later than the bound decides nothing anew; nor do those who are forgotten.
    if journey.on_the_wall.is_none() && desk.kept.is_none() {
        lines.extend(missignalled(journey, &model.signals, &desk.signals));
    }
    if let Some(kept) = desk.kept.filter(|_| model.nobody_is_left) {
        lines.extend(erased::traces(journey, &kept));
    }
    lines
}

/// A line for the signals that are not as the model has them.
fn missignalled(journey: &Journey, model: &Signals, desk: &[Signal]) -> Option<String> {
    let (missing, many) = model.differences(desk, journey.is_in_order());
    let one = missing.iter().chain(&many).next()?;
    let reason = one.details.get("reason").map_or("", |reason| &**reason);
    let kind = format!("{:?}.{reason}", one.kind);
    Some(format!(
        "signals: {kind} should be told {missing:?}, and the desk told {many:?}"
    ))
}

/// 10,000 journeys in two halves, the same on every run; or as many random ones of each as PROPTEST_CASES says. Random
/// ones find a difference in ten thousand or so: that is for whoever looks for it, and is no reason for which the work of
/// others should stand.
fn config() -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let config = ProptestConfig::default();
    ProptestConfig {
        cases: if asked { config.cases } else { 5_000 },
        rng_seed: if asked { config.rng_seed } else { RngSeed::Fixed(0) },
        max_shrink_iters: 20_000,
        ..config
    }
}

proptest! {
    #![proptest_config(config())]

    /// Time stands still until all is taken in.
    #[test]
    fn a_drain_comes_to_what_the_model_finds(journey in journey(Clock::Stands)) {
        let differences = differences(&journey);
        prop_assert!(differences.is_empty(), "\n  {}", differences.join("\n  "));
    }

    /// Time goes by between arrivals, which are late by up to ten days.
    #[test]
    fn the_wall_clock_comes_to_what_the_model_finds(journey in journey(Clock::GoesBy)) {
        let differences = differences(&journey);
        prop_assert!(differences.is_empty(), "\n  {}", differences.join("\n  "));
    }
}

/// Multitudes of each clock that an ordinary run tells.
const MULTITUDES: u32 = 150;

/// Many cases, so that what shows only in the sum shows: the same on every run, each kind of signal often.
fn signals_of_multitudes(clock: Clock) {
    let mut runner = TestRunner::deterministic();
    let strategy = multitude(clock);
    let mut times = BTreeMap::<SignalKind, u32>::new();
    for n in 1..=MULTITUDES {
        let mut tree = strategy.new_tree(&mut runner).expect("a journey");
        let mut kinds = None;
        let differs = |journey: &Journey| {
            let model = reference::signals(&journey.records, journey.now);
            let told = told::outcome(journey, &[]).signals;
            kinds.get_or_insert_with(|| told.iter().map(|signal| signal.kind).collect::<BTreeSet<_>>());
            missignalled(journey, &model, &told)
        };
        let smallest = shrunk(&mut tree, 100, differs);
        assert!(
            smallest.is_none(),
            "multitude {n}:\n{}",
            smallest.unwrap_or_default()
        );
        let kinds = kinds.into_iter().flatten();
        kinds.for_each(|kind| *times.entry(kind).or_default() += 1);
    }
    for kind in [
        SignalKind::Surge,
        SignalKind::DeafChannel,
        SignalKind::Advocacy,
        SignalKind::Campaign,
    ] {
        let times = times.get(&kind).copied().unwrap_or_default();
        assert!(
            times > MULTITUDES / 10,
            "{kind:?} in {times} of {MULTITUDES} only"
        );
    }
}

#[test]
fn a_drain_of_multitudes_gives_the_signals_that_the_model_finds() {
    signals_of_multitudes(Clock::Stands);
}

/// What comes late comes within the bound.
#[test]
fn the_wall_clock_gives_the_signals_of_multitudes_that_the_model_finds() {
    signals_of_multitudes(Clock::GoesBy);
}

/// What differs in the smallest journey like this one that is found in so many steps, if anything does.
fn shrunk(
    tree: &mut impl ValueTree<Value = Journey>,
    steps: u32,
    mut differs: impl FnMut(&Journey) -> Option<String>,
) -> Option<String> {
    let mut smallest = None;
    for _ in 0..steps {
        let line = differs(&tree.current());
        let fails = line.is_some();
        if let Some(line) = line {
            smallest = Some(format!("{line}\n{:?}\n", tree.current()));
        }
        if !(if fails {
            tree.simplify()
        } else {
            smallest.is_some() && tree.complicate()
        }) {
            break;
        }
    }
    smallest
}

/// For whoever looks for the reasons of many differences at once: how many journeys show each kind, and the
/// smallest of the first few of them. `PROPTEST_CASES=20000 cargo test --test model -- --ignored --nocapture`; `ONLY=`
/// names the kinds to look for, `BUT=` those to leave out, with commas between.
#[test]
#[ignore = "a tool, not a test"]
fn what_differs() {
    let mut runner = TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..config()
    });
    let asked = |name: &str| -> Vec<String> {
        let list = std::env::var(name).unwrap_or_default();
        list.split(',')
            .filter(|kind| !kind.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (only, but) = (asked("ONLY"), asked("BUT"));
    let kinds = |journey: &Journey| -> BTreeMap<String, String> {
        let kind = |line: &str| {
            let rest = line.split(": ").nth(1).unwrap_or(line);
            rest.split(' ').next().unwrap_or_default().to_owned()
        };
        let mut named: BTreeMap<_, _> = differences(journey)
            .into_iter()
            .map(|line| (kind(&line), line))
            .collect();
        named.retain(|kind, _| (only.is_empty() || only.contains(kind)) && !but.contains(kind));
        named
    };
    let mut found = BTreeMap::<String, (u32, Vec<String>)>::new();
    let mut first = None;
    for n in 1..=runner.config().cases {
        let clock = if n % 2 == 0 { Clock::Stands } else { Clock::GoesBy };
        let mut tree = journey(clock).new_tree(&mut runner).expect("a journey");
        let mut all = kinds(&tree.current());
        for kind in all.keys() {
            first.get_or_insert(n);
            found.entry(kind.clone()).or_default().0 += 1;
        }
        let few = if only.is_empty() { 1 } else { 5 };
        all.retain(|kind, _| found[kind].1.len() < few);
        let Some((kind, _)) = all.pop_first() else {
            continue;
        };
        let smallest = shrunk(&mut tree, 1_000, |journey| kinds(journey).remove(&kind)).unwrap_or_default();
        found.entry(kind).or_default().1.push(smallest);
    }
    for (kind, (times, smallest)) in found {
        println!("=== {kind}: {times} journeys\n{}\n", smallest.join("\n"));
    }
    println!("the first journey that differs: {first:?}");
}
