//! The smallest processor there is, on this log, under every fault at once: each input exactly once
//! in the output. Then the same with a rule of ENGINE.md broken: that must show.

use std::collections::BTreeMap;
use std::time::Duration;

use heard::log::memory::{Fate, MemoryConsumer, MemoryLog, MemoryProducer, Moment};
use heard::log::{
    Batch, CommittedOffset, Consumer, ErrorKind, GroupSettings, Log, LogError, OffsetCommit, Outgoing,
    Polled, Producer, Topic, TopicPartition, TopicSpec,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const INPUTS: usize = 40;
const PARTITIONS: i32 = 3;
const WORKERS: usize = 3;
const SEEDS: u64 = 150;

/// A rule to break.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Break {
    Nothing,
    /// Output in one transaction, its offset in the next.
    OffsetsApart,
    /// No offsets, so no check of the generation, with the output of a worker that lost its partition.
    OffsetsAfterRelease,
}

/// Copies what it reads from one topic to another, in transactions.
struct Worker {
    name: String,
    consumer: MemoryConsumer,
    producer: MemoryProducer,
    /// The next offset of what was read since the last commit.
    read: BTreeMap<TopicPartition, i64>,
    open: bool,
}

struct Echo {
    log: MemoryLog,
    from: Topic,
    to: Topic,
    broken: Break,
}

impl Echo {
    fn new(broken: Break) -> Self {
        let log = MemoryLog::simulated();
        let [from, to] = ["from", "to"].map(Topic::new);
        let spec = |topic: &Topic, partitions| TopicSpec {
            topic: topic.clone(),
            partitions,
            replication: 1,
            settings: vec![],
        };
        log.create_topics(&[spec(&from, PARTITIONS), spec(&to, 1)])
            .expect("create");
        let mut producer = log.producer("source").expect("a producer");
        producer.init().expect("init");
        producer.begin().expect("begin");
        for input in 0..INPUTS {
            let value = input.to_string();
            let value = Some(value.as_bytes());
            producer
                .send(&Outgoing {
                    topic: &from,
                    partition: None,
                    key: value,
                    value,
                    headers: &[],
                })
                .expect("send");
        }
        producer.commit().expect("commit");
        Self {
            log,
            from,
            to,
            broken,
        }
    }

    fn start(&self, name: &str) -> Result<Worker, LogError> {
        let topics = vec![self.from.clone()];
        let mut producer = self.log.producer(name)?;
        producer.init()?;
        let consumer = self.log.consumer(&GroupSettings {
            group: "echo".into(),
            client: name.into(),
            topics,
            gather: Duration::ZERO,
        })?;
        Ok(Worker {
            name: name.into(),
            consumer,
            producer,
            read: BTreeMap::new(),
            open: false,
        })
    }

    /// One poll and what follows from it. A worker that fails with anything but a retriable or
    /// abortable error is given up.
    fn step(&self, worker: &mut Worker, commit: bool) -> Result<(), LogError> {
        let mut batch = Batch::new();
        match worker.consumer.poll(Duration::ZERO, &mut batch)? {
            Polled::Idle => {}
            Polled::Assigned(partitions) => {
                let from = self.positions(&partitions)?;
                worker.consumer.accept(&from)?;
            }
            Polled::Revoked { partitions, lost } => {
                if !lost {
                    self.commit(worker)?;
                }
                self.rewind(worker)?;
                worker.consumer.release(&partitions)?;
            }
            Polled::Records => {
                if !worker.open {
                    worker.producer.begin()?;
                    worker.open = true;
                }
                for record in batch.iter() {
                    let (topic, value) = (&self.to, record.value);
                    worker.producer.send(&Outgoing {
                        topic,
                        partition: None,
                        key: record.key,
                        value,
                        headers: &[],
                    })?;
                    let at = TopicPartition::new(self.from.clone(), record.partition);
                    worker.read.insert(at, record.offset + 1);
                }
            }
        }
        if commit { self.commit(worker) } else { Ok(()) }
    }

    fn positions(&self, of: &[TopicPartition]) -> Result<Vec<(TopicPartition, i64)>, LogError> {
        let committed = loop {
            match self.log.committed("echo", of) {
                Err(error) if error.kind == ErrorKind::Retriable => {
                    self.log.advance(Duration::from_millis(500))
                }
                answer => break answer?,
            }
        };
        Ok(of
            .iter()
            .cloned()
            .zip(committed.into_iter().map(|c| c.map_or(0, |c| c.offset)))
            .collect())
    }

    fn commit(&self, worker: &mut Worker) -> Result<(), LogError> {
        if !worker.open {
            return Ok(());
        }
        let offsets: Vec<_> = worker
            .read
            .iter()
            .map(|(at, &offset)| OffsetCommit {
                partition: at.clone(),
                committed: CommittedOffset {
                    offset,
                    metadata: worker.name.clone(),
                },
            })
            .collect();
        worker.producer.flush(Duration::ZERO)?;
        if self.broken == Break::OffsetsApart {
            worker.producer.commit()?;
            worker.producer.begin()?;
        }
        let membership = worker.consumer.membership()?;
        worker.producer.send_offsets(&offsets, &membership)?;
        worker.producer.commit()?;
        worker.open = false;
        worker.read.clear();
        Ok(())
    }

    /// Drops what is open.
    fn rewind(&self, worker: &mut Worker) -> Result<(), LogError> {
        if self.broken == Break::OffsetsAfterRelease && worker.open {
            // Keeps the output and forgets the offsets.
            worker.producer.commit()?;
        }
        worker.producer.abort()?;
        worker.open = false;
        worker.read.clear();
        Ok(())
    }

    /// Runs workers and faults from a seed until all is quiet; the outputs, sorted, and a trace.
    fn run(&self, seed: u64) -> (Vec<usize>, Vec<String>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut order = ChaCha8Rng::seed_from_u64(seed + 1_000_000);
        let mut flaky = ChaCha8Rng::seed_from_u64(seed + 2_000_000);
        let mut delays = ChaCha8Rng::seed_from_u64(seed + 3_000_000);
        let faults = self.log.faults();
        self.log.set_max_batch(rng.random_range(1..5));
        self.log.set_fetch_order(move |partitions| {
            let by = order.random_range(0..partitions.len().max(1));
            partitions.rotate_left(by);
        });
        faults.fail(move |_| flaky.random_bool(0.02).then_some(ErrorKind::Retriable));
        faults.delay_markers(move |_| Duration::from_millis(delays.random_range(0..2) * 700));
        let mut workers: Vec<Option<Worker>> = (0..WORKERS).map(|_| None).collect();
        let mut trace = Vec::new();
        for round in 0.. {
            let quiet = round >= 300;
            if quiet {
                faults.clear();
            }
            if quiet && self.is_done() {
                break;
            }
            assert!(round < 3_000, "seed {seed}: it never ends: {}", trace.join("\n"));
            let index = rng.random_range(0..WORKERS);
            let name = format!("worker-{index}");
            if !quiet {
                self.trouble(&mut rng, &name);
            }
            self.log.advance(Duration::from_millis(rng.random_range(0..400)));
            let Some(worker) = &mut workers[index] else {
                workers[index] = self.start(&name).ok();
                continue;
            };
            let result = self.step(worker, rng.random_bool(0.4));
            trace.push(format!("{round} {name}: {result:?}"));
            // A call that may be repeated is not repeated here but given up with the transaction:
            // what was polled is read again.
            if let Err(error) = result {
                let rewound = match error.kind {
                    ErrorKind::Abortable | ErrorKind::Retriable => self.restart_reading(worker),
                    _ => Err(error),
                };
                if rewound.is_err() {
                    workers[index] = None;
                }
            }
        }
        let mut outputs: Vec<usize> = self
            .log
            .dump(&self.to)
            .iter()
            .map(|r| std::str::from_utf8(r.value.as_deref().expect("a value")).expect("text"))
            .map(|v| v.parse().expect("a number"))
            .collect();
        outputs.sort_unstable();
        (outputs, trace)
    }

    /// The simplest way back after an error: leave and begin again.
    fn restart_reading(&self, worker: &mut Worker) -> Result<(), LogError> {
        self.rewind(worker)?;
        worker.consumer.close()?;
        *worker = self.start(&worker.name)?;
        Ok(())
    }

    fn trouble(&self, rng: &mut ChaCha8Rng, name: &str) {
        let faults = self.log.faults();
        match rng.random_range(0..40) {
            0 if !faults.crash_is_pending(name) => {
                let moment = if rng.random() {
                    Moment::Before
                } else {
                    Moment::After
                };
                faults.crash(&[name], rng.random_range(1..12), moment);
            }
            1 => {
                let later = Fate::Later(Duration::from_millis(rng.random_range(0..3_000)));
                faults.lose_commit(name, [Fate::Now, Fate::Never, later][rng.random_range(0..3)]);
            }
            2 => _ = self.log.expire_session(name),
            3 => _ = self.log.expire_transaction(name),
            4 => self.log.advance(Duration::from_secs(rng.random_range(5..20))),
            _ => {}
        }
    }

    fn is_done(&self) -> bool {
        let of: Vec<_> = (0..PARTITIONS)
            .map(|p| TopicPartition::new(self.from.clone(), p))
            .collect();
        let ends = self.log.ends(&of).expect("ends");
        // The input's last offset is the control record of its one transaction.
        let done = self.log.committed("echo", &of).is_ok_and(|committed| {
            ends.iter()
                .zip(committed)
                .all(|(e, c)| c.map_or(0, |c| c.offset) + 1 >= e.high_watermark)
        });
        done && self.log.is_settled()
    }
}

/// Seeds whose output is not each input once.
fn wrong(broken: Break, seeds: u64) -> Vec<u64> {
    let expected: Vec<usize> = (0..INPUTS).collect();
    (0..seeds)
        .filter(|&seed| Echo::new(broken).run(seed).0 != expected)
        .collect()
}

#[test]
fn each_input_is_copied_exactly_once() {
    assert_eq!(
        wrong(Break::Nothing, SEEDS),
        Vec::<u64>::new(),
        "seeds with a wrong output"
    );
}

#[test]
fn a_broken_rule_shows() {
    for broken in [Break::OffsetsApart, Break::OffsetsAfterRelease] {
        assert!(!wrong(broken, 30).is_empty(), "{broken:?} went unnoticed");
    }
}

#[test]
fn a_seed_always_goes_the_same_way() {
    for seed in 0..10 {
        let [one, two] = [(); 2].map(|()| {
            let echo = Echo::new(Break::Nothing);
            let (_, trace) = echo.run(seed);
            (trace, echo.log.dump(&echo.to), echo.log.now())
        });
        assert_eq!(one, two, "seed {seed}");
    }
}
