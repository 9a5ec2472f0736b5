//! What a rule says of a case, as a sentence and as facts.

use serde::Serialize;
use serde_json::{Map, Value};

/// What one rule says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The rule's number; none of what no rule decides.
    pub rule: Option<u8>,
    /// For people.
    pub says: String,
    /// The same for programs: times in milliseconds, durations too.
    pub facts: Map<String, Value>,
}

impl Finding {
    /// What rule number `rule` says.
    pub fn new(rule: impl Into<Option<u8>>, says: impl Into<String>) -> Self {
        Self {
            rule: rule.into(),
            says: says.into(),
            facts: Map::new(),
        }
    }

    /// A fact that it used.
    pub fn fact(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or_default();
        self.facts.insert(name.to_owned(), value);
        self
    }
}

/// Findings about one question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Section {
    /// Its name for programs.
    pub name: &'static str,
    /// Its title.
    #[serde(skip)]
    pub title: &'static str,
    /// The findings, in the order in which to read them.
    pub findings: Vec<Finding>,
}
