//! Bytes, times and tables as text for people.

use std::fmt::Write as _;

use serde_json::Value;

/// A time in UTC.
pub(super) fn time(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis).map_or_else(|_| millis.to_string(), |time| time.to_string())
}

/// UTF-8 as it is, anything else, and what could move a terminal's cursor, in hexadecimal.
pub(super) fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => hex(bytes),
    }
}

/// Two digits a byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// Lines of sixteen bytes: the offset of the first, each in hexadecimal, and what is ASCII of them. A
/// value without bytes has no lines.
pub(super) fn hexdump(bytes: &[u8]) -> impl Iterator<Item = String> + '_ {
    bytes.chunks(16).enumerate().map(|(line, bytes)| {
        let mut out = format!("{:08x} ", line * 16);
        for column in 0..16 {
            if column == 8 {
                out.push(' ');
            }
            // Writing to a String cannot fail.
            let _ = match bytes.get(column) {
                Some(byte) => write!(out, " {byte:02x}"),
                None => write!(out, "   "),
            };
        }
        let shown = |byte: &u8| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '.',
        };
        out.push_str("  |");
        out.extend(bytes.iter().map(shown));
        out.push('|');
        out
    })
}

/// JSON without its nulls: most fields of most records are empty; people want to see the others.
pub(super) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let full = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(full.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        other => other,
    }
}

/// JSON on several lines. JSON leaves some control characters as they are; here none is, so that nothing
/// in it can move a terminal's cursor.
pub(super) fn pretty(value: &Value) -> String {
    let mut out = String::new();
    for character in format!("{value:#}").chars() {
        match character {
            '\n' => out.push('\n'),
            c if c.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// How a column of a table is aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// Rows under headings, two spaces between columns, nothing at the ends of lines. Widths are counted in
/// characters: what is shown in tables is ASCII but for names of topics' channels, which are too.
pub(super) fn table(columns: &[(&str, Align)], rows: &[Vec<String>]) -> Vec<String> {
    let width = |index: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(index))
            .map(|cell| cell.chars().count());
        let heading = columns[index].0.chars().count();
        cells.chain([heading]).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..columns.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::new();
        for ((cell, width), (_, align)) in cells.zip(&widths).zip(columns) {
            let _ = match align {
                Align::Left => write!(line, "{cell:<width$}  "),
                Align::Right => write!(line, "{cell:>width$}  "),
            };
        }
        line.trim_end().to_owned()
    };
    let heading = line(&mut columns.iter().map(|(name, _)| *name));
    let rows = rows.iter().map(|row| line(&mut row.iter().map(String::as_str)));
    std::iter::once(heading).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Align, hexdump, pretty, table, text};

    #[test]
    fn bytes_are_sixteen_a_line_with_their_ascii() {
        let lines: Vec<_> = hexdump(b"\xc3\x01Where is my par\x00cel").collect();
        assert_eq!(
            lines,
            [
                "00000000  c3 01 57 68 65 72 65 20  69 73 20 6d 79 20 70 61  |..Where is my pa|",
                "00000010  72 00 63 65 6c                                    |r.cel|",
            ]
        );
        assert_eq!(hexdump(b"").count(), 0);
    }

    #[test]
    fn nothing_reaches_the_terminal_that_could_move_its_cursor() {
        assert_eq!(text(b"a\x1b[2J"), "611b5b324a");
        assert_eq!(text("añ".as_bytes()), "añ");
        let shown = pretty(&json!({ "a": "\u{1b}[2J\u{9b}\u{7f}" }));
        assert_eq!(shown, "{\n  \"a\": \"\\u001b[2J\\u009b\\u007f\"\n}");
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let columns = [("what", Align::Left), ("n", Align::Right), ("why", Align::Left)];
        let row = |what: &str, n: &str, why: &str| [what, n, why].map(str::to_owned).to_vec();
        let rows = [row("a", "1", "x"), row("longer", "12", "")];
        assert_eq!(
            table(&columns, &rows),
            ["what     n  why", "a        1  x", "longer  12"]
        );
    }
}
