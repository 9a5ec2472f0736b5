//! Taking an input record.

use super::error::Trouble;
use super::savepoint::Scope;
use super::source::SourceId;
use super::worker::Worker;
use crate::log::{Log, Record};
use crate::model::Millis;
use crate::processor::Processor;

impl<L: Log, P: Processor> Worker<L, P> {
    /// Takes a record of the input with this index: its messages go out, or it goes to the dead
    /// letters.
    pub(super) fn take(&mut self, input: usize, record: &Record<'_>) -> Result<(), Trouble> {
        let id = (input, record.partition);
        if self.is_beyond_drain(id, record.offset) {
            return Ok(());
        }
        match self.inputs.get(&id) {
            // A record fetched before a rewind or a rebalance.
            Some(source) if source.position > record.offset => return Ok(()),
            None => return Ok(()),
            Some(_) => {}
        }
        self.begin(SourceId::Input(input, record.partition))?;
        self.transaction.counts.read.add(input + 1, record.size());
        let cx = self.context(0);
        let Self {
            scratch, processor, ..
        } = self;
        let outcome = scratch.call(|effects| processor.take(input, record, &cx, effects));
        let seen = self.scratch.effects.seen();
        let outcome = outcome.and_then(|()| self.stage(Scope::Take, 0));
        if let Some(source) = self.inputs.get_mut(&id) {
            source.read(record.offset, Millis(record.timestamp));
            if outcome.is_ok() {
                source.saw(seen);
            }
        }
        match outcome {
            Ok(()) => {
                self.transaction.counts.taken += 1;
                // An input has no rows, so no partition of its own.
                self.perform(-1, 0)
            }
            Err(reason) => {
                let topic = self.subscription[record.topic].clone();
                self.bury(&topic, record, reason)
            }
        }
    }
}
