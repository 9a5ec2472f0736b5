//! The desk against a reference model: random journeys of all kinds of records, told in any order and with
//! repetitions, come to the cases, the work, the signals and the report that a plain program finds over all facts at once. In the time of
//! the clock and of offices; with customers who are forgotten at the end, and what comes late or begins after that.
//! Multitudes, of whom each says little, come to the signals that it finds.
//!
//! - [`reference`]: that program. Written from the rules, apart from the desk: it sorts, folds and judges. With
//!   [`rules`], what both work by, and [`records`], the words of a journey, it is in the crate `heard-oracle`.
//! - [`settings`]: those rules as the desk takes them
//! - [`generate`]: journeys; [`told`]: one told to the desk; [`compare`]: what differs.
//! - [`counted`]: what is counted of it for metrics, beside the model's report.
//! - [`families`]: the people of the load of tests/faults, told so too.
//! - [`erased`]: what must not be kept of who is forgotten.
//! - [`explained`]: what `heard explain` tells of the cases, beside their records.

mod compare;
mod counted;
mod erased;
mod explained;
mod families;
mod generate;
#[allow(dead_code, reason = "made for the tests in tests/faults")]
#[path = "../faults/load/people.rs"]
mod people;
mod settings;
mod told;

use heard_oracle::{model as reference, records, rules};
