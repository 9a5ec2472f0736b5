//! What a scrape holds: the names of the documents, a bounded number of series, and true figures.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::names::{ALL, PROCESS};
use super::*;
use crate::app::{App, OutputFormats};
use crate::config::rules::{RuleSettings, Span};
use crate::engine::{CheckedClock, ManualClock, Queue, TimeReading};
use crate::intake::InputKind;
use crate::log::batch::Place;
use crate::log::{Batch, Topic};
use crate::model::{
    Complaint, Identifier, Millis, Person, Response, ResponseKind, Sensitive, Survey, SurveyScale,
};
use crate::processor::sequential::Sequential;
use crate::processor::{Addend, Delivered, Row as _, Totals};
use crate::wire::{Encoder, Format, Registry, WireRecord};

/// When these stories are told.
pub(super) const NOW: Millis = Millis(1_700_000_000_000);
const MINUTE: i64 = 60_000;

pub(super) fn inputs() -> Vec<(InputKind, Option<String>, Topic)> {
    let of = |kind, name: &str, channel: Option<&str>| (kind, channel.map(str::to_owned), Topic::new(name));
    vec![
        of(InputKind::Complaints, "complaints.social", Some("social")),
        of(InputKind::Responses, "responses.social", Some("social")),
        of(InputKind::Customers, "customers", None),
        of(InputKind::Surveys, "surveys", None),
    ]
}

/// A clock that is one and a half seconds behind the brokers'.
fn clock() -> Arc<dyn Clock> {
    let clock = CheckedClock::new(Arc::new(ManualClock::new(NOW)));
    clock.told(TimeReading {
        time: NOW.plus(1_500),
        asked: Duration::ZERO,
        answered: Duration::ZERO,
    });
    Arc::new(clock)
}

/// A processor without an engine, and metrics told of it as the engine would.
pub(super) struct Told {
    pub run: Sequential<App>,
    pub metrics: Metrics,
}

impl Told {
    pub fn new(rules: RuleSettings) -> Self {
        let plan = Plan::new(&rules, inputs(), "interactions".into());
        let kinds = inputs().iter().map(|(kind, ..)| *kind).collect();
        let registry = Arc::new(Registry::built_in());
        let app = App::new(&Arc::new(rules), kinds, &registry, OutputFormats::default());
        Self {
            run: Sequential::new(app, NOW),
            metrics: Metrics::new(plan, clock()),
        }
    }

    pub fn take<T: WireRecord>(&mut self, input: usize, record: &T) {
        self.take_at(input, record, NOW);
    }

    fn take_at<T: WireRecord>(&mut self, input: usize, record: &T, logged: Millis) {
        let mut value = Vec::new();
        let mut encoder = Encoder::new(Format::SingleObject);
        encoder.encode(record, &mut value).expect("it is of its schema");
        let place = Place {
            topic: input,
            partition: 0,
            offset: 0,
            timestamp: logged.0,
        };
        let mut batch = Batch::new();
        batch.push(place, None, Some(&value), []);
        let rejected = self.run.rejected().len();
        self.run.take(input, &batch.get(0).expect("it was pushed"));
        for reason in self.run.rejected()[rejected..].iter().cloned() {
            let event = Event::DeadLettered {
                partition: TopicPartition::new(inputs()[input].2.clone(), 0),
                offset: 0,
                timestamp: NOW,
                reason,
            };
            self.metrics.event(0, &event);
        }
    }

    /// Tells everything since the start, as one commit, and how the rows stand.
    pub fn scrape(&self) -> String {
        self.tell_figures();
        self.tell_rows();
        self.metrics.scrape()
    }

    fn tell_figures(&self) {
        let delivered = [Delivered {
            logged: NOW,
            said: NOW.plus(-10 * MINUTE),
        }];
        self.metrics.figured(
            0,
            &Figured {
                figures: self.run.figures(),
                delivered: &delivered,
                at: NOW.plus(40),
            },
        );
    }

    pub fn tell_rows(&self) {
        let mut queues: BTreeMap<u64, Queue> = BTreeMap::new();
        let rows = self.run.rows().values();
        for standing in rows.flat_map(|row| row.standings()).flatten() {
            let queue = queues.entry(standing.queue).or_insert(Queue {
                number: standing.queue,
                length: 0,
                oldest: standing.since,
            });
            queue.length += 1;
            queue.oldest = queue.oldest.min(standing.since);
        }
        let mut totals = Totals::default();
        for row in self.run.rows().values() {
            totals.change(&Addend::default(), &row.addend());
        }
        let held = Held {
            number: 0,
            rows: self.run.rows().len(),
            bytes: 0,
            queues: queues.into_values().collect(),
            totals,
        };
        let status = Status {
            joined: true,
            held: vec![held],
            ..Status::default()
        };
        self.metrics.stands(0, status);
    }
}

pub(super) fn complaint(id: &str, channel: &str, conversation: &str, at: Millis) -> Complaint {
    Complaint {
        id: id.into(),
        source: "test".into(),
        channel: channel.into(),
        conversation_id: Some(conversation.into()),
        author: person("ann"),
        occurred_at: at,
        ..Complaint::default()
    }
}

pub(super) fn person(handle: &str) -> Person {
    Person {
        display_name: None,
        identifiers: vec![Identifier {
            kind: "handle".into(),
            value: Sensitive(handle.into()),
            realm: None,
        }],
    }
}

fn reply(id: &str, conversation: &str, at: Millis) -> Response {
    Response {
        id: id.into(),
        source: "test".into(),
        channel: "social".into(),
        conversation_id: conversation.into(),
        kind: ResponseKind::Human,
        occurred_at: at,
        ..Response::default()
    }
}

/// A score of what was said in a conversation of the social channel.
fn survey(id: &str, conversation: &str, score: f64, at: Millis) -> Survey {
    Survey {
        id: id.into(),
        source: "test".into(),
        channel: Some("social".into()),
        conversation_id: Some(conversation.into()),
        score,
        scale: SurveyScale::Nps0To10,
        occurred_at: at,
        ..Survey::default()
    }
}

/// The value of a series in a scrape.
pub(super) fn value(scrape: &str, series: &str) -> f64 {
    let line = scrape
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("{series} is not in:\n{scrape}"));
    line.parse().expect("a number")
}

/// Series of ours, by the names of their metrics.
fn families(scrape: &str) -> BTreeSet<&str> {
    let types = scrape.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.filter_map(|line| line.split(' ').next()).collect()
}

/// Names of metrics, labels and types in the document's table.
fn documented() -> Vec<(String, String, Vec<String>, String)> {
    let document = include_str!("../../../docs/metrics.md");
    let names = |cell: &str| -> Vec<String> {
        let quoted = cell.split('`').skip(1).step_by(2);
        quoted.map(str::to_owned).collect()
    };
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `heard_"));
    rows.filter_map(|row| {
        let mut cells = row.split('|').map(str::trim);
        let name = format!("heard_{}", cells.next()?.trim_end_matches('`'));
        let kind = cells.next()?.to_owned();
        let labels = names(cells.next()?);
        cells.next()?;
        let meaning = cells.next()?.to_owned();
        Some((name, kind, labels, meaning))
    })
    .collect()
}

#[test]
fn the_document_lists_every_metric_and_no_other() {
    let documented = documented();
    for (name, kind, labels, meaning) in &documented {
        let known = ALL.iter().find(|known| known.name == name);
        let known = known.unwrap_or_else(|| panic!("{name} is documented only"));
        assert_eq!(*kind, format!("{:?}", known.kind).to_lowercase(), "{name}");
        assert_eq!(*labels, known.labels, "{name}");
        let first = known.help.split([':', ',', ';', '.']).next().unwrap_or_default();
        assert!(meaning.replace('`', "").starts_with(first), "{name}: {meaning}");
    }
    for known in ALL {
        let rows = documented.iter().filter(|(name, ..)| name == known.name).count();
        assert_eq!(rows, 1, "{} in the document", known.name);
    }
    let document = include_str!("../../../docs/metrics.md");
    for name in PROCESS {
        assert!(
            document.contains(&format!("`{name}`")),
            "{name} is not documented"
        );
    }
}

#[test]
fn a_scrape_holds_every_metric_and_no_other() {
    let mut rules = RuleSettings::default();
    for rules in rules.channels.values_mut() {
        rules.levels.usual.answer = Some(Span::hours(24));
    }
    let mut told = Told::new(rules);
    told.take(0, &complaint("m1", "social", "c", NOW.plus(-10 * MINUTE)));
    told.take(0, &complaint("m2", "nobody knows it", "c", NOW));
    told.take(3, &survey("s1", "c", 9.0, NOW.plus(-MINUTE)));
    let took = CommitTook {
        whole: Duration::from_micros(40_900),
        ..CommitTook::default()
    };
    told.metrics.committed(0, &took);
    let status = TopicPartition::new("complaints.social".into(), 0);
    told.metrics.lags(
        &[(status, 3)],
        &[Ends {
            start: 0,
            last_stable: 10,
            high_watermark: 12,
        }],
    );
    let scrape = told.scrape();
    let mut expected: BTreeSet<_> = ALL.iter().map(|name| name.name).collect();
    if cfg!(target_os = "linux") {
        expected.extend(PROCESS);
    }
    assert_eq!(families(&scrape), expected);
    for (series, expected) in [
        ("heard_clock_offset_seconds", -1.5),
        (
            "heard_events_total{channel=\"social\",kind=\"complaint\",outcome=\"taken\"}",
            1.0,
        ),
        (
            "heard_events_total{channel=\"social\",kind=\"complaint\",outcome=\"dead_letter\"}",
            1.0,
        ),
        (
            "heard_dead_letters_total{reason=\"unknown_channel\",topic=\"complaints\"}",
            1.0,
        ),
        ("heard_cases_open{channel=\"social\",stage=\"onstage\"}", 1.0),
        (
            "heard_oldest_waiting_case_age_seconds{channel=\"social\",stage=\"onstage\"}",
            600.0,
        ),
        ("heard_work_item_latency_seconds_bucket{le=\"0.03\"}", 0.0),
        ("heard_work_item_latency_seconds_bucket{le=\"0.05\"}", 1.0),
        ("heard_commit_seconds_bucket{le=\"0.03\"}", 0.0),
        ("heard_commit_seconds_bucket{le=\"0.05\"}", 1.0),
        ("heard_commit_seconds_sum", 0.0409),
        (
            "heard_surveyed_cases{answered=\"no\",channel=\"social\",class=\"promoter\",instrument=\"nps\",stage=\"onstage\"}",
            1.0,
        ),
        (
            "heard_case_figures{channel=\"social\",figure=\"expecting\",stage=\"onstage\"}",
            1.0,
        ),
        ("heard_channel_expects_ratio{channel=\"phone\"}", 0.91),
        ("heard_lag_records{topic=\"complaints\"}", 7.0),
        ("heard_held_back_records{topic=\"complaints\"}", 2.0),
    ] {
        assert_eq!(value(&scrape, series), expected, "{series}");
    }
}

#[test]
fn what_a_late_fact_takes_back_is_set_off() {
    const TOTAL: &str = "heard_cases_answered_total{channel=\"social\",stage=\"onstage\"}";
    const BACK: &str = "heard_cases_taken_back{channel=\"social\",figure=\"answered\",stage=\"onstage\"}";
    const COUNT: &str = "heard_first_response_seconds_count{channel=\"social\",stage=\"onstage\"}";
    const SUM: &str = "heard_first_response_seconds_sum{channel=\"social\",stage=\"onstage\"}";
    let mut told = Told::new(RuleSettings::default());
    let mut figures = crate::processor::Figures::default();
    //  the answer  total  taken back  count  sum, s
    for (step, expected) in [
        ("comes", [1.0, 0.0, 1.0, 300.0]),
        ("is deleted", [1.0, 1.0, 1.0, 300.0]),
        ("is given to another", [1.0, 0.0, 1.0, 300.0]),
        ("and to a third", [2.0, 0.0, 2.0, 600.0]),
    ] {
        match step {
            "comes" => {
                told.take(0, &complaint("m1", "social", "c1", NOW.plus(-60 * MINUTE)));
                told.take(1, &reply("r1", "c1", NOW.plus(-55 * MINUTE)));
            }
            "is deleted" => told.take(
                1,
                &Response {
                    revision: 1,
                    deleted: true,
                    ..reply("r1", "c1", NOW.plus(-55 * MINUTE))
                },
            ),
            "is given to another" => {
                told.take(0, &complaint("m2", "social", "c2", NOW.plus(-30 * MINUTE)));
                told.take(1, &reply("r2", "c2", NOW.plus(-25 * MINUTE)));
            }
            _ => {
                told.take(0, &complaint("m3", "social", "c3", NOW.plus(-30 * MINUTE)));
                told.take(1, &reply("r3", "c3", NOW.plus(-25 * MINUTE)));
            }
        }
        // Only what is new, as a commit tells it.
        let mut news = crate::processor::Figures::default();
        for (figure, sum) in told
            .run
            .figures()
            .changed()
            .chain(figures.changed().map(|(f, s)| (f, -s)))
        {
            news.add(figure, sum);
        }
        figures = told.run.figures().clone();
        let figured = Figured {
            figures: &news,
            delivered: &[],
            at: NOW,
        };
        told.metrics.figured(0, &figured);
        let scrape = told.metrics.scrape();
        let found = [TOTAL, BACK, COUNT, SUM].map(|series| value(&scrape, series));
        assert_eq!(found, expected, "an answer {step}");
    }
}

#[test]
fn a_partition_that_moves_is_shown_once() {
    let plan = Plan::new(&RuleSettings::default(), inputs(), "interactions".into());
    let clock = Arc::new(ManualClock::new(NOW));
    let metrics = Metrics::new(plan, clock.clone());
    let holds = |rows| Status {
        held: vec![Held {
            number: 3,
            rows,
            bytes: 0,
            queues: Vec::new(),
            totals: Totals::default(),
        }],
        ..Status::default()
    };
    metrics.stands(1, holds(5));
    clock.advance(std::time::Duration::from_millis(1));
    metrics.stands(0, holds(6));
    assert_eq!(value(&metrics.scrape(), "heard_state_rows{partition=\"3\"}"), 6.0);
    assert_eq!(metrics.scrape().matches("heard_state_rows{").count(), 1);
    let without = || Status {
        joined: true,
        ..Status::default()
    };
    metrics.stands(0, without());
    metrics.stands(1, without());
    assert!(
        !metrics.scrape().contains("heard_state_rows{"),
        "both were taken away"
    );
}

/// The way of a work item is measured from the broker time of its complaint: once for each that goes
/// out, whether at once or after findings.
#[test]
fn each_complaint_that_goes_out_is_measured_from_its_broker_time() {
    let mut told = Told::new(RuleSettings::default());
    let at = |minute: i64| NOW.plus(minute * MINUTE);
    told.take_at(0, &complaint("m1", "social", "c", at(-10)), at(1));
    told.take_at(0, &complaint("m2", "social", "c", at(-9)), at(2));
    told.take_at(0, &complaint("m2", "social", "c", at(-9)), at(3)); // known already
    told.take_at(1, &reply("r1", "c", at(-8)), at(4));
    told.take_at(0, &complaint("m3", "social", "c", at(-7)), at(5));
    let delivered = |logged, said| Delivered {
        logged: at(logged),
        said: at(said),
    };
    assert_eq!(
        told.run.delivered(),
        [delivered(1, -10), delivered(2, -9), delivered(5, -7)]
    );
}
