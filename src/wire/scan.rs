//! Walks a datum without building anything: is it exactly one well-formed datum of its schema?

pub(super) mod partial;
pub(super) mod rewrite;

use std::ops::Range;

use super::error::DecodeError;
use super::resolve::Plan;
use super::schema::MAX_TYPES;

/// A claimed size above this is an error in itself ([`DecodeError::TooLarge`]); below it, a claim
/// beyond the end of the value is a value cut short ([`DecodeError::Truncated`]).
const PLAUSIBLE: u64 = 1 << 20;

/// Steps that each byte of a datum may cost beyond those of an empty one. Only arrays of elements that
/// take no bytes could cost more.
const STEPS_A_BYTE: usize = 64;

/// Checks `datum` to its last byte. Time is linear in its length, memory is the stack only (plans are at
/// most `schema::MAX_DEPTH` deep).
///
/// Says what the reader wants to have otherwise than it is written: mostly nothing.
pub(super) fn scan(record: &'static str, plan: &Plan, datum: &[u8]) -> Result<Vec<Change>, DecodeError> {
    let mut scan = Scan {
        record,
        datum,
        at: 0,
        steps: MAX_TYPES + datum.len().saturating_mul(STEPS_A_BYTE),
        changes: Vec::new(),
    };
    scan.walk(plan)?;
    match scan.left() {
        0 => Ok(scan.changes),
        left => Err(DecodeError::TrailingBytes { left }),
    }
}

/// A number that is to stand in the place of these bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub place: Range<usize>,
    pub number: i64,
    /// Whether it is for its own sake, or only because others may change the size of what it heads.
    pub is_wanted: bool,
}

struct Scan<'a> {
    /// What is read, for errors.
    record: &'static str,
    datum: &'a [u8],
    at: usize,
    /// How many more parts may be visited.
    steps: usize,
    changes: Vec<Change>,
}

impl Scan<'_> {
    fn left(&self) -> usize {
        self.datum.len() - self.at
    }

    fn walk(&mut self, plan: &Plan) -> Result<(), DecodeError> {
        self.steps = self
            .steps
            .checked_sub(1)
            .ok_or(DecodeError::TooManyParts { at: self.at })?;
        match plan {
            Plan::Null => Ok(()),
            Plan::Boolean => match self.take(1)? {
                [0 | 1] => Ok(()),
                _ => Err(DecodeError::BadBoolean { at: self.at - 1 }),
            },
            Plan::Int => self.int(),
            Plan::Long => self.long().map(drop),
            Plan::Divided(parts) => {
                let start = self.at;
                let number = self.long()?.div_euclid(*parts);
                self.changes.push(Change {
                    place: start..self.at,
                    number,
                    is_wanted: true,
                });
                Ok(())
            }
            Plan::Raw(size) => self.take(*size).map(drop),
            Plan::Bytes => {
                let length = self.length()?;
                self.take(length).map(drop)
            }
            Plan::Text => self.text().map(drop),
            Plan::Uuid => {
                let text = self.text()?;
                let length = text.len();
                match uuid::Uuid::try_parse(text) {
                    Ok(_) => Ok(()),
                    Err(_) => Err(DecodeError::BadUuid { at: self.at - length }),
                }
            }
            Plan::Array { item, least } => self.blocks(*least, |scan| scan.walk(item)),
            Plan::Map { value, least } => self.blocks(*least, |scan| {
                scan.text()?;
                scan.walk(value)
            }),
            Plan::Union(branches) => match self.choice(branches)? {
                Plan::Never => Err(DecodeError::Misfit { record: self.record }),
                branch => self.walk(branch),
            },
            Plan::Record(fields) => fields.iter().try_for_each(|field| self.walk(field)),
            Plan::Enum(known) => match self.choice(known)? {
                true => Ok(()),
                false => Err(DecodeError::UnknownSymbol { at: self.at }),
            },
            Plan::Never => Err(DecodeError::Misfit { record: self.record }),
        }
    }

    /// The next `size` bytes.
    fn take(&mut self, size: usize) -> Result<&[u8], DecodeError> {
        if size > self.left() {
            return Err(DecodeError::Truncated { at: self.datum.len() });
        }
        let start = self.at;
        self.at += size;
        Ok(&self.datum[start..self.at])
    }

    fn text(&mut self) -> Result<&str, DecodeError> {
        let length = self.length()?;
        let at = self.at;
        std::str::from_utf8(self.take(length)?).map_err(|_| DecodeError::InvalidUtf8 { at })
    }

    /// A number as Avro writes it: little groups of seven bits first, zigzag.
    fn long(&mut self) -> Result<i64, DecodeError> {
        let start = self.at;
        if let Some(&byte) = self.datum.get(start)
            && byte < 0x80
        {
            // Most numbers: a length, a branch, a count.
            self.at = start + 1;
            return Ok(unzigzag(u64::from(byte)));
        }
        let mut value = 0u64;
        for (index, &byte) in self.datum[start..].iter().take(10).enumerate() {
            // The tenth byte has room for one bit.
            if index == 9 && byte > 1 {
                return Err(DecodeError::BadVarint { at: start });
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                self.at = start + index + 1;
                return Ok(unzigzag(value));
            }
        }
        Err(DecodeError::Truncated { at: self.datum.len() })
    }

    fn int(&mut self) -> Result<(), DecodeError> {
        let at = self.at;
        match i32::try_from(self.long()?) {
            Ok(_) => Ok(()),
            Err(_) => Err(DecodeError::BadVarint { at }),
        }
    }

    /// The length of bytes or a text, which must all be there.
    fn length(&mut self) -> Result<usize, DecodeError> {
        let length = u64::try_from(self.long()?).map_err(|_| DecodeError::NegativeLength { at: self.at })?;
        self.claimed(length, 1)
    }

    /// Checks that `count` things of at least `least` bytes can be there.
    fn claimed(&self, count: u64, least: usize) -> Result<usize, DecodeError> {
        let room = match least {
            // Things that take no bytes cost steps instead.
            0 => self.steps,
            _ => self.left() / least,
        };
        match usize::try_from(count) {
            Ok(count) if count <= room => Ok(count),
            _ if count > PLAUSIBLE || least == 0 => Err(DecodeError::TooLarge {
                at: self.at,
                claimed: count,
                left: self.left(),
            }),
            _ => Err(DecodeError::Truncated { at: self.datum.len() }),
        }
    }

    fn choice<'p, T>(&mut self, choices: &'p [T]) -> Result<&'p T, DecodeError> {
        let index = usize::try_from(self.long()?).ok();
        let chosen = index.and_then(|index| choices.get(index));
        chosen.ok_or(DecodeError::BadIndex { at: self.at })
    }

    /// The blocks of an array or a map: a count and so many items each, ended by a count of zero. A
    /// count below zero is followed by the block's size in bytes, which readers may use to skip it: so
    /// it must be true.
    fn blocks(
        &mut self,
        least: usize,
        mut item: impl FnMut(&mut Self) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        loop {
            let (count, end) = self.block(least)?;
            for _ in 0..count {
                item(self)?;
            }
            self.ends_at(end)?;
            if count == 0 {
                return Ok(());
            }
        }
    }

    /// The head of a block: how many items, and where it must end if it says so.
    fn block(&mut self, least: usize) -> Result<(usize, Option<usize>), DecodeError> {
        let start = self.at;
        let count = self.long()?;
        let end = if count < 0 {
            let size = self.length()?;
            self.changes.push(Change {
                place: start..self.at,
                number: count.saturating_neg(),
                is_wanted: false,
            });
            Some(self.at + size)
        } else {
            None
        };
        Ok((self.claimed(count.unsigned_abs(), least)?, end))
    }

    /// Checks that a block ends here.
    fn ends_at(&self, end: Option<usize>) -> Result<(), DecodeError> {
        match end {
            Some(end) if end != self.at => Err(DecodeError::BadBlock { at: self.at }),
            _ => Ok(()),
        }
    }
}

/// 0, 1, 2, 3, ... stand for 0, -1, 1, -2, ...
fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}
