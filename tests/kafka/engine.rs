//! The engine on a real broker, with the toy of the simulation: what it comes to is what the plain
//! sequential run comes to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use heard::engine::{
    Clock, Counts, EngineError, EngineSettings, Event, Mode, Observer, Pace, Roles, Sabotage, SystemClock,
    Topics, TracingObserver, run,
};
use heard::log::kafka::KafkaLog;
use heard::log::{Batch, Isolation, Log, Outgoing, Producer, Reader, Topic, TopicPartition, TopicSpec};
use heard::model::Millis;
use heard::processor::RowKey;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::contract::World;
use crate::kafka_contract::Kafka;
use crate::sim::options::Options;
use crate::sim::outcome::{Dead, Outcome, OutputRecord};
use crate::sim::sequential::run_in_turn;
use crate::sim::subject::{Input, Subject};
use crate::sim::toy::{Toy, ToyProcessor};

const PARTITIONS: i32 = 3;

/// Before every alarm of the toy.
const START: Millis = Millis(1_600_000_000_000);

struct Place {
    log: KafkaLog,
    settings: EngineSettings,
}

impl Place {
    fn new(local_delivery: bool) -> Self {
        let world = Kafka::new();
        let log = world.log().clone();
        let topic = |what: &str| Topic::new(&world.fresh(what));
        let topics = Topics {
            inputs: vec![topic("input"), topic("input")],
            mailbox: topic("mailbox"),
            changelog: topic("changelog"),
            outputs: vec![topic("lines"), topic("snapshots")],
            dead_letters: topic("dead-letters"),
        };
        let Topics {
            inputs,
            mailbox,
            changelog,
            outputs,
            dead_letters,
        } = &topics;
        let all = inputs
            .iter()
            .chain(outputs)
            .chain([mailbox, changelog, dead_letters]);
        let spec = |topic: &Topic| TopicSpec {
            topic: topic.clone(),
            partitions: PARTITIONS,
            replication: 1,
            settings: Vec::new(),
        };
        log.create_topics(&all.map(spec).collect::<Vec<_>>())
            .expect("topics are created");
        let settings = EngineSettings {
            application: world.fresh("app"),
            instance: "a".into(),
            topics,
            roles: Roles::Both,
            mode: Mode::Live,
            workers: 2,
            local_delivery,
            max_record: 900_000,
            pace: Pace {
                // Short ones, each begun while the one before is on its way.
                commit_interval: Duration::from_millis(1),
                together: 2,
                backlog: 1,
                ..Pace::default()
            },
            sabotage: Sabotage::None,
        };
        Self { log, settings }
    }

    /// Writes inputs in a transaction; with `abort`, once in vain before.
    fn feed(&self, inputs: &[Input], abort: bool) {
        let mut producer = self
            .log
            .producer(&format!("{}-feeder", self.settings.application))
            .expect("a producer");
        producer.init().expect("the id is taken");
        for in_vain in [true, false].into_iter().skip(usize::from(!abort)) {
            producer.begin().expect("nothing is open");
            for Input { topic, key, value } in inputs {
                let topic = &self.settings.topics.inputs[*topic];
                let (key, value) = (Some(&key[..]), Some(&value[..]));
                producer
                    .send(&Outgoing {
                        topic,
                        partition: None,
                        key,
                        value,
                        headers: &[],
                    })
                    .expect("it fits");
            }
            producer
                .flush(Duration::from_secs(10))
                .expect("the broker is there");
            if in_vain {
                producer.abort()
            } else {
                producer.commit()
            }
            .expect("the broker is there");
        }
    }

    /// Runs an instance to its end.
    fn run(&self, instance: &str, mode: Mode, stop: &AtomicBool) -> Result<(), EngineError> {
        let settings = Arc::new(EngineSettings {
            instance: instance.into(),
            mode,
            ..self.settings.clone()
        });
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let overlaps = Arc::new(Overlaps::default());
        let observer: Arc<dyn Observer> = Arc::<Overlaps>::clone(&overlaps);
        let ended = run(
            &self.log,
            &ToyProcessor::default,
            &settings,
            &clock,
            &observer,
            stop,
        );
        let [of, all] = [&overlaps.overlapped, &overlaps.committed].map(|n| n.load(Ordering::Relaxed));
        eprintln!("{instance}: {of} of {all} transactions were begun before the one before had ended");
        ended
    }

    /// All committed records of a topic, partition by partition.
    fn read(&self, topic: &Topic, mut each: impl FnMut(&heard::log::Record<'_>)) {
        let partitions: Vec<_> = (0..PARTITIONS)
            .map(|n| TopicPartition::new(topic.clone(), n))
            .collect();
        // A commit is answered before its markers are written everywhere.
        let deadline = Instant::now() + Duration::from_secs(30);
        let ends = loop {
            let ends = self.log.ends(&partitions).expect("the broker is there");
            if ends.iter().all(|e| e.last_stable == e.high_watermark) {
                break ends;
            }
            assert!(Instant::now() < deadline, "{topic}: a transaction stays open");
        };
        let from: Vec<_> = partitions.iter().map(|p| (p.clone(), 0)).collect();
        let mut reader = self.log.reader(&from, Isolation::Committed).expect("a reader");
        let mut batch = Batch::new();
        let behind = |reader: &<KafkaLog as Log>::Reader| {
            let at = |p| reader.position(p).expect("it is read");
            partitions
                .iter()
                .zip(&ends)
                .any(|(p, end)| at(p) < end.high_watermark)
        };
        while behind(&reader) {
            assert!(Instant::now() < deadline, "{topic} cannot be read to its end");
            reader
                .poll(Duration::from_millis(100), &mut batch)
                .expect("the broker is there");
            batch.iter().for_each(|record| each(&record));
        }
    }

    fn outcome(&self) -> Outcome {
        let mut outcome = Outcome::default();
        let mut rows = BTreeMap::new();
        self.read(&self.settings.topics.changelog, |record| {
            let Some(key) = record.key.and_then(RowKey::from_bytes) else {
                return;
            };
            match record.value {
                Some(value) => rows.insert(key, value.to_vec()),
                None => rows.remove(&key),
            };
        });
        outcome.rows = rows;
        for topic in &self.settings.topics.outputs {
            let mut records = Vec::new();
            self.read(topic, |record| {
                let key = record.key.unwrap_or_default().to_vec();
                records.push(OutputRecord {
                    at: Millis(record.timestamp),
                    key,
                    value: record.value.map(<[u8]>::to_vec),
                });
            });
            outcome.outputs.push(records);
        }
        self.read(&self.settings.topics.dead_letters, |record| {
            let reason = record.headers().find(|header| header.name == "heard.dlq.reason");
            let reason = reason.and_then(|header| header.value).unwrap_or_default();
            outcome.dead.push(Dead {
                reason: String::from_utf8_lossy(reason).into_owned(),
                key: record.key.map(<[u8]>::to_vec),
                value: record.value.map(<[u8]>::to_vec),
            });
        });
        outcome
    }

    fn check(&self, inputs: &[Input], as_of: Option<Millis>) {
        let expected = run_in_turn(&ToyProcessor::default(), Toy.output_topics(), inputs, as_of);
        let options = Options {
            local_delivery: self.settings.local_delivery,
            ..Options::default()
        };
        Toy.check(&expected, &self.outcome(), &options)
            .expect("as in the sequential run");
    }
}

/// Counts transactions.
#[derive(Debug, Default)]
struct Overlaps {
    committed: AtomicU64,
    overlapped: AtomicU64,
}

impl Observer for Overlaps {
    fn event(&self, worker: usize, event: &Event) {
        TracingObserver.event(worker, event);
    }

    fn counted(&self, _: usize, counts: &Counts) {
        self.committed.fetch_add(counts.committed, Ordering::Relaxed);
        self.overlapped.fetch_add(counts.overlapped, Ordering::Relaxed);
    }
}

fn inputs(seed: u64) -> Vec<Input> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Toy.many_inputs(400, &mut rng, START)
}

fn a_drain_ends_and_comes_to_what_a_sequential_run_comes_to(local_delivery: bool) {
    let place = Place::new(local_delivery);
    let inputs = inputs(1);
    let (first, second) = inputs.split_at(300);
    place.feed(first, true);
    let never = AtomicBool::new(false);
    place
        .run("a", Mode::Drain { as_of: None }, &never)
        .expect("the first drain ends");
    // Behind its end there is nothing but an aborted transaction.
    place.feed(second, true);
    let as_of = Some(START.plus(1_000_000_000));
    place
        .run("b", Mode::Drain { as_of }, &never)
        .expect("the second drain ends, from restored rows");
    place.check(&inputs, as_of);
    // With nothing to do it ends, too.
    place
        .run("c", Mode::Drain { as_of }, &never)
        .expect("the third drain ends");
    place.check(&inputs, as_of);
}

#[test]
fn a_drain_ends_through_the_mailbox() {
    a_drain_ends_and_comes_to_what_a_sequential_run_comes_to(false);
}

#[test]
fn a_drain_ends_with_local_delivery() {
    a_drain_ends_and_comes_to_what_a_sequential_run_comes_to(true);
}

/// Two instances of two workers come and go while inputs arrive, on the wall clock.
#[test]
fn instances_come_and_go_and_nothing_is_lost_or_doubled() {
    let place = Place::new(true);
    let inputs = inputs(2);
    let mut parts = inputs.chunks(80);
    let mut feed = || {
        place.feed(parts.next().expect("five parts"), false);
        thread::sleep(Duration::from_millis(700));
    };
    let stops = [(); 3].map(|()| AtomicBool::new(false));
    thread::scope(|scope| {
        let start = |name: &'static str, index: usize| {
            let (place, stop) = (&place, &stops[index]);
            scope.spawn(move || place.run(name, Mode::Live, stop).expect("it ends when told"))
        };
        let first = start("a", 0);
        feed();
        let second = start("b", 1);
        feed();
        feed();
        stops[0].store(true, Ordering::Relaxed);
        first.join().expect("it does not panic");
        feed();
        let third = start("a", 2);
        feed();
        stops[1].store(true, Ordering::Relaxed);
        stops[2].store(true, Ordering::Relaxed);
        second.join().expect("it does not panic");
        third.join().expect("it does not panic");
    });
    let as_of = Some(START.plus(1_000_000_000_000));
    let never = AtomicBool::new(false);
    place
        .run("z", Mode::Drain { as_of }, &never)
        .expect("the drain ends");
    place.check(&inputs, as_of);
}
