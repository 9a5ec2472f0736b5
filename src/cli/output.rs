//! Standard output, when whoever reads it may go away.

use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::PathBuf;

use super::Failure;

/// Standard output, buffered. A closed pipe becomes [`Failure::OutputClosed`], which ends a command
/// quietly, as `heard tail cases | head` should.
pub(super) struct Output(BufWriter<StdoutLock<'static>>);

impl Output {
    pub fn new() -> Self {
        Self(BufWriter::new(io::stdout().lock()))
    }

    pub fn line(&mut self, line: &str) -> Result<(), Failure> {
        writeln!(self.0, "{line}").map_err(failure)
    }

    pub fn text(&mut self, text: &str) -> Result<(), Failure> {
        write!(self.0, "{text}").map_err(failure)
    }

    pub fn flush(&mut self) -> Result<(), Failure> {
        self.0.flush().map_err(failure)
    }
}

fn failure(cause: io::Error) -> Failure {
    match cause.kind() {
        io::ErrorKind::BrokenPipe => Failure::OutputClosed,
        _ => Failure::Write {
            path: PathBuf::from("standard output"),
            cause,
        },
    }
}
