//! The live table on a terminal: on its second screen, which is left as soon as this is dropped.

use std::io;
use std::time::{Duration, Instant};

use console::Term;

use crate::demo::{Overview, Show, table};
use crate::model::Millis;

/// The table is drawn no more often than this.
const FRAME: Duration = Duration::from_millis(100);

const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";
const TOP: &str = "\x1b[H";
const REST_OF_LINE: &str = "\x1b[K";
const REST_OF_SCREEN: &str = "\x1b[J";

/// A terminal that shows the table.
#[derive(Debug)]
pub(super) struct Screen {
    terminal: Term,
    on: bool,
    over: bool,
    drawn: Option<Instant>,
    notice: Option<String>,
}

impl Screen {
    /// The terminal on standard error, untouched yet; `None` if there is none, or one that cannot move
    /// its cursor.
    pub fn find() -> Option<Self> {
        let terminal = Term::buffered_stderr();
        let dumb = std::env::var_os("TERM").is_none_or(|name| name.is_empty() || name == "dumb");
        (terminal.is_term() && !dumb).then_some(Self {
            terminal,
            on: false,
            over: false,
            drawn: None,
            notice: None,
        })
    }

    /// With this line below the table's head.
    pub fn notice(mut self, notice: Option<String>) -> Self {
        self.notice = notice;
        self
    }

    fn write(&self, text: &str) -> io::Result<()> {
        self.terminal.write_str(text)?;
        self.terminal.flush()
    }
}

impl Show for Screen {
    fn show(&mut self, now: Millis, overview: &Overview) -> io::Result<()> {
        if self.over || self.drawn.is_some_and(|drawn| drawn.elapsed() < FRAME) {
            return Ok(());
        }
        self.drawn = Some(Instant::now());
        if !self.on {
            self.on = true;
            self.write(ENTER)?;
        }
        let (height, width) = self.terminal.size();
        let (width, height) = (usize::from(width), usize::from(height));
        let lines = table::table(self.notice.as_deref(), overview, now, width, height);
        let frame = lines.join(&format!("{REST_OF_LINE}\r\n"));
        self.write(&format!("{TOP}{frame}{REST_OF_LINE}{REST_OF_SCREEN}"))
    }

    fn end(&mut self) -> io::Result<()> {
        self.over = true;
        match std::mem::take(&mut self.on) {
            true => self.write(LEAVE),
            false => Ok(()),
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that has gone needs nothing.
        let _ = self.end();
    }
}
