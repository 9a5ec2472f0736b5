//! A transaction on its way: all of it is sent, and brokers have not acknowledged all of it yet (ENGINE.md 3).
//!
//! They take a while, and meanwhile a worker that has more to read than it reads at once goes on: it builds the
//! next transaction in memory, upon the rows of the one that is on its way. At the log there is one at a time: what
//! the next one sends waits in the [outbox](super::outbox) until the one before has ended. If that fails, both are
//! undone.

use std::time::Duration;

use super::error::Trouble;
use super::event::Event;
use super::observer::{CommitTook, Figured};
use super::retry::retry;
use super::settings::Sabotage;
use super::source::Source;
use super::transaction::Transaction;
use super::worker::Worker;
use crate::log::{Consumer, ErrorKind, Log, LogError, OffsetCommit, Producer};
use crate::processor::Processor;

/// A transaction on its way.
#[derive(Debug)]
pub(super) struct Flight {
    transaction: Transaction,
    offsets: Vec<OffsetCommit>,
    /// Running time when its commit began...
    begun: Duration,
    /// ...and when all of it was sent.
    written: Duration,
}

impl<L: Log, P: Processor> Worker<L, P> {
    /// Sends what the open transaction has come to. From now on it is on its way, and the next one may be opened.
    /// None may be on its way already.
    pub(super) fn launch(&mut self) -> Result<(), Trouble> {
        if !self.transaction.open {
            return Ok(());
        }
        self.look_at_clock();
        let begun = self.time.running;
        self.publish_all()?;
        self.write_rows()?;
        self.stamp_sources();
        for desk in self.desks.values_mut() {
            desk.rows.launch();
            desk.source.note_rows(desk.rows.digest());
        }
        let offsets = self.offsets();
        self.outbox.hold();
        let next = std::mem::take(&mut self.spare);
        self.flight = Some(Flight {
            transaction: std::mem::replace(&mut self.transaction, next),
            offsets,
            begun,
            written: self.clock.monotonic(),
        });
        Ok(())
    }

    /// Whether brokers have acknowledged everything of the transaction on its way.
    pub(super) fn has_arrived(&mut self) -> Result<bool, LogError> {
        match self.producer.flush(Duration::ZERO) {
            Ok(()) => Ok(true),
            Err(error) if error.kind == ErrorKind::Retriable => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Ends the transaction that is on its way, if one is: waits until all of it is acknowledged, then commits.
    /// On an error nothing is certain: [`Worker::mend`] finds out.
    pub(super) fn land(&mut self) -> Result<(), Trouble> {
        let Some(flight) = &mut self.flight else {
            return Ok(());
        };
        let offsets = std::mem::take(&mut flight.offsets);
        let (begun, written, spent) = (flight.begun, flight.written, flight.transaction.spent);
        let mut flushed = written;
        match self.settings.sabotage {
            Sabotage::OffsetsBeforeFlush => {
                self.send_offsets(&offsets)?;
                self.end()?;
            }
            Sabotage::TransactionsOff => {
                self.flush()?;
                self.end()?;
                self.producer.begin()?;
                self.send_offsets(&offsets)?;
                self.end()?;
            }
            _ => {
                self.flush()?;
                flushed = self.clock.monotonic();
                self.send_offsets(&offsets)?;
                self.end()?;
            }
        }
        let ended = self.clock.monotonic();
        self.commit_took = ended.saturating_sub(begun);
        self.happened();
        let took = CommitTook {
            spent,
            whole: self.commit_took,
            writing: written.saturating_sub(begun),
            flushing: flushed.saturating_sub(written),
            ending: ended.saturating_sub(flushed),
        };
        self.observer.committed(self.index, &took);
        if took.whole >= self.settings.pace.slow_commit {
            self.tell(&Event::SlowCommit(took));
        }
        if self.transaction.open {
            self.begin_at_log()?;
        }
        Ok(())
    }

    /// Begins a transaction at the log, and sends what has waited for that.
    pub(super) fn begin_at_log(&mut self) -> Result<(), Trouble> {
        let Self {
            producer,
            clock,
            settings,
            outbox,
            ..
        } = self;
        retry(&**clock, settings.pace.retry, || producer.begin())?;
        outbox.release(producer)?;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), LogError> {
        let Self {
            producer,
            clock,
            settings,
            ..
        } = self;
        retry(&**clock, settings.pace.retry, || {
            producer.flush(settings.pace.flush)
        })
    }

    fn send_offsets(&mut self, offsets: &[OffsetCommit]) -> Result<(), LogError> {
        let Self {
            producer,
            consumer,
            clock,
            settings,
            ..
        } = self;
        retry(&**clock, settings.pace.retry, || {
            // Asked for at each attempt: proof of a generation that has passed is no proof.
            let membership = consumer.membership()?;
            producer.send_offsets(offsets, &membership)
        })
    }

    fn end(&mut self) -> Result<(), LogError> {
        let Self {
            producer,
            clock,
            settings,
            ..
        } = self;
        retry(&**clock, settings.pace.retry, || producer.commit()).map_err(|error| match error.kind {
            // It may have happened before the answer failed to come.
            ErrorKind::Retriable => LogError {
                kind: ErrorKind::Unknown,
                ..error
            },
            _ => error,
        })
    }

    /// The transaction on its way has happened: rows, offsets, counts and events become true.
    pub(super) fn happened(&mut self) {
        let Some(Flight { mut transaction, .. }) = self.flight.take() else {
            return;
        };
        self.inputs.values_mut().for_each(Source::commit);
        for desk in self.desks.values_mut() {
            desk.source.commit();
            desk.rows.land();
        }
        for partition in &transaction.markers {
            if let Some(desk) = self.desks.get_mut(partition) {
                desk.marker = true;
            }
        }
        transaction.counts.committed = 1;
        self.count(&transaction.counts);
        if !transaction.figures.is_empty() || !transaction.delivered.is_empty() {
            let figured = Figured {
                figures: &transaction.figures,
                delivered: &transaction.delivered,
                at: self.clock.wall(),
            };
            self.observer.figured(self.index, &figured);
        }
        transaction.events.drain(..).for_each(|event| self.tell(&event));
        self.recycle(transaction);
        self.aborts_in_a_row = 0;
        self.sizes.measure_rows = false;
    }

    /// What is open has not happened, nor what is on its way, as far as this worker's memory goes.
    pub(super) fn undo(&mut self) {
        let keeps = self.settings.sabotage == Sabotage::AbortKeepsRows;
        if keeps {
            for desk in self.desks.values_mut() {
                desk.rows.changes().for_each(drop);
                desk.rows.launch();
                desk.rows.land();
            }
        }
        self.undo_open();
        self.inputs.values_mut().for_each(Source::rollback);
        for desk in self.desks.values_mut() {
            desk.source.rollback();
            desk.rows.turn_back();
        }
        if let Some(Flight { transaction, .. }) = self.flight.take() {
            self.recycle(transaction);
        }
        self.outbox.reset();
    }

    /// What is open has not happened. What is on its way stays as it is.
    pub(super) fn undo_open(&mut self) {
        self.inputs.values_mut().for_each(Source::rollback_open);
        for desk in self.desks.values_mut() {
            desk.source.rollback_open();
            desk.rows.rollback();
        }
        self.local.clear();
        self.outbox.clear();
        self.transaction.reset();
    }

    /// Keeps a transaction's memory for the next.
    fn recycle(&mut self, mut transaction: Transaction) {
        transaction.reset();
        self.spare = transaction;
    }
}
