//! Configuration: the raw file, and the validated settings the program runs on.
//!
//! [`Settings::load`] is the one way in. It reports everything that is wrong at once, each problem
//! with its line and what to write instead. heard.example.toml shows every setting.

pub mod duration;
mod engine;
mod http;
mod problem;
mod read_rules;
pub mod rules;
mod secret;
pub mod section;
mod settings;
mod topic_specs;
mod topics;
pub mod value;
mod wire;

pub use engine::EngineSettings;
pub use http::{HttpSettings, Listen};
pub use problem::{Problem, Problems};
pub use rules::RuleSettings;
pub use settings::{Overrides, RawConfig, Settings};
pub use topics::{TopicKind, TopicSettings};
pub use wire::{RECORDS, SchemaRef, WireFormat, WireSettings};
