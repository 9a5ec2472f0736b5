//! How a command ends, and what it says when it cannot go on.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use thiserror::Error;

use crate::board::ListenError;
use crate::config::Problems;
use crate::engine::EngineError;
use crate::ingest::{FileError, SendError};
use crate::log::kafka::SettingsError;
use crate::log::{ErrorKind, LogError};
use crate::wire::LetterId;

/// Exit statuses; scripts rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Could not be done, for any other reason.
    Failed = 1,
    /// Done, but some lines were rejected.
    Rejected = 2,
    /// There is something to do that this command did not do.
    ToDo = 3,
    /// The command line is wrong (EX_USAGE).
    Usage = 64,
    /// A file to read is missing or unreadable (EX_NOINPUT).
    NoInput = 66,
    /// The brokers cannot be reached (EX_UNAVAILABLE).
    Unavailable = 69,
    /// A file, or standard output, cannot be written (EX_IOERR).
    NotWritten = 74,
    /// The address to listen at is taken (EX_TEMPFAIL).
    Taken = 75,
    /// The brokers deny a right, or do not believe who we are (EX_NOPERM).
    Denied = 77,
    /// The configuration or a map is wrong (EX_CONFIG).
    Config = 78,
}

impl Exit {
    /// All of them, with what each means, for `heard help` and the README.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::Done, "done"),
        (Self::Failed, "could not be done; the reason is on standard error"),
        (Self::Rejected, "done, but some lines were rejected (ingest)"),
        (
            Self::ToDo,
            "something is left to do: topics are missing or differ (topics, check, run, ...), letters were kept (dlq), a person is not forgotten everywhere (forget), instances still run (rebuild)",
        ),
        (Self::Usage, "the command line is wrong"),
        (Self::NoInput, "a file to read is missing or unreadable"),
        (Self::Unavailable, "the brokers cannot be reached"),
        (Self::NotWritten, "a file, or standard output, cannot be written"),
        (Self::Taken, "the address to listen at is taken"),
        (
            Self::Denied,
            "the brokers deny a right, or do not believe who we are",
        ),
        (Self::Config, "the configuration or a map is wrong"),
    ];
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not be done.
#[derive(Debug, Error)]
pub enum Failure {
    /// The configuration or a map is wrong.
    #[error(transparent)]
    Problems(#[from] Problems),
    /// The command line is wrong.
    #[error("{0}")]
    Usage(String),
    /// Settings for the Kafka client are wrong.
    #[error("{0}. See [kafka] in heard.example.toml.")]
    Client(#[from] SettingsError),
    /// The log said no.
    #[error("{brokers}: {cause}.{}", mend(cause))]
    Log {
        /// The brokers asked.
        brokers: String,
        /// What was said.
        #[source]
        cause: LogError,
    },
    /// Topics are missing.
    #[error("topics are missing at {brokers}: {topics}. Create them with: heard topics apply")]
    NoTopics {
        /// The brokers asked.
        brokers: String,
        /// The topics.
        topics: String,
    },
    /// A schema of the configuration cannot be used.
    #[error("{place}: {what}")]
    Schema {
        /// The file or table entry.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// A file to ingest cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Sending ended early.
    #[error(transparent)]
    Send(#[from] SendError),
    /// A file cannot be written.
    #[error("{path}: cannot be written: {cause}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
    /// Dead letters that are not there.
    #[error(
        "no dead letter has the id {}: retention may have taken it. `heard dlq ls --each` shows what is there.",
        join(.0)
    )]
    NoLetter(Vec<LetterId>),
    /// A case that is not there.
    #[error("{0}")]
    NoCase(String),
    /// A replay ended early.
    #[error(
        "{brokers}: {cause}. {sent} letters were sent again before that, perhaps more; the same command \
         sends the others, and none twice.{}",
        if cause.kind == ErrorKind::Fenced { " Has another replay begun?" } else { "" }
    )]
    Replay {
        /// The brokers asked.
        brokers: String,
        /// How many letters are known to have been sent.
        sent: usize,
        /// What was said.
        #[source]
        cause: LogError,
    },
    /// Whoever read our output has gone; nothing is wrong.
    #[error("standard output was closed")]
    OutputClosed,
    /// A check found what has to be mended first; it was told already.
    #[error("not started: see above. `heard check --connect` tries all of it again.")]
    Lacks(Exit),
    /// The engine stopped.
    #[error("{brokers}: {cause}")]
    Engine {
        /// The brokers it worked with.
        brokers: String,
        /// Why.
        #[source]
        cause: EngineError,
    },
    /// Metrics and health cannot be served.
    #[error("{0}.")]
    Listen(#[from] ListenError),
    /// Anything else that ends a run.
    #[error("{0}")]
    Run(String),
}

fn join(ids: &[LetterId]) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    ids.join(", ")
}

/// What to do about an error of the log, where that can be said.
fn mend(cause: &LogError) -> &'static str {
    match cause.kind {
        _ if cause.denied => " `heard check --connect` says which rights are lacking.",
        ErrorKind::Retriable => {
            " See that the brokers run and that --brokers, or brokers in the configuration, names them."
        }
        _ => "",
    }
}

impl Failure {
    /// The exit status it ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Problems(_) | Self::Client(_) | Self::Schema { .. } => Exit::Config,
            Self::Usage(_) => Exit::Usage,
            Self::Listen(ListenError::Taken(_)) => Exit::Taken,
            Self::OutputClosed => Exit::Done,
            Self::Log { cause, .. } | Self::Replay { cause, .. } => of_log(cause),
            Self::NoTopics { .. } => Exit::ToDo,
            Self::File(_) => Exit::NoInput,
            Self::Write { .. } => Exit::NotWritten,
            Self::Lacks(exit) => *exit,
            Self::Engine { cause, .. } => match cause {
                EngineError::Log(cause) => of_log(cause),
                EngineError::MissingTopics(_) | EngineError::Uneven { .. } => Exit::ToDo,
                _ => Exit::Failed,
            },
            Self::Send(_)
            | Self::Listen(ListenError::Refused { .. })
            | Self::Run(_)
            | Self::NoLetter(_)
            | Self::NoCase(_) => Exit::Failed,
        }
    }
}

/// The status of an error of the log.
pub(super) fn of_log(cause: &LogError) -> Exit {
    match cause.kind {
        _ if cause.denied => Exit::Denied,
        ErrorKind::Retriable => Exit::Unavailable,
        _ => Exit::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn every_status_is_documented_once_and_in_the_readme() {
        let readme = include_str!("../../README.md");
        let mut last = None;
        for (exit, meaning) in Exit::ALL {
            let status = exit as u8;
            assert!(last < Some(status), "{exit:?}");
            last = Some(status);
            let row = format!("| {status} | {meaning} |");
            assert!(readme.contains(&row), "the README has no row: {row}");
        }
    }
}
