//! What a conversation keeps of each message: compact, and no text but the excerpt.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::excerpt::Excerpt;
use super::order::Turn;
use super::severity::Severity;
use super::version::{Digest, Versions};
use crate::desk::score::Score;
use crate::model::{ConversationRef, Millis, ResponseKind, Status};
use crate::text::Sketch;

/// The author of customer messages, or the case of theirs: a keyed hash of the author key. Zero is
/// nobody.
pub type Author = u64;

/// No author.
pub const NOBODY: Author = 0;

/// A keyed hash of one identifier, short: it is compared within one conversation only.
pub type Mention = u64;

/// One message or update of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// When it happened, event time, by which all rules judge: its own time, but never before the message that it
    /// says it replies to ([`super::order`]). A message's own time is the earliest that any of its versions gives.
    pub at: Millis,
    /// The time that it says itself, if that is another.
    pub own: Option<Millis>,
    /// Its turn among what happened in the same moment.
    pub turn: Turn,
    /// The message's id in its source.
    pub id: SmolStr,
    /// Its number by id among the facts of its moment, since an id by which they were ordered is hidden.
    pub rank: Option<u32>,
    /// The revision of the version that stands (rule 1).
    pub revision: i64,
    /// Taken out by its author: kept only to know it again.
    pub deleted: bool,
    /// It came after messages of its time were dropped ([`super::retire`]).
    pub late: bool,
    /// The case it belongs to by rule 3; zero while it belongs to none.
    pub case: Author,
    /// What was said.
    pub said: Said,
    /// What tells this version from others of the message.
    pub versions: Versions,
}

/// What a message says, as far as rules ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Said {
    /// The customer spoke.
    Customer(CustomerSaid),
    /// The company spoke.
    Company(CompanySaid),
    /// Something changed without a message.
    Changed(Changed),
    /// The customer was asked how it was (rule 12).
    Surveyed(Surveyed),
}

/// A customer's message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CustomerSaid {
    /// Who spoke, as the message itself tells. Whose case it is in says [`Fact::case`].
    pub author: Author,
    /// Whether somebody now waits for an answer: not for praise, thanks or automatic mail (rule 2).
    pub waits: bool,
    /// Whether it was a machine that wrote, such as an out-of-office notice.
    pub automatic: bool,
    /// The message it replies to: that tells the order of a moment, and, if it names nobody, who spoke
    /// ([`super::speaker`]).
    pub reply_to: Option<SmolStr>,
    /// Whether it was public, if the message itself said so.
    pub public: Option<bool>,
    /// The identifiers its author was given with.
    pub mentions: SmallVec<[Mention; 2]>,
    /// What it is about.
    pub about: About,
    /// People who could see it.
    pub audience: Option<i64>,
    /// How bad it is.
    pub severity: Severity,
    /// The beginning of its text.
    pub excerpt: Excerpt,
    /// What tells whether its text is said again elsewhere, where the excerpt is not all of it and the row it
    /// is in has the text nowhere whole ([`super::likeness`]).
    pub sketch: Option<Arc<Sketch>>,
    /// The stars that it gives.
    pub stars: Option<f64>,
}

/// What a case is about, as messages and updates tell it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// The brand.
    pub brand: Option<SmolStr>,
    /// The product.
    pub product: Option<SmolStr>,
    /// The issue.
    pub issue: Option<SmolStr>,
    /// The location.
    pub location: Option<SmolStr>,
    /// The language of the text.
    pub language: Option<SmolStr>,
}

impl About {
    /// Fills what is not known yet from `other`.
    pub fn or(&mut self, other: &Self) {
        fn fill(mine: &mut Option<SmolStr>, theirs: &Option<SmolStr>) {
            if mine.is_none() {
                mine.clone_from(theirs);
            }
        }
        fill(&mut self.brand, &other.brand);
        fill(&mut self.product, &other.product);
        fill(&mut self.issue, &other.issue);
        fill(&mut self.location, &other.location);
        fill(&mut self.language, &other.language);
    }
}

/// A company's message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CompanySaid {
    /// Who or what spoke; never UNKNOWN, intake has resolved that.
    pub kind: ResponseKind,
    /// Whether it was public, if the message itself said so.
    pub public: Option<bool>,
    /// To whom it was said.
    pub to: Addressee,
    /// The status it sets.
    pub status: Option<Status>,
    /// The channel it invites to.
    pub invites_to: Option<SmolStr>,
    /// Until when something is promised.
    pub promised_by: Option<Millis>,
    /// The team that replied.
    pub team: Option<SmolStr>,
    /// The person who replied.
    pub agent: Option<SmolStr>,
    /// The channel of the other conversation in which it was said, if it answers this one from there.
    pub elsewhere: Option<SmolStr>,
    /// Other conversations it answers.
    pub answers: Vec<ConversationRef>,
}

/// A change without a message. `None` leaves a thing as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    /// Whose case changed.
    pub to: Addressee,
    /// The status it sets.
    pub status: Option<Status>,
    /// The case's owner.
    pub owner: Option<SmolStr>,
    /// The owner's team.
    pub team: Option<SmolStr>,
    /// The case's name in another system.
    pub external_case_id: Option<SmolStr>,
    /// What the case is about.
    pub about: About,
    /// People who can see it.
    pub audience: Option<i64>,
    /// Whether the customer confirmed that it is solved, or denied it.
    pub confirmed: Option<bool>,
    /// Why it went wrong.
    pub root_cause: Option<SmolStr>,
    /// What the customer was given.
    pub remedy: Option<SmolStr>,
}

/// A customer's answer to a survey that names the conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Surveyed {
    /// Whose case it is about.
    pub to: Addressee,
    /// The score.
    pub score: Score,
}

/// What a response, an update or a survey says about whose case it means (rules 3 and 12).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Addressee {
    /// The message it replies to.
    pub reply_to: Option<SmolStr>,
    /// The customer it names: their author key in this conversation, if it can be told.
    pub author: Option<Author>,
    /// The customer's identifiers, each with the author it would be the key of.
    pub mentions: SmallVec<[(Mention, Author); 1]>,
}

/// Which numbering of ids a message belongs to: two systems may give one id to a complaint and a
/// response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A complaint.
    Customer,
    /// A response.
    Company,
    /// An update.
    Changed,
    /// A survey.
    Surveyed,
}

impl Said {
    /// Which numbering of ids it belongs to.
    pub fn class(&self) -> Class {
        match self {
            Self::Customer(_) => Class::Customer,
            Self::Company(_) => Class::Company,
            Self::Changed(_) => Class::Changed,
            Self::Surveyed(_) => Class::Surveyed,
        }
    }

    /// To whom it was said, to be changed; `None` for a customer's message.
    pub fn addressee_mut(&mut self) -> Option<&mut Addressee> {
        match self {
            Self::Customer(_) => None,
            Self::Company(said) => Some(&mut said.to),
            Self::Changed(change) => Some(&mut change.to),
            Self::Surveyed(survey) => Some(&mut survey.to),
        }
    }

    /// The message that it says it replies to.
    pub fn reply_to(&self) -> Option<&SmolStr> {
        match self {
            Self::Customer(said) => said.reply_to.as_ref(),
            _ => self.addressee()?.reply_to.as_ref(),
        }
    }

    /// The same, to be changed.
    pub fn reply_to_mut(&mut self) -> Option<&mut SmolStr> {
        match self {
            Self::Customer(said) => said.reply_to.as_mut(),
            _ => self.addressee_mut()?.reply_to.as_mut(),
        }
    }

    /// To whom it was said; `None` for a customer's message.
    pub fn addressee(&self) -> Option<&Addressee> {
        match self {
            Self::Customer(_) => None,
            Self::Company(said) => Some(&said.to),
            Self::Changed(change) => Some(&change.to),
            Self::Surveyed(survey) => Some(&survey.to),
        }
    }
}

/// A place in the order of all facts.
pub type Place<'f> = (Millis, Turn, Class, u32, &'f str, Millis, Digest);

impl Fact {
    /// Its place in the order of all facts (rule 3): its moment, its turn in it, its class, then its id; of several
    /// people's messages of one id, then when the log had what they say. Where an id was hidden, those of its moment stay
    /// in the order that they had, before any that come later.
    pub fn place(&self) -> Place<'_> {
        let rank = self.rank.unwrap_or(u32::MAX);
        let (logged, digest) = (self.versions.logged, self.versions.digest);
        (
            self.at,
            self.turn,
            self.said.class(),
            rank,
            &self.id,
            logged,
            digest,
        )
    }

    /// What tells which of several people's messages of one id is the first: that is what others mean by the id.
    pub fn seniority(&self) -> (Millis, Millis, Digest) {
        (self.own_at(), self.versions.logged, self.versions.digest)
    }

    /// Whether both are of one message.
    pub fn same_message(&self, other: &Self) -> bool {
        self.said.class() == other.said.class() && self.id == other.id
    }

    /// The place of an edit of it that says something else, at this time: that of a customer's message.
    pub fn place_of_edit(&self, at: Millis) -> Place<'_> {
        let (_, _, class, rank, id, logged, digest) = self.place();
        (at, Turn::first(class), class, rank, id, logged, digest)
    }

    /// The time that it says itself.
    pub fn own_at(&self) -> Millis {
        self.own.unwrap_or(self.at)
    }

    /// The customer's message it is, also if it was taken out.
    pub fn customer_said(&self) -> Option<&CustomerSaid> {
        match &self.said {
            Said::Customer(said) => Some(said),
            _ => None,
        }
    }

    /// The customer's message it is, unless it was taken out.
    pub fn customer(&self) -> Option<&CustomerSaid> {
        match &self.said {
            Said::Customer(said) if !self.deleted => Some(said),
            _ => None,
        }
    }
}
