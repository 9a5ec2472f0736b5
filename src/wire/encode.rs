//! Records to bytes.

use std::marker::PhantomData;

use super::direct;
use super::record::WireRecord;

/// How a value names the schema it was written with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Avro single-object encoding: C3 01, the schema's CRC-64-AVRO fingerprint, the datum.
    #[default]
    SingleObject,
    /// The format of Confluent's serialisers: 00, the schema's id in a Schema Registry, the datum.
    Confluent {
        /// The id of the record's present schema.
        id: u32,
    },
}

/// A record could not be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a value of the record {record} is outside what its schema can hold (a count above 2^31?)")]
pub struct EncodeError {
    /// The record.
    pub record: &'static str,
}

/// Encodes records of one type with their present schema. One a thread.
pub struct Encoder<T> {
    header: Vec<u8>,
    record: PhantomData<fn(&T)>,
}

impl<T: WireRecord> Encoder<T> {
    /// An encoder that writes the given format.
    pub fn new(format: Format) -> Self {
        let header = match format {
            Format::SingleObject => [&[0xC3, 0x01][..], &T::fingerprint().to_le_bytes()].concat(),
            Format::Confluent { id } => [&[0x00][..], &id.to_be_bytes()].concat(),
        };
        Self {
            header,
            record: PhantomData,
        }
    }

    /// Appends a value to `out`; on an error `out` is as it was.
    pub fn encode(&mut self, record: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        out.extend_from_slice(&self.header);
        direct::write(record, out).map_err(|direct::Refused| {
            out.truncate(start);
            EncodeError { record: T::NAME }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoder, Format};
    use crate::model::{Complaint, WorkItem};

    #[test]
    fn a_format_is_its_header() {
        let mut plain = Vec::new();
        let mut confluent = vec![7];
        Encoder::new(Format::SingleObject)
            .encode(&Complaint::default(), &mut plain)
            .expect("encodes");
        Encoder::new(Format::Confluent { id: 258 })
            .encode(&Complaint::default(), &mut confluent)
            .expect("encodes");
        assert_eq!(plain[..2], [0xC3, 0x01]);
        assert_eq!(confluent[..6], [7, 0, 0, 0, 1, 2]);
        assert_eq!(plain[10..], confluent[6..]);
    }

    #[test]
    fn what_cannot_be_written_leaves_no_trace() {
        let mut out = vec![1, 2, 3];
        let item = WorkItem {
            messages_waiting: u32::MAX,
            ..WorkItem::default()
        };
        let error = Encoder::new(Format::SingleObject)
            .encode(&item, &mut out)
            .expect_err("too large");
        assert_eq!((error.record, out), ("WorkItem", vec![1, 2, 3]));
    }
}
