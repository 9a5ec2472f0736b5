//! `heard demo`: an invented enterprise's weeks, told to the real application, and watched.
//!
//! The [story] is pure: records, each with the time at which it comes to be known. [`run()`] feeds
//! them into a log, in memory or on Kafka, while the engine runs on it as in `heard run`, and reads what
//! comes out as any consumer would. What is read adds up in an [`Overview`], which a [`Show`] puts before
//! people: as a [table] on a terminal, else as plain lines. The application is [`Measured`] as in `heard run`,
//! too. At the end of the story time stands, and the
//! same application, as a drain, judges all cases as of then: so the final figures depend on the story
//! alone, neither on the machine nor on the log.

mod clock;
mod counts;
mod enterprise;
mod feeder;
mod happening;
mod measured;
mod outputs;
mod overview;
mod rules;
mod run;
pub mod story;
mod summary;
pub mod table;
mod text;

pub use counts::Counts;
pub use happening::Happening;
pub use measured::Measured;
pub use overview::{Overview, Waiting};
pub use rules::{Count, Seen, seen};
pub use run::{DemoError, Pace, Show, Telling, WORKERS, run};
pub use summary::summary;

use crate::config::Settings;

/// What the enterprise of the story runs on: its topics without a prefix, its rules.
pub fn settings() -> Settings {
    enterprise::settings()
}
