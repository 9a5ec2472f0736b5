//! The whole way on real Kafka: how many complaints a second `heard run` takes from input topics to
//! work items, and what that costs it.
//!
//! `cargo bench --bench way -- [COMPLAINTS] [on|off]` starts a broker of its own on loopback, loads
//! half of the customers as CRM records (not measured), then the complaints, each of a customer of
//! its own, and drains them with local delivery on or off. Figures are of the process `heard run`
//! alone, its start and the restore of the customers' state counted.

#[path = "../tests/kafka/broker.rs"]
mod broker;

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use heard::log::kafka::{KafkaLog, KafkaSettings};
use heard::log::{ErrorKind, Log, Outgoing, Producer, Topic};
use heard::model::{Complaint, Customer, Identifier, Millis, Person, Sensitive};
use heard::wire::{Encoder, Format, WireRecord};
use nix::sys::resource::{UsageWho, getrusage};

use broker::Broker;

const START: i64 = 1_700_000_000_000;
const CONFIG: &str = "[topics]\npartitions = 6\ninput_partitions = 6\n";

fn main() -> ExitCode {
    // `cargo bench` passes `--bench`; `cargo test --benches` nothing that is a number: a smoke test.
    let numbers = std::env::args().find_map(|arg| arg.replace('_', "").parse().ok());
    let local = if std::env::args().any(|arg| arg == "off") {
        "off"
    } else {
        "on"
    };
    let measured = std::env::args().any(|arg| arg == "--bench");
    let complaints: u64 = numbers.unwrap_or(if measured { 500_000 } else { 1_000 });

    let broker = Broker::start();
    let address = broker.address();
    let directory = tempfile::TempDir::new().expect("a temporary directory can be made");
    let config = directory.path().join("heard.toml");
    std::fs::write(&config, CONFIG).expect("the directory can be written");
    let heard = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heard"));
        command
            .arg("--config")
            .arg(&config)
            .args(["--brokers", &address])
            .args(args);
        command
    };
    let succeeds = |mut command: Command| {
        let status = command
            .stdin(Stdio::null())
            .status()
            .expect("the binary was built for this bench");
        assert!(status.success(), "{command:?} ended with {status}");
    };
    let mut apply = heard(&["topics", "apply"]);
    apply.stdout(Stdio::null());
    succeeds(apply);
    let log = KafkaLog::new(KafkaSettings {
        brokers: address.clone(),
        ..KafkaSettings::default()
    })
    .expect("the settings are fine");
    let drain = ["run", "--drain", "--local-delivery", local];

    load(&log, "customers", (0..complaints).filter(|n| n % 2 == 0), |n| {
        (format!("C{n}"), customer(n))
    });
    succeeds(heard(&drain));
    load(&log, "complaints.email", 0..complaints, |n| {
        (format!("t{n}"), complaint(n))
    });

    let before = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system tells");
    let started = Instant::now();
    succeeds(heard(&drain));
    let took = started.elapsed();
    let after = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system tells");
    let cpu = |usage: &nix::sys::resource::Usage| seconds(usage.user_time()) + seconds(usage.system_time());
    let cpu = cpu(&after) - cpu(&before);
    println!("complaints            {complaints:>12}");
    println!("local delivery        {local:>12}");
    println!("wall                  {:>12.2} s", took.as_secs_f64());
    println!(
        "rate                  {:>12.0} complaints/s",
        complaints as f64 / took.as_secs_f64()
    );
    println!("CPU                   {cpu:>12.2} s");
    println!("CPU a million         {:>12.2} s", cpu * 1e6 / complaints as f64);
    println!(
        "largest memory so far {:>12.0} MiB",
        after.max_rss() as f64 / 1024.0
    );
    ExitCode::SUCCESS
}

fn seconds(time: nix::sys::time::TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}

/// Sends records to a topic, in transactions of 10,000.
fn load<T: WireRecord>(
    log: &KafkaLog,
    topic: &str,
    numbers: impl Iterator<Item = u64>,
    record: impl Fn(u64) -> (String, T),
) {
    let topic = Topic::new(topic);
    let mut producer = log.producer("way-load").expect("a producer can be made");
    while let Err(error) = producer.init() {
        // A broker that has just started may want to be asked again.
        assert_eq!(error.kind, ErrorKind::Retriable, "{error}");
    }
    let mut encoder = Encoder::<T>::new(Format::SingleObject);
    let mut numbers = numbers.peekable();
    let mut value = Vec::new();
    while numbers.peek().is_some() {
        producer.begin().expect("a transaction can begin");
        for n in numbers.by_ref().take(10_000) {
            let (key, record) = record(n);
            value.clear();
            encoder
                .encode(&record, &mut value)
                .expect("the record is of its schema");
            let outgoing = Outgoing {
                topic: &topic,
                partition: None,
                key: Some(key.as_bytes()),
                value: Some(&value),
                headers: &[],
            };
            producer.send(&outgoing).expect("the broker takes it");
        }
        producer
            .flush(Duration::from_secs(30))
            .expect("the broker takes them");
        producer.commit().expect("the broker commits");
    }
}

fn email(n: u64) -> Identifier {
    Identifier {
        kind: "email".into(),
        value: Sensitive(format!("person{n}@example.org").into()),
        realm: None,
    }
}

fn customer(n: u64) -> Customer {
    Customer {
        customer_id: format!("C{n}").into(),
        identifiers: vec![email(n)],
        display_name: Some(Sensitive(format!("Person {n}").into())),
        tier: Some("gold".into()),
        updated_at: Millis(START),
        ..Customer::default()
    }
}

/// About 360 bytes on the wire.
fn complaint(n: u64) -> Complaint {
    const TEXT: &str = "My parcel was to come on Monday, it is Thursday, and the page still says that it is \
        on its way. I have written twice. Nobody has told me where it is, or when it will come, or \
        whether I should order again. Please tell me what to do.";
    Complaint {
        id: format!("m{n}").into(),
        source: "mail".into(),
        channel: "email".into(),
        conversation_id: Some(format!("t{n}").into()),
        author: Person {
            display_name: Some(Sensitive(format!("Person {n}").into())),
            identifiers: vec![email(n)],
        },
        text: Some(Sensitive(TEXT.into())),
        language: Some("en".into()),
        occurred_at: Millis(START + n as i64),
        brand: Some("Example Air".into()),
        product: Some("parcel".into()),
        ..Complaint::default()
    }
}
