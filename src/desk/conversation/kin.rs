//! One customer, two addresses, one conversation: authors whom the CRM knows to be one customer are one author there.
//! Their messages form one case, that of the author who spoke first.
//!
//! Who an author is says the owner of their own identifiers, those of their own messages; not what others are known
//! by whom they were taken together with. So all comes apart again if the claim goes. An author whose messages are in
//! another's case keeps a row: it asks their identifiers, and stands at the party as joined.
//!
//! Which authors are one customer stands in the head, for nearly nobody is. To find them, each customer has a row here
//! that lists their authors, but for the author whose case is in the main row, which itself says who that is. So a
//! conversation of one author needs none.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::case::CaseRow;
use super::events::Happened;
use super::fact::{Author, Fact, Mention};
use super::fold::MENTIONS;
use super::ledger::Head;
use crate::model::{CaseEventType, CaseId, EventId, Millis};

/// Authors of one conversation.
pub type Authors = SmallVec<[Author; 2]>;

/// Which authors of a conversation are one customer. It is there as soon as somebody is known to be a customer who is
/// not the author of the case in the main row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kin {
    /// Those who are one with others.
    pub joined: SmallVec<[Joined; 0]>,
}

/// Authors who are one customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Joined {
    /// The customer's short hash.
    pub customer: u64,
    /// Two authors or more. All they say is in the case of the first, who spoke first.
    pub authors: Authors,
}

/// What is an author's own while others are one with them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Own {
    /// The identifiers that they were given with themselves, in the order of their messages.
    pub mentions: SmallVec<[Mention; 2]>,
    /// Whether what they say is in the case of another.
    pub away: bool,
}

/// In whose case it is what an author says.
pub fn case_of(joined: &[Joined], author: Author) -> Author {
    let with = joined.iter().find(|joined| joined.authors.contains(&author));
    with.map_or(author, |joined| joined.authors[0])
}

/// Puts the author first who spoke first.
pub fn lead(joined: &mut Joined, facts: &[Fact]) {
    let mut spoken = facts.iter().filter_map(Fact::customer);
    let first = spoken.find_map(|said| joined.authors.iter().position(|author| *author == said.author));
    if let Some(first) = first {
        joined.authors.swap(0, first);
    }
}

/// Authors who are one with others than before, or whose case is another.
pub(super) fn regrouped(before: &[Joined], now: &[Joined]) -> BTreeSet<Author> {
    let gone = before.iter().filter(|joined| !now.contains(joined));
    let came = now.iter().filter(|joined| !before.contains(joined));
    gone.chain(came)
        .flat_map(|joined| joined.authors.iter().copied())
        .collect()
}

/// What is told of a case that was opened at a time, and whose messages are in another now.
pub(super) fn joined(case: CaseId, other: CaseId, at: Millis) -> Happened {
    let (kind, other) = (CaseEventType::Joined, other.to_string());
    Happened {
        kind,
        id: EventId::new(case, kind.symbol(), &[&other]),
        at,
        details: [("case", other)].into(),
    }
}

/// The identifiers that an author was given with, in the order of their messages, after those that are known.
pub(super) fn mentions_of(
    facts: &[Fact],
    author: Author,
    known: SmallVec<[Mention; 2]>,
) -> SmallVec<[Mention; 2]> {
    let mut mentions = known;
    let said = facts.iter().filter_map(Fact::customer);
    for mention in said
        .filter(|said| said.author == author)
        .flat_map(|said| &said.mentions)
    {
        if mentions.len() < MENTIONS && !mentions.contains(mention) {
            mentions.push(*mention);
        }
    }
    mentions
}

impl Head {
    /// The authors who are one customer with others.
    pub fn joined(&self) -> &[Joined] {
        self.kin.as_ref().map_or(&[], |kin| &kin.joined)
    }

    /// Those with whom an author is one.
    pub fn joined_with(&self, author: Author) -> Option<&Joined> {
        self.joined()
            .iter()
            .find(|joined| joined.authors.contains(&author))
    }

    /// In whose case it is what an author says.
    pub fn case_of(&self, author: Author) -> Author {
        case_of(self.joined(), author)
    }

    /// Those with whom an author is one stay so, under another name than their customer's: who was forgotten has one case
    /// for good, and whoever comes again as that customer is somebody new.
    pub(super) fn keep_joined(&mut self, author: Author, name: u64) {
        let joined = self.kin.iter_mut().flat_map(|kin| &mut kin.joined);
        for joined in joined.filter(|joined| joined.authors.contains(&author)) {
            joined.customer = name;
        }
    }

    /// Notes which authors are a customer, in the order in which they were known so far. Says whether that joins some or
    /// parts them.
    pub(super) fn join(&mut self, customer: u64, authors: Authors) -> bool {
        let joined = &mut self.kin.get_or_insert_default().joined;
        let known = joined.iter().position(|joined| joined.customer == customer);
        let before = known
            .map(|known| joined.remove(known).authors)
            .unwrap_or_default();
        let stays = before.iter().filter(|author| authors.contains(author));
        let came = authors.iter().filter(|author| !before.contains(author));
        let now: Authors = stays.chain(came).copied().collect();
        let changed = now != before && (now.len() > 1 || !before.is_empty());
        if now.len() > 1 {
            let authors = now;
            joined.push(Joined { customer, authors });
        }
        changed
    }
}

impl CaseRow {
    /// The identifiers that tell who its author is: their own.
    pub fn own_mentions(&self) -> &[Mention] {
        match (&self.own, &self.fold) {
            (Some(own), _) => &own.mentions,
            (None, Some(fold)) => &fold.mentions,
            (None, None) => &[],
        }
    }

    /// Whether what its author says is in the case of another.
    pub fn is_away(&self) -> bool {
        self.own.as_ref().is_some_and(|own| own.away)
    }
}

#[cfg(test)]
mod tests {
    use smallvec::smallvec;

    use super::{Authors, Joined, case_of, lead, mentions_of};
    use crate::desk::conversation::fact::{Author, CustomerSaid, Fact, Said};
    use crate::desk::conversation::ledger::Head;
    use crate::desk::conversation::order::Turn;
    use crate::desk::conversation::version::Versions;
    use crate::model::Millis;

    fn said(at: i64, author: Author) -> Fact {
        let said = CustomerSaid {
            author,
            mentions: smallvec![author + 100],
            ..CustomerSaid::default()
        };
        Fact {
            at: Millis(at),
            own: None,
            turn: Turn::default(),
            id: at.to_string().into(),
            rank: None,
            revision: 0,
            deleted: false,
            late: false,
            case: author,
            said: Said::Customer(said),
            versions: Versions::default(),
        }
    }

    /// Given who speaks, in order, and who of them are one customer, then in whose case each one's messages are.
    #[test]
    fn the_case_of_those_who_are_one_is_that_of_who_spoke_first() {
        for (spoke, one, cases) in [
            (&[1, 2][..], &[1, 2][..], &[1, 1][..]),
            (&[2, 1], &[1, 2], &[2, 2]),
            (&[3, 2, 1, 2], &[1, 2], &[3, 2, 2, 2]),
            (&[1, 2, 3], &[2, 3], &[1, 2, 2]),
            (&[3, 1, 2], &[1, 2, 3], &[3, 3, 3]),
        ] {
            let facts: Vec<_> = (0..).zip(spoke).map(|(at, author)| said(at, *author)).collect();
            let mut joined = Joined {
                customer: 9,
                authors: one.iter().copied().collect(),
            };
            lead(&mut joined, &facts);
            let found: Vec<_> = spoke
                .iter()
                .map(|author| case_of(&[joined.clone()], *author))
                .collect();
            assert_eq!(found, cases, "{spoke:?} {one:?}");
        }
    }

    #[test]
    fn who_took_back_the_first_message_did_not_speak_first() {
        let mut facts = [said(0, 1), said(1, 2), said(2, 1)];
        facts[0].deleted = true;
        let mut joined = Joined {
            customer: 9,
            authors: smallvec![1, 2],
        };
        lead(&mut joined, &facts);
        assert_eq!(joined.authors[0], 2);
        assert_eq!(mentions_of(&facts, 1, smallvec![7])[..], [7, 101]);
    }

    /// Given who were one customer and who are, then whether cases join or come apart.
    #[test]
    fn who_is_one_with_whom() {
        let mut head = Head::default();
        for (authors, changed, joined) in [
            (&[1][..], false, &[][..]),
            (&[1, 2], true, &[1, 2]),
            (&[2, 1], false, &[1, 2]),
            (&[2, 1, 3], true, &[1, 2, 3]),
            (&[2, 3], true, &[2, 3]),
            (&[3], true, &[]),
            (&[], false, &[]),
        ] {
            let authors: Authors = authors.iter().copied().collect();
            assert_eq!(head.join(9, authors.clone()), changed, "{authors:?}");
            let with = head.joined().first().map_or(&[][..], |joined| &joined.authors);
            assert_eq!(with, joined, "{authors:?}");
        }
    }
}
