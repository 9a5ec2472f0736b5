//! Questions outside any group and any transaction.

use std::thread;

use heard::log::kafka::kind_of;
use heard::log::{Log, LogError, TopicPartition};
use rdkafka::types::{RDKafkaApiKey as Request, RDKafkaErrorCode as Code};

use crate::contract::World;
use crate::mock::{Mock, broker_errors};

/// A question to the brokers.
type Ask = fn(&Mock, &TopicPartition, &str) -> Result<(), LogError>;

/// Each request by which a question is put.
const QUESTIONS: [(&str, Request, Ask); 6] = [
    ("ends", Request::ListOffsets, ends),
    ("ends", Request::Metadata, ends),
    ("offsets at a time", Request::ListOffsets, offsets_at),
    ("committed offsets", Request::OffsetFetch, committed),
    ("committed offsets", Request::FindCoordinator, committed),
    ("partitions", Request::Metadata, partitions),
];

fn ends(mock: &Mock, at: &TopicPartition, _: &str) -> Result<(), LogError> {
    mock.log().ends(std::slice::from_ref(at)).map(drop)
}

fn offsets_at(mock: &Mock, at: &TopicPartition, _: &str) -> Result<(), LogError> {
    mock.log().offsets_at(std::slice::from_ref(at), 1).map(drop)
}

fn committed(mock: &Mock, at: &TopicPartition, group: &str) -> Result<(), LogError> {
    mock.log().committed(group, std::slice::from_ref(at)).map(drop)
}

fn partitions(mock: &Mock, at: &TopicPartition, _: &str) -> Result<(), LogError> {
    mock.log().partitions(std::slice::from_ref(&at.topic)).map(drop)
}

/// The client asks again by itself, or the error is of the kind that its code is of; put once more, the question is answered.
#[test]
fn whatever_a_broker_answers_to_a_question_comes_to_the_kind_of_its_code() {
    let wrong: Vec<String> = thread::scope(|scope| {
        let threads =
            QUESTIONS.map(|(what, request, ask)| scope.spawn(move || differences(what, request, ask)));
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

fn differences(what: &str, request: Request, ask: Ask) -> Vec<String> {
    let mock = Mock::start(&[]);
    let (at, group) = (mock.partition(), mock.group());
    let mut wrong = Vec::new();
    for code in broker_errors().chain([Code::BrokerTransportFailure]) {
        mock.answers(request, &[code]);
        let first = ask(&mock, &at, &group);
        mock.answers(request, &[]);
        if let Err(error) = &first
            && error.kind != kind_of(code)
        {
            wrong.push(format!(
                "{what}, {request:?} answered with {code:?}: {:?}, {error}",
                error.kind
            ));
        }
        if first.is_err()
            && let Err(error) = ask(&mock, &at, &group)
        {
            wrong.push(format!("{what}, after {code:?} to {request:?}: {error}"));
        }
    }
    wrong
}
