//! `heard check`: is the configuration right, and does the cluster have what it needs?

mod cluster;
mod finding;
mod listen;
mod rights;
mod shapes;

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use self::cluster::Scope;
use self::finding::{Finding, Weight};
use super::output::Output;
use super::run::Role;
use super::{Exit, Failure, connect, tell};
use crate::config::{Overrides, Problem, Problems, Settings};
use crate::log::kafka::KafkaLog;
use crate::observe::metrics::Metrics;

/// How long the brokers may take to answer. A run is more patient: they may be starting too.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between two looks of a run that is patient.
const RESPITE: Duration = Duration::from_secs(1);

/// Between two lines of what it waits for.
const TOLD_EVERY: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Also try the brokers, the topics and their partitions, our rights, and the address of metrics.
    /// Changes nothing.
    #[arg(long)]
    connect: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// What to check the rights of: the parts that will run with this configuration.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Role::Intake, Role::Desk])]
    roles: Vec<Role>,
}

pub(super) fn check(config: Option<&Path>, overrides: &Overrides, args: &CheckArgs) -> Result<Exit, Failure> {
    let settings = match Settings::load(config, overrides) {
        Ok(settings) => settings,
        Err(problems) if args.json => return as_json(&problems.0, &[], &[], Exit::Config),
        Err(problems) => {
            let count = problems.0.len();
            let mistakes = if count == 1 { "mistake" } else { "mistakes" };
            tell(&format!("{problems}\n{count} {mistakes}"));
            return Ok(Exit::Config);
        }
    };
    let place = config.map_or("(defaults)".to_owned(), |path| path.display().to_string());
    let (log, _) = match (connect::log(&settings), connect::registry(&settings.wire)) {
        (Ok(log), Ok(registry)) => (log, registry),
        // Each is a mistake of the configuration as a whole.
        (log, registry) => {
            let failures = [log.err(), registry.err()].into_iter().flatten();
            let problems: Vec<_> = failures
                .flat_map(|failure| Problems::with_file(place.as_str(), failure.to_string()).0)
                .collect();
            if args.json {
                return as_json(&problems, &[], &settings.warnings, Exit::Config);
            }
            return Err(Problems(problems).into());
        }
    };
    let mut findings = vec![Finding::fine(
        format!("configuration {place}"),
        described(&settings),
    )];
    if args.connect {
        findings.extend(connect::waiting(&settings, || {
            cluster::look(&settings, &log, &args.roles, Scope::All, PATIENCE)
        }));
        findings.push(listen::look(&settings));
    }
    let exit = finding::exit(&findings);
    if args.json {
        return as_json(&[], &findings, &settings.warnings, exit);
    }
    let mut output = Output::new();
    for finding in &findings {
        output.line(&finding.line())?;
    }
    output.flush()?;
    for warning in &settings.warnings {
        tell(&format!("warning: {warning}"));
    }
    Ok(exit)
}

/// As `heard check --connect`, for a run that is about to begin: what is odd is logged, what is lacking is told and
/// ends it. Who is patient waits for brokers that do not answer, however long, and has its metrics tell of it.
///
/// # Errors
/// Something is lacking.
pub(super) fn before_run(
    settings: &Settings,
    log: &KafkaLog,
    roles: &[Role],
    patient: Option<&Metrics>,
) -> Result<(), Failure> {
    let look = || {
        connect::waiting(settings, || {
            cluster::look(settings, log, roles, Scope::Run, connect::PATIENCE)
        })
    };
    if let Some(metrics) = patient {
        metrics.lacks(Some(format!("an answer of the brokers at {}", settings.brokers)));
    }
    let mut findings = look();
    if let Some(metrics) = patient {
        let mut told: Option<Instant> = None;
        while finding::exit(&findings) == Exit::Unavailable {
            let lacking = findings
                .iter()
                .find(|finding| matches!(finding.weight, Weight::Lacks(_)));
            let line = lacking.map(Finding::line).unwrap_or_default();
            if told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) {
                tracing::warn!("{line} It is waited for.");
                told = Some(Instant::now());
            }
            metrics.lacks(Some(line));
            thread::sleep(RESPITE);
            findings = look();
        }
        metrics.lacks(None);
    }
    for finding in &findings {
        match finding.weight {
            Weight::Fine | Weight::Note => tracing::debug!("{}", finding.line()),
            Weight::Odd => tracing::warn!("{}", finding.line()),
            Weight::Lacks(_) => tell(&finding.line()),
        }
    }
    match finding::exit(&findings) {
        Exit::Done => Ok(()),
        exit => Err(Failure::Lacks(exit)),
    }
}

fn described(settings: &Settings) -> String {
    let channels = settings.rules.channels.keys();
    let channels: Vec<_> = channels.map(|name| &**name).collect();
    format!(
        "application {}, {} channels ({})",
        settings.application,
        channels.len(),
        channels.join(", ")
    )
}

fn as_json(
    problems: &[Problem],
    findings: &[Finding],
    warnings: &[String],
    exit: Exit,
) -> Result<Exit, Failure> {
    let problem = |problem: &Problem| -> Value {
        let Problem {
            file,
            line,
            key,
            what,
            allowed,
            nearest,
        } = problem;
        let line = (*line > 0).then_some(line);
        json!({
            "file": file, "line": line, "key": key, "what": what, "allowed": allowed, "nearest": nearest,
        })
    };
    let told = json!({
        "ok": exit == Exit::Done,
        "problems": problems.iter().map(problem).collect::<Vec<_>>(),
        "findings": findings.iter().map(Finding::json).collect::<Vec<_>>(),
        "warnings": warnings,
    });
    let mut output = Output::new();
    output.line(&format!("{told:#}"))?;
    output.flush()?;
    Ok(exit)
}
