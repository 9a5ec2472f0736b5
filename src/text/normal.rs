//! One word written in many ways becomes one word.
//!
//! What becomes of each character is said in [`character`](super::character).
//!
//! A half-space (ZWNJ) is neither a space nor nothing: what is written with one is also found with a space
//! or joined. So letters and what lies between them are kept apart.

use unicode_normalization::UnicodeNormalization;

use super::bounded;
use super::character::{Character, JOINER, characters};
use super::plain::Plain;

/// What lies before a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Gap {
    /// Another letter.
    None,
    /// A half-space, or another sign that joins without being seen.
    Joiner,
    /// An apostrophe, or the gershayim of a Hebrew abbreviation.
    Apostrophe,
    /// A space, or a dash.
    Space,
    /// Other punctuation, or the end of the text.
    Break,
}

/// A text as letters, and what lies between them.
#[derive(Debug)]
pub(super) struct Normal {
    /// Letters and digits, without anything between them.
    pub letters: String,
    /// For each byte of `letters` that begins a letter, what lies before it; and in the end, what follows.
    pub gaps: Vec<Gap>,
    /// Whether letters may become others when what lay between them is gone.
    may_join: bool,
}

/// A text with one space wherever words are apart, and nothing else between them. Texts that differ only in
/// how they are written are the same then.
///
/// ```
/// use heard::text::normalise;
/// assert_eq!(normalise("Où est  MON colis ?!"), "ou est mon colis");
/// assert_eq!(normalise("مُحَـامِـي"), normalise("محامی"));
/// ```
pub fn normalise(text: &str) -> String {
    let text = bounded(text);
    if text.is_ascii() {
        return Plain::of(text).collect();
    }
    let normal = Normal::of(text);
    let mut out = String::with_capacity(normal.letters.len() + normal.letters.len() / 4);
    for (at, letter) in normal.letters.char_indices() {
        if at > 0 && normal.gaps[at] >= Gap::Space {
            out.push(' ');
        }
        out.push(letter);
    }
    if !normal.may_join {
        return out;
    }
    // Marks that a sign had parted stand beside each other now, in an order of their own.
    out.nfc().collect()
}

impl Normal {
    /// The beginning of a text, normalised.
    pub fn of(text: &str) -> Self {
        let text = bounded(text);
        let mut normal = Self {
            letters: String::with_capacity(text.len()),
            gaps: Vec::with_capacity(text.len() + 1),
            may_join: false,
        };
        let mut gap = Gap::Break;
        let mut quote = false;
        characters(text, |character| match character {
            Character::Letter { letter, may_join } => {
                normal.may_join |= may_join;
                normal.push(letter, gap, quote);
                (gap, quote) = (Gap::None, false);
            }
            Character::Sign('"') => quote = true,
            Character::Sign(sign) => {
                gap = gap.max(match sign {
                    JOINER => Gap::Joiner,
                    '\'' => Gap::Apostrophe,
                    '-' | '_' | '/' => Gap::Space,
                    sign if sign.is_whitespace() => Gap::Space,
                    _ => Gap::Break,
                });
            }
        });
        normal.gaps.push(Gap::Break);
        normal
    }

    fn push(&mut self, letter: char, gap: Gap, quote: bool) {
        let gap = match quote {
            // A quotation mark within a Hebrew word stands for gershayim.
            true if gap == Gap::None && is_hebrew(letter) && self.letters.ends_with(is_hebrew) => {
                Gap::Apostrophe
            }
            true => Gap::Break,
            false => gap,
        };
        self.letters.push(letter);
        self.gaps.push(gap);
        for _ in 1..letter.len_utf8() {
            self.gaps.push(Gap::None);
        }
    }
}

fn is_hebrew(c: char) -> bool {
    ('\u{05D0}'..='\u{05EA}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn one_word_in_many_ways() {
        //   given                   then it is the same as
        for (text, plain) in [
            ("  Hello,   WORLD!! ", "hello world"),
            ("Straße", "STRASSE"),
            ("ΟΔΟΣ", "οδός"),
            ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
            ("ﬁne", "fine"),
            ("naïve", "nai\u{308}ve"),
            ("İstanbul", "istanbul"),
            ("don’t", "don't"),
            ("soft\u{AD}ware", "software"),
            ("שָׁלוֹם", "שלום"),
            ("שלומ", "שלום"),
            ("ﺷﻜﻮﻯ", "شكوى"),
            ("شَكْوَى", "شكوى"),
            ("شـكـوى", "شكوى"),
            ("شکوی", "شكوى"),
            ("أحمد إلى آخر", "احمد الى اخر"),
            ("شركة", "شركه"),
            ("۱۲۳ ٤٥٦", "123 456"),
            ("\u{202B}محامي\u{202C}", "محامي"),
            ("می‌خواهم", "میخواهم"), // a half-space parts no words
            ("ﷲ", "الله"),
        ] {
            assert_eq!(normalise(text), normalise(plain), "{text} and {plain}");
        }
        assert_eq!(normalise("one-two_three/four;five"), "one two three four five");
    }

    #[test]
    fn marks_that_a_sign_had_parted_come_into_their_order() {
        let once = normalise("\u{10A38}'\u{BCD}");
        assert_eq!((normalise(&once), &*once), (once.clone(), "\u{BCD}\u{10A38}"));
    }

    #[test]
    fn marks_that_words_need_stay() {
        assert_ne!(normalise("कि"), normalise("का"));
        assert_eq!(normalise("한국").chars().count(), 2);
        assert_ne!(normalise("か"), normalise("が"));
    }

    #[test]
    fn normal_text_stays_as_it_is() {
        for text in ["Ça va? ÉTÉ", "لأنّ", "מַה זֶּה", "می‌شود", "ﷺ"] {
            let once = normalise(text);
            assert_eq!(normalise(&once), once, "{text}");
        }
    }
}
