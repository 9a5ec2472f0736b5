//! The command line: a file per subcommand.
//!
//! Results go to standard output, everything else to standard error. Exit statuses are [`Exit`].

mod check;
mod completions;
mod connect;
mod demo;
mod dlq;
mod examples;
mod explain;
mod failure;
mod forget;
mod ingest;
mod listen;
mod output;
mod progress;
mod rebuild;
mod render;
mod report;
pub mod run;
mod tail;
mod topics;
mod version;
mod when;
mod width;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Overrides, Settings};
use crate::observe::tracing_setup;
pub use failure::{Exit, Failure};

/// What follows the list of commands.
fn after_help() -> String {
    let statuses = Exit::ALL.map(|(exit, meaning)| format!("  {:<3} {meaning}", exit as u8));
    format!(
        "{}\n\nEvery setting of the configuration has an environment variable too, such as \
         HEARD_ENGINE__WORKERS for workers in [engine].\n\nExit status:\n{}",
        examples::HEARD,
        statuses.join("\n")
    )
}

/// The customer is always heard.
#[derive(Debug, Parser)]
#[command(
    name = "heard",
    version = version::short(),
    long_version = version::long(),
    about,
    after_help = after_help()
)]
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

impl Global {
    /// The options that say of what a command speaks, to be written once more.
    fn again(&self) -> Vec<(&'static str, String)> {
        let config = self.config.as_ref().map(|path| path.display().to_string());
        [
            ("--config", config),
            ("--brokers", self.brokers.clone()),
            ("--prefix", self.prefix.clone()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Watch an invented company's week: no server needed.
    #[command(after_help = examples::DEMO)]
    Demo(demo::DemoArgs),
    /// Judge the configuration, all mistakes at once; with --connect, try the brokers too.
    #[command(after_help = examples::CHECK)]
    Check(check::CheckArgs),
    /// The topics: what is missing or differs, and create it.
    #[command(subcommand, after_help = examples::TOPICS)]
    Topics(topics::TopicsCommand),
    /// Send files of messages to the input topics, in order of event time.
    #[command(after_help = examples::INGEST)]
    Ingest(ingest::IngestArgs),
    /// Process: intake and desk.
    #[command(after_help = examples::RUN)]
    Run(run::RunArgs),
    /// Show decoded records of topics, a line each.
    #[command(after_help = examples::TAIL)]
    Tail(tail::TailArgs),
    /// Figures from the cases topic, per channel and stage or otherwise.
    #[command(after_help = examples::REPORT)]
    Report(report::ReportArgs),
    /// Why a case stands where it stands: its messages, and every rule that spoke with the facts it used.
    /// Shows no texts, no names and no values of identifiers, unless asked to with --text.
    #[command(after_help = examples::EXPLAIN)]
    Explain(explain::ExplainArgs),
    /// Dead letters: what could not be used. List it, look at it, send it again.
    #[command(subcommand, after_help = examples::DLQ)]
    Dlq(dlq::DlqCommand),
    /// Erase a person, by customer id or by an identifier, and say what of them ends when. Asks nothing.
    #[command(after_help = examples::FORGET)]
    Forget(forget::ForgetArgs),
    /// Build the state anew from the inputs: what comes of that, and, with --yes, do it. Asks nothing.
    #[command(after_help = examples::REBUILD)]
    Rebuild(rebuild::RebuildArgs),
    /// Print what a shell needs to complete our command lines.
    #[command(after_help = examples::COMPLETIONS)]
    Completions(completions::CompletionsArgs),
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
            tell(&failure.to_string());
            failure.exit().into()
        }
    }
}

/// Says something on standard error, which may be closed: then there is nobody to tell.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn execute(cli: &Cli) -> Result<Exit, Failure> {
    let global = &cli.global;
    let filter = match (&cli.command, global.log.as_deref()) {
        _ if global.quiet => Some("error"),
        // What the client says of its troubles, the findings say better.
        (Command::Check(_), None) => Some("warn,heard=info,heard::kafka=off,rdkafka=off,librdkafka=off"),
        // What happens in the story is shown; how it is done is another matter.
        (Command::Demo(_), None) => Some("error"),
        (_, filter) => filter,
    };
    tracing_setup::start(filter).map_err(|error| Failure::Usage(format!("--log: {error}")))?;
    let overrides = Overrides {
        brokers: global.brokers.clone(),
        prefix: global.prefix.clone(),
    };
    let config = global.config.as_deref();
    match &cli.command {
        Command::Check(args) => return check::check(config, &overrides, args),
        Command::Completions(args) => return completions::completions(args),
        Command::Demo(args) => return demo::demo(config, &overrides, args, global.quiet),
        _ => {}
    }
    let settings = Settings::load(config, &overrides)?;
    match &cli.command {
        Command::Check(_) | Command::Completions(_) | Command::Demo(_) => Ok(Exit::Done),
        Command::Topics(command) => topics::topics(&settings, command, &global.again()),
        Command::Ingest(args) => ingest::ingest(&settings, args, global.quiet),
        Command::Run(args) => run::run(&settings, args),
        Command::Tail(args) => tail::tail(&settings, args),
        Command::Report(args) => report::report(&settings, args),
        Command::Explain(args) => explain::explain(&settings, args),
        Command::Dlq(command) => dlq::dlq(&settings, command),
        Command::Forget(args) => forget::forget(&settings, args, global.quiet),
        Command::Rebuild(args) => rebuild::rebuild(&settings, args, &global.again()),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{Cli, examples};

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// A command without examples would have no such heading in its help.
    #[test]
    fn every_command_has_examples() {
        fn check(command: &clap::Command) {
            let help = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(help.starts_with("Examples:\n  heard "), "{}", command.get_name());
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn the_examples_can_be_typed() {
        use examples::{
            APPLY, CHECK, COMPLETIONS, DEMO, DLQ, DLQ_LS, DLQ_REPLAY, DLQ_SHOW, EXPLAIN, FORGET, HEARD,
            INGEST, PLAN, REBUILD, REPORT, RUN, TAIL, TOPICS,
        };
        for text in [
            HEARD,
            DEMO,
            CHECK,
            TOPICS,
            PLAN,
            APPLY,
            INGEST,
            RUN,
            TAIL,
            REPORT,
            EXPLAIN,
            DLQ,
            DLQ_LS,
            DLQ_SHOW,
            DLQ_REPLAY,
            FORGET,
            REBUILD,
            COMPLETIONS,
        ] {
            for line in text.lines().skip(1) {
                let words = line
                    .split_whitespace()
                    .take_while(|word| !["|", ">"].contains(word));
                match Cli::try_parse_from(words) {
                    Ok(_) => {}
                    Err(error) => assert_eq!(
                        error.kind(),
                        clap::error::ErrorKind::DisplayHelp,
                        "{line}: {error}"
                    ),
                }
            }
        }
    }
}
