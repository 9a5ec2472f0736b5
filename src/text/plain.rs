//! Text in ASCII, normalised on its way past: a byte a letter, and only apostrophes do not part words. So
//! what is said most needs a fraction of the work, and no memory.

use std::slice;

/// For each byte its letter or digit in lower case, or else one of [`JOINS`] and [`PARTS`].
static LETTERS: [u8; 256] = letters();

#[inline]
fn letter(byte: u8) -> char {
    LETTERS[usize::from(byte)].into()
}

/// Between letters, and does not part words.
const JOINS: char = '\0';

/// Parts words; what a normalised text has between them.
const PARTS: char = ' ';

const fn letters() -> [u8; 256] {
    let mut letters = [PARTS as u8; 256];
    letters[b'\'' as usize] = JOINS as u8;
    letters[b'`' as usize] = JOINS as u8;
    let mut byte = 0;
    while byte < 128_u8 {
        if byte.is_ascii_alphanumeric() {
            letters[byte as usize] = byte.to_ascii_lowercase();
        }
        byte += 1;
    }
    letters
}

/// The letters of a text in ASCII, with one space wherever words are apart: it is what
/// [`normalise`](super::normalise) makes of it.
#[derive(Clone)]
pub(super) struct Plain<'t> {
    rest: slice::Iter<'t, u8>,
}

impl<'t> Plain<'t> {
    /// Of a text that is ASCII.
    pub fn of(text: &'t str) -> Self {
        debug_assert!(text.is_ascii(), "other text takes the long way");
        let begin = text.bytes().position(|byte| letter(byte) > PARTS);
        let text = &text.as_bytes()[begin.unwrap_or(text.len())..];
        Self { rest: text.iter() }
    }
}

impl Iterator for Plain<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let mut is_apart = false;
        loop {
            let before = self.rest.clone();
            match letter(*self.rest.next()?) {
                JOINS => {}
                PARTS => is_apart = true,
                _ if is_apart => {
                    self.rest = before; // the letter comes behind the space
                    return Some(PARTS);
                }
                letter => return Some(letter),
            }
        }
    }

    /// The same for all of them: what is between words is looked at apart from the letters.
    #[inline]
    fn fold<B, F: FnMut(B, char) -> B>(mut self, begin: B, mut take: F) -> B {
        let mut taken = begin;
        while let Some(byte) = self.rest.next() {
            let mut next = letter(*byte);
            if next <= PARTS {
                let mut is_apart = next == PARTS;
                loop {
                    let Some(byte) = self.rest.next() else {
                        return taken;
                    };
                    next = letter(*byte);
                    if next > PARTS {
                        break;
                    }
                    is_apart |= next == PARTS;
                }
                if is_apart {
                    taken = take(taken, PARTS);
                }
            }
            taken = take(taken, next);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::super::normal::{Gap, Normal};
    use super::{JOINS, PARTS, Plain, letter};

    /// Its letters, one by one; from each place on, all at once come to the same.
    fn normal(text: &str) -> String {
        let (mut taken, mut letters, mut all) = (String::new(), Plain::of(text), Vec::new());
        loop {
            let mut whole = taken.clone();
            letters.clone().for_each(|letter| whole.push(letter));
            all.push(whole);
            match letters.next() {
                Some(letter) => taken.push(letter),
                None => break,
            }
        }
        assert!(all.iter().all(|whole| *whole == taken), "{all:?}");
        taken
    }

    #[test]
    fn letters_with_one_space_where_words_are_apart() {
        //   given                      then it is
        for (text, plain) in [
            ("", ""),
            (" -- ", ""),
            ("  Hello,   WORLD!! ", "hello world"),
            ("I'll `sue` you", "ill sue you"),
            ("'tis' ' so'", "tis so"),
            ("4/7 a.b", "4 7 a b"),
        ] {
            assert_eq!(normal(text), plain, "{text:?}");
        }
    }

    #[test]
    fn each_byte_is_what_the_long_way_takes_it_for() {
        for byte in 0..128_u8 {
            let long = Normal::of(&format!("a{}a", char::from(byte)));
            let expected = match *long.letters.as_bytes() {
                [_, letter, _] => letter.into(),
                _ if long.gaps[1] >= Gap::Space => PARTS,
                _ => JOINS,
            };
            assert_eq!(letter(byte), expected, "{byte}");
        }
    }
}
