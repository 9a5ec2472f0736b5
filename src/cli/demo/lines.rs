//! Without a terminal: what happens, a line each, on standard error.

use std::io::{self, Write as _};

use console::Term;

use crate::demo::{Overview, Show, table};
use crate::model::Millis;

/// So long may a line be, unless a terminal is narrower.
const WIDTH: usize = 120;

/// Tells each happening once.
#[derive(Debug)]
pub(super) struct Lines {
    notice: Option<String>,
    told: usize,
}

impl Lines {
    /// Nothing is told yet; this line comes first.
    pub fn new(notice: Option<String>) -> Self {
        Self { notice, told: 0 }
    }
}

impl Show for Lines {
    fn show(&mut self, _now: Millis, overview: &Overview) -> io::Result<()> {
        if let Some(notice) = self.notice.take() {
            let _ = writeln!(io::stderr(), "{notice}");
        }
        let happened = overview.happened();
        if self.told == happened.len() {
            return Ok(());
        }
        let terminal = Term::stderr();
        let columns = terminal.size_checked().filter(|_| terminal.is_term());
        let width = columns.map_or(WIDTH, |(_, columns)| usize::from(columns).min(WIDTH));
        let mut out = io::stderr().lock();
        for happening in &happened[self.told..] {
            // Standard error may be closed: then there is nobody to tell, and the report still counts.
            let _ = writeln!(out, "{}", table::line(happening, width));
        }
        self.told = happened.len();
        Ok(())
    }
}
