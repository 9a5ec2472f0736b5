//! The envelope of a dead letter: the original key and bytes, and headers that say what happened.

use crate::log::{Header, Record};
use crate::model::Millis;

const PREFIX: &str = "heard.dlq.";
const REASON: &str = "heard.dlq.reason";
const DETAIL: &str = "heard.dlq.detail";
const TOPIC: &str = "heard.dlq.topic";
const PARTITION: &str = "heard.dlq.partition";
const OFFSET: &str = "heard.dlq.offset";
const TIMESTAMP: &str = "heard.dlq.timestamp";
const ATTEMPTS: &str = "heard.dlq.attempts";
const AT: &str = "heard.dlq.at";
const CUT: &str = "heard.dlq.cut";

/// What the headers of a dead letter say. Numbers and times (milliseconds) are decimal text, so that any
/// tool can show them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// A short code that never changes, such as `DecodeError::code`.
    pub reason: String,
    /// What was wrong, for a person; no personal data.
    pub detail: String,
    /// The topic it was read from.
    pub topic: String,
    /// The partition it was read from.
    pub partition: i32,
    /// The offset it was read at.
    pub offset: i64,
    /// The log's time of the original record.
    pub timestamp: Millis,
    /// How often it was tried, this time counted: above 1 if it was replayed.
    pub attempts: u32,
    /// When it was given up.
    pub at: Millis,
}

/// A record of the dead-letter topic that is no dead letter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("header {header} is missing or not as heard writes it: not a dead letter of heard?")]
pub struct NotADeadLetter {
    /// The header.
    pub header: &'static str,
}

impl DeadLetter {
    /// The envelope for a record read from `topic` that was given up at `at`.
    pub fn of(record: &Record<'_>, topic: &str, reason: &str, detail: String, at: Millis) -> Self {
        Self {
            reason: reason.to_owned(),
            detail,
            topic: topic.to_owned(),
            partition: record.partition,
            offset: record.offset,
            timestamp: Millis(record.timestamp),
            attempts: attempts_before(record).saturating_add(1),
            at,
        }
    }

    /// Reads the envelope of a record of the dead-letter topic.
    pub fn read(record: &Record<'_>) -> Result<Self, NotADeadLetter> {
        Ok(Self {
            reason: text(record, REASON)?,
            detail: text(record, DETAIL)?,
            topic: text(record, TOPIC)?,
            partition: number(record, PARTITION)?,
            offset: number(record, OFFSET)?,
            timestamp: Millis(number(record, TIMESTAMP)?),
            attempts: number(record, ATTEMPTS)?,
            at: Millis(number(record, AT)?),
        })
    }

    /// The envelope as text, to take [`Written::headers`] from.
    pub fn write(&self) -> Written {
        Written([
            (REASON, self.reason.clone()),
            (DETAIL, self.detail.clone()),
            (TOPIC, self.topic.clone()),
            (PARTITION, self.partition.to_string()),
            (OFFSET, self.offset.to_string()),
            (TIMESTAMP, self.timestamp.0.to_string()),
            (ATTEMPTS, self.attempts.to_string()),
            (AT, self.at.0.to_string()),
        ])
    }

    /// Says that key, value or headers were cut to fit: `length` is how many bytes the value had, as text.
    pub fn cut_header(length: &str) -> Header<'_> {
        Header {
            name: CUT,
            value: Some(length.as_bytes()),
        }
    }

    /// How many bytes the value of a dead letter had, if it, its key or its headers were cut to fit: such
    /// a letter is not what was sent.
    pub fn length_before_cut(record: &Record<'_>) -> Option<u64> {
        number(record, CUT).ok()
    }

    /// The one header that a replayed record carries, so that its next failure counts on.
    pub fn replay_header(attempts: &str) -> Header<'_> {
        Header {
            name: ATTEMPTS,
            value: Some(attempts.as_bytes()),
        }
    }
}

/// A [`DeadLetter`] as header texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written([(&'static str, String); 8]);

impl Written {
    /// The headers of the dead letter: the original's own, then the envelope.
    pub fn headers<'a>(&'a self, original: &Record<'a>) -> Vec<Header<'a>> {
        let envelope = self.0.iter().map(|(name, value)| Header {
            name,
            value: Some(value.as_bytes()),
        });
        own_headers(original).chain(envelope).collect()
    }
}

/// The headers of a record without those of an envelope: what a replay sends again.
pub fn own_headers<'a>(record: &Record<'a>) -> impl Iterator<Item = Header<'a>> + use<'a> {
    record.headers().filter(|header| !header.name.starts_with(PREFIX))
}

/// How often a record was tried before: above 0 only for a replayed one.
pub fn attempts_before(record: &Record<'_>) -> u32 {
    number(record, ATTEMPTS).unwrap_or(0)
}

pub(super) fn text(record: &Record<'_>, name: &'static str) -> Result<String, NotADeadLetter> {
    let last = record.headers().filter(|header| header.name == name).last();
    let value = last.and_then(|header| header.value);
    let text = value.and_then(|value| std::str::from_utf8(value).ok());
    text.map(str::to_owned).ok_or(NotADeadLetter { header: name })
}

pub(super) fn number<N: std::str::FromStr>(
    record: &Record<'_>,
    name: &'static str,
) -> Result<N, NotADeadLetter> {
    text(record, name)?
        .parse()
        .map_err(|_| NotADeadLetter { header: name })
}

#[cfg(test)]
mod tests {
    use super::{DeadLetter, NotADeadLetter, own_headers};
    use crate::log::batch::Place;
    use crate::log::{Batch, Header};
    use crate::model::Millis;

    const PLACE: Place = Place {
        topic: 0,
        partition: 3,
        offset: 42,
        timestamp: 1_500_000_000_000,
    };

    fn batch(headers: &[Header<'_>]) -> Batch {
        let mut batch = Batch::new();
        batch.push(PLACE, Some(b"key"), Some(b"bytes"), headers.iter().copied());
        batch
    }

    #[test]
    fn an_envelope_is_read_back_and_a_replay_counts_on() {
        let own = Header {
            name: "trace",
            value: Some(b"t"),
        };
        let original = batch(&[own]);
        let original = original.get(0).expect("one record");
        let letter = DeadLetter::of(
            &original,
            "complaints.email",
            "truncated",
            "ends at 4".into(),
            Millis(7),
        );
        assert_eq!(letter.attempts, 1);

        let dead = batch(&letter.write().headers(&original));
        let dead = dead.get(0).expect("one record");
        assert_eq!(DeadLetter::read(&dead), Ok(letter.clone()));
        assert_eq!(own_headers(&dead).collect::<Vec<_>>(), [own]);

        let attempts = letter.attempts.to_string();
        let replayed = batch(&[own, DeadLetter::replay_header(&attempts)]);
        let replayed = replayed.get(0).expect("one record");
        let again = DeadLetter::of(
            &replayed,
            "complaints.email",
            "truncated",
            String::new(),
            Millis(8),
        );
        assert_eq!(again.attempts, 2);
    }

    #[test]
    fn a_record_without_an_envelope_is_no_dead_letter() {
        let record = batch(&[]);
        let error = NotADeadLetter {
            header: "heard.dlq.reason",
        };
        assert_eq!(DeadLetter::read(&record.get(0).expect("one record")), Err(error));
    }
}
