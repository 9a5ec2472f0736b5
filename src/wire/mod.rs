//! The wire: Avro both ways, schema table, dead-letter envelope.
