//! Times, durations and symbols as words.

use serde::Serialize;

use crate::config::duration;
use crate::config::rules::Span;
use crate::model::Millis;

/// A time in UTC.
pub fn time(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| at.0.to_string(), |time| time.to_string())
}

/// A length of time: `1h30m`. From a minute on, to the second.
pub fn span(ms: i64) -> String {
    let ms = ms.saturating_abs();
    let whole = if ms >= 60_000 { ms - ms % 1000 } else { ms };
    Span::from_ms(whole).map_or_else(|| "0s".to_owned(), duration::show)
}

/// A number and its noun, which takes an s, or of a final y makes ies.
pub fn count(number: impl Into<u64>, noun: &str) -> String {
    match (number.into(), noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (number, Some(stem)) => format!("{number} {stem}ies"),
        (number, None) => format!("{number} {noun}s"),
    }
}

/// The symbol that records have for it.
pub fn symbol(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(symbol)) => symbol,
        _ => String::new(),
    }
}

/// A party key, the value of an identifier masked: what a customer is called in the CRM is no secret here,
/// their address is.
pub fn party(key: &str, whole: bool) -> String {
    match key.split_once(':') {
        Some((kind, _)) if kind != "customer" && !whole => {
            format!("{kind}:{}", crate::model::sensitive::MASK)
        }
        _ => clean(key),
    }
}

/// Text on one line in which nothing can move a terminal's cursor.
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{clean, count, party, span, symbol};
    use crate::model::CaseStatus;

    #[test]
    fn lengths_of_time() {
        for (ms, words) in [
            (0, "0s"),
            (950, "950ms"),
            (90_000, "1m30s"),
            (5_400_123, "1h30m"),
            (-60_000, "1m"),
        ] {
            assert_eq!(span(ms), words, "{ms}");
        }
    }

    #[test]
    fn whose_case_it_is_without_their_address() {
        //   given              asked for   then
        for (key, whole, shown) in [
            ("customer:c7", false, "customer:c7"),
            ("email:ada@mail.example", false, "email:***"),
            ("handle:x:ada", false, "handle:***"),
            ("handle:x:ada", true, "handle:x:ada"),
            ("unknown", false, "unknown"),
        ] {
            assert_eq!(party(key, whole), shown);
        }
    }

    #[test]
    fn small_words() {
        assert_eq!(
            [count(1_u32, "wait"), count(2_u32, "wait"), count(0_u32, "reply")],
            ["1 wait", "2 waits", "0 replies"]
        );
        assert_eq!(symbol(CaseStatus::LetGo), "LET_GO");
        assert_eq!(clean("a\u{1b}[2J\nb"), "a [2J b");
    }
}
