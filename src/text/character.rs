//! What becomes of the characters of a text.
//!
//! - Compatibility forms (NFKC): presentation forms of Arabic, ligatures, full-width letters.
//! - Case folding.
//! - Without marks that are written or left out at will: accents, harakat, niqqud. Marks of scripts that
//!   cannot do without, such as vowel signs of Devanagari, stay.
//! - Without tatweel, and without characters that cannot be seen, of direction or for joining.
//! - One letter for those that keyboards of several languages write differently: kaf, yeh and heh of Arabic
//!   and Persian; final letters of Hebrew; digits.
//!
//! All that takes hundreds of instructions a character. The characters of most texts come to the same whatever
//! stands beside them; what they come to is in a table.

use std::ops::Range;
use std::sync::LazyLock;

use caseless::Caseless;
use smallvec::SmallVec;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

/// Stands for all signs that join without being seen.
pub(super) const JOINER: char = '\u{200C}';

/// What a character comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Character {
    /// A letter or a digit.
    Letter {
        /// Which.
        letter: char,
        /// Whether another beside it may make another letter of it.
        may_join: bool,
    },
    /// A space, punctuation, or what else is between letters.
    Sign(char),
}

/// Takes the characters of a text, each as the one that stands for its kind.
pub(super) fn characters(text: &str, mut take: impl FnMut(Character)) {
    let table = ALONE.as_slice();
    let mut rest = text.chars();
    loop {
        let here = rest.as_str();
        let Some(c) = rest.next() else {
            return;
        };
        match alone(table, c) {
            Alone::One(character) => take(character),
            Alone::Nothing => {}
            Alone::Unknown => {
                let is_one = |c| matches!(alone(table, c), Alone::One(_));
                let (run, behind) = here.split_at(here.find(is_one).unwrap_or(here.len()));
                any(run).for_each(|c| take(character(c, true)));
                rest = behind.chars();
            }
        }
    }
}

fn character(c: char, may_join: bool) -> Character {
    if c.is_alphanumeric() || is_combining_mark(c) {
        let letter = c;
        return Character::Letter { letter, may_join };
    }
    Character::Sign(c)
}

/// What a character comes to by itself.
#[derive(Clone, Copy)]
enum Alone {
    /// This, whatever stands beside it.
    One(Character),
    /// It is left out.
    Nothing,
    /// That depends on what stands beside it, or it is not in the table.
    Unknown,
}

/// The scripts of Europe and of the Middle East.
const LETTERS: usize = 0x800;

/// Spaces, dashes, quotation marks.
const SIGNS: Range<usize> = 0x2000..0x2070;

static ALONE: LazyLock<Vec<Alone>> = LazyLock::new(|| {
    let all = (0..LETTERS).chain(SIGNS);
    let all = all.map(|c| char::from_u32(c as u32).unwrap_or_default());
    all.map(of_one).collect()
});

fn of_one(c: char) -> Alone {
    let all = any(c.encode_utf8(&mut [0; 4])).collect::<SmallVec<[char; 4]>>();
    match all[..] {
        [] => Alone::Nothing,
        // No letter before U+0800 joins with another but by marks that are left out.
        [c] if place(c).is_some() && canonical_combining_class(c) == 0 => Alone::One(character(c, false)),
        _ => Alone::Unknown,
    }
}

/// Where the table has a character.
#[inline]
fn place(c: char) -> Option<usize> {
    let c = c as usize;
    match c {
        0..LETTERS => Some(c),
        _ if SIGNS.contains(&c) => Some(LETTERS + c - SIGNS.start),
        _ => None,
    }
}

#[inline]
fn alone(table: &[Alone], c: char) -> Alone {
    let known = place(c).and_then(|place| table.get(place));
    known.copied().unwrap_or(Alone::Unknown)
}

/// The characters of a text, whatever they are.
fn any(text: &str) -> impl Iterator<Item = char> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    use super::{Alone, Character, alone, any, characters, is_optional_mark, of_one, place};

    fn short_way(text: &str) -> String {
        let mut all = String::new();
        characters(text, |character| {
            all.push(match character {
                Character::Letter { letter, .. } => letter,
                Character::Sign(sign) => sign,
            });
        });
        all
    }

    fn stands_alone(c: char) -> bool {
        place(c).is_some() && matches!(of_one(c), Alone::One(_))
    }

    #[test]
    fn what_stands_alone_joins_with_nothing() {
        for joined in '\0'..=char::MAX {
            let parts: Vec<char> = joined.nfd().collect();
            let [first, others @ ..] = &*parts else {
                panic!("it comes to something");
            };
            for other in others {
                assert!(!stands_alone(*other), "{other:?} in {joined:?}");
                assert!(
                    !stands_alone(*first) || is_optional_mark(*other),
                    "{first:?} in {joined:?}"
                );
            }
        }
    }

    #[test]
    fn most_letters_stand_alone() {
        let table = super::ALONE.as_slice();
        for c in "aZ4éñçøÅžŁاأآئةیگשךםֿжЙёΩς’“”–\u{200C}\u{200F}".chars() {
            assert!(!matches!(alone(table, c), Alone::Unknown), "{c:?}");
            assert_eq!(short_way(&c.to_string()), any(&c.to_string()).collect::<String>());
        }
        for c in "ßकか한ﷺ😀…".chars() {
            assert!(matches!(alone(table, c), Alone::Unknown), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn the_table_says_what_the_long_way_says(text in any_text()) {
            prop_assert_eq!(short_way(&text), any(&text).collect::<String>());
        }
    }

    /// Letters that stand alone, marks of all kinds, and letters that join, in any order.
    fn any_text() -> impl Strategy<Value = String> {
        let some = prop_oneof![
            proptest::char::any(),
            prop::sample::select(
                "aeZ .'\"क़ि\u{301}\u{323}か\u{3099}\u{9C7}\u{9BE}\u{1100}\u{1161}"
                    .chars()
                    .collect::<Vec<_>>()
            ),
            proptest::char::range('\0', '\u{7FF}'),
            proptest::char::range('\u{2000}', '\u{206F}'),
            proptest::char::range('\u{900}', '\u{DFF}'),
            proptest::char::range('\u{1100}', '\u{11FF}'),
        ];
        prop::collection::vec(some, 0..30).prop_map(String::from_iter)
    }
}
