//! Configuration: the raw file, and the validated settings the program runs on.
//!
//! [`Settings::load`] is the one way in. It reports everything that is wrong at once, each problem
//! with its line and what to write instead.
//!
//! A setting is declared in one place: where it is read, by `Section::setting`. Its environment
//! variable, its lines in heard.example.toml ([`example()`]) and in docs/configuration.md ([`manual()`])
//! follow from that, and a test holds both files to it.

pub mod book;
mod brokers;
mod client;
mod document;
pub mod duration;
mod engine;
mod example;
mod given;
mod http;
mod manual;
mod nearest;
mod problem;
mod read_calendars;
mod read_identity;
mod read_levels;
mod read_priority;
mod read_rules;
mod read_signals;
pub mod rules;
mod secret;
pub mod section;
mod settings;
mod topic_specs;
mod topics;
pub mod value;
mod wire;

pub use client::ClientSettings;
pub use engine::EngineSettings;
pub use example::example;
pub use http::{HttpSettings, Listen};
pub use manual::manual;
pub use problem::{Problem, Problems};
pub use rules::RuleSettings;
pub use settings::{Overrides, RawConfig, Settings, all_settings};
pub use topics::{TopicKind, TopicSettings};
pub use wire::{RECORDS, SchemaRef, WireFormat, WireSettings};
