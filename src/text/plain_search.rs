//! The categories of terms in a text in ASCII: one step a byte, in a table made of all terms beforehand.
//!
//! The table is a finite automaton. It knows how far every term has come that may still be found, and what lies
//! between the last letter and here; so it finds what [`Term::stands`] says of every place where a term's letters
//! are, without looking at any place twice. The text is not written down as letters and gaps, and nothing is
//! allocated.

use std::collections::HashMap;

use super::normal::Normal;
use super::term::Term;
use super::terms::Category;
use super::trie::{GAPS, Sign, State, Trie};

/// Steps of a table at most, four bytes each: for lists much longer than any that people write.
const MOST_STEPS: usize = 1 << 20;

/// The bits of a step that tell where the next row begins.
const ROW: u32 = u32::MAX >> Category::ALL.len();

/// A search for terms that knows their categories, and no more.
#[derive(Debug)]
pub(super) struct PlainSearch {
    /// For each byte the kind it is of, which is its place in a row.
    kinds: [u8; 256],
    /// A row for each state. A step tells where the next row begins, and above that it has a bit for each
    /// category that was found with it. Those bits make it lie beyond all rows: so one look tells of both.
    steps: Vec<u32>,
}

impl PlainSearch {
    /// Of the terms that have no other letters: a text in ASCII can have no others. `None`: they are too many.
    pub fn new<'t>(terms: impl IntoIterator<Item = &'t (Category, Term)>) -> Option<Self> {
        let trie = Trie::of(terms);
        let alphabet = Alphabet::of(&trie);
        let mut steps = Vec::new();
        let mut states = vec![State::begin()];
        let mut rows = HashMap::from([(State::begin(), 0)]);
        while let Some(state) = states.get(steps.len() / alphabet.signs.len()).cloned() {
            for sign in &alphabet.signs {
                let (next, found) = trie.step(&state, *sign);
                let row = *rows.entry(next).or_insert_with_key(|next| {
                    states.push(next.clone());
                    states.len() - 1
                });
                let found = u32::from(found) << ROW.count_ones();
                steps.push((row * alphabet.signs.len()) as u32 | found);
            }
            if states.len() * alphabet.signs.len() > MOST_STEPS {
                return None;
            }
        }
        let kinds = alphabet.kinds;
        Some(Self { kinds, steps })
    }

    /// A bit for each category of the terms that a text in ASCII has.
    pub fn categories(&self, text: &str) -> u8 {
        let (mut step, mut found) = (0_u32, 0);
        for byte in text.bytes() {
            let kind = self.kind(byte);
            step = match self.steps.get((step + kind) as usize) {
                Some(next) => *next,
                None => {
                    found |= step;
                    self.steps[((step & ROW) + kind) as usize]
                }
            };
        }
        // Behind the text is a break.
        found |= step | self.steps[((step & ROW) + self.kind(b'.')) as usize];
        (found >> ROW.count_ones()) as u8
    }

    #[inline]
    fn kind(&self, byte: u8) -> u32 {
        self.kinds[usize::from(byte)].into()
    }
}

/// The signs that make a difference, so that the rows are short.
struct Alphabet {
    signs: Vec<Sign>,
    /// For each byte, which it is.
    kinds: [u8; 256],
}

impl Alphabet {
    fn of(trie: &Trie) -> Self {
        let signs = GAPS.into_iter().map(Sign::Gap).chain([Sign::Other]);
        let signs: Vec<_> = signs.chain(trie.letters().map(Sign::Letter)).collect();
        let place = |sign| signs.iter().position(|&other| other == sign);
        let kinds = std::array::from_fn(|byte| {
            let sign = sign(byte as u8);
            let place = place(sign).or_else(|| place(Sign::Other));
            place.unwrap_or_default() as u8
        });
        Self { signs, kinds }
    }
}

/// What the long way makes of a byte between two letters.
fn sign(byte: u8) -> Sign {
    if !byte.is_ascii() {
        return Sign::Other; // a text in ASCII has none
    }
    let text = Normal::of(&format!("a{}b", char::from(byte)));
    match *text.letters.as_bytes() {
        [_, letter, _] => Sign::Letter(letter),
        _ => Sign::Gap(text.gaps[1]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::terms::{Category, TermList, Terms};
    use super::MOST_STEPS;

    /// What the long way finds: letters and gaps are written down, and each place is looked at for each term.
    fn long_way(terms: &Terms, text: &str) -> Vec<Category> {
        let mut found: Vec<_> = terms.find(text).iter().map(|found| found.category).collect();
        found.dedup();
        found
    }

    fn short_way(terms: &Terms, text: &str) -> Vec<Category> {
        assert!(text.is_ascii() && terms.has_plain(), "it goes the short way");
        terms.categories(text).collect()
    }

    /// Terms of all categories in turn; lines that are no terms are left out.
    fn terms(lines: &[String]) -> Terms {
        let list = |(line, category): (&String, Category)| TermList::parse(category, line).ok();
        let categories = Category::ALL.into_iter().cycle();
        Terms::new(lines.iter().zip(categories).filter_map(list)).expect("they are few")
    }

    #[test]
    fn the_lists_that_are_built_in_go_the_short_way() {
        let terms = Terms::built_in();
        for category in Category::ALL {
            let lines = category.built_in().lines();
            let lines = lines.map(|line| line.split('#').next().unwrap_or_default().trim());
            for line in lines.filter(|line| line.is_ascii() && !line.is_empty()) {
                for text in [
                    line.to_uppercase(),
                    format!("x{line}"),
                    format!("{line}x"),
                    line.replace(' ', "  \n"),
                    line.replace(' ', ". "),
                    line.replace(' ', " '"),
                    line.replace(' ', "' "),
                    line.replace(' ', ""),
                    line.replace('\'', "`"),
                    line.replace('\'', " "),
                    format!("so, {line}, {line}"),
                ] {
                    assert_eq!(short_way(&terms, &text), long_way(&terms, &text), "{text}");
                }
                assert!(
                    short_way(&terms, &line.replace('*', "")).contains(&category),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn more_terms_than_the_table_holds_are_found_the_long_way() {
        // Each of two letters, and a word of its own behind it.
        let lines: Vec<_> = (0..MOST_STEPS / 40).map(|n| format!("{n:06} sue")).collect();
        let terms = terms(&lines);
        assert!(!terms.has_plain());
        assert_eq!(
            terms.categories("I, 000002 sue!").collect::<Vec<_>>(),
            [Category::Churn]
        );
    }

    proptest! {
        #[test]
        fn the_short_way_finds_what_the_long_way_finds(
            lines in prop::collection::vec("\\*?[abé1][ab]{0,2}([ '\u{200C}.-]{0,2}[ab]{1,2}){0,3}\\*?", 0..9),
            text in "([abAB1c]{1,3}[ '`\"_.,/\\-\n\\x00]{0,3}){0,20}",
        ) {
            let terms = terms(&lines);
            prop_assert_eq!(short_way(&terms, &text), long_way(&terms, &text));
        }

        #[test]
        fn of_words_that_are_in_the_lists(places in prop::collection::vec(any::<prop::sample::Index>(), 0..12), between in "[ '.-]{1,2}") {
            let words: Vec<&str> = Category::ALL
                .into_iter()
                .flat_map(|category| category.built_in().split([' ', '\n', '*', '\'']))
                .filter(|word| word.is_ascii())
                .collect();
            let text: Vec<&str> = places.iter().map(|place| *place.get(&words)).collect();
            let (terms, text) = (Terms::built_in(), text.join(&between));
            prop_assert_eq!(short_way(&terms, &text), long_way(&terms, &text));
        }
    }
}
