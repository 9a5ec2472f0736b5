//! Why a case stands where it stands: its records, read back, told rule by rule.
//!
//! Pure: [`Records`] of the topics go in, an [`Explanation`] comes out, for people by [`text::render`] and for
//! programs as JSON. Nothing is decided here that the desk has not decided: what a case is, its record and its
//! events say. Deadlines are worked out again by the present settings, and where that comes to something
//! else, the explanation says so.
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

use crate::config::rules::RuleSettings;
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

/// Explains a case by what is recorded of it.
pub fn explain(case: &Case, records: &Records, settings: &RuleSettings, asked: Asked) -> Explanation {
    let evidence = Evidence::of(case, records, settings, asked);
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
