//! Rule 3, to whom was a response said?
//!
//! To the case of the message it replies to; else of the customer it names; else of the latest
//! customer message before it in the conversation. A customer's message is its author's ([`super::speaker`]).
//!
//! A survey that names the conversation is about the case of the customer it names; else of the first
//! author (rule 12).

use rustc_hash::FxHashMap;

use super::fact::{Addressee, Author, Class, Fact, Mention, Said};
use super::speaker::speakers;
use crate::desk::keys::Keys;

/// Who spoke in messages that were dropped ([`super::retire`]), as far as responses name them.
#[derive(Clone, Debug, Default)]
pub struct Elders {
    /// Authors from that time, and in whose case what they said is.
    pub authors: FxHashMap<Author, Author>,
    /// Whose an identifier was then.
    pub mentioned: FxHashMap<Mention, Author>,
    /// Who spoke first; zero if nothing was dropped.
    pub first: Author,
    /// Who spoke last; zero if nothing was dropped.
    pub last: Author,
}

impl Elders {
    /// Whether this is the name of one of them.
    pub fn knows(&self, name: u64) -> bool {
        self.authors.contains_key(&name) || self.mentioned.contains_key(&name)
    }
}

/// The case of every fact, in the order of the facts, which are sorted by their place; zero for
/// none. A pure function of the set of facts.
pub fn attribute(keys: &Keys, facts: &[Fact], elders: &Elders) -> Vec<Author> {
    let speakers = speakers(keys, facts, elders);
    let people = People::of(facts, &speakers, elders);
    let mut cases = vec![None; facts.len()];
    for start in 0..facts.len() {
        // A reply to a reply belongs where that one does: follow the chain, then mark all of it.
        let mut chain = Vec::new();
        let mut at = start;
        let mut case = loop {
            if let Some(case) = cases[at] {
                break case;
            }
            if let Some(ring) = chain.iter().position(|seen| *seen == at) {
                // Replies in a ring reply to nobody: each falls back by itself. What replies to one of
                // them belongs where that one does.
                for i in chain.drain(ring..) {
                    cases[i] = Some(people.otherwise(facts, i));
                }
                continue;
            }
            chain.push(at);
            match (people.replied_to(facts, at), facts[at].said.addressee()) {
                (_, None) => break speakers[at],
                (Some(target), Some(_)) => at = target,
                (None, Some(_)) => break people.otherwise(facts, at),
            }
        };
        // Where the chain ends at nobody, the first that falls back on somebody takes along what replies to it.
        for i in chain.into_iter().rev() {
            if case == 0 && facts[i].said.addressee().is_some() {
                case = people.otherwise(facts, i);
            }
            cases[i] = Some(case);
        }
    }
    cases.into_iter().map(Option::unwrap_or_default).collect()
}

/// Who speaks in a conversation, and what each message is called.
struct People<'a> {
    by_id: FxHashMap<&'a str, usize>,
    /// In whose case each one's messages are.
    authors: FxHashMap<Author, Author>,
    mentioned: FxHashMap<Mention, Author>,
    /// Who spoke first.
    first: Author,
    /// For each fact, the author of the latest customer message not after it.
    before: Vec<Author>,
}

impl<'a> People<'a> {
    fn of(facts: &'a [Fact], speakers: &[Author], elders: &Elders) -> Self {
        let mut people = Self {
            by_id: FxHashMap::default(),
            authors: elders.authors.clone(),
            mentioned: elders.mentioned.clone(),
            first: elders.first,
            before: vec![0; facts.len()],
        };
        for (i, fact) in facts.iter().enumerate() {
            match fact.said.class() {
                _ if fact.deleted => {}
                Class::Customer => _ = people.by_id.insert(&fact.id, i), // before any response of that id
                Class::Company => _ = people.by_id.entry(&fact.id).or_insert(i),
                Class::Changed | Class::Surveyed => {}
            }
            if let Some(said) = fact.customer() {
                if people.first == 0 {
                    people.first = speakers[i];
                }
                people.authors.insert(said.author, speakers[i]);
                for &mention in &said.mentions {
                    people.mentioned.entry(mention).or_insert(speakers[i]);
                }
            }
        }
        // What was said at the same moment counts as said before.
        let mut latest = elders.last;
        let mut from = 0;
        while from < facts.len() {
            let until = facts[from..]
                .iter()
                .take_while(|f| f.at == facts[from].at)
                .count()
                + from;
            let mut spoken = speakers[from..until].iter().copied();
            latest = spoken.rfind(|author| *author != 0).unwrap_or(latest);
            people.before[from..until].fill(latest);
            from = until;
        }
        people
    }

    fn replied_to(&self, facts: &[Fact], i: usize) -> Option<usize> {
        let target = facts[i].said.addressee()?.reply_to.as_deref()?;
        self.by_id.get(target).copied()
    }

    fn otherwise(&self, facts: &[Fact], i: usize) -> Author {
        let named = facts[i].said.addressee().and_then(|to| self.named(to));
        named.unwrap_or(match facts[i].said {
            Said::Surveyed(_) => self.first,
            _ => self.before[i],
        })
    }

    fn named(&self, to: &Addressee) -> Option<Author> {
        let here = |author: Author| self.authors.get(&author).copied();
        let mut mentions = to.mentions.iter();
        to.author.and_then(here).or_else(|| {
            // An author key has no realm: an identifier may be somebody's key that none was given with.
            mentions.find_map(|(mention, author)| self.mentioned.get(mention).copied().or(here(*author)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Elders, attribute as attribute_by};
    use crate::config::rules::HashSecret;
    use crate::desk::conversation::fact::{Addressee, CompanySaid, CustomerSaid, Fact, Said};
    use crate::desk::keys::Keys;
    use crate::model::Millis;

    fn attribute(facts: &[Fact], elders: &Elders) -> Vec<u64> {
        attribute_by(&Keys::new(HashSecret::TRIAL), facts, elders)
    }

    fn customer(at: i64, id: &str, author: u64) -> Fact {
        let said = CustomerSaid {
            author,
            mentions: [author + 100].into_iter().collect(),
            ..Default::default()
        };
        fact(at, id, Said::Customer(said))
    }

    fn company(at: i64, id: &str, reply_to: Option<&str>, author: Option<u64>, mention: Option<u64>) -> Fact {
        let to = Addressee {
            reply_to: reply_to.map(Into::into),
            author,
            // A small number is the hash of a key, too.
            mentions: mention
                .map(|mention| (mention, mention % 100))
                .into_iter()
                .collect(),
        };
        fact(
            at,
            id,
            Said::Company(CompanySaid {
                to,
                ..Default::default()
            }),
        )
    }

    fn fact(at: i64, id: &str, said: Said) -> Fact {
        Fact {
            at: Millis(at),
            id: id.into(),
            rank: None,
            revision: 0,
            deleted: false,
            late: false,
            case: 0,
            said,
        }
    }

    #[test]
    fn whose_case_a_response_belongs_to() {
        let (ann, bob) = (1, 2);
        let mut facts = vec![
            company(5, "early", None, None, None),
            customer(10, "a1", ann),
            customer(20, "b1", bob),
            company(30, "latest", None, None, None),
            company(31, "reply", Some("a1"), Some(bob), None),
            company(32, "named", None, Some(ann), None),
            company(33, "mentioned", None, Some(99), Some(ann + 100)),
            company(34, "to a reply", Some("reply"), None, None),
            company(34, "the key of another realm", None, Some(99), Some(1)),
            company(35, "gone", Some("nowhere"), None, None),
            company(36, "ring 1", Some("ring 2"), None, None),
            company(37, "ring 2", Some("ring 1"), None, None),
            company(38, "to nobody's", Some("early"), None, None),
            company(38, "to a later one", Some("to nobody's, but Ann"), None, None),
            company(39, "to nobody's, but Ann", Some("early"), Some(ann), None),
            company(39, "to a ring", Some("to Ann in a ring"), None, None),
            company(39, "to Ann in a ring", Some("to Ann in a ring"), Some(ann), None),
            company(40, "0 same moment", None, None, None),
            customer(40, "a2", ann),
        ];
        let expected = [
            0, ann, bob, bob, ann, ann, ann, ann, ann, bob, bob, bob, bob, ann, ann, ann, ann, ann, ann,
        ];
        for (fact, case) in facts.iter().zip(attribute(&facts, &Elders::default())) {
            let wanted = expected[facts.iter().position(|f| f.id == fact.id).expect("it is there")];
            assert_eq!(case, wanted, "{}", fact.id);
        }
        facts[1].deleted = true; // Ann takes her first message back: the reply to it names Bob
        assert_eq!(attribute(&facts, &Elders::default())[4], bob);
    }

    #[test]
    fn one_id_for_a_complaint_and_a_response_means_the_complaint() {
        let facts = [
            customer(10, "1", 7),
            customer(15, "2", 8),
            company(20, "1", Some("2"), None, None),
            company(30, "3", Some("1"), None, None),
        ];
        assert_eq!(attribute(&facts, &Elders::default()), [7, 8, 8, 7]);
    }
}
