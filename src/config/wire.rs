//! How records are written, and which schemas others write with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::de::DeValue;

use super::section::Section;
use super::value::{FromToml, one_of};

/// The framing of records written. Both are always read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WireFormat {
    /// Avro single-object encoding.
    #[default]
    SingleObject,
    /// A zero byte and a schema id of four bytes, as Confluent's Schema Registry clients do.
    Confluent,
}

impl FromToml for WireFormat {
    fn from_toml(value: &DeValue<'_>) -> Result<Self, String> {
        one_of(
            value,
            &[
                ("single-object", Self::SingleObject),
                ("confluent", Self::Confluent),
            ],
        )
    }
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
    pub(super) fn read(section: Option<Section<'_>>, base: &Path) -> Self {
        let mut settings = Self::default();
        let Some(mut section) = section else {
            return settings;
        };
        settings.format = section.get_or("format", settings.format);
        let files = section.get_or("writer_schemas", Vec::<String>::new());
        settings.writer_schemas = files.iter().map(|file| base.join(file)).collect();
        if let Some(mut ids) = section.section("ids") {
            for key in ids.keys() {
                let schema = ids.get_or(key, String::new());
                let Ok(id) = key.parse() else {
                    ids.problem(key, format!("wire.ids: \"{key}\" is no schema id. Write a whole number, such as 17 = \"Complaint\"."));
                    continue;
                };
                if let Some(schema) = schema_ref(&ids, key, schema, base) {
                    settings.ids.insert(id, schema);
                }
            }
            ids.finish();
        }
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
        return Some(SchemaRef::File(base.join(schema)));
    }
    let records = RECORDS.join(", ");
    ids.problem(
        key,
        format!("wire.ids.{key} must be a file that ends in .avsc, or one of {records}."),
    );
    None
}
