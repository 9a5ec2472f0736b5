//! Arrival order, repetition, partitions, workers and the way of delivery do not matter.

use crate::dsl::{Heard, data};
use crate::outcome::{AS_OF, Outcome, WITHIN_AN_HOUR, plain_dialogues};

/// Takes in the dialogues, every record twice, and compares with them in order, once.
fn come_to_the_same(name: &str, partitions: &str, order: &[&str], run: &[&str]) {
    let Some(file) = data("social_ibm_care_1025_dialogs.csv") else {
        return;
    };
    let plain = plain_dialogues().expect("its data are here");
    let config = format!("[topics]\n{partitions}{WITHIN_AN_HOUR}");
    let heard = Heard::new(name).application(&config).topics();
    let order = [&["--repeat", "2", "--order"][..], order].concat();
    heard.ingest("social_ibm_care_csv.toml", &file, &order).succeeds();
    heard.drain(&[&AS_OF[..], run].concat());
    Outcome::of(&heard).equals(plain, name);
}

#[test]
fn reversed_and_twice_in_one_partition() {
    come_to_the_same(
        "order-reversed",
        "partitions = 1",
        &["reversed"],
        &["--local-delivery", "on"],
    );
}

#[test]
fn shuffled_and_twice_in_twelve_partitions_through_the_mailbox() {
    come_to_the_same(
        "order-shuffled",
        "partitions = 12",
        &["shuffled"],
        &["--local-delivery", "off"],
    );
}

#[test]
fn shuffled_and_twice_on_two_workers() {
    come_to_the_same(
        "order-workers",
        "partitions = 12\ninput_partitions = 4",
        &["shuffled", "--seed", "1"],
        &["--workers", "2"],
    );
}

#[test]
fn reversed_and_twice_on_two_workers_through_the_mailbox() {
    come_to_the_same(
        "order-mailbox",
        "partitions = 12\ninput_partitions = 1",
        &["reversed"],
        &["--workers", "2", "--local-delivery", "off"],
    );
}
