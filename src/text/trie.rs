//! Terms in ASCII by how they begin, and how far those have come that a text may still turn out to have.

use std::collections::BTreeSet;

use super::normal::Gap;
use super::term::{Term, admits};
use super::terms::Category;

/// What a text in ASCII can have between letters.
pub(super) const GAPS: [Gap; 3] = [Gap::Apostrophe, Gap::Space, Gap::Break];

/// What a byte of a text may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// Lies between letters.
    Gap(Gap),
    /// A letter that terms have.
    Letter(u8),
    /// A letter that no term has.
    Other,
}

/// All terms, by how they begin.
pub(super) struct Trie {
    /// The first two are those before any letter.
    nodes: Vec<Node>,
}

/// Where terms begin that stand only where a word does.
const WORD: usize = 0;

/// Where terms begin that stand within words too.
const ANYWHERE: usize = 1;

/// How far terms have come.
#[derive(Default)]
struct Node {
    /// How they go on.
    next: Vec<Next>,
    /// A bit for each category of those that end here, if the word does.
    closed: u8,
    /// The same of those that end here, whether the word does or not.
    open: u8,
}

/// A letter that terms have next.
#[derive(Clone, Copy)]
struct Next {
    /// What they have before it.
    gap: Gap,
    letter: u8,
    node: usize,
}

impl Trie {
    /// Of the terms that have no letters but those of ASCII.
    pub fn of<'t>(terms: impl IntoIterator<Item = &'t (Category, Term)>) -> Self {
        let mut trie = Self {
            nodes: vec![Node::default(), Node::default()],
        };
        for (category, term) in terms {
            let Some(letters) = term.plain() else {
                continue;
            };
            let (before, behind) = term.open();
            let mut node = if before { ANYWHERE } else { WORD };
            for (gap, letter) in letters {
                node = trie.next(node, gap, letter);
            }
            let ends = &mut trie.nodes[node];
            *(if behind { &mut ends.open } else { &mut ends.closed }) |= category.bit();
        }
        trie
    }

    /// The node behind this letter, which there is from now on.
    fn next(&mut self, node: usize, gap: Gap, letter: u8) -> usize {
        let mut next = self.nodes[node].next.iter();
        if let Some(next) = next.find(|next| (next.gap, next.letter) == (gap, letter)) {
            return next.node;
        }
        let new = self.nodes.len();
        self.nodes.push(Node::default());
        let next = Next {
            gap,
            letter,
            node: new,
        };
        self.nodes[node].next.push(next);
        new
    }

    /// The letters that they have, each once.
    pub fn letters(&self) -> impl Iterator<Item = u8> {
        let next = self.nodes.iter().flat_map(|node| &node.next);
        let letters: BTreeSet<_> = next.map(|next| next.letter).collect();
        letters.into_iter()
    }

    /// The state behind a sign, and a bit for each category that is found by it.
    pub fn step(&self, state: &State, sign: Sign) -> (State, u8) {
        match sign {
            Sign::Gap(gap) => self.apart(state, gap),
            Sign::Letter(letter) => self.letter(state, letter),
            Sign::Other => (State::within(Vec::new()), 0),
        }
    }

    /// Terms that end with the word are found, and others wait for a letter.
    fn apart(&self, state: &State, gap: Gap) -> (State, u8) {
        let ends = state.nodes.iter().filter(|_| state.gap == Gap::None);
        let found = ends.fold(0, |found, &node| found | self.nodes[node].closed);
        let gap = gap.max(state.gap);
        // The gap may become more, never less.
        let may_go_on = |next: &Next| GAPS.into_iter().any(|more| more >= gap && admits(next.gap, more));
        let nodes = state.nodes.iter().copied();
        let nodes: Vec<_> = nodes
            .filter(|&node| self.nodes[node].next.iter().any(may_go_on))
            .collect();
        if nodes.is_empty() {
            return (State::begin(), found); // where a word begins, all gaps are one
        }
        (State { nodes, gap }, found)
    }

    /// Terms that go on with this letter, and those that begin with it.
    fn letter(&self, state: &State, letter: u8) -> (State, u8) {
        let going_on = state.nodes.iter().flat_map(|&node| &self.nodes[node].next);
        let going_on = going_on.filter(|next| admits(next.gap, state.gap));
        let begins: &[usize] = match state.gap {
            Gap::None => &[ANYWHERE],
            _ => &[WORD, ANYWHERE],
        };
        let beginning = begins.iter().flat_map(|&node| &self.nodes[node].next);
        let next = going_on.chain(beginning).filter(|next| next.letter == letter);
        let mut nodes: Vec<_> = next.map(|next| next.node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let found = nodes.iter().fold(0, |found, &node| found | self.nodes[node].open);
        nodes.retain(|&node| !self.nodes[node].next.is_empty() || self.nodes[node].closed != 0);
        (State::within(nodes), found)
    }
}

/// All that is known of a text up to some place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    /// How far terms have come.
    nodes: Vec<usize>,
    /// What lies behind the last letter.
    gap: Gap,
}

impl State {
    /// Before the first word, and before any word whatever was before it.
    pub fn begin() -> Self {
        let (nodes, gap) = (Vec::new(), Gap::Break);
        Self { nodes, gap }
    }

    /// Behind a letter.
    fn within(nodes: Vec<usize>) -> Self {
        let gap = Gap::None;
        Self { nodes, gap }
    }
}
