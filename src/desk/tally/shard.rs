//! A shard: adds up what the cases of some conversations tell, and passes the sums of an hour on.
//!
//! As time goes by, that is about once a minute, and in time for the decision. While time stands, in a drain,
//! no minute passes: then the shard writes to itself and passes on what has come in until that is read. The
//! tally must have it all before time moves: other shards may be on other machines.

use serde::{Deserialize, Serialize};

use super::hour::Sums;
use super::{
    CaseCounts, Count, Counted, Hour, MINUTE_MS, ShardNote, begin, decided_at, hour_decided_at, hour_row,
};
use crate::desk::figures::LATE_CASES;
use crate::desk::keys::part;
use crate::desk::row::Row;
use crate::desk::tally::baseline::HOUR;
use crate::desk::{Desk, Effects, Message, State};
use crate::model::Millis;
use crate::processor::{ActorKey, Context, Corrupt, Rejection, RowKey};

/// How long before a decision a shard has told the tally.
const AHEAD_MS: i64 = MINUTE_MS;

/// What a shard has counted of an hour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShardHour {
    of: Counted,
    shard: u8,
    number: u32,
    sums: Sums,
    /// It has written to itself to tell the tally.
    is_asked: bool,
    /// When to tell the tally what is new.
    tell_at: Option<Millis>,
    /// When the hour is decided and the row is of no more use.
    over_at: Millis,
}

impl ShardHour {
    /// When the row wants to be woken.
    pub fn due(&self) -> Millis {
        self.tell_at.map_or(self.over_at, |at| at.min(self.over_at))
    }

    /// The next note to the tally.
    fn note(&mut self, hour: Hour) -> ShardNote {
        self.number += 1;
        self.is_asked = false;
        self.tell_at = None;
        ShardNote {
            of: self.of.clone(),
            shard: self.shard,
            hour,
            number: self.number,
            sums: self.sums.clone(),
        }
    }
}

/// One apply of a shard.
pub struct Actor<'a, 's> {
    desk: &'a Desk,
    key: ActorKey,
    state: &'a mut State<'s>,
    cx: &'a Context,
    effects: &'a mut Effects,
}

impl<'a, 's> Actor<'a, 's> {
    /// An apply of the shard `key`.
    pub fn new(
        desk: &'a Desk,
        key: ActorKey,
        state: &'a mut State<'s>,
        cx: &'a Context,
        effects: &'a mut Effects,
    ) -> Self {
        Self {
            desk,
            key,
            state,
            cx,
            effects,
        }
    }

    /// A case tells something.
    pub fn count(mut self, told: &CaseCounts) -> Result<(), Rejection> {
        let mut hours: Vec<Hour> = told.counts.iter().map(Count::hour).collect();
        hours.sort_unstable();
        hours.dedup();
        for hour in hours {
            self.count_in(hour, told)?;
        }
        Ok(())
    }

    fn count_in(&mut self, hour: Hour, told: &CaseCounts) -> Result<(), Rejection> {
        let lateness = self.desk.settings().signals.lateness;
        let mut row = match self.read(hour)? {
            Some(row) => row,
            None => ShardHour {
                of: told.of.clone(),
                shard: told.shard,
                number: 0,
                sums: Sums::default(),
                is_asked: false,
                tell_at: None,
                over_at: hour_decided_at(hour, lateness),
            },
        };
        let mut tell_at: Option<Millis> = None;
        for count in told.counts.iter().filter(|count| count.hour() == hour) {
            let decided = match count {
                Count::Opened { minute, .. } | Count::Spoke { minute, .. } => decided_at(*minute, lateness),
                Count::Replied { .. } | Count::Surveyed { .. } => row.over_at,
            };
            if decided <= self.cx.now
                && let Count::Opened { by, .. } = count
            {
                // Its minute is decided: it counts, but changes nothing.
                self.effects.count(LATE_CASES, i64::from(*by > 0));
                continue;
            }
            row.sums.add(count);
            let in_time = decided.plus(-AHEAD_MS).max(self.cx.now);
            let at = in_time.min(self.cx.now.plus(MINUTE_MS));
            tell_at = Some(tell_at.map_or(at, |known| known.min(at)));
        }
        let Some(tell_at) = tell_at else {
            return Ok(());
        };
        if self.time_stands(hour) {
            if !std::mem::replace(&mut row.is_asked, true) {
                self.effects.resume(self.key, Message::TellTally(hour));
            }
        } else {
            row.tell_at = Some(row.tell_at.map_or(tell_at, |known| known.min(tell_at)));
        }
        self.store(hour, row);
        Ok(())
    }

    /// Whether the clock is so far behind the hour that it can only be that of a drain.
    fn time_stands(&self, hour: Hour) -> bool {
        let ahead = self.desk.settings().limits.max_ahead.ms();
        self.cx.now.plus(ahead) < begin(hour * HOUR)
    }

    /// It reads what it wrote to itself: what has come in until now goes to the tally.
    pub fn tell(mut self, hour: Hour) -> Result<(), Rejection> {
        if let Some(mut row) = self.read(hour)?.filter(|row| row.is_asked) {
            self.pass_on(hour, &mut row);
            self.store(hour, row);
        }
        Ok(())
    }

    /// It is time to tell the tally, or the hour is over.
    pub fn wake(mut self, key: RowKey) -> Result<(), Rejection> {
        let hour = key.index.cast_signed();
        let Some(mut row) = self.read(hour)? else {
            return Ok(());
        };
        if row.tell_at.is_some() || row.is_asked {
            self.pass_on(hour, &mut row);
        }
        if row.over_at <= self.cx.now {
            self.effects.delete(key);
        } else {
            self.store(hour, row);
        }
        Ok(())
    }

    fn pass_on(&mut self, hour: Hour, row: &mut ShardHour) {
        let to = self
            .desk
            .keys()
            .tally(row.of.brand.as_deref(), &row.of.channel, None);
        self.effects.tell(to, Message::Shard(Box::new(row.note(hour))));
    }

    fn read(&mut self, hour: Hour) -> Result<Option<ShardHour>, Corrupt> {
        match self.state.get(&hour_row(self.key, part::SHARD_HOUR, hour))? {
            None => Ok(None),
            Some(Row::Shard(row)) => Ok(Some((**row).clone())),
            Some(_) => Err(Corrupt("a shard's row is of another kind".into())),
        }
    }

    fn store(&mut self, hour: Hour, row: ShardHour) {
        let key = hour_row(self.key, part::SHARD_HOUR, hour);
        self.effects.store(key, Row::Shard(Box::new(row)));
    }
}
