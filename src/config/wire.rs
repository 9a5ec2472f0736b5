//! How records are written, and which schemas others write with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::nearest::nearest;
use super::section::Section;
use super::value::Choice;
use crate::wire::Registry;

/// The framing of records written. Both are always read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WireFormat {
    /// Avro single-object encoding.
    #[default]
    SingleObject,
    /// A zero byte and a schema id of four bytes, as Confluent's Schema Registry clients do.
    Confluent,
}

impl Choice for WireFormat {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("single-object", Self::SingleObject),
        ("confluent", Self::Confluent),
    ];
}

/// Where to find a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaRef {
    /// The present schema of the record of this name, such as `Complaint`.
    BuiltIn(String),
    /// A schema file, such as that of an older writer.
    File(PathBuf),
}

/// Settings of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WireSettings {
    /// The framing of what is written.
    pub format: WireFormat,
    /// Confluent schema ids. To write a record, the lowest id of its built-in schema is used.
    pub ids: BTreeMap<u32, SchemaRef>,
    /// Schemas of other writers, recognised by their fingerprint in single-object encoding.
    pub writer_schemas: Vec<PathBuf>,
}

/// The records that have a schema (DESIGN.md 4).
pub const RECORDS: [&str; 9] = [
    "Complaint",
    "Response",
    "Update",
    "Survey",
    "Customer",
    "WorkItem",
    "Case",
    "CaseEvent",
    "Signal",
];

impl WireSettings {
    /// The id under which a record is written in the Confluent format.
    pub fn id_of(&self, record: &str) -> Option<u32> {
        let named = |schema: &SchemaRef| matches!(schema, SchemaRef::BuiltIn(name) if name == record);
        self.ids
            .iter()
            .find(|(_, schema)| named(schema))
            .map(|(id, _)| *id)
    }

    /// Reads the `[wire]` table; files are relative to `base`.
    pub(super) fn read(mut section: Section<'_>, base: &Path) -> Self {
        let mut settings = Self {
            format: section.setting(
                "format",
                WireFormat::default(),
                "What is written: Avro single-object encoding, which needs no server, or Confluent's format, \
                 which needs [wire.ids]. Both are read.",
            ),
            ..Self::default()
        };
        let files = section.setting(
            "writer_schemas",
            Vec::<String>::new(),
            "Schema files of writers older than this release, relative to this file. They are recognised by \
             their fingerprint.",
        );
        for file in files {
            let file = base.join(file);
            if let Err(why) = usable(&file) {
                section.problem("writer_schemas", format!("wire.writer_schemas: {why}"));
            }
            settings.writer_schemas.push(file);
        }
        let mut ids = section.table(
            "ids",
            "Confluent schema ids: the name of a record, whose present schema is meant, or a schema file, \
             relative to this one. To write a record, the lowest id of its name is used.",
        );
        ids.example::<String>(
            "17",
            "\"Complaint\"",
            "A record's name, or a file that ends in .avsc.",
        );
        for key in ids.keys() {
            let Some(schema) = ids.get::<String>(&key) else {
                continue;
            };
            let Ok(id) = key.parse() else {
                ids.problem(
                    &key,
                    format!("wire.ids: \"{key}\" is no schema id. Write a whole number, such as 17 = \"Complaint\"."),
                );
                continue;
            };
            if let Some(schema) = schema_ref(&ids, &key, schema, base) {
                settings.ids.insert(id, schema);
            }
        }
        ids.finish();
        if settings.format == WireFormat::Confluent {
            settings.report_missing_ids(&section);
        }
        section.finish();
        settings
    }

    fn report_missing_ids(&self, section: &Section<'_>) {
        let missing: Vec<_> = RECORDS
            .into_iter()
            .filter(|record| self.id_of(record).is_none())
            .collect();
        if !missing.is_empty() {
            let what = format!(
                "wire.format \"confluent\" needs a schema id of every record; [wire.ids] has none of {}. Add lines such as 17 = \"{}\".",
                missing.join(", "),
                missing[0]
            );
            section.problem("format", what);
        }
    }
}

fn schema_ref(ids: &Section<'_>, key: &str, schema: String, base: &Path) -> Option<SchemaRef> {
    if RECORDS.contains(&schema.as_str()) {
        return Some(SchemaRef::BuiltIn(schema));
    }
    if schema.ends_with(".avsc") {
        let file = base.join(schema);
        if let Err(why) = usable(&file) {
            ids.problem(key, format!("wire.ids.{key}: {why}"));
        }
        return Some(SchemaRef::File(file));
    }
    let records = RECORDS.join(", ");
    let mut what =
        format!("wire.ids.{key} must be a file that ends in .avsc, or one of {records}, not \"{schema}\".");
    let near = nearest(&schema, RECORDS);
    if let Some(near) = near {
        what.push_str(&format!(" Did you mean \"{near}\"?"));
    }
    ids.misspelt(key, what, near);
    None
}

/// Whether a schema file can be used, or why not.
fn usable(file: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("{} cannot be read: {error}. Check the path.", file.display()))?;
    Registry::built_in()
        .add(&text)
        .map(drop)
        .map_err(|error| format!("{} cannot be used: {error}.", file.display()))
}
