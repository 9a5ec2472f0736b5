//! One of two instances has a wrong clock: two hours ahead, so that brokers would refuse what it writes with its own time.

use std::path::PathBuf;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use heard::model::Millis;

use crate::dsl::Heard;
use crate::figures::{MESSAGES, REPLIES};
use crate::installation::Installation;
use crate::oracle::{self, Outcome};
use crate::process::Running;
use crate::takeover::HAS;

#[test]
fn an_instance_whose_clock_is_two_hours_ahead_goes_on_and_harms_nobody() {
    let Some(installation) = Installation::new("clock", 8, "5s") else {
        return;
    };
    let Some(ahead) = ahead(&installation.heard, 7_200) else {
        return;
    };
    let begun = now();
    let mut watch = installation.watch();
    let mut right = installation.start("right");
    let mut wrong = Running::start_with(&installation.heard, "wrong", &[("LD_PRELOAD", &ahead)]);
    watch.until("both have partitions", |_| {
        right.said(HAS) > 0 && wrong.said(HAS) > 0
    });
    installation.feed(&installation.slices);
    watch.until_heard(MESSAGES, REPLIES);
    right.assert_runs();
    wrong.assert_runs();
    assert!(
        wrong.said("the clock of this machine is 7200.0 s ahead") > 0,
        "it must be told"
    );
    assert_eq!(right.said("the clock of this machine"), 0, "the other's is right");
    right.ends_well();
    wrong.ends_well();
    installation.drain();
    oracle::check(&installation, &watch.dump, 0);
    let ended = now();
    let outcome = Outcome::read(&installation.outputs(), &installation.name, &mut Vec::new());
    for event in outcome.events.values() {
        let recorded = event.recorded_at;
        let kind = event.kind;
        assert!(
            begun <= recorded && recorded <= ended,
            "{kind:?} recorded at {recorded:?}"
        );
    }
}

fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let since = since.expect("the clock is after 1970");
    Millis(i64::try_from(since.as_millis()).expect("it is not that late"))
}

/// A library that sets the wall clock of a process so many seconds ahead. `None`, and said so, where there is no C compiler.
fn ahead(heard: &Heard, seconds: i64) -> Option<PathBuf> {
    let source = heard.file("clock.c", include_str!("clock.c"));
    let library = source.with_extension("so");
    let made = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", &format!("-DAHEAD={seconds}"), "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status();
    if made.is_ok_and(|status| status.success()) {
        return Some(library);
    }
    println!("skipped: there is no C compiler that makes a library for this machine");
    None
}
