//! What to do after an error of the client library (ENGINE.md 6).

use rdkafka::error::{KafkaError, RDKafkaError};
use rdkafka::types::RDKafkaErrorCode;

pub(super) use super::codes::kind_of;
use crate::log::{ErrorKind, LogError};

/// The error of a call outside any transaction.
pub(super) fn request(during: &'static str, error: &KafkaError) -> LogError {
    let code = code_of(error);
    // Without a code the client refused what it was asked before any broker was: a setting, or a bug here.
    let kind = code.map_or(ErrorKind::Fatal, kind_of);
    LogError::new(kind, during, error.to_string()).denied(code.is_some_and(is_denial))
}

/// The error of a request that came back with a code for something it named.
pub(super) fn answer(during: &'static str, of: &impl std::fmt::Display, code: RDKafkaErrorCode) -> LogError {
    LogError::new(kind_of(code), during, format!("{of}: {code}")).denied(is_denial(code))
}

/// The error of a call that drives a transaction. The library knows best what is left to do, except where it calls an
/// error fatal: that ends the client, see [`end_of_client`].
pub(super) fn transaction(during: &'static str, error: &KafkaError) -> LogError {
    let kind = match error {
        KafkaError::Transaction(e) => transaction_kind(e),
        other => code_of(other).map_or(ErrorKind::Fatal, kind_of),
    };
    let code = match error {
        KafkaError::Transaction(e) => Some(e.code()),
        other => code_of(other),
    };
    LogError::new(kind, during, error.to_string()).denied(code.is_some_and(is_denial))
}

fn transaction_kind(error: &RDKafkaError) -> ErrorKind {
    let by_code = kind_of(error.code());
    if error.txn_requires_abort() {
        ErrorKind::Abortable
    } else if error.is_fatal() || matches!(by_code, ErrorKind::Fenced) {
        end_of_client(error.code())
    } else if error.is_retriable() {
        ErrorKind::Retriable
    } else {
        by_code
    }
}

/// What to do when this code has ended a client: its transaction never commits, so that nothing is lost or doubled by going
/// on with a new one, once what it lacked is there. A right that was taken away ends clients, too.
pub(super) fn end_of_client(code: RDKafkaErrorCode) -> ErrorKind {
    match kind_of(code) {
        kind @ (ErrorKind::Fenced | ErrorKind::Fatal) => kind,
        _ => ErrorKind::Expelled,
    }
}

/// The error of a record that was not acknowledged: its transaction cannot be committed any more.
pub(super) fn delivery(during: &'static str, code: RDKafkaErrorCode) -> LogError {
    match kind_of(code) {
        ErrorKind::TooLarge => LogError::new(
            ErrorKind::Fatal,
            during,
            format!(
                "{code}: the topic takes less than the client sends at once; raise the topic's \
                 max.message.bytes, or lower the client setting message.max.bytes to it"
            ),
        ),
        ErrorKind::Fenced => LogError::new(ErrorKind::Fenced, during, code.to_string()),
        _ => LogError::new(ErrorKind::Abortable, during, code.to_string()).denied(is_denial(code)),
    }
}

/// The code under an error; some variants of [`KafkaError`] keep theirs to themselves.
pub(super) fn code_of(error: &KafkaError) -> Option<RDKafkaErrorCode> {
    match error {
        KafkaError::AdminOp(code) => Some(*code),
        other => other.rdkafka_error_code(),
    }
}

/// Whether a right is lacking, or who we are is not believed.
pub(super) fn is_denial(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
            | Code::SaslAuthenticationFailed
            | Code::Authentication
    )
}

#[cfg(test)]
mod tests {
    use super::delivery;
    use crate::log::ErrorKind;
    use rdkafka::types::RDKafkaErrorCode as Code;

    #[test]
    fn a_record_that_was_not_delivered_ends_its_transaction() {
        for (code, kind) in [
            (Code::MessageTimedOut, ErrorKind::Abortable),
            (Code::TopicAuthorizationFailed, ErrorKind::Abortable),
            (Code::InvalidProducerEpoch, ErrorKind::Fenced),
            // Sending it again would fail again.
            (Code::MessageSizeTooLarge, ErrorKind::Fatal),
        ] {
            assert_eq!(delivery("sending", code).kind, kind, "{code}");
        }
    }
}
