//! What to do when a call fails: abort and rewind, learn the outcome, or make everything anew
//! (ENGINE.md 4 to 6).

use std::time::Duration;

use super::counts::Counts;
use super::error::EngineError;
use super::event::Event;
use super::settings::Sabotage;
use super::source::Source;
use super::worker::{Worker, group_settings};
use crate::log::{Consumer, ErrorKind, Log, LogError, Producer};
use crate::processor::Processor;

/// What must be done before work can go on. A repair that fails with a passing error is tried again
/// from its beginning, so each is harmless to repeat.
#[derive(Clone, Debug)]
pub(super) enum Repair {
    /// Abort what is open, and go back to the committed offsets.
    Abort(LogError),
    /// Abort by taking the transactional id anew.
    Replace(LogError),
    /// Find out whether a commit happened, and go on from there.
    Learn,
    /// Make consumer and producer anew; all partitions come back through a rebalance.
    Rebuild(LogError),
}

impl Repair {
    /// The error that asks for it; none when it is only to be found out whether a commit happened.
    pub fn cause(&self) -> Option<&LogError> {
        match self {
            Self::Abort(error) | Self::Replace(error) | Self::Rebuild(error) => Some(error),
            Self::Learn => None,
        }
    }
}

impl<L: Log, P: Processor> Worker<L, P> {
    /// Notes what an error asks for; an error that nothing can mend stops the worker.
    pub(super) fn fail(&mut self, error: LogError) -> Result<(), EngineError> {
        let mut count = Counts::default();
        let open = u64::from(self.transaction.open || self.flight.is_some());
        if self.flight.is_some() {
            // Whatever becomes of the one on its way, the one that was built upon it has to be built again.
            self.undo_open();
        }
        self.repair = Some(match error.kind {
            ErrorKind::Retriable | ErrorKind::Abortable => {
                count.aborted = open;
                Repair::Abort(error)
            }
            ErrorKind::TooLarge => {
                self.sizes.refused();
                count.aborted = open;
                Repair::Abort(error)
            }
            ErrorKind::Unknown => {
                count.unknown = 1;
                Repair::Learn
            }
            ErrorKind::Fenced => {
                count.rebuilt = 1;
                self.check_fenced_before(&error)?;
                Repair::Rebuild(error)
            }
            ErrorKind::Expelled => {
                count.rebuilt = 1;
                Repair::Rebuild(error)
            }
            ErrorKind::Fatal => return Err(error.into()),
        });
        self.count(&count);
        Ok(())
    }

    /// Whoever stood still for a while finds its transaction ended by the broker; that is no other process.
    fn check_fenced_before(&mut self, error: &LogError) -> Result<(), EngineError> {
        let now = self.clock.monotonic();
        let within = self.settings.pace.fenced_again;
        if self.stood_still.is_some_and(|at| now < at + within) {
            return Ok(());
        }
        if self
            .fenced_at
            .replace(now)
            .is_some_and(|before| now < before + within)
        {
            return Err(EngineError::FencedAgain {
                id: self.transactional_id.clone(),
                seconds: within.as_secs(),
                detail: error.to_string(),
            });
        }
        Ok(())
    }

    /// Does what has to be done; what may pass stays to be done, after a pause.
    pub(super) fn mend(&mut self) -> Result<(), EngineError> {
        let Some(repair) = self.repair.take() else {
            return Ok(());
        };
        let result = match &repair {
            Repair::Abort(error) => self.abort(error),
            Repair::Replace(error) => self.replace(error),
            Repair::Learn => self.learn(),
            Repair::Rebuild(error) => self.rebuild(error),
        };
        let Err(error) = result else { return Ok(()) };
        match error.kind {
            // A producer that has not aborted within its time may never do so: one of the client's waits for ever for
            // partitions of a topic that it may not see any more. A new one ends what the old one left open.
            ErrorKind::Retriable => {
                self.repair = Some(match repair {
                    Repair::Abort(cause) => Repair::Replace(cause),
                    other => other,
                });
            }
            ErrorKind::Fatal => return Err(error.into()),
            ErrorKind::Fenced | ErrorKind::Expelled => self.fail(error)?,
            // The abort itself went wrong: whatever is open ends when the id is taken anew.
            ErrorKind::Abortable | ErrorKind::Unknown | ErrorKind::TooLarge => {
                self.repair = Some(match repair {
                    Repair::Abort(_) => Repair::Replace(error),
                    other => other,
                });
            }
        }
        self.pause();
        Ok(())
    }

    /// Waits longer the more has gone wrong in a row.
    fn pause(&mut self) {
        let exponent = self.aborts_in_a_row.min(20);
        self.aborts_in_a_row += 1;
        let pause = Duration::from_millis(1 << exponent).min(self.settings.pace.backoff);
        self.clock.sleep(pause);
    }

    fn abort(&mut self, cause: &LogError) -> Result<(), LogError> {
        self.undo();
        self.producer.abort()?;
        self.rewind()?;
        self.tell(&Event::Aborted(cause.clone()));
        self.pause();
        Ok(())
    }

    fn replace(&mut self, cause: &LogError) -> Result<(), LogError> {
        self.undo();
        self.take_id()?;
        self.rewind()?;
        self.tell(&Event::Aborted(cause.clone()));
        self.pause();
        Ok(())
    }

    /// A producer of the same id: fences the one before and ends what it left open.
    fn take_id(&mut self) -> Result<(), LogError> {
        let mut producer = self.log.producer(&self.transactional_id)?;
        producer.init()?;
        self.producer = producer;
        Ok(())
    }

    /// Reads on at the positions in memory.
    fn rewind(&mut self) -> Result<(), LogError> {
        let to: Vec<_> = self
            .sources()
            .map(|source| (source.partition.clone(), source.position))
            .collect();
        if to.is_empty() {
            Ok(())
        } else {
            self.consumer.seek(&to)
        }
    }

    /// A commit's answer was lost. Once the id is taken anew it can no longer happen, so what stands
    /// beside the committed offsets is the answer.
    fn learn(&mut self) -> Result<(), LogError> {
        self.take_id()?;
        let asked: Vec<_> = self.sources().filter(|source| source.pending.is_some()).collect();
        let partitions: Vec<_> = asked.iter().map(|source| source.partition.clone()).collect();
        let found = self.log.committed(&self.settings.application, &partitions)?;
        let mut committed = false;
        let mut foreign = false;
        for (source, found) in asked.iter().zip(found) {
            let found = found.map(|committed| committed.metadata);
            let ours = source.pending.as_ref().map(|(_, stamp)| stamp.to_text());
            committed |= found == ours;
            // Neither ours nor what was there before: another owns the partition by now.
            foreign |= found != ours && found != source.text;
        }
        committed &= self.settings.sabotage != Sabotage::UnknownIsAbort;
        if committed {
            self.happened();
        } else {
            let aborted = u64::from(self.flight.is_some());
            self.undo();
            self.count(&Counts {
                aborted,
                ..Counts::default()
            });
        }
        self.tell(&Event::OutcomeLearnt { committed });
        if foreign {
            let detail = "others have committed for partitions held here";
            let cause = LogError::new(ErrorKind::Expelled, "learning the outcome of a commit", detail);
            self.repair = Some(Repair::Rebuild(cause));
        } else if let Err(error) = self.rewind() {
            // The outcome is known; only the rest is to be tried again.
            self.repair = Some(Repair::Abort(error));
        }
        Ok(())
    }

    /// All partitions that are read.
    fn sources(&self) -> impl Iterator<Item = &Source> {
        self.inputs
            .values()
            .chain(self.desks.values().map(|desk| &desk.source))
    }

    fn rebuild(&mut self, cause: &LogError) -> Result<(), LogError> {
        self.undo();
        self.start_over()?;
        self.tell(&Event::Rebuilt(cause.clone()));
        self.pause();
        Ok(())
    }

    /// Leaves the group and joins it again, with a new producer. What is in memory is kept warm.
    fn start_over(&mut self) -> Result<(), LogError> {
        self.memberships += 1;
        self.keep_all_warm();
        // It may be closed or expelled already.
        _ = self.consumer.close();
        self.take_id()?;
        let group = group_settings(&self.settings, &self.transactional_id);
        self.consumer = self.log.consumer(&group)?;
        Ok(())
    }
}
