//! How a command ends, and what it says when it cannot go on.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use thiserror::Error;

use crate::board::ListenError;
use crate::config::Problems;
use crate::ingest::{FileError, SendError};
use crate::log::kafka::SettingsError;
use crate::log::{ErrorKind, LogError};

/// Exit statuses; scripts rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Could not be done.
    Failed = 1,
    /// Done, but some lines were rejected.
    Rejected = 2,
    /// There is something to do that this command did not do.
    ToDo = 3,
    /// The command line is wrong (EX_USAGE).
    Usage = 64,
    /// The address to listen at is taken (EX_TEMPFAIL).
    Taken = 75,
    /// The configuration or a map is wrong (EX_CONFIG).
    Config = 78,
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
    /// Whoever read our output has gone; nothing is wrong.
    #[error("standard output was closed")]
    OutputClosed,
    /// Metrics and health cannot be served.
    #[error("{0}.")]
    Listen(#[from] ListenError),
    /// Anything else that ends a run.
    #[error("{0}")]
    Run(String),
}

/// What to do about an error of the log, where that can be said.
fn mend(cause: &LogError) -> &'static str {
    match cause.kind {
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
            Self::Log { .. }
            | Self::NoTopics { .. }
            | Self::File(_)
            | Self::Send(_)
            | Self::Write { .. }
            | Self::Listen(ListenError::Refused { .. })
            | Self::Run(_) => Exit::Failed,
        }
    }
}
