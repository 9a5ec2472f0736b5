//! All that is judged: what was written down on the way, and what the topics hold in the end.

use std::collections::BTreeMap;
use std::str::FromStr;

use heard::model::Millis;

use crate::ledger::{Acknowledged, Place, Scrape, Seen};

/// A committed record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The number of its partition.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// When the log got it, or its writer's time.
    pub timestamp: Millis,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Its headers.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Stored {
    /// A header's value as a text, or as what it says.
    pub fn header<T: FromStr>(&self, name: &str) -> Option<T> {
        let (_, value) = self.headers.iter().find(|(header, _)| header == name)?;
        std::str::from_utf8(value).ok()?.parse().ok()
    }
}

/// A partition, by its topic's whole name.
pub type Partition = (String, i32);

/// How a partition ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// Up to where nothing is open.
    pub last_stable: i64,
    /// Up to where there is anything.
    pub high_watermark: i64,
}

/// What topics hold.
#[derive(Clone, Debug, Default)]
pub struct Dump {
    /// By the topic's name without the prefix: committed records, those of a partition in order.
    pub topics: BTreeMap<String, Vec<Stored>>,
    /// How each partition ends, by the same names.
    pub ends: BTreeMap<Partition, Ends>,
    /// Up to where the group has taken in each partition, and what is written beside that.
    pub committed: BTreeMap<Partition, (i64, String)>,
}

impl Dump {
    /// The records of a topic.
    pub fn topic(&self, name: &str) -> &[Stored] {
        self.topics.get(name).map_or(&[], Vec::as_slice)
    }

    /// The input topics and their records.
    pub fn inputs(&self) -> impl Iterator<Item = (&str, &[Stored])> {
        let topics = self.topics.iter();
        let inputs = topics.filter(|(name, _)| kind(name).is_some());
        inputs.map(|(name, records)| (name.as_str(), records.as_slice()))
    }
}

/// What an input topic holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What customers say.
    Complaints,
    /// What the company says.
    Responses,
    /// What changes without a message.
    Updates,
    /// Whom the CRM knows.
    Customers,
    /// What customers say when asked.
    Surveys,
}

/// What the topic of this name holds, without the prefix; `None`: it is no input.
pub fn kind(topic: &str) -> Option<Kind> {
    match topic.split('.').next()? {
        "complaints" => Some(Kind::Complaints),
        "responses" => Some(Kind::Responses),
        "updates" => Some(Kind::Updates),
        "customers" => Some(Kind::Customers),
        "surveys" => Some(Kind::Surveys),
        _ => None,
    }
}

/// All that is judged.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// What the topics' names begin with.
    pub prefix: String,
    /// What brokers acknowledged.
    pub ledger: Vec<Acknowledged>,
    /// What a reader saw on the way, in order.
    pub seen: Vec<Seen>,
    /// What processes had counted.
    pub scrapes: Vec<Scrape>,
    /// What the topics hold in the end.
    pub dump: Dump,
    /// Up to where a drain has moved the event clock.
    pub as_of: Millis,
}

impl Evidence {
    /// Where a record of a topic is; the topic's name without the prefix.
    pub fn place(&self, topic: &str, stored: &Stored) -> Place {
        Place {
            topic: format!("{}{topic}", self.prefix),
            partition: stored.partition,
            offset: stored.offset,
        }
    }

    /// The name of a topic without the prefix.
    pub fn short<'n>(&self, topic: &'n str) -> &'n str {
        topic.strip_prefix(&self.prefix).unwrap_or(topic)
    }
}
