//! A log with its topics, and the application at work on it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Once};
use std::thread::JoinHandle;
use std::time::Duration;

use heard::app::{App, OutputFormats};
use heard::engine::{
    self, Clock, EngineError, EngineSettings, Mode, Observer, Pace, Roles, Sabotage, SystemClock, Topics,
    TracingObserver,
};
use heard::intake::InputKind;
use heard::log::{ErrorKind, Log, Topic};
use heard::model::{Case, CaseEvent, CaseId, Millis, WorkId, WorkItem};
use heard::wire::record::WireRecord;
use heard::wire::{Decoder, Encoder, Format, Registry};

use crate::log_tools::{create, eventually, nothing_follows, partitions, read_topic, retry, write};
use crate::story::{Line, at, with_tiers};
use crate::tale::END;

/// Input topics, in the order of their indices.
const KINDS: [InputKind; 5] = [
    InputKind::Complaints,
    InputKind::Responses,
    InputKind::Updates,
    InputKind::Customers,
    InputKind::Surveys,
];

/// How rounds follow each other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rounds {
    /// One application runs through them all.
    Live,
    /// Each is drained by an application that restores what the one before left.
    Drained,
}

/// How a world is made.
pub struct Shape {
    /// Partitions of every topic.
    pub partitions: i32,
    /// Whether messages may skip the mailbox.
    pub local_delivery: bool,
    /// How rounds follow each other.
    pub rounds: Rounds,
    /// Threads.
    pub workers: usize,
    /// How fast.
    pub pace: Pace,
}

/// A log, and the application on it.
pub struct World<L: Log> {
    log: L,
    settings: Arc<EngineSettings>,
    running: Option<Running>,
    records: u64,
}

impl<L: Log> World<L> {
    /// New topics on this log.
    pub fn new(log: &L, shape: &Shape) -> Self {
        show_panics();
        static WORLDS: AtomicU64 = AtomicU64::new(0);
        let name = format!("way-{}", WORLDS.fetch_add(1, Ordering::Relaxed));
        let topic = |what: &str| Topic::new(&format!("{name}.{what}"));
        let topics = Topics {
            inputs: ["complaints", "responses", "updates", "customers", "surveys"]
                .map(topic)
                .into(),
            mailbox: topic("interactions"),
            changelog: topic("interactions-changelog"),
            outputs: ["handling.onstage", "handling.offstage", "cases", "case-events"]
                .map(topic)
                .into(),
            dead_letters: topic("dead-letters"),
        };
        let own = [&topics.mailbox, &topics.changelog, &topics.dead_letters];
        let all = topics.inputs.iter().chain(&topics.outputs).chain(own);
        let all: Vec<_> = all.map(|topic| (topic.clone(), shape.partitions)).collect();
        create(log, &all);
        let mode = match shape.rounds {
            Rounds::Live => Mode::Live,
            Rounds::Drained => Mode::Drain { as_of: Some(at(END)) },
        };
        let settings = EngineSettings {
            application: name,
            instance: "one".into(),
            topics,
            roles: Roles::Both,
            mode,
            workers: shape.workers,
            local_delivery: shape.local_delivery,
            max_record: 1_000_000,
            pace: shape.pace.clone(),
            sabotage: Sabotage::None,
        };
        Self {
            log: log.clone(),
            settings: Arc::new(settings),
            running: None,
            records: 0,
        }
    }

    /// Sends these lines, and returns when they are taken in with all that follows from them.
    pub fn round<'a>(&mut self, lines: impl IntoIterator<Item = &'a Line>) {
        let records: Vec<_> = lines
            .into_iter()
            .map(|line| {
                self.records += 1;
                let (input, value) = encoded(line);
                (
                    self.settings.topics.inputs[input].clone(),
                    key(line, self.records),
                    value,
                )
            })
            .collect();
        write(
            &self.log,
            &format!("{}-feeder", self.settings.application),
            &records,
        );
        let running = self
            .running
            .get_or_insert_with(|| Running::start(&self.log, &self.settings));
        if self.settings.mode == Mode::Live {
            eventually("the round is taken in", || {
                running.check();
                is_quiet(&self.log, &self.settings).then_some(())
            });
        } else {
            self.running.take().expect("it was started").join();
        }
    }

    /// Stops the application and reads what came of it all.
    pub fn end(mut self) -> Outcome {
        if let Some(running) = self.running.take() {
            running.stop();
        }
        let topics = &self.settings.topics;
        let dead = read_topic(&self.log, &topics.dead_letters);
        assert_eq!(dead, [], "nothing told is refused");
        let [onstage, offstage, cases, events] = [0, 1, 2, 3].map(|n| &topics.outputs[n]);
        let mut outcome = Outcome {
            work: [onstage, offstage]
                .map(|topic| present(&self.log, topic))
                .concat(),
            events: present(&self.log, events),
            ..Outcome::default()
        };
        let decoder = decoder();
        for (key, value) in read_topic(&self.log, cases) {
            let case: Option<Case> = value.map(|value| decoder.decode(&value).expect("our own record"));
            outcome
                .versions
                .extend(case.iter().map(|case| (case.case_id, case.version)));
            match case {
                Some(case) => _ = outcome.cases.insert(key, case),
                None => _ = outcome.cases.remove(&key),
            }
        }
        outcome
    }
}

/// What was there to be read in the end.
#[derive(Default)]
pub struct Outcome {
    /// The last state of each case, by key.
    pub cases: BTreeMap<Vec<u8>, Case>,
    /// Every version of every case, those of one case in order.
    versions: Vec<(CaseId, i64)>,
    /// All events.
    pub events: Vec<CaseEvent>,
    /// All revisions of all work items, those of one item in order.
    work: Vec<WorkItem>,
}

impl Outcome {
    /// Versions and revisions rise by one from one, and no event is there twice.
    pub fn check_numbers(&self) {
        let mut versions = BTreeMap::<CaseId, i64>::new();
        for &(case_id, version) in &self.versions {
            let before = versions.insert(case_id, version).unwrap_or(0);
            assert_eq!(version, before + 1, "version of {case_id:?}");
        }
        let mut revisions = BTreeMap::<WorkId, i64>::new();
        for item in &self.work {
            let before = revisions.insert(item.work_id, item.revision).unwrap_or(0);
            assert_eq!(item.revision, before + 1, "revision of {:?}", item.work_id);
        }
        let ids: BTreeSet<_> = self.events.iter().map(|event| event.event_id).collect();
        assert_eq!(ids.len(), self.events.len(), "an event is there twice");
    }
}

/// The engine keeps what panics say to itself; a test that fails must say why.
fn show_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        engine::hide_payloads();
        let engines = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            engines(info);
            eprintln!("{info}");
        }));
    });
}

fn decoder<T: WireRecord>() -> Decoder<T> {
    Decoder::new(Arc::new(Registry::built_in()))
}

/// All values of a topic.
fn present<T: WireRecord>(log: &impl Log, topic: &Topic) -> Vec<T> {
    let decoder = decoder();
    let values = read_topic(log, topic).into_iter().filter_map(|(_, value)| value);
    values
        .map(|value| decoder.decode(&value).expect("our own record"))
        .collect()
}

/// The index of a line's input topic, and its value there.
fn encoded(line: &Line) -> (usize, Vec<u8>) {
    fn value<T: WireRecord>(record: &T) -> Vec<u8> {
        let mut value = Vec::new();
        let mut encoder = Encoder::new(Format::SingleObject);
        encoder.encode(record, &mut value).expect("it can be written");
        value
    }
    match line {
        Line::Says(record) => (0, value(record)),
        Line::Replies(record) => (1, value(record)),
        Line::Becomes(record) => (2, value(record)),
        Line::Customer(record) => (3, value(record)),
        Line::Survey(record) => (4, value(record)),
        Line::Dropped(..) | Line::Forgets(..) | Line::ForgetsCustomer(..) => {
            panic!("these journeys forget nobody")
        }
    }
}

/// Customers have their own key, all else any key.
fn key(line: &Line, number: u64) -> String {
    match line {
        Line::Customer(record) => record.customer_id.to_string(),
        _ => number.to_string(),
    }
}

/// Whether everything is taken in and nothing is on its way: every transaction has ended, and nothing
/// follows the committed offsets of inputs and mailbox, looked at in the order of the engine's own
/// look (src/engine/drain.rs).
fn is_quiet<L: Log>(log: &L, settings: &EngineSettings) -> bool {
    let mailbox = partitions(log, &settings.topics.mailbox);
    let inputs = settings.topics.inputs.iter();
    let mut read: Vec<_> = inputs.flat_map(|topic| partitions(log, topic)).collect();
    read.extend(mailbox.iter().cloned());
    let ends = retry("asking for ends", || log.ends(&read));
    if ends.iter().any(|ends| ends.last_stable != ends.high_watermark) {
        return false;
    }
    let committed = match log.committed(&settings.application, &read) {
        Err(error) if error.kind == ErrorKind::Retriable => return false,
        committed => committed.expect("committed offsets"),
    };
    let (mut from, mut to) = (Vec::new(), Vec::new());
    for ((at, ends), committed) in read.iter().zip(&ends).zip(&committed) {
        let offset = committed
            .as_ref()
            .map_or(ends.start, |committed| committed.offset);
        if offset < ends.high_watermark {
            from.push((at.clone(), offset));
            to.push(ends.high_watermark);
        }
    }
    nothing_follows(log, &from, &to) && retry("asking for ends", || log.ends(&read)) == ends
}

/// The application at work; it ends with this.
struct Running {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<(), EngineError>>>,
}

impl Running {
    fn start<L: Log>(log: &L, settings: &Arc<EngineSettings>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (log, settings, stopped) = (log.clone(), Arc::clone(settings), Arc::clone(&stop));
        let rules = Arc::new(with_tiers());
        let registry = Arc::new(Registry::built_in());
        let run = move || {
            let app = || App::new(&rules, KINDS.into(), &registry, OutputFormats::default());
            let clock: Arc<dyn Clock> = Arc::new(StandingClock(SystemClock::new()));
            let observer: Arc<dyn Observer> = Arc::new(TracingObserver);
            engine::run(&log, &app, &settings, &clock, &observer, &stopped)
        };
        Self {
            stop,
            thread: Some(std::thread::spawn(run)),
        }
    }

    /// Fails if it has ended.
    fn check(&mut self) {
        if self.thread.as_ref().is_some_and(JoinHandle::is_finished) {
            self.end();
            panic!("the application ended by itself");
        }
    }

    fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.join();
    }

    /// Waits until it has ended by itself.
    fn join(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(thread) = self.thread.take() {
            let ended = thread.join().expect("the application does not panic");
            ended.unwrap_or_else(|error| panic!("the application stopped: {error}"));
        }
    }
}

/// A test that fails leaves no thread behind.
impl Drop for Running {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// The machine's running time; on the wall it is always the end of the tales.
struct StandingClock(SystemClock);

impl Clock for StandingClock {
    fn wall(&self) -> Millis {
        at(END)
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }

    fn sleep(&self, time: Duration) {
        self.0.sleep(time);
    }
}
