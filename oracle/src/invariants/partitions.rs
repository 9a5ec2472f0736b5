//! O6, O7 and O9: what holds of each partition once everything is taken in.

use std::collections::HashMap;

use twox_hash::XxHash3_64;

use super::Verdict;
use crate::evidence::{Dump, Partition, kind};

const MAILBOX: &str = "interactions";
const CHANGELOG: &str = "interactions-changelog";

/// The length of a row's key: what has another in a changelog is no row.
const ROW_KEY: usize = heard::processor::RowKey::LEN;

/// O6: what is written beside the committed offset of a mailbox partition says what the rows were that its worker had in
/// memory then: how many, and the sum of their XXH3. Those of the changelog must come to the same.
pub fn state_is_whole(dump: &Dump) -> Verdict {
    let mut rows: HashMap<i32, HashMap<&[u8], &[u8]>> = HashMap::new();
    for record in dump.topic(CHANGELOG) {
        let Some(key) = record.key.as_deref().filter(|key| key.len() == ROW_KEY) else {
            continue;
        };
        let partition = rows.entry(record.partition).or_default();
        match record.value.as_deref() {
            Some(value) => _ = partition.insert(key, value),
            None => _ = partition.remove(key),
        }
    }
    let mut wrong = Vec::new();
    let mut looked_at = 0;
    for ((topic, partition), (_, stamp)) in &dump.committed {
        if topic != MAILBOX {
            continue;
        }
        let empty = HashMap::new();
        let found = rows.remove(partition);
        let found = found.as_ref().unwrap_or(&empty);
        looked_at += found.len();
        let sum = found
            .iter()
            .map(|(key, value)| XxHash3_64::oneshot(&[*key, *value].concat()));
        let sum = sum.fold(0, u64::wrapping_add);
        let found = format!("{}:{sum:x}", found.len());
        // `heard2 NUMBER SEEN CLOCK ROWS WRITER`.
        let live = stamp.split(' ').nth(4).unwrap_or("-");
        if live != found && !(live == "-" && found == "0:0") {
            wrong.push(format!(
                "{CHANGELOG} {partition} comes to {found}, its worker had {live}"
            ));
        }
    }
    let left = rows
        .keys()
        .map(|partition| format!("{CHANGELOG} {partition} has rows, and nothing was committed"));
    wrong.extend(left);
    Verdict::new(
        "O6",
        "the changelog's rows are those that workers had",
        (looked_at, "rows"),
        wrong,
    )
}

/// O7: in inputs and mailbox, nothing lies at the committed offset or after it.
pub fn everything_is_taken_in(dump: &Dump) -> Verdict {
    let mut wrong = Vec::new();
    let mut looked_at = 0;
    for (topic, records) in &dump.topics {
        if kind(topic).is_none() && topic != MAILBOX {
            continue;
        }
        let mut left: HashMap<i32, (usize, i64)> = HashMap::new();
        for record in records {
            let at = (topic.clone(), record.partition);
            let committed = dump.committed.get(&at).map_or(0, |(offset, _)| *offset);
            if record.offset >= committed {
                left.entry(record.partition).or_insert((0, committed)).0 += 1;
            }
        }
        looked_at += partitions(dump, topic);
        wrong.extend(left.into_iter().map(|(partition, (count, committed))| {
            format!("{topic} {partition}: {count} records from {committed} on are not taken in")
        }));
        // A committed offset beyond the end is of records that are not there.
        for (at, (committed, _)) in dump.committed.iter().filter(|(at, _)| at.0 == *topic) {
            let end = dump.ends.get(at).map_or(0, |ends| ends.high_watermark);
            if *committed > end {
                wrong.push(format!(
                    "{topic} {}: {committed} is committed, and it ends at {end}",
                    at.1
                ));
            }
        }
    }
    Verdict::new(
        "O7",
        "committed offsets are where no input is left",
        (looked_at, "partitions"),
        wrong,
    )
}

/// O9.
pub fn nothing_is_open(dump: &Dump) -> Verdict {
    let open = dump
        .ends
        .iter()
        .filter(|(_, ends)| ends.last_stable != ends.high_watermark);
    let wrong = open.map(|((topic, partition), ends)| {
        let (stable, end) = (ends.last_stable, ends.high_watermark);
        format!("{topic} {partition} is stable up to {stable} of {end}")
    });
    let looked_at = (dump.ends.len(), "partitions");
    Verdict::new("O9", "no transaction is left open", looked_at, wrong.collect())
}

fn partitions(dump: &Dump, topic: &str) -> usize {
    dump.ends
        .keys()
        .filter(|(name, _): &&Partition| name == topic)
        .count()
}
