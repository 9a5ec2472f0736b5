//! A reader of the outputs who looks on by a thread of its own, and writes down what it sees and when.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use heard::model::{WorkId, WorkItem, WorkState};
use heard::wire::{Decoder, Registry};
use heard_oracle::ledger::{Place, Seen, digest};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::BorrowedMessage;
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

/// What others read.
const OUTPUTS: [&str; 4] = ["cases", "case-events", "handling.onstage", "handling.offstage"];

/// When probes were sent, in milliseconds since 1970, by their ids.
pub type SentAt = Arc<Mutex<HashMap<String, i64>>>;

/// Looks on until it is told to stop.
pub struct Witness {
    stop: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
    gap: Arc<Mutex<Gap>>,
    thread: JoinHandle<Account>,
}

/// What it has seen.
pub struct Account {
    /// Records, in order of sight.
    pub seen: Vec<Seen>,
    /// Of each probe's work item, when its message was sent (milliseconds since 1970), and how long after that its first
    /// revision was written (milliseconds).
    pub waits: Vec<(i64, i64)>,
}

/// The longest time between two records.
struct Gap {
    last: Instant,
    longest: Duration,
}

impl Witness {
    /// Begins to look at the outputs whose names begin with `prefix`, from their beginning.
    pub fn start(brokers: &str, prefix: &str, partitions: i32, sent_at: SentAt) -> Self {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("group.id", "witness")
            .set("isolation.level", "read_committed")
            .set("enable.auto.commit", "false")
            .set("reconnect.backoff.max.ms", "500")
            .set("log_level", "0")
            .create()
            .expect("these settings are valid");
        let mut all = TopicPartitionList::new();
        for topic in OUTPUTS {
            for partition in 0..partitions {
                let added =
                    all.add_partition_offset(&format!("{prefix}{topic}"), partition, Offset::Beginning);
                added.expect("the beginning is an offset");
            }
        }
        consumer.assign(&all).expect("these partitions are named well");
        let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let gap = Arc::new(Mutex::new(Gap {
            last: Instant::now(),
            longest: Duration::ZERO,
        }));
        let (told, counts, gaps) = (Arc::clone(&stop), Arc::clone(&count), Arc::clone(&gap));
        Self {
            thread: std::thread::spawn(move || look_on(&consumer, &sent_at, &told, &counts, &gaps)),
            stop,
            count,
            gap,
        }
    }

    /// How many records it has seen.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Waits until it has seen so many more records; how long that took.
    ///
    /// # Panics
    /// If it takes longer than `patience`.
    pub fn until_more(&self, records: usize, patience: Duration) -> Duration {
        let (since, enough) = (Instant::now(), self.count() + records);
        while self.count() < enough {
            let waited = since.elapsed();
            assert!(waited < patience, "nothing was published for {waited:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        since.elapsed()
    }

    /// The longest time between two records since it was asked last.
    pub fn longest_gap(&self) -> Duration {
        let mut gap = self.gap.lock().expect("nobody panics with it");
        let longest = gap.longest.max(gap.last.elapsed());
        gap.longest = Duration::ZERO;
        gap.last = Instant::now();
        longest
    }

    /// What it has seen.
    pub fn stop(self) -> Account {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("it looks on until it is stopped")
    }
}

fn look_on(
    consumer: &BaseConsumer,
    sent_at: &SentAt,
    stop: &AtomicBool,
    count: &AtomicUsize,
    gap: &Mutex<Gap>,
) -> Account {
    let decoder = Decoder::<WorkItem>::new(Arc::new(Registry::built_in()));
    let mut known = HashSet::new();
    let mut account = Account {
        seen: Vec::new(),
        waits: Vec::new(),
    };
    while !stop.load(Ordering::Relaxed) {
        // What passes passes: brokers go away and come back.
        let Some(Ok(message)) = consumer.poll(Duration::from_millis(50)) else {
            continue;
        };
        {
            let mut gap = gap.lock().expect("nobody panics with it");
            let since = gap.last.elapsed();
            gap.longest = gap.longest.max(since);
            gap.last = Instant::now();
        }
        if message.topic().contains("handling.")
            && let Some(wait) = wait(&message, &decoder, sent_at, &mut known)
        {
            account.waits.push(wait);
        }
        account.seen.push(Seen {
            place: Place {
                topic: message.topic().to_owned(),
                partition: message.partition(),
                offset: message.offset(),
            },
            digest: digest(message.key(), message.payload()),
        });
        count.fetch_add(1, Ordering::Relaxed);
    }
    account
}

/// When the message of an item was sent, and how long after that its first revision was written.
fn wait(
    message: &BorrowedMessage<'_>,
    decoder: &Decoder<WorkItem>,
    sent_at: &SentAt,
    known: &mut HashSet<WorkId>,
) -> Option<(i64, i64)> {
    let item = decoder.decode(message.payload()?).ok()?;
    if item.state != WorkState::Open || !known.insert(item.work_id) {
        return None;
    }
    let at = message.timestamp().to_millis()?;
    let sent = *sent_at
        .lock()
        .expect("nobody panics with it")
        .get(&*item.complaint.id)?;
    Some((sent, at - sent))
}
