//! What each error comes to, as the answer to each request of a commit, and why.

use heard::log::ErrorKind::{Abortable, Expelled, Fatal, Fenced};
use rdkafka::types::{RDKafkaApiKey as Request, RDKafkaErrorCode as Code};

use crate::place::Call::{self, Flush, Init, Offsets};
use crate::place::Came::{self, Fails, Happens};
use crate::place::Mend::{Aborts, Anew};

/// A request, what its errors come to, and what those come to that are not listed.
pub struct Row {
    pub request: Request,
    pub errors: &'static [(Came, &'static str, &'static [Code])],
    pub others: (Came, &'static str),
}

impl Row {
    /// What this error comes to.
    pub fn says(&self, code: Code) -> Came {
        let listed = self.errors.iter().find(|(_, _, codes)| codes.contains(&code));
        listed.map_or(self.others.0, |(came, ..)| *came)
    }
}

const AGAIN: &str = "the client asks again, or another broker";
const TAKEN_OVER: &str = "another has the id, or the coordinator has taken it away after a time-out";
const FORGOTTEN: &str =
    "the coordinator has ended the transaction, or forgotten the producer; nobody else need have the id";
const NO_RIGHT: &str =
    "the client is done for, but nothing is harmed: a new one goes on once the right is given again";
const NEVER: &str = "a cluster that cannot hold transactions at all: every attempt would fail alike";
const ABORTED: &str = "the client says that this transaction must be aborted, and goes on after that";

/// Every request of the commit sequence.
pub const TABLE: [Row; 8] = [
    Row {
        request: Request::FindCoordinator,
        errors: &[(
            Fails(Init, Expelled, Anew),
            NO_RIGHT,
            &[
                Code::ClusterAuthorizationFailed,
                Code::TransactionalIdAuthorizationFailed,
            ],
        )],
        others: (Happens, AGAIN),
    },
    Row {
        request: Request::InitProducerId,
        errors: &[
            (
                Fails(Init, Expelled, Anew),
                NO_RIGHT,
                &[
                    Code::ClusterAuthorizationFailed,
                    Code::TransactionalIdAuthorizationFailed,
                ],
            ),
            (
                Fails(Init, Fenced, Anew),
                TAKEN_OVER,
                &[Code::InvalidProducerEpoch, Code::ProducerFenced],
            ),
            (
                Fails(Init, Fatal, Anew),
                "transactions may not be as long as is set here: every attempt would fail alike",
                &[Code::InvalidTransactionTimeout],
            ),
        ],
        others: (Happens, AGAIN),
    },
    Row {
        request: Request::AddPartitionsToTxn,
        errors: &[
            (
                Happens,
                AGAIN,
                &[
                    Code::UnknownTopicOrPartition,
                    Code::CoordinatorLoadInProgress,
                    Code::CoordinatorNotAvailable,
                    Code::NotCoordinator,
                    Code::ConcurrentTransactions,
                    Code::BrokerTransportFailure,
                ],
            ),
            (Fails(Flush, Fenced, Anew), TAKEN_OVER, FENCED),
            (
                Fails(Flush, Expelled, Anew),
                FORGOTTEN,
                &[Code::InvalidTransactionalState],
            ),
            (
                Fails(Flush, Expelled, Anew),
                NO_RIGHT,
                &[
                    Code::ClusterAuthorizationFailed,
                    Code::TransactionalIdAuthorizationFailed,
                ],
            ),
        ],
        others: (Fails(Flush, Abortable, Aborts(1)), ABORTED),
    },
    Row {
        request: Request::Produce,
        errors: &[
            (
                Happens,
                AGAIN,
                &[
                    Code::InvalidMessage,
                    Code::UnknownTopicOrPartition,
                    Code::LeaderNotAvailable,
                    Code::NotLeaderForPartition,
                    Code::RequestTimedOut,
                    Code::BrokerNotAvailable,
                    Code::ReplicaNotAvailable,
                    Code::CoordinatorLoadInProgress,
                    Code::CoordinatorNotAvailable,
                    Code::NotCoordinator,
                    Code::NotEnoughReplicas,
                    Code::NotEnoughReplicasAfterAppend,
                    Code::KafkaStorageError,
                    Code::BrokerTransportFailure,
                ],
            ),
            (
                Fails(Flush, Abortable, Anew),
                "the client concludes that it was taken in when it was sent first; no broker has said so",
                &[Code::DuplicateSequenceNumber],
            ),
            (
                Fails(Flush, Fenced, Anew),
                TAKEN_OVER,
                &[Code::InvalidProducerEpoch, Code::ProducerFenced],
            ),
            (
                Fails(Flush, Abortable, Aborts(1)),
                FORGOTTEN,
                &[Code::UnknownProducerId],
            ),
            (
                Fails(Flush, Expelled, Anew),
                "the client fears that records were lost; they were all of a transaction that never commits",
                &[Code::OutOfOrderSequenceNumber],
            ),
            (
                Fails(Flush, Fatal, Anew),
                "the topic takes less than the client sends at once: every attempt would fail alike, and a setting mends it",
                &[Code::MessageSizeTooLarge, Code::MessageBatchTooLarge],
            ),
        ],
        // The next transaction skips the sequence numbers of what failed, and has to be aborted for that.
        others: (Fails(Flush, Abortable, Aborts(2)), ABORTED),
    },
    Row {
        request: Request::AddOffsetsToTxn,
        errors: &[
            (Happens, AGAIN, ASKED_AGAIN),
            (
                Fails(Offsets, Fenced, Anew),
                TAKEN_OVER,
                &[Code::InvalidProducerEpoch],
            ),
            (
                Fails(Offsets, Expelled, Anew),
                FORGOTTEN,
                &[Code::InvalidTransactionalState],
            ),
            (
                Fails(Offsets, Expelled, Anew),
                NO_RIGHT,
                &[
                    Code::ClusterAuthorizationFailed,
                    Code::TransactionalIdAuthorizationFailed,
                ],
            ),
            (
                Fails(Offsets, Fatal, Anew),
                NEVER,
                &[Code::UnsupportedForMessageFormat],
            ),
        ],
        others: (Fails(Offsets, Abortable, Aborts(1)), ABORTED),
    },
    Row {
        request: Request::TxnOffsetCommit,
        errors: &[
            (Happens, AGAIN, ASKED_AGAIN),
            (
                Fails(Offsets, Fenced, Anew),
                TAKEN_OVER,
                &[Code::InvalidProducerEpoch],
            ),
            (
                Fails(Offsets, Expelled, Anew),
                FORGOTTEN,
                &[Code::InvalidTransactionalState, Code::InvalidProducerIdMapping],
            ),
            (
                Fails(Offsets, Expelled, Anew),
                NO_RIGHT,
                &[
                    Code::ClusterAuthorizationFailed,
                    Code::TransactionalIdAuthorizationFailed,
                ],
            ),
            (
                Fails(Offsets, Fatal, Anew),
                NEVER,
                &[Code::UnsupportedForMessageFormat],
            ),
        ],
        others: (Fails(Offsets, Abortable, Aborts(1)), ABORTED),
    },
    Row {
        request: Request::EndTxn,
        errors: &[
            (
                Happens,
                AGAIN,
                &[
                    Code::CoordinatorLoadInProgress,
                    Code::CoordinatorNotAvailable,
                    Code::NotCoordinator,
                    Code::ConcurrentTransactions,
                    Code::BrokerTransportFailure,
                ],
            ),
            (Fails(Call::Commit, Fenced, Anew), TAKEN_OVER, FENCED),
            (
                Fails(Call::Commit, Expelled, Anew),
                FORGOTTEN,
                &[Code::InvalidTransactionalState],
            ),
            (
                Fails(Call::Commit, Expelled, Anew),
                NO_RIGHT,
                &[
                    Code::ClusterAuthorizationFailed,
                    Code::TransactionalIdAuthorizationFailed,
                ],
            ),
        ],
        others: (Fails(Call::Commit, Abortable, Aborts(1)), ABORTED),
    },
    Row {
        request: Request::Metadata,
        errors: &[],
        others: (Happens, AGAIN),
    },
];

const FENCED: &[Code] = &[Code::InvalidProducerEpoch, Code::ProducerFenced];

/// What the client asks again where offsets are added.
const ASKED_AGAIN: &[Code] = &[
    Code::UnknownTopicOrPartition,
    Code::RequestTimedOut,
    Code::CoordinatorLoadInProgress,
    Code::CoordinatorNotAvailable,
    Code::NotCoordinator,
    Code::ConcurrentTransactions,
    Code::BrokerTransportFailure,
];
