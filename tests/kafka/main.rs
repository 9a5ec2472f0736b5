//! Tests against a real broker, which they start and stop themselves. Needs java and, once, mvn.

mod broker;
#[path = "../contract/mod.rs"]
mod contract;
mod engine;
mod faults;
mod harness;
#[path = "contract.rs"]
mod kafka_contract;
mod sim;
