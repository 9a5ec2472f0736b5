//! Judges what the topics of an installation hold: a line for each invariant, exit 1 if one does not hold.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use heard_oracle::evidence::Evidence;
use heard_oracle::expected::moment;
use heard_oracle::invariants::judge;
use heard_oracle::kafka::Cluster;
use heard_oracle::ledger;

/// Holds what the topics of an installation of heard hold against what was fed to it (RELIABILITY.md, O1 to O10). The
/// installation must run by the rules of `--rules`, and must have been drained with `heard run --drain --as-of TIME`.
#[derive(Parser)]
#[command(name = "heard-oracle")]
struct Arguments {
    /// Bootstrap servers, host:port with commas between.
    #[arg(long, required_unless_present = "rules")]
    brokers: Option<String>,
    /// What the names of its topics begin with.
    #[arg(long, default_value = "")]
    prefix: String,
    /// Its application, which names its group.
    #[arg(long, default_value = "heard")]
    application: String,
    /// The time of the drain, such as 2026-12-01T00:00:00Z.
    #[arg(long, required_unless_present = "rules")]
    as_of: Option<String>,
    /// What brokers acknowledged: a line for each record. Without it nothing can be said of O1.
    #[arg(long)]
    ledger: Option<PathBuf>,
    /// What a reader saw on the way. Without it nothing can be said of O8.
    #[arg(long)]
    seen: Option<PathBuf>,
    /// What processes had counted. Without it nothing can be said of O10.
    #[arg(long)]
    scrapes: Option<PathBuf>,
    /// A setting of librdkafka, NAME=VALUE; more than one may be given.
    #[arg(long = "kafka", value_name = "NAME=VALUE")]
    kafka: Vec<String>,
    /// Shows names and values where something differs. They are personal data unless the records are invented.
    #[arg(long)]
    values: bool,
    /// Prints the configuration that the installation must have had, and ends.
    #[arg(long)]
    rules: bool,
}

/// So many lines are shown of what does not hold.
const SHOWN: usize = 60;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.rules {
        print!("{}", heard_oracle::RULES);
        return ExitCode::SUCCESS;
    }
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("heard-oracle: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool, Box<dyn std::error::Error>> {
    let as_of = arguments.as_of.as_deref().unwrap_or_default();
    let as_of =
        moment(as_of).ok_or_else(|| format!("{as_of:?} is no time: write it as 2026-12-01T00:00:00Z"))?;
    let settings = arguments.kafka.iter().map(|setting| {
        let (name, value) = setting
            .split_once('=')
            .ok_or_else(|| format!("{setting:?} has no ="))?;
        Ok((name.to_owned(), value.to_owned()))
    });
    let settings: Vec<_> = settings.collect::<Result<_, String>>()?;
    let cluster = Cluster::new(arguments.brokers.as_deref().unwrap_or_default(), settings);
    let evidence = Evidence {
        ledger: arguments.ledger.as_deref().map_or(Ok(Vec::new()), ledger::read)?,
        seen: arguments.seen.as_deref().map_or(Ok(Vec::new()), ledger::read)?,
        scrapes: arguments
            .scrapes
            .as_deref()
            .map_or(Ok(Vec::new()), ledger::read)?,
        dump: cluster.dump(&arguments.prefix, &arguments.application)?,
        prefix: arguments.prefix.clone(),
        as_of,
    };
    let mut all_hold = true;
    for verdict in judge(&evidence) {
        all_hold &= verdict.holds();
        println!("{verdict}");
        let lines = if arguments.values && !verdict.values.is_empty() {
            &verdict.values
        } else {
            &verdict.wrong
        };
        lines.iter().take(SHOWN).for_each(|line| println!("      {line}"));
        if lines.len() > SHOWN {
            println!("      and {} more", lines.len() - SHOWN);
        }
    }
    Ok(all_hold)
}
