//! The demo: in this process and on a real broker, its figures are the same, and those of the report.

use std::fs::File;
use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::dsl::Heard;

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
    // What the command promises; it takes five seconds here.
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
    let second = heard.run(&["demo", "--once", "--quiet"]).succeeds();
    assert_eq!(first.out(), second.out());
    assert!(first.out().contains("Reply only twice"), "{}", first.out());
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
    ] {
        assert!(lines.contains(told), "{told}: {lines}");
    }
}

/// The figures are those of the story, not of how fast it was told.
#[test]
fn told_by_the_clock_it_comes_to_the_same() {
    let heard = Heard::new("demo-speed");
    let told = once(&heard, &["--seed", "3", "--speed", "200000"]);
    assert_eq!(told, once(&heard, &["--seed", "3"]));
}

#[test]
fn on_a_terminal_there_is_a_table_and_ctrl_c_leaves_the_terminal_as_it_was() {
    let size = Winsize {
        ws_row: 24,
        ws_col: 80,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let terminal = openpty(&size, None).expect("this machine has pseudo-terminals");
    let heard = Heard::new("demo-terminal");
    let mut command = heard.command(&["demo"]);
    command
        .env("TERM", "xterm")
        .stdout(Stdio::piped())
        .stderr(Stdio::from(terminal.slave));
    let child = command.spawn().expect("the binary was built for this test");
    let mut drawn = Vec::new();
    let mut screen = File::from(terminal.master);
    let (mut buffer, mut told) = ([0; 4096], false);
    // Until the screen is left: other children of this process may hold the terminal's other end open.
    while let Ok(n @ 1..) = screen.read(&mut buffer) {
        drawn.extend_from_slice(&buffer[..n]);
        let text = String::from_utf8_lossy(&drawn);
        if text.contains("\x1b[?1049l") {
            break;
        }
        if !told && text.contains("answered after") {
            told = true;
            let pid = i32::try_from(child.id()).expect("process ids are i32");
            kill(Pid::from_raw(pid), Signal::SIGINT).expect("it is a child of ours");
        }
    }
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    let drawn = String::from_utf8_lossy(&drawn);
    for (on, off) in [("\x1b[?1049h", "\x1b[?1049l"), ("\x1b[?25l", "\x1b[?25h")] {
        assert_eq!((drawn.matches(on).count(), drawn.matches(off).count()), (1, 1));
    }
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(
        report.starts_with("What it came to by Monday, 1 September 2025"),
        "{report}"
    );
}
