//! The whole way, in every order: records into the input topics, final cases out of the output topics,
//! through intake, engine and desk, on the log in memory and on real Kafka.
//!
//! Arrival order is the order told: a round of records is taken in, with all that follows from it,
//! before the next is sent. All orders of all tales run side by side, each with names of its own.

#[path = "../kafka/broker.rs"]
mod broker;
mod clocks;
mod log_tools;
#[allow(
    dead_code,
    reason = "its builders are needed here, its desk as what to compare with"
)]
#[path = "../rules/story.rs"]
mod story;
mod tale;
mod tales;
mod world;

use std::time::Duration;

use heard::engine::Pace;
use heard::log::kafka::{KafkaLog, KafkaSettings};
use heard::log::memory::MemoryLog;

use tales::tell_all;
use world::{Rounds, Shape};

/// Every tale in every order, in memory.
fn in_memory(partitions: i32, local_delivery: bool, rounds: Rounds) {
    let pace = Pace {
        commit_interval: Duration::from_millis(10),
        mailbox_linger: Duration::ZERO,
        drain_check: Duration::from_millis(5),
        ..Pace::default()
    };
    let shape = Shape {
        partitions,
        local_delivery,
        rounds,
        workers: 1,
        pace,
    };
    tell_all(&MemoryLog::live(), &shape);
}

#[test]
fn in_memory_through_the_mailbox() {
    for partitions in [1, 4] {
        in_memory(partitions, false, Rounds::Live);
    }
}

#[test]
fn in_memory_delivered_locally() {
    for partitions in [1, 4] {
        in_memory(partitions, true, Rounds::Live);
    }
}

#[test]
fn in_memory_stopped_and_restored_after_each_round() {
    for local_delivery in [false, true] {
        in_memory(4, local_delivery, Rounds::Drained);
    }
}

/// Every tale in every order, on the one broker of this process.
fn on_kafka(workers: usize, local_delivery: bool) {
    let settings = KafkaSettings::new(&broker::Broker::shared().address(), "way");
    let log = KafkaLog::new(settings).expect("the settings are valid");
    let shape = Shape {
        partitions: 3,
        local_delivery,
        rounds: Rounds::Live,
        workers,
        pace: Pace::default(),
    };
    tell_all(&log, &shape);
}

#[test]
fn on_kafka_through_the_mailbox() {
    on_kafka(1, false);
}

#[test]
fn on_kafka_delivered_locally() {
    on_kafka(1, true);
}

#[test]
fn on_kafka_by_two_workers() {
    on_kafka(2, true);
}
