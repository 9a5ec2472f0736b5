//! Each request of a commit is answered with each error that a broker knows, and once its connection is dropped.

use std::thread;

use heard::log::ErrorKind;
use heard::log::kafka::kind_of;
use rdkafka::types::{RDKafkaApiKey as Request, RDKafkaErrorCode as Code};

use crate::mock::broker_errors;
use crate::place::{Call, Came, Place};
use crate::table::{Row, TABLE};

/// The client waits half a second before it asks some of them again: so they are shared out among brokers of their own.
fn shares(request: Request) -> usize {
    match request {
        Request::FindCoordinator | Request::InitProducerId => 5,
        _ => 1,
    }
}

#[test]
fn whatever_a_broker_answers_in_a_commit_comes_to_what_the_table_says() {
    let wrong: Vec<String> = thread::scope(|scope| {
        let each = |row: &'static Row| (0..shares(row.request)).map(move |share| (row, share));
        let threads: Vec<_> = TABLE
            .iter()
            .flat_map(each)
            .map(|(row, share)| scope.spawn(move || differences(row, share)))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("no panic"))
            .collect()
    });
    assert!(
        wrong.is_empty(),
        "{} differences:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Where an error comes to something else than the table says, or ends a process without a reason in src/log/kafka/codes.rs.
fn differences(row: &Row, share: usize) -> Vec<String> {
    let mut place = Place::new();
    let codes = broker_errors().chain([Code::BrokerTransportFailure]);
    let codes = codes.skip(share).step_by(shares(row.request));
    let mut wrong = Vec::new();
    for code in codes {
        let id = place.mock.id();
        let mut producer = place.producer(&id);
        place.mock.answers(row.request, &[code]);
        let outcome = place.init_and_commit(&mut producer);
        place.mock.answers(row.request, &[]);
        let came = place.came(&id, producer, &outcome);
        let (says, why) = (row.says(code), outcome.map_err(|(_, error)| error));
        if came != says {
            wrong.push(format!(
                "{:?} answered with {code:?}: {came:?}, not {says:?} ({why:?})",
                row.request
            ));
        }
        let ends = matches!(came, Came::Fails(_, ErrorKind::Fatal, _));
        let may_end = kind_of(code) == ErrorKind::Fatal || kind_of(code) == ErrorKind::TooLarge;
        if ends && !may_end {
            wrong.push(format!(
                "{:?} answered with {code:?} ends a process: {why:?}",
                row.request
            ));
        }
    }
    wrong
}

/// A right that is lacking is told as that, whichever request was refused: readiness names it.
#[test]
fn a_right_that_is_lacking_is_told_as_that() {
    for (request, code, call) in [
        (
            Request::InitProducerId,
            Code::TransactionalIdAuthorizationFailed,
            Call::Init,
        ),
        (
            Request::AddPartitionsToTxn,
            Code::TransactionalIdAuthorizationFailed,
            Call::Flush,
        ),
        (
            Request::AddPartitionsToTxn,
            Code::TopicAuthorizationFailed,
            Call::Flush,
        ),
        (Request::Produce, Code::TopicAuthorizationFailed, Call::Flush),
        (
            Request::TxnOffsetCommit,
            Code::GroupAuthorizationFailed,
            Call::Offsets,
        ),
        (
            Request::EndTxn,
            Code::TransactionalIdAuthorizationFailed,
            Call::Commit,
        ),
    ] {
        let mut place = Place::new();
        let mut producer = place.producer(&place.mock.id());
        place.mock.answers(request, &[code]);
        let (at, error) = place.init_and_commit(&mut producer).expect_err("it is refused");
        assert_eq!(at, call, "{request:?}: {error}");
        assert!(error.denied, "{request:?}: {error}");
        assert!(
            error.detail.contains("authorization failed"),
            "{request:?}: {error}"
        );
    }
}
