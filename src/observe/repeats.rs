//! Log lines of what happens over and over: one a reason, topic and minute, with the count.

use std::collections::BTreeMap;
use std::time::Duration;

use tracing::Level;

use super::metrics::reason;
use crate::engine::Event;
use crate::log::Topic;

/// From one line of a kind to the next.
const PAUSE: Duration = Duration::from_secs(60);

/// What comes record by record is counted for so long before its first line: a batch that cannot be used is one line.
const GATHER: Duration = Duration::from_secs(1);

/// By what name filters of the log know these lines: it is the engine that tells.
const TARGET: &str = "heard::engine::event";

/// What is told together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    what: &'static str,
    reason: &'static str,
    topic: Option<Topic>,
}

/// How often one kind has happened since its last line.
#[derive(Debug)]
struct Tally {
    level: Level,
    worker: usize,
    /// When its next line is due, in running time.
    due: Duration,
    count: u64,
    /// The first of them, in words, and when that was.
    first: String,
    since: Duration,
}

/// A line of the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    level: Level,
    worker: usize,
    count: u64,
    text: String,
}

impl Line {
    /// Writes it.
    pub fn say(self) {
        let Self {
            level,
            worker,
            count,
            text,
        } = self;
        macro_rules! say {
            ($level:ident) => {
                match count {
                    1 => tracing::$level!(target: TARGET, worker, "{text}"),
                    _ => tracing::$level!(target: TARGET, worker, count, "{text}"),
                }
            };
        }
        match level {
            Level::ERROR => say!(error),
            Level::WARN => say!(warn),
            Level::INFO => say!(info),
            _ => say!(debug),
        }
    }
}

/// What has happened and is not told yet. There are as many kinds as reasons and topics, whatever comes in.
#[derive(Debug, Default)]
pub(super) struct Repeats(BTreeMap<Kind, Tally>);

impl Repeats {
    /// Something has happened; the line that tells it, if it is told now.
    pub fn happened(&mut self, worker: usize, event: &Event, now: Duration) -> Option<Line> {
        let level = event.level();
        let single = || Line {
            level,
            worker,
            count: 1,
            text: event.to_string(),
        };
        let Some((kind, by_record)) = kind(event) else {
            return Some(single());
        };
        if let Some(tally) = self.0.get_mut(&kind) {
            if tally.count == 0 {
                (tally.first, tally.since) = (event.to_string(), now);
            }
            tally.count += 1;
            return None;
        }
        let tally = Tally {
            level,
            worker,
            due: now + if by_record { GATHER } else { PAUSE },
            count: u64::from(by_record),
            first: if by_record {
                event.to_string()
            } else {
                String::new()
            },
            since: now,
        };
        self.0.insert(kind, tally);
        (!by_record).then(single)
    }

    /// The lines that are due. What has not happened for as long as its next line would have taken is forgotten.
    pub fn due(&mut self, now: Duration) -> Vec<Line> {
        self.0.retain(|_, tally| tally.count > 0 || now < tally.due);
        let due = self.0.values_mut().filter(|tally| tally.due <= now);
        due.map(|tally| tally.line(now)).collect()
    }

    /// The lines of all that is not told yet.
    pub fn rest(&mut self, now: Duration) -> Vec<Line> {
        let rest = self.0.values_mut().filter(|tally| tally.count > 0);
        rest.map(|tally| tally.line(now)).collect()
    }
}

impl Tally {
    fn line(&mut self, now: Duration) -> Line {
        let count = std::mem::take(&mut self.count);
        let mut text = std::mem::take(&mut self.first);
        if count > 1 {
            let seconds = now.saturating_sub(self.since).as_secs().max(1);
            text.push_str(&format!(
                "; and {} more of this kind within {seconds} s",
                count - 1
            ));
        }
        self.due = now + PAUSE;
        Line {
            level: self.level,
            worker: self.worker,
            count,
            text,
        }
    }
}

/// With which others an event is told, and whether it may come with every record; `None`: by itself, since it is rare or
/// each of them matters.
fn kind(event: &Event) -> Option<(Kind, bool)> {
    let of = |what, reason, topic: Option<&Topic>, by_record| {
        let topic = topic.cloned();
        Some((Kind { what, reason, topic }, by_record))
    };
    match event {
        Event::DeadLettered {
            partition,
            reason: why,
            ..
        } => of("dead letter", reason(why.code), Some(&partition.topic), true),
        Event::TimerParked {
            partition,
            reason: why,
            ..
        } => of("timer", reason(why.code), Some(&partition.topic), true),
        Event::PublishFailed {
            partition,
            reason: why,
            ..
        } => of("publication", reason(why.code), Some(&partition.topic), true),
        Event::SalvageFailed {
            partition,
            reason: why,
            ..
        } => of("salvage", reason(why.code), Some(&partition.topic), true),
        Event::CorruptRow { partition, .. } => of("row", "", Some(&partition.topic), true),
        Event::Blocked { partition, .. } => of("blocked", "", Some(&partition.topic), false),
        Event::RestoreStalls { partition, .. } => of("restore", "", Some(&partition.topic), false),
        Event::OpenInput { partition, .. } => of("open input", "", Some(&partition.topic), false),
        Event::SlowCommit(_) => of("slow commit", "", None, false),
        Event::Aborted(error) => of("aborted", error.during, None, false),
        Event::UpkeepFailed(error) => of("upkeep", error.during, None, false),
        Event::OutcomeLearnt { committed: true } => of("outcome", "committed", None, false),
        Event::OutcomeLearnt { committed: false } => of("outcome", "aborted", None, false),
        Event::Backpressure { paused: true, .. } => of("backpressure", "paused", None, false),
        Event::Backpressure { paused: false, .. } => of("backpressure", "resumed", None, false),
        Event::ClockOff { .. } => of("clock", "off", None, false),
        Event::ClockRight { .. } => of("clock", "right", None, false),
        Event::FromEarliest { .. }
        | Event::Restored { .. }
        | Event::Rebuilt(_)
        | Event::ClockMoved { .. }
        | Event::ClockUnchecked(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tracing::Level;

    use super::{Line, Repeats};
    use crate::engine::Event;
    use crate::log::{ErrorKind, LogError, TopicPartition};
    use crate::model::Millis;
    use crate::processor::Rejection;

    fn dead(topic: &str, code: &'static str, offset: i64) -> Event {
        Event::DeadLettered {
            partition: TopicPartition::new(topic.into(), 0),
            offset,
            timestamp: Millis(0),
            reason: Rejection::new(code, "no Avro"),
        }
    }

    fn texts(lines: Vec<Line>) -> Vec<String> {
        lines.into_iter().map(|line| line.text).collect()
    }

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// CASES 42.
    #[test]
    fn three_thousand_records_that_are_no_avro_are_a_line_a_minute() {
        let mut repeats = Repeats::default();
        for offset in 0..3_000 {
            assert_eq!(repeats.happened(0, &dead("in", "bad_magic", offset), s(5)), None);
        }
        assert!(repeats.due(s(5)).is_empty());
        let lines = repeats.due(s(6));
        assert_eq!(
            (lines.len(), lines[0].count, lines[0].level),
            (1, 3_000, Level::WARN)
        );
        assert_eq!(
            texts(lines),
            ["in-0 offset 0 to the dead letters: bad_magic: no Avro; and 2999 more of this kind within 1 s"]
        );
        // More of them within the minute: they wait for its end.
        for offset in 3_000..3_010 {
            assert_eq!(repeats.happened(0, &dead("in", "bad_magic", offset), s(7)), None);
        }
        assert!(repeats.due(s(65)).is_empty());
        assert_eq!(repeats.due(s(66))[0].count, 10);
        // A minute without: the next one is as the first.
        assert!(repeats.due(s(126)).is_empty());
        assert_eq!(repeats.happened(0, &dead("in", "bad_magic", 9_000), s(200)), None);
        assert_eq!(
            texts(repeats.due(s(201))),
            ["in-0 offset 9000 to the dead letters: bad_magic: no Avro"]
        );
    }

    #[test]
    fn each_reason_and_topic_has_its_line() {
        let mut repeats = Repeats::default();
        for (topic, code) in [
            ("a", "bad_magic"),
            ("a", "truncated"),
            ("b", "bad_magic"),
            ("a", "bad_magic"),
        ] {
            repeats.happened(0, &dead(topic, code, 1), s(0));
        }
        let counts: Vec<_> = repeats.due(s(1)).iter().map(|line| line.count).collect();
        assert_eq!(counts, [2, 1, 1]);
        assert!(repeats.rest(s(2)).is_empty());
        repeats.happened(0, &dead("a", "bad_magic", 1), s(2));
        assert_eq!(
            repeats.rest(s(2)).len(),
            1,
            "what was not told yet is told at the end"
        );
    }

    #[test]
    fn what_is_no_matter_of_single_records_is_told_at_once_and_then_counted() {
        let aborted = || Event::Aborted(LogError::new(ErrorKind::Retriable, "flushing", "no broker"));
        let mut repeats = Repeats::default();
        assert_eq!(
            repeats.happened(1, &aborted(), s(0)).map(|line| line.text),
            Some("transaction aborted: flushing: no broker".into())
        );
        for second in 1..60 {
            assert_eq!(repeats.happened(1, &aborted(), s(second)), None);
            assert!(repeats.due(s(second)).is_empty());
        }
        assert_eq!(
            texts(repeats.due(s(60))),
            ["transaction aborted: flushing: no broker; and 58 more of this kind within 59 s"]
        );
        let fenced = Event::Rebuilt(LogError::new(ErrorKind::Fenced, "committing", "x"));
        for _ in 0..2 {
            assert!(
                repeats.happened(1, &fenced, s(0)).is_some(),
                "each of them matters"
            );
        }
    }
}
