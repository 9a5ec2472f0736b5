//! The command line: a file per subcommand.
//!
//! Results go to standard output, everything else to standard error. Exit statuses are [`Exit`].

mod connect;
mod failure;
mod ingest;
mod output;
mod report;
pub mod run;
mod tail;
mod topics;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Overrides, Settings};
use crate::observe::tracing_setup;
pub use failure::{Exit, Failure};

const AFTER_HELP: &str = "\
Exit status: 0 done; 1 could not be done, the reason is on standard error; 2 done, but some lines \
were rejected (ingest); 3 there is something to do (topics plan) or that topics apply will not do; \
64 the command line is wrong; 75 the address to listen at is taken; 78 the configuration or a map is wrong.";

/// The customer is always heard.
#[derive(Debug, Parser)]
#[command(name = "heard", version, about, after_help = AFTER_HELP)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Args)]
struct Global {
    /// The configuration file; without one, the built-in defaults hold.
    #[arg(long, global = true, value_name = "FILE", env = "HEARD_CONFIG")]
    config: Option<PathBuf>,
    /// Kafka's bootstrap servers, host:port, separated by commas.
    #[arg(long, global = true, value_name = "LIST", env = "HEARD_BROKERS")]
    brokers: Option<String>,
    /// What stands before every topic's name.
    #[arg(long, global = true, value_name = "TEXT")]
    prefix: Option<String>,
    /// What to log, such as info or warn,heard=debug.
    #[arg(long, global = true, value_name = "FILTER", env = "HEARD_LOG")]
    log: Option<String>,
    /// Say nothing but results and errors.
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The topics: what is missing or differs, and create it.
    #[command(subcommand)]
    Topics(topics::TopicsCommand),
    /// Send files of messages to the input topics, in order of event time.
    Ingest(ingest::IngestArgs),
    /// Process: intake and desk.
    Run(run::RunArgs),
    /// Show decoded records of topics, a line each.
    Tail(tail::TailArgs),
    /// Figures per channel and stage, from the cases topic.
    Report(report::ReportArgs),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are "errors" too; neither can be told to a closed pipe.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage.into()
            } else {
                Exit::Done.into()
            };
        }
    };
    match execute(&cli) {
        Ok(exit) => exit.into(),
        Err(Failure::OutputClosed) => Exit::Done.into(),
        Err(failure) => {
            eprintln!("{failure}");
            failure.exit().into()
        }
    }
}

fn execute(cli: &Cli) -> Result<Exit, Failure> {
    let global = &cli.global;
    let filter = if global.quiet {
        Some("error")
    } else {
        global.log.as_deref()
    };
    tracing_setup::start(filter).map_err(|error| Failure::Usage(format!("--log: {error}")))?;
    let overrides = Overrides {
        brokers: global.brokers.clone(),
        prefix: global.prefix.clone(),
    };
    let settings = Settings::load(global.config.as_deref(), &overrides)?;
    match &cli.command {
        Command::Topics(command) => topics::topics(&settings, command),
        Command::Ingest(args) => ingest::ingest(&settings, args, global.quiet),
        Command::Run(args) => run::run(&settings, args),
        Command::Tail(args) => tail::tail(&settings, args),
        Command::Report(args) => report::report(&settings, args),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
