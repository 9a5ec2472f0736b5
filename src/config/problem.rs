//! What is wrong in a file that a person wrote: each error with its place and the mend, all at once.

use std::fmt;

use thiserror::Error;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, as it was named to the program.
    pub file: String,
    /// The line, from 1; 0 when no single line is to blame.
    pub line: usize,
    /// The path of the key, such as `engine.workers`; empty when no single key is to blame.
    pub key: String,
    /// What is wrong and what to write instead.
    pub what: String,
    /// What may be written, where that can be said in a few words.
    pub allowed: Option<String>,
    /// The known name or value that was probably meant.
    pub nearest: Option<String>,
}

impl Problem {
    /// A problem with the key at this path; file and line are still to be said.
    pub(super) fn of(key: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            file: String::new(),
            line: 0,
            key: key.into(),
            what: what.into(),
            allowed: None,
            nearest: None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}  {}", self.file, self.what),
            line => write!(f, "{}:{line}  {}", self.file, self.what),
        }
    }
}

/// Everything that is wrong, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// A single problem with a whole file.
    pub fn with_file(file: impl Into<String>, what: impl Into<String>) -> Self {
        Self(vec![Problem {
            file: file.into(),
            ..Problem::of("", what)
        }])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}
