//! An hour at the tally: what its shards have counted, and how far it is decided.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::baseline::{HOUR, Minute};
use super::sums::{Opened, Sums, add};
use super::{Hour, ShardNote, SurveyCell, decided_at, hour_decided_at};
use crate::config::rules::Span;
use crate::model::Millis;

/// An hour at the tally that is not decided to its end. It is small: what shards will add nothing to is in a
/// row of its own, the hour's sealed sums.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenHour {
    /// Which.
    pub hour: Hour,
    /// Of each shard, the latest note of each chunk that is not sealed.
    shards: SmallVec<[Part; 1]>,
    /// Shards of which chunks are sealed, and how many.
    sealed: SmallVec<[(u8, u32); 0]>,
    /// The minutes of which something is sealed, a bit each.
    sealed_minutes: u64,
    /// How many of its minutes are decided.
    decided: u8,
    /// When there is something to decide.
    pub due: Millis,
}

/// What one shard has counted in one chunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    shard: u8,
    chunk: u32,
    is_whole: bool,
    number: u32,
    sums: Arc<Sums>,
}

/// Cases by the minute in which they opened.
pub type ByMinute = BTreeMap<Minute, i32>;

/// What is decided of an hour at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// The minute before which all is decided.
    pub end: Minute,
    /// Cases by issue; no issue: all of them. What was taken back is not among them.
    pub opened: BTreeMap<Option<SmolStr>, ByMinute>,
    /// Whether that is the whole hour.
    pub is_over: bool,
}

impl OpenHour {
    /// An hour of which nothing is known.
    pub fn new(hour: Hour) -> Self {
        Self {
            hour,
            shards: SmallVec::new(),
            sealed: SmallVec::new(),
            sealed_minutes: 0,
            decided: 0,
            due: Millis(0),
        }
    }

    /// Takes a shard's note, unless it is older than the one known. Returns what is whole by now, to be added
    /// to the sealed sums: chunk by chunk in their order, each once.
    pub fn take(&mut self, note: &ShardNote, lateness: Span) -> SmallVec<[Arc<Sums>; 1]> {
        let mut whole = SmallVec::new();
        let is_part = |part: &Part| (part.shard, part.chunk) == (note.shard, note.chunk);
        let known = self.shards.iter().position(is_part);
        let is_old = known.is_some_and(|at| self.shards[at].number >= note.number);
        if is_old || note.chunk < self.sealed_of(note.shard) {
            return whole;
        }
        known.map(|at| self.shards.remove(at));
        self.shards.push(Part {
            shard: note.shard,
            chunk: note.chunk,
            is_whole: note.is_whole,
            number: note.number,
            sums: Arc::clone(&note.sums),
        });
        while let Some(sums) = self.seal(note.shard) {
            whole.push(sums);
        }
        self.schedule(lateness);
        whole
    }

    /// How many chunks of a shard are sealed.
    fn sealed_of(&self, shard: u8) -> u32 {
        let sealed = self.sealed.iter().find(|(known, _)| *known == shard);
        sealed.map_or(0, |(_, chunks)| *chunks)
    }

    /// The shard's next chunk, if it is whole, is sealed.
    fn seal(&mut self, shard: u8) -> Option<Arc<Sums>> {
        let next = self.sealed_of(shard);
        let is_next = |part: &Part| (part.shard, part.chunk, part.is_whole) == (shard, next, true);
        let at = self.shards.iter().position(is_next)?;
        let sums = self.shards.remove(at).sums;
        for opened in &sums.opened {
            self.sealed_minutes |= 1 << opened.minute;
        }
        match self.sealed.iter_mut().find(|(known, _)| *known == shard) {
            Some((_, chunks)) => *chunks += 1,
            None => self.sealed.push((shard, 1)),
        }
        Some(sums)
    }

    /// Whether there are sealed sums.
    pub fn is_sealed(&self) -> bool {
        !self.sealed.is_empty()
    }

    /// Decides the minutes for which the bound has passed at `now`.
    pub fn decide(&mut self, sealed: &Sums, now: Millis, lateness: Span) -> Decided {
        let first = self.hour * HOUR;
        let begun = super::minute_of(now.plus(-lateness.ms()));
        let end = begun.clamp(first + i64::from(self.decided), first + HOUR);
        let minutes = self.decided..(end - first) as u8;
        let mut cases_of: BTreeMap<Option<SmolStr>, ByMinute> = BTreeMap::new();
        let opened = self.all(sealed).flat_map(|sums| &sums.opened);
        for Opened { minute, issue, cases } in opened.filter(|opened| minutes.contains(&opened.minute)) {
            let minute = first + i64::from(*minute);
            let places = issue.iter().map(|issue| Some(issue.clone())).chain([None]);
            for place in places {
                *cases_of.entry(place).or_default().entry(minute).or_default() += cases;
            }
        }
        for by_minute in cases_of.values_mut() {
            by_minute.retain(|_, cases| *cases != 0);
        }
        cases_of.retain(|_, by_minute| !by_minute.is_empty());
        self.decided = minutes.end;
        self.schedule(lateness);
        Decided {
            end,
            opened: cases_of,
            is_over: i64::from(self.decided) == HOUR,
        }
    }

    fn all<'s>(&'s self, sealed: &'s Sums) -> impl Iterator<Item = &'s Sums> {
        self.shards.iter().map(|part| &*part.sums).chain([sealed])
    }

    /// When people replied in it, in order.
    pub fn replies(&self, sealed: &Sums) -> Vec<Millis> {
        let mut all = Sums::default();
        for (into, by) in self.all(sealed).flat_map(|sums| &sums.replied) {
            add(&mut all.replied, *into, *by);
        }
        all.replies(self.hour).collect()
    }

    /// Cases that opened in the minute of a time and after it.
    pub fn opened_since(&self, sealed: &Sums, at: Millis) -> u64 {
        let minute = super::minute_of(at) - self.hour * HOUR;
        let opened = self.all(sealed).flat_map(|sums| &sums.opened);
        let since = opened.filter(|opened| i64::from(opened.minute) >= minute);
        let cases: i64 = since.map(|opened| i64::from(opened.cases)).sum();
        u64::try_from(cases).unwrap_or(0)
    }

    /// Surveyed cases.
    pub fn surveys(&self, sealed: &Sums) -> Vec<(SurveyCell, i32)> {
        let mut all = Vec::new();
        for (cell, by) in self.all(sealed).flat_map(|sums| &sums.surveys) {
            add(&mut all, *cell, *by);
        }
        all
    }

    /// The next minute with something in it, else the end.
    fn schedule(&mut self, lateness: Span) {
        let opened = self.shards.iter().flat_map(|part| &part.sums.opened);
        let minutes = opened
            .map(|opened| opened.minute)
            .filter(|minute| *minute >= self.decided);
        let left = self
            .sealed_minutes
            .checked_shr(u32::from(self.decided))
            .unwrap_or(0);
        let sealed = (left != 0).then(|| self.decided + left.trailing_zeros() as u8);
        self.due = match minutes.chain(sealed).min() {
            Some(minute) => decided_at(self.hour * HOUR + i64::from(minute), lateness),
            None => hour_decided_at(self.hour, lateness),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::{OpenHour, Sums};
    use crate::config::rules::Span;
    use crate::desk::tally::{Count, Counted, ShardNote};
    use crate::model::Millis;

    const LATENESS: Span = Span::minutes(10);
    const HOUR_MS: i64 = 3_600_000;

    fn opened(minute: i64, issue: Option<&str>, by: i8) -> Count {
        let issue = issue.map(Into::into);
        Count::Opened { minute, issue, by }
    }

    fn replied(into: i64, by: i8) -> Count {
        Count::Replied {
            at: Millis(HOUR_MS + into),
            by,
        }
    }

    fn sums(counts: &[Count]) -> Sums {
        let mut sums = Sums::default();
        counts.iter().for_each(|count| sums.add(count));
        sums
    }

    fn note(shard: u8, number: u32, counts: &[Count]) -> ShardNote {
        let (brand, channel) = (None, "chat".into());
        ShardNote {
            of: Counted { brand, channel },
            shard,
            hour: 1,
            chunk: 0,
            is_whole: false,
            number,
            sums: Arc::new(sums(counts)),
        }
    }

    fn at(minute: i64) -> Millis {
        Millis(minute * 60_000)
    }

    /// Shards are put together, of each the latest note, whatever the order; each minute is decided once.
    #[test]
    fn minutes_are_decided_when_the_bound_has_passed() {
        let notes = [
            note(0, 1, &[opened(61, None, 1)]),
            note(0, 2, &[opened(61, None, 1), opened(61, Some("parcel"), 1)]),
            note(5, 1, &[opened(61, Some("parcel"), 1), opened(90, None, 1)]),
        ];
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            let mut hour = OpenHour::new(1);
            let none = Sums::default();
            order.into_iter().for_each(|i| _ = hour.take(&notes[i], LATENESS));
            assert_eq!(hour.due, at(72));
            assert_eq!(
                hour.decide(&none, Millis(at(72).0 - 1), LATENESS).opened,
                BTreeMap::new()
            );
            let decided = hour.decide(&none, at(72), LATENESS);
            assert_eq!((decided.end, decided.is_over), (62, false));
            let parcel = (Some("parcel".into()), [(61, 2)].into());
            assert_eq!(decided.opened, [(None, [(61, 3)].into()), parcel].into());
            assert_eq!(hour.due, at(101));
            assert_eq!(
                hour.decide(&none, at(101), LATENESS).opened,
                [(None, [(90, 1)].into())].into()
            );
            assert_eq!(hour.due, at(130));
            let decided = hour.decide(&none, at(500), LATENESS);
            assert!(decided.is_over && decided.opened.is_empty() && decided.end == 120);
        }
    }

    /// What a shard tells in chunks comes to the same in any order and however often it is told, and only
    /// what is not whole is left in the hour's own row.
    #[test]
    fn chunks_are_sealed_once_each_in_any_order() {
        let chunk = |chunk, is_whole, number, counts: &[Count]| ShardNote {
            chunk,
            is_whole,
            ..note(3, number, counts)
        };
        let told = [
            chunk(0, false, 1, &[opened(61, None, 1)]),
            chunk(
                0,
                true,
                2,
                &[opened(61, None, 1), opened(62, None, 1), replied(7, 1)],
            ),
            chunk(1, true, 3, &[opened(62, None, 1), replied(9, 1)]),
            chunk(2, false, 4, &[opened(90, None, 1), replied(7, -1)]),
        ];
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]] {
            let (mut hour, mut sealed) = (OpenHour::new(1), Sums::default());
            for note in order.into_iter().chain(order).map(|i| &told[i]) {
                for whole in hour.take(note, LATENESS) {
                    sealed.merge(&whole);
                }
            }
            assert!(hour.is_sealed() && hour.shards.len() == 1, "{order:?}");
            assert_eq!(hour.due, at(72), "{order:?}");
            assert_eq!(hour.replies(&sealed), [Millis(HOUR_MS + 9)], "{order:?}");
            assert_eq!(hour.opened_since(&sealed, at(62)), 3, "{order:?}");
            let decided = hour.decide(&sealed, at(72), LATENESS);
            assert_eq!(decided.opened, [(None, [(61, 1)].into())].into(), "{order:?}");
            assert_eq!(hour.due, at(73), "{order:?}");
            let decided = hour.decide(&sealed, at(500), LATENESS);
            assert_eq!(
                decided.opened,
                [(None, [(62, 2), (90, 1)].into())].into(),
                "{order:?}"
            );
        }
    }
}
