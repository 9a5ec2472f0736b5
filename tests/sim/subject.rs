//! What is simulated: a processor, its input, and how to judge the outcome.

use std::collections::BTreeMap;

use heard::model::Millis;
use heard::processor::{Figures, Processor};
use rand_chacha::ChaCha8Rng;

use super::options::Options;
use super::outcome::Outcome;

/// An input record.
#[derive(Clone, Debug)]
pub struct Input {
    /// Index of the input topic.
    pub topic: usize,
    /// Its key: decides its partition.
    pub key: Vec<u8>,
    /// Its value.
    pub value: Vec<u8>,
}

/// A processor under simulation.
pub trait Subject {
    /// The processor; it is moved between threads, though only one at a time runs.
    type P: Processor<Row: Send> + Send;

    /// Makes one; every worker has its own.
    fn processor(&self) -> Self::P;

    /// One that applies messages with state in whatever order they come, if it has such messages.
    fn faulty(&self) -> Self::P {
        self.processor()
    }

    /// How many input topics there are.
    fn input_topics(&self) -> usize;

    /// How many output topics there are.
    fn output_topics(&self) -> usize;

    /// Whether it may run on the wall clock before the final drain: then what it does must not
    /// depend on when, but for its timers. The clock begins at `start`.
    fn may_run_live(&self) -> bool;

    /// What comes in, in order. `start` is the wall clock at the beginning.
    fn inputs(&self, rng: &mut ChaCha8Rng, start: Millis) -> Vec<Input>;

    /// Where time ends: all timers up to here have fired in the end. `None`: the largest event time;
    /// not for live runs.
    fn as_of(&self, live: bool, start: Millis) -> Option<Millis>;

    /// What was counted, by name, where the order of arrival does not matter. Names in capitals are of
    /// what never shrinks.
    fn counted(&self, figures: &Figures) -> BTreeMap<String, i64>;

    /// Whether the outcome is right; if not, why not.
    fn check(&self, expected: &Outcome, found: &Outcome, options: &Options) -> Result<(), String>;

    /// What must be so of outputs that were written before this time, when the final drain began: no deadline was judged
    /// before it had passed by the log's time.
    fn check_deadlines(&self, _inputs: &[Input], _found: &Outcome, _drained: Millis) -> Result<(), String> {
        Ok(())
    }

    /// What must also be the same if nothing but a drain has run.
    fn check_drain(&self, _expected: &Outcome, _found: &Outcome) -> Result<(), String> {
        Ok(())
    }
}
