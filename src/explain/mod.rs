//! Why a case stands where it stands: its records, read back, told rule by rule.
//!
//! Pure: [`Records`] of the topics go in, an [`Explanation`] comes out, for people by [`text::render`] and for
//! programs as JSON. No rule is written here: what is concluded, the case's record and its events say. How it came
//! about, the desk's own functions tell again from the inputs ([`retelling`]); where the inputs as they are now
//! and the present settings come to something else than the record, the explanation says so.
//!
//! Without texts asked for, an explanation has no texts, no names and no values of identifiers.

mod afterwards;
mod answers;
mod evidence;
mod finding;
mod head;
mod journey;
mod levels;
mod limit;
mod rank;
mod records;
mod retelling;
mod said;
mod status;
mod steps;
mod surveys;
pub mod text;
mod timeline;
mod told;
mod who;
mod words;

use serde::Serialize;

pub use evidence::Evidence;
pub use finding::{Finding, Section};
pub use records::{Inputs, Records};
pub use timeline::Moment;
pub use words::time;

use crate::desk::Desk;
use crate::model::{Case, Millis};

/// How to explain.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Until when those have waited who still wait.
    pub as_of: Millis,
    /// Whether to show texts, names and values of identifiers.
    pub texts: bool,
}

/// A case, explained.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// Until when those have waited who still wait.
    pub as_of: Millis,
    /// What it is.
    pub case: head::Head,
    /// Rule by rule, in the order in which to read them.
    pub sections: Vec<Section>,
    /// What was said and what happened, in the order of event time.
    pub timeline: Vec<Moment>,
    /// What a reader should know of the explanation itself.
    pub mind: Vec<String>,
}

/// Explains a case by what is recorded of it, and by what the desk makes of its inputs.
pub fn explain(desk: &Desk, case: &Case, records: &Records, asked: Asked) -> Explanation {
    let evidence = Evidence::of(desk, case, records, asked);
    let e = &evidence;
    let sections = [
        who::section(e),
        status::section(e),
        answers::section(e),
        levels::section(e),
        limit::section(e),
        journey::section(e),
        afterwards::section(e),
        surveys::section(e),
        rank::section(e),
        steps::section(e),
    ];
    Explanation {
        as_of: asked.as_of,
        case: head::head(e),
        sections: sections
            .into_iter()
            .filter(|section| !section.findings.is_empty())
            .collect(),
        timeline: timeline::moments(e),
        mind: evidence::mind(e),
    }
}

#[cfg(test)]
mod tests;
