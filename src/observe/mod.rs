//! What the program says about itself: metrics, tracing, health.

pub mod tracing_setup;
