//! Forgetting a person (ENGINE.md 18): what actors tell each other about it, and what they remember of it.
//!
//! It begins at a party, when the CRM drops a customer, or at an identifier, by a command. From there the
//! person's cases, surveys and identifiers are told. A case keeps its figures and loses what names its
//! author ([`super::conversation`]'s `forget`). Who forgets keeps a [`Mark`] for the lateness bound: what
//! comes late of the person is known by it, and dropped.

use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

use super::conversation::fact::Author;
use super::keys::Keys;
use crate::config::rules::RuleSettings;
use crate::model::{Identifier, Millis, Sensitive};
use crate::processor::Context;

/// The party key of a case whose person was forgotten.
pub const PARTY: &str = "forgotten";

/// What stands before an id of which only the keyed hash is left. Intake refuses names of inputs that begin so: no
/// other id can be taken for one.
const HIDDEN: &str = "⟨forgotten⟩";

/// What is to be forgotten.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Forget {
    /// To a conversation, or to a survey: who its author is.
    Author {
        /// Which case of the conversation.
        author: Author,
        /// When the person was forgotten: what was said later stays.
        at: Millis,
        /// The party whose case it was, by the hash of its actor's key: all is forgotten that is in one case as that
        /// party's. None: only one of the author's identifiers was forgotten.
        party: Option<u128>,
    },
    /// To a conversation, from itself: an author stands alone again, and was forgotten perhaps.
    Alone(Author),
    /// To an identifier: it was this forgotten customer's.
    Claim {
        /// The customer.
        customer_id: SmolStr,
        /// The customer's rising number.
        number: u64,
        /// When the customer was forgotten.
        at: Millis,
    },
    /// To an identifier: whoever it names, by a command. It is all that is known of the person.
    Identifier {
        /// When the command was given.
        at: Millis,
    },
    /// To a party: what a customer's record once carried, by the hash of its actor's key.
    Carried(u128),
    /// To a customer, by a command: forget them, even if the record points to another customer.
    Customer {
        /// When the command was given.
        at: Millis,
    },
    /// From a customer whose record was dropped after it had pointed to another, on its way along the pointers:
    /// is anybody left for whom it stands?
    Ended {
        /// The hash of the asking customer's key.
        origin: u128,
        /// How many records it has come by.
        steps: u8,
    },
    /// To a customer: the one to whom the record pointed is forgotten.
    Target {
        /// When that one was forgotten.
        at: Millis,
    },
    /// To an identifier or a party, from itself: go on telling the cases of this block.
    Spread(u32),
}

/// A person was forgotten: what remains of that until nothing can come late any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// When: what was said until then is dropped.
    pub at: Millis,
    /// When the mark goes.
    pub until: Millis,
}

impl Mark {
    /// The mark of a person forgotten at `at`.
    pub fn new(at: Millis, cx: &Context, rules: &RuleSettings) -> Self {
        Self {
            at,
            until: at.max(cx.now).plus(rules.lateness.ms()),
        }
    }

    /// Takes in another mark: the later one counts. Says whether there was none, or an earlier one.
    pub fn renew(mark: &mut Option<Self>, new: Self) -> bool {
        let is_news = mark.is_none_or(|mark| mark.at < new.at);
        if is_news {
            *mark = Some(new);
        }
        is_news
    }
}

/// That the person behind an identifier was forgotten, as a case is told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    /// When.
    pub at: Millis,
    /// Whether the case was heard of only after that.
    pub late: bool,
}

/// The keyed hash that is left of an id.
pub fn hidden(keys: &Keys, id: &str) -> SmolStr {
    if is_hidden(id) {
        return id.into();
    }
    format_smolstr!("{HIDDEN}{:016x}", keys.short(&["hidden", id]))
}

/// Whether this is what is left of an id.
pub fn is_hidden(id: &str) -> bool {
    id.starts_with(HIDDEN)
}

/// A customer's own id, as the identifier that it is.
pub fn own_id(customer_id: &str) -> Identifier {
    Identifier {
        kind: "customer_id".into(),
        value: Sensitive(customer_id.into()),
        realm: None,
    }
}

/// The author after one who was forgotten in a conversation: the same person as somebody new.
pub fn successor(keys: &Keys, author: Author) -> Author {
    keys.short(&["after", &author.to_string()])
}

#[cfg(test)]
mod tests {
    use super::{Mark, hidden, successor};
    use crate::config::rules::HashSecret;
    use crate::desk::keys::Keys;
    use crate::model::Millis;

    #[test]
    fn what_is_hidden_stays_as_it_is() {
        let keys = Keys::new(HashSecret::TRIAL);
        let id = hidden(&keys, "ann@example.org/17");
        assert!(!id.contains("ann"));
        assert_eq!(hidden(&keys, &id), id);
        assert_ne!(hidden(&keys, "ann@example.org/18"), id);
        assert_ne!(hidden(&Keys::new(HashSecret([7; 16])), "ann@example.org/17"), id);
    }

    #[test]
    fn who_comes_again_is_somebody_new_each_time() {
        let keys = Keys::new(HashSecret::TRIAL);
        let (second, third) = (successor(&keys, 1), successor(&keys, successor(&keys, 1)));
        assert!(second != 1 && third != second && third != 1);
    }

    #[test]
    fn of_two_marks_the_later_counts() {
        let mark = |at| Mark {
            at: Millis(at),
            until: Millis(at + 10),
        };
        let mut kept = None;
        //   given a mark of   then it is news
        for (at, news) in [(5, true), (5, false), (3, false), (8, true)] {
            assert_eq!(Mark::renew(&mut kept, mark(at)), news, "{at}");
        }
        assert_eq!(kept, Some(mark(8)));
    }
}
