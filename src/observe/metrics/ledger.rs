//! Figures that may be taken back, as counters that never fall.
//!
//! A late fact can take back what was counted: an answer turns out to be someone else's, a resolved
//! case opens again. A Prometheus counter must not fall, so what is taken back is set off against the
//! next of its kind: a counter is the highest that its figure has been, and beside it stands what of
//! that is taken back. The difference of the two is the figure as it is.

use crate::processor::{Figure, Figures};

/// Figures since the start of the process.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    lines: Vec<Line>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Line {
    now: i64,
    highest: i64,
}

impl Ledger {
    /// Adds what a transaction has counted.
    pub fn add(&mut self, figures: &Figures) {
        for (Figure(number), by) in figures.changed() {
            let index = number as usize;
            if index >= self.lines.len() {
                self.lines.resize(index + 1, Line::default());
            }
            let line = &mut self.lines[index];
            line.now += by;
            line.highest = line.highest.max(line.now);
        }
    }

    fn line(&self, figure: Figure) -> Line {
        self.lines.get(figure.0 as usize).copied().unwrap_or_default()
    }

    /// What a counter of the figure shows.
    pub fn counted(&self, figure: Figure) -> i64 {
        self.line(figure).highest
    }

    /// What of that is taken back.
    pub fn taken_back(&self, figure: Figure) -> i64 {
        let line = self.line(figure);
        line.highest - line.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_back_is_made_up_for_by_the_next() {
        let figure = Figure(4);
        let mut ledger = Ledger::default();
        //  a commit counts   the counter is   of it taken back
        for (by, counted, taken_back) in [
            (3, 3, 0),
            (-1, 3, 1),
            (-1, 3, 2),
            (1, 3, 1),
            (2, 4, 0),
            (0, 4, 0),
            (-4, 4, 4),
        ] {
            let mut figures = Figures::default();
            figures.add(figure, by);
            ledger.add(&figures);
            assert_eq!(
                (ledger.counted(figure), ledger.taken_back(figure)),
                (counted, taken_back)
            );
        }
        // What an earlier process counted may be taken back in this one.
        let mut ledger = Ledger::default();
        let mut figures = Figures::default();
        figures.add(figure, -1);
        ledger.add(&figures);
        assert_eq!((ledger.counted(figure), ledger.taken_back(figure)), (0, 1));
    }
}
