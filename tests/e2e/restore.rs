//! State is restored from the changelog: a new machine with an empty disk goes on where the old one
//! stopped.

use std::fs;

use crate::dsl::{Heard, data};
use crate::outcome::{AS_OF, Outcome, WITHIN_AN_HOUR, plain_dialogues};

/// Two machines take in a half of the dialogues each, in order of time, one after the other. Nothing
/// is kept but what is on the broker; the end must be as if one had taken in all of them at once.
fn two_machines(name: &str, first_looks_back: &[&str]) {
    let Some(file) = data("events/social_ibm_care.ndjson") else {
        return;
    };
    let plain = plain_dialogues().expect("its data are here");
    let text = fs::read_to_string(file).expect("it can be read");
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let halves = lines.split_at(lines.len() / 2);

    let config = format!("[topics]\npartitions = 3{WITHIN_AN_HOUR}");
    let heard = Heard::new(name).application(&config).topics();
    let half = |lines: &[&str]| heard.file("half.ndjson", &lines.concat());
    let map = "social_ibm_care_ndjson.toml";

    heard.ingest(map, &half(halves.0), &[]).succeeds();
    heard.drain(&[first_looks_back, &["--instance", "one"]].concat());
    let before = Outcome::of(&heard);
    assert!(before.cases.len() > 100 && before.cases.len() < plain.cases.len());

    heard.ingest(map, &half(halves.1), &[]).succeeds();
    heard.drain(&[&AS_OF[..], &["--instance", "another"]].concat());
    // Versions and revisions go on without gap or repeat, or this fails.
    Outcome::of(&heard).equals(plain, name);
}

#[test]
fn another_machine_goes_on_from_the_last_event() {
    two_machines("restore", &[]);
}

/// The first machine has already judged what the second half answers, all of which comes late.
#[test]
fn another_machine_goes_on_although_time_was_ahead() {
    two_machines("restore-late", &AS_OF);
}
