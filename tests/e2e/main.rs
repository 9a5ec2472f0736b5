//! The command line as a user has it: the real binary against a real broker. Needs java and, once, mvn.

#[path = "../kafka/broker.rs"]
mod broker;
mod dsl;
mod figures;
mod http;
mod ingest;
mod metrics;
mod order;
mod outcome;
mod prometheus;
mod restore;
mod topics;
