//! Lists of terms: what a text threatens with, and how it is said (rule 11).
//!
//! A list is a text with a term a line; what follows `#` is a comment. A term is found as whole words:
//! `sue` is not in `issue`. A `*` at an end lets the word go on there: `abogad*` is found in `abogados`.

use std::fmt;
use std::sync::{Arc, LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::bounded;
use super::normal::Normal;
use super::plain_search::PlainSearch;
use super::term::{NoTerm, Term};

/// What a list's terms tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Somebody is, or may be, in danger.
    Safety,
    /// The customer threatens with lawyers, courts, authorities.
    Legal,
    /// The customer threatens to leave.
    Churn,
    /// Insults and threats against people.
    Abuse,
}

impl Category {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Safety, Self::Legal, Self::Churn, Self::Abuse];

    /// The name in settings and terms of priority.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safety => "safety",
            Self::Legal => "legal",
            Self::Churn => "churn",
            Self::Abuse => "abuse",
        }
    }

    /// A bit of its own.
    pub(super) const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// The list that is built in: English, Spanish, Arabic, Hebrew and Persian.
    pub const fn built_in(self) -> &'static str {
        match self {
            Self::Safety => include_str!("../../terms/safety.txt"),
            Self::Legal => include_str!("../../terms/legal.txt"),
            Self::Churn => include_str!("../../terms/churn.txt"),
            Self::Abuse => include_str!("../../terms/abuse.txt"),
        }
    }
}

/// A line of a list that is no term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadLine {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: NoTerm,
}

/// The lists could not be made into one search: they are too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are too many terms")]
pub struct TooMany;

/// The terms of a list.
#[derive(Debug)]
pub struct TermList {
    category: Category,
    terms: Vec<Term>,
}

impl TermList {
    /// Reads a list.
    ///
    /// # Errors
    /// The first line that is no term.
    pub fn parse(category: Category, text: &str) -> Result<Self, BadLine> {
        let lines = text.lines().zip(1..).map(|(line, number)| {
            let line = line.split('#').next().unwrap_or_default().trim();
            (line.trim_start_matches('\u{FEFF}'), number)
        });
        let terms = lines
            .filter(|(line, _)| !line.is_empty())
            .map(|(line, number)| Term::parse(line).map_err(|why| BadLine { line: number, why }));
        let terms = terms.collect::<Result<_, _>>()?;
        Ok(Self { category, terms })
    }

    /// How many terms it has.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

/// Lists of terms, ready for search.
#[derive(Debug)]
pub struct Terms {
    terms: Vec<(Category, Term)>,
    /// Finds the letters of terms, whatever lies between them.
    letters: AhoCorasick,
    /// For each of the searched letters, the terms that have them.
    of_letters: Vec<Vec<usize>>,
    /// Finds the categories of texts in ASCII; `None`: there are too many terms for that.
    plain: Option<PlainSearch>,
}

/// A term that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found<'t> {
    /// What it tells of.
    pub category: Category,
    /// The term, as its list has it.
    pub term: &'t str,
}

impl Terms {
    /// These lists together.
    ///
    /// # Errors
    /// If there are more terms than a search can hold: hundreds of thousands.
    pub fn new(lists: impl IntoIterator<Item = TermList>) -> Result<Self, TooMany> {
        let of_list = |list: TermList| list.terms.into_iter().map(move |term| (list.category, term));
        let mut terms: Vec<_> = lists.into_iter().flat_map(of_list).collect();
        let name = |(category, term): &(Category, Term)| {
            (term.letters().to_owned(), *category, term.written.clone())
        };
        terms.sort_by_cached_key(name);
        terms.dedup_by(|a, b| (a.0, &a.1.written) == (b.0, &b.1.written));
        let mut patterns: Vec<&str> = Vec::new();
        let mut of_letters: Vec<Vec<usize>> = Vec::new();
        for (index, (_, term)) in terms.iter().enumerate() {
            if patterns.last() != Some(&term.letters()) {
                patterns.push(term.letters());
                of_letters.push(Vec::new());
            }
            if let Some(same) = of_letters.last_mut() {
                same.push(index);
            }
        }
        let letters = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(patterns)
            .map_err(|_| TooMany)?;
        let plain = PlainSearch::new(&terms);
        Ok(Self {
            terms,
            letters,
            of_letters,
            plain,
        })
    }

    /// The lists that are built in.
    ///
    /// # Panics
    /// Never: a test reads the same lists.
    pub fn built_in() -> Arc<Self> {
        static BUILT_IN: LazyLock<Arc<Terms>> = LazyLock::new(|| {
            let lists = Category::ALL.map(|category| {
                TermList::parse(category, category.built_in()).expect("a test reads the same lists")
            });
            Arc::new(Terms::new(lists).expect("they are small"))
        });
        Arc::clone(&BUILT_IN)
    }

    /// The categories of the terms that a text has, each once.
    pub fn categories(&self, text: &str) -> impl Iterator<Item = Category> + use<> {
        let text = bounded(text);
        let found = match &self.plain {
            Some(plain) if text.is_ascii() => plain.categories(text),
            _ => self.categories_of_any(text),
        };
        let all = Category::ALL.into_iter();
        all.filter(move |category| found & category.bit() != 0)
    }

    /// Whether texts in ASCII go a shorter way.
    #[cfg(test)]
    pub(super) fn has_plain(&self) -> bool {
        self.plain.is_some()
    }

    /// A bit for each category, of any text.
    fn categories_of_any(&self, text: &str) -> u8 {
        let text = Normal::of(text);
        let mut found = 0;
        for hit in self.letters.find_overlapping_iter(&text.letters) {
            for &index in &self.of_letters[hit.pattern().as_usize()] {
                let (category, term) = &self.terms[index];
                if found & category.bit() == 0 && term.stands(&text, hit.start()) {
                    found |= category.bit();
                }
            }
        }
        found
    }

    /// The terms that a text has, each once: by category, then by name.
    pub fn find(&self, text: &str) -> Vec<Found<'_>> {
        let text = Normal::of(text);
        let mut is_there = vec![false; self.terms.len()];
        for found in self.letters.find_overlapping_iter(&text.letters) {
            for &index in &self.of_letters[found.pattern().as_usize()] {
                is_there[index] = is_there[index] || self.terms[index].1.stands(&text, found.start());
            }
        }
        let found = self.terms.iter().zip(is_there).filter(|(_, there)| *there);
        let mut found: Vec<_> = found
            .map(|((category, term), _)| Found {
                category: *category,
                term: &term.written,
            })
            .collect();
        found.sort();
        found
    }
}

/// Equal lists find the same terms.
impl PartialEq for Terms {
    fn eq(&self, other: &Self) -> bool {
        let names = |terms: &Self| -> Vec<_> {
            let names = terms.terms.iter();
            names
                .map(|(category, term)| (*category, term.written.clone()))
                .collect()
        };
        names(self) == names(other)
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
