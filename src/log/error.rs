//! What can go wrong at the log, by what to do next.

use thiserror::Error;

/// What to do after an error (ENGINE.md 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Try the same call again, after a pause.
    Retriable,
    /// Abort the transaction and rewind.
    Abortable,
    /// Another producer has taken the transactional id, or a broker has taken it away with a transaction whose time was up:
    /// rebuild consumer and producer once.
    Fenced,
    /// The group or the client does not hold what this member believes it holds, as after it stood still: leave and
    /// join anew. Where an offset is not in the log, that is found out by joining, too.
    Expelled,
    /// A commit whose outcome is not known.
    Unknown,
    /// This record is too large for the topic; nothing else is affected.
    TooLarge,
    /// Stop with a message.
    Fatal,
}

/// An error of the log.
#[derive(Clone, Debug, Error)]
#[error("{during}: {detail}")]
pub struct LogError {
    /// What to do next.
    pub kind: ErrorKind,
    /// Which call failed, in words.
    pub during: &'static str,
    /// What the client or broker said. Holds no record contents.
    pub detail: String,
    /// A right is lacking, or who we are was not believed.
    pub denied: bool,
}

impl LogError {
    /// An error of this kind.
    pub fn new(kind: ErrorKind, during: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind,
            during,
            detail: detail.into(),
            denied: false,
        }
    }

    /// The same error, for want of a right.
    #[must_use]
    pub fn denied(self, denied: bool) -> Self {
        Self { denied, ..self }
    }
}
