//! O8: a reader of committed records never saw anything that is not there in the end.

use std::collections::HashMap;

use super::Verdict;
use crate::evidence::Evidence;
use crate::ledger::digest;

/// O8: what it saw of each partition is how that begins, without a gap.
pub fn saw_a_prefix(evidence: &Evidence) -> Verdict {
    let mut stored: HashMap<(&str, i32), Vec<(i64, u64)>> = HashMap::new();
    for (topic, records) in &evidence.dump.topics {
        for record in records {
            let digest = digest(record.key.as_deref(), record.value.as_deref());
            stored
                .entry((topic, record.partition))
                .or_default()
                .push((record.offset, digest));
        }
    }
    let mut next: HashMap<(&str, i32), usize> = HashMap::new();
    let mut wrong = Vec::new();
    for seen in &evidence.seen {
        let place = &seen.place;
        let at = (evidence.short(&place.topic), place.partition);
        let next = next.entry(at).or_default();
        let there = stored.get(&at).and_then(|records| records.get(*next));
        *next += 1;
        if there != Some(&(place.offset, seen.digest)) {
            wrong.push(format!(
                "{} {}:{}: what was seen is not there now",
                place.topic, place.partition, place.offset
            ));
        }
    }
    Verdict::new(
        "O8",
        "a reader on the way saw how it begins",
        (evidence.seen.len(), "records"),
        wrong,
    )
}
