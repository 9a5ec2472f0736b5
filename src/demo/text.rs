//! Text in columns, whichever way it is written.

use unicode_width::UnicodeWidthStr;

pub(super) use crate::report::lines::cut;

/// FIRST STRONG ISOLATE: what follows has a direction of its own (Unicode Standard Annex 9).
const ISOLATE: char = '\u{2068}';
/// POP DIRECTIONAL ISOLATE: ends it.
const END: char = '\u{2069}';

/// A name or a text of somebody, cut to `width` columns and isolated, so that neither it nor what stands
/// beside it is put out of order. Control characters, and such as change direction, are left out.
pub(super) fn isolated(text: &str, width: usize) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_control() && !is_bidi_control(*c))
        .collect();
    format!("{ISOLATE}{}{END}", cut(&plain, width))
}

/// Filled up with spaces to `width` columns.
pub(super) fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

/// A length of time for people: `45 s`, `12 min`, `3 h 05`, `2 d 4 h`.
pub(super) fn span(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match () {
        () if seconds < 60 => format!("{seconds} s"),
        () if minutes < 60 => format!("{minutes} min"),
        () if hours < 24 => format!("{hours} h {:02}", minutes % 60),
        () => format!("{days} d {} h", hours % 24),
    }
}

/// Embeddings, overrides and isolates of Unicode's algorithm, and its invisible marks.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{061c}')
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::{cut, isolated, padded, span};

    #[test]
    fn text_is_cut_by_columns_and_isolated() {
        //   given this         in so many columns   it is
        for (text, width, shown) in [
            ("Maude", 9, "\u{2068}Maude\u{2069}"),
            ("Maude Pennyworth", 9, "\u{2068}Maude…\u{2069}"),
            ("נועה ברקאי", 6, "\u{2068}נועה…\u{2069}"),
            ("日本語", 4, "\u{2068}日…\u{2069}"),
            ("a\u{202e}b\x1b[2Jc", 9, "\u{2068}ab[2Jc\u{2069}"),
        ] {
            let made = isolated(text, width);
            assert_eq!(made, shown);
            assert!(made.width() <= width, "{shown}");
            assert_eq!(padded(&made, 12).width(), 12, "{shown}");
        }
        assert_eq!(cut("abc", 0), "");
    }

    #[test]
    fn lengths_of_time_for_people() {
        for (seconds, shown) in [
            (45, "45 s"),
            (60, "1 min"),
            (3599, "59 min"),
            (11_100, "3 h 05"),
            (187_200, "2 d 4 h"),
        ] {
            assert_eq!(span(seconds * 1000), shown);
        }
    }
}
