//! A wait: a run of customer messages with no human reply between them (rule 4).

use serde::{Deserialize, Serialize};

use super::fold::Mark;
use crate::config::rules::Levels;
use crate::model::Millis;

/// One wait of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wait {
    /// Its first message: the next-response clock runs from here.
    pub first: Mark,
    /// Its latest message.
    pub latest: Mark,
    /// How many messages it has.
    pub messages: u32,
    /// Whether one of them came after messages of its time were dropped.
    pub late: bool,
    /// When a reply, a resolution or a decision to let go ended it.
    pub closed: Option<Millis>,
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
            praise: false,
        }
    }

    /// The customer speaks again.
    pub fn extend(&mut self, latest: Mark, late: bool) {
        self.latest = latest;
        self.late |= late;
        self.messages += 1;
    }

    /// Whether it ended after its deadline; `None` if it has not ended, or had no deadline.
    pub fn was_late(&self, levels: &Levels) -> Option<bool> {
        let set = levels.in_force(self.first.at);
        let (closed, level) = (self.closed?, set.next?);
        Some(closed > set.deadline(level, self.first.at, 0))
    }
}
