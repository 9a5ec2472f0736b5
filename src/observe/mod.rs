//! What the program says about itself: metrics, tracing, health.
