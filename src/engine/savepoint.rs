//! A savepoint: a processor's call and the encoding of what it wants, before anything is done of it.
//!
//! An apply that fails or panics has changed nothing: its effects are a list, and they are performed
//! only after everything that can fail on the processor's side has been done (ENGINE.md 16).

use std::ops::Range;

use super::local::LocalQueue;
use super::panics::guard;
use super::sizes::{Sizes, Target};
use super::source::Desk;
use super::{envelope, worker::Desks};
use crate::log::partitioner::partition;
use crate::processor::{ActorKey, Codec, Effect, Effects, Processor, Rejection, RowKey};

/// What the call at hand may want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// An input is taken: messages only.
    Take,
    /// An actor applies a message or is woken: everything, of its own rows.
    Actor(ActorKey),
    /// A row of an actor is published: its rows, and outputs.
    Publish(ActorKey),
    /// A failed message of an actor is salvaged: outputs, and rows that remember them.
    Salvage(ActorKey),
}

impl Scope {
    fn allows<R, M, O>(self, effect: &Effect<R, M, O>) -> bool {
        match (self, effect) {
            (Self::Take | Self::Actor(_), Effect::Tell { .. }) => true,
            (Self::Actor(own), Effect::Continue { to, .. }) => *to == own,
            (Self::Actor(own), Effect::Publish(row)) => row.actor == own,
            (Self::Actor(own) | Self::Publish(own) | Self::Salvage(own), Effect::Store { row, .. }) => {
                row.actor == own
            }
            (Self::Actor(_) | Self::Publish(_) | Self::Salvage(_), Effect::Emit(_)) => true,
            _ => false,
        }
    }
}

/// What will be done of an effect.
#[derive(Debug)]
pub(super) enum Staged {
    /// A row is stored, or marked for publication.
    Rows,
    /// A message joins the local queue, for this partition.
    Local(i32),
    /// A message goes to this mailbox partition; its value is in the arena.
    Mail(i32, Range<usize>),
    /// A record goes to this output topic: key and value in the arena.
    Output(usize, Range<usize>, Option<Range<usize>>),
}

/// Buffers that serve every call in turn.
pub(super) struct Scratch<P: Processor> {
    /// What the processor wants.
    pub effects: Effects<P::Row, P::Message, P::Output>,
    /// What will be done of each effect.
    pub staged: Vec<Staged>,
    /// Encoded keys and values.
    pub arena: Vec<u8>,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl<P: Processor> Default for Scratch<P> {
    fn default() -> Self {
        Self {
            effects: Effects::default(),
            staged: Vec::new(),
            arena: Vec::new(),
            key: Vec::new(),
            value: Vec::new(),
        }
    }
}

/// What staging must know of the worker.
pub(super) struct Stage<'a, P: Processor> {
    pub processor: &'a P,
    pub sizes: &'a Sizes,
    pub desks: &'a Desks<P::Row>,
    pub mailbox_partitions: i32,
    pub local: Option<&'a mut LocalQueue<P::Message>>,
    pub hops: u8,
    pub scope: Scope,
}

impl<P: Processor> Scratch<P> {
    /// Calls the processor, with no effects at hand yet.
    pub fn call(
        &mut self,
        call: impl FnOnce(&mut Effects<P::Row, P::Message, P::Output>) -> Result<(), Rejection>,
    ) -> Result<(), Rejection> {
        self.effects.clear();
        self.staged.clear();
        self.arena.clear();
        guard(|| call(&mut self.effects))
    }

    /// Decides and encodes what will be done of the effects.
    pub fn stage(&mut self, mut stage: Stage<'_, P>) -> Result<(), Rejection> {
        let Self {
            effects,
            staged,
            arena,
            key,
            value,
        } = self;
        guard(|| {
            for effect in effects.as_slice() {
                if !stage.scope.allows(effect) {
                    return Err(not_allowed(effect));
                }
                staged.push(match effect {
                    Effect::Publish(_) => Staged::Rows,
                    Effect::Store { value: row, .. } => {
                        if stage.sizes.measure_rows
                            && let Some(row) = row
                        {
                            value.clear();
                            row.encode(value);
                            let limit = stage.sizes.limit(Target::Changelog);
                            within(RowKey::LEN + 1 + value.len(), limit, "row_too_large")?;
                        }
                        Staged::Rows
                    }
                    Effect::Tell { to, message } => stage.message(*to, message, true, arena)?,
                    Effect::Continue { to, message } => stage.message(*to, message, false, arena)?,
                    Effect::Emit(output) => {
                        key.clear();
                        stage.output(output, key, arena)?
                    }
                });
            }
            Ok(())
        })
    }
}

impl<P: Processor> Stage<'_, P> {
    fn message(
        &mut self,
        to: ActorKey,
        message: &P::Message,
        next_actor: bool,
        arena: &mut Vec<u8>,
    ) -> Result<Staged, Rejection> {
        let to_partition = partition(&to.to_bytes(), self.mailbox_partitions);
        if next_actor
            && let Some(local) = &mut self.local
            && self.desks.get(&to_partition).is_some_and(Desk::takes_local)
            && local.reserve()
        {
            return Ok(Staged::Local(to_partition));
        }
        let start = arena.len();
        let hops = if next_actor {
            self.hops.saturating_add(1)
        } else {
            self.hops
        };
        envelope::write(message, hops, arena);
        let size = ActorKey::LEN + arena.len() - start;
        within(size, self.sizes.limit(Target::Mailbox), "message_too_large")?;
        Ok(Staged::Mail(to_partition, start..arena.len()))
    }

    fn output(
        &self,
        output: &P::Output,
        key: &mut Vec<u8>,
        arena: &mut Vec<u8>,
    ) -> Result<Staged, Rejection> {
        // Where it goes is known only once it is encoded; a topic that takes less is met by encoding
        // once more.
        let start = arena.len();
        let (mut topic, mut has_value) = self.processor.encode(output, self.sizes.roomiest(), key, arena);
        let limit = self.sizes.limit(Target::Output(topic));
        if key.len() + arena.len() - start > limit {
            let left = limit.saturating_sub(key.len());
            key.clear();
            arena.truncate(start);
            (topic, has_value) = self.processor.encode(output, left, key, arena);
        }
        within(key.len() + arena.len() - start, limit, "output_too_large")?;
        let middle = arena.len();
        arena.extend_from_slice(key);
        Ok(Staged::Output(
            topic,
            middle..arena.len(),
            has_value.then_some(start..middle),
        ))
    }
}

fn within(size: usize, limit: usize, code: &'static str) -> Result<(), Rejection> {
    if size <= limit {
        return Ok(());
    }
    Err(Rejection::new(
        code,
        format!("{size} bytes, where {limit} are taken"),
    ))
}

fn not_allowed<R, M, O>(effect: &Effect<R, M, O>) -> Rejection {
    let name = match effect {
        Effect::Store { .. } => "Store",
        Effect::Tell { .. } => "Tell",
        Effect::Continue { .. } => "Continue",
        Effect::Emit(_) => "Emit",
        Effect::Publish(_) => "Publish",
    };
    Rejection::new(
        "effect_not_allowed",
        format!("the processor asked for {name} where it may not"),
    )
}
