//! Rule 3, to whom was a response said?
//!
//! To the case of the message it replies to; else of the customer it names; else of the latest
//! customer message before it in the conversation. A customer's message is its author's ([`super::speaker`]). An
//! update is attributed as a response is.
//!
//! A survey that names the conversation is about the case of the customer it names; else of the first
//! author (rule 12).

use rustc_hash::FxHashMap;

use super::fact::{Addressee, Author, Fact, Mention, NOBODY, Said};
use super::kin::Joined;
use super::order::{along, targets};
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

/// The case of every fact, in the order of the facts, which are [arranged](super::order); zero for none. A pure
/// function of the set of facts, and of who is one with whom.
///
/// A reply to a reply belongs where that one does. Replies in a ring reply to nobody: each falls back by itself.
/// Where a chain ends at nobody, the first that falls back on somebody takes along what replies to it.
pub fn attribute(keys: &Keys, facts: &[Fact], joined: &[Joined], elders: &Elders) -> Vec<Author> {
    let speakers = speakers(keys, facts, joined, elders);
    let people = People::of(facts, &speakers, elders);
    let mut targets = targets(facts);
    for (target, fact) in targets.iter_mut().zip(facts) {
        target.take_if(|_| matches!(fact.said, Said::Customer(_))); // whose it is, is known
    }
    along(&targets, |i, target| match &facts[i].said {
        Said::Customer(_) => speakers[i],
        _ => target
            .filter(|author| *author != NOBODY)
            .unwrap_or_else(|| people.otherwise(facts, i)),
    })
}

/// Who speaks in a conversation.
struct People {
    /// In whose case each one's messages are.
    authors: FxHashMap<Author, Author>,
    mentioned: FxHashMap<Mention, Author>,
    /// Who spoke first.
    first: Author,
    /// For each fact, the author of the latest customer message before it.
    before: Vec<Author>,
}

impl People {
    fn of(facts: &[Fact], speakers: &[Author], elders: &Elders) -> Self {
        let mut people = Self {
            authors: elders.authors.clone(),
            mentioned: elders.mentioned.clone(),
            first: elders.first,
            before: Vec::with_capacity(facts.len()),
        };
        let mut latest = elders.last;
        for (fact, &speaker) in facts.iter().zip(speakers) {
            if let Some(said) = fact.customer() {
                latest = speaker;
                if people.first == 0 {
                    people.first = speaker;
                }
                people.authors.insert(said.author, speaker);
                for &mention in &said.mentions {
                    people.mentioned.entry(mention).or_insert(speaker);
                }
            }
            people.before.push(latest);
        }
        people
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
    use crate::desk::conversation::fact::{Addressee, CompanySaid, CustomerSaid, Fact, Said, Surveyed};
    use crate::desk::conversation::order::{Turn, arrange};
    use crate::desk::keys::Keys;
    use crate::desk::score::Score;
    use crate::model::{Millis, SurveyScale};

    fn attribute(facts: &[Fact], elders: &Elders) -> Vec<u64> {
        attribute_by(&Keys::new(HashSecret::TRIAL), facts, &[], elders)
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
            own: None,
            turn: Turn::default(),
            id: id.into(),
            rank: None,
            revision: 0,
            deleted: false,
            late: false,
            case: 0,
            said,
            versions: Default::default(),
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
        let ids: Vec<_> = facts.iter().map(|fact| fact.id.clone()).collect();
        arrange(&mut facts);
        for (fact, case) in facts.iter().zip(attribute(&facts, &Elders::default())) {
            let wanted = expected[ids.iter().position(|id| *id == fact.id).expect("it is there")];
            assert_eq!(case, wanted, "{}", fact.id);
        }
        facts[1].deleted = true; // Ann takes her first message back: the reply to it names Bob
        assert_eq!(attribute(&facts, &Elders::default())[4], bob);
    }

    /// Two people's messages of one moment have one id: the first is the one that the log had first.
    #[test]
    fn of_two_messages_of_one_id_the_log_tells_which_is_the_first() {
        let (ann, bob) = (1, 2);
        for (of_ann, of_bob, first) in [(5, 7, ann), (7, 5, bob)] {
            let mut facts = [
                customer(10, "1", ann),
                customer(10, "1", bob),
                company(20, "3", Some("1"), None, None),
                fact(
                    30,
                    "4",
                    Said::Surveyed(Surveyed {
                        to: Addressee::default(),
                        score: Score {
                            value: 1.0,
                            scale: SurveyScale::Nps0To10,
                        },
                    }),
                ),
            ];
            (facts[0].versions.logged, facts[1].versions.logged) = (Millis(of_ann), Millis(of_bob));
            arrange(&mut facts);
            assert_eq!(attribute(&facts, &Elders::default())[2..], [first, first]);
        }
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
