//! The demo: in this process and on a real broker, its figures are the same, and those of the report.

use std::fs::File;
use std::io::{self, Read};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use heard::board::{Board, Listener};
use heard::demo::{self, Measured, Overview, Pace, Seen, Show, Telling};
use heard::log::memory::MemoryLog;
use heard::model::Millis;
use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::dsl::{Heard, repository};
use crate::golden::same;
use crate::http::{get, sum};
use crate::metrics::until;

fn once(heard: &Heard, more: &[&str]) -> Value {
    let args = [&["demo", "--once", "--quiet", "--json"][..], more].concat();
    heard.run(&args).succeeds().json()
}

#[test]
fn the_same_story_on_kafka_comes_to_the_same_figures_as_in_memory_and_as_the_report() {
    let heard = Heard::new("demo-figures");
    let in_memory = once(&heard, &["--seed", "11"]);
    let on_kafka = once(&heard, &["--seed", "11", "--kafka"]);
    assert_eq!(on_kafka, in_memory);
    let prefix = "demo-figures.demo-11.";
    let as_of = in_memory["as_of"].as_i64().expect("it is a time");
    let as_of = jiff::Timestamp::from_millisecond(as_of)
        .expect("of our era")
        .to_string();
    let report = ["report", "--json", "--as-of", &as_of];
    let report = heard.run_as(prefix, &report).succeeds().json();
    assert_eq!(report, in_memory);

    // A story that was told there before is not told again.
    let again = heard.run(&["demo", "--once", "--seed", "11", "--kafka"]).exits(1);
    assert!(
        again.err().contains(&format!("heard report --prefix {prefix}")),
        "{}",
        again.err()
    );

    // What the rules are about is in it.
    for figure in [
        "answered",
        "never_answered",
        "unanswered",
        "bystanders",
        "resolved",
        "reopened",
        "/levels/answer/met",
        "/levels/answer/breached",
        "/reply_limit/exceeded",
    ] {
        let path = format!("/total/{}", figure.trim_start_matches('/'));
        assert!(
            in_memory.pointer(&path).and_then(Value::as_u64) > Some(0),
            "{figure}"
        );
    }
}

#[test]
fn once_it_is_over_soon_and_twice_it_says_the_same() {
    let heard = Heard::new("demo-twice");
    let started = Instant::now();
    let first = heard.run(&["demo", "--once"]).succeeds();
    // What the command promises; it takes eight seconds here.
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
    let second = heard.run(&["demo", "--once", "--quiet"]).succeeds();
    assert_eq!(first.out(), second.out());
    same(
        &repository().join("tests/e2e/demo/report.txt"),
        &visible(&first.out()),
    );
    assert_eq!(second.err(), "");

    // Without a terminal there are plain lines, on standard error.
    let lines = first.err();
    assert!(!lines.contains('\x1b'), "{lines}");
    for told in [
        "says: \u{2068}",
        "answered after",
        "TOO LATE",
        "was in time after all",
        "UNANSWERED for",
        "SURGE: ",
        "NOBODY HAS ANSWERED HERE for 3 d",
    ] {
        assert!(lines.contains(told), "{told}: {lines}");
    }
}

/// Nobody watches.
struct Nobody;

impl Show for Nobody {
    fn show(&mut self, _now: Millis, _overview: &Overview) -> io::Result<()> {
        Ok(())
    }
}

/// Whichever story it is.
#[test]
fn every_rule_is_seen_at_work_in_every_story() {
    for seed in [7, 3, 12] {
        let telling = Telling {
            settings: demo::settings(),
            seed,
            pace: Pace::AtOnce,
            once: true,
        };
        let measured = Arc::new(Measured::new(&telling.settings));
        let (log, stop) = (MemoryLog::live(), AtomicBool::new(false));
        let outcome = demo::run(&log, &telling, &measured, &mut Nobody, &stop).expect("it is told");
        let shown = outcome.overview.report().show(outcome.ended);
        let rules = demo::seen(&outcome.overview, &shown);
        assert_eq!(rules.len(), 22);
        for Seen { number, counts } in rules {
            for count in counts {
                assert_ne!(count.count, 0, "seed {seed}, rule {number}: {count}");
            }
        }
    }
}

/// The README shows the beginning of the report: whole lines, or, before an ellipsis, the beginning of one.
#[test]
fn the_readme_shows_what_the_demo_says() {
    let report = include_str!("demo/report.txt");
    let readme = include_str!("../../README.md");
    let (_, shown) = readme
        .split_once("```\nWhat it came to")
        .expect("it shows a report");
    let (shown, _) = shown.split_once("```").expect("it ends");
    let shown = format!("What it came to{shown}");
    for line in shown.lines() {
        let found = match line.strip_suffix('…') {
            Some(beginning) => report.lines().any(|told| told.starts_with(beginning.trim_end())),
            None => report.lines().any(|told| told == line),
        };
        assert!(
            found,
            "the README shows {line:?}, which is not in the report:\n{report}"
        );
    }
}

/// With marks in place of the invisible isolates.
fn visible(text: &str) -> String {
    text.replace('\u{2068}', "<").replace('\u{2069}', ">")
}

/// The figures are those of the story, not of how fast it was told.
#[test]
fn told_by_the_clock_it_comes_to_the_same() {
    let heard = Heard::new("demo-speed");
    let told = once(&heard, &["--seed", "3", "--speed", "200000"]);
    assert_eq!(told, once(&heard, &["--seed", "3"]));
}

/// Somebody who looks at the metrics again and again.
struct Scraper {
    address: String,
    answered: Vec<f64>,
}

impl Scraper {
    fn scrape(&mut self) -> String {
        let (status, scrape) = get(&self.address, "/metrics").expect("it is served");
        assert_eq!(status, 200);
        self.answered
            .push(sum(&scrape, "heard_cases_answered_total", &[]));
        scrape
    }
}

impl Show for Scraper {
    fn show(&mut self, _now: Millis, _overview: &Overview) -> io::Result<()> {
        self.scrape();
        Ok(())
    }
}

#[test]
fn what_is_scraped_while_a_story_is_told_comes_to_its_report() {
    let telling = Telling {
        settings: demo::settings(),
        seed: 5,
        pace: Pace::AtOnce,
        once: true,
    };
    let measured = Arc::new(Measured::new(&telling.settings));
    let listener = Listener::bind("127.0.0.1:0".parse().expect("an address")).expect("a port is free");
    let mut scraper = Scraper {
        address: listener.address().to_string(),
        answered: Vec::new(),
    };
    let board = Board::new(Arc::clone(measured.metrics()), demo::WORKERS);
    let _server = listener.serve(board).expect("there are threads");
    let (log, stop) = (MemoryLog::live(), AtomicBool::new(false));
    let outcome = demo::run(&log, &telling, &measured, &mut scraper, &stop).expect("it is told");

    let scrape = scraper.scrape();
    let figures = outcome.overview.figures(outcome.ended);
    let first = figures.first_response_s.n;
    for (name, figure, labels, expected) in [
        ("heard_cases_opened_total", "opened", &[][..], figures.cases),
        ("heard_cases_answered_total", "answered", &[], figures.answered),
        (
            "heard_cases_unanswered_total",
            "unanswered",
            &[],
            figures.was_unanswered,
        ),
        ("heard_cases_resolved_total", "resolved", &[], figures.resolved),
        ("heard_first_response_seconds_count", "first_response", &[], first),
        (
            "heard_reply_limit_total",
            "reply_limit_reached",
            &["limit=\"reached\""],
            figures.reply_limit.reached,
        ),
        (
            "heard_levels_total",
            "answer_breached",
            &["level=\"answer\"", "outcome=\"breached\""],
            figures.levels.answer.breached,
        ),
    ] {
        let back = format!("figure=\"{figure}\"");
        let back = sum(&scrape, "heard_cases_taken_back", &[&back]);
        assert_eq!(sum(&scrape, name, labels) - back, expected as f64, "{name}");
        assert_ne!(expected, 0, "{name}");
    }
    // Who waits is a gauge of the story, how long a work item took is one of the machine.
    let latency = |part: &str| sum(&scrape, &format!("heard_work_item_latency_seconds_{part}"), &[]);
    assert!(latency("count") > 100.0, "{scrape}");
    assert!(latency("sum") > 0.0 && latency("sum") < 3600.0, "{scrape}");
    // It was there while the story was told, and went up.
    assert!(scraper.answered.is_sorted(), "{:?}", scraper.answered);
    let on_the_way = |n: &&f64| **n > 0.0 && **n < figures.answered as f64;
    assert_ne!(scraper.answered.iter().filter(on_the_way).count(), 0);
}

/// A demo in front of a terminal of 80 by 24.
struct Watched {
    /// Until it has ended.
    child: Option<Child>,
    screen: File,
    drawn: Vec<u8>,
}

impl Watched {
    fn start(heard: &Heard, args: &[&str]) -> Self {
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let terminal = openpty(&size, None).expect("this machine has pseudo-terminals");
        let mut command = heard.command(&[&["demo"], args].concat());
        command
            .env("TERM", "xterm")
            .stdout(Stdio::piped())
            .stderr(Stdio::from(terminal.slave));
        Self {
            child: Some(command.spawn().expect("the binary was built for this test")),
            screen: File::from(terminal.master),
            drawn: Vec::new(),
        }
    }

    /// Reads on until these words are drawn, or it has ended. All that is drawn so far.
    fn until(&mut self, words: &str) -> String {
        let mut buffer = [0; 4096];
        loop {
            let text = String::from_utf8_lossy(&self.drawn);
            if text.contains(words) {
                return text.into_owned();
            }
            match self.screen.read(&mut buffer) {
                Ok(n @ 1..) => self.drawn.extend_from_slice(&buffer[..n]),
                _ => panic!("it ended without {words:?}: {text}"),
            }
        }
    }

    /// Ctrl-C. All that was drawn, and what came to standard output.
    fn interrupted(mut self) -> (String, String) {
        let child = self.child.as_ref().expect("it has not ended");
        let pid = i32::try_from(child.id()).expect("process ids are i32");
        kill(Pid::from_raw(pid), Signal::SIGINT).expect("it is a child of ours");
        // No further: other children of this process may hold the terminal's other end open.
        let drawn = self.until("\x1b[?1049l");
        let child = self.child.take().expect("it has not ended");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0));
        let report = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            report.starts_with("What it came to by Monday, 1 September 2025"),
            "{report}"
        );
        (drawn, report)
    }
}

/// A test that fails leaves nothing running.
impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            _ = child.kill().and_then(|()| child.wait());
        }
    }
}

#[test]
fn on_a_terminal_there_is_a_table_and_ctrl_c_leaves_the_terminal_as_it_was() {
    let heard = Heard::new("demo-terminal");
    let mut watched = Watched::start(&heard, &["--listen", "127.0.0.1:0"]);
    let drawn = watched.until("answered after");
    let (_, address) = drawn.split_once("http://").expect("its head says where");
    let (address, _) = address.split_once("/metrics").expect("its head says where");
    let answered = until("the first answer is counted", || {
        let (_, scrape) = get(address, "/metrics").expect("it is served");
        Some(sum(&scrape, "heard_cases_answered_total", &[])).filter(|answered| *answered > 0.0)
    });
    // Each partition is ready in its time; the first answer may come before the last of them.
    until("it is ready", || {
        let (status, _) = get(address, "/readyz").expect("it is served");
        (status == 200).then_some(())
    });
    let (drawn, report) = watched.interrupted();
    for (on, off) in [("\x1b[?1049h", "\x1b[?1049l"), ("\x1b[?25l", "\x1b[?25h")] {
        assert_eq!((drawn.matches(on).count(), drawn.matches(off).count()), (1, 1));
    }
    let (_, told) = report.split_once("\n- ").expect("a sentence a line");
    let (_, told) = told.split_once("\n- ").expect("the second is of answers");
    let (told, _) = told.split_once(' ').expect("it begins with a number");
    let told: f64 = told.parse().expect("it begins with a number");
    assert!(answered <= told, "{answered} were scraped before: {report}");
}

#[test]
fn a_usual_address_that_is_taken_is_done_without_and_one_that_was_asked_for_is_not() {
    let heard = Heard::new("demo-taken");
    // If this fails somebody else has it, which does as well.
    let _other = TcpListener::bind("127.0.0.1:9464");
    let mut watched = Watched::start(&heard, &[]);
    watched.until("no metrics: 127.0.0.1:9464 is taken. --listen 127.0.0.1:0 takes a free port");
    watched.interrupted();

    let other = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let address = other.local_addr().expect("it is bound").to_string();
    let refused = heard.run(&["demo", "--once", "--listen", &address]).exits(75);
    assert!(refused.err().contains("is taken"), "{}", refused.err());
    assert_eq!(refused.out(), "");
}

#[test]
fn without_a_terminal_the_first_line_says_where_metrics_are_if_they_were_asked_for() {
    let heard = Heard::new("demo-lines");
    let asked = heard
        .run(&["demo", "--once", "--listen", "127.0.0.1:0"])
        .succeeds();
    assert!(
        asked.err().starts_with("metrics and health at http://127.0.0.1:"),
        "{}",
        asked.err()
    );
    let usual = heard.run(&["demo", "--once"]).succeeds();
    assert!(!usual.err().contains("metrics"), "{}", usual.err());
}
