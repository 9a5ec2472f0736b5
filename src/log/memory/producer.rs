//! A transactional producer, as the client knows itself: its epoch, and what it may do next.

use std::sync::Arc;
use std::time::Duration;

use crate::model::Millis;

use super::super::{ErrorKind, LogError, OffsetCommit, Outgoing, Producer, TopicPartition};
use super::brokers::Role;
use super::consumer::Membership;
use super::faults::{Client, Fate, Marker};
use super::partition::Payload;
use super::shared::Shared;
use super::state::{Event, State, ms};
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
    queue: Vec<Queued>,
}

/// A record that was sent, and is not written yet.
#[derive(Debug)]
struct Queued {
    at: TopicPartition,
    payload: Payload,
    since: Millis,
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
        let since = state.now();
        self.queue.push(Queued { at, payload, since });
        if state.settings.queue_sends {
            Ok(())
        } else {
            self.drain(state)
        }
    }

    /// Writes what was sent; what no broker takes stays queued, for as long as a transaction may last.
    fn drain(&mut self, state: &mut State) -> Result<(), LogError> {
        let expires = state.now().plus(-ms(state.settings.transaction_timeout));
        for Queued { at, payload, since } in std::mem::take(&mut self.queue) {
            if state.takes(&self.id, &Marker::Partition(at.clone())) {
                self.touched = true;
                state.write(&self.id, self.epoch, &at, payload)?;
            } else if since >= expires {
                self.queue.push(Queued { at, payload, since });
            } else {
                let detail = format!("{at}: no broker took the record in time");
                return Err(LogError::new(ErrorKind::Abortable, "writing a record", detail));
            }
        }
        Ok(())
    }

    /// Writes what was sent, all of it.
    fn flush(&mut self, state: &mut State, during: &'static str) -> Result<(), LogError> {
        self.drain(state)?;
        match self.queue.as_slice() {
            [] => Ok(()),
            [Queued { at, .. }, ..] => {
                let detail = format!("{at}: the record is not acknowledged yet");
                Err(LogError::new(ErrorKind::Retriable, during, detail))
            }
        }
    }

    fn commit(&mut self, state: &mut State) -> Result<(), LogError> {
        const DURING: &str = "committing";
        self.allow(&[Phase::Open], DURING)?;
        if state.settings.commit_flushes {
            self.flush(state, DURING)?;
        }
        // One that touched nothing is ended without asking anyone: so does the client of a broker.
        let lost = match self.touched {
            true if !state.serves(&Role::Transactions(&self.id)) => Some(Fate::Never),
            true => state.faults.take_lost_commit(&self.id),
            false => None,
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
        if !self.touched {
            return Ok(());
        }
        state.reach(&Role::Transactions(&self.id), during)?;
        state.end(&self.id, self.epoch, outcome, during)
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
            state.reach(&Role::Transactions(&view.id), DURING)?;
            view.epoch = state.take_transactional_id(&view.id).ok_or_else(|| {
                let detail = "the end of the transaction before cannot be marked everywhere yet";
                LogError::new(ErrorKind::Retriable, DURING, detail)
            })?;
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
            view.flush(state, "flushing")
        })
    }

    fn send_offsets(&mut self, offsets: &[OffsetCommit], membership: &Membership) -> Result<(), LogError> {
        const DURING: &str = "sending offsets";
        self.act(DURING, |view, state| {
            view.allow(&[Phase::Open], DURING)?;
            // As the client does: without offsets the coordinator is not asked, the generation not checked.
            if offsets.is_empty() {
                return Ok(());
            }
            if !state.takes(&view.id, &Marker::Offsets(membership.group.clone())) {
                let detail = "no answer from a coordinator";
                return Err(LogError::new(ErrorKind::Retriable, DURING, detail));
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
