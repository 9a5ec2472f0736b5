//! The command line as a user has it: the real binary against a real broker. Needs java and, once, mvn.
//!
//! `HEARD_UPDATE_GOLDEN=1 cargo test --test e2e` writes the golden texts of `heard dlq`, `heard explain` and of the
//! demo's report anew.

mod advocacy;
#[path = "../background/mod.rs"]
mod background;
#[path = "../kafka/broker.rs"]
mod broker;
mod demo;
mod dlq;
mod dsl;
mod erasure;
mod explain;
mod figures;
mod forgetting;
#[path = "../check/golden.rs"]
#[allow(dead_code, reason = "only what compares texts is used here")]
mod golden;
mod honest;
mod http;
mod ingest;
mod large;
mod metrics;
mod order;
mod outage;
mod outcome;
mod prometheus;
mod rebuild;
mod receipt;
mod restore;
mod tail;
mod topics;
mod writer;
