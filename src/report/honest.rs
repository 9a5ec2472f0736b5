//! Rule 15, honest times: those still waiting counted as waiting at least until now.

use serde::Serialize;

use crate::model::{Case, Millis};
use crate::stats::survival::{Observation, Survival};

/// How long something took that has not happened in all cases yet, in whole seconds. Leaving out those
/// in which it has not flatters the company.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HonestTime {
    /// Cases in which the customer waited for it.
    pub n: u64,
    /// Of those, cases in which it has not happened, and may still: neither let go nor closed silently.
    pub waiting: u64,
    /// The Kaplan-Meier median of all of them: for half of them it happened within this time. Null if it
    /// has not happened often enough to tell.
    pub p50: Option<i64>,
    /// The plain median of those in which it happened, by nearest rank.
    pub plain_p50: Option<i64>,
}

/// When somebody began to wait for something, and when it happened. Only the end is not known at once.
#[derive(Clone, Debug, Default)]
pub(super) struct Waits(Vec<Waited>);

#[derive(Clone, Copy, Debug)]
struct Waited {
    from: Millis,
    happened: Option<Millis>,
    /// Since when nobody looks any more whether it happens.
    until: Option<Millis>,
    /// Since when nobody waits for it any more, though it has not happened.
    given_up: Option<Millis>,
}

impl Waited {
    /// Whether somebody still waits for it at a time.
    fn waits(&self, as_of: Millis) -> bool {
        let is_over = |at: Option<Millis>| at.is_some_and(|at| at <= as_of);
        self.from <= as_of && !is_over(self.happened) && !is_over(self.given_up)
    }
}

impl Waits {
    pub fn add(&mut self, from: Millis, happened: Option<Millis>, until: Option<Millis>) {
        let waited = Waited {
            from,
            happened,
            until: until.map(|until| until.max(from)),
            given_up: None,
        };
        self.0.push(waited);
    }

    /// How long the customer of a case waited for the first answer. Left out is mere praise, for which no clock runs,
    /// and an answer of which nobody knows how long it took. Who was let go, or whose case was closed silently, waited
    /// until then.
    pub fn add_answer(&mut self, case: &Case) {
        let is_untimed = case.answered_at.is_some() && case.first_response_ms.is_none();
        if case.waits > 0 && !is_untimed {
            // Of a person who was forgotten nobody knows how long they went on waiting.
            self.add(case.opened_at, case.answered_at, case.forgotten_at);
            let silent = case.resolved_at.filter(|_| case.closed_silently);
            if let Some(waited) = self.0.last_mut() {
                waited.given_up = [case.let_go_at, silent].into_iter().flatten().min();
            }
        }
    }

    /// What they come to as of a time: what happened later has not happened yet; who came later is not
    /// there yet.
    pub fn honest(&self, as_of: Millis) -> HonestTime {
        let begun = self.0.iter().filter(|waited| waited.from <= as_of);
        let watched: Vec<_> = begun
            .map(|waited| {
                let happened = waited.happened.filter(|at| *at <= as_of);
                let ends = [waited.until, waited.given_up];
                let end = ends.into_iter().flatten().min().map(|end| end.max(waited.from));
                let last = happened.or(end).unwrap_or(as_of).min(as_of);
                Observation {
                    time: last.since(waited.from).div_euclid(1000),
                    happened: happened.is_some(),
                }
            })
            .collect();
        let plain = watched.iter().copied().filter(|one| one.happened);
        HonestTime {
            n: watched.len() as u64,
            waiting: self.0.iter().filter(|waited| waited.waits(as_of)).count() as u64,
            p50: Survival::of(watched.iter().copied()).median(),
            plain_p50: Survival::of(plain).median(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{HonestTime, Waits};
    use crate::model::Millis;

    /// Two answered after 10 s and 20 s, two still waiting since 0 s and 90 s.
    fn waits() -> Waits {
        let mut waits = Waits::default();
        for (from, happened) in [(0, Some(10)), (5, Some(25)), (0, None), (90, None)] {
            waits.add(
                Millis(from * 1000),
                happened.map(|at| Millis(at * 1000 + 999)),
                None,
            );
        }
        waits
    }

    #[test]
    fn what_is_known_as_of_a_time() {
        //   as of, s   all  waiting  honest     plain
        for (as_of, n, waiting, p50, plain_p50) in [
            (-1, 0, 0, None, None),
            (4, 2, 2, None, None),
            (11, 3, 2, Some(10), Some(10)),
            // The one that waits since 0 s has waited longer than both answers took.
            (30, 3, 1, Some(20), Some(10)),
            // The one that came at 90 s has not waited long enough to say anything.
            (95, 4, 2, Some(20), Some(10)),
            (1000, 4, 2, Some(20), Some(10)),
        ] {
            let expected = HonestTime {
                n,
                waiting,
                p50,
                plain_p50,
            };
            assert_eq!(waits().honest(Millis(as_of * 1000)), expected, "as of {as_of} s");
        }
    }
}
