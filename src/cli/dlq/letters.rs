//! The dead-letter topic as a whole: its letters, and which of them were sent again.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::cli::{Failure, connect};
use crate::config::{Settings, TopicKind};
use crate::log::{Isolation, Log, Record};
use crate::model::Millis;
use crate::wire::{DeadLetter, LetterId, Replayed};

/// A dead letter without key, headers and value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub id: LetterId,
    pub envelope: DeadLetter,
    /// A hash of the key.
    pub key: u64,
    /// Bytes of the value, before it was cut.
    pub bytes: u64,
    pub state: State,
}

/// What became of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It can be sent again.
    Waiting,
    /// It was sent again at this time.
    Replayed(Millis),
    /// It was cut to fit, so that it cannot be sent again.
    Cut,
}

impl State {
    /// As shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Replayed(_) => "replayed",
            Self::Cut => "cut",
        }
    }
}

impl Letter {
    /// The letter that a record is, if it is one.
    pub fn read(record: &Record<'_>) -> Option<Self> {
        let envelope = DeadLetter::read(record).ok()?;
        let cut = DeadLetter::length_before_cut(record);
        Some(Self {
            id: LetterId::of(record),
            envelope,
            key: key_hash(record.key),
            bytes: cut.unwrap_or(record.value.map_or(0, <[u8]>::len) as u64),
            state: cut.map_or(State::Waiting, |_| State::Cut),
        })
    }
}

/// All letters, in the order of their ids.
#[derive(Debug, Default)]
pub(super) struct Letters {
    letters: BTreeMap<LetterId, Letter>,
    /// Records that are neither letters nor marks of a replay.
    pub strangers: u64,
}

impl Letters {
    /// Takes a record of the topic; those of a partition come in order.
    pub fn add(&mut self, record: &Record<'_>) {
        if let Ok(mark) = Replayed::read(record) {
            // The letter itself may have gone by retention.
            if let Some(letter) = self.letters.get_mut(&mark.letter) {
                letter.state = State::Replayed(mark.at);
            }
        } else if let Some(mut letter) = Letter::read(record) {
            // Long, and of no use to who reads all of them.
            letter.envelope.detail = String::new();
            self.letters.insert(letter.id, letter);
        } else {
            self.strangers += 1;
        }
    }

    /// These letters.
    #[cfg(test)]
    pub fn of(letters: impl IntoIterator<Item = Letter>) -> Self {
        Self {
            letters: letters.into_iter().map(|letter| (letter.id, letter)).collect(),
            strangers: 0,
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Letter> {
        self.letters.values()
    }

    /// One of them.
    pub fn get(&self, id: LetterId) -> Option<&Letter> {
        self.letters.get(&id)
    }
}

/// Reads all letters up to the topic's end: with [`Isolation::Uncommitted`] the very end, waiting for
/// transactions that are still open, so that no mark of an earlier replay can be missed.
pub(super) fn read(settings: &Settings, log: &impl Log, end: Isolation) -> Result<Letters, Failure> {
    let mut letters = Letters::default();
    let topic = settings.topics.topic(TopicKind::DeadLetters);
    let ranges = connect::ranges(settings, log, &[topic], end)?;
    connect::read_ranges(settings, log, ranges, true, |_, record| {
        letters.add(record);
        Ok(())
    })?;
    if letters.strangers > 0 {
        tracing::warn!(
            records = letters.strangers,
            "records of the dead-letter topic that heard did not write are left out"
        );
    }
    Ok(letters)
}

/// A key in few bytes, to compare it with others.
pub(super) fn key_hash(key: Option<&[u8]>) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
pub(super) mod testing {
    use super::{Letter, State};
    use crate::model::Millis;
    use crate::wire::DeadLetter;

    /// A letter that waits.
    pub fn letter(id: &str, topic: &str, reason: &str, at: i64) -> Letter {
        Letter {
            id: id.parse().expect("an id"),
            envelope: DeadLetter {
                reason: reason.into(),
                detail: String::new(),
                topic: topic.into(),
                partition: 1,
                offset: 42,
                timestamp: Millis(at - 1),
                attempts: 1,
                at: Millis(at),
            },
            key: 0,
            bytes: 9,
            state: State::Waiting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::letter;
    use super::{Letters, State};
    use crate::log::batch::Place;
    use crate::log::{Batch, Header};
    use crate::model::Millis;
    use crate::wire::{DeadLetter, Replayed};

    #[test]
    fn marks_say_what_was_replayed_and_strangers_are_counted() {
        let mut batch = Batch::new();
        let place = |offset| Place {
            topic: 0,
            partition: 0,
            offset,
            timestamp: 0,
        };
        let blank = {
            let mut batch = Batch::new();
            batch.push(place(0), None, None, []);
            batch
        };
        let blank = blank.get(0).expect("it was pushed");
        for offset in 0..2 {
            let envelope = letter("0:0", "updates", "no_value", 5).envelope.write();
            batch.push(place(offset), None, Some(b"abc"), envelope.headers(&blank));
        }
        let envelope = letter("0:0", "updates", "no_value", 5).envelope.write();
        let mut headers = envelope.headers(&blank);
        headers.push(DeadLetter::cut_header("1000"));
        batch.push(place(2), None, Some(b"abc"), headers);
        for (offset, of) in [(3, "0:1"), (4, "0:99")] {
            let mark = Replayed {
                letter: of.parse().expect("an id"),
                at: Millis(8),
            };
            batch.push(place(offset), None, None, mark.write().headers());
        }
        let other = Header {
            name: "trace",
            value: None,
        };
        batch.push(place(5), None, Some(b"x"), [other]);
        let mut letters = Letters::default();
        batch.iter().for_each(|record| letters.add(&record));
        let found: Vec<_> = letters.iter().map(|l| (l.id.offset, l.state, l.bytes)).collect();
        assert_eq!(
            found,
            [
                (0, State::Waiting, 3),
                (1, State::Replayed(Millis(8)), 3),
                (2, State::Cut, 1000)
            ]
        );
        assert_eq!(letters.strangers, 1);
    }
}
