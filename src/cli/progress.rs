//! What is said while something takes longer than two seconds: a bar on a terminal, else a log line
//! now and then. With `--quiet`, nothing.

use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What takes less needs no words.
const FIRST: Duration = Duration::from_secs(2);

/// Between two log lines.
const NEXT: Duration = Duration::from_secs(10);

/// Does `work`, which cannot tell how far it is.
pub(super) fn waiting<T>(what_for: &str, work: impl FnOnce() -> T) -> T {
    let (done, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut pause = FIRST;
            while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                tracing::info!("still waiting for {what_for}");
                pause = NEXT;
            }
        });
        let result = work();
        drop(done);
        result
    })
}

/// Work of many like parts.
pub(super) struct Progress {
    what: &'static str,
    bar: ProgressBar,
    terminal: bool,
    begun: Instant,
    told: Option<Instant>,
}

impl Progress {
    /// Of `total` parts, called `what`, such as `records read`; without a total if that is not known.
    pub fn new(what: &'static str, total: Option<u64>) -> Self {
        let template = match total {
            Some(_) => "{bar:40} {human_pos}/{human_len} {msg}, {per_sec}, {eta} left",
            None => "{spinner} {human_pos} {msg}, {per_sec}",
        };
        let style = ProgressStyle::with_template(template).expect("the tests draw with both templates");
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden())
            .with_style(style)
            .with_message(what);
        Self {
            what,
            bar,
            terminal: io::stderr().is_terminal(),
            begun: Instant::now(),
            told: None,
        }
    }

    /// So many more are done.
    pub fn add(&mut self, parts: u64) {
        self.bar.inc(parts);
        let now = Instant::now();
        let due = match self.told {
            None => now - self.begun >= FIRST,
            Some(told) => !self.terminal && now - told >= NEXT,
        };
        if !due || !tracing::enabled!(tracing::Level::INFO) {
            return;
        }
        if self.terminal {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        } else {
            tracing::info!(
                done = self.bar.position(),
                of = self.bar.length(),
                "{}",
                self.what
            );
        }
        self.told = Some(now);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{Progress, waiting};

    #[test]
    fn progress_can_be_drawn_with_and_without_a_total() {
        Progress::new("records read", Some(10)).add(1);
        Progress::new("lines read", None).add(1);
    }

    #[test]
    fn work_is_done_once_and_its_result_comes_back() {
        let mut times = 0;
        let result = waiting("nothing", || {
            times += 1;
            17
        });
        assert_eq!((result, times), (17, 1));
    }
}
