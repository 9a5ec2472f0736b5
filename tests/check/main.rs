//! What `heard` says when the configuration or its surroundings are wrong: golden texts. The real
//! binary, against a real broker where one is needed.
//!
//! `HEARD_UPDATE_GOLDEN=1 cargo test --test check` writes the texts anew; look at the difference.

mod acl;
#[path = "../kafka/broker.rs"]
mod broker;
mod configurations;
mod environments;
mod golden;
mod habits;
mod json;
