//! Which records are wanted.

use std::str::FromStr;

use crate::cli::render::text;
use crate::log::Record;
use crate::model::Millis;

/// A header's name and value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    name: String,
    value: String,
}

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text
            .split_once('=')
            .ok_or("write a header's name and its value: NAME=VALUE")?;
        Ok(Self {
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }
}

/// What is asked of a record.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// Its time is this, or later.
    pub since: Option<Millis>,
    /// Its time is before this.
    pub until: Option<Millis>,
    /// It has one of these keys, as they are shown; none at all: it may have any.
    pub keys: Vec<String>,
    /// It has all these headers.
    pub headers: Vec<Pair>,
}

impl Wanted {
    /// Whether a record is.
    pub fn wants(&self, record: &Record<'_>) -> bool {
        let of_key = || {
            let key = record.key.map(text);
            key.is_some_and(|key| self.keys.contains(&key))
        };
        let has = |pair: &Pair| {
            record.headers().any(|header| {
                header.name == pair.name && header.value.is_some_and(|value| text(value) == pair.value)
            })
        };
        self.since.is_none_or(|since| since.0 <= record.timestamp)
            && self.until.is_none_or(|until| record.timestamp < until.0)
            && (self.keys.is_empty() || of_key())
            && self.headers.iter().all(has)
    }
}

#[cfg(test)]
mod tests {
    use super::Wanted;
    use crate::log::batch::Place;
    use crate::log::{Batch, Header};
    use crate::model::Millis;

    #[test]
    fn a_record_of_key_k_at_moment_10_with_a_header() {
        let place = Place {
            topic: 0,
            partition: 3,
            offset: 17,
            timestamp: 10,
        };
        let header = Header {
            name: "reason",
            value: Some(b"truncated"),
        };
        let mut batch = Batch::new();
        batch.push(place, Some(b"k"), None, [header]);
        batch.push(place, Some(b"\xff"), None, []);
        batch.push(place, None, None, []);
        let any = Wanted::default;
        let since = |at| Wanted {
            since: Some(Millis(at)),
            ..any()
        };
        let until = |at| Wanted {
            until: Some(Millis(at)),
            ..any()
        };
        let keys = |keys: &[&str]| Wanted {
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            ..any()
        };
        let headers = |headers: &[&str]| Wanted {
            headers: headers.iter().map(|pair| pair.parse().expect("a pair")).collect(),
            ..any()
        };
        //   given what is asked   then it is wanted, and so is one of the key 0xff, and one without a key
        for (asked, wanted) in [
            (any(), [true, true, true]),
            (since(10), [true, true, true]),
            (since(11), [false, false, false]),
            (until(10), [false, false, false]),
            (until(11), [true, true, true]),
            (keys(&["k"]), [true, false, false]),
            (keys(&["x", "ff"]), [false, true, false]),
            (keys(&[""]), [false, false, false]),
            (headers(&["reason=truncated"]), [true, false, false]),
            (headers(&["reason=truncated", "x=y"]), [false, false, false]),
            (headers(&["reason="]), [false, false, false]),
        ] {
            let found: Vec<_> = batch.iter().map(|record| asked.wants(&record)).collect();
            assert_eq!(found, wanted, "{asked:?}");
        }
    }
}
