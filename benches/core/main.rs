//! What a complaint costs in the pure core, in instructions, which a noisy machine cannot blur.
//!
//! `cargo bench --bench core` counts them with valgrind: each stage runs with two numbers of complaints,
//! and the difference is what they cost, without start-up. `cargo bench --bench core -- only party one` counts
//! some stages; `cargo bench --bench core -- whole 2000` runs one stage only, for a profiler.

mod engine;
mod said;

use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

use heard::app::{App, OutputFormats};
use heard::config::rules::{HashSecret, RuleSettings};
use heard::intake::InputKind;
use heard::log::Batch;
use heard::log::batch::Place;
use heard::model::{Complaint, Millis};
use heard::processor::sequential::Sequential;
use heard::processor::{Codec, Processor};
use heard::text::{Sketch, Terms, fingerprint};
use heard::wire::{Decoder, Encoder, Format, Registry, WireRecord};

use mimalloc as _;
use said::{IN_ORDER, Message, START, about_a_brand, about_an_issue, complaint, customer, of_one_person};

/// Something whose cost is counted.
struct Stage {
    name: &'static str,
    /// Between these numbers of messages.
    between: (u64, u64),
    /// Whether making and encoding the complaints is taken off.
    loads: bool,
    what: &'static str,
}

const fn stage(name: &'static str, what: &'static str) -> Stage {
    let between = (1_000, 3_000);
    Stage {
        name,
        between,
        loads: true,
        what,
    }
}

const fn thread(name: &'static str, what: &'static str) -> Stage {
    let between = (IN_ORDER, IN_ORDER + 200);
    Stage {
        name,
        between,
        loads: false,
        what,
    }
}

const STAGES: [Stage; 18] = [
    stage("load", "complaints are made and encoded: taken off the others"),
    stage("decode", "bytes to records"),
    stage(
        "terms",
        "of whole: what the text says, searched for all terms (rule 11)",
    ),
    stage(
        "sketch",
        "of whole: the sketch of the text, which finds echoes (rule 10)",
    ),
    stage(
        "fingerprint",
        "of whole, if nobody knows the customer: finds campaigns (rule 10)",
    ),
    stage(
        "whole",
        "take, apply with every hop, publish; sequential, rows in a map",
    ),
    stage("outputs", "whole, and every output to bytes"),
    stage("rows", "whole, and every row to bytes once"),
    stage(
        "engine",
        "all of it in the engine, on the log in memory, whose cost is in it",
    ),
    stage("issues", "whole, of one brand with 50 issues, over an hour"),
    stage("brands", "whole, of 50 brands with 50 issues each, over an hour"),
    stage(
        "engine-issues",
        "engine, of one brand with 50 issues, over an hour",
    ),
    stage("one", "whole, where the CRM knows each customer"),
    Stage {
        name: "party",
        between: (30_000, 30_500),
        loads: true,
        what: "the same, each the next of 30,000 cases of one customer",
    },
    thread(
        "thread",
        "a message of a customer's thread of 10,000, half of them replies, in order",
    ),
    thread(
        "thread-jittered",
        "the same, the two topics jittered by a minute against each other",
    ),
    thread(
        "crowd",
        "a message of a thread of 5,000 people with a reply each, in order",
    ),
    thread(
        "crowd-jittered",
        "the same, the two topics jittered by a minute against each other",
    ),
];

/// Stages that are told as many times another one, and how many may be.
const RATIOS: [(&str, &str, u64); 5] = [
    ("issues", "whole", 0),
    ("brands", "whole", 0),
    ("party", "one", 3),
    ("thread-jittered", "thread", 3),
    ("crowd-jittered", "crowd", 3),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let mut asked = STAGES
        .iter()
        .filter(|stage| args.iter().any(|arg| arg == stage.name));
    let is_counting = args.iter().any(|arg| arg == "only");
    if !is_counting && let Some(stage) = asked.next() {
        let number = args.iter().find_map(|arg| arg.parse().ok());
        run(stage.name, number.unwrap_or(stage.between.1));
        return ExitCode::SUCCESS;
    }
    if !args.iter().any(|arg| arg == "--bench") {
        STAGES.iter().for_each(|stage| run(stage.name, 10)); // a smoke test
        return ExitCode::SUCCESS;
    }
    println!("instructions a complaint");
    let only: Vec<&str> = asked.filter(|_| is_counting).map(|stage| stage.name).collect();
    if count(&only).is_none() {
        eprintln!("error: valgrind is needed to count instructions; install it and try again");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Counts stages, all if none is named; `None` if they cannot be counted.
fn count(only: &[&str]) -> Option<()> {
    let (mut load, mut costs) = (0, Vec::new());
    let is_wanted = |stage: &&Stage| only.is_empty() || stage.name == "load" || only.contains(&stage.name);
    for stage in STAGES.iter().filter(is_wanted) {
        let (few, many) = stage.between;
        let each = (instructions(stage.name, many)? - instructions(stage.name, few)?) / (many - few);
        if stage.name == "load" {
            load = each;
        }
        let is_less = stage.loads && stage.name != "load";
        let cost = each - if is_less { load } else { 0 };
        println!("{:<15} {cost:>8}  {}", stage.name, stage.what);
        costs.push((stage.name, cost));
    }
    let cost_of = |name| {
        costs
            .iter()
            .find(|(stage, _)| *stage == name)
            .map(|(_, cost)| *cost)
    };
    for (more, than, most) in RATIOS {
        if let (Some(more_cost), Some(than_cost)) = (cost_of(more), cost_of(than)) {
            let bound = if most > 0 {
                format!(", at most {most}")
            } else {
                String::new()
            };
            let times = more_cost as f64 / than_cost as f64;
            println!("{more} / {than}: {times:.2}{bound}");
        }
    }
    Some(())
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
    let customers = |known: fn(u64) -> bool| bytes((0..number).filter(|n| known(*n)).map(customer));
    let half = |n| n % 2 == 0;
    match stage {
        "thread" => talk(said::thread(number, true, false)),
        "thread-jittered" => talk(said::thread(number, true, true)),
        "crowd" => talk(said::thread(number, false, false)),
        "crowd-jittered" => talk(said::thread(number, false, true)),
        "issues" => drop(whole(&customers(half), &bytes((0..number).map(about_an_issue)))),
        "brands" => drop(whole(&customers(half), &bytes((0..number).map(about_a_brand)))),
        "one" => drop(whole(&customers(|_| true), &bytes((0..number).map(complaint)))),
        "party" => drop(whole(
            &customers(|n| n == 0),
            &bytes((0..number).map(of_one_person)),
        )),
        "engine-issues" => engine::drain(&customers(half), &bytes((0..number).map(about_an_issue))),
        "engine" => engine::drain(&customers(half), &bytes((0..number).map(complaint))),
        _ => part(stage, number, &bytes((0..number).map(complaint))),
    }
}

/// The stages of plain complaints outside the engine, and their parts.
fn part(stage: &str, number: u64, complaints: &[Vec<u8>]) {
    match stage {
        "load" => {}
        "decode" => {
            let decoder = Decoder::<Complaint>::new(Arc::new(Registry::built_in()));
            for value in complaints {
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
            let customers = bytes((0..number).filter(|n| n % 2 == 0).map(customer));
            let whole = whole(&customers, complaints);
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

/// Takes customers, then complaints.
fn whole(customers: &[Vec<u8>], complaints: &[Vec<u8>]) -> Sequential<App> {
    let mut whole = Sequential::new(app(), Millis(i64::MIN));
    take(&mut whole, 0, customers);
    take(&mut whole, 1, complaints);
    assert_eq!(whole.rejected().first(), None);
    whole
}

/// Takes the messages of a thread.
fn talk(messages: Vec<Message>) {
    let mut whole = Sequential::new(app(), Millis(i64::MIN));
    for message in messages {
        let (input, value) = match message {
            Message::Says(complaint) => (1, bytes([complaint].into_iter())),
            Message::Replies(response) => (2, bytes([response].into_iter())),
        };
        take(&mut whole, input, &value);
    }
    assert_eq!(whole.rejected().first(), None);
}

fn text(complaint: &Complaint) -> &str {
    complaint.text.as_ref().map_or("", |text| text.as_str())
}

fn app() -> App {
    let inputs = vec![InputKind::Customers, InputKind::Complaints, InputKind::Responses];
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
            timestamp: START + 200_000_000_000, // no complaint is ahead of it
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
