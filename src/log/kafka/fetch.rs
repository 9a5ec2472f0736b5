//! What fetching brings: records, copied into a batch, and errors.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rdkafka::Message;
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers};
use rdkafka::types::RDKafkaErrorCode;

use super::errors;
use crate::log::batch::Place;
use crate::log::{Batch, ErrorKind, Header, LogError, Topic};

/// A batch is handed out when it holds this many records...
const RECORDS: usize = 500;
/// ... or this many bytes.
const BYTES: usize = 4 << 20;

/// Fills batches; knows the topics by their index.
#[derive(Debug)]
pub(super) struct Filler {
    topics: Vec<Topic>,
    /// The topic of the last record: runs of one topic are the rule.
    last: usize,
}

impl Filler {
    pub fn new(topics: Vec<Topic>) -> Self {
        Self { topics, last: 0 }
    }

    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// Whether a batch has enough to be handed out.
    pub fn is_full(batch: &Batch) -> bool {
        batch.len() >= RECORDS || batch.size() >= BYTES
    }

    /// Copies a record, so that the buffer it came in can go.
    pub fn copy(&mut self, message: &BorrowedMessage<'_>, batch: &mut Batch) {
        let Some(topic) = self.index(message.topic()) else {
            // Subscriptions and assignments name topics of the list only.
            tracing::error!(
                topic = message.topic(),
                "a record of a topic that was not asked for is left out"
            );
            return;
        };
        let place = Place {
            topic,
            partition: message.partition(),
            offset: message.offset(),
            timestamp: message.timestamp().to_millis().unwrap_or(0),
        };
        let headers = message.headers();
        let count = headers.map_or(0, Headers::count);
        let headers = (0..count).filter_map(|i| header(headers?, i));
        batch.push(place, message.key(), message.payload(), headers);
    }

    fn index(&mut self, topic: &str) -> Option<usize> {
        if self.topics.get(self.last).is_none_or(|t| t.as_str() != topic) {
            self.last = self.topics.iter().position(|t| t.as_str() == topic)?;
        }
        Some(self.last)
    }
}

/// A header; one whose name is not UTF-8 comes without name and value. Any client may write such a
/// name, and rdkafka panics on it: a single record must not be able to end this program.
fn header<H: Headers>(headers: &H, index: usize) -> Option<Header<'_>> {
    let read = AssertUnwindSafe(|| headers.try_get(index));
    match catch_unwind(read) {
        Ok(header) => header.map(|h| Header {
            name: h.key,
            value: h.value,
        }),
        Err(_) => Some(Header {
            name: "",
            value: None,
        }),
    }
}

/// What an error found while fetching means; `None` if the library goes on by itself and there is
/// nothing to do but wait (it was logged).
pub(super) fn error(during: &'static str, error: &KafkaError) -> Option<LogError> {
    use RDKafkaErrorCode as Code;
    let fail = |kind, detail: String| Some(LogError::new(kind, during, detail));
    if let KafkaError::MessageConsumptionFatal(code) = error {
        return fail(ErrorKind::Fatal, code.to_string());
    }
    match errors::code_of(error)? {
        // The revocation that follows tells.
        Code::PollExceeded | Code::PartitionEOF => None,
        // Deleted before it was read, or by whoever has the partition by now: joining anew tells which.
        Code::AutoOffsetReset | Code::OffsetOutOfRange | Code::LogTruncation => fail(
            ErrorKind::Expelled,
            format!("{error}: the offset to be read is not in the log; nothing is skipped silently"),
        ),
        // May be restored while we wait.
        Code::TopicAuthorizationFailed
        | Code::GroupAuthorizationFailed
        | Code::ClusterAuthorizationFailed
        | Code::SaslAuthenticationFailed
        | Code::Authentication
        | Code::UnknownTopic
        | Code::UnknownPartition
        | Code::UnknownTopicOrPartition => fail(ErrorKind::Retriable, error.to_string()),
        code => match errors::kind_of(code) {
            ErrorKind::Retriable => None,
            kind => fail(kind, error.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::error::KafkaError;
    use rdkafka::message::{Header as KafkaHeader, Headers};
    use rdkafka::types::RDKafkaErrorCode as Code;

    use super::{error, header};
    use crate::log::{ErrorKind, Header};

    /// Headers on which the client library panics, as it does on names that are not UTF-8.
    struct Hostile;

    impl Headers for Hostile {
        fn count(&self) -> usize {
            1
        }

        fn try_get(&self, _: usize) -> Option<KafkaHeader<'_, &[u8]>> {
            panic!("a name that is not UTF-8")
        }
    }

    #[test]
    fn a_header_with_an_unreadable_name_does_not_end_the_program() {
        let nameless = Header {
            name: "",
            value: None,
        };
        assert_eq!(header(&Hostile, 0), Some(nameless));
    }

    #[test]
    fn what_mends_itself_is_waited_out_and_what_would_skip_records_is_not() {
        for (code, kind) in [
            (Code::BrokerTransportFailure, None),
            (Code::AllBrokersDown, None),
            (Code::PollExceeded, None),
            (Code::TopicAuthorizationFailed, Some(ErrorKind::Retriable)),
            (Code::UnknownTopicOrPartition, Some(ErrorKind::Retriable)),
            (Code::AutoOffsetReset, Some(ErrorKind::Expelled)),
            (Code::OffsetOutOfRange, Some(ErrorKind::Expelled)),
            (Code::BadMessage, Some(ErrorKind::Fatal)),
        ] {
            let found = error("reading", &KafkaError::MessageConsumption(code));
            assert_eq!(found.map(|e| e.kind), kind, "{code}");
        }
    }
}
