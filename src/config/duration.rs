//! Durations as people write them: `15m`, `1h30m`, `48h`, `7d`.

use super::rules::Span;

/// What [`parse`] takes, to complete "must be ...".
pub const ALLOWED: &str = "a duration such as \"15m\", \"1h30m\", \"48h\" or \"7d\"";

/// Reads a duration: numbers, each with one of `ms`, `s`, `m`, `h`, `d` (24 hours), `w`, the larger
/// unit first. `None` if it is anything else, or nothing, or longer than 292 million years.
pub fn parse(text: &str) -> Option<Span> {
    total(text).and_then(Span::from_ms)
}

/// Whether a text is a duration of nothing, such as `0ms`: well written, and yet none.
pub fn is_zero(text: &str) -> bool {
    !text.trim().is_empty() && total(text) == Some(0)
}

/// The milliseconds of what is written as a duration; of nothing written: 0.
fn total(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut total = 0_i64;
    let mut smallest = i64::MAX;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit_end = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let unit = unit(&rest[..unit_end])?;
        if unit >= smallest {
            return None;
        }
        smallest = unit;
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = rest[unit_end..].trim_start();
    }
    Some(total)
}

/// Writes a duration so that [`parse`] reads it, in as few units as it takes.
pub fn show(span: Span) -> String {
    let mut rest = span.ms();
    let mut shown = String::new();
    for (name, unit) in [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
        ("ms", 1),
    ] {
        if rest >= unit {
            shown.push_str(&format!("{}{name}", rest / unit));
            rest %= unit;
        }
    }
    shown
}

fn unit(name: &str) -> Option<i64> {
    Some(match name {
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 7 * 86_400_000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Span, is_zero, parse, show};

    #[test]
    fn what_is_shown_reads_back() {
        for (ms, text) in [
            (1, "1ms"),
            (100, "100ms"),
            (90_000, "1m30s"),
            (86_400_000, "1d"),
            (172_800_001, "2d1ms"),
            (i64::MAX, "106751991167d7h12m55s807ms"),
        ] {
            let span = Span::from_ms(ms).expect("positive");
            assert_eq!(show(span), text);
            assert_eq!(parse(text), Some(span), "{text}");
        }
    }

    #[test]
    fn what_is_a_duration_and_what_is_not() {
        for (text, span) in [
            ("250ms", Span::from_ms(250)),
            ("15m", Some(Span::minutes(15))),
            ("15 min", None),
            ("1h30m", Some(Span::minutes(90))),
            ("1h 30m", Some(Span::minutes(90))),
            ("48h", Some(Span::hours(48))),
            ("7d", Some(Span::days(7))),
            ("2w", Some(Span::days(14))),
            ("30m1h", None),
            ("1h1h", None),
            ("", None),
            ("0s", None),
            ("-1h", None),
            ("1", None),
            ("h", None),
            ("1.5h", None),
            ("9223372036854775807w", None),
        ] {
            assert_eq!(parse(text), span, "{text:?}");
        }
    }
    #[test]
    fn what_is_a_duration_of_nothing() {
        for (text, zero) in [
            ("0ms", true),
            ("0s", true),
            (" 0d 0h ", true),
            ("", false),
            (" ", false),
            ("0", false),
            ("1ms", false),
            ("-0s", false),
            ("none", false),
        ] {
            assert_eq!(is_zero(text), zero, "{text:?}");
        }
    }
}
