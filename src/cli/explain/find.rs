//! The record of the case that is asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::wanted::Wanted;
use crate::cli::{Failure, connect};
use crate::config::{Settings, TopicKind};
use crate::explain::time;
use crate::log::{Isolation, Log, Topic, partitioner};
use crate::model::{Case, CaseId};
use crate::wire::Decoder;

/// Cases that are named where several match; there may be thousands under one post.
const NAMED: usize = 20;

/// Finds it in the topic of cases: of a whole id only the partition of its key is read.
pub(super) fn find(settings: &Settings, log: &impl Log, wanted: &Wanted) -> Result<Case, Failure> {
    let topic = settings.topics.topic(TopicKind::Cases);
    let mut found = read(settings, log, &topic, wanted)?;
    let gone = found.values().filter(|case| case.is_none()).count();
    found.retain(|_, case| case.is_some());
    let mut cases: Vec<_> = found.into_values().flatten().collect();
    match cases.len() {
        1 => Ok(cases.remove(0)),
        0 => Err(Failure::NoCase(unknown(&topic, wanted, gone > 0))),
        _ => Err(Failure::NoCase(several(&cases))),
    }
}

/// The latest record of each case that matches; `None` of one that was deleted since.
fn read(
    settings: &Settings,
    log: &impl Log,
    topic: &Topic,
    wanted: &Wanted,
) -> Result<BTreeMap<Vec<u8>, Option<Case>>, Failure> {
    let decoder = Decoder::<Case>::new(Arc::new(connect::registry(&settings.wire)?));
    let mut ranges = connect::ranges(settings, log, std::slice::from_ref(topic), Isolation::Committed)?;
    if let Wanted::Case(id) = wanted {
        let own = partition_of(*id, ranges.len());
        ranges.retain(|(partition, _)| partition.partition == own);
    }
    let mut found = BTreeMap::new();
    let mut unreadable = 0_u64;
    connect::read_ranges(settings, log, ranges, true, |_, record| {
        let key = record.key.unwrap_or_default();
        match record.value.map(|value| decoder.decode(value)) {
            Some(Ok(case)) if wanted.is(&case) => drop(found.insert(key.to_owned(), Some(case))),
            Some(Ok(_)) => drop(found.remove(key)),
            Some(Err(_)) => unreadable += 1,
            None if found.contains_key(key) || wanted.is_key(key) => drop(found.insert(key.to_owned(), None)),
            None => {}
        }
        Ok(())
    })?;
    if unreadable > 0 {
        tracing::warn!(
            unreadable,
            "records of the cases topic that are no cases are left out"
        );
    }
    Ok(found)
}

/// The partition of everything that is keyed by this case, in a topic of so many partitions.
pub(super) fn partition_of(case: CaseId, partitions: usize) -> i32 {
    let count = i32::try_from(partitions.max(1)).unwrap_or(i32::MAX);
    partitioner::partition(case.to_string().as_bytes(), count)
}

fn unknown(topic: &Topic, wanted: &Wanted, deleted: bool) -> String {
    if deleted {
        return format!(
            "{topic} has no such case any more: its messages were taken back, or its person was forgotten. What was \
             told of it may still be there: heard tail case-events --drain."
        );
    }
    let what = match wanted {
        Wanted::Case(_) => "this id",
        Wanted::Beginning(_) => "an id that begins so",
        Wanted::In { .. } => "this source, channel and conversation",
    };
    format!(
        "{topic} has no case with {what}. Is it written right, and has heard run taken it in? `heard tail cases --drain` \
         shows what is there, `heard dlq ls` what could not be used."
    )
}

fn several(cases: &[Case]) -> String {
    let mut cases: Vec<_> = cases.iter().collect();
    cases.sort_by_key(|case| (case.opened_at, case.case_id));
    let lines = cases.iter().take(NAMED).map(|case| {
        let bystander = if case.bystander { ", a bystander's" } else { "" };
        format!(
            "\n  {}  {}, opened {}{bystander}",
            case.case_id,
            case.channel,
            time(case.opened_at)
        )
    });
    let more = match cases.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    format!(
        "{} cases match; name one of them by its whole id:{}{more}",
        cases.len(),
        lines.collect::<String>()
    )
}
