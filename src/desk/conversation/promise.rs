//! Promises of the company, kept and broken (rule 21).

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::fold::Mark;
use crate::model::{Millis, PromiseState};

/// Promises of one case that are remembered; of more, the oldest are forgotten.
const REMEMBERED: usize = 8;

/// One promise: `promised_by` of a response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Promise {
    /// The response that made it.
    pub made: Mark,
    /// Until when.
    pub by: Millis,
    /// The answer or solution that came in time.
    pub kept: Option<Mark>,
}

impl Promise {
    /// What has become of it by `now`: KEPT if the case was resolved or answered again by then, else
    /// BROKEN once the time has passed.
    pub fn state(&self, now: Millis) -> PromiseState {
        match &self.kept {
            Some(kept) if kept.at <= now => PromiseState::Kept,
            None if self.by < now => PromiseState::Broken,
            _ => PromiseState::Running,
        }
    }
}

/// The promises of a case, in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Promises(SmallVec<[Promise; 0]>);

impl Promises {
    /// A response promises something.
    pub fn made(&mut self, made: Mark, by: Millis) {
        if self.0.len() == REMEMBERED {
            self.0.remove(0);
        }
        self.0.push(Promise { made, by, kept: None });
    }

    /// The case was answered or resolved: what was promised until then or later is kept. Must be told
    /// of an answer before what that answer itself promises.
    pub fn kept(&mut self, mark: &Mark) {
        let open = self.0.iter_mut().filter(|promise| promise.kept.is_none());
        for promise in open.filter(|promise| mark.at <= promise.by) {
            promise.kept = Some(mark.clone());
        }
    }

    /// The messages that made and kept them.
    pub fn marks_mut(&mut self) -> impl Iterator<Item = &mut Mark> {
        let promises = self.0.iter_mut();
        promises.flat_map(|promise| [&mut promise.made].into_iter().chain(&mut promise.kept))
    }

    /// All that are remembered.
    pub fn iter(&self) -> impl Iterator<Item = &Promise> {
        self.0.iter()
    }

    /// Whether there may have been earlier ones that are forgotten.
    pub fn is_full(&self) -> bool {
        self.0.len() == REMEMBERED
    }

    /// What has become of the latest.
    pub fn state(&self, now: Millis) -> PromiseState {
        self.0
            .last()
            .map_or(PromiseState::None, |latest| latest.state(now))
    }

    /// When that changes next if nothing else happens.
    pub fn due(&self, now: Millis) -> Option<Millis> {
        let running = self.0.iter().filter(|p| p.state(now) == PromiseState::Running);
        let changes = running.map(|p| p.kept.as_ref().map_or(p.by.plus(1), |kept| kept.at));
        changes.min()
    }
}

#[cfg(test)]
mod tests {
    use super::{Mark, Promises};
    use crate::model::Millis;
    use crate::model::PromiseState::{self, Broken, Kept, None as NoPromise, Running};

    fn mark(at: i64) -> Mark {
        Mark {
            at: Millis(at),
            id: format!("m{at}").into(),
        }
    }

    #[test]
    fn a_promise_is_kept_by_an_answer_in_time() {
        type Row = (
            &'static [(i64, i64)],
            &'static [i64],
            i64,
            PromiseState,
            Option<i64>,
        );
        //   promises (made, by)      answers    at time  the latest is  changes at
        let table: [Row; 9] = [
            (&[], &[], 50, NoPromise, None),
            (&[(10, 100)], &[], 50, Running, Some(101)),
            (&[(10, 100)], &[], 100, Running, Some(101)),
            (&[(10, 100)], &[], 101, Broken, None),
            (&[(10, 100)], &[60], 61, Kept, None),
            (&[(10, 100)], &[60], 50, Running, Some(60)), // a drain's clock has not come there yet
            (&[(10, 100)], &[100], 500, Kept, None),
            (&[(10, 100)], &[101], 500, Broken, None), // too late
            (&[(10, 100), (40, 400)], &[], 200, Running, Some(401)), // the first is broken, the latest runs
        ];
        for (made, answers, now, state, due) in table {
            let mut promises = Promises::default();
            for &(at, by) in made {
                promises.made(mark(at), Millis(by));
            }
            answers.iter().for_each(|&at| promises.kept(&mark(at)));
            let found = (promises.state(Millis(now)), promises.due(Millis(now)));
            assert_eq!(found, (state, due.map(Millis)), "{made:?} {answers:?} at {now}");
        }
    }

    #[test]
    fn an_answer_keeps_every_promise_that_runs_and_the_oldest_are_forgotten() {
        let mut promises = Promises::default();
        for n in 0..20 {
            promises.made(mark(n), Millis(1_000));
        }
        promises.kept(&mark(30));
        assert_eq!(promises.iter().count(), 8);
        assert!(promises.iter().all(|p| p.state(Millis(2_000)) == Kept));
        assert_eq!(promises.iter().next().map(|p| p.made.at), Some(Millis(12)));
    }
}
