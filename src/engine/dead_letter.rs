//! Records and messages that cannot be used, as dead letters.

use super::error::Trouble;
use super::event::Event;
use super::sizes::Target;
use super::worker::Worker;
use crate::log::{Header, Log, Outgoing, Record, Topic, TopicPartition};
use crate::model::Millis;
use crate::processor::{Processor, Rejection};
use crate::wire::dead_letter::{DeadLetter, own_headers};

/// The most that is kept of a reason's text, in bytes.
const LONGEST_DETAIL: usize = 1_000;

/// The offset of a message that skipped the mailbox.
pub(super) const NO_OFFSET: i64 = -1;

impl<L: Log, P: Processor> Worker<L, P> {
    /// Writes a dead letter: key, value and headers as they came, and why it is one. What does not
    /// fit is cut, and says so: nothing may stall for the size of what cannot be used.
    pub(super) fn bury(
        &mut self,
        topic: &Topic,
        record: &Record<'_>,
        mut reason: Rejection,
    ) -> Result<(), Trouble> {
        reason
            .detail
            .truncate(reason.detail.floor_char_boundary(LONGEST_DETAIL));
        let at = self.clock.wall();
        let letter = DeadLetter::of(record, topic.as_str(), reason.code, reason.detail.clone(), at);
        let envelope = letter.write();
        let length = record.value.map_or(0, <[u8]>::len).to_string();
        let limit = self.sizes.limit(Target::DeadLetters);
        let fitted = Fitted::new(record, envelope.headers(record), &length, limit);
        self.sending(
            Target::DeadLetters,
            size_of(fitted.key, fitted.value, &fitted.headers),
        );
        self.outbox.send(
            &mut self.producer,
            &Outgoing {
                topic: &self.settings.topics.dead_letters,
                partition: None,
                key: fitted.key,
                value: fitted.value,
                headers: &fitted.headers,
            },
        )?;
        *self
            .transaction
            .counts
            .dead_letters
            .entry(reason.code)
            .or_default() += 1;
        self.transaction.events.push(Event::DeadLettered {
            partition: TopicPartition::new(topic.clone(), record.partition),
            offset: record.offset,
            timestamp: Millis(record.timestamp),
            reason,
        });
        Ok(())
    }
}

/// What of a dead letter fits.
#[derive(Debug)]
struct Fitted<'a> {
    key: Option<&'a [u8]>,
    value: Option<&'a [u8]>,
    headers: Vec<Header<'a>>,
}

impl<'a> Fitted<'a> {
    /// Within `limit` bytes: first the value's end goes, then the original's headers, then the key's
    /// end. `length` is the value's, as text.
    fn new(record: &Record<'a>, mut headers: Vec<Header<'a>>, length: &'a str, limit: usize) -> Self {
        let (mut key, mut value) = (record.key, record.value);
        if size_of(key, value, &headers) > limit {
            headers.push(DeadLetter::cut_header(length));
            let mut room = limit.saturating_sub(size_of(key, None, &headers));
            if room == 0 {
                headers.drain(..own_headers(record).count());
                room = limit.saturating_sub(size_of(key, None, &headers));
            }
            if room == 0 {
                let left = limit.saturating_sub(size_of(None, None, &headers));
                key = key.map(|key| &key[..key.len().min(left)]);
            }
            value = value.map(|value| &value[..value.len().min(room)]);
        }
        Self { key, value, headers }
    }
}

fn size_of(key: Option<&[u8]>, value: Option<&[u8]>, headers: &[Header<'_>]) -> usize {
    let header = |h: &Header<'_>| h.name.len() + h.value.map_or(0, <[u8]>::len) + 10;
    let headers: usize = headers.iter().map(header).sum();
    key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len) + headers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Batch;
    use crate::log::batch::Place;

    #[test]
    fn what_does_not_fit_is_cut_value_first_then_headers_then_key() {
        let place = Place {
            topic: 0,
            partition: 0,
            offset: 0,
            timestamp: 0,
        };
        let of = |key: usize, value: usize, header: usize, limit: usize| {
            let (key, value, header) = (vec![b'k'; key], vec![b'v'; value], vec![b'h'; header]);
            let mut batch = Batch::new();
            batch.push(
                place,
                Some(&key),
                Some(&value),
                [Header {
                    name: "own",
                    value: Some(&header),
                }],
            );
            let record = batch.get(0).expect("it was pushed");
            let envelope = Header {
                name: "heard.dlq.reason",
                value: Some(b"x"),
            };
            let headers = own_headers(&record).chain([envelope]).collect();
            let fitted = Fitted::new(&record, headers, "9", limit);
            let size = size_of(fitted.key, fitted.value, &fitted.headers);
            assert!(size <= limit, "{size} bytes");
            let names = fitted
                .headers
                .iter()
                .map(|h| h.name)
                .collect::<Vec<_>>()
                .join(" ");
            (
                fitted.key.map_or(0, <[u8]>::len),
                fitted.value.map_or(0, <[u8]>::len),
                names,
            )
        };
        let both = "own heard.dlq.reason".to_owned();
        let cut = "own heard.dlq.reason heard.dlq.cut".to_owned();
        let bare = "heard.dlq.reason heard.dlq.cut".to_owned();
        //    given key, value, header, limit     then key, value, headers
        assert_eq!(of(10, 100, 5, 1_000), (10, 100, both));
        assert_eq!(of(10, 1_000, 5, 500), (10, 500 - 10 - 18 - 27 - 24, cut));
        assert_eq!(of(10, 1_000, 900, 500), (10, 500 - 10 - 27 - 24, bare.clone()));
        assert_eq!(of(900, 1_000, 5, 500), (500 - 27 - 24, 0, bare));
    }
}
