//! What a processor is: pure functions from a record or a message, the time and the state to effects.
//!
//! A processor has two halves. *Taking* an input keeps no state: it decodes, validates and addresses
//! (`crate::intake`). *Applying* a message is an actor's work (`crate::desk`): each actor owns rows of
//! state, all in the partition of its mailbox. The engine (`crate::engine`) performs the effects: it
//! knows nothing of complaints, and a processor knows nothing of Kafka, threads or clocks.

pub mod effect;
pub mod figures;
pub mod key;
pub mod sequential;
pub mod totals;

use thiserror::Error;

use crate::log::Record;
use crate::model::Millis;

pub use effect::{Delivered, Effect, Effects};
pub use figures::{Figure, Figures};
pub use key::{ActorKey, RowKey};
pub use totals::{Addend, Total, Totals};

/// What an apply may know of its circumstances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The declared clock: wall time, or the event clock of a drain. Rules know no other time.
    pub now: Millis,
    /// Wall time, for `recorded_at` and `routed_at` only.
    pub wall: Millis,
    /// How many actors the present chain of messages has passed, to end loops (ENGINE.md 15).
    pub hops: u8,
}

/// An input or a message that cannot be used; the engine writes it to the dead letters.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{code}: {detail}")]
pub struct Rejection {
    /// A stable short word, such as `truncated`.
    pub code: &'static str,
    /// What is wrong and where, without personal data.
    pub detail: String,
}

impl Rejection {
    /// A rejection with this code.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

/// Bytes of a row or message that do not decode.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("stored bytes cannot be read: {0}")]
pub struct Corrupt(pub String);

impl From<Corrupt> for Rejection {
    fn from(corrupt: Corrupt) -> Self {
        Self::new("corrupt_state", corrupt.0)
    }
}

/// A value the engine stores or sends as bytes. The engine puts a format number before them.
pub trait Codec: Sized {
    /// The number of the present format. Higher numbers come from newer releases.
    const FORMAT: u8;

    /// Appends the value's bytes.
    fn encode(&self, into: &mut Vec<u8>);

    /// Reads a value of the given format, `FORMAT` or lower.
    fn decode(format: u8, bytes: &[u8]) -> Result<Self, Corrupt>;
}

/// A row of an actor's state.
pub trait Row: Codec + Clone + Send + 'static {
    /// When the row wants [`Processor::wake`], if ever. The engine keeps the index of timers from
    /// this alone, so timers need no rows of their own.
    fn due(&self) -> Option<Millis>;

    /// In which queues the row stands, for the figures of those who wait. The engine keeps their
    /// lengths and their oldest from this alone.
    fn standings(&self) -> Standings {
        Standings::default()
    }

    /// What the row counts as, for the figures of all rows as they stand. The engine keeps the totals from
    /// this alone.
    fn addend(&self) -> Addend {
        Addend::default()
    }
}

/// A row's place in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which queue: what the number stands for is the processor's affair.
    pub queue: u64,
    /// Since when.
    pub since: Millis,
}

/// The queues that a row stands in.
pub type Standings = [Option<Standing>; 2];

/// The rows of one partition, as an apply sees them: with the effects of all applies before it, and
/// none of its own.
pub trait State<R> {
    /// The row, if there is one.
    fn get(&mut self, key: &RowKey) -> Result<Option<&R>, Corrupt>;
}

/// Pure logic that the engine runs. Each worker has one of its own, made on its thread, so it may keep
/// buffers.
pub trait Processor: 'static {
    /// What actors tell each other.
    type Message: Codec + Clone + Send + 'static;
    /// What actors keep.
    type Row: Row;
    /// What goes out.
    type Output: Send + 'static;

    /// Takes a record of the input topic with this index: `Tell` effects only.
    fn take(
        &self,
        input: usize,
        record: &Record<'_>,
        cx: &Context,
        effects: &mut Effects<Self::Row, Self::Message, Self::Output>,
    ) -> Result<(), Rejection>;

    /// An actor gets a message.
    fn apply(
        &self,
        to: ActorKey,
        message: &Self::Message,
        state: &mut dyn State<Self::Row>,
        cx: &Context,
        effects: &mut Effects<Self::Row, Self::Message, Self::Output>,
    ) -> Result<(), Rejection>;

    /// A row's time has come: its `due` is not after `cx.now`. The row must be stored again with a
    /// later `due`, or none; a row that stays due is parked.
    fn wake(
        &self,
        row: RowKey,
        state: &mut dyn State<Self::Row>,
        cx: &Context,
        effects: &mut Effects<Self::Row, Self::Message, Self::Output>,
    ) -> Result<(), Rejection>;

    /// This row was marked by [`Effect::Publish`], once or often: say what it has come to by the end of the
    /// transaction. `Store` and `Emit` effects only. `again`: it was published in this transaction before,
    /// and has been marked since; what is said now takes the place of what was said then.
    fn publish(
        &self,
        row: RowKey,
        again: bool,
        state: &mut dyn State<Self::Row>,
        cx: &Context,
        effects: &mut Effects<Self::Row, Self::Message, Self::Output>,
    ) -> Result<(), Rejection>;

    /// An apply failed and was undone: what must go out all the same (ENGINE.md 16). `Emit` effects
    /// only, and rows that remember them; must not fail.
    fn salvage(
        &self,
        to: ActorKey,
        message: &Self::Message,
        state: &mut dyn State<Self::Row>,
        cx: &Context,
        effects: &mut Effects<Self::Row, Self::Message, Self::Output>,
    );

    /// Encodes an output: appends its key and its value (`false`: the value is a tombstone) and
    /// returns the index of its output topic. A value over `limit` bytes is cut, with a marker.
    fn encode(
        &self,
        output: &Self::Output,
        limit: usize,
        key: &mut Vec<u8>,
        value: &mut Vec<u8>,
    ) -> (usize, bool);
}
