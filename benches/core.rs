//! What a complaint costs in the pure core, in instructions, which a noisy machine cannot blur.
//!
//! `cargo bench --bench core` counts them with valgrind: each stage runs with two numbers of complaints,
//! and the difference is what they cost, without start-up. `cargo bench --bench core -- whole 2000` runs
//! one stage only, for a profiler.

use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use heard::app::{App, OutputFormats};
use heard::config::rules::{HashSecret, RuleSettings};
use heard::engine::{
    Clock, EngineSettings, ManualClock, Mode, Observer, Pace, Roles, Sabotage, Topics, TracingObserver,
};
use heard::intake::InputKind;
use heard::log::batch::Place;
use heard::log::memory::MemoryLog;
use heard::log::{Batch, Log, Outgoing, Producer, Topic, TopicSpec};
use heard::model::{Complaint, Customer, Identifier, Millis, Person, Sensitive};
use heard::processor::sequential::Sequential;
use heard::processor::{Codec, Processor};
use heard::text::{Sketch, Terms, fingerprint};
use heard::wire::{Decoder, Encoder, Format, Registry, WireRecord};

use mimalloc as _;

/// The stages, each with what it does beside the one before.
const STAGES: [(&str, &str); 9] = [
    ("load", "complaints are made and encoded: taken off the others"),
    ("decode", "bytes to records"),
    (
        "terms",
        "of whole: what the text says, searched for all terms (rule 11)",
    ),
    (
        "sketch",
        "of whole: the sketch of the text, which finds echoes (rule 10)",
    ),
    (
        "fingerprint",
        "of whole, if nobody knows the customer: finds campaigns (rule 10)",
    ),
    (
        "whole",
        "take, apply with every hop, publish; sequential, rows in a map",
    ),
    ("outputs", "whole, and every output to bytes"),
    ("rows", "whole, and every row to bytes once"),
    (
        "engine",
        "all of it in the engine, on the log in memory, whose cost is in it",
    ),
];
const FEW: u64 = 1_000;
const MANY: u64 = 3_000;
const START: i64 = 1_700_000_000_000;
/// A look at the clock for each complaint: about as long as one takes.
const TICK: Duration = Duration::from_micros(50);

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let asked = args.iter().find(|arg| STAGES.iter().any(|(name, _)| name == arg));
    if let Some(stage) = asked {
        let number = args.iter().find_map(|arg| arg.parse().ok()).unwrap_or(MANY);
        run(stage, number);
        return ExitCode::SUCCESS;
    }
    if !args.iter().any(|arg| arg == "--bench") {
        STAGES.iter().for_each(|(stage, _)| run(stage, 10)); // a smoke test
        return ExitCode::SUCCESS;
    }
    println!("instructions a complaint");
    let mut load = 0;
    for (stage, what) in STAGES {
        let (Some(few), Some(many)) = (instructions(stage, FEW), instructions(stage, MANY)) else {
            eprintln!("error: valgrind is needed to count instructions; install it and try again");
            return ExitCode::FAILURE;
        };
        let each = (many - few) / (MANY - FEW);
        if stage == "load" {
            load = each;
        }
        println!(
            "{stage:<11} {:>8}  {what}",
            each - if stage == "load" { 0 } else { load }
        );
    }
    ExitCode::SUCCESS
}

/// How many instructions a run takes; `None` if they cannot be counted.
fn instructions(stage: &str, number: u64) -> Option<u64> {
    let out = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().ok()?)
        .args([stage, &number.to_string()])
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    let (_, count) = told.rsplit_once("Collected : ")?;
    count.split_whitespace().next()?.parse().ok()
}

fn run(stage: &str, number: u64) {
    let complaints = bytes((0..number).map(complaint));
    match stage {
        "load" => {}
        "engine" => engine(
            &bytes((0..number).filter(|n| n % 2 == 0).map(customer)),
            &complaints,
        ),
        "decode" => {
            let decoder = Decoder::<Complaint>::new(Arc::new(Registry::built_in()));
            for value in &complaints {
                decoder
                    .decode(std::hint::black_box(value))
                    .expect("it was just encoded");
            }
        }
        "terms" => {
            let (terms, complaint) = (Terms::built_in(), complaint(0));
            for _ in 0..number {
                let found = terms.categories(std::hint::black_box(text(&complaint)));
                std::hint::black_box(found.count());
            }
        }
        "sketch" => {
            let complaint = complaint(0);
            for _ in 0..number {
                let text = std::hint::black_box(text(&complaint));
                std::hint::black_box(Sketch::of(text, &HashSecret::TRIAL));
            }
        }
        "fingerprint" => {
            let complaint = complaint(0);
            for _ in 0..number {
                let text = std::hint::black_box(text(&complaint));
                std::hint::black_box(fingerprint(text, &HashSecret::TRIAL));
            }
        }
        _ => {
            let mut whole = Sequential::new(app(), Millis(i64::MIN));
            let customers = bytes((0..number).filter(|n| n % 2 == 0).map(customer));
            take(&mut whole, 0, &customers);
            take(&mut whole, 1, &complaints);
            assert_eq!(whole.rejected(), []);
            let (mut key, mut value) = (Vec::new(), Vec::new());
            if stage == "outputs" {
                let app = app();
                for output in whole.outputs() {
                    key.clear();
                    value.clear();
                    app.encode(output, usize::MAX, &mut key, &mut value);
                }
            }
            if stage == "rows" {
                for row in whole.rows().values() {
                    value.clear();
                    row.encode(&mut value);
                }
            }
        }
    }
}

/// A clock that goes on by the same step each time it is looked at: as many commits for as many complaints,
/// however slowly they are counted.
struct Ticking(ManualClock);

impl Clock for Ticking {
    fn wall(&self) -> Millis {
        self.0.wall()
    }

    fn monotonic(&self) -> Duration {
        self.0.advance(TICK);
        self.0.monotonic()
    }

    fn sleep(&self, time: Duration) {
        self.0.sleep(time);
    }
}

/// Drains customers, then complaints, from a log in memory.
fn engine(customers: &[Vec<u8>], complaints: &[Vec<u8>]) {
    let log = MemoryLog::live();
    let topics = Topics {
        inputs: ["customers", "complaints"].map(Topic::new).into(),
        mailbox: Topic::new("interactions"),
        changelog: Topic::new("interactions-changelog"),
        outputs: ["onstage", "offstage", "cases", "events", "signals"]
            .map(Topic::new)
            .into(),
        dead_letters: Topic::new("dead-letters"),
    };
    let own = [&topics.mailbox, &topics.changelog, &topics.dead_letters];
    let all = topics.inputs.iter().chain(&topics.outputs).chain(own);
    let specs = all.map(|topic| TopicSpec {
        topic: topic.clone(),
        partitions: 6,
        replication: -1,
        settings: Vec::new(),
    });
    log.create_topics(&specs.collect::<Vec<_>>())
        .expect("topics are created");
    let settings = Arc::new(EngineSettings {
        application: "bench".into(),
        instance: "one".into(),
        topics,
        roles: Roles::Both,
        mode: Mode::Drain { as_of: None },
        workers: 1,
        local_delivery: true,
        max_record: 1_000_000,
        pace: Pace::default(),
        sabotage: Sabotage::None,
    });
    for (topic, values) in settings.topics.inputs.iter().zip([customers, complaints]) {
        let mut producer = log.producer("feeder").expect("a producer");
        producer.init().expect("it begins");
        producer.begin().expect("it begins");
        for (n, value) in values.iter().enumerate() {
            let outgoing = Outgoing {
                topic,
                partition: None,
                key: Some(&n.to_be_bytes()),
                value: Some(value),
                headers: &[],
            };
            producer.send(&outgoing).expect("it is sent");
        }
        producer.flush(Duration::from_secs(1)).expect("it is flushed");
        producer.commit().expect("it is committed");
        let clock: Arc<dyn Clock> = Arc::new(Ticking(ManualClock::new(Millis(START))));
        let observer: Arc<dyn Observer> = Arc::new(TracingObserver);
        heard::engine::run(&log, &app, &settings, &clock, &observer, &AtomicBool::new(false))
            .expect("it drains");
    }
}

fn text(complaint: &Complaint) -> &str {
    complaint.text.as_ref().map_or("", |text| text.as_str())
}

fn app() -> App {
    let inputs = vec![InputKind::Customers, InputKind::Complaints];
    let settings = Arc::new(RuleSettings::default());
    App::new(
        &settings,
        inputs,
        &Arc::new(Registry::built_in()),
        OutputFormats::default(),
    )
}

fn take(whole: &mut Sequential<App>, input: usize, values: &[Vec<u8>]) {
    let mut batch = Batch::new();
    for (offset, value) in values.iter().enumerate() {
        let place = Place {
            topic: input,
            partition: 0,
            offset: offset as i64,
            timestamp: START + 1_000_000_000,
        };
        batch.push(place, None, Some(value), []);
    }
    batch.iter().for_each(|record| whole.take(input, &record));
}

fn bytes<T: WireRecord>(records: impl Iterator<Item = T>) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(Format::SingleObject);
    let encoded = records.map(|record| {
        let mut value = Vec::new();
        encoder
            .encode(&record, &mut value)
            .expect("the record is of its schema");
        value
    });
    encoded.collect()
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

const WORDS: [&str; 24] = [
    "parcel",
    "still",
    "waiting",
    "nobody",
    "answers",
    "driver",
    "left",
    "refund",
    "promised",
    "twice",
    "phone",
    "line",
    "hung",
    "website",
    "says",
    "delivered",
    "never",
    "came",
    "please",
    "help",
    "weeks",
    "ago",
    "order",
    "again",
];

/// About 360 bytes on the wire; no two say the same.
fn complaint(n: u64) -> Complaint {
    let mut text = String::with_capacity(240);
    let mut dice = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    while text.len() < 218 {
        dice = dice.rotate_left(17).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        text.push_str(WORDS[(dice >> 40) as usize % WORDS.len()]);
        text.push(' ');
    }
    Complaint {
        id: format!("m{n}").into(),
        source: "mail".into(),
        channel: "email".into(),
        conversation_id: Some(format!("t{n}").into()),
        author: Person {
            display_name: Some(Sensitive(format!("Person {n}").into())),
            identifiers: vec![email(n)],
        },
        text: Some(Sensitive(text)),
        language: Some("en".into()),
        occurred_at: Millis(START + n as i64),
        brand: Some("Example Air".into()),
        product: Some("parcel".into()),
        ..Complaint::default()
    }
}
