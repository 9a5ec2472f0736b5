//! The text beside a committed offset: who committed it, and what a drain must know of the partition.

use crate::model::Millis;

/// What the engine writes beside each offset it commits. The writer and its rising number tell, after
/// a commit whose answer was lost, whether it happened (ENGINE.md 4); the two times let a drain
/// decide from the log alone, over restarts and instances (ENGINE.md 17).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    /// The transactional id of the committer.
    pub writer: String,
    /// Rises with each commit of a worker, and past that of every partition it is given.
    pub number: u64,
    /// The largest event time seen in this partition.
    pub seen: Option<Millis>,
    /// The event clock up to which every timer of this partition has fired; `None` unless a drain
    /// got that far and nothing has happened since.
    pub clock: Option<Millis>,
}

const FORMAT: &str = "heard1";

impl Stamp {
    /// The text: `heard1 NUMBER SEEN CLOCK WRITER`, `-` for what is missing.
    pub fn to_text(&self) -> String {
        let time = |t: Option<Millis>| t.map_or_else(|| "-".to_owned(), |t| t.0.to_string());
        let Self {
            writer,
            number,
            seen,
            clock,
        } = self;
        format!("{FORMAT} {number} {} {} {writer}", time(*seen), time(*clock))
    }

    /// Reads what [`Self::to_text`] wrote; anything else (an offset reset by an administrator) is a
    /// stamp of nobody.
    pub fn parse(text: &str) -> Self {
        Self::read(text).unwrap_or_default()
    }

    fn read(text: &str) -> Option<Self> {
        let mut words = text.splitn(5, ' ');
        if words.next()? != FORMAT {
            return None;
        }
        let number = words.next()?.parse().ok()?;
        let time = |word: &str| match word {
            "-" => Some(None),
            digits => digits.parse().ok().map(|t| Some(Millis(t))),
        };
        let seen = time(words.next()?)?;
        let clock = time(words.next()?)?;
        let writer = words.next()?.to_owned();
        Some(Self {
            writer,
            number,
            seen,
            clock,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_reads_back_and_anything_else_is_nobodys() {
        let stamp = Stamp {
            writer: "heard-both-host 1-0".into(),
            number: 42,
            seen: Some(Millis(-5)),
            clock: None,
        };
        assert_eq!(Stamp::parse(&stamp.to_text()), stamp);
        for text in ["", "heard1", "heard1 x - - a", "heard2 1 - - a", "reset by hand"] {
            assert_eq!(Stamp::parse(text), Stamp::default(), "{text:?}");
        }
    }
}
