//! What the program says about itself: metrics, tracing, health.

pub mod health;
pub mod lag;
pub mod metrics;
mod repeats;
pub mod tracing_setup;
