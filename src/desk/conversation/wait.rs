//! A wait: a run of customer messages with no human reply between them (rule 4).
//!
//! Waits are told apart by first message and first moment: where the company itself takes back what had ended a wait
//! without a reply, the same messages wait again from then on.

use serde::{Deserialize, Serialize};

use super::fold::Mark;
use crate::config::rules::{Levels, Span};
use crate::model::Millis;

/// One wait of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wait {
    /// Its first message, and since when it waits: the next-response clock runs from here.
    pub first: Mark,
    /// Its latest message.
    pub latest: Mark,
    /// How many messages it has.
    pub messages: u32,
    /// Whether one of them came after messages of its time were dropped.
    pub late: bool,
    /// When a reply, a resolution or a decision to let go ended it.
    pub closed: Option<Millis>,
    /// Whether it was a person's reply that ended it.
    pub replied: bool,
    /// It is praise: nobody waits, and no clock runs ([`super::praise`]).
    pub praise: bool,
}

impl Wait {
    /// The wait that this message begins.
    pub fn begin(first: Mark, late: bool) -> Self {
        Self {
            latest: first.clone(),
            first,
            messages: 1,
            late,
            closed: None,
            replied: false,
            praise: false,
        }
    }

    /// The customer speaks again.
    pub fn extend(&mut self, latest: Mark, late: bool) {
        self.latest = latest;
        self.late |= late;
        self.messages += 1;
    }

    /// The same messages wait again from then on: what had ended the wait does not stand any more.
    pub fn again(&self, at: Millis) -> Self {
        let mut again = self.clone();
        again.first.at = at;
        (again.closed, again.replied) = (None, false);
        again
    }

    /// When patience runs out (rule 7).
    pub fn patience_ends(&self, patience: Span) -> Millis {
        self.first.at.plus(patience.ms())
    }

    /// Whether it ended after its deadline; `None` if it has not ended, or had no deadline.
    pub fn was_late(&self, levels: &Levels) -> Option<bool> {
        let set = levels.in_force(self.first.at);
        let (closed, level) = (self.closed?, set.next?);
        Some(closed > set.deadline(level, self.first.at, 0))
    }
}
