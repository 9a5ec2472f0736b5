//! A member of a group, from joining it to reading a record.

use std::thread;
use std::time::{Duration, Instant};

use heard::log::kafka::{KafkaConsumer, kind_of};
use heard::log::{
    Batch, Consumer, ErrorKind, GroupSettings, Log, LogError, Polled, Producer, TopicPartition,
};
use rdkafka::types::{RDKafkaApiKey as Request, RDKafkaErrorCode as Code};

use crate::contract::World;
use crate::contract::tools::{FLUSH, producer_of, send};
use crate::mock::Mock;

/// Each request of a membership. The first ones are made while joining.
const REQUESTS: [(Request, Moment); 6] = [
    (Request::FindCoordinator, Moment::Joining),
    (Request::JoinGroup, Moment::Joining),
    (Request::SyncGroup, Moment::Joining),
    (Request::ListOffsets, Moment::Joining),
    (Request::Heartbeat, Moment::Reading),
    (Request::Fetch, Moment::Reading),
];

/// One error of each class; the mock takes three seconds for each rebalance. `FencedInstanceId` is left out: only members
/// with a name of their own get it, and heard's have none.
const ERRORS: [Code; 12] = [
    Code::BrokerTransportFailure,
    Code::RequestTimedOut,
    Code::NotCoordinator,
    Code::CoordinatorLoadInProgress,
    Code::NotLeaderForPartition,
    Code::IllegalGeneration,
    Code::UnknownMemberId,
    Code::RebalanceInProgress,
    Code::GroupAuthorizationFailed,
    Code::TopicAuthorizationFailed,
    Code::OffsetOutOfRange,
    Code::InvalidSessionTimeout,
];

/// When errors begin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Joining,
    Reading,
}

/// The client goes on by itself, or says an error of the kind that its code is of; and with what the engine does then, the
/// record is read. Only errors that end a process by src/log/kafka/codes.rs end it.
#[test]
fn whatever_a_broker_answers_to_a_member_it_reads_on_in_the_end() {
    let wrong: Vec<String> = thread::scope(|scope| {
        let all = REQUESTS.iter().flat_map(|&(request, moment)| {
            // A few to a thread, each of which has brokers and clients of its own. Some wait for a session to end.
            let together = match request {
                Request::SyncGroup | Request::Heartbeat => 1,
                _ => 3,
            };
            ERRORS.chunks(together).map(move |codes| (request, moment, codes))
        });
        let threads: Vec<_> = all
            .map(|(request, moment, codes)| {
                scope.spawn(move || {
                    let mock =
                        Mock::start(&[("heartbeat.interval.ms", "300"), ("session.timeout.ms", "6000")]);
                    let wrong = |code: &Code| difference(&mock, request, moment, *code);
                    codes.iter().filter_map(wrong).collect::<Vec<_>>()
                })
            })
            .collect();
        let join = |thread: thread::ScopedJoinHandle<'_, Vec<String>>| thread.join().expect("no panic");
        threads.into_iter().flat_map(join).collect()
    });
    assert!(
        wrong.is_empty(),
        "{} differences:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn difference(mock: &Mock, request: Request, moment: Moment, code: Code) -> Option<String> {
    let mut life = Life::new(mock);
    if moment == Moment::Joining {
        mock.answers(request, &[code]);
    }
    let read = life.until_it_reads(mock, || {
        if moment == Moment::Reading {
            mock.answers(request, &[code]);
        }
    });
    mock.answers(request, &[]);
    let ends = kind_of(code) == ErrorKind::Fatal && !life.errors.is_empty();
    let as_it_should = life.errors.iter().all(|error| error.kind == kind_of(code)) && read != ends;
    (!as_it_should).then(|| {
        format!(
            "{request:?} answered with {code:?}: read {read}, {:?}",
            life.errors
        )
    })
}

/// A member that does what the engine does.
struct Life {
    at: TopicPartition,
    settings: GroupSettings,
    consumer: KafkaConsumer,
    errors: Vec<LogError>,
}

impl Life {
    fn new(mock: &Mock) -> Self {
        let at = mock.partition();
        let settings = GroupSettings {
            group: mock.group(),
            client: mock.fresh("client"),
            topics: vec![at.topic.clone()],
            gather: Duration::ZERO,
        };
        let consumer = mock.log().consumer(&settings).expect("it needs no broker");
        let errors = Vec::new();
        Self {
            at,
            settings,
            consumer,
            errors,
        }
    }

    /// Whether it reads a record, which is written once it has the partition, and after `reading`.
    fn until_it_reads(&mut self, mock: &Mock, reading: impl Fn()) -> bool {
        let deadline = Instant::now() + mock.patience();
        let (mut batch, mut is_written) = (Batch::new(), false);
        while Instant::now() < deadline {
            match self.step(mock, &mut batch) {
                Ok(Polled::Records) => return true,
                Ok(Polled::Assigned(_)) if !is_written => {
                    reading();
                    // Long enough for some heartbeats.
                    let written = Instant::now() + Duration::from_secs(1);
                    while Instant::now() < written && self.step(mock, &mut batch).is_ok() {}
                    self.write(mock);
                    is_written = true;
                }
                Ok(_) => {}
                Err(ErrorKind::Fatal) => return false,
                Err(_) => mock.pass(),
            }
        }
        false
    }

    /// Polls once and answers; after an error it does what the engine would.
    fn step(&mut self, mock: &Mock, batch: &mut Batch) -> Result<Polled, ErrorKind> {
        let polled = self.consumer.poll(Duration::from_millis(50), batch);
        let answered = polled.and_then(|polled| {
            match &polled {
                Polled::Assigned(given) => {
                    let from: Vec<_> = given.iter().map(|at| (at.clone(), 0)).collect();
                    self.consumer.accept(&from)?;
                }
                Polled::Revoked { partitions, .. } => self.consumer.release(partitions)?,
                Polled::Idle | Polled::Records => {}
            }
            Ok(polled)
        });
        answered.map_err(|error| {
            let kind = error.kind;
            self.errors.push(error);
            if kind == ErrorKind::Expelled {
                self.start_over(mock);
            }
            kind
        })
    }

    fn write(&self, mock: &Mock) {
        let mut producer = producer_of(mock, &mock.id());
        producer.begin().expect("nothing is open");
        send(&mut producer, &self.at, "a record").expect("it fits");
        producer.flush(FLUSH).expect("the brokers are there");
        producer.commit().expect("the brokers are there");
    }

    /// Leaves and joins anew.
    fn start_over(&mut self, mock: &Mock) {
        let _ = self.consumer.close();
        self.consumer = mock.log().consumer(&self.settings).expect("it needs no broker");
    }
}
