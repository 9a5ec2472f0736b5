//! Errors injected into the client: librdkafka's mock brokers answer each request of a commit and of a membership with each
//! error, and our producer and consumer are held to what a table says of it, and why.
//!
//! The mock keeps no transactional offsets and ends no transaction. So nothing is said here of what is in the log: only of
//! what the client makes of an answer, and what we make of the client. Needs no Kafka.

mod commit;
#[path = "../contract/mod.rs"]
mod contract;
mod late;
mod membership;
mod mock;
mod place;
mod questions;
mod table;
