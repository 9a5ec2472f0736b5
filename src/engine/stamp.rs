//! The text beside a committed offset: who committed it, and what a drain must know of the partition.

use super::packed::Digest;
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
    /// What the rows of this partition come to; `None` for an input, which has none.
    pub rows: Option<Digest>,
}

const FORMAT: &str = "heard2";
/// The format before, which said nothing of rows.
const WITHOUT_ROWS: &str = "heard1";

impl Stamp {
    /// The text: `heard2 NUMBER SEEN CLOCK ROWS WRITER`, `-` for what is missing; `ROWS` is `COUNT:SUM`, the sum in
    /// hexadecimal digits.
    pub fn to_text(&self) -> String {
        let time = |t: Option<Millis>| t.map_or_else(|| "-".to_owned(), |t| t.0.to_string());
        let Self {
            writer,
            number,
            seen,
            clock,
            rows,
        } = self;
        let rows = rows.map_or_else(
            || "-".to_owned(),
            |Digest { rows, sum }| format!("{rows}:{sum:x}"),
        );
        format!(
            "{FORMAT} {number} {} {} {rows} {writer}",
            time(*seen),
            time(*clock)
        )
    }

    /// Reads what [`Self::to_text`] wrote; anything else (an offset reset by an administrator) is a
    /// stamp of nobody.
    pub fn parse(text: &str) -> Self {
        Self::read(text).unwrap_or_default()
    }

    fn read(text: &str) -> Option<Self> {
        let (format, rest) = text.split_once(' ')?;
        let counts_rows = match format {
            FORMAT => true,
            WITHOUT_ROWS => false,
            _ => return None,
        };
        let mut words = rest.splitn(if counts_rows { 5 } else { 4 }, ' ');
        let number = words.next()?.parse().ok()?;
        let time = |word: &str| match word {
            "-" => Some(None),
            digits => digits.parse().ok().map(|t| Some(Millis(t))),
        };
        let seen = time(words.next()?)?;
        let clock = time(words.next()?)?;
        let rows = match counts_rows {
            true => digest(words.next()?)?,
            false => None,
        };
        let writer = words.next()?.to_owned();
        Some(Self {
            writer,
            number,
            seen,
            clock,
            rows,
        })
    }
}

/// Reads `COUNT:SUM`, or `-`.
fn digest(word: &str) -> Option<Option<Digest>> {
    if word == "-" {
        return Some(None);
    }
    let (rows, sum) = word.split_once(':')?;
    let sum = u64::from_str_radix(sum, 16).ok()?;
    Some(Some(Digest {
        rows: rows.parse().ok()?,
        sum,
    }))
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
            rows: Some(Digest {
                rows: 3,
                sum: u64::MAX,
            }),
        };
        assert_eq!(
            stamp.to_text(),
            "heard2 42 -5 - 3:ffffffffffffffff heard-both-host 1-0"
        );
        assert_eq!(Stamp::parse(&stamp.to_text()), stamp);
        let of_an_input = Stamp {
            rows: None,
            ..stamp.clone()
        };
        assert_eq!(Stamp::parse(&of_an_input.to_text()), of_an_input);
        // As earlier releases wrote it.
        assert_eq!(Stamp::parse("heard1 42 -5 - heard-both-host 1-0"), of_an_input);
        for text in [
            "",
            "heard1",
            "heard1 x - - a",
            "heard2 1 - - a",
            "heard3 1 - - - a",
            "reset by hand",
        ] {
            assert_eq!(Stamp::parse(text), Stamp::default(), "{text:?}");
        }
    }
}
