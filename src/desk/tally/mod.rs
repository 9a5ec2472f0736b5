//! What is counted over many cases, by brand and channel. Pure.
//!
//! - [`told`]: what a case tells, as far as it changes: when it opened, since when its customer waits, when
//!   people replied, what it scored.
//! - [`shard`]: adds up what cases tell, hour by hour, and passes it on, so that no single actor gets a
//!   message for each complaint.
//! - [`tally`](self::actor): puts the shards together and decides, in the order of event time, when the
//!   lateness bound has passed: [`surge`] against a [`baseline`] (rule 14), [`deaf`] (rule 22),
//!   [`advocacy`] (rule 13).
//!
//! Time goes by the hour: what happened in an hour has a row of its own at each shard and at the tally, until
//! the hour is decided. So a drain of an archive, which takes everything in before time moves, keeps all rows
//! small and decides in bounded steps. Who began to wait in an hour ([`waits`]) is kept for longer, until it
//! shows whether somebody answers.

pub mod actor;
pub mod advocacy;
pub mod baseline;
pub mod deaf;
pub mod head;
pub mod hour;
pub mod shard;
pub mod sums;
pub mod surge;
pub mod told;
pub mod waiting;
pub mod waits;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::keys::part;
use super::row::Row;
use super::{Desk, Effects, Message, State, misdirected};
use crate::config::rules::Span;
use crate::model::{Millis, SurveyScale};
use crate::processor::{ActorKey, Context, Rejection, RowKey};

use baseline::{HOUR, Minute};

/// Shards of a brand and channel: a conversation's hash says which. A number for ever, since their rows
/// are kept under it.
pub const SHARDS: u8 = 8;

/// Issues of a brand and channel that are watched for surges, each by itself, and that a shard tells apart
/// in an hour. Cases of further ones count for the brand and channel only.
pub const ISSUES: usize = 64;

/// Hours since 1970-01-01T00:00Z.
pub type Hour = i64;

/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;

/// The minute of a time.
pub fn minute_of(at: Millis) -> Minute {
    at.0.div_euclid(MINUTE_MS)
}

/// The hour of a minute.
pub fn hour_of(minute: Minute) -> Hour {
    minute.div_euclid(HOUR)
}

/// When a minute begins.
fn begin(minute: Minute) -> Millis {
    Millis(minute.saturating_mul(MINUTE_MS))
}

/// When what happened in a minute is decided: at its end and the lateness bound.
fn decided_at(minute: Minute, lateness: Span) -> Millis {
    begin(minute + 1).plus(lateness.ms())
}

/// When all of an hour is decided.
fn hour_decided_at(hour: Hour, lateness: Span) -> Millis {
    decided_at(hour * HOUR + HOUR - 1, lateness)
}

/// What is counted of a survey (rule 13). Instruments are never pooled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SurveyCell {
    /// The instrument.
    pub scale: SurveyScale,
    /// Whether the case had been answered when its customer was asked.
    pub answered: bool,
    /// Whether they are a promoter.
    pub promoter: bool,
}

/// One thing that a case tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Count {
    /// It opened.
    Opened {
        /// When.
        minute: Minute,
        /// About what.
        issue: Option<SmolStr>,
        /// 1, or -1 to take back.
        by: i8,
    },
    /// Its customer waited for longer than a channel may be without a reply, or will if nobody replies.
    Waited {
        /// Since when.
        from: Millis,
        /// 1, or -1 to take back.
        by: i8,
    },
    /// A person replied there.
    Replied {
        /// When.
        at: Millis,
        /// 1, or -1 to take back.
        by: i8,
    },
    /// Its customer was asked.
    Surveyed {
        /// When.
        hour: Hour,
        /// What came of it.
        cell: SurveyCell,
        /// 1, or -1 to take back.
        by: i8,
    },
}

impl Count {
    fn hour(&self) -> Hour {
        match self {
            Self::Opened { minute, .. } => hour_of(*minute),
            Self::Waited { from: at, .. } | Self::Replied { at, .. } => hour_of(minute_of(*at)),
            Self::Surveyed { hour, .. } => *hour,
        }
    }
}

/// What is counted: the cases of a brand in a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The brand, where cases say it.
    pub brand: Option<SmolStr>,
    /// The channel.
    pub channel: SmolStr,
}

impl Counted {
    /// The key of signals about it, or about one issue in it.
    pub fn signal_key(&self, issue: Option<&str>) -> SmolStr {
        let brand = self.brand.as_deref().unwrap_or("-");
        match issue {
            None => format!("{brand}/{}", self.channel).into(),
            Some(issue) => format!("{brand}/{}/{issue}", self.channel).into(),
        }
    }
}

/// To a shard: what a case tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseCounts {
    /// What it belongs to.
    pub of: Counted,
    /// Which shard it is.
    pub shard: u8,
    /// What is new.
    pub counts: SmallVec<[Count; 2]>,
}

/// To a tally: all that a shard has counted of a chunk of an hour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShardNote {
    /// What it belongs to.
    pub of: Counted,
    /// Which shard.
    pub shard: u8,
    /// Which hour.
    pub hour: Hour,
    /// Which chunk of it, from 0.
    pub chunk: u32,
    /// Whether nothing will be added to the chunk.
    pub is_whole: bool,
    /// Rises with each note of the hour.
    pub number: u32,
    /// What was counted in the chunk.
    pub sums: Arc<sums::Sums>,
}

/// A shard or a tally gets a message.
///
/// # Errors
///
/// State that cannot be read, or a message that is not for either.
pub fn apply(
    desk: &Desk,
    key: ActorKey,
    message: &Message,
    state: &mut State<'_>,
    cx: &Context,
    effects: &mut Effects,
) -> Result<(), Rejection> {
    match message {
        Message::Count(told) => shard::Actor::new(desk, key, state, cx, effects).count(told),
        Message::TellTally(hour) => shard::Actor::new(desk, key, state, cx, effects).tell(*hour),
        Message::Shard(note) => actor::Actor::new(desk, key, state, cx, effects).note(note),
        Message::Waits(note) => actor::Actor::new(desk, key, state, cx, effects).waits(note),
        _ => Err(misdirected(key)),
    }
}

/// A row's time has come.
///
/// # Errors
///
/// State that cannot be read.
pub fn wake(
    desk: &Desk,
    row: RowKey,
    state: &mut State<'_>,
    cx: &Context,
    effects: &mut Effects,
) -> Result<(), Rejection> {
    match row.part {
        part::SHARD_HOUR => shard::Actor::new(desk, row.actor, state, cx, effects).wake(row),
        part::SHARD_WAITS => shard::Actor::new(desk, row.actor, state, cx, effects).wake_waits(row),
        _ => actor::Actor::new(desk, row.actor, state, cx, effects).wake(row),
    }
}

/// The row of an hour.
fn hour_row(actor: ActorKey, part: u8, hour: Hour) -> RowKey {
    RowKey {
        actor,
        part,
        index: hour.cast_unsigned(),
    }
}

/// When a row of this kind wants to be woken.
pub(super) fn due(row: &Row) -> Option<Millis> {
    match row {
        Row::Shard(row) => Some(row.due()),
        Row::OpenHour(row) => Some(row.due),
        Row::ShardWaits(row) => Some(row.due()),
        Row::OpenWaits(row) => Some(row.due),
        Row::Tally(row) => row.due,
        _ => None,
    }
}
