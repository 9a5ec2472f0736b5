//! What those write down who feed an installation and look on: files of JSON, a line for each thing.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

/// Where a record is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The topic, by its whole name.
    pub topic: String,
    /// The number of its partition.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
}

/// An input record that a broker has acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
    /// [`digest`] of its key and value.
    pub digest: u64,
    /// Whether it was made so that nobody can use it.
    #[serde(default)]
    pub spoilt: bool,
}

/// A record that a reader of committed records saw while things went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Where it was.
    #[serde(flatten)]
    pub place: Place,
    /// [`digest`] of its key and value.
    pub digest: u64,
}

/// What a process had counted when it was last asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scrape {
    /// Which process.
    pub process: String,
    /// Whether it counted to its end: asked when nothing was left to do, and not killed.
    pub whole: bool,
    /// Its counters: name and labels as in the text of Prometheus.
    pub counters: BTreeMap<String, f64>,
}

impl Scrape {
    /// Reads the counters whose names begin with `heard_` from what `/metrics` answers.
    pub fn read(process: &str, whole: bool, text: &str) -> Self {
        let lines = text.lines().filter(|line| line.starts_with("heard_"));
        let counters = lines.filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            Some((series.to_owned(), value.parse().ok()?))
        });
        Self {
            process: process.to_owned(),
            whole,
            counters: counters.collect(),
        }
    }

    /// The sum of a counter over the series that have this label.
    pub fn sum(&self, counter: &str, label: &str) -> f64 {
        let of_it = self.counters.iter().filter(|(series, _)| {
            let labels = series.strip_prefix(counter);
            labels.is_some_and(|labels| labels.starts_with('{') && labels.contains(label))
        });
        of_it.map(|(_, value)| value).sum()
    }
}

/// XXH3 of a key and a value (64 bits, no seed), each after its length; a missing one has the length `u64::MAX`.
pub fn digest(key: Option<&[u8]>, value: Option<&[u8]>) -> u64 {
    let mut bytes = Vec::new();
    for part in [key, value] {
        let length = part.map_or(u64::MAX, |part| part.len() as u64);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(part.unwrap_or_default());
    }
    XxHash3_64::oneshot(&bytes)
}

/// Writes things as lines.
///
/// # Errors
/// Those of the file.
pub fn write<'t, T: Serialize + 't>(path: &Path, things: impl IntoIterator<Item = &'t T>) -> io::Result<()> {
    let mut file = io::BufWriter::new(File::create(path)?);
    for thing in things {
        serde_json::to_writer(&mut file, thing)?;
        file.write_all(b"\n")?;
    }
    file.flush()
}

/// Reads what [`write()`] wrote.
///
/// # Errors
/// Those of the file; a line that is none, with its number.
pub fn read<T: DeserializeOwned>(path: &Path) -> io::Result<Vec<T>> {
    let lines = BufReader::new(File::open(path)?).lines().enumerate();
    let parse = |(n, line): (usize, io::Result<String>)| {
        let wrong = |error| io::Error::other(format!("{}, line {}: {error}", path.display(), n + 1));
        serde_json::from_str(&line?).map_err(wrong)
    };
    lines.map(parse).collect()
}
