//! Rule 14, surge: cases opened per minute against what is usual at this hour.
//!
//! A minute is decided when the lateness bound has passed, against a [`Baseline`] learnt from the minutes
//! before it, by a one-sided CUSUM of negative binomial counts (sources in [`crate::stats::cusum`]). Three
//! times the usual is found within five minutes from about 8 cases a minute on, if they come one by one;
//! from about 20, if the variance is twice the mean. Where less is usual it takes longer, and at least 13
//! cases. Hours are those of UTC: where clocks are put forward or back, a steep rise comes an hour off once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::baseline::{Baseline, HOUR, Minute};
use crate::config::rules::SurgeRules;
use crate::model::Millis;
use crate::stats::cusum::Cusum;

/// More cases than usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Surge {
    /// When it began, as far as can be told: the beginning of the first minute that spoke for it and was
    /// not disproved.
    pub from: Millis,
    /// When it could be told: the end of the last minute that it took.
    pub at: Millis,
    /// Cases opened between.
    pub observed: u64,
    /// Cases that were to be expected.
    pub expected: f64,
}

/// The state of one key, such as a brand in a channel. It is small: some 400 bytes of what is usual, and
/// a few for each minute that has been counted and not yet decided.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SurgeWatch {
    /// The next minute to decide; `None` before the first case.
    next: Option<Minute>,
    /// Cases by minute, of minutes not yet decided.
    open: BTreeMap<Minute, u32>,
    baseline: Baseline,
    standing: Standing,
}

/// Whether there is a surge now.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Standing {
    /// No; so much speaks for one.
    Usual { sum: Cusum, run: Run },
    /// Yes, and it was said; so much speaks for its end.
    Surge { calm: Cusum },
}

impl Default for Standing {
    fn default() -> Self {
        Self::Usual {
            sum: Cusum::default(),
            run: Run::default(),
        }
    }
}

/// The minutes since something spoke for a surge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Run {
    minutes: u32,
    observed: u64,
    expected: f64,
}

/// After so many minutes without a case (five weeks), what was usual before says nothing.
pub const FORGOTTEN: i64 = 5 * 7 * 24 * 60;

impl SurgeWatch {
    /// Counts cases that were opened in a minute; a negative number takes back. Returns whether it was
    /// counted: it is not if that minute is decided.
    pub fn count(&mut self, minute: Minute, change: i32) -> bool {
        if self.next.is_some_and(|next| minute < next) {
            return false;
        }
        let cases = self.open.entry(minute).or_default();
        *cases = cases.saturating_add_signed(change);
        if *cases == 0 {
            self.open.remove(&minute);
        }
        true
    }

    /// Decides all minutes before `end`: the lateness bound has passed for them. One surge is told once,
    /// however long it lasts; after its end there may be another.
    ///
    /// Where nothing speaks for a surge, an hour without cases is learnt in one step, and one that is not
    /// over is left until a case comes: so a long silence costs little, and it makes no difference how
    /// often it is looked.
    pub fn decide(&mut self, end: Minute, rules: &SurgeRules) -> Vec<Surge> {
        let mut surges = Vec::new();
        while let Some(minute) = self.undecided(end) {
            if self.is_empty_hour(minute) {
                if minute + HOUR > end {
                    break;
                }
                self.baseline.learn_empty_hour(minute, &rules.rest_days);
                self.next = Some(minute + HOUR);
                continue;
            }
            let cases = self.open.remove(&minute).unwrap_or(0);
            surges.extend(self.minute(minute, cases, rules));
            self.next = Some(minute + 1);
        }
        surges
    }

    /// Whether an hour begins at this minute that has had no case, with nothing that speaks for a surge.
    fn is_empty_hour(&self, minute: Minute) -> bool {
        let is_calm = matches!(self.standing, Standing::Usual { sum, .. } if sum.sum() == 0.0);
        is_calm && minute.rem_euclid(HOUR) == 0 && self.open.range(minute..minute + HOUR).next().is_none()
    }

    /// Whether there is a surge.
    pub fn is_surging(&self) -> bool {
        matches!(self.standing, Standing::Surge { .. })
    }

    /// The next minute to decide, with all before `end` decided in the end.
    fn undecided(&mut self, end: Minute) -> Option<Minute> {
        let first = self.open.keys().next().copied();
        if self
            .next
            .is_some_and(|next| first.unwrap_or(end) - next > FORGOTTEN)
        {
            let open = std::mem::take(&mut self.open);
            *self = Self {
                open,
                ..Self::default()
            };
        }
        self.next.or(first).filter(|minute| *minute < end)
    }

    fn minute(&mut self, minute: Minute, cases: u32, rules: &SurgeRules) -> Option<Surge> {
        let expected = self.baseline.expected(minute, &rules.rest_days);
        let is_usual = !self.is_surging();
        self.baseline
            .learn(minute, cases, &expected, is_usual, &rules.rest_days);
        if !expected.seen_before {
            if is_usual {
                self.standing = Standing::default(); // it says nothing, and what spoke before is not next to it
            }
            return None;
        }
        let evidence = |factor| expected.usual.evidence(f64::from(cases), factor);
        match &mut self.standing {
            Standing::Usual { sum, run } => {
                if sum.add(evidence(rules.factor)) == 0.0 {
                    *run = Run::default();
                    return None;
                }
                run.minutes += 1;
                run.observed += u64::from(cases);
                run.expected += expected.mean;
                if sum.sum() < rules.evidence {
                    return None;
                }
                let run = *run;
                self.standing = Standing::Surge {
                    calm: Cusum::default(),
                };
                let at = Millis((minute + 1) * 60_000);
                Some(Surge {
                    from: at.plus(-60_000 * i64::from(run.minutes)),
                    at,
                    observed: run.observed,
                    expected: run.expected,
                })
            }
            Standing::Surge { calm } => {
                if calm.add(-evidence(rules.factor.sqrt())) >= rules.calm {
                    self.standing = Standing::default();
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
