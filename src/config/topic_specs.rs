//! Which topics there must be, and how each is kept (DESIGN.md 3).

use crate::log::{APPEND_TIME, Topic, TopicSpec};

use super::rules::RuleSettings;
use super::topics::{TopicKind, TopicSettings};

/// Within this time compaction removes what was overwritten or deleted, so that a person who is
/// forgotten is gone (ENGINE.md 18). Milliseconds: a day.
const MAX_COMPACTION_LAG_MS: &str = "86400000";
/// Compaction starts when this share of a partition is outdated.
const MIN_DIRTY_RATIO: &str = "0.1";

impl TopicSettings {
    /// All topics that `heard` reads or writes.
    pub fn specs(&self, rules: &RuleSettings) -> Vec<TopicSpec> {
        let channels = rules.channels.keys();
        let inputs = channels.flat_map(|channel| [self.complaints(channel), self.responses(channel)]);
        let inputs = inputs.map(|topic| self.spec(topic, Policy::Retained, true));
        let others = TopicKind::ALL.map(|kind| {
            let (policy, input) = policy(kind);
            self.spec(self.topic(kind), policy, input)
        });
        inputs.chain(others).collect()
    }

    fn spec(&self, topic: Topic, policy: Policy, input: bool) -> TopicSpec {
        let partitions = if input {
            self.input_partitions
        } else {
            self.partitions
        };
        let settings: &[(&str, &str)] = match policy {
            Policy::Retained => &[("cleanup.policy", "delete")],
            Policy::UntilPurged => &[
                ("cleanup.policy", "delete"),
                ("retention.ms", "-1"),
                ("retention.bytes", "-1"),
            ],
            Policy::Compacted => &[
                ("cleanup.policy", "compact"),
                ("max.compaction.lag.ms", MAX_COMPACTION_LAG_MS),
                ("min.cleanable.dirty.ratio", MIN_DIRTY_RATIO),
            ],
        };
        // What heard writes has the brokers' time: no machine's clock puts a record into the future, where it would be kept
        // for longer, or be refused; and a write tells what time it is there.
        let time = (!input).then_some(APPEND_TIME);
        let settings = settings
            .iter()
            .chain(&time)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        TopicSpec {
            topic,
            partitions: i32::try_from(partitions.get()).unwrap_or(i32::MAX),
            replication: self
                .replication
                .map_or(-1, |n| i16::try_from(n.get()).unwrap_or(i16::MAX)),
            settings: settings.collect(),
        }
    }
}

enum Policy {
    /// Ends by the broker's retention.
    Retained,
    /// Ends when the engine deletes what it has committed (ENGINE.md 11).
    UntilPurged,
    /// The latest record of each key stays.
    Compacted,
}

/// How a topic is kept, and whether it is an input.
fn policy(kind: TopicKind) -> (Policy, bool) {
    match kind {
        TopicKind::Updates | TopicKind::Surveys => (Policy::Retained, true),
        TopicKind::Customers => (Policy::Compacted, true),
        TopicKind::Interactions => (Policy::UntilPurged, false),
        TopicKind::Changelog | TopicKind::Cases => (Policy::Compacted, false),
        TopicKind::HandlingOnstage
        | TopicKind::HandlingOffstage
        | TopicKind::CaseEvents
        | TopicKind::Signals
        | TopicKind::DeadLetters => (Policy::Retained, false),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::config::{RuleSettings, TopicSettings};
    use crate::log::APPEND_TIME;

    #[test]
    fn every_topic_once_with_its_policy() {
        let mut settings = TopicSettings::default();
        settings.prefix = "x.".into();
        settings.partitions = 3.try_into().expect("three is not zero");
        let specs = settings.specs(&RuleSettings::default());
        let names: BTreeSet<_> = specs.iter().map(|spec| spec.topic.as_str()).collect();
        assert_eq!(names.len(), specs.len());
        assert_eq!(specs.len(), 8 * 2 + 11);
        let of = |name: &str| {
            let spec = specs.iter().find(|spec| spec.topic.as_str() == name).expect(name);
            let policy = spec.settings.iter().find(|(key, _)| key == "cleanup.policy");
            (spec.partitions, policy.expect("each has one").1.as_str())
        };
        for spec in &specs {
            let name = spec.topic.as_str();
            let written = ["inter", "case", "handling.", "signals", "dead-"];
            let has_time = spec
                .settings
                .iter()
                .any(|(key, value)| (&**key, &**value) == APPEND_TIME);
            assert_eq!(
                has_time,
                written.iter().any(|start| name[2..].starts_with(start)),
                "{name}"
            );
        }
        for (name, expected) in [
            ("x.complaints.social", (12, "delete")),
            ("x.customers", (12, "compact")),
            ("x.interactions", (3, "delete")),
            ("x.interactions-changelog", (3, "compact")),
            ("x.cases", (3, "compact")),
            ("x.case-events", (3, "delete")),
        ] {
            assert_eq!(of(name), expected, "{name}");
        }
    }
}
