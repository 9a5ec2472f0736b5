//! A member of a group, as the client knows itself: what it was told, where it reads.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::model::Millis;

use super::super::batch::Place;
use super::super::{
    Batch, Consumer, ErrorKind, GroupSettings, Header, Isolation, LogError, Polled, TopicPartition,
};
use super::brokers::Role;
use super::faults::Client;
use super::group::Told;
use super::partition::{Found, Partition};
use super::shared::Shared;
use super::state::{State, ms};

/// Proof of membership in a group at a generation.
///
/// It says what the client knows; whether it still holds is found out by
/// [`super::super::Producer::send_offsets`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The group.
    pub group: String,
    /// The member.
    pub member: String,
    /// The generation.
    pub generation: i32,
}

/// A member of a group over a [`super::MemoryLog`]. Dropping it is a crash: the membership stays
/// until the session expires; [`Consumer::close`] leaves the group.
#[derive(Debug)]
pub struct MemoryConsumer {
    shared: Arc<Shared>,
    client: Client,
    view: View,
}

impl MemoryConsumer {
    /// Joins now if the coordinator answers; else with the polls.
    pub(super) fn join(shared: &Arc<Shared>, settings: &GroupSettings) -> Result<Self, LogError> {
        shared.call("joining a group", |state| {
            let serves = state.serves(&Role::Group(&settings.group));
            let view = View {
                settings: settings.clone(),
                reached: state.now(),
                member: serves.then(|| state.join(settings)),
                generation: None,
                slots: BTreeMap::new(),
                revoked: None,
                owed: Vec::new(),
                closed: false,
            };
            let client = Client::new(&settings.client, state);
            let shared = Arc::clone(shared);
            Ok(Self { shared, client, view })
        })
    }
}

/// What the client knows.
#[derive(Debug)]
struct View {
    settings: GroupSettings,
    /// When the coordinator last answered.
    reached: Millis,
    /// Its id; `None` once it knows that it was expelled.
    member: Option<String>,
    /// The generation of its assignment; `None` from giving it back until the next.
    generation: Option<i32>,
    slots: BTreeMap<TopicPartition, Slot>,
    /// Told to give all back, and has not.
    revoked: Option<Revoked>,
    /// Given back, which the coordinator has not been told.
    owed: Vec<TopicPartition>,
    closed: bool,
}

/// How what it holds was taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Revoked {
    Asked,
    Lost,
}

/// A partition that it was given.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// The next offset to read; `None` until accepted.
    position: Option<i64>,
    paused: bool,
}

impl View {
    fn poll(&mut self, state: &mut State, batch: &mut Batch) -> Result<Option<Polled>, LogError> {
        self.alive("polling")?;
        let reached = self.heartbeat(state);
        if self.revoked.is_some() {
            return Ok(None);
        }
        match self.ask(state, reached) {
            Told::Expelled if !reached && self.slots.is_empty() => Ok(None),
            Told::Expelled => {
                self.member = None;
                self.generation = None;
                if self.slots.is_empty() {
                    self.member = Some(state.join(&self.settings));
                    return self.poll(state, batch);
                }
                Ok(Some(self.revoke(Revoked::Lost)))
            }
            Told::Revoke => Ok(Some(self.revoke(Revoked::Asked))),
            Told::Assigned {
                partitions,
                generation,
            } => {
                self.generation = Some(generation);
                self.slots = partitions.iter().map(|p| (p.clone(), Slot::default())).collect();
                Ok((!partitions.is_empty()).then_some(Polled::Assigned(partitions)))
            }
            Told::Nothing => {
                self.fetch(state, batch)?;
                Ok((!batch.is_empty()).then_some(Polled::Records))
            }
        }
    }

    /// What the coordinator has to say, if it answers.
    fn ask(&self, state: &mut State, reached: bool) -> Told {
        match &self.member {
            Some(member) if reached => state.tell(&self.settings.group, member),
            Some(_) => Told::Nothing,
            None => Told::Expelled,
        }
    }

    fn revoke(&mut self, how: Revoked) -> Polled {
        self.revoked = Some(how);
        Polled::Revoked {
            partitions: self.slots.keys().cloned().collect(),
            lost: how == Revoked::Lost,
        }
    }

    fn fetch(&mut self, state: &mut State, batch: &mut Batch) -> Result<(), LogError> {
        let readable = |(_, slot): &(&TopicPartition, &Slot)| slot.position.is_some() && !slot.paused;
        let mut order: Vec<TopicPartition> = self
            .slots
            .iter()
            .filter(readable)
            .map(|(at, _)| at.clone())
            .filter(|at| state.serves(&Role::Leader(at)))
            .collect();
        (state.fetch_order)(&mut order);
        for at in order {
            let room = state.settings.max_batch - batch.len();
            let Some(slot) = self.slots.get_mut(&at) else {
                continue;
            };
            let (Some(from), true) = (slot.position, room > 0) else {
                continue;
            };
            let topic = self
                .settings
                .topics
                .iter()
                .position(|t| *t == at.topic)
                .unwrap_or_default();
            let partition = state.partition(&at, "polling")?;
            match read(partition, &at, topic, from, Isolation::Committed, room, batch) {
                Ok(next) => slot.position = Some(next),
                // What other partitions gave is delivered first.
                Err(error) if batch.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
        Ok(())
    }

    fn slot(&mut self, at: &TopicPartition, during: &'static str) -> Result<&mut Slot, LogError> {
        self.slots.get_mut(at).ok_or_else(|| {
            LogError::new(
                ErrorKind::Fatal,
                during,
                format!("{at} is not assigned to this consumer"),
            )
        })
    }

    fn release(&mut self, state: &mut State, partitions: &[TopicPartition]) -> Result<(), LogError> {
        const DURING: &str = "releasing partitions";
        let Some(how) = self.revoked else {
            return Err(LogError::new(ErrorKind::Fatal, DURING, "nothing was revoked"));
        };
        for at in partitions {
            self.slot(at, DURING)?;
        }
        for at in partitions {
            self.slots.remove(at);
        }
        if self.slots.is_empty() {
            self.revoked = None;
            self.generation = None;
        }
        if let (Revoked::Asked, Some(member)) = (how, &self.member) {
            if state.serves(&Role::Group(&self.settings.group)) {
                state.give_back(&self.settings.group, member, partitions);
            } else {
                self.owed.extend_from_slice(partitions);
            }
        }
        Ok(())
    }

    /// Whether the coordinator answers. A client that has not reached it for a session's time gives its membership up
    /// by itself; the coordinator does not know that.
    fn heartbeat(&mut self, state: &mut State) -> bool {
        let group = &self.settings.group;
        if !state.serves(&Role::Group(group)) {
            if state.now() > self.reached.plus(ms(state.settings.session_timeout)) {
                self.member = None;
                self.generation = None;
                self.owed.clear();
            }
            return false;
        }
        self.reached = state.now();
        if let Some(member) = &self.member {
            state.heartbeat(group, member);
            let owed = std::mem::take(&mut self.owed);
            if !owed.is_empty() {
                state.give_back(group, member, &owed);
            }
        }
        true
    }

    fn alive(&self, during: &'static str) -> Result<(), LogError> {
        if self.closed {
            return Err(LogError::new(
                ErrorKind::Fatal,
                during,
                "this consumer was closed",
            ));
        }
        Ok(())
    }
}

/// Copies what may be seen from `from` on into the batch; the offset to go on from.
pub(super) fn read(
    partition: &Partition,
    at: &TopicPartition,
    topic: usize,
    from: i64,
    isolation: Isolation,
    room: usize,
    batch: &mut Batch,
) -> Result<i64, LogError> {
    let next = partition.fetch(
        from,
        isolation,
        room,
        |Found {
             offset,
             timestamp,
             payload,
         }| {
            let place = Place {
                topic,
                partition: at.partition,
                offset,
                timestamp: timestamp.0,
            };
            let headers = payload.headers.iter().map(|(name, value)| Header {
                name,
                value: value.as_deref(),
            });
            batch.push(place, payload.key.as_deref(), payload.value.as_deref(), headers);
        },
    );
    next.ok_or_else(|| {
        let ends = partition.ends();
        let detail = format!(
            "{at}: offset {from} is out of range, the log has {} to {}",
            ends.start, ends.high_watermark
        );
        LogError::new(ErrorKind::Expelled, "reading", detail)
    })
}

impl MemoryConsumer {
    /// A call that takes effect at once.
    fn act<T>(
        &mut self,
        during: &'static str,
        act: impl FnOnce(&mut View, &mut State) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        let view = &mut self.view;
        self.shared.operation(&self.client, during, |state| {
            view.alive(during)?;
            view.heartbeat(state);
            act(view, state)
        })
    }

    /// Sets something of each of these partitions, or of none if one is not assigned.
    fn set<'a>(
        &mut self,
        during: &'static str,
        partitions: impl Iterator<Item = &'a TopicPartition> + Clone,
        mut change: impl FnMut(&TopicPartition, &mut Slot),
    ) -> Result<(), LogError> {
        self.act(during, |view, _| {
            partitions
                .clone()
                .try_for_each(|at| view.slot(at, during).map(|_| ()))?;
            partitions
                .into_iter()
                .try_for_each(|at| view.slot(at, during).map(|slot| change(at, slot)))
        })
    }

    fn go_on_at(&mut self, during: &'static str, from: &[(TopicPartition, i64)]) -> Result<(), LogError> {
        let offsets: BTreeMap<&TopicPartition, i64> = from.iter().map(|(at, offset)| (at, *offset)).collect();
        self.set(during, from.iter().map(|(at, _)| at), |at, slot| {
            slot.position = offsets.get(at).copied()
        })
    }
}

impl Consumer for MemoryConsumer {
    type Membership = Membership;

    fn poll(&mut self, max_wait: Duration, batch: &mut Batch) -> Result<Polled, LogError> {
        batch.clear();
        let view = &mut self.view;
        let polled = self
            .shared
            .operation_waiting(&self.client, "polling", max_wait, |s| view.poll(s, batch))?;
        Ok(polled.unwrap_or(Polled::Idle))
    }

    fn accept(&mut self, from: &[(TopicPartition, i64)]) -> Result<(), LogError> {
        self.go_on_at("accepting partitions", from)
    }

    fn release(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        self.act("releasing partitions", |view, state| {
            view.release(state, partitions)
        })
    }

    fn seek(&mut self, to: &[(TopicPartition, i64)]) -> Result<(), LogError> {
        self.go_on_at("seeking", to)
    }

    fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        self.set("pausing partitions", partitions.iter(), |_, slot| {
            slot.paused = true
        })
    }

    fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        self.set("resuming partitions", partitions.iter(), |_, slot| {
            slot.paused = false
        })
    }

    fn position(&self, partition: &TopicPartition) -> Result<i64, LogError> {
        let slot = self.view.slots.get(partition);
        slot.and_then(|slot| slot.position).ok_or_else(|| {
            let detail = format!("{partition} is not a partition that was accepted");
            LogError::new(ErrorKind::Fatal, "asking for the position", detail)
        })
    }

    fn membership(&mut self) -> Result<Membership, LogError> {
        const DURING: &str = "asking for the membership";
        self.act(DURING, |view, _| {
            let lost = view.revoked == Some(Revoked::Lost);
            match (&view.member, view.generation) {
                (Some(member), Some(generation)) if !lost => Ok(Membership {
                    group: view.settings.group.clone(),
                    member: member.clone(),
                    generation,
                }),
                _ => Err(LogError::new(
                    ErrorKind::Abortable,
                    DURING,
                    "no assignment of a generation is held",
                )),
            }
        })
    }

    fn close(&mut self) -> Result<(), LogError> {
        let view = &mut self.view;
        self.shared.operation(&self.client, "leaving the group", |state| {
            view.closed = true;
            view.slots.clear();
            if let Some(member) = view.member.take()
                && state.serves(&Role::Group(&view.settings.group))
            {
                state.remove_member(&view.settings.group, &member);
            }
            Ok(())
        })
    }
}
