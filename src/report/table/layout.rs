//! Cells and how they line up.

use unicode_width::UnicodeWidthStr as _;

use crate::model::Millis;
use crate::report::Dimension;
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

/// Rows under headings: the dimensions to the left, the rest to the right.
pub(super) fn aligned(
    out: &mut String,
    by: &[Dimension],
    columns: &[&str],
    rows: &[(Vec<String>, Vec<String>)],
) {
    let mut heading: Vec<String> = by.iter().map(|dimension| dimension.name().to_owned()).collect();
    // The row of all needs a place even where there are no groups.
    heading.resize(heading.len().max(1), String::new());
    let left = heading.len();
    heading.extend(columns.iter().map(|column| (*column).to_owned()));
    let rows = rows
        .iter()
        .map(|(labels, cells)| [labels.as_slice(), cells].concat());
    let lines: Vec<_> = std::iter::once(heading).chain(rows).collect();
    let widest = |column: usize| lines.iter().map(|line| line[column].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..left + columns.len()).map(widest).collect();
    for line in &lines {
        let mut text = String::new();
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let space = " ".repeat(width - cell.width());
            text.extend(match column < left {
                true => [cell, &space, "  "],
                false => [&space, cell, "  "],
            });
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
}

/// A time, as tables show it.
pub(super) fn time(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| at.0.to_string(), |time| time.to_string())
}
