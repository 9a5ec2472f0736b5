//! A reusable buffer of records read, detached from the client that fetched them.

use std::ops::Range;

/// A header of a record: a name and, unless null, a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// The name.
    pub name: &'a str,
    /// The value.
    pub value: Option<&'a [u8]>,
}

/// A record read.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Index of the topic in the list the consumer or reader was made with.
    pub topic: usize,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// Milliseconds since the epoch, as the log recorded it.
    pub timestamp: i64,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    headers: Headers<'a>,
}

impl<'a> Record<'a> {
    /// The bytes of its key and value.
    pub fn size(&self) -> usize {
        let of = |bytes: Option<&[u8]>| bytes.map_or(0, <[u8]>::len);
        of(self.key) + of(self.value)
    }

    /// The headers, in order.
    pub fn headers(&self) -> impl Iterator<Item = Header<'a>> + use<'a> {
        let Headers { entries, bytes } = self.headers;
        entries.iter().map(move |h| Header {
            // A name that is not UTF-8 cannot be pushed.
            name: std::str::from_utf8(&bytes[h.name.clone()]).unwrap_or_default(),
            value: h.value.clone().map(|v| &bytes[v]),
        })
    }
}

#[derive(Clone, Copy, Debug)]
struct Headers<'a> {
    entries: &'a [HeaderEntry],
    bytes: &'a [u8],
}

#[derive(Debug)]
struct HeaderEntry {
    name: Range<usize>,
    value: Option<Range<usize>>,
}

#[derive(Debug)]
struct Entry {
    topic: usize,
    partition: i32,
    offset: i64,
    timestamp: i64,
    key: Option<Range<usize>>,
    value: Option<Range<usize>>,
    headers: Range<usize>,
}

/// Records in the order they were read. One allocation serves all of them, and is kept from poll to
/// poll: nothing is allocated per message.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    headers: Vec<HeaderEntry>,
}

/// Where a record stands, for [`Batch::push`].
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Index of the topic.
    pub topic: usize,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// Milliseconds since the epoch.
    pub timestamp: i64,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets all records, keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
        self.headers.clear();
    }

    /// Copies a record in.
    pub fn push<'h>(
        &mut self,
        place: Place,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: impl IntoIterator<Item = Header<'h>>,
    ) {
        let first = self.headers.len();
        let key = key.map(|k| self.keep(k));
        let value = value.map(|v| self.keep(v));
        for header in headers {
            let name = self.keep(header.name.as_bytes());
            let value = header.value.map(|v| self.keep(v));
            self.headers.push(HeaderEntry { name, value });
        }
        let Place {
            topic,
            partition,
            offset,
            timestamp,
        } = place;
        let headers = first..self.headers.len();
        self.entries.push(Entry {
            topic,
            partition,
            offset,
            timestamp,
            key,
            value,
            headers,
        });
    }

    fn keep(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }

    /// How many records.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of keys, values and headers held.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The record at `index`, in the order read.
    pub fn get(&self, index: usize) -> Option<Record<'_>> {
        self.entries.get(index).map(|e| self.record(e))
    }

    /// All records, in the order read.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Record<'_>> {
        self.entries.iter().map(|e| self.record(e))
    }

    fn record(&self, entry: &Entry) -> Record<'_> {
        Record {
            topic: entry.topic,
            partition: entry.partition,
            offset: entry.offset,
            timestamp: entry.timestamp,
            key: entry.key.clone().map(|r| &self.bytes[r]),
            value: entry.value.clone().map(|r| &self.bytes[r]),
            headers: Headers {
                entries: &self.headers[entry.headers.clone()],
                bytes: &self.bytes,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Batch, Header, Place};

    #[test]
    fn what_is_pushed_comes_back_after_the_buffer_was_used_before() {
        let mut batch = Batch::new();
        for round in 0..3 {
            batch.clear();
            let place = Place {
                topic: 1,
                partition: 2,
                offset: round,
                timestamp: 4,
            };
            let headers = [
                Header {
                    name: "a",
                    value: Some(b"1"),
                },
                Header {
                    name: "b",
                    value: None,
                },
            ];
            batch.push(place, Some(b"key"), None, headers);
            batch.push(
                Place {
                    offset: round + 1,
                    ..place
                },
                None,
                Some(b"value"),
                [],
            );
            let read: Vec<_> = batch.iter().collect();
            assert_eq!(
                (read[0].offset, read[0].key, read[0].value),
                (round, Some(&b"key"[..]), None)
            );
            assert_eq!(read[0].headers().collect::<Vec<_>>(), headers);
            assert_eq!(
                (read[1].offset, read[1].key, read[1].value),
                (round + 1, None, Some(&b"value"[..]))
            );
            assert_eq!(read[1].headers().count(), 0);
        }
    }
}
