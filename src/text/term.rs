//! A term: a word or a few, as a list has them.

use super::normal::{Gap, Normal};

/// Letters of a term, at most.
const LONGEST: usize = 100;

/// A term of a list.
#[derive(Debug)]
pub(super) struct Term {
    /// As it was written.
    pub written: Box<str>,
    normal: Normal,
    /// Whether words may begin before it, or go on behind it.
    open: (bool, bool),
}

/// Why a line is no term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTerm {
    /// It has less than two letters or digits: it would be found everywhere.
    #[error("it needs two letters or digits at least")]
    TooShort,
    /// It is longer than any term need be.
    #[error("it is longer than {LONGEST} letters")]
    TooLong,
}

impl Term {
    /// A term as people write it; `*` at an end: the word may go on there.
    pub fn parse(written: &str) -> Result<Self, NoTerm> {
        let written = written.trim();
        let (before, rest) = match written.strip_prefix('*') {
            Some(rest) => (true, rest),
            None => (false, written),
        };
        let (after, rest) = match rest.strip_suffix('*') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let normal = Normal::of(rest);
        match normal.letters.chars().count() {
            0 | 1 => Err(NoTerm::TooShort),
            letters if letters > LONGEST => Err(NoTerm::TooLong),
            _ => Ok(Self {
                written: written.into(),
                normal,
                open: (before, after),
            }),
        }
    }

    /// Its letters.
    pub fn letters(&self) -> &str {
        &self.normal.letters
    }

    /// Whether it stands in `text` where its letters do: at byte `at`.
    pub fn stands(&self, text: &Normal, at: usize) -> bool {
        let length = self.normal.letters.len();
        let apart = |at: usize| text.gaps[at] != Gap::None;
        if !(self.open.1 || apart(at + length)) {
            return false;
        }
        if !(self.open.0 || apart(at) || self.is_behind_prefix(text, at)) {
            return false;
        }
        (1..length).all(|inside| admits(self.normal.gaps[inside], text.gaps[at + inside]))
    }

    /// Its letters, each with what lies before it, if all of them are ASCII.
    pub fn plain(&self) -> Option<impl Iterator<Item = (Gap, u8)>> {
        let letters = self.letters();
        let gaps = self.normal.gaps.iter().copied();
        letters.is_ascii().then(|| gaps.zip(letters.bytes()))
    }

    /// Whether words may begin before it, or go on behind it.
    pub fn open(&self) -> (bool, bool) {
        self.open
    }

    /// Arabic and Hebrew write "and", "the", "to" and the like as one with the word that follows: what stands
    /// behind such a prefix begins there.
    fn is_behind_prefix(&self, text: &Normal, at: usize) -> bool {
        let Some(prefixes) = self.letters().chars().next().and_then(prefixes) else {
            return false;
        };
        let before = &text.letters[..at];
        let begin = before.char_indices().rev().take(4);
        let begin = begin
            .map(|(place, _)| place)
            .find(|&place| text.gaps[place] != Gap::None);
        begin.is_some_and(|begin| prefixes.contains(&&before[begin..]))
    }
}

/// Whether a term that has `wanted` between two of its letters stands where the text has `there`.
pub(super) fn admits(wanted: Gap, there: Gap) -> bool {
    match wanted {
        Gap::None => matches!(there, Gap::None | Gap::Joiner),
        // Written with a half-space: joined and with a space, it is the same.
        Gap::Joiner => matches!(there, Gap::None | Gap::Joiner | Gap::Space),
        Gap::Apostrophe => there == Gap::Apostrophe,
        Gap::Space | Gap::Break => matches!(there, Gap::Space | Gap::Joiner),
    }
}

/// What words of the script of this letter may have before them.
fn prefixes(letter: char) -> Option<&'static [&'static str]> {
    match letter {
        '\u{0621}'..='\u{064A}' => Some(&[
            "و", "ف", "ب", "ل", "ك", "س", "ال", "وال", "فال", "بال", "كال", "وبال", "لل", "ولل", "فلل", "ول",
            "وب", "وس", "فس",
        ]),
        '\u{05D0}'..='\u{05EA}' => Some(&[
            "ו", "ה", "ש", "ב", "ל", "מ", "כ", "וה", "וש", "וב", "ול", "ומ", "שה", "שב", "של", "שמ", "מה",
            "כש", "וכש", "ושה", "לכש", "כשה",
        ]),
        _ => None,
    }
}
