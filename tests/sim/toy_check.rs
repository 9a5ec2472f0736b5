//! Whether a run of the toy has come to what the sequential run has come to.

use std::collections::BTreeMap;
use std::fmt::Debug;

use heard::model::Millis;
use heard::processor::{Codec, RowKey};

use super::options::Options;
use super::outcome::{Outcome, OutputRecord};
use super::toy::{LINES, MAIN, Output, PUBLISHED, SNAPSHOTS, ToyRow};

/// What must be equal is equal, and what must rise without a gap does.
pub fn check(expected: &Outcome, found: &Outcome, options: &Options) -> Result<(), String> {
    let (was, is) = (rows(expected), rows(found));
    same("rows", &was, &is)?;
    let (was, is) = (outputs(&expected.outputs[LINES]), outputs(&found.outputs[LINES]));
    lines_rise_by_one(&is)?;
    if !options.local_delivery {
        direct_lines_keep_their_order(&is)?;
    }
    same("lines", &unnumbered(was), &unnumbered(is))?;
    snapshots_rise_by_one(found)?;
    let sorted = |outcome: &Outcome| {
        let mut dead = outcome.dead.clone();
        dead.sort();
        dead
    };
    same("dead letters", &sorted(expected), &sorted(found))
}

/// A clock may differ by so many milliseconds and be right.
const BOUND: i64 = 5_000;

/// No alarm has gone off before its time, by more than a clock that is right may differ, as far as its line was written
/// before `drained`.
pub fn none_early(alarms: &BTreeMap<u64, Millis>, found: &Outcome, drained: Millis) -> Result<(), String> {
    for record in found.outputs[LINES].iter().filter(|record| record.at < drained) {
        let value = record.value.as_deref().unwrap_or_default();
        if let Ok(Output::Line { id, left: 1, .. }) = postcard::from_bytes(value)
            && let Some(due) = alarms.get(&id).filter(|due| record.at.plus(BOUND) < **due)
        {
            return Err(format!(
                "the alarm of {} ms went off at {} ms",
                due.0, record.at.0
            ));
        }
    }
    Ok(())
}

fn same<T: PartialEq + Debug>(what: &str, expected: &T, found: &T) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    Err(format!(
        "{what} differ\n  expected {expected:?}\n  found    {found:?}"
    ))
}

fn decode(value: &[u8]) -> ToyRow {
    ToyRow::decode(value[0], &value[1..]).expect("a row that was encoded")
}

/// All rows but how often each was published: that depends on how work fell into transactions.
fn rows(outcome: &Outcome) -> BTreeMap<RowKey, ToyRow> {
    let rows = outcome.rows.iter().filter(|(key, _)| key.part != PUBLISHED);
    rows.map(|(key, value)| (*key, decode(value))).collect()
}

fn outputs(records: &[OutputRecord]) -> Vec<Output> {
    let values = records.iter().filter_map(|record| record.value.as_deref());
    values
        .map(|value| postcard::from_bytes(value).expect("an output that was encoded"))
        .collect()
}

/// Which line got which number depends on the order of arrival.
fn unnumbered(lines: Vec<Output>) -> Vec<Output> {
    let mut lines: Vec<_> = lines
        .into_iter()
        .map(|line| match line {
            Output::Line {
                actor,
                id,
                left,
                direct,
                ..
            } => Output::Line {
                actor,
                number: 0,
                id,
                left,
                direct,
            },
            other => other,
        })
        .collect();
    lines.sort();
    lines
}

fn lines_rise_by_one(lines: &[Output]) -> Result<(), String> {
    let mut numbers: BTreeMap<u64, u64> = BTreeMap::new();
    for line in lines {
        if let Output::Line { actor, number, .. } = line {
            let last = numbers.entry(*actor).or_default();
            *last += 1;
            if number != last {
                return Err(format!("line {last} expected, found {line:?}"));
            }
        }
    }
    Ok(())
}

fn direct_lines_keep_their_order(lines: &[Output]) -> Result<(), String> {
    let mut ids: BTreeMap<u64, u64> = BTreeMap::new();
    for line in lines {
        if let Output::Line {
            actor,
            id,
            direct: true,
            ..
        } = line
        {
            let last = ids.entry(*actor).or_default();
            if id <= last {
                return Err(format!("after input {last} came {line:?}"));
            }
            *last = *id;
        }
    }
    Ok(())
}

fn snapshots_rise_by_one(outcome: &Outcome) -> Result<(), String> {
    let mut last: BTreeMap<u64, (u64, u64, u64)> = BTreeMap::new();
    for snapshot in outputs(&outcome.outputs[SNAPSHOTS]) {
        if let Output::Snapshot {
            actor,
            version,
            number,
            sum,
        } = snapshot
        {
            let before = last.entry(actor).or_default();
            if version != before.0 + 1 {
                return Err(format!("version {} expected, found {snapshot:?}", before.0 + 1));
            }
            *before = (version, number, sum);
        }
    }
    for (key, value) in &outcome.rows {
        let (row, actor) = (decode(value), (key.actor.hash & u128::from(u64::MAX)) as u64);
        let (version, number, sum) = last.get(&actor).copied().unwrap_or_default();
        let fine = match key.part {
            PUBLISHED => row.version == version,
            MAIN if row.number > 0 => (row.number, row.sum) == (number, sum),
            _ => true,
        };
        if !fine {
            return Err(format!(
                "the last snapshot of {actor} is {:?}, its row {row:?}",
                last.get(&actor)
            ));
        }
    }
    Ok(())
}
