//! The story of the demo: weeks of an invented enterprise, from a seed.
//!
//! Pure: the same seed and week give the same lines. A [situation](situations) is one function that tells
//! one conversation and says which rule it shows; a week is each of them told several times, in all
//! channels and languages, one among the other.
//!
//! | file | holds |
//! |---|---|
//! | `situations` | what may happen, a function each, and how often in a week |
//! | `journeys` | what may happen to a person over several channels |
//! | `voices` | what only shows over many people, and what they say when asked |
//! | `scene` | a conversation being told: who speaks, where, in which language |
//! | `people` | customers, and what the CRM knows of them |
//! | `words` | names and sentences, a file a language |
//! | `dice` | chance, from a seed |

mod dice;
mod journeys;
mod people;
mod scene;
mod situations;
mod voices;
mod words;

use crate::config::RuleSettings;
use crate::model::{Complaint, Customer, Millis, Response, Survey, Update};
use dice::Dice;
use scene::Teller;
use situations::SITUATIONS;

/// When the story begins: Monday, 1 September 2025, at midnight UTC.
pub const START: Millis = Millis(1_756_684_800_000);

/// A week, in milliseconds.
pub const WEEK: i64 = 7 * 24 * 3_600_000;

/// A record, and when it comes to be known: most at once, some later than they happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// When it reaches the input topic.
    pub arrives: Millis,
    /// What it is.
    pub record: Record,
}

/// A record for one of the input topics.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A customer said something.
    Complaint(Box<Complaint>),
    /// The company said something.
    Response(Box<Response>),
    /// Something changed.
    Update(Box<Update>),
    /// The CRM learnt something.
    Customer(Box<Customer>),
    /// A customer was asked how it was.
    Survey(Box<Survey>),
}

/// When a week of the story begins; week 0 is the first.
pub fn begin_of(week: u32) -> Millis {
    START.plus(i64::from(week) * WEEK)
}

/// A week of the story under these rules, in the order in which it comes to be known.
pub fn week(seed: u64, week: u32, rules: &RuleSettings) -> Vec<Line> {
    let begin = begin_of(week);
    let mut teller = Teller::new(Dice::new(seed, week), week, rules);
    for situation in SITUATIONS {
        for time in 0..situation.times {
            teller.tell(situation, time, begin);
        }
    }
    let mut lines = teller.lines;
    // Stable: what comes at the same moment comes as it was told.
    lines.sort_by_key(|line| line.arrives);
    lines
}

#[cfg(test)]
mod tests;
