//! What actors tell each other. A message that carries state is a whole snapshot with its sender's
//! rising number, and the receiver ignores older ones (ENGINE.md 13).

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::campaign::{Begun, Suspected};
use super::conversation::fact::{Author, NOBODY};
use super::conversation::version::Digest;
use super::conversation::went_out::WentOut;
use super::forgetting::{Forget, Forgotten};
use super::keys::kind;
use super::packed;
use super::party::links::Links;
use super::score::{Score, Scored};
use super::summary::Summary;
use super::survey::Answer;
use super::tally::waits::WaitsNote;
use super::tally::{CaseCounts, Hour, ShardNote};
use crate::model::{Complaint, ConversationRef, Customer, Identifier, Millis, Response, Survey, Update};
use crate::processor::{ActorKey, Codec, Corrupt};

/// The name of a case among actors; or of a survey that names a person only, which has no author.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CaseRef {
    /// The hash of its conversation's key, or of the survey's.
    pub conversation: u128,
    /// Its author there.
    pub author: Author,
}

impl CaseRef {
    /// The actor that keeps it.
    pub fn actor(self) -> ActorKey {
        let kind = match self.author {
            NOBODY => kind::SURVEY,
            _ => kind::CONVERSATION,
        };
        ActorKey {
            kind,
            hash: self.conversation,
        }
    }
}

/// A message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Message {
    /// To a conversation: a customer's message.
    Said {
        /// The message, normalised.
        complaint: Arc<Complaint>,
        /// Its author's identifiers as they were written, where that is something else.
        written: Option<Arc<[Identifier]>>,
        /// When the log received it.
        logged: Millis,
    },
    /// To a conversation: a company's message.
    Replied {
        /// The message, normalised.
        response: Box<Response>,
        /// When the log received it.
        logged: Millis,
    },
    /// To a conversation: a change without a message.
    Updated {
        /// The change, normalised.
        update: Box<Update>,
        /// When the log received it.
        logged: Millis,
    },
    /// To a party: the CRM's record of a customer, normalised.
    Known(Box<Customer>),
    /// To a party: the CRM has no record of this customer any more, who is to be forgotten.
    Dropped {
        /// The customer.
        customer_id: SmolStr,
        /// When the log recorded it.
        at: Millis,
    },
    /// To an identifier: a case wants to know its owner, now and whenever that changes.
    Ask(CaseRef),
    /// To a conversation: whose an identifier is.
    Owner(Box<Owner>),
    /// To an identifier: what one customer's record says of it.
    Claim(Box<Claim>),
    /// To an identifier, from itself: go on telling the cases of this block.
    SpreadOwner(u32),
    /// To a party: a case is here, or changed; or has left.
    Case(Box<CaseNote>),
    /// To a conversation: what the party knows.
    Findings(Arc<Findings>),
    /// To a conversation: a customer's record points to another customer, or no longer does.
    Moved(Box<Moved>),
    /// To a conversation, from itself: much is recent, and what is past is to be told apart from it.
    DrawPast,
    /// To a party, from itself: go on telling its cases. The last one sent has the greatest number.
    SpreadParty(u64),
    /// To a conversation, from another: a company's message there answers this one, or no longer does.
    Elsewhere(Box<Elsewhere>),
    /// To the conversation it names, or else to a survey: a customer's answer.
    Surveyed {
        /// The answer, normalised.
        survey: Box<Survey>,
        /// When the log received it.
        logged: Millis,
    },
    /// To a shard of a tally: what a case tells of itself, to be counted.
    Count(Box<CaseCounts>),
    /// To a shard, from itself: pass on what has come in of this hour.
    TellTally(Hour),
    /// To a tally: what a shard has counted of a chunk of an hour.
    Shard(Box<ShardNote>),
    /// To a party: another customer's record points to this one, or no longer does.
    Merged(Merged),
    /// To any actor: somebody is to be forgotten.
    Forget(Box<Forget>),
    /// To a campaign: somebody whom nobody knows begins a case.
    Begun(Box<Begun>),
    /// To a conversation: somebody else had begun a case with the same words.
    Suspected(Box<Suspected>),
    /// To a tally: who waits of those who began in an hour, as a shard knows it.
    Waits(Box<WaitsNote>),
    /// To a conversation, from `heard rebuild`: what went out of one of its cases before.
    WentOut(Box<WentOut>),
}

/// A company's message in another conversation (rule 3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The conversation it answers.
    pub answers: ConversationRef,
    /// A version of the message, with the place where it was said; `deleted` if it does not answer this
    /// conversation.
    pub response: Response,
    /// When the log received this version.
    pub logged: Millis,
    /// What this version is known by.
    pub digest: Digest,
}

/// An identifier's answer to a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Owner {
    /// Which case of the conversation.
    pub author: Author,
    /// The hash of the identifier's key.
    pub identifier: u128,
    /// The identifier's rising number.
    pub number: u64,
    /// The customer it belongs to.
    pub customer_id: Option<SmolStr>,
    /// All who claim it, if there are several.
    pub rivals: SmallVec<[SmolStr; 0]>,
    /// Whether the person behind it was forgotten.
    pub forgotten: Option<Forgotten>,
}

/// A customer's claim of an identifier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Who claims.
    pub customer_id: SmolStr,
    /// The customer's rising number.
    pub number: u64,
    /// The `updated_at` of the earliest record that carried it.
    pub since: Millis,
    /// Whether the newest record still carries it.
    pub holds: bool,
}

/// How a case stands to a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It is the party's.
    Member,
    /// It is another party's to which this customer was merged: it wants to know if that changes.
    Watcher,
    /// It has nothing to do with the party any more.
    Gone,
    /// Its author is the party's, and what they say is in another case of theirs in the same conversation.
    Joined,
}

/// What a case tells a party; or a survey that names a person only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseNote {
    /// Which case.
    pub case: CaseRef,
    /// The party's key: the first note tells the party its name.
    pub party_key: SmolStr,
    /// Rises each time the case changes its party; findings quote it.
    pub membership: u32,
    /// Rises with each note of one membership.
    pub number: u32,
    /// How it stands.
    pub standing: Standing,
    /// The customer's record may point elsewhere, in a ring: stay all the same.
    pub settled: bool,
    /// What the party needs to know of it.
    pub summary: Summary,
    /// The survey that it is; then its summary says nothing.
    pub survey: Option<Answer>,
}

/// What a party tells a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// Which case of the conversation.
    pub author: Author,
    /// The membership they are for.
    pub membership: u32,
    /// The party's rising number.
    pub number: u64,
    /// What the CRM says of the customer.
    pub profile: Option<Profile>,
    /// The tier in force when the case opened, else the earliest known (rule 5).
    pub tier_then: Option<SmolStr>,
    /// The party's other cases.
    pub history: History,
    /// What they mean to this one.
    pub links: Links,
    /// The party's surveys that are about this case, in their order (rule 12).
    pub surveys: SmallVec<[Scored; 0]>,
    /// Whether another case opened so close to this one that it may say the same: then the party needs to
    /// know how both began (rule 10).
    pub compared: bool,
}

impl Findings {
    /// A digest of what is found, but for the history, to tell whether the case needs to know; never zero. Its last
    /// bit says whether the case is compared.
    pub fn digest(&self) -> u64 {
        let Links {
            links,
            bounces,
            again,
            last_channel: _,
            echo,
        } = &self.links;
        let mut hasher = FxHasher::default();
        (&self.profile, &self.tier_then, &self.surveys).hash(&mut hasher);
        (links, bounces, again, echo).hash(&mut hasher);
        ((hasher.finish() | 3) ^ 1) | u64::from(self.compared)
    }

    /// A digest of the history, which only whoever handles the case needs to know. How many other cases are open by
    /// now is no news: each new case of a person would be news to all others.
    pub fn history_digest(&self) -> u32 {
        let History {
            complaints_90d,
            unanswered_90d,
            open_cases: _,
            last_score,
        } = self.history;
        let mut hasher = FxHasher::default();
        (
            complaints_90d,
            unanswered_90d,
            last_score,
            &self.links.last_channel,
        )
            .hash(&mut hasher);
        let digest = hasher.finish(); // of a number its last digits are in one half only
        (digest ^ (digest >> 32)) as u32
    }

    /// A digest of what a handler can see of it, but how many other cases are open.
    pub fn shown(&self) -> u64 {
        let mut hasher = FxHasher::default();
        let History {
            complaints_90d,
            unanswered_90d,
            open_cases: _,
            last_score,
        } = self.history;
        (
            &self.profile,
            &self.tier_then,
            complaints_90d,
            unanswered_90d,
            &self.links,
        )
            .hash(&mut hasher);
        (last_score, &self.surveys).hash(&mut hasher);
        hasher.finish()
    }
}

/// What the CRM says of a customer, as far as work items show it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The name.
    pub display_name: Option<SmolStr>,
    /// The tier.
    pub tier: Option<SmolStr>,
    /// The lifetime value.
    pub lifetime_value: Option<f64>,
    /// Whether the customer needs special care.
    pub vulnerable: bool,
    /// The person who looks after them.
    pub owner: Option<SmolStr>,
    /// The channel they prefer.
    pub preferred_channel: Option<SmolStr>,
}

impl Hash for Profile {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Self {
            display_name,
            tier,
            lifetime_value,
            vulnerable,
            owner,
            preferred_channel,
        } = self;
        (display_name, tier, lifetime_value.map(f64::to_bits), vulnerable).hash(hasher);
        (owner, preferred_channel).hash(hasher);
    }
}

/// The party's other cases, seen from one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct History {
    /// Cases opened in the 90 days before this one.
    pub complaints_90d: u32,
    /// Of these, the ones that were ever unanswered: by now, or by when this one opened.
    pub unanswered_90d: u32,
    /// Cases open at the time of the findings.
    pub open_cases: u32,
    /// The last score that the party gave, about whatever.
    pub last_score: Option<Score>,
}

/// A customer's record points to another customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// Which case of the conversation.
    pub author: Author,
    /// Whose record.
    pub customer_id: SmolStr,
    /// The customer's rising number.
    pub number: u64,
    /// To whom; `None`: to nobody (any more).
    pub next: Option<Next>,
}

/// The customer that a record points to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// Who that is.
    pub customer_id: SmolStr,
    /// The record that points there was dropped since: it stands for nobody.
    pub ended: bool,
}

/// To a customer: another's record points here, or no longer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// The hash of the other's key.
    pub source: u128,
    /// The other's rising number.
    pub number: u64,
    /// Whether it does.
    pub points: bool,
}

impl Codec for Message {
    const FORMAT: u8 = 1;

    fn encode(&self, into: &mut Vec<u8>) {
        packed::write(self, into);
    }

    fn decode(_format: u8, bytes: &[u8]) -> Result<Self, Corrupt> {
        packed::read(bytes)
    }
}
