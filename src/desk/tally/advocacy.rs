//! Rule 13, advocacy over time: of each window, promoters among answered cases less those among unanswered
//! ones, against all windows before it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::baseline::HOUR;
use super::sums::add;
use super::{Hour, SurveyCell, begin};
use crate::model::{Millis, SurveyScale};
use crate::stats::difference::Difference;
use crate::stats::promoters::{Promoters, association};

/// The hour in which the first Monday after 1970 began: windows are counted from there.
const MONDAY: Hour = 4 * 24;

/// Surveyed cases, the cells in order.
type Cells = Vec<(SurveyCell, i32)>;

/// Surveys of one brand and channel, as hours go by in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advocacy {
    /// The window that is not over, if a survey was in it.
    open: Option<(i64, Cells)>,
    /// The last window that is over.
    closed: Option<i64>,
    /// All before the open one.
    before: Cells,
}

/// What one window comes to, by one instrument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// The instrument.
    pub scale: SurveyScale,
    /// When the window ended.
    pub at: Millis,
    /// Surveyed cases that had been answered.
    pub answered: Promoters,
    /// Those that had not.
    pub unanswered: Promoters,
    /// The difference of their shares.
    pub difference: Difference,
    /// The same of all windows before, if they had enough surveys.
    pub before: Option<Difference>,
}

impl Advocacy {
    /// Counts the surveys of an hour. What comes when its window is over counts among those before.
    pub fn add(&mut self, hour: Hour, surveys: impl IntoIterator<Item = (SurveyCell, i32)>, hours: i64) {
        let window = (hour - MONDAY).div_euclid(hours);
        let is_over = self.closed.is_some_and(|closed| window <= closed)
            || self.open.as_ref().is_some_and(|(open, _)| window < *open);
        for (cell, by) in surveys {
            let cells = if is_over {
                &mut self.before
            } else {
                &mut self.open.get_or_insert_with(|| (window, Cells::new())).1
            };
            add(cells, cell, by);
        }
    }

    /// When the open window ends.
    pub fn ends_at(&self, hours: i64) -> Option<Millis> {
        self.open.as_ref().map(|(window, _)| end_of(*window, hours))
    }

    /// The open window is over: what it comes to, by instrument, where both sides have enough surveys.
    pub fn close(&mut self, hours: i64) -> Vec<Compared> {
        let Some((window, cells)) = self.open.take() else {
            return Vec::new();
        };
        let scales: BTreeSet<SurveyScale> = cells.iter().map(|(cell, _)| cell.scale).collect();
        let found = scales.into_iter().filter_map(|scale| {
            let [answered, unanswered] = sides(&cells, scale);
            let [answered_before, unanswered_before] = sides(&self.before, scale);
            Some(Compared {
                scale,
                at: end_of(window, hours),
                answered,
                unanswered,
                difference: association(answered, unanswered)?,
                before: association(answered_before, unanswered_before),
            })
        });
        let found = found.collect();
        for (cell, cases) in cells {
            add(&mut self.before, cell, cases);
        }
        self.closed = Some(window);
        found
    }
}

fn end_of(window: i64, hours: i64) -> Millis {
    begin((MONDAY + (window + 1) * hours) * HOUR)
}

/// Answered and unanswered cases by one instrument.
fn sides(cells: &Cells, of: SurveyScale) -> [Promoters; 2] {
    let mut sides = [Promoters::default(); 2];
    for (cell, cases) in cells.iter().filter(|(cell, _)| cell.scale == of) {
        let side = &mut sides[usize::from(!cell.answered)];
        let cases = u64::try_from(*cases).unwrap_or(0); // taken back in more windows than counted
        side.surveyed += cases;
        side.promoters += if cell.promoter { cases } else { 0 };
    }
    sides
}

#[cfg(test)]
mod tests {
    use super::{Advocacy, MONDAY, SurveyCell};
    use crate::model::{Millis, SurveyScale};

    const WEEK: i64 = 7 * 24;

    /// So many promoters of so many, answered and unanswered.
    fn surveys(
        scale: SurveyScale,
        answered: (i32, i32),
        unanswered: (i32, i32),
    ) -> impl Iterator<Item = (SurveyCell, i32)> {
        let side = move |is_answered, (promoters, of): (i32, i32)| {
            let cell = move |promoter| SurveyCell {
                scale,
                answered: is_answered,
                promoter,
            };
            [(cell(true), promoters), (cell(false), of - promoters)]
        };
        side(true, answered).into_iter().chain(side(false, unanswered))
    }

    /// Newcombe's first example, 56 of 70 against 48 of 80.
    #[test]
    fn a_window_is_compared_with_those_before_by_instrument() {
        use SurveyScale::{Csat1To5, Nps0To10};
        let mut advocacy = Advocacy::default();
        advocacy.add(MONDAY + 5, surveys(Nps0To10, (15, 30), (15, 30)), WEEK);
        assert_eq!(advocacy.ends_at(WEEK), Some(Millis((MONDAY + WEEK) * 3_600_000)));
        let first = advocacy.close(WEEK);
        assert_eq!(first.len(), 1);
        assert_eq!((first[0].difference.value(), first[0].before), (0.0, None));
        assert_eq!(advocacy.ends_at(WEEK), None);

        advocacy.add(MONDAY + WEEK, surveys(Nps0To10, (50, 60), (48, 80)), WEEK);
        advocacy.add(MONDAY + WEEK + 1, surveys(Nps0To10, (6, 10), (0, 0)), WEEK);
        advocacy.add(MONDAY + WEEK, surveys(Csat1To5, (29, 29), (48, 80)), WEEK);
        let second = advocacy.close(WEEK);
        assert_eq!(second.len(), 1, "of the other instrument too few were answered");
        let interval = second[0].difference.interval();
        let rounded = [second[0].difference.value(), interval.low, interval.high]
            .map(|share| (share * 10_000.0).round() as i64);
        assert_eq!(rounded, [2000, 524, 3339]);
        assert_eq!(second[0].before.map(|before| before.value()), Some(0.0));
    }

    #[test]
    fn what_comes_too_late_counts_among_those_before() {
        let mut advocacy = Advocacy::default();
        advocacy.add(MONDAY, surveys(SurveyScale::Nps0To10, (30, 30), (0, 29)), WEEK);
        assert_eq!(advocacy.close(WEEK), []);
        advocacy.add(MONDAY, surveys(SurveyScale::Nps0To10, (0, 0), (0, 1)), WEEK);
        assert_eq!(advocacy.ends_at(WEEK), None, "a window is over once");
        advocacy.add(
            MONDAY + WEEK,
            surveys(SurveyScale::Nps0To10, (0, 30), (0, 30)),
            WEEK,
        );
        let found = advocacy.close(WEEK);
        assert_eq!(found[0].before.map(|before| before.value()), Some(1.0));
    }
}
