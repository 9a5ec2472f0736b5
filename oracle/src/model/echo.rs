//! Rule 10: when two texts are near-identical.

use std::collections::BTreeSet;

/// Jaccard of their character shingles is at least 0.7, and both have 40 characters after normalising.
/// Decision: a shingle has five characters; case, punctuation and spaces beyond one do not count.
pub fn is_same(a: &str, b: &str) -> bool {
    let (a, b) = (normalised(a), normalised(b));
    if a.len() < 40 || b.len() < 40 {
        return false;
    }
    let shingles = |text: &[char]| text.windows(5).map(<[char]>::to_vec).collect::<BTreeSet<_>>();
    let (a, b) = (shingles(&a), shingles(&b));
    let (both, either) = (a.intersection(&b).count(), a.union(&b).count());
    both as f64 >= 0.7 * either as f64
}

/// Whether it has 40 characters after normalising.
pub fn is_long(text: &str) -> bool {
    normalised(text).len() >= 40
}

/// The journeys' texts are of plain letters.
pub fn normalised(text: &str) -> Vec<char> {
    let plain: String = text
        .chars()
        .map(|c| {
            if c.is_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                ' '
            }
        })
        .collect();
    plain
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .collect()
}
