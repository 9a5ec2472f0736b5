//! Rule 19, spectators left waiting: audience times the time until the first public answer, onstage.

use serde::Serialize;

use crate::model::{Case, Millis, Stage};

/// Spectators of public cases, and how long they were left without a public answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SpectatorFigures {
    /// Public cases of which it is known how many can see them. Mere praise, to which nobody waits for an
    /// answer, is left out.
    pub cases: u64,
    /// Of those, cases without a public answer.
    pub waiting: u64,
    /// The people who can see them, together; who can see two counts twice.
    pub audience: i64,
    /// People times hours until the first public answer, or until now where there is none; whole hours.
    pub audience_h: i64,
    /// Of those, the hours of cases without a public answer.
    pub waiting_audience_h: i64,
}

/// Public cases with an audience.
#[derive(Clone, Debug, Default)]
pub(super) struct Spectators(Vec<Watched>);

/// A case that people see.
#[derive(Clone, Copy, Debug)]
struct Watched {
    audience: i64,
    from: Millis,
    answered: Option<Millis>,
}

impl Spectators {
    /// Counts a case in, if it has spectators.
    pub fn add(&mut self, case: &Case) {
        let audience = case.audience.filter(|audience| *audience > 0);
        let Some(audience) = audience.filter(|_| case.stage == Stage::Onstage && case.waits > 0) else {
            return;
        };
        self.0.push(Watched {
            audience,
            from: case.opened_at,
            answered: case.answered_publicly_at,
        });
    }

    /// What they come to as of a time: what happened later has not happened yet.
    pub fn figures(&self, as_of: Millis) -> SpectatorFigures {
        let mut figures = SpectatorFigures::default();
        let (mut all, mut waiting) = (0, 0);
        for watched in self.0.iter().filter(|watched| watched.from <= as_of) {
            let answered = watched.answered.filter(|at| *at <= as_of);
            let left = answered.unwrap_or(as_of).since(watched.from).max(0);
            let spent = i128::from(watched.audience) * i128::from(left);
            all += spent;
            figures.cases += 1;
            figures.audience = figures.audience.saturating_add(watched.audience);
            if answered.is_none() {
                figures.waiting += 1;
                waiting += spent;
            }
        }
        figures.audience_h = hours(all);
        figures.waiting_audience_h = hours(waiting);
        figures
    }
}

fn hours(ms: i128) -> i64 {
    i64::try_from(ms / 3_600_000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{SpectatorFigures, Spectators};
    use crate::model::{Case, Millis, Stage};

    const HOUR: i64 = 3_600_000;

    #[test]
    fn people_wait_until_somebody_answers_in_public() {
        let case = |audience: Option<i64>, opened: i64, answered: Option<i64>| Case {
            stage: Stage::Onstage,
            audience,
            waits: 1,
            opened_at: Millis(opened * HOUR),
            answered_publicly_at: answered.map(|hour| Millis(hour * HOUR)),
            ..Case::default()
        };
        let mut spectators = Spectators::default();
        for case in [
            case(Some(100), 0, Some(2)),
            case(Some(10), 4, None),
            case(Some(1), 4, Some(20)), // later than now
            case(Some(1), 11, None),    // not there yet
            case(None, 0, None),
            Case {
                stage: Stage::Offstage,
                ..case(Some(1000), 0, None)
            },
            Case {
                waits: 0,
                ..case(Some(1000), 0, None)
            },
        ] {
            spectators.add(&case);
        }
        let wanted = SpectatorFigures {
            cases: 3,
            waiting: 2,
            audience: 111,
            audience_h: 200 + 60 + 6,
            waiting_audience_h: 66,
        };
        assert_eq!(spectators.figures(Millis(10 * HOUR)), wanted);
    }

    #[test]
    fn the_whole_world_may_watch_for_a_century() {
        let mut spectators = Spectators::default();
        spectators.add(&Case {
            stage: Stage::Onstage,
            audience: Some(i64::MAX),
            waits: 1,
            ..Case::default()
        });
        let figures = spectators.figures(Millis(100 * 365 * 24 * HOUR));
        assert_eq!(figures.audience_h, i64::MAX);
    }
}
