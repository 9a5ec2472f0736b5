//! Partitions on their way to a worker, and whether what is read of them belongs together.

use std::time::Duration;

use super::error::Refusal;
use super::packed::Digest;
use super::rows::Rows;
use super::source::SourceId;
use super::stamp::Stamp;
use crate::log::{CommittedOffset, Ends};
use crate::processor::Row;

/// Rows of a partition that was taken away; caught up if it comes back soon. In an eager rebalance
/// everything is taken away and most of it given back.
#[derive(Debug)]
pub(super) struct Warm<R> {
    pub rows: Rows<R>,
    pub marker: bool,
    /// A changelog offset: the rows hold at least what is committed before it.
    pub as_of: i64,
    /// Running time when the partition was taken away.
    pub since: Duration,
}

/// A mailbox partition on its way.
#[derive(Debug)]
pub(super) struct Incoming<R> {
    pub number: i32,
    pub rows: Option<Rows<R>>,
    pub marker: bool,
    /// Where in the changelog to read on.
    pub from: i64,
    /// What the group has committed, and the ends of the mailbox partition.
    pub committed: Option<CommittedOffset>,
    pub mailbox: Ends,
    /// The changelog's high watermark, taken after the committed offset.
    pub target: i64,
    pub records: u64,
    /// How many of them this release cannot read, although it knows their format.
    pub unreadable: u64,
    pub warm: bool,
    /// It holds what only a newer release knows: its rows are read no further, so what is in memory is not whole.
    pub blocked: bool,
}

impl<R> Incoming<R> {
    /// Its rows, to be caught up if it comes back soon: what is in memory is a beginning of the changelog, up to where
    /// it was read. Of a partition that is blocked that is not so: the reader went on past what was left out.
    pub fn into_warm(self, read: Option<i64>, since: Duration) -> Option<Warm<R>> {
        let rows = self.rows.filter(|_| !self.blocked)?;
        Some(Warm {
            rows,
            marker: self.marker,
            as_of: read.unwrap_or(self.from),
            since,
        })
    }
}

/// Partitions that were given together.
#[derive(Debug)]
pub(super) struct Arrival<R, Rd> {
    pub inputs: Vec<(usize, i32)>,
    pub desks: Vec<Incoming<R>>,
    /// Reads the changelogs; `None` until the offsets are known.
    pub reader: Option<Rd>,
    /// Whether they are known.
    pub asked: bool,
    pub begun: Duration,
    /// When it last got on, in running time.
    pub progress: Duration,
    /// When its reader was last made anew, since it did not.
    pub renewed: Duration,
}

impl<R: Row, Rd> Arrival<R, Rd> {
    /// These partitions were given at this running time.
    pub fn new(ids: Vec<SourceId>, now: Duration) -> Self {
        let mut arrival = Self {
            inputs: Vec::new(),
            desks: Vec::new(),
            reader: None,
            asked: false,
            begun: now,
            progress: now,
            renewed: now,
        };
        for id in ids {
            match id {
                SourceId::Input(topic, partition) => arrival.inputs.push((topic, partition)),
                SourceId::Mailbox(number) => arrival.desks.push(Incoming {
                    number,
                    rows: None,
                    marker: false,
                    from: 0,
                    committed: None,
                    mailbox: Ends::default(),
                    target: 0,
                    records: 0,
                    unreadable: 0,
                    warm: false,
                    blocked: false,
                }),
            }
        }
        arrival
    }

    /// The mailbox partitions that are not read yet, and whether they are blocked for good.
    pub fn mailboxes(&self) -> impl Iterator<Item = (i32, bool)> + '_ {
        self.desks.iter().map(|desk| (desk.number, desk.blocked))
    }

    /// Whether every partition is being read, or is blocked for good.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty() && self.desks.iter().all(|desk| desk.blocked)
    }
}

/// Whether rows and committed offset belong together; where to read the mailbox from.
pub(super) fn check_state<R: Row>(desk: &Incoming<R>) -> Result<i64, Refusal> {
    check_readable(desk.unreadable, desk.records)?;
    match (&desk.committed, desk.marker) {
        (Some(committed), true) => {
            check_whole(committed, desk.rows.as_ref().map(Rows::digest))?;
            check_range(committed.offset, desk.mailbox)
        }
        (Some(committed), false) => Err(Refusal::OffsetWithoutRows(committed.offset)),
        (None, true) => Err(Refusal::RowsWithoutOffset),
        (None, false) if desk.records > 0 => Err(Refusal::RowsWithoutOffset),
        (None, false) if desk.mailbox.start > 0 => Err(Refusal::Purged(desk.mailbox.start)),
        (None, false) => Ok(0),
    }
}

/// Whether the rows are those that the last commit left behind. Offsets that others have written, or an earlier release,
/// do not tell.
fn check_whole(committed: &CommittedOffset, found: Option<Digest>) -> Result<(), Refusal> {
    let Some(left) = Stamp::parse(&committed.metadata).rows else {
        return Ok(());
    };
    let found = found.unwrap_or_default();
    if found == left {
        return Ok(());
    }
    Err(Refusal::NotWhole {
        left: left.rows,
        found: found.rows,
    })
}

/// Of so many records in a thousand it may be that they cannot be read, each told as it is found...
const TOLERATED_IN_1000: u64 = 5;
/// ...and of so many in a small partition.
const TOLERATED: u64 = 10;

/// Whether a restore may go on (ENGINE.md 8). Where many rows cannot be read, it is the wrong topic or a fault of ours:
/// to go on would write it down.
fn check_readable(unreadable: u64, records: u64) -> Result<(), Refusal> {
    if unreadable > TOLERATED && unreadable * 1000 > records * TOLERATED_IN_1000 {
        return Err(Refusal::Unreadable { unreadable, records });
    }
    Ok(())
}

/// Where to read on: what was committed, if it is still there.
pub(super) fn check_range(committed: i64, ends: Ends) -> Result<i64, Refusal> {
    if committed < ends.start {
        return Err(Refusal::InputDeleted {
            committed,
            start: ends.start,
        });
    }
    if committed > ends.high_watermark {
        return Err(Refusal::BeyondEnd {
            committed,
            end: ends.high_watermark,
        });
    }
    Ok(committed)
}

#[cfg(test)]
mod tests {
    use super::check_readable;

    #[test]
    fn a_few_rows_that_cannot_be_read_are_no_reason_to_stop_and_many_are() {
        //   given so many unreadable   of so many   the restore goes on
        for (unreadable, records, goes_on) in [
            (0, 0, true),
            (1, 1, true),
            (10, 10, true),
            (11, 11, false),
            (11, 2_199, false),
            (11, 2_200, true),
            (5_000, 1_000_000, true),
            (5_001, 1_000_000, false),
        ] {
            let checked = check_readable(unreadable, records);
            assert_eq!(checked.is_ok(), goes_on, "{unreadable} of {records}");
        }
    }
}
