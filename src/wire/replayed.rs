//! The mark of a replay: a record of the dead-letter topic that says which letter was sent again.
//!
//! It is written in the transaction that sends the letter's record, so that there is one if and only if
//! the record went out; and into the letter's own partition, behind it, so that it is kept at least as
//! long as the letter.

use std::fmt;
use std::str::FromStr;

use super::dead_letter::{NotADeadLetter, number, text};
use crate::log::{Header, Record};
use crate::model::Millis;

const REPLAYED: &str = "heard.dlq.replayed";
const AT: &str = "heard.dlq.at";

/// Names a dead letter: where it is in the dead-letter topic. Written `partition:offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetterId {
    /// The partition of the dead-letter topic.
    pub partition: i32,
    /// The offset in it.
    pub offset: i64,
}

impl LetterId {
    /// The id of a record of the dead-letter topic.
    pub fn of(record: &Record<'_>) -> Self {
        Self {
            partition: record.partition,
            offset: record.offset,
        }
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.partition, self.offset)
    }
}

/// A text that names no letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write the letter's partition and offset, as `heard dlq ls --each` shows them, such as 3:17")]
pub struct NoLetterId;

impl FromStr for LetterId {
    type Err = NoLetterId;

    fn from_str(text: &str) -> Result<Self, NoLetterId> {
        let (partition, offset) = text.split_once(':').ok_or(NoLetterId)?;
        let id = Self {
            partition: partition.parse().map_err(|_| NoLetterId)?,
            offset: offset.parse().map_err(|_| NoLetterId)?,
        };
        match id.partition >= 0 && id.offset >= 0 {
            true => Ok(id),
            false => Err(NoLetterId),
        }
    }
}

/// That a letter was sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The letter.
    pub letter: LetterId,
    /// When.
    pub at: Millis,
}

impl Replayed {
    /// Reads a mark; an error if the record is none.
    pub fn read(record: &Record<'_>) -> Result<Self, NotADeadLetter> {
        let none = NotADeadLetter { header: REPLAYED };
        let letter = text(record, REPLAYED)?.parse().map_err(|_| none)?;
        Ok(Self {
            letter,
            at: Millis(number(record, AT)?),
        })
    }

    /// The mark as header texts, to take [`WrittenMark::headers`] from. It has neither key nor value.
    pub fn write(self) -> WrittenMark {
        WrittenMark([(REPLAYED, self.letter.to_string()), (AT, self.at.0.to_string())])
    }
}

/// A [`Replayed`] as header texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenMark([(&'static str, String); 2]);

impl WrittenMark {
    /// All that the mark consists of.
    pub fn headers(&self) -> [Header<'_>; 2] {
        self.0.each_ref().map(|(name, value)| Header {
            name,
            value: Some(value.as_bytes()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{LetterId, NoLetterId, Replayed};
    use crate::log::Batch;
    use crate::log::batch::Place;
    use crate::model::Millis;

    #[test]
    fn an_id_is_written_as_it_is_read() {
        let id = LetterId {
            partition: 3,
            offset: 17,
        };
        assert_eq!((id.to_string().as_str(), "3:17".parse()), ("3:17", Ok(id)));
        for wrong in [
            "",
            "3",
            "3:",
            ":17",
            "3:x",
            "-1:2",
            "3:-2",
            "3:17:1",
            "3 17",
            "99999999999:0",
        ] {
            assert_eq!(wrong.parse::<LetterId>(), Err(NoLetterId), "{wrong}");
        }
    }

    #[test]
    fn a_mark_is_read_back_and_a_letter_is_none() {
        let letter = LetterId {
            partition: 0,
            offset: 5,
        };
        let mark = Replayed {
            letter,
            at: Millis(7),
        };
        let place = Place {
            topic: 0,
            partition: 0,
            offset: 9,
            timestamp: 0,
        };
        let mut batch = Batch::new();
        batch.push(place, None, None, mark.write().headers());
        batch.push(place, None, None, []);
        let read = |index| Replayed::read(&batch.get(index).expect("it was pushed"));
        assert_eq!(read(0), Ok(mark));
        assert!(read(1).is_err());
    }
}
