//! Identities that are the same on every run: UUIDv5 (RFC 9562, section 5.5) of what a thing is.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use sha1::{Digest, Sha1};
use uuid::Uuid;

/// The namespace of all `case_id`s: the project's own, drawn once at random. It never changes, or
/// every case would be a new one.
const CASE_NAMESPACE: Uuid = Uuid::from_u128(0x7d0a_3c5e_91b4_4f26_8e57_c2d9_60f1_ab38);

/// The version 5 UUID of parts in a namespace (RFC 9562, section 5.5), each part added by `add`.
fn v5<'p>(namespace: Uuid, parts: impl IntoIterator<Item = &'p str>, add: fn(&mut Sha1, &str)) -> Uuid {
    let mut hasher = Sha1::new_with_prefix(namespace.as_bytes());
    parts.into_iter().for_each(|part| add(&mut hasher, part));
    let digest: [u8; 20] = hasher.finalize().into();
    let (first, _) = digest.split_first_chunk().expect("a digest has 20 bytes");
    uuid::Builder::from_sha1_bytes(*first).into_uuid()
}

/// Adds a part with its length in bytes before it, as a big-endian u64, so that different parts never
/// join to the same bytes. Without lengths ("ab", "c") and ("a", "bc") would be one case.
fn with_length(hasher: &mut Sha1, part: &str) {
    hasher.update((part.len() as u64).to_be_bytes());
    hasher.update(part);
}

macro_rules! identity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// On the wire, and printed, it is the 36 characters of RFC 9562, lower case; in rows and messages
        /// between actors, its 16 bytes.
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::try_parse(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if !serializer.is_human_readable() {
                    return self.0.as_bytes().serialize(serializer);
                }
                let mut buffer = Uuid::encode_buffer();
                serializer.serialize_str(self.0.hyphenated().encode_lower(&mut buffer))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if !deserializer.is_human_readable() {
                    return Deserialize::deserialize(deserializer).map(|bytes| Self(Uuid::from_bytes(bytes)));
                }
                deserializer.deserialize_str(UuidText).map(Self)
            }
        }
    };
}

identity!(
    /// The identity of a case.
    CaseId
);
identity!(
    /// The identity of a work item: one wait of one case.
    WorkId
);
identity!(
    /// The identity of a case event.
    EventId
);

impl CaseId {
    /// UUIDv5 of (source, channel, conversation_id, author key), in the project's own namespace.
    pub fn new(source: &str, channel: &str, conversation_id: &str, author_key: &str) -> Self {
        let name = [source, channel, conversation_id, author_key];
        Self(v5(CASE_NAMESPACE, name, with_length))
    }
}

impl WorkId {
    /// UUIDv5 of the id of the wait's first message, with the case as namespace.
    pub fn new(case: CaseId, first_message_id: &str) -> Self {
        Self(v5(case.0, [first_message_id], |hasher, part| hasher.update(part)))
    }
}

impl EventId {
    /// UUIDv5 of the event's type (its symbol) and its cause, with the case as namespace. The parts
    /// of the cause are the message's id; for a timer the level, the clock's first message and the
    /// deadline; for a finding the other case.
    pub fn new(case: CaseId, event_type: &str, cause: &[&str]) -> Self {
        let name = std::iter::once(event_type).chain(cause.iter().copied());
        Self(v5(case.0, name, with_length))
    }
}

/// Reads the text form without allocating.
struct UuidText;

impl Visitor<'_> for UuidText {
    type Value = Uuid;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a UUID of 36 characters")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Uuid, E> {
        // The offending text stays out of the message: it may be anything.
        Uuid::try_parse(text).map_err(|_| E::custom("not a UUID"))
    }
}

#[cfg(test)]
mod tests {
    use super::{CaseId, EventId, WorkId};

    /// The expected values were computed by another program (Python's hashlib and uuid).
    #[test]
    fn identities_are_the_same_on_every_run_and_machine() {
        let case = CaseId::new("twitter", "social", "123", "@ann");
        assert_eq!(case.to_string(), "89b67d6e-3422-523a-a91a-a96a507d7aba");
        assert_eq!(
            WorkId::new(case, "m1").to_string(),
            "a9b5ed1e-8d82-550c-8d25-599d26841b14"
        );
        assert_eq!(
            EventId::new(case, "OPENED", &["m1"]).to_string(),
            "fd7fed69-0d2e-5e79-97ba-e4688ac2175c"
        );
    }

    #[test]
    fn parts_that_would_run_together_stay_apart() {
        let a = CaseId::new("s", "ab", "c", "k");
        let b = CaseId::new("s", "a", "bc", "k");
        assert_ne!(a, b);
        assert_ne!(EventId::new(a, "X", &["p", "q"]), EventId::new(a, "X", &["pq"]));
    }

    #[test]
    fn text_goes_both_ways() {
        let case = CaseId::new("s", "c", "v", "k");
        let json = serde_json::to_string(&case).expect("a string is JSON");
        assert_eq!(json.len(), 38);
        assert_eq!(serde_json::from_str::<CaseId>(&json).expect("read back"), case);
        assert!(serde_json::from_str::<CaseId>("\"no\"").is_err());
    }
}
