//! The receipt: what was erased, and which topics hold something of the person until when.

use serde_json::{Value, json};

use super::carriers::Found;
use super::seen::Seen;
use crate::cli::render::{Align, table, time};
use crate::cli::{Exit, Failure, connect};
use crate::config::{Settings, TopicKind};
use crate::log::Log as _;
use crate::log::kafka::KafkaLog;
use crate::log::{Topic, TopicSpec};
use crate::model::Millis;

/// What is told of a forgetting. Of the person it holds no more than a keyed hash.
pub(super) struct Receipt {
    what: &'static str,
    hash: String,
    at: Millis,
    /// The customer's records: where they were, and how their keys are written.
    keys: Vec<Key>,
    /// Whether a customer is meant of whom nothing was ever seen.
    is_unknown: bool,
    /// What named them before.
    before: Seen,
    /// What names them after that; `None`: nobody looked.
    pub after: Option<Seen>,
    /// Whether it was done, or only told.
    pub sent: bool,
    /// Whether it was taken in; `None`: nobody waited for that.
    pub taken_in: Option<bool>,
    pub topics: Vec<Kept>,
}

/// The key of a customer's record, without whom it names.
struct Key {
    partition: i32,
    offset: i64,
    shape: String,
    names_them: bool,
}

/// How long a topic may still hold something of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    topic: Topic,
    how: How,
}

/// Why it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
enum How {
    /// Compaction removes what was overwritten or deleted, by this time at the latest.
    Compacted(Millis),
    /// Compaction does, but nothing says by when.
    CompactedSometime,
    /// What is older than the topic's retention is deleted, by this time at the latest.
    Retained(Millis),
    /// The topic keeps everything.
    Unlimited,
    /// Purged as soon as it is taken in.
    Purged,
    /// There is no such topic.
    Missing,
}

impl How {
    /// Of a topic with these settings.
    fn of(settings: &[(String, String)], at: Millis) -> Self {
        let text = |name: &str| {
            let setting = settings.iter().find(|(known, _)| known == name);
            setting.map(|(_, value)| value.as_str())
        };
        // What is no number, or more than can be counted, is no limit.
        let ms = |name: &str| {
            let parsed = text(name).and_then(|value| value.parse::<i64>().ok());
            parsed.filter(|ms| (0..i64::MAX).contains(ms))
        };
        let policy = text("cleanup.policy").unwrap_or("delete");
        let deleted = ms("retention.ms").filter(|_| policy.contains("delete"));
        let deleted = deleted.map(|retention| {
            // A segment goes when the youngest of its records is old enough.
            let segment = ms("segment.ms").unwrap_or_default();
            Self::Retained(at.plus(retention.saturating_add(segment)))
        });
        if policy.contains("compact") {
            let lag = ms("max.compaction.lag.ms").map(|lag| Self::Compacted(at.plus(lag)));
            return lag.or(deleted).unwrap_or(Self::CompactedSometime);
        }
        deleted.unwrap_or(Self::Unlimited)
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Compacted(_) | Self::CompactedSometime => "compacted",
            Self::Retained(_) => "retention",
            Self::Unlimited => "unlimited",
            Self::Purged => "purged",
            Self::Missing => "missing",
        }
    }

    fn until(&self) -> Option<Millis> {
        match self {
            Self::Compacted(until) | Self::Retained(until) => Some(*until),
            Self::CompactedSometime | Self::Unlimited | Self::Purged | Self::Missing => None,
        }
    }

    /// What is to be done about it, if anything.
    fn left(&self, topic: &Topic) -> Option<String> {
        let mend = |setting: &str| {
            format!(
                "kafka-configs.sh --alter --entity-type topics --entity-name {topic} --add-config {setting}"
            )
        };
        match self {
            Self::CompactedSometime => Some(format!(
                "{topic} says not by when it is compacted. Mend it with: {}",
                mend("max.compaction.lag.ms=86400000")
            )),
            Self::Unlimited => Some(format!(
                "{topic} keeps everything for ever, and with it what the person wrote. Limit it with: {}",
                mend("retention.ms=<milliseconds>")
            )),
            _ => None,
        }
    }
}

/// Every topic that may hold something of a person, as the brokers keep it.
pub(super) fn topics(settings: &Settings, log: &KafkaLog, at: Millis) -> Result<Vec<Kept>, Failure> {
    let specs = settings.topics.specs(&settings.rules);
    let mailbox = settings.topics.topic(TopicKind::Interactions);
    let all: Vec<Topic> = specs.into_iter().map(|TopicSpec { topic, .. }| topic).collect();
    let there = connect::waiting(settings, || log.partitions(&all)).map_err(connect::failed(settings))?;
    let there: Vec<Topic> = there.into_iter().map(|(topic, _)| topic).collect();
    let kept =
        connect::waiting(settings, || log.topic_settings(&there)).map_err(connect::failed(settings))?;
    Ok(all
        .into_iter()
        .map(|topic| {
            let known = there.iter().position(|known| *known == topic);
            let how = match known {
                None => How::Missing,
                Some(_) if topic == mailbox => How::Purged,
                Some(place) => How::of(&kept[place], at),
            };
            Kept { topic, how }
        })
        .collect())
}

impl Receipt {
    pub fn new(what: &'static str, hash: String, at: Millis, found: &Found, before: Seen) -> Self {
        let keys = found.carriers.iter().map(|carrier| Key {
            partition: carrier.partition,
            offset: carrier.offset,
            shape: carrier.shape.clone(),
            names_them: carrier.names_them,
        });
        Self {
            what,
            hash,
            at,
            keys: keys.collect(),
            is_unknown: what == "customer" && !before.any() && !found.was_dropped,
            before,
            after: None,
            sent: false,
            taken_in: None,
            topics: Vec::new(),
        }
    }

    /// What somebody still has to do.
    fn left(&self) -> Vec<String> {
        let mut left: Vec<String> = self
            .topics
            .iter()
            .filter_map(|kept| kept.how.left(&kept.topic))
            .collect();
        if let Some(after) = self.after
            && (after.records, after.cases) != (0, 0)
        {
            let what = format!(
                "Something still names them: {}. Run the command again.",
                list(after)
            );
            left.insert(0, what);
        }
        if self.is_unknown {
            let what = "No such customer was ever seen: is the id spelt as in the CRM's records?";
            left.insert(0, what.into());
        }
        if self.taken_in == Some(false) {
            left.insert(
                0,
                "It has not been taken in yet: that happens as soon as `heard run` has read it. Until then cases and \
                 state are as they were."
                    .into(),
            );
        }
        left
    }

    fn state(&self) -> &'static str {
        match (self.sent, self.taken_in) {
            (false, _) => "nothing was done (--dry-run)",
            (true, Some(true)) if self.is_unknown => "taken in; no such customer was ever seen",
            (true, Some(true)) => "taken in: no case and no state names them any more",
            (true, Some(false)) => "sent, not yet taken in",
            (true, None) => "sent; takes effect when `heard run` has read it",
        }
    }

    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!("{} {}", self.what, self.hash),
            format!("forgotten at {}", time(self.at.0)),
            format!("state: {}", self.state()),
            counted(self.before),
        ];
        if let Some(after) = self.after {
            lines.push(match after.any() {
                true => format!("seen after that: {}", list(after)),
                false => "seen after that: nothing names them".into(),
            });
        }
        lines.extend(self.keys.iter().map(|key| {
            let Key {
                partition,
                offset,
                shape,
                ..
            } = key;
            let only = if key.names_them {
                ""
            } else {
                ", which does not name them"
            };
            format!(
                "record in partition {partition} at offset {offset}, under a key written as {shape}{only}"
            )
        }));
        lines.push(String::new());
        let columns = [
            ("topic", Align::Left),
            ("ends by", Align::Left),
            ("at the latest", Align::Left),
        ];
        let rows: Vec<Vec<String>> = self
            .topics
            .iter()
            .filter(|kept| kept.how != How::Missing)
            .map(|kept| {
                let until = match &kept.how {
                    How::Purged => "once taken in".to_owned(),
                    how => how.until().map_or("never".to_owned(), |until| time(until.0)),
                };
                vec![kept.topic.to_string(), kept.how.name().to_owned(), until]
            })
            .collect();
        lines.extend(table(&columns, &rows));
        let left = self.left();
        if !left.is_empty() {
            lines.push(String::new());
            lines.push("Left to do:".into());
            lines.extend(left.into_iter().map(|line| format!("- {line}")));
        }
        lines
    }

    pub fn as_json(&self) -> Value {
        let topics = self.topics.iter().map(|kept| {
            json!({
                "topic": kept.topic.as_str(),
                "ends_by": kept.how.name(),
                "until": kept.how.until().map(|until| until.0),
            })
        });
        json!({
            "what": self.what,
            "hash": self.hash,
            "at": self.at.0,
            "customer_record": !self.keys.is_empty(),
            "known": !self.is_unknown,
            "keys": self.keys.iter().map(|key| json!({
                "partition": key.partition,
                "offset": key.offset,
                "written_as": key.shape,
                "names_them": key.names_them,
            })).collect::<Vec<_>>(),
            "seen": as_json(self.before),
            "seen_after": self.after.map(as_json),
            "sent": self.sent,
            "taken_in": self.taken_in,
            "topics": topics.collect::<Vec<_>>(),
            "left_to_do": self.left(),
        })
    }

    pub fn exit(&self) -> Exit {
        if self.sent && !self.left().is_empty() {
            Exit::ToDo
        } else {
            Exit::Done
        }
    }
}

/// What was seen, in a line.
pub(super) fn counted(seen: Seen) -> String {
    match seen.any() {
        true => format!("seen: {}", list(seen)),
        false => "seen: no record, no case and no work item names them".into(),
    }
}

fn list(seen: Seen) -> String {
    let Seen { records, cases, work } = seen;
    format!("records of the CRM: {records}, cases: {cases}, cases whose last work item names them: {work}")
}

fn as_json(seen: Seen) -> Value {
    json!({ "records": seen.records, "cases": seen.cases, "work": seen.work })
}

#[cfg(test)]
mod tests {
    use super::How;
    use crate::log::Topic;
    use crate::model::Millis;

    #[test]
    fn by_when_a_topic_holds_nothing_any_more() {
        use How::{Compacted, CompactedSometime, Retained, Unlimited};
        //   given the topic's settings                                            then it ends, from 1000 on
        for (settings, how) in [
            (
                &[
                    ("cleanup.policy", "delete"),
                    ("retention.ms", "50"),
                    ("segment.ms", "7"),
                ][..],
                Retained(Millis(1057)),
            ),
            (&[("cleanup.policy", "delete"), ("retention.ms", "-1")], Unlimited),
            (
                &[
                    ("cleanup.policy", "delete"),
                    ("retention.ms", "9223372036854775807"),
                ],
                Unlimited,
            ),
            (
                &[("cleanup.policy", "compact"), ("max.compaction.lag.ms", "60")],
                Compacted(Millis(1060)),
            ),
            (
                &[
                    ("cleanup.policy", "compact"),
                    ("max.compaction.lag.ms", "9223372036854775807"),
                ],
                CompactedSometime,
            ),
            (
                &[("cleanup.policy", "compact"), ("retention.ms", "50")],
                CompactedSometime, // retention is not in force
            ),
            (
                &[("cleanup.policy", "compact,delete"), ("retention.ms", "50")],
                Retained(Millis(1050)),
            ),
        ] {
            let given: Vec<_> = settings
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect();
            let found = How::of(&given, Millis(1000));
            assert_eq!(found, how, "{settings:?}");
            let is_left = found.left(&Topic::new("t")).is_some();
            assert_eq!(is_left, found.until().is_none(), "{settings:?}");
        }
    }
}
