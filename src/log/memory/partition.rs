//! One partition: its records by offset, who may see which, and where it ends.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::model::Millis;

use super::super::{Ends, Isolation, Outgoing};
use super::transactions::{Outcome, ProducerId};

/// A record's name and value, if not null, of a header.
pub(super) type OwnedHeader = (String, Option<Vec<u8>>);

/// The bytes of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Payload {
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<OwnedHeader>,
}

impl Payload {
    /// Copies the bytes out of what is to be sent.
    pub fn of(record: &Outgoing<'_>) -> Self {
        let header = |h: &super::super::Header<'_>| (h.name.to_owned(), h.value.map(<[u8]>::to_vec));
        Self {
            key: record.key.map(<[u8]>::to_vec),
            value: record.value.map(<[u8]>::to_vec),
            headers: record.headers.iter().map(header).collect(),
        }
    }

    /// Bytes of key, value and headers.
    pub fn size(&self) -> usize {
        let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
        let headers: usize = self
            .headers
            .iter()
            .map(|(name, value)| name.len() + length(value))
            .sum();
        length(&self.key) + length(&self.value) + headers
    }
}

/// Whether the transaction of a record has ended, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Pending,
    Committed,
    Aborted,
}

#[derive(Debug)]
enum Body {
    Data(Payload),
    /// The end of a transaction in this partition. Takes an offset, is never delivered.
    Control,
}

#[derive(Debug)]
struct Stored {
    timestamp: Millis,
    producer: ProducerId,
    standing: Standing,
    body: Body,
}

/// A record as a fetch finds it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'a> {
    pub offset: i64,
    pub timestamp: Millis,
    pub payload: &'a Payload,
}

/// The records of one partition.
#[derive(Debug, Default)]
pub(super) struct Partition {
    records: BTreeMap<i64, Stored>,
    start: i64,
    next: i64,
    /// The first offset of each transaction that is open here.
    open: BTreeMap<ProducerId, i64>,
}

impl Partition {
    /// Where it begins and ends.
    pub fn ends(&self) -> Ends {
        let first_open = self.open.values().min().copied().unwrap_or(self.next);
        Ends {
            start: self.start,
            last_stable: first_open.max(self.start),
            high_watermark: self.next,
        }
    }

    /// The first record of this time or later.
    pub fn offset_at(&self, time: Millis) -> Option<i64> {
        let of_data = |stored: &Stored| matches!(stored.body, Body::Data(_));
        let mut found = self
            .records
            .iter()
            .filter(|(_, stored)| of_data(stored) && stored.timestamp >= time);
        found.next().map(|(offset, _)| *offset)
    }

    /// Writes a record of an open transaction.
    pub fn append(&mut self, producer: ProducerId, payload: Payload, timestamp: Millis) {
        self.open.entry(producer).or_insert(self.next);
        self.push(Stored {
            timestamp,
            producer,
            standing: Standing::Pending,
            body: Body::Data(payload),
        });
    }

    /// Writes a record of no transaction: it is there at once.
    pub fn append_plain(&mut self, payload: Payload, timestamp: Millis) {
        self.push(Stored {
            timestamp,
            producer: ProducerId::NONE,
            standing: Standing::Committed,
            body: Body::Data(payload),
        });
    }

    /// Ends the producer's transaction here: settles its records and writes the control record.
    pub fn mark(&mut self, producer: ProducerId, outcome: Outcome, timestamp: Millis) {
        let standing = match outcome {
            Outcome::Commit => Standing::Committed,
            Outcome::Abort => Standing::Aborted,
        };
        // A transaction that added the partition but never wrote to it leaves its marker all the same.
        if let Some(first) = self.open.remove(&producer) {
            for (_, record) in self.records.range_mut(first..) {
                if record.producer == producer && record.standing == Standing::Pending {
                    record.standing = standing;
                }
            }
        }
        self.push(Stored {
            timestamp,
            producer,
            standing,
            body: Body::Control,
        });
    }

    fn push(&mut self, record: Stored) {
        self.records.insert(self.next, record);
        self.next += 1;
    }

    /// Hands at most `limit` records from offset `from` on to `take`, in order, and returns the offset
    /// to go on from: past control and aborted records behind the last one delivered. `None` if `from`
    /// is before the start or past the end.
    pub fn fetch<'a>(
        &'a self,
        from: i64,
        isolation: Isolation,
        limit: usize,
        mut take: impl FnMut(Found<'a>),
    ) -> Option<i64> {
        if from < self.start || from > self.next {
            return None;
        }
        let end = match isolation {
            Isolation::Committed => self.ends().last_stable,
            Isolation::Uncommitted => self.next,
        };
        let mut taken = 0;
        for (&offset, record) in self.records.range(from..end.max(from)) {
            let Some(payload) = record.visible(isolation) else {
                continue;
            };
            if taken == limit {
                return Some(offset);
            }
            take(Found {
                offset,
                timestamp: record.timestamp,
                payload,
            });
            taken += 1;
        }
        Some(end.max(from))
    }

    /// Deletes what is before `offset`; false if that is past the end.
    pub fn delete_before(&mut self, offset: i64) -> bool {
        if offset > self.next {
            return false;
        }
        if offset > self.start {
            self.start = offset;
            self.records = self.records.split_off(&offset);
        }
        true
    }

    /// See [`super::MemoryLog::lose`].
    pub fn lose(&mut self, offsets: Range<i64>) {
        self.records.retain(|offset, _| !offsets.contains(offset));
        if offsets.contains(&(self.next - 1)) {
            self.next = offsets.start.max(self.start);
        }
    }

    /// See [`super::MemoryLog::compact`].
    pub fn compact(&mut self, drop_tombstones: bool) {
        let stable = self.ends().last_stable;
        let mut seen: BTreeSet<Vec<u8>> = BTreeSet::new();
        let mut gone = Vec::new();
        for (&offset, record) in self.records.range(..stable).rev() {
            let stays = match record.visible(Isolation::Committed) {
                Some(Payload {
                    key: Some(key),
                    value,
                    ..
                }) => seen.insert(key.clone()) && !(drop_tombstones && value.is_none()),
                Some(Payload { key: None, .. }) => true,
                None => false,
            };
            if !stays {
                gone.push(offset);
            }
        }
        for offset in gone {
            self.records.remove(&offset);
        }
    }
}

impl Stored {
    fn visible(&self, isolation: Isolation) -> Option<&Payload> {
        match (&self.body, isolation) {
            (Body::Control, _) => None,
            (Body::Data(payload), Isolation::Uncommitted) => Some(payload),
            (Body::Data(payload), Isolation::Committed) => {
                (self.standing == Standing::Committed).then_some(payload)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(7);

    fn payload(key: &str, value: Option<&str>) -> Payload {
        Payload {
            key: Some(key.into()),
            value: value.map(Into::into),
            headers: Vec::new(),
        }
    }

    fn values(partition: &Partition, isolation: Isolation) -> (Vec<(i64, String)>, Option<i64>) {
        let mut read = Vec::new();
        let next = partition.fetch(partition.ends().start, isolation, 100, |found| {
            let value = found.payload.value.clone().unwrap_or_else(|| b"-".to_vec());
            read.push((found.offset, String::from_utf8(value).expect("ASCII")));
        });
        (read, next)
    }

    #[test]
    fn an_open_transaction_hides_what_comes_after_it() {
        let (one, two) = (ProducerId(1), ProducerId(2));
        let mut p = Partition::default();
        p.append(one, payload("a", Some("1")), NOW);
        p.append(two, payload("a", Some("2")), NOW);
        p.mark(two, Outcome::Commit, NOW);
        assert_eq!(
            p.ends(),
            Ends {
                start: 0,
                last_stable: 0,
                high_watermark: 3
            }
        );
        assert_eq!(values(&p, Isolation::Committed), (vec![], Some(0)));
        assert_eq!(
            values(&p, Isolation::Uncommitted),
            (vec![(0, "1".into()), (1, "2".into())], Some(3))
        );
        p.mark(one, Outcome::Abort, NOW);
        assert_eq!(
            p.ends(),
            Ends {
                start: 0,
                last_stable: 4,
                high_watermark: 4
            }
        );
        assert_eq!(values(&p, Isolation::Committed), (vec![(1, "2".into())], Some(4)));
    }

    #[test]
    fn a_limited_fetch_goes_on_past_what_it_may_not_show() {
        let mut p = Partition::default();
        for value in ["1", "2"] {
            p.append(ProducerId(1), payload("k", Some(value)), NOW);
            p.mark(ProducerId(1), Outcome::Commit, NOW);
        }
        assert_eq!(p.fetch(0, Isolation::Committed, 1, |_| ()), Some(2));
        assert_eq!(p.fetch(2, Isolation::Committed, 1, |_| ()), Some(4));
        assert_eq!(p.fetch(5, Isolation::Committed, 1, |_| ()), None);
    }

    #[test]
    fn compaction_keeps_the_newest_committed_value_and_all_that_is_not_stable() {
        let p1 = ProducerId(1);
        let mut p = Partition::default();
        p.append(p1, payload("a", Some("old")), NOW); // 0
        p.append(p1, payload("b", Some("kept")), NOW); // 1
        p.append(p1, payload("c", Some("dies")), NOW); // 2
        p.mark(p1, Outcome::Commit, NOW); // 3
        p.append(p1, payload("b", Some("aborted")), NOW); // 4
        p.mark(p1, Outcome::Abort, NOW); // 5
        p.append(p1, payload("a", Some("new")), NOW); // 6
        p.append(p1, payload("c", None), NOW); // 7
        p.mark(p1, Outcome::Commit, NOW); // 8
        p.append(ProducerId(2), payload("a", Some("open")), NOW); // 9
        p.compact(false);
        let kept = vec![(1, "kept".to_owned()), (6, "new".into()), (7, "-".into())];
        assert_eq!(values(&p, Isolation::Committed), (kept, Some(9)));
        p.compact(true);
        assert_eq!(
            values(&p, Isolation::Committed).0,
            vec![(1, "kept".to_owned()), (6, "new".into())]
        );
        p.mark(ProducerId(2), Outcome::Commit, NOW);
        p.compact(true);
        assert_eq!(
            values(&p, Isolation::Committed).0,
            vec![(1, "kept".to_owned()), (9, "open".into())]
        );
        assert_eq!(
            p.ends(),
            Ends {
                start: 0,
                last_stable: 11,
                high_watermark: 11
            }
        );
    }

    #[test]
    fn deleted_records_are_before_the_start() {
        let mut p = Partition::default();
        for value in ["1", "2"] {
            p.append(ProducerId(1), payload("k", Some(value)), NOW);
        }
        p.mark(ProducerId(1), Outcome::Commit, NOW);
        assert!(!p.delete_before(4), "past the end");
        assert!(p.delete_before(1));
        assert!(p.delete_before(0), "already gone");
        assert_eq!(p.ends().start, 1);
        assert_eq!(values(&p, Isolation::Committed).0, vec![(1, "2".to_owned())]);
        assert_eq!(
            p.fetch(0, Isolation::Committed, 9, |_| ()),
            None,
            "before the start"
        );
    }
}
