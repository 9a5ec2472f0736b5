//! HTTP: metrics, health, the API and its pages.
