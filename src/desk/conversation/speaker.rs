//! Who spoke? A customer's message is its author's.
//!
//! Onstage, messages that name nobody are not all one person: each is its own author, unless it replies to one of
//! its kind. Then whoever wrote that one speaks on. And authors who are one customer are one ([`super::kin`]).

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::attribution::Elders;
use super::fact::{Author, CustomerSaid, Fact, NOBODY};
use super::kin::{Joined, case_of};
use super::record;
use crate::desk::keys::Keys;

/// Whether a customer's message names nobody, onstage: it is its own author then.
fn is_nameless(keys: &Keys, fact: &Fact, said: &CustomerSaid) -> bool {
    said.mentions.is_empty() && said.author == nameless(keys, &fact.id)
}

/// The author of the message of this id, if it names nobody.
pub fn nameless(keys: &Keys, id: &str) -> Author {
    record::author(keys, &record::nameless_key(id))
}

/// The message that a customer's message goes on from, if both name nobody.
pub fn goes_on_from<'f>(keys: &Keys, fact: &'f Fact) -> Option<&'f SmolStr> {
    let said = fact.customer()?;
    let target = said.reply_to.as_ref()?;
    is_nameless(keys, fact, said).then_some(target)
}

/// The fact by which an author who names nobody is known.
pub fn first_of<'f>(keys: &Keys, facts: &'f [Fact], author: Author) -> Option<&'f Fact> {
    let is_first = |fact: &&Fact| {
        fact.customer()
            .is_some_and(|said| said.author == author && is_nameless(keys, fact, said))
    };
    facts.iter().find(is_first)
}

/// Who spoke each of the facts, which are sorted by their place: nobody, if it is no customer's message or was
/// taken out. A pure function of the set of facts.
pub fn speakers(keys: &Keys, facts: &[Fact], joined: &[Joined], elders: &Elders) -> Vec<Author> {
    let own = |fact: &Fact| {
        fact.customer()
            .map_or(NOBODY, |said| case_of(joined, said.author))
    };
    let mut speakers: Vec<Author> = facts.iter().map(own).collect();
    let targets: Vec<_> = facts.iter().map(|fact| goes_on_from(keys, fact)).collect();
    if targets.iter().any(Option::is_some) {
        let threads = Threads::of(keys, facts, &targets);
        for (i, speaker) in speakers.iter_mut().enumerate() {
            let Some(root) = threads.roots[i] else { continue };
            // What it goes on from may have been dropped.
            let elder = targets[root].map(|target| nameless(keys, target));
            let elder = elder.filter(|_| !threads.is_known[root]);
            let elder = elder.and_then(|elder| elders.authors.get(&elder).copied());
            *speaker = elder.unwrap_or_else(|| own(&facts[root]));
        }
    }
    speakers
}

/// Messages that name nobody, and which of them began each thread of theirs.
struct Threads {
    /// For each fact that names nobody, the one that its thread began with.
    roots: Vec<Option<usize>>,
    /// Whether what a fact goes on from is among the facts.
    is_known: Vec<bool>,
}

impl Threads {
    fn of(keys: &Keys, facts: &[Fact], targets: &[Option<&SmolStr>]) -> Self {
        let mut by_id = FxHashMap::<&str, usize>::default();
        for (i, fact) in facts.iter().enumerate() {
            if fact.customer().is_some_and(|said| is_nameless(keys, fact, said)) {
                by_id.entry(&fact.id).or_insert(i);
            }
        }
        let next = |i: usize| targets[i].and_then(|target| by_id.get(&**target).copied());
        let mut roots = vec![None; facts.len()];
        let mut seen_from = vec![None; facts.len()];
        for &start in by_id.values() {
            let mut way = Vec::new();
            let mut at = start;
            let root = loop {
                if let Some(root) = roots[at] {
                    break root;
                }
                if seen_from[at] == Some(start) {
                    // A ring: the first of those in it.
                    let ring = way.iter().position(|passed| *passed == at).unwrap_or_default();
                    break way[ring..].iter().copied().min().unwrap_or(at);
                }
                seen_from[at] = Some(start);
                way.push(at);
                match next(at) {
                    Some(target) => at = target,
                    None => break at,
                }
            };
            way.into_iter().for_each(|i| roots[i] = Some(root));
        }
        let is_known = (0..facts.len()).map(|i| next(i).is_some()).collect();
        Self { roots, is_known }
    }
}

#[cfg(test)]
mod tests {
    use super::{nameless, speakers};
    use crate::config::rules::HashSecret;
    use crate::desk::conversation::attribution::Elders;
    use crate::desk::conversation::fact::{Author, CustomerSaid, Fact, NOBODY, Said};
    use crate::desk::conversation::order::Turn;
    use crate::desk::keys::Keys;
    use crate::model::Millis;

    fn said(keys: &Keys, at: i64, id: &str, reply_to: Option<&str>) -> Fact {
        let author = nameless(keys, id);
        Fact {
            at: Millis(at),
            own: None,
            turn: Turn::default(),
            id: id.into(),
            rank: None,
            revision: 0,
            deleted: false,
            late: false,
            case: NOBODY,
            said: Said::Customer(CustomerSaid {
                author,
                reply_to: reply_to.map(Into::into),
                ..CustomerSaid::default()
            }),
            versions: Default::default(),
        }
    }

    /// Given posts without an author and what they reply to, then who each one's author is: whoever wrote the
    /// post of that name.
    #[test]
    fn posts_without_an_author() {
        let keys = Keys::new(HashSecret::TRIAL);
        for (given, then) in [
            (&[("a", ""), ("b", ""), ("c", "a")][..], &["a", "b", "a"][..]),
            (
                &[("a", ""), ("b", "a"), ("c", "b"), ("d", "c")],
                &["a", "a", "a", "a"],
            ),
            (&[("a", "b"), ("b", "")], &["b", "b"]), // clocks differ
            (&[("a", "gone")], &["a"]),
            (&[("a", "a")], &["a"]),
            (
                &[("a", "c"), ("b", "a"), ("c", "b"), ("d", "b")],
                &["a", "a", "a", "a"],
            ), // a ring
            (
                &[("d", "c"), ("b", "c"), ("c", "b"), ("e", "d")],
                &["b", "b", "b", "b"],
            ), // and what leads to one
        ] {
            let posts = (0..).zip(given);
            let facts: Vec<_> = posts
                .map(|(at, (id, to))| said(&keys, at, id, Some(*to).filter(|to| !to.is_empty())))
                .collect();
            let wanted: Vec<Author> = then.iter().map(|id| nameless(&keys, id)).collect();
            assert_eq!(
                speakers(&keys, &facts, &[], &Elders::default()),
                wanted,
                "{given:?}"
            );
        }
    }

    #[test]
    fn a_post_without_an_author_goes_on_from_none_that_has_one_or_was_taken_out() {
        let keys = Keys::new(HashSecret::TRIAL);
        let mut facts = [said(&keys, 0, "a", None), said(&keys, 1, "b", Some("a"))];
        facts[0].deleted = true;
        let (a, b) = (nameless(&keys, "a"), nameless(&keys, "b"));
        assert_eq!(speakers(&keys, &facts, &[], &Elders::default()), [NOBODY, b]);
        facts[0].deleted = false;
        let mut named = facts.clone();
        if let Said::Customer(said) = &mut named[0].said {
            (said.author, said.mentions) = (7, [8].into_iter().collect());
        }
        assert_eq!(speakers(&keys, &named, &[], &Elders::default()), [7, b]);
        let elders = Elders {
            authors: [(a, a)].into_iter().collect(),
            ..Elders::default()
        };
        assert_eq!(speakers(&keys, &facts[1..], &[], &elders), [a], "long after");
    }
}
