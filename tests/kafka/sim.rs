//! The toy of the simulation, its checks, and the sequential run.

#![allow(dead_code, reason = "the simulation uses the rest")]

#[path = "../sim/options.rs"]
pub mod options;
#[path = "../sim/outcome.rs"]
pub mod outcome;
#[path = "../sim/sequential.rs"]
pub mod sequential;
#[path = "../sim/subject.rs"]
pub mod subject;
#[path = "../sim/toy.rs"]
pub mod toy;
#[path = "../sim/toy_check.rs"]
pub mod toy_check;
