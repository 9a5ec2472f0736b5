//! A transactional producer, as the client knows itself: its epoch, and what it may do next.

use std::sync::Arc;
use std::time::Duration;

use super::super::{ErrorKind, LogError, OffsetCommit, Outgoing, Producer, TopicPartition};
use super::consumer::Membership;
use super::faults::{Client, Fate};
use super::partition::Payload;
use super::shared::Shared;
use super::state::{Event, State};
use super::transactions::Outcome;

/// A transactional producer over a [`super::MemoryLog`]. Dropping it is a crash: an open transaction
/// stays open until the id is taken again or it times out.
#[derive(Debug)]
pub struct MemoryProducer {
    shared: Arc<Shared>,
    client: Client,
    view: View,
}

impl MemoryProducer {
    pub(super) fn new(shared: Arc<Shared>, transactional_id: &str) -> Self {
        let client = shared.with(|state| Client::new(transactional_id, state));
        let view = View {
            id: transactional_id.to_owned(),
            epoch: 0,
            phase: Phase::New,
            touched: false,
            queue: Vec::new(),
        };
        Self { shared, client, view }
    }
}

/// What the client may do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Only `init`.
    New,
    /// Open a transaction.
    Ready,
    /// All of a transaction.
    Open,
    /// Only `abort`.
    Failed,
    /// Nothing: another has the id.
    Fenced,
    /// Nothing: a commit got no answer.
    Unknown,
}

/// What the client knows.
#[derive(Debug)]
struct View {
    id: String,
    epoch: u32,
    phase: Phase,
    /// Whether the coordinator has been told of the open transaction.
    touched: bool,
    /// Sent, and not written yet.
    queue: Vec<(TopicPartition, Payload)>,
}

impl View {
    /// Whether this is allowed in the present phase.
    fn allow(&self, allowed: &[Phase], during: &'static str) -> Result<(), LogError> {
        if allowed.contains(&self.phase) {
            return Ok(());
        }
        let (kind, detail) = match self.phase {
            Phase::Failed => (ErrorKind::Abortable, "the transaction has failed; abort it"),
            Phase::Fenced => (ErrorKind::Fenced, "this producer has been fenced"),
            Phase::Unknown => (
                ErrorKind::Fatal,
                "a commit got no answer; make another producer of this id",
            ),
            Phase::New => (ErrorKind::Fatal, "the producer has not been initialised"),
            Phase::Ready => (ErrorKind::Fatal, "no transaction was begun"),
            Phase::Open => (ErrorKind::Fatal, "a transaction is open already"),
        };
        Err(LogError::new(kind, during, detail))
    }

    fn send(&mut self, state: &mut State, record: &Outgoing<'_>) -> Result<(), LogError> {
        self.allow(&[Phase::Open], "sending a record")?;
        let payload = Payload::of(record);
        let at = state.place(record.topic, record.partition, &payload)?;
        self.queue.push((at, payload));
        if state.settings.queue_sends {
            Ok(())
        } else {
            self.drain(state)
        }
    }

    /// Writes what was sent.
    fn drain(&mut self, state: &mut State) -> Result<(), LogError> {
        for (at, payload) in self.queue.drain(..) {
            self.touched = true;
            state.write(&self.id, self.epoch, &at, payload)?;
        }
        Ok(())
    }

    fn commit(&mut self, state: &mut State) -> Result<(), LogError> {
        const DURING: &str = "committing";
        self.allow(&[Phase::Open], DURING)?;
        if state.settings.commit_flushes {
            self.drain(state)?;
        }
        // One that touched nothing is ended without asking anyone: so does the client of a broker.
        let lost = if self.touched {
            state.faults.take_lost_commit(&self.id)
        } else {
            None
        };
        match lost {
            None => self.end(state, Outcome::Commit, DURING)?,
            Some(fate) => {
                match fate {
                    Fate::Now => self.end(state, Outcome::Commit, DURING)?,
                    Fate::Never => {}
                    Fate::Later(delay) => {
                        state.schedule(
                            delay,
                            Event::LateCommit {
                                id: self.id.clone(),
                                epoch: self.epoch,
                            },
                        );
                    }
                }
                return Err(LogError::new(
                    ErrorKind::Unknown,
                    DURING,
                    "no answer came in time",
                ));
            }
        }
        self.phase = Phase::Ready;
        Ok(())
    }

    fn abort(&mut self, state: &mut State) -> Result<(), LogError> {
        const DURING: &str = "aborting";
        self.queue.clear();
        if matches!(self.phase, Phase::New | Phase::Ready) {
            return Ok(());
        }
        self.allow(&[Phase::Open, Phase::Failed], DURING)?;
        self.end(state, Outcome::Abort, DURING)?;
        self.phase = Phase::Ready;
        Ok(())
    }

    fn end(&self, state: &mut State, outcome: Outcome, during: &'static str) -> Result<(), LogError> {
        if self.touched {
            state.end(&self.id, self.epoch, outcome, during)
        } else {
            Ok(())
        }
    }
}

impl MemoryProducer {
    /// A call; an error of it decides what the client may do next.
    fn act(
        &mut self,
        during: &'static str,
        act: impl FnOnce(&mut View, &mut State) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        let view = &mut self.view;
        let result = self
            .shared
            .operation(&self.client, during, |state| act(view, state));
        match result.as_ref().map_err(|e| e.kind) {
            Err(ErrorKind::Abortable) if view.phase == Phase::Open => view.phase = Phase::Failed,
            Err(ErrorKind::Fenced) => view.phase = Phase::Fenced,
            Err(ErrorKind::Unknown) => view.phase = Phase::Unknown,
            _ => {}
        }
        result
    }
}

impl Producer for MemoryProducer {
    type Membership = Membership;

    fn init(&mut self) -> Result<(), LogError> {
        const DURING: &str = "initialising the producer";
        self.act(DURING, |view, state| {
            if view.phase == Phase::Ready {
                return Err(LogError::new(
                    ErrorKind::Fatal,
                    DURING,
                    "it was initialised already",
                ));
            }
            view.allow(&[Phase::New], DURING)?;
            view.epoch = state.take_transactional_id(&view.id);
            view.phase = Phase::Ready;
            Ok(())
        })
    }

    fn begin(&mut self) -> Result<(), LogError> {
        self.act("beginning a transaction", |view, _| {
            view.allow(&[Phase::Ready], "beginning a transaction")?;
            view.phase = Phase::Open;
            view.touched = false;
            Ok(())
        })
    }

    fn send(&mut self, record: &Outgoing<'_>) -> Result<(), LogError> {
        self.act("sending a record", |view, state| view.send(state, record))
    }

    fn flush(&mut self, _max_wait: Duration) -> Result<(), LogError> {
        self.act("flushing", |view, state| {
            view.allow(&[Phase::Open], "flushing")?;
            view.drain(state)
        })
    }

    fn send_offsets(&mut self, offsets: &[OffsetCommit], membership: &Membership) -> Result<(), LogError> {
        self.act("sending offsets", |view, state| {
            view.allow(&[Phase::Open], "sending offsets")?;
            // As the client does: without offsets the coordinator is not asked, the generation not checked.
            if offsets.is_empty() {
                return Ok(());
            }
            view.touched = true;
            state.write_offsets(&view.id, view.epoch, offsets, membership)
        })
    }

    fn commit(&mut self) -> Result<(), LogError> {
        self.act("committing", View::commit)
    }

    fn abort(&mut self) -> Result<(), LogError> {
        self.act("aborting", View::abort)
    }
}
