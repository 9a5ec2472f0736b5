//! An ingest map: which column of a file is which field of which record.
//!
//! The file format is described in maps/README.md; [`Map::read`] validates it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::fields::{COMPLAINT, Field, RESPONSE, SURVEY, UPDATE};
use super::map_file;
use super::template::Template;
use super::time::TimeFormat;
use crate::config::Problems;
use crate::config::section::Document;

/// What a file is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// Comma-separated values with a header line (RFC 4180).
    Csv,
    /// A JSON object a line; columns are dotted paths such as `meta.tweet_id`.
    Ndjson,
}

/// How values of a column become others: `Postal mail` -> `post`.
pub type Lookup = BTreeMap<String, String>;

/// A value out of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueSource {
    /// The text with columns in it.
    pub template: Template,
    /// What happens to it then: a name of a lookup and the lookup.
    pub lookup: Option<(String, Lookup)>,
    /// How a time is written, where the field is one.
    pub time: TimeFormat,
}

/// A person out of a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PersonMap {
    /// The name shown.
    pub display_name: Option<ValueSource>,
    /// What they can be recognised by; one whose value is empty is left out.
    pub identifiers: Vec<IdentifierMap>,
}

/// An identifier out of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentifierMap {
    /// email, phone, handle, ...
    pub kind: ValueSource,
    /// The identifier itself.
    pub value: ValueSource,
    /// The platform it is valid in.
    pub realm: Option<ValueSource>,
}

/// A record out of a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordMap {
    /// Its fields.
    pub fields: Vec<(Field, ValueSource)>,
    /// A complaint's author; a response's, update's or survey's customer.
    pub person: Option<PersonMap>,
    /// Its attributes; empty ones are left out.
    pub attributes: Vec<(String, ValueSource)>,
}

/// Which record a row is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum RowKind {
    /// Always a complaint.
    #[default]
    Complaint,
    /// It depends on a value, such as a role.
    ByValue {
        /// The value.
        from: Option<ValueSource>,
        /// Its values that mean a complaint.
        complaint: BTreeSet<String>,
        /// Its values that mean a response.
        response: BTreeSet<String>,
        /// Its values that mean an answer to a survey.
        survey: BTreeSet<String>,
        /// Its values that are passed over in silence.
        skip: BTreeSet<String>,
    },
}

/// How messages refer to each other beyond their fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Links {
    /// A number that orders the turns of a conversation: each message without an `in_reply_to`
    /// replies to the turn before it.
    pub turn: Option<ValueSource>,
    /// A message's conversation is named by the first message of its chain of replies.
    pub conversation_from_replies: bool,
}

/// A validated map.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// What the files are.
    pub format: FileFormat,
    /// Which record a row is.
    pub kind: RowKind,
    /// Complaints.
    pub complaint: RecordMap,
    /// Responses, if rows can be any.
    pub response: RecordMap,
    /// Surveys, if rows can be any.
    pub survey: RecordMap,
    /// Updates that rows are besides, if the value given is not empty: a closing date.
    pub update: Option<(Template, RecordMap)>,
    /// Links between messages.
    pub links: Links,
}

impl Map {
    /// Reads and validates a map.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with file, line and what is allowed.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        Document::read(path)?.interpret(map_file::read)
    }

    /// As [`Map::read`], from a text; `name` stands for the file's in messages.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_text(name: &str, text: &str) -> Result<Self, Problems> {
        Document::new(name, text).interpret(map_file::read)
    }

    /// Every column that any part of the map names.
    pub fn columns(&self) -> BTreeSet<&str> {
        self.values()
            .flat_map(|value| value.template.columns())
            .chain(self.update.iter().flat_map(|(when, _)| when.columns()))
            .collect()
    }

    /// The channels that records can get whatever the rows say: constants and ends of lookups.
    pub fn channels(&self) -> BTreeSet<&str> {
        let mut channels = BTreeSet::new();
        for record in self.records() {
            for (_, value) in record.fields.iter().filter(|(field, _)| field.name == "channel") {
                match &value.lookup {
                    Some((_, lookup)) => channels.extend(lookup.values().map(String::as_str)),
                    None => channels.extend(value.template.constant()),
                }
            }
        }
        channels
    }

    fn records(&self) -> impl Iterator<Item = &RecordMap> {
        let update = self.update.iter().map(|(_, record)| record);
        [&self.complaint, &self.response, &self.survey]
            .into_iter()
            .chain(update)
    }

    fn values(&self) -> impl Iterator<Item = &ValueSource> {
        let kind = match &self.kind {
            RowKind::Complaint => None,
            RowKind::ByValue { from, .. } => from.as_ref(),
        };
        self.records()
            .flat_map(RecordMap::values)
            .chain(kind)
            .chain(&self.links.turn)
    }
}

impl RecordMap {
    fn values(&self) -> impl Iterator<Item = &ValueSource> {
        let fields = self.fields.iter().map(|(_, value)| value);
        let attributes = self.attributes.iter().map(|(_, value)| value);
        let person = self.person.iter().flat_map(|person| {
            let identifiers = person.identifiers.iter();
            let identifiers = identifiers.flat_map(|i| [&i.kind, &i.value].into_iter().chain(&i.realm));
            person.display_name.iter().chain(identifiers)
        });
        fields.chain(attributes).chain(person)
    }
}

/// The records a map can make, by the name of their table in it.
pub(super) const TABLES: [(&str, &[Field]); 4] = [
    ("complaint", COMPLAINT),
    ("response", RESPONSE),
    ("update", UPDATE),
    ("survey", SURVEY),
];
