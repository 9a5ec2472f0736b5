//! CASES 41 and 42: what is told while the brokers are away, and of what cannot be used again and again.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::*;
use crate::config::rules::RuleSettings;
use crate::desk::figures::{ChannelTag, Waiting};
use crate::engine::{ManualClock, Queue};
use crate::intake::InputKind;
use crate::log::ErrorKind;
use crate::model::Stage;
use crate::processor::{Rejection, Totals};

const NOW: Millis = Millis(1_764_522_000_000);
const WAITING: &str = "heard_cases_waiting{channel=\"social\",stage=\"onstage\"}";
const OLDEST: &str = "heard_oldest_waiting_case_age_seconds{channel=\"social\",stage=\"onstage\"}";
const LAG: &str = "heard_lag_records{topic=\"complaints\"}";
const AGE: &str = "heard_known_age_seconds{of=\"cases\"}";
const AGE_OF_LAG: &str = "heard_known_age_seconds{of=\"lag\"}";
const UNREACHABLE: &str = "heard_brokers_unreachable_seconds";

struct Process {
    metrics: Metrics,
    clock: Arc<ManualClock>,
}

impl Process {
    /// One worker that has five people who wait, the first for an hour, and seven records to read.
    fn at_work() -> Self {
        let inputs = [(
            InputKind::Complaints,
            Some("social".to_owned()),
            Topic::new("complaints.social"),
        )];
        let plan = Plan::new(&RuleSettings::default(), inputs, "interactions".into()).at("one:9092");
        let clock = Arc::new(ManualClock::new(NOW));
        let process = Self {
            metrics: Metrics::new(plan, clock.clone()),
            clock,
        };
        process.stands(true, true, false);
        process.learns_lag();
        process
    }

    fn stands(&self, joined: bool, holds: bool, restores: bool) {
        let queue = ChannelTag::of("social").queue(Stage::Onstage, Waiting::ForReply);
        let held = Held {
            number: 3,
            rows: 5,
            bytes: 100,
            queues: vec![Queue {
                number: queue,
                length: 5,
                oldest: NOW.plus(-3_600_000),
            }],
            totals: Totals::default(),
        };
        let mailbox = TopicPartition::new("interactions".into(), 3);
        let status = Status {
            joined,
            held: if holds { vec![held] } else { Vec::new() },
            restoring: if restores { vec![mailbox] } else { Vec::new() },
            ..Status::default()
        };
        self.metrics.stands(0, status);
    }

    fn learns_lag(&self) {
        let input = TopicPartition::new("complaints.social".into(), 0);
        let ends = Ends {
            start: 0,
            last_stable: 17,
            high_watermark: 17,
        };
        self.metrics.lags(&[(input, 10)], &[ends]);
    }

    fn seconds_pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Nobody answers what is asked now.
    fn asks_in_vain(&self) {
        let why = LogError::new(
            ErrorKind::Retriable,
            "asking for the ends of partitions",
            "timed out",
        );
        self.metrics.unanswered(self.metrics.now(), &why);
    }

    fn shows(&self, series: &[&str]) -> Vec<Option<f64>> {
        let scrape = self.metrics.scrape();
        let value = |series: &&str| {
            let mut lines = scrape.lines();
            lines.find_map(|line| line.strip_prefix(*series)?.strip_prefix(' ')?.parse().ok())
        };
        series.iter().map(value).collect()
    }

    fn is_not_ready(&self) -> Vec<String> {
        let waits = self.metrics.health(1).not_ready.into_iter();
        waits.map(|wait| wait.what).collect()
    }
}

#[test]
fn while_the_brokers_are_away_the_last_that_is_known_stays_and_grows_old() {
    let process = Process::at_work();
    let of_work = [WAITING, OLDEST, LAG];
    let of_age = [AGE, AGE_OF_LAG, UNREACHABLE];
    assert_eq!(process.shows(&of_work), [5.0, 3_600.0, 7.0].map(Some));
    assert_eq!(process.shows(&of_age), [0.0, 0.0, 0.0].map(Some));
    assert!(process.is_not_ready().is_empty());

    // Nobody answers; ten seconds later the session is over, and with it the assignment.
    process.asks_in_vain();
    process.seconds_pass(10);
    process.stands(false, false, false);
    process.seconds_pass(20);
    process.asks_in_vain();
    process.stands(false, false, false);
    assert_eq!(process.shows(&of_work), [5.0, 3_630.0, 7.0].map(Some));
    assert_eq!(process.shows(&of_age), [30.0, 30.0, 30.0].map(Some));
    assert_eq!(
        process.is_not_ready(),
        [
            "brokers unreachable since 2025-11-30T17:00:00Z (one:9092): asking for the ends of partitions: timed out"
        ]
    );

    // They are back. It is in its group again and restores its rows; nothing is read yet.
    process.metrics.lags(&[], &[]);
    assert_eq!(process.shows(&[LAG, UNREACHABLE]), [7.0, 0.0].map(Some));
    assert_eq!(process.is_not_ready(), ["worker 0 has not joined its group"]);
    process.stands(true, false, true);
    assert_eq!(process.shows(&[WAITING, AGE]), [5.0, 30.0].map(Some));
    process.stands(true, true, false);
    process.learns_lag();
    assert_eq!(process.shows(&of_age), [0.0, 0.0, 0.0].map(Some));
}

#[test]
fn what_is_another_instances_now_is_not_shown_any_more() {
    let process = Process::at_work();
    process.stands(false, false, false);
    process.stands(true, false, false);
    process.metrics.lags(&[], &[]);
    assert_eq!(
        process.shows(&[WAITING, LAG, AGE, AGE_OF_LAG]),
        [Some(0.0), None, None, None]
    );
    // Nor of a worker that has left in good order.
    let process = Process::at_work();
    let left = Status {
        left: true,
        ..Status::default()
    };
    process.metrics.stands(0, left);
    assert_eq!(process.shows(&[WAITING, AGE]), [Some(0.0), None]);
}

/// What was logged, as lines.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl Logged {
    fn lines(&self) -> Vec<String> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes)
            .lines()
            .map(str::to_owned)
            .collect()
    }
}

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn three_thousand_records_that_are_no_avro_are_one_line_with_the_count() {
    let logged = Logged::default();
    let to = logged.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || to.clone())
        .with_ansi(false)
        .finish();
    let process = Process::at_work();
    tracing::subscriber::with_default(subscriber, || {
        for offset in 0..3_000 {
            let event = Event::DeadLettered {
                partition: TopicPartition::new("complaints.social".into(), 0),
                offset,
                timestamp: NOW,
                reason: Rejection::new("bad_magic", "no Avro"),
            };
            process.metrics.event(0, &event);
        }
        process.seconds_pass(1);
        process.stands(true, true, false);
        process.metrics.last_words();
    });
    let lines = logged.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains("WARN") && lines[0].contains("and 2999 more"),
        "{lines:?}"
    );
}
