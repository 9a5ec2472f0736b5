//! Whether the topics of an installation of `heard` hold what they must, whatever happened on the way (RELIABILITY.md, O1
//! to O10). It shares with `heard` what records are and how they are written, and nothing of how they are processed.
//!
//! - [`ledger`]: what those write down who fed it and looked on: what brokers acknowledged, what was seen, what was counted
//! - [`evidence`]: that, and all that the topics hold in the end; [`kafka`] reads them from brokers
//! - [`expected`]: what the inputs come to, by the model, one family of records after the other ([`families`])
//! - [`invariants`]: one after the other, each with a line that says how it stands
//! - [`model`]: the reference model, from all facts at once to cases and work; [`records`]: what it reads; [`rules`]: what it
//!   works by; [`differ`]: where the desk comes to something else

pub mod differ;
pub mod evidence;
pub mod expected;
pub mod families;
pub mod invariants;
pub mod kafka;
pub mod ledger;
pub mod model;
pub mod records;
pub mod rules;

/// The rules of [`rules`] as a configuration of `heard`.
pub const RULES: &str = include_str!("rules.toml");
