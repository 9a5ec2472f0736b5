//! Load: invented people whose complaints, and all that comes of them, arrive at a rate; and the ledger of what brokers
//! acknowledged of it.

mod hot;
mod people;

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use heard::model::Millis;
use heard::wire::{Encoder, Format, WireRecord};
use heard_oracle::ledger::{Acknowledged, Place, digest};
use heard_oracle::records::Record;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rdkafka::message::{DeliveryResult, ToBytes};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use rdkafka::{ClientConfig, ClientContext, Message};

use crate::witness::SentAt;

/// So many families are under way at a time: what they say comes mixed.
const AT_ONCE: usize = 40;

/// Of a hundred records so many come again, and so many are spoilt.
const AGAIN: u32 = 4;
const SPOILT: u32 = 1;

/// One in so many records is a probe.
const PROBES: u32 = 10;

/// Milliseconds: the answer level of probes is two hours.
const RIPE: Range<i64> = 7_140_000..7_200_000;

/// What is to be fed.
pub struct Plan {
    /// Records a second of people who have little to do with each other.
    rate: u32,
    /// Messages of one conversation beside them, and how many of them a second.
    hot: usize,
    hot_rate: u32,
    /// Whether probes are old enough for their deadlines to pass within a minute.
    ripe: bool,
}

impl Plan {
    /// So many records a second.
    pub const fn plain(rate: u32) -> Self {
        Self {
            rate,
            hot: 0,
            hot_rate: 0,
            ripe: false,
        }
    }

    /// Beside them a conversation of so many messages, so many a second.
    pub const fn with_hot(self, hot: usize, hot_rate: u32) -> Self {
        Self {
            hot,
            hot_rate,
            ..self
        }
    }

    /// Timers fire all the time: what one in ten says is two hours old but for a minute.
    pub const fn with_timers(self) -> Self {
        Self { ripe: true, ..self }
    }
}

/// What is fed, by a thread of its own, until it is told to stop.
pub struct Load {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Acknowledged>>,
}

impl Load {
    /// Begins to feed what is planned into the topics that begin with `prefix`; notes in `sent_at` when a probe
    /// was sent.
    pub fn start(brokers: &str, prefix: &str, plan: &Plan, seed: u64, sent_at: SentAt) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let feeder = Feeder::new(brokers, prefix, plan, seed, sent_at);
        let rate = plan.rate + plan.hot_rate;
        let told = Arc::clone(&stop);
        Self {
            thread: std::thread::spawn(move || feeder.feed(rate, &told)),
            stop,
        }
    }

    /// Stops it, and waits for the answer to each record: what was acknowledged.
    pub fn stop(self) -> Vec<Acknowledged> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the load goes on until it is stopped")
    }
}

/// Remembers what is acknowledged.
#[derive(Clone, Default)]
struct Memory {
    acknowledged: Arc<Mutex<Vec<Acknowledged>>>,
}

impl ClientContext for Memory {}

impl ProducerContext for Memory {
    /// Whether it is spoilt.
    type DeliveryOpaque = Box<bool>;

    fn delivery(&self, result: &DeliveryResult<'_>, spoilt: Self::DeliveryOpaque) {
        // What failed is not promised to be there, and is not there: the producer is idempotent, and never gives up.
        let Ok(message) = result else { return };
        // No broker has said so: the library only concludes it, and may be wrong where a topic is new.
        if message.offset() < 0 {
            return;
        }
        let acknowledged = Acknowledged {
            place: Place {
                topic: message.topic().to_owned(),
                partition: message.partition(),
                offset: message.offset(),
            },
            digest: digest(message.key(), message.payload()),
            spoilt: *spoilt,
        };
        self.acknowledged
            .lock()
            .expect("nobody panics with it")
            .push(acknowledged);
    }
}

struct Feeder {
    producer: BaseProducer<Memory>,
    memory: Memory,
    prefix: String,
    sent_at: SentAt,
    /// What is still to be said in the hot conversation, and its share of all records.
    hot: VecDeque<Record>,
    hot_share: f64,
    ripe: bool,
    rng: ChaCha8Rng,
    /// What is still to be said by the families that are under way.
    families: Vec<VecDeque<Record>>,
    next_family: u64,
    next_probe: u64,
}

impl Feeder {
    fn new(brokers: &str, prefix: &str, plan: &Plan, seed: u64, sent_at: SentAt) -> Self {
        let memory = Memory::default();
        let producer = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("enable.idempotence", "true")
            // A broker may be away for long.
            .set("message.timeout.ms", "1200000")
            .set("linger.ms", "5")
            .set("log_level", "0")
            .create_with_context(memory.clone());
        Self {
            producer: producer.expect("these settings are valid"),
            memory,
            prefix: prefix.to_owned(),
            sent_at,
            hot: hot::conversation(now(), plan.hot, &mut ChaCha8Rng::seed_from_u64(seed)),
            hot_share: f64::from(plan.hot_rate) / f64::from(plan.rate + plan.hot_rate),
            ripe: plan.ripe,
            rng: ChaCha8Rng::seed_from_u64(seed),
            families: Vec::new(),
            next_family: 0,
            next_probe: 0,
        }
    }

    fn feed(mut self, rate: u32, stop: &AtomicBool) -> Vec<Acknowledged> {
        let since = Instant::now();
        let mut count = 0;
        while !stop.load(Ordering::Relaxed) {
            let due = (since.elapsed().as_secs_f64() * f64::from(rate)) as usize;
            if count < due {
                self.send_one();
                count += 1;
            } else {
                self.producer.poll(Duration::from_millis(2));
            }
        }
        // Whoever has begun is heard to the end, so that families are whole.
        while !self.families.is_empty() {
            self.say();
        }
        self.producer
            .flush(Duration::from_secs(600))
            .expect("brokers are there again in the end");
        let acknowledged = self.memory.acknowledged.lock();
        acknowledged.expect("nobody panics with it").clone()
    }

    fn send_one(&mut self) {
        if self.rng.random_bool(self.hot_share)
            && let Some(record) = self.hot.pop_front()
        {
            self.tell(&record);
            return;
        }
        if self.rng.random_range(0..PROBES) == 0 {
            let age = if self.ripe { self.rng.random_range(RIPE) } else { 0 };
            let probe = people::probe(self.next_probe, now().plus(-age));
            self.next_probe += 1;
            self.note(&probe);
            self.tell(&probe);
            return;
        }
        while self.families.len() < AT_ONCE {
            let records = people::family(self.next_family, now(), &mut self.rng);
            self.families.push(records.into());
            self.next_family += 1;
        }
        self.say();
    }

    /// One of those who are under way says what is next; now and then what comes after that, again, or beyond recognition.
    fn say(&mut self) {
        let at = self.rng.random_range(0..self.families.len());
        let family = &mut self.families[at];
        let early = usize::from(family.len() > 1 && self.rng.random_range(0..10) == 0);
        let Some(record) = family.remove(early) else {
            self.families.swap_remove(at);
            return;
        };
        let (topic, key, value) = written(&record);
        let times = 1 + u32::from(self.rng.random_range(0..100) < AGAIN);
        for _ in 0..times {
            self.send(&topic, &key, &value, false);
        }
        if self.rng.random_range(0..100) < SPOILT {
            let half = value.len() / 2;
            self.send(&topic, &key, &value[..half], true);
        }
    }

    fn tell(&self, record: &Record) {
        let (topic, key, value) = written(record);
        self.send(&topic, &key, &value, false);
    }

    /// Notes when something is said.
    fn note(&self, record: &Record) {
        let mut sent_at = self.sent_at.lock().expect("nobody panics with it");
        sent_at.insert(record.id().to_string(), now().0);
    }

    fn send(&self, topic: &str, key: &str, value: &[u8], spoilt: bool) {
        let topic = format!("{}{topic}", self.prefix);
        let mut record = BaseRecord::with_opaque_to(&topic, Box::new(spoilt))
            .key(key.to_bytes())
            .payload(value);
        // Its queue is full while brokers are away.
        while let Err((_, again)) = self.producer.send(record) {
            record = again;
            self.producer.poll(Duration::from_millis(20));
        }
    }
}

/// Topic without the prefix, key and value of a record.
fn written(record: &Record) -> (String, String, Vec<u8>) {
    match record {
        Record::Said(said) => {
            let conversation = said.conversation_id.as_ref().unwrap_or(&said.id);
            (
                format!("complaints.{}", said.channel),
                conversation.to_string(),
                encoded(said),
            )
        }
        Record::Replied(reply) => (
            format!("responses.{}", reply.channel),
            reply.conversation_id.to_string(),
            encoded(reply),
        ),
        Record::Updated(update) => (
            "updates".to_owned(),
            update.conversation_id.to_string(),
            encoded(update),
        ),
        Record::Known(customer) => (
            "customers".to_owned(),
            customer.customer_id.to_string(),
            encoded(customer),
        ),
        Record::Surveyed(survey) => ("surveys".to_owned(), survey.id.to_string(), encoded(survey)),
        Record::Dropped(id, _) => unreachable!("nobody is dropped here: {id}"),
    }
}

fn encoded<T: WireRecord>(record: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoded = Encoder::new(Format::SingleObject).encode(record, &mut bytes);
    encoded.expect("it can be written");
    bytes
}

/// The time of the wall clock.
pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let since = since.expect("the clock is after 1970");
    Millis(i64::try_from(since.as_millis()).expect("it is not that late"))
}
