//! What is left to read, in records and in time.

use std::collections::BTreeMap;

use super::plan::Plan;
use crate::log::{Ends, TopicPartition};
use crate::model::Millis;

/// What is left to read, by kind of topic.
#[derive(Debug, Default)]
pub(super) struct Lags {
    of_topics: BTreeMap<&'static str, Lag>,
    /// The partitions that are read here, as they were looked at.
    looked_at: BTreeMap<TopicPartition, LookedAt>,
}

/// What is left to read of topics of one kind.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lag {
    /// How many records.
    pub records: i64,
    /// Offsets behind open transactions.
    pub held_back: i64,
    /// The earliest record among them is no older than this; `None`: there is none.
    pub since: Option<Millis>,
}

/// A partition, as it was looked at.
#[derive(Clone, Copy, Debug)]
struct LookedAt {
    first: Millis,
    /// When nothing was left to read last, if that was ever so.
    caught_up: Option<Millis>,
}

impl Lags {
    /// Looks at partitions that are read here, at these positions. `logged` says when the log received what was
    /// read of one last.
    ///
    /// What is left was not there before the record read before it, nor when nothing was left: of these the later
    /// counts. Where neither is known, it is since it was looked at first.
    pub fn look(
        &mut self,
        plan: &Plan,
        partitions: &[(TopicPartition, i64)],
        ends: &[Ends],
        logged: impl Fn(&TopicPartition) -> Option<Millis>,
        now: Millis,
    ) {
        self.of_topics.clear();
        let before = std::mem::take(&mut self.looked_at);
        for ((partition, position), ends) in partitions.iter().zip(ends) {
            let left = ends.lag(*position);
            let first = LookedAt {
                first: now,
                caught_up: None,
            };
            let mut looked = before.get(partition).copied().unwrap_or(first);
            let lag = self
                .of_topics
                .entry(plan.topic_kind(&partition.topic))
                .or_default();
            lag.records += left;
            lag.held_back += ends.held_back();
            if left > 0 {
                let since = logged(partition).max(looked.caught_up).unwrap_or(looked.first);
                lag.since = Some(lag.since.map_or(since, |known| known.min(since)));
            } else {
                looked.caught_up = Some(now);
            }
            self.looked_at.insert(partition.clone(), looked);
        }
    }

    /// By kind of topic.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Lag)> {
        self.of_topics.iter().map(|(&topic, &lag)| (topic, lag))
    }
}
