//! Who is told what the engine has to tell, and what it is told beside events.

use std::time::Duration;

use tracing::Level;

use super::counts::Counts;
use super::event::Event;
use super::status::Status;
use crate::model::Millis;
use crate::processor::{Delivered, Figures};

/// Who is told.
pub trait Observer: Send + Sync {
    /// Something happened, for certain.
    fn event(&self, worker: usize, event: &Event);

    /// These counts are to be added to what the worker has done: those of a transaction after its
    /// commit.
    fn counted(&self, worker: usize, counts: &Counts) {
        let _ = (worker, counts);
    }

    /// A transaction has committed, and this is what its processor had counted in it.
    fn figured(&self, worker: usize, figured: &Figured<'_>) {
        let _ = (worker, figured);
    }

    /// A transaction has committed, and this is how long that took.
    fn committed(&self, worker: usize, took: &CommitTook) {
        let _ = (worker, took);
    }

    /// Whether it wants to be told how workers stand: that takes some work.
    fn follows(&self) -> bool {
        false
    }

    /// How a worker stands: told about twice a second, and soon after a rebalance.
    fn stands(&self, worker: usize, status: Status) {
        let _ = (worker, status);
    }
}

/// How long it took to make a transaction, before its commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Taking inputs: decoding, validating, addressing.
    pub taking: Duration,
    /// Applying messages, of the mailbox and of those that skip it.
    pub applying: Duration,
    /// Packing rows as the changelog has them.
    pub packing: Duration,
}

/// How long a commit took, and its parts, one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommitTook {
    /// What went before it.
    pub spent: Spent,
    /// All of it.
    pub whole: Duration,
    /// Until outputs and rows were handed to the client.
    pub writing: Duration,
    /// Until the brokers had acknowledged all of them.
    pub flushing: Duration,
    /// Until they had taken the offsets and ended the transaction.
    pub ending: Duration,
}

/// What a processor had counted in a transaction that has committed.
#[derive(Clone, Copy, Debug)]
pub struct Figured<'a> {
    /// Its figures.
    pub figures: &'a Figures,
    /// What has come to an output.
    pub delivered: &'a [Delivered],
    /// Wall time after the commit.
    pub at: Millis,
}

/// Tells the log of the program, event by event.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingObserver;

impl Observer for TracingObserver {
    fn event(&self, worker: usize, event: &Event) {
        match event.level() {
            Level::ERROR => tracing::error!(worker, "{event}"),
            Level::WARN => tracing::warn!(worker, "{event}"),
            Level::INFO => tracing::info!(worker, "{event}"),
            _ => tracing::debug!(worker, "{event}"),
        }
    }
}
