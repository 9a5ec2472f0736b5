//! The writer schemas that are known, by fingerprint and by id.

use rustc_hash::FxHashMap;

use super::error::DecodeError;
use super::record::{RECORDS, WireRecord};
use super::schema::SchemaError;
use super::writer::Writer;

/// Why a table of schemas could not be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// A schema of the table is no good.
    #[error("schema id {id}: {error}")]
    Schema {
        /// The id it was listed under.
        id: u32,
        /// What is wrong with it.
        error: SchemaError,
    },
    /// A further schema is no good.
    #[error("additional schema: {0}")]
    Additional(#[from] SchemaError),
    /// An id is listed for two different schemas.
    #[error("schema id {0} is listed for two different schemas: an id names one schema for ever")]
    Conflict(u32),
}

/// The writer schemas that are known: those compiled in (present and released) by fingerprint, those of
/// the configuration by fingerprint and by id.
///
/// It grows only through [`Registry::add_id`] and [`Registry::add`]: a client of a Schema Registry, met
/// with [`DecodeError::UnknownId`], asks for that id and adds the answer here.
pub struct Registry {
    writers: Vec<&'static Writer>,
    by_fingerprint: FxHashMap<u64, usize>,
    by_id: FxHashMap<u32, usize>,
}

impl Registry {
    /// The schemas compiled in.
    pub fn built_in() -> Self {
        let mut registry = Self {
            writers: Vec::new(),
            by_fingerprint: FxHashMap::default(),
            by_id: FxHashMap::default(),
        };
        for record in RECORDS {
            for text in std::iter::once(&record.current).chain(record.released) {
                registry
                    .index_of(text)
                    .expect("the schemas compiled in are tested");
            }
        }
        registry
    }

    /// The schemas compiled in and a fixed table of ids, each with a schema's JSON text or the name of a
    /// record compiled in (`Complaint`), whose present version it then means.
    pub fn with_ids<'a>(ids: impl IntoIterator<Item = (u32, &'a str)>) -> Result<Self, RegistryError> {
        let mut registry = Self::built_in();
        for (id, schema) in ids {
            registry.add_id(id, schema)?;
        }
        Ok(registry)
    }

    /// Adds a schema under an id; the same again is fine.
    pub fn add_id(&mut self, id: u32, schema: &str) -> Result<(), RegistryError> {
        let named = RECORDS.iter().find(|record| record.name == schema.trim());
        let text = named.map_or(schema, |record| record.current);
        let index = self
            .index_of(text)
            .map_err(|error| RegistryError::Schema { id, error })?;
        match self.by_id.insert(id, index) {
            Some(before) if before != index => Err(RegistryError::Conflict(id)),
            _ => Ok(()),
        }
    }

    /// Adds a schema to be known by its fingerprint, and returns that.
    pub fn add(&mut self, schema: &str) -> Result<u64, RegistryError> {
        let index = self.index_of(schema)?;
        Ok(self.writers[index].fingerprint)
    }

    fn index_of(&mut self, text: &str) -> Result<usize, SchemaError> {
        let writer = Writer::of(text)?;
        // A fingerprint does not tell logical types: by it the schema is meant that was there first, by its id each.
        let is_it = |known: &&Writer| known.fingerprint == writer.fingerprint && known.tree == writer.tree;
        if let Some(index) = self.writers.iter().position(is_it) {
            return Ok(index);
        }
        let index = self.writers.len();
        self.by_fingerprint.entry(writer.fingerprint).or_insert(index);
        self.writers.push(writer);
        Ok(index)
    }

    /// How many schemas are known.
    pub fn len(&self) -> usize {
        self.writers.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.writers.is_empty()
    }

    /// The index of a record's present schema, or of one that is the same but for documentation.
    pub(super) fn index_of_present<T: WireRecord>(&self) -> Option<usize> {
        self.by_fingerprint.get(&T::fingerprint()).copied()
    }

    /// The index of the present schema of the record called `name`, without its namespace.
    pub(super) fn index_of_name(&self, name: &str) -> Option<usize> {
        // The present schemas were the first of their names.
        let called =
            |writer: &&Writer| writer.tree.name().and_then(|full| full.rsplit('.').next()) == Some(name);
        self.writers.iter().position(called)
    }

    pub(super) fn writer(&self, index: usize) -> &'static Writer {
        self.writers[index]
    }

    /// Splits a value into its writer's schema (an index for [`Registry::writer`]) and its datum.
    pub(super) fn open<'v>(&self, value: &'v [u8]) -> Result<(usize, &'v [u8]), DecodeError> {
        let cut = DecodeError::Truncated { at: value.len() };
        match value {
            [0xC3, 0x01, rest @ ..] => {
                let (fingerprint, datum) = rest.split_first_chunk().ok_or(cut)?;
                let fingerprint = u64::from_le_bytes(*fingerprint);
                let index = self.by_fingerprint.get(&fingerprint);
                let index = index.ok_or(DecodeError::UnknownFingerprint { fingerprint })?;
                Ok((*index, datum))
            }
            [0x00, rest @ ..] => {
                let (id, datum) = rest.split_first_chunk().ok_or(cut)?;
                let id = u32::from_be_bytes(*id);
                let index = self.by_id.get(&id).ok_or(DecodeError::UnknownId { id })?;
                Ok((*index, datum))
            }
            [] => Err(DecodeError::Empty),
            [0xC3] => Err(cut),
            [first, ..] => Err(DecodeError::BadMagic { first: *first }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Registry, RegistryError};
    use crate::wire::schema::SchemaError;

    #[test]
    fn a_recursive_schema_is_refused_when_the_table_is_built() {
        let text = r#"{"type": "record", "name": "L", "fields": [{"name": "next", "type": ["null", "L"]}]}"#;
        let refused = Registry::with_ids([(7, text)]).err();
        let error = SchemaError::Recursive("L".into());
        assert_eq!(refused, Some(RegistryError::Schema { id: 7, error }));
    }

    #[test]
    fn an_id_names_one_schema_for_ever() {
        assert!(Registry::with_ids([(1, "Complaint"), (1, "Complaint"), (2, "Complaint")]).is_ok());
        let refused = Registry::with_ids([(1, "Complaint"), (1, "Response")]).err();
        assert_eq!(refused, Some(RegistryError::Conflict(1)));
    }
}
