//! The main row of a tally.
//!
//! After [`FORGOTTEN`] in which nothing happened (no case opened, no person replied, nobody was surveyed, and nobody
//! came to have waited too long), nothing that was learnt before says anything, and all rows
//! are deleted: brands and channels that come and go leave nothing behind.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::advocacy::Advocacy;
use super::baseline::{HOUR, Minute};
use super::deaf::Deaf;
use super::surge::FORGOTTEN;
use super::{Counted, Hour, ISSUES, begin};
use crate::config::rules::SignalRules;
use crate::model::Millis;

/// Minutes of a day.
const DAY: i64 = 24 * HOUR;

/// The main row of a tally.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TallyRow {
    /// What is counted.
    pub of: Counted,
    /// The last hour that was decided to its end.
    pub settled: Option<Hour>,
    /// The last hour in which anything happened that is decided; `None` if all that was told was taken back.
    pub active: Option<Hour>,
    /// Hours that are not decided to their end: of what happened, and of waits.
    pub open: u32,
    /// What is known of rule 22.
    pub deaf: Deaf,
    /// What is known of rule 13.
    pub advocacy: Advocacy,
    /// The issues that are watched, and the day on which each was last seen.
    pub issues: BTreeMap<SmolStr, i64>,
    /// When there is something to decide of it.
    pub due: Option<Millis>,
}

impl TallyRow {
    /// A brand and channel of which nothing is known.
    pub fn new(of: Counted) -> Self {
        Self {
            of,
            settled: None,
            active: None,
            open: 0,
            deaf: Deaf::default(),
            advocacy: Advocacy::default(),
            issues: BTreeMap::new(),
            due: None,
        }
    }

    /// Says when it wants to be woken: later than `after`.
    pub fn schedule(&mut self, after: Millis, rules: &SignalRules) {
        let wanted = [self.window_decided_at(rules), self.forgotten_at(rules)];
        self.due = wanted.into_iter().flatten().filter(|at| *at > after).min();
    }

    /// A moment later than the hour that ends at the same time.
    pub fn window_decided_at(&self, rules: &SignalRules) -> Option<Millis> {
        let ends_at = self.advocacy.ends_at(rules.advocacy_hours())?;
        Some(ends_at.plus(rules.lateness.ms() + 1))
    }

    /// When nothing has happened for so long that it says nothing any more; `None` while something is not
    /// decided.
    pub fn forgotten_at(&self, rules: &SignalRules) -> Option<Millis> {
        let is_quiet = self.open == 0 && self.advocacy.ends_at(rules.advocacy_hours()).is_none();
        let at = self.active.map_or(Millis(i64::MIN), |active| {
            begin((active + 1) * HOUR + FORGOTTEN).plus(rules.lateness.ms())
        });
        is_quiet.then_some(at)
    }

    /// Something happened in an hour: what was long before is forgotten, as it would have been if time had gone
    /// by meanwhile.
    pub fn happened_in(&mut self, hour: Hour) {
        if self
            .active
            .is_some_and(|active| (hour - active - 1) * HOUR >= FORGOTTEN)
        {
            self.deaf = Deaf::default();
            self.advocacy = Advocacy::default();
        }
        self.active = self.active.max(Some(hour));
    }

    /// Issues that have not been seen for long by this minute: they are watched no more.
    pub fn forget_issues(&mut self, minute: Minute) -> Vec<SmolStr> {
        let day = minute.div_euclid(DAY);
        let is_gone = |seen: &i64| (day - seen) * DAY > FORGOTTEN;
        let gone = self.issues.iter().filter(|(_, seen)| is_gone(seen));
        let gone: Vec<SmolStr> = gone.map(|(issue, _)| issue.clone()).collect();
        gone.iter().for_each(|issue| _ = self.issues.remove(issue));
        gone
    }

    /// Whether an issue is watched by itself, from now on if there is room.
    pub fn watches(&mut self, issue: &SmolStr, minute: Minute) -> bool {
        let is_watched = self.issues.contains_key(issue) || self.issues.len() < ISSUES;
        if is_watched {
            self.issues.insert(issue.clone(), minute.div_euclid(DAY));
        }
        is_watched
    }
}
