//! Text and tables for people, as lines of a width. No word is broken, and nothing is left out: a table that is too wide
//! gets headings of several lines, and then parts below each other.

use unicode_width::UnicodeWidthStr as _;

/// Between two columns.
const GAP: usize = 2;

/// A text in lines of at most this width; lines after the first begin with so many spaces. A word that is longer stands
/// alone.
pub fn wrapped(text: &str, width: Option<usize>, indent: usize) -> Vec<String> {
    let Some(width) = width.filter(|width| text.width() > *width) else {
        return vec![text.to_owned()];
    };
    // What stands at the beginning, such as a list's mark, stays.
    let begin = text.len() - text.trim_start().len();
    let mut line = text[..begin].to_owned();
    let mut is_empty = true;
    let mut lines = Vec::new();
    for word in text[begin..].split(' ') {
        if !is_empty && line.width() + 1 + word.width() > width {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
    lines
}

/// The names and the figures of a row.
pub type Row = (Vec<String>, Vec<String>);

/// Rows under headings: names to the left, figures to the right.
pub struct Table<'a> {
    /// Above it, if anything.
    pub title: &'a str,
    /// Headings of names.
    pub names: &'a [&'a str],
    /// Headings of figures.
    pub figures: &'a [&'a str],
    /// The rows.
    pub rows: &'a [Row],
}

impl Table<'_> {
    /// Its lines, in a width if it is bounded.
    pub fn lines(&self, width: Option<usize>) -> Vec<String> {
        let mut lines = match self.title {
            "" => Vec::new(),
            title => wrapped(title, width, 2),
        };
        let widest = |of: fn(&Row) -> &Vec<String>, column: usize| {
            let cells = self.rows.iter().map(|row| of(row)[column].width());
            cells.max().unwrap_or(0)
        };
        let mut names: Vec<usize> = (0..self.names.len())
            .map(|column| widest(|row| &row.0, column).max(self.names[column].width()))
            .collect();
        let cells: Vec<usize> = (0..self.figures.len())
            .map(|column| widest(|row| &row.1, column))
            .collect();
        let whole: Vec<usize> = cells
            .iter()
            .zip(self.figures)
            .map(|(cell, heading)| heading.width().max(*cell))
            .collect();
        let fits = |names: &[usize], figures: &[usize], width: usize| {
            let columns = names.iter().chain(figures);
            columns.clone().sum::<usize>() + GAP * columns.count().saturating_sub(1) <= width
        };
        let Some(width) = width.filter(|&width| !fits(&names, &whole, width)) else {
            lines.extend(self.part(0..self.figures.len(), &names, &whole));
            return lines;
        };
        let narrow: Vec<usize> = cells
            .iter()
            .zip(self.figures)
            .map(|(cell, heading)| {
                heading
                    .split(' ')
                    .map(|word| word.width())
                    .max()
                    .unwrap_or(0)
                    .max(*cell)
            })
            .collect();
        // Names that leave no room for a figure are cut: the longest most.
        let room = width.saturating_sub(GAP * names.len() + narrow.iter().max().unwrap_or(&0));
        while names.iter().sum::<usize>() > room {
            let Some(longest) = names.iter_mut().max().filter(|longest| **longest > 4) else {
                break;
            };
            *longest -= 1;
        }
        let mut from = 0;
        while from < narrow.len() {
            let mut to = from + 1;
            while to < narrow.len() && fits(&names, &narrow[from..=to], width) {
                to += 1;
            }
            if from > 0 {
                let short = self.title.split([',', ':']).next().unwrap_or_default();
                lines.push(match short {
                    "" => String::new(),
                    short => format!("{short} (continued)"),
                });
            }
            lines.extend(self.part(from..to, &names, &narrow));
            from = to;
        }
        lines
    }

    /// Some of the columns of figures, beside the names.
    fn part(&self, columns: std::ops::Range<usize>, names: &[usize], figures: &[usize]) -> Vec<String> {
        let headings: Vec<Vec<String>> = columns
            .clone()
            .map(|column| wrapped(self.figures[column], Some(figures[column]), 0))
            .collect();
        let height = headings.iter().map(Vec::len).max().unwrap_or(1);
        let blank = String::new();
        let mut lines = Vec::new();
        for level in 0..height {
            // Headings stand on the first row.
            let heading = |lines: &Vec<String>| {
                let above = height - lines.len();
                level
                    .checked_sub(above)
                    .map_or(blank.clone(), |line| lines[line].clone())
            };
            let left = self.names.iter().map(|name| match level + 1 == height {
                true => (*name).to_owned(),
                false => String::new(),
            });
            let left: Vec<_> = left.collect();
            let right: Vec<_> = headings.iter().map(heading).collect();
            lines.push(aligned(&left, names, &right, &figures[columns.clone()]));
        }
        for (left, right) in self.rows {
            lines.push(aligned(
                left,
                names,
                &right[columns.clone()],
                &figures[columns.clone()],
            ));
        }
        lines
    }
}

fn aligned(names: &[String], widths: &[usize], figures: &[String], figure_widths: &[usize]) -> String {
    let mut line = String::new();
    for (name, &width) in names.iter().zip(widths) {
        let name = cut(name, width);
        line.push_str(&name);
        line.push_str(&" ".repeat(width - name.width() + GAP));
    }
    for (figure, width) in figures.iter().zip(figure_widths) {
        line.push_str(&" ".repeat(width.saturating_sub(figure.width())));
        line.push_str(figure);
        line.push_str(&" ".repeat(GAP));
    }
    line.trim_end().to_owned()
}

/// Cut to `width` columns, between words if there are several, with a mark if something is missing.
pub fn cut(text: &str, width: usize) -> String {
    use unicode_width::UnicodeWidthChar as _;
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used + 1 > width {
            break;
        }
        kept.push(c);
    }
    let is_inside = text[kept.len()..]
        .chars()
        .next()
        .is_some_and(|next| !next.is_whitespace());
    if is_inside && let Some(space) = kept.rfind(char::is_whitespace) {
        kept.truncate(space);
    }
    kept.truncate(kept.trim_end().len());
    if width > 0 {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::{Table, cut, wrapped};

    #[test]
    fn a_text_is_broken_between_words_only() {
        for (text, width, indent, lines) in [
            ("one two three", None, 2, vec!["one two three"]),
            ("one two three", Some(13), 2, vec!["one two three"]),
            ("one two three", Some(12), 2, vec!["one two", "  three"]),
            ("one two three", Some(7), 0, vec!["one two", "three"]),
            ("- one two", Some(5), 2, vec!["- one", "  two"]),
            (
                "incomprehensible it is",
                Some(5),
                1,
                vec!["incomprehensible", " it", " is"],
            ),
            ("", Some(5), 2, vec![""]),
        ] {
            assert_eq!(wrapped(text, width, indent), lines, "{text} in {width:?}");
        }
    }

    #[test]
    fn a_text_is_cut_between_words_if_there_are_several() {
        for (text, width, shown) in [
            ("Maude Pennyworth", 16, "Maude Pennyworth"),
            ("Maude Pennyworth", 15, "Maude…"),
            ("Maude Pennyworth", 6, "Maude…"),
            ("Maude Pennyworth", 4, "Mau…"),
            ("日本語", 4, "日…"),
            ("abc", 0, ""),
        ] {
            assert_eq!(cut(text, width), shown, "{text} in {width}");
        }
    }

    fn table(width: Option<usize>) -> String {
        let row = |name: &str, stage: &str, figures: [&str; 4]| {
            (
                vec![name.to_owned(), stage.to_owned()],
                figures.map(str::to_owned).to_vec(),
            )
        };
        let rows = [
            row("social", "onstage", ["3", "4", "2 / 1 / 0", "-"]),
            row(
                "a brand with a very long name",
                "",
                ["12", "1234567", "-", "+12 to +40"],
            ),
        ];
        let table = Table {
            title: "Cases, as an example",
            names: &["channel", "stage"],
            figures: &["cases", "customer messages", "met / breached / running", "95 %"],
            rows: &rows,
        };
        let lines = table.lines(width);
        for line in &lines {
            assert!(line.width() <= width.unwrap_or(usize::MAX), "{line}");
        }
        lines.join("\n")
    }

    #[test]
    fn a_table_fits_every_width() {
        insta::assert_snapshot!("unbounded", table(None));
        for width in [80, 60, 40] {
            insta::assert_snapshot!(format!("{width}"), table(Some(width)));
        }
        for width in 30..120 {
            table(Some(width));
        }
    }
}
