//! What a worker has done, counted when it is certain.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use super::flows::Flows;

/// Counters of a worker. What a transaction counts is added after its commit (ENGINE.md 7).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Input records that ended in messages.
    pub taken: u64,
    /// Messages applied, from the mailbox or locally.
    pub applied: u64,
    /// Of those applied, messages delivered without the mailbox.
    pub delivered_locally: u64,
    /// Messages sent through the mailbox.
    pub mailed: u64,
    /// Records sent to output topics.
    pub emitted: u64,
    /// Timers that fired.
    pub woken: u64,
    /// Timers parked: they failed, or were still due afterwards.
    pub parked: u64,
    /// Publications that failed.
    pub publish_failed: u64,
    /// Rows written to the changelog, deletions counted.
    pub rows_written: u64,
    /// Dead letters, by code.
    pub dead_letters: BTreeMap<&'static str, u64>,
    /// Transactions committed.
    pub committed: u64,
    /// Of those committed, transactions that were begun while the one before was on its way.
    pub overlapped: u64,
    /// Transactions aborted.
    pub aborted: u64,
    /// Commits whose answer was lost.
    pub unknown: u64,
    /// Times this worker was fenced and rebuilt.
    pub rebuilt: u64,
    /// Changelog records read to restore partitions.
    pub restored: u64,
    /// Times that partitions were given.
    pub given: u64,
    /// Times that partitions were taken away in good order.
    pub taken_away: u64,
    /// Times that partitions were found to be lost.
    pub lost: u64,
    /// What was read: of the mailbox, then of each input.
    pub read: Flows,
    /// What was sent: to mailbox, changelog, dead letters, then to each output.
    pub sent: Flows,
}

impl AddAssign<&Counts> for Counts {
    fn add_assign(&mut self, other: &Counts) {
        let Counts {
            taken,
            applied,
            delivered_locally,
            mailed,
            emitted,
            woken,
            parked,
            publish_failed,
            rows_written,
            dead_letters,
            committed,
            overlapped,
            aborted,
            unknown,
            rebuilt,
            restored,
            given,
            taken_away,
            lost,
            read,
            sent,
        } = other;
        self.taken += taken;
        self.applied += applied;
        self.delivered_locally += delivered_locally;
        self.mailed += mailed;
        self.emitted += emitted;
        self.woken += woken;
        self.parked += parked;
        self.publish_failed += publish_failed;
        self.rows_written += rows_written;
        for (code, n) in dead_letters {
            *self.dead_letters.entry(code).or_default() += n;
        }
        self.committed += committed;
        self.overlapped += overlapped;
        self.aborted += aborted;
        self.unknown += unknown;
        self.rebuilt += rebuilt;
        self.restored += restored;
        self.given += given;
        self.taken_away += taken_away;
        self.lost += lost;
        self.read += read;
        self.sent += sent;
    }
}
