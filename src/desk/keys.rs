//! Names of actors, and keyed hashes: no identifier and no conversation id stands in a key.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;
use siphasher::sip128::{Hasher128, SipHasher13 as SipHasher128};

use crate::config::rules::HashSecret;
use crate::model::Identifier;
use crate::processor::{ActorKey, RowKey};

/// The kinds of actors at the desk.
pub mod kind {
    /// A conversation: source, channel, conversation id.
    pub const CONVERSATION: u8 = 1;
    /// An identifier: kind, realm, value.
    pub const IDENTIFIER: u8 = 2;
    /// A party: a customer id, or an identifier.
    pub const PARTY: u8 = 3;
    /// A tally, or a shard of one: brand, channel, number of the shard (rules 13, 14, 22).
    pub const TALLY: u8 = 4;
    /// A survey that names a person and no conversation: source, id.
    pub const SURVEY: u8 = 5;
    /// Texts of people whom nobody knows: brand, number of the bucket (rule 10).
    pub const CAMPAIGN: u8 = 6;
}

/// The parts of actors' states, as [`RowKey::part`] numbers them.
pub mod part {
    /// The actor's one main row.
    pub const HEAD: u8 = 0;
    /// A conversation's sealed block of facts, by number.
    pub const BLOCK: u8 = 1;
    /// In which block a sealed message is, by the hash of its id.
    pub const SEEN: u8 = 2;
    /// Whose an identifier is in this conversation, by its hash.
    pub const ALIAS: u8 = 3;
    /// A message or a person that a response named before they were known, by their hash.
    pub const UNMET: u8 = 8;
    /// The revision that a dropped message had, by the hash of its id, if it was ever revised.
    pub const REVISED: u8 = 9;
    /// A case, by its author's hash; but for the one in the main row.
    pub const CASE: u8 = 4;
    /// What went out for an earlier wait, by the hash of case and first message.
    pub const WORK: u8 = 5;
    /// A block of cases that an identifier or a party knows, by number.
    pub const CROWD: u8 = 6;
    /// Where a case of a large party stands, by its hash.
    pub const MEMBER: u8 = 7;
    /// What a shard has counted of an hour, by its number.
    pub const SHARD_HOUR: u8 = 10;
    /// An hour that a tally has not decided to its end, by its number.
    pub const OPEN_HOUR: u8 = 11;
    /// What is usual of an issue, by its hash; of all together, zero.
    pub const WATCH: u8 = 12;
    /// What a shard knows of waits that began in an hour, by its number.
    pub const SHARD_WAITS: u8 = 13;
    /// Waits that began in an hour, at the tally, by its number.
    pub const OPEN_WAITS: u8 = 14;
    /// What shards add nothing to of an hour at the tally, by its number.
    pub const SEALED: u8 = 15;
    /// Some members of a large party, by the page's number.
    pub const PAGE: u8 = 16;
    /// Some pages of a large party, by the directory's number.
    pub const DIRECTORY: u8 = 17;
    /// A customer's authors in a conversation, by the customer's hash; but for the author of the case in the main row.
    pub const KIN: u8 = 18;
    /// What went out of a case before the state was built anew, by the hash of its id.
    pub const WENT_OUT: u8 = 19;
}

/// Makes keys from what they stand for, under the secret.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    secret: HashSecret,
}

impl Keys {
    /// Keys under this secret.
    pub fn new(secret: HashSecret) -> Self {
        Self { secret }
    }

    /// The actor of a conversation.
    pub fn conversation(&self, source: &str, channel: &str, conversation_id: &str) -> ActorKey {
        self.actor(kind::CONVERSATION, &[source, channel, conversation_id])
    }

    /// The actor of an identifier, which must be normalised.
    pub fn identifier(&self, identifier: &Identifier) -> ActorKey {
        let realm = identifier.realm.as_deref().unwrap_or_default();
        self.actor(kind::IDENTIFIER, &[&identifier.kind, realm, &identifier.value])
    }

    /// The actor of a party, by its key.
    pub fn party(&self, party_key: &str) -> ActorKey {
        self.actor(kind::PARTY, &[party_key])
    }

    /// The actor of a survey that names no conversation.
    pub fn survey(&self, source: &str, id: &str) -> ActorKey {
        self.actor(kind::SURVEY, &[source, id])
    }

    /// The actor of a tally, or of one of its shards.
    pub fn tally(&self, brand: Option<&str>, channel: &str, shard: Option<u8>) -> ActorKey {
        let number = shard.map_or(String::new(), |shard| shard.to_string());
        let known = if brand.is_some() { "brand" } else { "" };
        let brand = brand.unwrap_or_default();
        self.actor(kind::TALLY, &[channel, known, brand, &number])
    }

    /// The actor that looks for campaigns among some of a brand's texts.
    pub fn campaign(&self, brand: Option<&str>, bucket: u64) -> ActorKey {
        let known = if brand.is_some() { "brand" } else { "" };
        self.actor(
            kind::CAMPAIGN,
            &[known, brand.unwrap_or_default(), &bucket.to_string()],
        )
    }

    /// A short hash, for use within one actor. Never zero.
    pub fn short(&self, parts: &[&str]) -> u64 {
        let mut hasher = SipHasher13::new_with_key(&self.secret.0);
        feed(&mut hasher, parts);
        hasher.finish().max(1)
    }

    /// The short hash of two parts, the second of which is these pieces, one after the other.
    pub fn short_of_joined(&self, first: &str, pieces: [&str; 3]) -> u64 {
        let mut hasher = SipHasher13::new_with_key(&self.secret.0);
        feed(&mut hasher, &[first]);
        let bytes: usize = pieces.iter().map(|piece| piece.len()).sum();
        hasher.write(&(bytes as u64).to_le_bytes());
        pieces.iter().for_each(|piece| hasher.write(piece.as_bytes()));
        hasher.finish().max(1)
    }

    /// A hash of a content.
    pub fn digest(&self, content: &[u8]) -> u64 {
        let mut hasher = SipHasher13::new_with_key(&self.secret.0);
        hasher.write(content);
        hasher.finish()
    }

    fn actor(&self, kind: u8, parts: &[&str]) -> ActorKey {
        let mut hasher = SipHasher128::new_with_key(&self.secret.0);
        feed(&mut hasher, parts);
        ActorKey {
            kind,
            hash: hasher.finish128().as_u128(),
        }
    }
}

fn feed(hasher: &mut impl Hasher, parts: &[&str]) {
    for part in parts {
        hasher.write(&(part.len() as u64).to_le_bytes());
        hasher.write(part.as_bytes());
    }
}

/// The main row of an actor.
pub fn head(actor: ActorKey) -> RowKey {
    RowKey {
        actor,
        part: part::HEAD,
        index: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::Keys;
    use crate::config::rules::HashSecret;

    #[test]
    fn parts_do_not_run_together_and_the_secret_matters() {
        let keys = Keys::new(HashSecret::TRIAL);
        assert_ne!(
            keys.conversation("a", "bc", "d"),
            keys.conversation("ab", "c", "d")
        );
        assert_eq!(keys.conversation("a", "b", "c"), keys.conversation("a", "b", "c"));
        let other = Keys::new(HashSecret([7; 16]));
        assert_ne!(
            keys.conversation("a", "b", "c"),
            other.conversation("a", "b", "c")
        );
        assert_ne!(keys.short(&["a"]), other.short(&["a"]));
        let joined = keys.short_of_joined("author", ["email", ":", "a@example.org"]);
        assert_eq!(joined, keys.short(&["author", "email:a@example.org"]));
    }
}
