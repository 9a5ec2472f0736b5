//! Who there is, where they speak, and what they say.

use heard::model::{Identifier, Person, Sensitive};

/// Where things are said.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub source: &'static str,
    pub channel: &'static str,
    pub conversation: String,
    /// What ids there end in: they are unique within a source.
    pub letter: char,
}

/// Source, channel, conversation, letter.
pub(super) const PLACES: [(&str, &str, &str, char); 12] = [
    ("s", "social", "c", 'a'),
    ("s", "email", "c", 'b'),
    ("s", "phone", "c", 'c'),
    ("s", "chat", "c", 'd'),
    ("s", "forum", "c", 'e'),
    ("s", "review", "c", 'f'),
    ("s", "messaging", "c", 'g'),
    ("s", "direct", "c", 'h'),
    ("s", "email", "m0b", 'i'),
    ("t", "social", "c", 'j'),
    ("t", "phone", "d", 'k'),
    ("s", "social", "m1a", 'l'),
];

/// What several messages say in nearly the same words; and what begins like it, and goes on otherwise.
pub(super) const MATTER: &str =
    " the parcel lies in your depot for ten days now and nobody of you answers any of my letters";
pub(super) const SAME_MATTER: &str =
    " The PARCEL lies in your depot for ten days now, and nobody of you answers any of my letters!";
pub(super) const LONG_MATTER: &str = " the parcel lies in your depot for ten days now and nobody of you answers any of my letters; \
    the driver says he rang, the neighbours say he did not, and the page says that it was brought to me on a Sunday";
pub(super) const LONGER_MATTER: &str = " the parcel lies in your depot for ten days now and nobody of you answers any of my letters; \
    the driver says he rang, the neighbours say he did not, and the bill says that I owe you for a second way to a \
    house that was never mine, in a street of which nobody here has heard, with a fee on top for the trouble you had";

/// By what people are known: kind, realm, value.
pub(super) const PEOPLE: [&[(&str, &str, &str)]; 20] = [
    &[("handle", "", "ann")],
    &[("handle", "", "@Ann"), ("email", "", "ann@b")],
    &[("email", "", " Ann@B")],
    &[("handle", "", "bob")],
    &[("handle", "", "bob"), ("phone", "", "+49 (0)89 123")],
    &[("phone", "", "0049\u{202f}89\u{2011}123")],
    &[("email", "", "ann@b"), ("phone", "", "tel:+49-89-123")],
    &[],
    &[("email", "", "noreply@shop"), ("device", "", "d1")],
    &[("device", "", "d1"), ("handle", "", "ann")],
    &[("customer_id", "", "C0")],
    &[("account", "", "7"), ("email", "", "ann@b")],
    &[("handle", "X", "ann")],
    &[("email", "", "bob@b"), ("email", "", "ann@b")],
    &[("loyalty", "", "9"), ("device", "", "d1")],
    &[("handle", "", "anonymous")],
    &[("handle", "", "jos\u{e9}")],
    &[
        ("handle", "", "@Jose\u{301}"),
        ("email", "", "zo\u{200b}e@b\u{fc}cher.example"),
    ],
    &[("email", "", "Zoe@XN--BCHER-KVA.example")],
    &[("phone", "", "+٤٩ ٨٩ ١٢٣"), ("handle", "", "\u{feff}ann")],
];

/// What the CRM may know of a customer.
pub(super) const CARRIED: [(&str, &str, &str); 10] = [
    ("handle", "", "ann"),
    ("email", "", "ann@b"),
    ("phone", "", "089 123"),
    ("handle", "", "BOB"),
    ("email", "", "bob@b"),
    ("device", "", "d1"),
    ("handle", "x", "ann"),
    ("email", "", "noreply@shop"),
    ("handle", "", "jose\u{301}"),
    ("email", "", "zoe@b\u{fc}cher.example"),
];

pub(super) fn identifiers(of: &[(&str, &str, &str)]) -> Vec<Identifier> {
    let all = of.iter().map(|(kind, realm, value)| Identifier {
        kind: (*kind).into(),
        value: Sensitive((*value).into()),
        realm: Some(*realm).filter(|realm| !realm.is_empty()).map(Into::into),
    });
    all.collect()
}

pub(super) fn person(who: usize) -> Person {
    Person {
        display_name: None,
        identifiers: identifiers(PEOPLE[who % PEOPLE.len()]),
    }
}

impl Place {
    /// One of them.
    pub(super) fn of(n: usize) -> Self {
        let (source, channel, conversation, letter) = PLACES[n % PLACES.len()];
        Self {
            source,
            channel,
            conversation: conversation.into(),
            letter,
        }
    }

    /// Another conversation in the same channel, of this name.
    pub(super) fn beside(self, name: &'static str, by: u8) -> Self {
        Self {
            conversation: name.into(),
            // Letters of its own, so that no message of another is called as one of these.
            letter: char::from(self.letter.to_ascii_uppercase() as u8 + by),
            ..self
        }
    }
}
