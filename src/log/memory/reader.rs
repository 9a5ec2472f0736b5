//! A reader outside any group.

use std::sync::Arc;
use std::time::Duration;

use super::super::{Batch, ErrorKind, Isolation, LogError, Reader, Topic, TopicPartition};
use super::brokers::Role;
use super::consumer::read;
use super::faults::Client;
use super::shared::Shared;
use super::state::State;

/// Reads partitions of a [`super::MemoryLog`].
#[derive(Debug)]
pub struct MemoryReader {
    shared: Arc<Shared>,
    view: View,
}

#[derive(Debug)]
struct View {
    isolation: Isolation,
    topics: Vec<Topic>,
    /// The partitions, the index of the topic of each, and the next offset.
    positions: Vec<(TopicPartition, usize, i64)>,
}

impl MemoryReader {
    pub(super) fn new(shared: Arc<Shared>, from: &[(TopicPartition, i64)], isolation: Isolation) -> Self {
        let mut topics: Vec<Topic> = Vec::new();
        let mut positions = Vec::with_capacity(from.len());
        for (at, offset) in from {
            let topic = topics.iter().position(|t| *t == at.topic).unwrap_or_else(|| {
                topics.push(at.topic.clone());
                topics.len() - 1
            });
            positions.push((at.clone(), topic, *offset));
        }
        Self {
            shared,
            view: View {
                isolation,
                topics,
                positions,
            },
        }
    }
}

impl View {
    fn poll(&mut self, state: &mut State, batch: &mut Batch) -> Result<Option<()>, LogError> {
        let mut order: Vec<TopicPartition> = self.positions.iter().map(|(at, ..)| at.clone()).collect();
        order.retain(|at| state.serves(&Role::Leader(at)));
        (state.fetch_order)(&mut order);
        for at in order {
            let room = state.settings.max_batch - batch.len();
            let Some((_, topic, position)) = self.positions.iter_mut().find(|(p, ..)| *p == at) else {
                continue;
            };
            if room == 0 {
                break;
            }
            let partition = state.partition(&at, "reading")?;
            match read(partition, &at, *topic, *position, self.isolation, room, batch) {
                Ok(next) => *position = next,
                // What other partitions gave is delivered first.
                Err(error) if batch.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
        Ok((!batch.is_empty()).then_some(()))
    }
}

impl Reader for MemoryReader {
    fn poll(&mut self, max_wait: Duration, batch: &mut Batch) -> Result<bool, LogError> {
        batch.clear();
        let view = &mut self.view;
        let found = self
            .shared
            .operation_waiting(&Client::LOG, "reading", max_wait, |state| view.poll(state, batch))?;
        Ok(found.is_some())
    }

    fn topics(&self) -> &[Topic] {
        &self.view.topics
    }

    fn position(&self, partition: &TopicPartition) -> Result<i64, LogError> {
        let found = self.view.positions.iter().find(|(at, ..)| at == partition);
        found.map(|(.., position)| *position).ok_or_else(|| {
            let detail = format!("{partition} is not read by this reader");
            LogError::new(ErrorKind::Fatal, "asking for a position", detail)
        })
    }
}
