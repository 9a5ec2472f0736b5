//! Cells and how they line up.

use crate::model::Millis;
use crate::report::Dimension;
use crate::report::lines::{Table, wrapped};
use crate::stats::Interval;

/// Counts as cells.
pub(super) fn numbers<const N: usize>(counts: [u64; N]) -> Vec<String> {
    counts.iter().map(u64::to_string).collect()
}

/// A number that may not be known.
pub(super) fn number(value: Option<i64>) -> String {
    value.map_or("-".to_owned(), |value| value.to_string())
}

/// An interval in other units, of which one of these is `factor`.
pub(super) fn interval(interval: Option<Interval>, factor: f64) -> String {
    interval.map_or("-".to_owned(), |interval| {
        let Interval { low, high } = interval.times(factor);
        format!("{low:+.0} to {high:+.0}")
    })
}

/// How wide a paragraph is where nothing bounds it.
const PARAGRAPH: usize = 108;

/// A report as it grows: blocks of lines, in a width if it is bounded.
pub(super) struct Page {
    text: String,
    width: Option<usize>,
}

impl Page {
    pub fn new(width: Option<usize>) -> Self {
        Self {
            text: String::new(),
            width,
        }
    }

    /// A paragraph. It has lines even where a table may be as wide as it is.
    pub fn text(&mut self, text: &str) {
        for line in wrapped(text, Some(self.width.unwrap_or(PARAGRAPH)), 2) {
            self.text.push_str(&line);
            self.text.push('\n');
        }
    }

    /// The end of a block.
    pub fn end(&mut self) {
        self.text.push('\n');
    }

    /// A block: rows under headings, the dimensions to the left, the rest to the right.
    pub fn table(
        &mut self,
        title: &str,
        by: &[Dimension],
        columns: &[&str],
        rows: &[(Vec<String>, Vec<String>)],
    ) {
        let mut names: Vec<&str> = by.iter().map(|dimension| dimension.name()).collect();
        // The row of all needs a place even where there are no groups.
        names.resize(names.len().max(1), "");
        let table = Table {
            title,
            names: &names,
            figures: columns,
            rows,
        };
        for line in table.lines(self.width) {
            self.text.push_str(&line);
            self.text.push('\n');
        }
        self.end();
    }

    pub fn into_text(self) -> String {
        self.text
    }
}

/// A time, as tables show it.
pub(super) fn time(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| at.0.to_string(), |time| time.to_string())
}
