//! Every code of the client library, and what is to be done about it: none is fatal but by a reason that is written here.
//!
//! Where nobody is harmed by waiting, waiting is right, however long: a broker comes back, a right is given again, a topic
//! is created. What is not listed is of a newer library than this table; it is waited out too.

use rdkafka::types::RDKafkaErrorCode as Code;

use crate::log::ErrorKind::{self, Abortable, Expelled, Fatal, Fenced, Retriable, TooLarge};

/// What is to be done, why, and about which codes.
type Group = (ErrorKind, &'static str, &'static [Code]);

/// All codes, each once.
const CODES: &[Group] = &[
    (
        Retriable,
        "a broker is away, slow or too full: it comes back, or another takes over",
        &[
            Code::OperationTimedOut,
            Code::RequestTimedOut,
            Code::TimedOutQueue,
            Code::BrokerTransportFailure,
            Code::BrokerDestroy,
            Code::DestroyBroker,
            Code::AllBrokersDown,
            Code::UnknownBroker,
            Code::NodeUpdate,
            Code::Resolve,
            Code::SSL,
            Code::NetworkException,
            Code::BrokerNotAvailable,
            Code::ReplicaNotAvailable,
            Code::LeaderNotAvailable,
            Code::NotLeaderForPartition,
            Code::PreferredLeaderNotAvailable,
            Code::EligibleLeadersNotAvailable,
            Code::FencedLeaderEpoch,
            Code::UnknownLeaderEpoch,
            Code::StaleControllerEpoch,
            Code::StaleBrokerEpoch,
            Code::OffsetNotAvailable,
            Code::ListenerNotFound,
            Code::NotController,
            Code::NotCoordinator,
            Code::CoordinatorNotAvailable,
            Code::CoordinatorLoadInProgress,
            Code::TransactionCoordinatorFenced,
            Code::WaitingForCoordinator,
            Code::ReassignmentInProgress,
            Code::RebootstrapRequired,
            Code::KafkaStorageError,
            Code::LogDirNotFound,
            Code::NotEnoughReplicas,
            Code::NotEnoughReplicasAfterAppend,
            Code::ISRInsufficient,
            Code::ThrottlingQuotaExceeded,
            Code::FetchSessionIdNotFound,
            Code::InvalidFetchSessionEpoch,
            Code::Unknown,
        ],
    ),
    (
        Retriable,
        "something else is to be finished first, or comes with the next question",
        &[
            Code::WaitCache,
            Code::Retry,
            Code::InProgress,
            Code::PreviousInProgress,
            Code::ConcurrentTransactions,
            Code::UnstableOffsetCommit,
            Code::Interrupted,
            Code::Outdated,
            Code::Partial,
            Code::Noop,
            Code::NoOffset,
            Code::NoError,
            Code::QueueFull,
            Code::CriticalSystemResource,
            Code::FileSystem,
            Code::Fail,
            Code::MemberIdRequired,
            Code::PartitionEOF,
            Code::AssignPartitions,
            Code::RevokePartitions,
            Code::OperationNotAttempted,
        ],
    ),
    (
        Retriable,
        "bytes were spoilt on their way to a broker: they are sent again",
        &[Code::InvalidMessage, Code::InvalidMessageSize],
    ),
    (
        Fatal,
        "a stored record is damaged, and the library goes on behind it: it would be skipped",
        &[Code::BadMessage, Code::BadCompression, Code::Underflow],
    ),
    (
        Retriable,
        "a right, a proof of who we are, or a topic is missing: readiness says which, and work goes on once it is there",
        &[
            Code::Authentication,
            Code::SaslAuthenticationFailed,
            Code::IllegalSASLState,
            Code::TopicAuthorizationFailed,
            Code::GroupAuthorizationFailed,
            Code::ClusterAuthorizationFailed,
            Code::TransactionalIdAuthorizationFailed,
            Code::DelegationTokenAuthDisabled,
            Code::DelegationTokenNotFound,
            Code::DelegationTokenOwnerMismatch,
            Code::DelegationTokenRequestNotAllowed,
            Code::DelegationTokenAuthorizationFailed,
            Code::DelegationTokenExpired,
            Code::SecurityDisabled,
            Code::PrincipalDeserializationFailure,
            Code::UnknownTopic,
            Code::UnknownPartition,
            Code::UnknownTopicOrPartition,
            Code::UnknownTopicId,
            Code::UnknownGroup,
            Code::GroupIdNotFound,
            Code::ResourceNotFound,
            Code::GroupMaxSizeReached,
        ],
    ),
    (
        Abortable,
        "this transaction cannot be committed any more; the next one can",
        &[
            Code::IllegalGeneration,
            Code::UnknownMemberId,
            Code::RebalanceInProgress,
            Code::FencedInstanceId,
            Code::UnreleasedInstanceId,
            Code::FencedMemberEpoch,
            Code::StaleMemberEpoch,
            Code::AssignmentLost,
            Code::PurgeQueue,
            Code::PurgeInflight,
            Code::MessageTimedOut,
            Code::OutOfOrderSequenceNumber,
            Code::DuplicateSequenceNumber,
            Code::InvalidDifferentRecord,
            Code::GaplessGuarantee,
            Code::Inconsistent,
        ],
    ),
    (
        Abortable,
        "the clock of this machine is far ahead, and the topic keeps its writers' times: set right, it goes on",
        &[Code::InvalidTimestamp],
    ),
    (
        Expelled,
        "the client does not hold what this worker believes it holds, as after it stood still: it joins anew",
        &[
            Code::State,
            Code::Conflict,
            Code::ExistingSubscription,
            Code::PollExceeded,
            Code::OffsetOutOfRange,
            Code::AutoOffsetReset,
            Code::LogTruncation,
        ],
    ),
    (
        Expelled,
        "the broker does not hold what this client believes it holds: it has ended the transaction, or forgotten the producer. \
         Nobody else need have the id: taking it anew mends it, however often",
        &[
            Code::InvalidTransactionalState,
            Code::InvalidProducerIdMapping,
            Code::UnknownProducerId,
        ],
    ),
    (
        Fenced,
        "another has the transactional id, or the broker has taken it away with a transaction whose time was up: taking it \
         anew mends that once",
        &[Code::Fenced, Code::ProducerFenced, Code::InvalidProducerEpoch],
    ),
    (
        TooLarge,
        "this record only",
        &[Code::MessageSizeTooLarge, Code::MessageBatchTooLarge],
    ),
    (
        Fatal,
        "the client says itself that it cannot keep its promises any more: going on could lose or double records",
        &[Code::Fatal, Code::Begin, Code::End, Code::EndAll],
    ),
    (
        Fatal,
        "settings that brokers or the client never take: every attempt would fail alike",
        &[
            Code::InvalidArgument,
            Code::InvalidConfig,
            Code::InvalidTopic,
            Code::InvalidRequiredAcks,
            Code::InvalidGroupId,
            Code::InvalidSessionTimeout,
            Code::InvalidTransactionTimeout,
            Code::InconsistentGroupProtocol,
            Code::UnsupportedVersion,
            Code::UnsupportedFeature,
            Code::UnsupportedSASLMechanism,
            Code::UnsupportedForMessageFormat,
            Code::UnsupportedCompressionType,
            Code::UnsupportedAssignor,
            Code::UnknownProtocol,
            Code::NotImplemented,
            Code::NotConfigured,
        ],
    ),
    (
        Fatal,
        "a request that is wrong in itself, a bug here: repeating it would not put it right",
        &[
            Code::InvalidRequest,
            Code::InvalidRecord,
            Code::InvalidCommitOffsetSize,
            Code::OffsetMetadataTooLarge,
            Code::KeySerialization,
            Code::ValueSerialization,
            Code::KeyDeserialization,
            Code::ValueDeserialization,
            Code::ReadOnly,
            Code::NoEnt,
            Code::InvalidType,
            Code::Application,
            Code::UnknownSubscriptionId,
            Code::TelemetryTooLarge,
        ],
    ),
    (
        Fatal,
        "an answer to administration, which a person has asked for and is told of",
        &[
            Code::TopicAlreadyExists,
            Code::InvalidPartitions,
            Code::InvalidReplicationFactor,
            Code::InvalidReplicaAssignment,
            Code::PolicyViolation,
            Code::InvalidPrincipalType,
            Code::NonEmptyGroup,
            Code::TopicDeletionDisabled,
            Code::ElectionNotNeeded,
            Code::NoReassignmentInProgress,
            Code::GroupSubscribedToTopic,
            Code::DuplicateResource,
            Code::UnacceptableCredential,
            Code::InconsistentVoterSet,
            Code::InvalidUpdateVersion,
            Code::FeatureUpdateFailed,
        ],
    ),
];

/// What to do after `code` where nothing else is known.
pub fn kind_of(code: Code) -> ErrorKind {
    let group = CODES.iter().find(|(_, _, codes)| codes.contains(&code));
    group.map_or(Retriable, |(kind, ..)| *kind)
}

#[cfg(test)]
mod tests {
    use rdkafka::types::{RDKafkaErrorCode as Code, RDKafkaRespErr};

    use super::{CODES, kind_of};
    use crate::log::ErrorKind;

    #[test]
    fn every_code_of_this_library_is_in_the_table_once() {
        let all: Vec<Code> = (-200..=200)
            .filter_map(|number| RDKafkaRespErr::try_from(number).ok())
            .map(Code::from)
            .collect();
        assert!(all.len() > 150, "the library has {} codes", all.len());
        for code in all {
            let groups = CODES.iter().flat_map(|(_, _, codes)| codes.iter());
            let times = groups.filter(|listed| **listed == code).count();
            assert_eq!(times, 1, "{code:?}: {code}");
        }
    }

    #[test]
    fn a_code_says_what_to_do() {
        for (code, kind) in [
            (Code::BrokerTransportFailure, ErrorKind::Retriable),
            (Code::DestroyBroker, ErrorKind::Retriable), // a broker that was asked is gone for long
            (Code::NotCoordinator, ErrorKind::Retriable),
            (Code::TransactionalIdAuthorizationFailed, ErrorKind::Retriable), // it may be given again
            (Code::State, ErrorKind::Expelled),
            (Code::OffsetOutOfRange, ErrorKind::Expelled),
            (Code::IllegalGeneration, ErrorKind::Abortable),
            (Code::UnknownMemberId, ErrorKind::Abortable),
            (Code::ProducerFenced, ErrorKind::Fenced),
            (Code::InvalidTransactionalState, ErrorKind::Expelled), // by no rival
            (Code::MessageSizeTooLarge, ErrorKind::TooLarge),
            (Code::Fatal, ErrorKind::Fatal),
            (Code::InvalidConfig, ErrorKind::Fatal),
        ] {
            assert_eq!(kind_of(code), kind, "{code}");
        }
    }
}
