//! The invariants O1 to O10 of RELIABILITY.md, each with a line that says how it stands.

mod counters;
mod judgement;
mod numbers;
mod outcomes;
mod outputs;
mod partitions;
mod reader;

use std::fmt;

use crate::evidence::Evidence;
use crate::expected::expected;
use outputs::Outputs;

/// How an invariant stands.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Which: `O1` to `O10`.
    pub name: &'static str,
    /// What must be so.
    pub must: &'static str,
    /// How many things were looked at, and what they are.
    pub looked_at: (usize, &'static str),
    /// What is not so, a line for each: places and ids, which name nobody.
    pub wrong: Vec<String>,
    /// The same with names and values, where there are any, and the records of which the first came: to be shown of invented
    /// records only.
    pub values: Vec<String>,
}

impl Verdict {
    fn new(
        name: &'static str,
        must: &'static str,
        looked_at: (usize, &'static str),
        wrong: Vec<String>,
    ) -> Self {
        Self {
            name,
            must,
            looked_at,
            wrong,
            values: Vec::new(),
        }
    }

    /// Whether it holds of something: what nothing was looked at for proves nothing.
    pub fn holds(&self) -> bool {
        self.wrong.is_empty() && self.looked_at.0 > 0
    }
}

/// The line.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, things) = self.looked_at;
        let stands = match (self.wrong.len(), count) {
            (0, 0) => "NOTHING".to_owned(),
            (0, _) => "holds".to_owned(),
            (wrong, _) => format!("{wrong} WRONG"),
        };
        write!(
            f,
            "{:<4}{stands:<12}{count:>9} {things:<14} {}",
            self.name, self.must
        )
    }
}

/// All ten.
pub fn judge(evidence: &Evidence) -> Vec<Verdict> {
    let expected = expected(evidence);
    let outputs = Outputs::read(&evidence.dump);
    vec![
        outcomes::each_input_has_one(evidence, &expected, &outputs),
        outcomes::none_without_an_input(&expected, &outputs),
        numbers::order_of_causes(&evidence.dump, &outputs),
        numbers::rise_by_one(&outputs),
        judgement::as_the_model(&expected, &outputs),
        partitions::state_is_whole(&evidence.dump),
        partitions::everything_is_taken_in(&evidence.dump),
        reader::saw_a_prefix(evidence),
        partitions::nothing_is_open(&evidence.dump),
        counters::tell_the_truth(evidence, &expected),
    ]
}
