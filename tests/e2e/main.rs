//! The command line as a user has it: the real binary against a real broker. Needs java and, once, mvn.

#[path = "../kafka/broker.rs"]
mod broker;
mod demo;
mod dsl;
mod figures;
mod ingest;
mod order;
mod outcome;
mod restore;
mod topics;
