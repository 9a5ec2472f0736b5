//! An oracle that cannot fail proves nothing: an installation in whose instances a fault is planted, on a real broker, must
//! make it fail. Not all that the simulation finds can be brought about here: some faults show only where a marker is late or a
//! process stands still between two calls.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use heard::app::{App, OutputFormats};
use heard::config::{Overrides, Settings};
use heard::engine::{
    self, Clock, EngineSettings, Mode, Observer, Pace, Roles, Sabotage, SystemClock, TracingObserver,
};
use heard::log::kafka::{KafkaLog, KafkaSettings};
use heard::wire::Registry;
use heard::wiring;
use heard_oracle::evidence::{Evidence, Stored};
use heard_oracle::invariants::judge;
use nix::sys::signal::Signal;

use crate::broker::Broker;
use crate::load::Plan;
use crate::ordeal::{AS_OF, Found, Ordeal};
use crate::ordeals::QUICK;
use crate::process::Running;

/// How often an instance with a fault is killed.
const KILLS: usize = 3;

/// How often one is made a zombie.
const ZOMBIES: usize = 12;

/// What is planted, by the name that the process of an instance is told.
const PLANTED: [(&str, Sabotage); 6] = [
    ("transactions-off", Sabotage::TransactionsOff),
    ("output-dropped", Sabotage::OutputDropped),
    ("output-twice", Sabotage::OutputTwice),
    ("timers-lost", Sabotage::TimersLostOnRestore),
    ("timers-without-offsets", Sabotage::TimersWithoutOffsets),
    ("restore-to-last-stable", Sabotage::RestoreToLastStable),
];

/// How long something may take to be published again.
const BACK: Duration = Duration::from_secs(90);

/// Members are missed early; their transactions stay open for long.
const PATIENT: &str = "session_timeout = \"3s\"\ntransaction_timeout = \"60s\"\nmax_poll_interval = \"60s\"";

/// What an instance ends with that does not go on with rows that are not those of the last commit.
const REFUSAL: &str = "NotWhole";

/// It shows only where a kill falls between the outputs' commit and that of the offsets: a few milliseconds, so that it takes
/// many.
#[test]
#[ignore = "make faults: 3 minutes"]
fn transactions_that_are_off_are_found() {
    is_found("transactions-off", 40);
}

#[test]
fn an_output_in_a_hundred_that_is_dropped_is_found() {
    is_found("output-dropped", KILLS);
}

#[test]
fn an_output_in_a_hundred_that_is_sent_twice_is_found() {
    is_found("output-twice", KILLS);
}

#[test]
fn timers_that_are_lost_on_restore_are_found() {
    is_found("timers-lost", KILLS);
}

/// It shows where a process stands still until another has its partitions, and then fires timers before it hears of that.
#[test]
#[ignore = "make faults: 3 minutes"]
fn timers_without_offsets_are_found() {
    let (fault, plan) = ("timers-without-offsets", Plan::plain(60).with_timers());
    let (mut ordeal, start) = planted(fault, PATIENT, &plan);
    let mut both = [start(&mut ordeal, "a"), start(&mut ordeal, "b")];
    ordeal.until_more(200, BACK);
    for round in 0..ZOMBIES {
        let one = &mut both[round % 2];
        one.freeze();
        ordeal.chance.pass_until(Instant::now(), Duration::from_secs(6));
        one.thaw();
        ordeal.chance.pass_until(Instant::now(), Duration::from_secs(4));
        if both.iter_mut().any(refuses) {
            return;
        }
    }
    let drain = instance(&ordeal, fault, "drain", Some(AS_OF));
    is_wrong(fault, &ordeal.found_by(both.into(), drain));
}

/// It shows where rows are committed behind a transaction that hangs, and another restores them: here the rows' sum tells of
/// it, and the instance does not go on.
#[test]
#[ignore = "make faults: 2 minutes"]
fn a_restore_that_ends_at_the_last_stable_offset_is_found() {
    let fault = "restore-to-last-stable";
    let (mut ordeal, start) = planted(fault, PATIENT, &Plan::plain(200));
    for round in 0..ZOMBIES {
        // Names of its own: who comes again under its name ends what hangs of it.
        let mut hanging = start(&mut ordeal, &format!("hanging-{round}"));
        ordeal.until_more(200, BACK);
        let mut other = start(&mut ordeal, "other");
        ordeal.chance.pass_until(Instant::now(), Duration::from_secs(5));
        if !ordeal.freeze_in_a_transaction(&mut hanging) {
            assert!(refuses(&mut hanging), "it ended for another reason");
            return;
        }
        ordeal.chance.pass_until(Instant::now(), Duration::from_secs(10));
        if refuses(&mut other) {
            return;
        }
        drop(other);
        let mut other = start(&mut ordeal, "other");
        let since = Instant::now();
        while since.elapsed() < Duration::from_secs(15) {
            if refuses(&mut other) {
                return;
            }
            ordeal.chance.pass(500);
        }
    }
    panic!("{fault} is not found");
}

/// Of what an undisturbed run has left, one thing is changed: the invariant that is about it no longer holds.
#[test]
fn each_invariant_can_fail() {
    let mut ordeal = Ordeal::new("calm-load", &Broker::shared().address(), 1, QUICK, 200);
    let instance = ordeal.start("a");
    ordeal.until_more(2_000, BACK);
    let found = ordeal.found(vec![instance]);
    assert!(found.holds, "nothing is changed yet:\n{}", found.told);
    let evidence = ordeal.evidence();
    type Change<'a> = Box<dyn Fn(&mut Evidence) + 'a>;
    let edit = |name: &'static str, change: fn(&mut Vec<Stored>)| -> Change<'static> {
        Box::new(move |evidence| change(evidence.dump.topics.get_mut(name).expect("it is there")))
    };
    let changes: Vec<(&str, &str, Change<'_>)> = vec![
        (
            "O1",
            "an input is lost",
            edit("updates", |records| drop(records.remove(0))),
        ),
        (
            "O1",
            "a dead letter is missing",
            edit("dead-letters", |records| drop(records.remove(0))),
        ),
        (
            "O2",
            "an event is told again",
            edit("case-events", |records| {
                let mut again = records[0].clone();
                again.offset = records.last().map_or(0, |record| record.offset) + 1;
                records.push(again);
            }),
        ),
        (
            "O3",
            "a key is in two partitions",
            edit("case-events", |records| {
                let at = records
                    .iter()
                    .rposition(|record| record.key == records[0].key)
                    .expect("it is there");
                records[at].partition += 1;
            }),
        ),
        (
            "O4",
            "a version is missing",
            edit("cases", |records| drop(records.remove(0))),
        ),
        (
            "O5",
            "nothing is left of a case",
            edit("cases", |records| {
                let key = records[0].key.clone();
                records.retain(|record| record.key != key);
            }),
        ),
        (
            "O6",
            "a row is missing",
            edit("interactions-changelog", |records| {
                records.retain(|record| record.partition > 0);
            }),
        ),
        (
            "O7",
            "an input is not taken in",
            Box::new(|evidence| {
                let (topic, record) = ("updates", evidence.dump.topic("updates")[0].clone());
                let at = (topic.to_owned(), record.partition);
                evidence.dump.committed.get_mut(&at).expect("it is there").0 = record.offset;
            }),
        ),
        (
            "O8",
            "something was seen that is not there",
            Box::new(|evidence| evidence.seen[7].digest += 1),
        ),
        (
            "O9",
            "a transaction is open",
            Box::new(|evidence| {
                evidence
                    .dump
                    .ends
                    .values_mut()
                    .next()
                    .expect("there is one")
                    .last_stable -= 1;
            }),
        ),
        (
            "O10",
            "a record is counted twice",
            Box::new(|evidence| {
                let counters = &mut evidence.scrapes[0].counters;
                let counted = counters
                    .iter_mut()
                    .find(|(name, _)| name.starts_with("heard_events_total") && name.contains("\"update\""));
                *counted.expect("it is counted").1 += 1.0;
            }),
        ),
    ];
    for (invariant, what, change) in changes {
        let mut changed = evidence.clone();
        change(&mut changed);
        let verdicts = judge(&changed);
        let verdict = verdicts
            .iter()
            .find(|verdict| verdict.name == invariant)
            .expect("all are judged");
        assert!(!verdict.holds(), "{what}, and {invariant} holds");
    }
}

/// One of two instances is killed at work, again and again, as in the ordeals that must come out right.
fn is_found(fault: &str, kills: usize) {
    let (mut ordeal, start) = planted(fault, QUICK, &Plan::plain(200));
    let mut a = start(&mut ordeal, "a");
    let b = start(&mut ordeal, "b");
    ordeal.until_more(100, BACK);
    for _ in 0..kills {
        ordeal.chance.pass(700);
        ordeal.kill(a);
        a = start(&mut ordeal, "a");
        ordeal.until_more(100, BACK);
    }
    let drain = instance(&ordeal, fault, "drain", Some(AS_OF));
    is_wrong(fault, &ordeal.found_by(vec![a, b], drain));
}

/// An installation under load, and what starts an instance of it in which the fault is planted.
fn planted<'f>(
    fault: &'f str,
    engine: &str,
    plan: &Plan,
) -> (Ordeal, impl Fn(&mut Ordeal, &str) -> Running + use<'f>) {
    let (name, address) = (format!("planted-{fault}"), Broker::shared().address());
    let ordeal = Ordeal::reaching(&address, &name, &address, 1, engine, plan);
    let start = move |ordeal: &mut Ordeal, name: &str| {
        ordeal.start_command(name, instance(ordeal, fault, name, None))
    };
    (ordeal, start)
}

/// Whether it has ended since rows are not those of the last commit.
fn refuses(running: &mut Running) -> bool {
    running.has_ended() && running.said(REFUSAL) > 0
}

fn is_wrong(fault: &str, found: &Found) {
    let told = &found.told;
    assert!(told.contains(" WRONG "), "{fault} is not found:\n{told}");
}

/// The command of an instance with a fault: this very test, told by its environment what to run.
fn instance(ordeal: &Ordeal, fault: &str, name: &str, as_of: Option<&str>) -> Command {
    let this = std::env::current_exe().expect("it runs");
    let mut command = Command::new(this);
    command
        .args([
            "--exact",
            "planted::an_instance_with_a_fault",
            "--ignored",
            "--nocapture",
        ])
        .env("PLANTED", fault)
        .env("PLANTED_NAME", name)
        .env("PLANTED_CONFIG", ordeal.heard.config_path())
        .env("PLANTED_PREFIX", format!("{}.", ordeal.name))
        .env("PLANTED_BROKERS", ordeal.brokers());
    if let Some(as_of) = as_of {
        command.env("PLANTED_AS_OF", as_of);
    }
    // What is meant for the tests is no setting of an instance.
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"HEARD_") {
            command.env_remove(name);
        }
    }
    command
}

/// No test: an instance that a test of this file starts. It is ended by a signal, or by a drain's end.
#[test]
#[ignore = "the process of other tests"]
fn an_instance_with_a_fault() {
    let told = |name: &str| std::env::var(name).ok();
    let Some(fault) = told("PLANTED") else { return };
    let sabotage = PLANTED
        .into_iter()
        .find(|(name, _)| *name == fault)
        .expect("it is planted")
        .1;
    let config = told("PLANTED_CONFIG").expect("it is told");
    let overrides = Overrides {
        brokers: told("PLANTED_BROKERS"),
        prefix: told("PLANTED_PREFIX"),
    };
    let settings = Settings::load(Some(Path::new(&config)), &overrides).expect("it is a configuration");
    let time_out = |name: &str, time: Duration| (name.to_owned(), time.as_millis().to_string());
    let log = KafkaLog::new(KafkaSettings {
        brokers: settings.brokers.clone(),
        client_id: settings.application.clone(),
        extra: vec![
            time_out("session.timeout.ms", settings.engine.session_timeout),
            time_out("transaction.timeout.ms", settings.engine.transaction_timeout),
            time_out("max.poll.interval.ms", settings.engine.max_poll_interval),
        ],
    });
    let log = log.expect("these settings are valid");
    let inputs = wiring::inputs(&settings.topics, &settings.rules);
    let kinds: Vec<_> = inputs.iter().map(|(kind, _)| *kind).collect();
    let as_of = told("PLANTED_AS_OF").map(|time| heard_oracle::expected::moment(&time).expect("a time"));
    let engine = Arc::new(EngineSettings {
        application: settings.application.clone(),
        instance: told("PLANTED_NAME").expect("it is told"),
        topics: wiring::topics(&settings.topics, inputs.into_iter().map(|(_, topic)| topic)),
        roles: Roles::Both,
        mode: match as_of {
            Some(as_of) => Mode::Drain { as_of: Some(as_of) },
            None => Mode::Live,
        },
        workers: 1,
        local_delivery: settings.engine.local_delivery,
        max_record: settings.engine.max_record_bytes as usize,
        pace: Pace {
            // Commits follow one another closely, so that a kill often falls into one.
            commit_interval: Duration::from_millis(10),
            ..Pace::default()
        },
        sabotage,
    });
    let rules = Arc::new(settings.rules.clone());
    let registry = Arc::new(Registry::built_in());
    let app = || App::new(&rules, kinds.clone(), &registry, OutputFormats::default());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let seen: Arc<dyn Observer> = Arc::new(TracingObserver);
    let stop = Arc::new(AtomicBool::new(false));
    let registered = signal_hook::flag::register(Signal::SIGTERM as i32, Arc::clone(&stop));
    registered.expect("signals can be caught");
    engine::run(&log, &app, &engine, &clock, &seen, &stop).expect("it runs");
}
