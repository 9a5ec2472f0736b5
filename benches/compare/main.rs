//! `heard run` beside the same job as a Kafka Streams application, and beside a client that only
//! passes records through: what each costs, how long a complaint takes, on one real broker a run.
//!
//! `make bench`, or `cargo bench --bench compare`. It first holds the two to equal work on a small
//! load ([`equal`]), then measures, and writes what it found to `docs/benchmarks.md`. Sizes are
//! environment variables ([`settings`]). Contestants are processes of their own, one after the other,
//! each with a broker of its own that is new; everything is on loopback, and ends with the run.

#[path = "../../tests/background/mod.rs"]
mod background;
#[path = "../../tests/kafka/broker.rs"]
mod broker;
mod cluster;
mod contestant;
mod equal;
mod latency;
mod load;
mod machine;
mod pass_through;
mod process;
mod report;
mod restore;
mod sample;
mod settings;
mod throughput;
mod watch;

use std::process::ExitCode;

use contestant::Contestant;
use report::Report;
use settings::Settings;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).map(String::as_str) == Some(pass_through::COMMAND) {
        return pass_through::run(&arguments[2..]);
    }
    // `cargo bench` passes `--bench`; without it this is `cargo test`, which has nothing to measure.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let settings = match Settings::from_environment() {
        Ok(settings) => settings,
        Err(wrong) => {
            eprintln!("{wrong}");
            return ExitCode::from(64);
        }
    };
    let mut report = Report::new(&settings);
    measure(&settings, &mut report);
    print!("\n{report}");
    ExitCode::SUCCESS
}

/// Measures, and writes the report anew with each figure: what is known is kept if something fails.
fn measure(settings: &Settings, report: &mut Report<'_>) {
    if settings.runs(Contestant::Streams) {
        contestant::build_streams();
        report.equal = Some(equal::check(settings));
    }
    for contestant in settings.contestants.iter().copied() {
        let run = throughput::run(settings, contestant, settings.complaints);
        if let Some(restored) = &run.restored {
            report.restored = Some(restored.clone());
        }
        report.runs.push(run);
        report.write();
    }
    if settings.runs(Contestant::Heard) {
        for cases in settings.open_cases.iter().copied() {
            report
                .growth
                .push(throughput::run(settings, Contestant::Heard, cases));
            report.write();
        }
    }
    if settings.latency_seconds > 0 {
        for setup in latency::setups(settings) {
            report.latencies.push(latency::run(settings, setup));
            report.write();
        }
    }
}
