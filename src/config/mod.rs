//! Configuration: the raw file, and the validated settings the program runs on.

pub mod rules;

pub use rules::RuleSettings;
