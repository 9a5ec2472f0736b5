//! A steady stream: how long from a complaint's arrival at the broker until its work item can be read.

use std::time::{Duration, Instant};

use heard::model::{Millis, WorkItem};
use heard::wire::{Decoder, Encoder, Format, Registry};
use jiff::Timestamp;
use rdkafka::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::cluster::{COMPLAINTS, CUSTOMERS, Cluster};
use crate::contestant::{Contestant, Pace};
use crate::load::Load;
use crate::sample::percentile;
use crate::settings::Settings;
use crate::watch::Watch;

/// Complaints of so many seconds go before those that count. The broker is new, and on a machine of two cores its
/// virtual machine compiles for most of a minute on one of them: then latency is that of the compiler.
const WARM_UP_SECONDS: u64 = 60;

/// The load's producer gathers for so long, milliseconds. It is not in the latency, which counts from the broker's
/// time. The client library sends a request for each partition and batch: with 1 ms these were 970 a second, two
/// fifths of all produce requests that the broker served beside two instances.
const GATHER_MS: &str = "20";

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Who.
    pub contestant: Contestant,
    /// How many processes of it.
    pub instances: usize,
    /// Time between commits.
    pub commit: Duration,
}

/// Latencies of one setup, milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Latency {
    /// What was measured.
    pub setup: Setup,
    /// Half of the work items came within this time.
    pub p50: i64,
    /// 99 of 100 did.
    pub p99: i64,
    /// The longest.
    pub most: i64,
}

/// All that is measured, in order.
pub fn setups(settings: &Settings) -> Vec<Setup> {
    let mut setups = Vec::new();
    for &commit in &settings.commit_ms {
        let of = |contestant, instances| Setup {
            contestant,
            instances,
            commit: Duration::from_millis(commit),
        };
        if settings.runs(Contestant::Streams) {
            setups.push(of(Contestant::Streams, 1));
        }
        if settings.runs(Contestant::Heard) {
            setups.extend(settings.instances.iter().map(|&n| of(Contestant::Heard, n)));
        }
    }
    setups
}

/// Runs one setup on a new broker.
pub fn run(settings: &Settings, setup: Setup) -> Latency {
    let Setup {
        contestant,
        instances,
        commit,
    } = setup;
    eprintln!(
        "latency of {}, {instances} instance(s), commits every {commit:?}",
        contestant.title()
    );
    let cluster = Cluster::start(settings);
    let warm_up = WARM_UP_SECONDS * settings.rate;
    let all = warm_up + settings.latency_seconds * settings.rate;
    let load = Load::new(settings.seed, all);
    let mut processes: Vec<_> = (1..=instances)
        .map(|instance| contestant.start(settings, &cluster, Pace::steady(commit), instance))
        .collect();
    let known = (0..all).filter(|n| Load::is_known(*n)).map(|n| load.customer(n));
    cluster.send(CUSTOMERS, known, || ());
    cluster.settle();

    let mut seen: Vec<Option<i64>> = vec![None; all as usize];
    let decoder = Decoder::<WorkItem>::new(std::sync::Arc::new(Registry::built_in()));
    let watch = Watch::from_beginning(&cluster, contestant.last_output());
    std::thread::scope(|scope| {
        scope.spawn(|| speak(&cluster, settings.rate, &load, all));
        watch.take(all, &mut processes, |message| {
            let now = Timestamp::now().as_millisecond();
            let item = decoder.decode(message.payload().unwrap_or_default());
            let item = item.expect("work items are of their schema");
            let n = Load::number(&item.complaint.id).expect("it is a complaint of ours");
            // What goes out unranked comes once more.
            let is_new = seen[n as usize].is_none();
            seen[n as usize].get_or_insert(now);
            is_new
        });
    });
    processes.into_iter().for_each(crate::process::Process::end);

    let mut arrived = vec![Millis(0); all as usize];
    let decoder = Decoder::<heard::model::Complaint>::new(std::sync::Arc::new(Registry::built_in()));
    Watch::from_beginning(&cluster, COMPLAINTS).drain(|message| {
        let complaint = decoder.decode(message.payload().unwrap_or_default());
        let complaint = complaint.expect("complaints are of their schema");
        let n = Load::number(&complaint.id).expect("it is a complaint of ours");
        let at = message.timestamp().to_millis();
        arrived[n as usize] = Millis(at.expect("the broker stamps complaints"));
    });
    let counted = warm_up as usize..all as usize;
    let mut sample: Vec<i64> = counted
        .map(|n| seen[n].expect("each complaint has a work item") - arrived[n].0)
        .collect();
    sample.sort_unstable();
    let latency = Latency {
        setup,
        p50: percentile(&sample, 0.5),
        p99: percentile(&sample, 0.99),
        most: percentile(&sample, 1.0),
    };
    eprintln!(
        "  p50 {} ms, p99 {} ms, longest {} ms",
        latency.p50, latency.p99, latency.most
    );
    latency
}

/// Sends complaints at a steady rate, each when its time has come.
fn speak(cluster: &Cluster, rate: u64, load: &Load, count: u64) {
    let producer: BaseProducer = cluster
        .client()
        .set("enable.idempotence", "true")
        .set("compression.type", "lz4")
        .set("linger.ms", GATHER_MS)
        .set("partitioner", "murmur2_random")
        .create()
        .expect("these settings are valid");
    let mut encoder = Encoder::new(Format::SingleObject);
    let mut value = Vec::new();
    let started = Instant::now();
    for n in 0..count {
        let due = Duration::from_secs_f64(n as f64 / rate as f64);
        if let Some(early) = due.checked_sub(started.elapsed()) {
            producer.poll(Duration::ZERO);
            std::thread::sleep(early);
        }
        let (key, complaint) = load.complaint(n);
        value.clear();
        encoder
            .encode(&complaint, &mut value)
            .expect("the record is of its schema");
        let record = BaseRecord::to(COMPLAINTS).key(&key).payload(&value);
        producer
            .send(record)
            .map_err(|(error, _)| error)
            .expect("the queue has room");
    }
    producer
        .flush(Duration::from_secs(30))
        .expect("the broker takes them");
}
