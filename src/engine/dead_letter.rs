//! Records and messages that cannot be used, as dead letters.

use super::error::Trouble;
use super::event::Event;
use super::sizes::Target;
use super::worker::Worker;
use crate::log::{Header, Log, Outgoing, Producer, Record, Topic, TopicPartition};
use crate::processor::{Processor, Rejection};

/// Something that cannot be used, and where it comes from.
pub(super) struct Unusable<'a> {
    /// Where it was read, or would have been.
    pub partition: TopicPartition,
    /// At which offset; `None` for a message that skipped the mailbox.
    pub offset: Option<i64>,
    /// When the log received it.
    pub timestamp: Option<i64>,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value.
    pub value: Option<&'a [u8]>,
}

impl<'a> Unusable<'a> {
    /// A record of this topic.
    pub fn record(topic: Topic, record: &Record<'a>) -> Self {
        Self {
            partition: TopicPartition::new(topic, record.partition),
            offset: Some(record.offset),
            timestamp: Some(record.timestamp),
            key: record.key,
            value: record.value,
        }
    }
}

impl<L: Log, P: Processor> Worker<L, P> {
    /// Writes a dead letter: key, value and headers as they came, and why it is one. What does not
    /// fit is cut, and says so: nothing may stall for the size of what cannot be used.
    pub(super) fn bury<'h>(
        &mut self,
        what: &Unusable<'_>,
        headers: impl IntoIterator<Item = Header<'h>>,
        reason: Rejection,
    ) -> Result<(), Trouble> {
        let partition = what.partition.partition.to_string();
        let offset = what.offset.map(|o| o.to_string());
        let timestamp = what.timestamp.map(|t| t.to_string());
        let at = self.clock.wall().0.to_string();
        let own = [
            ("heard.dlq.topic", Some(what.partition.topic.as_str())),
            ("heard.dlq.partition", Some(partition.as_str())),
            ("heard.dlq.offset", offset.as_deref()),
            ("heard.dlq.timestamp", timestamp.as_deref()),
            ("heard.dlq.code", Some(reason.code)),
            ("heard.dlq.detail", Some(reason.detail.as_str())),
            ("heard.dlq.at", Some(at.as_str())),
        ];
        let mut all: Vec<Header<'_>> = headers.into_iter().collect();
        let original = all.len();
        all.extend(own.iter().filter_map(|(name, value)| {
            let value = Some((*value)?.as_bytes());
            Some(Header { name, value })
        }));
        let limit = self.sizes.limit(Target::DeadLetters);
        let length = what.value.map_or(0, <[u8]>::len).to_string();
        let mut size = size_of(what.key, what.value, &all);
        let (mut key, mut value) = (what.key, what.value);
        if size > limit {
            all.push(Header {
                name: "heard.dlq.cut",
                value: Some(length.as_bytes()),
            });
            // Largest first: the value's end, then headers of others, then the key's end.
            let mut room = limit.saturating_sub(size_of(key, None, &all));
            if room == 0 {
                all.drain(..original);
                room = limit.saturating_sub(size_of(key, None, &all));
            }
            if room == 0 {
                let left = limit.saturating_sub(size_of(None, None, &all));
                key = key.map(|key| &key[..key.len().min(left)]);
            }
            value = value.map(|value| &value[..value.len().min(room)]);
            size = size_of(key, value, &all);
        }
        self.sizes.sending(Target::DeadLetters, size);
        self.producer.send(&Outgoing {
            topic: &self.settings.topics.dead_letters,
            partition: None,
            key,
            value,
            headers: &all,
        })?;
        *self
            .transaction
            .counts
            .dead_letters
            .entry(reason.code)
            .or_default() += 1;
        self.transaction.events.push(Event::DeadLettered {
            partition: what.partition.clone(),
            offset: what.offset,
            reason,
        });
        Ok(())
    }
}

fn size_of(key: Option<&[u8]>, value: Option<&[u8]>, headers: &[Header<'_>]) -> usize {
    let header = |h: &Header<'_>| h.name.len() + h.value.map_or(0, <[u8]>::len) + 10;
    let headers: usize = headers.iter().map(header).sum();
    key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len) + headers
}
