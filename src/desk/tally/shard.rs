//! A shard: adds up what the cases of some conversations tell, and passes the sums of an hour on.
//!
//! As time goes by, that is about once a minute, and in time for the decision. While time stands, in a drain,
//! no minute passes: then the shard writes to itself and passes on what has come in until that is read. The
//! tally must have it all before time moves: other shards may be on other machines.
//!
//! A shard keeps no more of an hour than its last chunk: once that was told and is large enough, it is whole,
//! and the next begins. So what a complaint costs does not grow with the hour and the number of its issues.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::sums::Sums;
use super::waits::{Bounds, ShardWaits};
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

/// So many sums make a chunk whole.
const CHUNK: usize = 24;

/// What a shard has counted of an hour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShardHour {
    of: Counted,
    shard: u8,
    number: u32,
    chunk: u32,
    /// The sums of the chunk.
    sums: Arc<Sums>,
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
        let note = ShardNote {
            of: self.of.clone(),
            shard: self.shard,
            hour,
            chunk: self.chunk,
            is_whole: self.sums.len() >= CHUNK,
            number: self.number,
            sums: Arc::clone(&self.sums),
        };
        if note.is_whole {
            self.chunk += 1;
            self.sums = Arc::default();
        }
        note
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
        let is_wait = |count: &&Count| matches!(count, Count::Waited { .. });
        let mut asked = SmallVec::<[Hour; 2]>::new();
        for hour in hours(told.counts.iter().filter(|count| !is_wait(count))) {
            asked.extend(self.count_in(hour, told)?.then_some(hour));
        }
        for hour in hours(told.counts.iter().filter(is_wait)) {
            asked.extend(self.wait_in(hour, told)?.then_some(hour));
        }
        asked.sort_unstable();
        asked.dedup();
        for hour in asked {
            self.effects.resume(self.key, Message::TellTally(hour));
        }
        Ok(())
    }

    /// What is counted of an hour; whether the shard must write to itself.
    fn count_in(&mut self, hour: Hour, told: &CaseCounts) -> Result<bool, Rejection> {
        let lateness = self.desk.settings().signals.lateness;
        let mut row = match self.read(hour)? {
            Some(row) => row,
            None => ShardHour {
                of: told.of.clone(),
                shard: told.shard,
                number: 0,
                chunk: 0,
                sums: Arc::default(),
                is_asked: false,
                tell_at: None,
                over_at: hour_decided_at(hour, lateness),
            },
        };
        let mut tell_at: Option<Millis> = None;
        let sums = Arc::make_mut(&mut row.sums);
        for count in told.counts.iter().filter(|count| count.hour() == hour) {
            let decided = match count {
                Count::Waited { .. } => continue,
                Count::Opened { minute, .. } => decided_at(*minute, lateness),
                // It says since when others wait, which may be decided any minute.
                Count::Replied { at, .. } => at.plus(lateness.ms()),
                Count::Surveyed { .. } => row.over_at,
            };
            if decided <= self.cx.now
                && let Count::Opened { by, .. } = count
            {
                // Its minute is decided: it counts, but changes nothing.
                self.effects.count(LATE_CASES, i64::from(*by > 0));
                continue;
            }
            sums.add(count);
            let in_time = decided.plus(-AHEAD_MS).max(self.cx.now);
            let at = in_time.min(self.cx.now.plus(MINUTE_MS));
            tell_at = Some(tell_at.map_or(at, |known| known.min(at)));
        }
        let Some(tell_at) = tell_at else {
            return Ok(false);
        };
        let stands = self.time_stands(hour);
        let asks = stands && !std::mem::replace(&mut row.is_asked, true);
        if !stands {
            row.tell_at = Some(row.tell_at.map_or(tell_at, |known| known.min(tell_at)));
        }
        self.store(hour, row);
        Ok(asks)
    }

    /// Waits that began in an hour are news; whether the shard must write to itself.
    fn wait_in(&mut self, hour: Hour, told: &CaseCounts) -> Result<bool, Rejection> {
        let Some(bounds) = Bounds::of(&self.desk.settings().signals) else {
            return Ok(false); // deaf channels are not looked for
        };
        let key = hour_row(self.key, part::SHARD_WAITS, hour);
        let mut row = match self.read_waits(key)? {
            Some(row) => row,
            None => ShardWaits::new(told.of.clone(), told.shard, hour, bounds),
        };
        for count in told.counts.iter().filter(|count| count.hour() == hour) {
            if let Count::Waited { from, by } = count {
                row.add(*from, *by, self.cx.now, bounds);
            }
        }
        if row.is_nothing() {
            self.effects.delete(key);
            return Ok(false);
        }
        let stands = self.time_stands(hour);
        let asks = stands && !std::mem::replace(&mut row.is_asked, true);
        if !stands {
            row.schedule(hour, self.cx.now, bounds);
        }
        self.effects.store(key, Row::ShardWaits(Box::new(row)));
        Ok(asks)
    }

    /// It is time to tell the tally who waits, or all of it is decided.
    pub fn wake_waits(mut self, key: RowKey) -> Result<(), Rejection> {
        let Some(mut row) = self.read_waits(key)? else {
            return Ok(());
        };
        if row.tell_at.is_some_and(|at| at <= self.cx.now) || row.is_asked {
            self.pass_waits_on(key.index.cast_signed(), &mut row);
        }
        if row.is_over(self.cx.now) {
            self.effects.delete(key);
        } else {
            self.effects.store(key, Row::ShardWaits(Box::new(row)));
        }
        Ok(())
    }

    fn pass_waits_on(&mut self, hour: Hour, row: &mut ShardWaits) {
        let to = self
            .desk
            .keys()
            .tally(row.of.brand.as_deref(), &row.of.channel, None);
        self.effects.tell(to, Message::Waits(Box::new(row.note(hour))));
    }

    fn read_waits(&mut self, key: RowKey) -> Result<Option<ShardWaits>, Corrupt> {
        match self.state.get(&key)? {
            None => Ok(None),
            Some(Row::ShardWaits(row)) => Ok(Some((**row).clone())),
            Some(_) => Err(Corrupt("a shard's waits are of another kind".into())),
        }
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
        let key = hour_row(self.key, part::SHARD_WAITS, hour);
        if let Some(mut row) = self.read_waits(key)?.filter(|row| row.is_asked) {
            self.pass_waits_on(hour, &mut row);
            self.effects.store(key, Row::ShardWaits(Box::new(row)));
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

/// The hours of some counts, each once.
fn hours<'c>(counts: impl Iterator<Item = &'c Count>) -> SmallVec<[Hour; 2]> {
    let mut hours: SmallVec<[Hour; 2]> = counts.map(Count::hour).collect();
    hours.sort_unstable();
    hours.dedup();
    hours
}
