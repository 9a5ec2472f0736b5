//! The rows of the desk's actors, packed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::campaign::Texts;
use super::conversation::case::CaseRow;
use super::conversation::fact::{Author, Fact};
use super::conversation::kin::Authors;
use super::conversation::main_row::MainRow;
use super::conversation::went_out::WentOut;
use super::conversation::work::WorkMark;
use super::figures::conclusions::addend;
use super::identifier::IdentifierRow;
use super::message::CaseRef;
use super::packed;
use super::party::PartyRow;
use super::party::index::Entry;
use super::party::members::Member;
use super::party::place::Place;
use super::survey::SurveyRow;
use super::tally;
use super::tally::head::TallyRow;
use super::tally::hour::OpenHour;
use super::tally::shard::ShardHour;
use super::tally::sums::Sums;
use super::tally::surge::SurgeWatch;
use super::tally::waits::{OpenWaits, ShardWaits};
use crate::model::Millis;
use crate::processor::{Addend, Codec, Corrupt, Row as ProcessorRow, Standings};

/// A row; [`super::keys::part`] names the kinds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Row {
    /// A conversation's main row.
    Conversation(MainRow),
    /// A sealed block of a conversation's facts.
    Block(Arc<[Fact]>),
    /// In which block a sealed message is.
    Seen(u32),
    /// Whose an identifier is in a conversation.
    Alias(Author),
    /// Something that a response named and that is not known yet.
    Unmet {
        /// Whether some such response is in the past of a long conversation.
        by_past: bool,
    },
    /// A case, but for the one in the conversation's main row.
    Case(Box<CaseRow>),
    /// What went out for an earlier wait.
    Work(WorkMark),
    /// An identifier's main row.
    Identifier(Box<IdentifierRow>),
    /// A block of cases that an identifier knows.
    Crowd(Vec<CaseRef>),
    /// A party's main row.
    Party(Box<PartyRow>),
    /// Where a case of a large party stands.
    Located(Place),
    /// Some members of a large party, in the order of their places.
    Page(Vec<Member>),
    /// Some pages of a large party.
    Directory(Vec<Entry>),
    /// The revision that a dropped message had.
    Revised(i64),
    /// A survey that names a person and no conversation.
    Survey(Box<SurveyRow>),
    /// What a shard of a tally has counted of an hour.
    Shard(Box<ShardHour>),
    /// An hour that a tally has not decided to its end.
    OpenHour(Box<OpenHour>),
    /// A tally's main row.
    Tally(Box<TallyRow>),
    /// What is usual of a brand and channel, or of an issue there.
    Watch(Box<SurgeWatch>),
    /// Texts of people whom nobody knows.
    Texts(Box<Texts>),
    /// What a shard of a tally knows of waits that began in an hour.
    ShardWaits(Box<ShardWaits>),
    /// Waits that began in an hour, at the tally.
    OpenWaits(Box<OpenWaits>),
    /// What shards add nothing to of an hour that a tally has not decided to its end.
    Sealed(Box<Sums>),
    /// A customer's authors in a conversation.
    Kin(Authors),
    /// What went out of a case before the state was built anew.
    WentOut(Box<WentOut>),
}

impl Codec for Row {
    const FORMAT: u8 = 1;

    fn encode(&self, into: &mut Vec<u8>) {
        packed::write(self, into);
    }

    fn decode(_format: u8, bytes: &[u8]) -> Result<Self, Corrupt> {
        packed::read(bytes)
    }
}

impl ProcessorRow for Row {
    fn due(&self) -> Option<Millis> {
        match self {
            Self::Case(case) => case.due(),
            Self::Conversation(row) => row.due(),
            Self::Identifier(row) => row.forgotten.map(|mark| mark.until),
            Self::Party(row) => row.due(),
            row => tally::due(row),
        }
    }

    fn standings(&self) -> Standings {
        match self {
            Self::Case(case) => case.standings(),
            Self::Conversation(row) => row.case.as_ref().map(|case| case.standings()).unwrap_or_default(),
            _ => Standings::default(),
        }
    }

    fn addend(&self) -> Addend {
        match self {
            Self::Case(case) => addend(case),
            Self::Conversation(row) => row.case.as_ref().map(|case| addend(case)).unwrap_or_default(),
            _ => Addend::default(),
        }
    }
}
