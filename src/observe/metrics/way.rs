//! What is told of the way itself: lag in time, commits and their steps, events, restores.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::config::rules::RuleSettings;
use crate::engine::{ManualClock, Reading, Spent};
use crate::intake::InputKind;
use crate::log::ErrorKind;
use crate::processor::{Delivered, Figures};

const NOW: Millis = Millis(1_764_522_000_000);
const LAG: &str = "heard_lag_records{topic=\"complaints\"}";
const LAG_SECONDS: &str = "heard_lag_seconds{topic=\"complaints\"}";

struct Process {
    metrics: Metrics,
    clock: Arc<ManualClock>,
}

impl Process {
    fn new() -> Self {
        let inputs = [(
            InputKind::Complaints,
            Some("social".to_owned()),
            Topic::new("complaints.social"),
        )];
        let plan = Plan::new(&RuleSettings::default(), inputs, "interactions".into());
        let clock = Arc::new(ManualClock::new(NOW));
        Self {
            metrics: Metrics::new(plan, clock.clone()),
            clock,
        }
    }

    fn stands(&self, status: Status) {
        self.metrics.stands(
            0,
            Status {
                joined: true,
                ..status
            },
        );
    }

    /// Records before `position` of partition 0 are read, the last of which the log received then; there are some
    /// before `end`.
    fn reads(&self, position: i64, logged: Option<Millis>, end: i64) {
        let partition = TopicPartition::new("complaints.social".into(), 0);
        self.stands(Status {
            reading: vec![Reading {
                partition: partition.clone(),
                input: Some(0),
                position,
                logged,
            }],
            ..Status::default()
        });
        let ends = Ends {
            start: 0,
            last_stable: end,
            high_watermark: end,
        };
        self.metrics.lags(&[(partition, position)], &[ends]);
    }

    fn seconds_pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    fn shows(&self, series: &str) -> Option<f64> {
        let scrape = self.metrics.scrape();
        let mut lines = scrape.lines();
        lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
    }

    /// How many records there are to read, and for how long at most they have been.
    fn lag(&self) -> [Option<f64>; 2] {
        [LAG, LAG_SECONDS].map(|series| self.shows(series))
    }
}

#[test]
fn a_record_waits_since_the_one_before_it_or_since_nothing_was_left() {
    let minutes_ago = |minutes: i64| Some(NOW.plus(-60_000 * minutes));
    let process = Process::new();
    // It has just begun, and nobody knows how old what is there is.
    process.reads(0, None, 100);
    assert_eq!(process.lag(), [100.0, 0.0].map(Some));
    process.seconds_pass(5);
    process.reads(0, None, 100);
    assert_eq!(process.lag(), [100.0, 5.0].map(Some));
    // An hour old is what it has read last.
    process.reads(40, minutes_ago(60), 100);
    assert_eq!(process.lag(), [60.0, 3_605.0].map(Some));
    process.reads(100, minutes_ago(10), 100);
    assert_eq!(process.lag(), [0.0, 0.0].map(Some));
    // A record comes after half an hour of silence: it is not as old as the one before.
    process.seconds_pass(1_800);
    process.reads(100, minutes_ago(10), 100);
    process.seconds_pass(5);
    process.reads(100, minutes_ago(10), 101);
    assert_eq!(process.lag(), [1.0, 5.0].map(Some));
    // Nobody reads it, and nobody asks: it grows.
    process.seconds_pass(25);
    assert_eq!(process.lag(), [1.0, 30.0].map(Some));
}

#[test]
fn a_commit_tells_when_it_was_and_how_long_its_steps_took() {
    let process = Process::new();
    assert_eq!(
        process.shows("heard_last_commit_timestamp_seconds{worker=\"1\"}"),
        None
    );
    process.seconds_pass(7);
    let ms = Duration::from_millis;
    let took = CommitTook {
        spent: Spent {
            taking: ms(11),
            applying: ms(21),
            packing: ms(31),
        },
        whole: ms(150),
        writing: ms(41),
        flushing: ms(51),
        ending: ms(58),
    };
    process.metrics.committed(1, &took);
    let at = process.shows("heard_last_commit_timestamp_seconds{worker=\"1\"}");
    assert_eq!(at, Some(NOW.0 as f64 / 1000.0 + 7.0));
    for (step, seconds) in [
        ("take", 0.011),
        ("apply", 0.021),
        ("pack", 0.031),
        ("write", 0.041),
        ("acknowledge", 0.051),
        ("end", 0.058),
    ] {
        let sum = process.shows(&format!("heard_transaction_step_seconds_sum{{step=\"{step}\"}}"));
        assert_eq!(sum, Some(seconds), "{step}");
    }
}

#[test]
fn a_complaint_that_came_days_late_has_both_its_latencies() {
    let process = Process::new();
    let delivered = [Delivered {
        logged: NOW.plus(-40),
        said: NOW.plus(-3 * 86_400_000),
    }];
    let figured = Figured {
        figures: &Figures::default(),
        delivered: &delivered,
        at: NOW,
    };
    process.metrics.figured(0, &figured);
    for (series, expected) in [
        ("heard_work_item_latency_seconds_sum", 0.04),
        ("heard_work_item_event_latency_seconds_sum", 259_200.0),
        ("heard_work_item_event_latency_seconds_bucket{le=\"86400\"}", 0.0),
        ("heard_work_item_event_latency_seconds_bucket{le=\"604800\"}", 1.0),
    ] {
        assert_eq!(process.shows(series), Some(expected), "{series}");
    }
}

#[test]
fn every_event_is_counted_by_its_name_and_errors_by_what_they_mean() {
    let process = Process::new();
    let event = |name: &str| process.shows(&format!("heard_engine_events_total{{event=\"{name}\"}}"));
    let error = |kind: &str| process.shows(&format!("heard_client_errors_total{{kind=\"{kind}\"}}"));
    for name in Event::NAMES {
        assert_eq!(event(name), Some(0.0), "{name} is there from the start");
    }
    let retriable = || LogError::new(ErrorKind::Retriable, "purging", "no broker");
    for event in [
        Event::Aborted(LogError::new(ErrorKind::Abortable, "sending", "timed out")),
        Event::UpkeepFailed(retriable()),
        Event::UpkeepFailed(retriable().denied(true)),
        Event::Backpressure { paused: true, lag: 9 },
        Event::Restored {
            partition: TopicPartition::new("interactions".into(), 0),
            rows: 1,
            records: 2,
            warm: false,
            took: Duration::from_secs(2),
        },
    ] {
        assert!(Event::NAMES.contains(&event.name()), "{}", event.name());
        process.metrics.event(0, &event);
    }
    process.metrics.unanswered(NOW, &retriable());
    assert_eq!((event("aborted"), event("upkeep_failed")), (Some(1.0), Some(2.0)));
    assert_eq!(
        (event("inputs_paused"), event("inputs_resumed")),
        (Some(1.0), Some(0.0))
    );
    assert_eq!((error("abortable"), error("retriable")), (Some(1.0), Some(2.0)));
    assert_eq!((error("denied"), error("fatal")), (Some(1.0), Some(0.0)));
    assert_eq!(process.shows("heard_restore_seconds_sum"), Some(2.0));
}

#[test]
fn what_is_left_to_restore_and_who_waits_is_told_while_it_is_so() {
    let process = Process::new();
    let restoring = Status {
        to_restore: 1_200,
        paused: true,
        ..Status::default()
    };
    for (status, left, paused) in [(restoring, 1_200.0, 1.0), (Status::default(), 0.0, 0.0)] {
        process.stands(status);
        assert_eq!(process.shows("heard_restore_left_records"), Some(left));
        assert_eq!(process.shows("heard_inputs_paused"), Some(paused));
    }
}
