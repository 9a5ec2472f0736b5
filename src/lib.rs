//! `heard`: the customer is always heard.
//!
//! An event-driven stream processor that reads complaints, responses, updates, surveys and customer
//! records from Kafka, joins each complaint with the person who made it, and keeps the case of every
//! complaint until it has been answered. ARCHITECTURE.md follows one complaint through these modules.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod app;
pub mod board;
pub mod calendar;
pub mod cli;
pub mod config;
pub mod demo;
pub mod desk;
pub mod engine;
pub mod explain;
pub mod ingest;
pub mod intake;
pub mod log;
pub mod model;
pub mod observe;
pub mod processor;
pub mod report;
pub mod stats;
pub mod text;
pub mod wire;
pub mod wiring;
