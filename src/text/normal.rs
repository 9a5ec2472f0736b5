//! One word written in many ways becomes one word.
//!
//! - Compatibility forms (NFKC): presentation forms of Arabic, ligatures, full-width letters.
//! - Case folding.
//! - Without marks that are written or left out at will: accents, harakat, niqqud. Marks of scripts that
//!   cannot do without, such as vowel signs of Devanagari, stay.
//! - Without tatweel, and without characters that cannot be seen, of direction or for joining.
//! - One letter for those that keyboards of several languages write differently: kaf, yeh and heh of Arabic
//!   and Persian; final letters of Hebrew; digits.
//!
//! A half-space (ZWNJ) is neither a space nor nothing: what is written with one is also found with a space
//! or joined. So letters and what lies between them are kept apart.

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::bounded;

/// What lies before a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
        return normalise_plain(text);
    }
    let normal = Normal::of(text);
    let mut out = String::with_capacity(normal.letters.len() + normal.letters.len() / 4);
    for (at, letter) in normal.letters.char_indices() {
        if at > 0 && normal.gaps[at] >= Gap::Space {
            out.push(' ');
        }
        out.push(letter);
    }
    // Marks that a sign had parted stand beside each other now, in an order of their own.
    out.nfc().collect()
}

/// The same of a text in ASCII, in a tenth of the work: only apostrophes do not part words.
fn normalise_plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut apart = false;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            if apart && !out.is_empty() {
                out.push(' ');
            }
            apart = false;
            out.push(byte.to_ascii_lowercase().into());
        } else {
            apart |= !matches!(byte, b'\'' | b'`');
        }
    }
    out
}

impl Normal {
    /// The beginning of a text, normalised.
    pub fn of(text: &str) -> Self {
        let text = bounded(text);
        if text.is_ascii() {
            // Nothing falls apart and nothing is left out: a tenth of the work.
            let plain = text.bytes().map(|byte| sign(byte.to_ascii_lowercase().into()));
            return Self::from_characters(plain, text.len());
        }
        Self::from_characters(characters(text), text.len())
    }

    fn from_characters(characters: impl Iterator<Item = char>, size: usize) -> Self {
        let mut normal = Self {
            letters: String::with_capacity(size),
            gaps: Vec::with_capacity(size + 1),
        };
        let mut gap = Gap::Break;
        let mut quote = false;
        for c in characters {
            let between = match c {
                JOINER => Gap::Joiner,
                '\'' => Gap::Apostrophe,
                '"' => {
                    quote = true;
                    continue;
                }
                '-' | '_' | '/' => Gap::Space,
                c if c.is_whitespace() => Gap::Space,
                c if c.is_alphanumeric() || is_combining_mark(c) => {
                    normal.push(c, gap, quote);
                    (gap, quote) = (Gap::None, false);
                    continue;
                }
                _ => Gap::Break,
            };
            gap = gap.max(between);
        }
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
        self.gaps.resize(self.letters.len(), Gap::None);
    }
}

/// Stands for all signs that join without being seen.
const JOINER: char = '\u{200C}';

/// The characters of a text, each as the one that stands for its kind.
fn characters(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .filter(|&c| !is_left_out(c))
        .map(sign)
        .nfkd()
        .filter(|&c| !is_optional_mark(c))
        .default_case_fold()
        .map(letter)
        .nfc()
}

/// Signs that are one to the reader, before they fall apart into several.
fn sign(c: char) -> char {
    match c {
        '\u{200B}' | JOINER => JOINER,
        '’' | '‘' | '‛' | 'ʼ' | '´' | '`' | '′' | '＇' | '׳' | '״' => '\'',
        '“' | '”' | '„' => '"',
        '\u{2010}'..='\u{2015}' | '−' | '־' => '-',
        other => other,
    }
}

/// Characters that cannot be seen and mean nothing here; tatweel; and harakat in forms of their own, which
/// would fall apart into a space and a mark.
fn is_left_out(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{0640}' | '\u{180E}' | '\u{200D}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FC5E}'..='\u{FC63}' | '\u{FCF2}'..='\u{FCF4}' | '\u{FE70}'..='\u{FE7F}'
        | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E01EF}')
}

/// Marks that are written or left out at will, of Latin, Greek and Cyrillic, Hebrew, Arabic and Syriac.
fn is_optional_mark(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{0591}'..='\u{05BD}' | '\u{05BF}'
        | '\u{05C1}'..='\u{05C2}' | '\u{05C4}'..='\u{05C5}' | '\u{05C7}' | '\u{0610}'..='\u{061A}'
        | '\u{064B}'..='\u{065F}' | '\u{0670}' | '\u{06D6}'..='\u{06DC}' | '\u{06DF}'..='\u{06E4}'
        | '\u{06E7}'..='\u{06E8}' | '\u{06EA}'..='\u{06ED}' | '\u{0711}' | '\u{0730}'..='\u{074A}'
        | '\u{0898}'..='\u{089F}' | '\u{08CA}'..='\u{08E1}' | '\u{08E3}'..='\u{08FF}'
        | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20F0}'
        | '\u{FE20}'..='\u{FE2F}')
}

/// The letter that stands for all that are meant to be it.
fn letter(c: char) -> char {
    let digit = |zero: char| char::from(b'0' + u8::try_from(c as u32 - zero as u32).unwrap_or(0));
    match c {
        'ٱ' => 'ا',
        'ک' | 'ڪ' => 'ك',
        'ی' | 'ى' | 'ې' | 'ۍ' | 'ے' => 'ي',
        'ة' | 'ۃ' | 'ہ' | 'ھ' | 'ە' => 'ه',
        'ך' => 'כ',
        'ם' => 'מ',
        'ן' => 'נ',
        'ף' => 'פ',
        'ץ' => 'צ',
        '٠'..='٩' => digit('٠'),
        '۰'..='۹' => digit('۰'),
        other => other,
    }
}

fn is_hebrew(c: char) -> bool {
    ('\u{05D0}'..='\u{05EA}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::{Normal, characters, normalise};

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
    fn plain_text_takes_the_short_way_to_the_same() {
        let all: String = (0..=127_u8).map(char::from).collect();
        for text in [
            all.as_str(),
            "I'll SUE you -- `now`!",
            "say \"no\"",
            "",
            "a\tb\nc_d/e",
        ] {
            let long = Normal::from_characters(characters(text), text.len());
            let short = Normal::of(text);
            assert_eq!((short.letters, short.gaps), (long.letters, long.gaps), "{text:?}");
        }
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
