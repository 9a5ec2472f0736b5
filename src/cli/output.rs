//! Standard output, when whoever reads it may go away.

use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::PathBuf;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

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

    /// Whether the reader of a pipe has gone: seen without writing, when there is nothing to write.
    pub fn fail_if_closed(&self) -> Result<(), Failure> {
        let mut stdout = [PollFd::new(self.0.get_ref(), PollFlags::empty())];
        // A failed look is no answer; the next write will tell.
        let looked = poll(&mut stdout, Some(&Timespec::default()));
        let gone = PollFlags::ERR | PollFlags::HUP;
        match looked {
            Ok(_) if stdout[0].revents().intersects(gone) => Err(Failure::OutputClosed),
            _ => Ok(()),
        }
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
