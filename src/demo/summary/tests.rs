//! CASES 46: the final report fits a terminal of any width, and no word of ours is broken.

use std::collections::HashSet;

use unicode_width::UnicodeWidthStr as _;

use super::summary;
use crate::demo::story::START;
use crate::demo::table::tests::overview;

/// The report of a few people, with marks in place of the invisible isolates.
fn shown(width: Option<usize>) -> String {
    let ended = START.plus(11 * 3_600_000);
    let shown = summary(&overview(), ended, width);
    shown.replace('\u{2068}', "<").replace('\u{2069}', ">")
}

#[test]
fn at_any_width() {
    let unbounded = shown(None);
    let words: HashSet<&str> = unbounded.split_whitespace().collect();
    for width in [120, 80, 60, 40] {
        let text = shown(Some(width));
        for line in text.lines() {
            // The marks of these tests take room that the isolates do not.
            let marks = line.matches(['<', '>']).count();
            assert!(line.width() - marks <= width, "{width}: {line}");
        }
        // What people wrote may be cut, with a mark.
        let broken = text
            .split_whitespace()
            .find(|word| !words.contains(word) && !word.contains('…'));
        assert_eq!(broken, None, "at {width}");
        insta::assert_snapshot!(format!("at_{width}_columns"), text);
    }
}
