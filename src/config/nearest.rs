//! The known name that a misspelt one was probably meant to be.

/// The known name closest to `name`, if a slip of the keyboard would explain it.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let close = known.into_iter().map(|known| (distance(name, known), known));
    let (distance, known) = close.min()?;
    (distance <= 1 + name.len() / 4 && distance < name.len()).then_some(known)
}

/// Levenshtein distance: insertions, deletions and substitutions of characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn distances() {
        for (a, b, d) in [
            ("", "", 0),
            ("abc", "", 3),
            ("opne", "open", 2),
            ("stage", "stages", 1),
        ] {
            assert_eq!(distance(a, b), d, "{a} {b}");
            assert_eq!(distance(b, a), d, "{b} {a}");
        }
    }

    #[test]
    fn only_what_a_slip_explains_is_near() {
        let known = ["stage", "patience", "author"];
        for (name, near) in [
            ("satge", Some("stage")),
            ("patiance", Some("patience")),
            ("x", None),
            ("deadline", None),
        ] {
            assert_eq!(nearest(name, known), near, "{name}");
        }
    }
}
