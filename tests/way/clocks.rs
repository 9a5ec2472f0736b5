//! Two instances on a real broker, and the clock of one is an hour off (RELIABILITY.md F22).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use heard::app::{App, OutputFormats};
use heard::config::{RuleSettings, TopicKind, TopicSettings};
use heard::engine::{
    self, CheckedClock, Clock, EngineSettings, Event, Mode, Observer, Pace, Roles, Sabotage, Status,
    SystemClock, Timekeeper, Trust,
};
use heard::log::Log;
use heard::log::kafka::{KafkaLog, KafkaSettings};
use heard::model::{CaseEvent, CaseEventType, CaseId, Complaint, Identifier, Millis, Person, Sensitive};
use heard::wire::record::WireRecord;
use heard::wire::{Decoder, Encoder, Format, Registry};
use heard::wiring;

use crate::broker::Broker;
use crate::log_tools::{eventually, read_topic, retry, write};

const HOUR: i64 = 3_600_000;

/// How long a direct message may wait before its case is UNANSWERED.
const PATIENCE: i64 = 4 * HOUR;

/// So many customers wait.
const CASES: usize = 24;

/// The machine's clocks, the wall clock so many milliseconds ahead.
struct Ahead {
    machine: SystemClock,
    ms: AtomicI64,
}

impl Clock for Ahead {
    fn wall(&self) -> Millis {
        self.machine.wall().plus(self.ms.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic()
    }

    fn sleep(&self, time: Duration) {
        self.machine.sleep(time);
    }
}

/// What an instance tells.
#[derive(Default)]
struct Ear {
    held: AtomicUsize,
    woken: AtomicUsize,
    told: Mutex<Vec<String>>,
}

impl Observer for Ear {
    fn event(&self, _: usize, event: &Event) {
        self.told
            .lock()
            .expect("nobody panics with it")
            .push(event.to_string());
    }

    fn counted(&self, _: usize, counts: &engine::Counts) {
        let woken = usize::try_from(counts.woken).expect("few");
        self.woken.fetch_add(woken, Ordering::Relaxed);
    }

    fn follows(&self) -> bool {
        true
    }

    fn stands(&self, _: usize, status: Status) {
        self.held.store(status.held.len(), Ordering::Relaxed);
    }
}

/// What two instances share.
struct Place {
    log: KafkaLog,
    topics: TopicSettings,
    rules: Arc<RuleSettings>,
    registry: Arc<Registry>,
    stop: AtomicBool,
}

impl Place {
    /// Topics as `heard topics apply` makes them.
    fn new(prefix: &str) -> Self {
        let settings = KafkaSettings::new(&Broker::shared().address(), "clocks");
        let log = KafkaLog::new(settings).expect("the settings are valid");
        let mut topics = TopicSettings::default();
        topics.prefix = prefix.into();
        (topics.partitions, topics.input_partitions) = (four(), four());
        let rules = RuleSettings::default();
        let specs = topics.specs(&rules);
        let names: Vec<_> = specs.iter().map(|spec| spec.topic.clone()).collect();
        retry("creating topics", || log.create_topics(&specs));
        eventually("the topics are known", || {
            let known = retry("asking for topics", || log.partitions(&names));
            (known.len() == names.len()).then_some(())
        });
        Self {
            log,
            topics,
            rules: Arc::new(rules),
            registry: Arc::new(Registry::built_in()),
            stop: AtomicBool::new(false),
        }
    }

    /// Runs an instance as `heard run` does until it is told to stop.
    fn run(&self, instance: &str, machine: Arc<Ahead>, ear: &Arc<Ear>) {
        let inputs = wiring::inputs(&self.topics, &self.rules);
        let kinds: Vec<_> = inputs.iter().map(|(kind, _)| *kind).collect();
        let settings = Arc::new(EngineSettings {
            application: self.topics.prefix.to_string().replace('.', ""),
            instance: instance.into(),
            topics: wiring::topics(&self.topics, inputs.into_iter().map(|(_, topic)| topic)),
            roles: Roles::Both,
            mode: Mode::Live,
            workers: 1,
            local_delivery: true,
            max_record: 900_000,
            pace: Pace::default(),
            sabotage: Sabotage::None,
        });
        let observer: Arc<dyn Observer> = ear.clone();
        let checked = Arc::new(CheckedClock::new(machine));
        let clock: Arc<dyn Clock> = checked.clone();
        let changelog = settings.topics.changelog.clone();
        let mut keeper = Timekeeper::new(self.log.clone(), changelog, checked, Arc::clone(&observer));
        keeper.begin(Duration::from_secs(20), || false);
        assert_ne!(clock.trust(), Trust::Believed, "{:?}", ear.told);
        let keeping = keeper.go_on().expect("a thread");
        let app = || {
            App::new(
                &self.rules,
                kinds.clone(),
                &self.registry,
                OutputFormats::default(),
            )
        };
        engine::run(&self.log, &app, &settings, &clock, &observer, &self.stop).expect("it ends when told");
        drop(keeping);
    }

    /// Each of the customers has complained at this time.
    fn complain(&self, at: Millis) {
        let mut encoder = Encoder::new(Format::SingleObject);
        let records = (0..CASES).map(|n| {
            let complaint = Complaint {
                id: format!("m{n}").into(),
                source: "test".into(),
                channel: "direct".into(),
                conversation_id: Some(format!("c{n}").into()),
                author: person(&format!("customer{n}")),
                text: Some(Sensitive("Nobody answers".into())),
                occurred_at: at,
                ..Complaint::default()
            };
            let mut value = Vec::new();
            encoder
                .encode(&complaint, &mut value)
                .expect("it is of its schema");
            (self.topics.complaints("direct"), n.to_string(), value)
        });
        write(&self.log, "clocks-feeder", &records.collect::<Vec<_>>());
    }

    fn read<T: WireRecord>(&self, kind: TopicKind) -> Vec<T> {
        let decoder = Decoder::new(Arc::clone(&self.registry));
        let values = read_topic(&self.log, &self.topics.topic(kind)).into_iter();
        let values = values.filter_map(|(_, value)| value);
        values
            .map(|value| decoder.decode(&value).expect("our own record"))
            .collect()
    }

    /// The cases that have had an event of this type.
    fn with(&self, kind: CaseEventType) -> BTreeSet<CaseId> {
        let events: Vec<CaseEvent> = self.read(TopicKind::CaseEvents);
        let of_kind = events.iter().filter(|event| event.kind == kind);
        of_kind.map(|event| event.case_id).collect()
    }
}

fn four() -> std::num::NonZeroU32 {
    4.try_into().expect("four is not zero")
}

fn person(handle: &str) -> Person {
    Person {
        display_name: None,
        identifiers: vec![Identifier {
            kind: "handle".into(),
            value: Sensitive(handle.into()),
            realm: None,
        }],
    }
}

/// An hour ahead it would judge everybody at once, and record it an hour from now. An hour behind it would judge nobody for
/// an hour; and that others are right does not help its cases.
fn two_instances_one_with_its_clock_off(prefix: &str, ms: i64) {
    let place = Place::new(prefix);
    let machine = |ms| {
        Arc::new(Ahead {
            machine: SystemClock::new(),
            ms: AtomicI64::new(ms),
        })
    };
    let (right, off) = (machine(0), machine(ms));
    let ears = [(); 2].map(|()| Arc::new(Ear::default()));
    let begun = right.wall();
    thread::scope(|threads| {
        // Whatever fails, the instances end, and the test with them.
        let _stop = OnDrop(&place.stop);
        threads.spawn(|| place.run("right", right.clone(), &ears[0]));
        threads.spawn(|| place.run("off", off.clone(), &ears[1]));
        eventually("both hold partitions", || {
            let held = [0, 1].map(|n| ears[n].held.load(Ordering::Relaxed));
            (held == [2, 2]).then_some(())
        });
        let due = right.wall().plus(10_000);
        place.complain(due.plus(-PATIENCE));
        eventually("all cases are there", || {
            (place.with(CaseEventType::Opened).len() == CASES).then_some(())
        });
        assert!(right.wall() < due, "this machine is too slow for this test");
        assert!(place.with(CaseEventType::Unanswered).is_empty(), "that is early");
        eventually(
            "the deadline has passed, and the other instance has judged",
            || {
                let judged = ears[0].woken.load(Ordering::Relaxed) > 0;
                (judged && right.wall() > due.plus(2_000)).then_some(())
            },
        );
        let judged = place.with(CaseEventType::Unanswered).len();
        assert!(0 < judged && judged < CASES, "{judged}: each instance holds some");
        assert_eq!(
            ears[1].woken.load(Ordering::Relaxed),
            0,
            "it fires nothing while it is off"
        );
        off.ms.store(0, Ordering::Relaxed);
        eventually("all are judged once it is right", || {
            (place.with(CaseEventType::Unanswered).len() == CASES).then_some(())
        });
    });
    let ended = right.wall();
    let events: Vec<CaseEvent> = place.read(TopicKind::CaseEvents);
    for event in &events {
        let recorded = begun <= event.recorded_at && event.recorded_at <= ended;
        assert!(
            recorded,
            "{:?} at {:?}, not within {begun:?} and {ended:?}",
            event.kind, event.recorded_at
        );
    }
    let told = ears[1].told.lock().expect("nobody panics with it").clone();
    let of_clock: Vec<_> = told.iter().filter(|line| line.contains("clock")).collect();
    assert_eq!(
        of_clock.len(),
        2,
        "that it is off, and that it is right: {told:?}"
    );
    let (off, right) = (of_clock[0], of_clock[1]);
    assert!(
        off.contains("no deadline fires") && right.contains("right again"),
        "{of_clock:?}"
    );
}

/// Sets this when it is dropped.
struct OnDrop<'a>(&'a AtomicBool);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn an_instance_whose_clock_is_an_hour_ahead_judges_nobody_until_it_is_right() {
    two_instances_one_with_its_clock_off("ahead.", HOUR);
}

#[test]
fn an_instance_whose_clock_is_an_hour_behind_judges_nobody_until_it_is_right() {
    two_instances_one_with_its_clock_off("behind.", -HOUR);
}
