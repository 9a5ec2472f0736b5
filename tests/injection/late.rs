//! Answers that come late, never come, or are errors for as long as anybody asks.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use heard::log::ErrorKind::{self, Abortable, Retriable, Unknown};
use heard::log::kafka::KafkaProducer;
use heard::log::{LogError, Producer};
use rdkafka::types::{RDKafkaApiKey as Request, RDKafkaErrorCode as Code};

use crate::mock::{GROUPS, LEADER, TRANSACTIONS};
use crate::place::{Call, Failure, Place};

use Trouble::{Errors, Gone, Late};

/// Longer than a transaction may last here.
const LATE: Duration = Duration::from_secs(5);

/// More errors than there are attempts.
const MANY: usize = 5_000;

/// What keeps answers from coming.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    /// Each answer of this broker takes [`LATE`].
    Late(i32),
    /// This broker is gone.
    Gone(i32),
    /// Each answer to this request is this error.
    Errors(Request, Code),
}

impl Trouble {
    fn begin(self, place: &Place) {
        match self {
            Self::Late(broker) => place.mock.takes(broker, LATE),
            Self::Gone(broker) => place
                .mock
                .brokers
                .broker_down(broker)
                .expect("there is such a broker"),
            Self::Errors(request, code) => place.mock.answers(request, &[code; MANY]),
        }
    }

    fn end(self, place: &Place) {
        match self {
            Self::Late(broker) => place.mock.takes(broker, Duration::ZERO),
            Self::Gone(broker) => place
                .mock
                .brokers
                .broker_up(broker)
                .expect("there is such a broker"),
            Self::Errors(request, _) => place.mock.answers(request, &[]),
        }
    }
}

/// Which trouble begins before which call, and what kind of error that call says. None takes longer than [`WITHIN`].
const CASES: [(Trouble, Call, ErrorKind); 14] = [
    // What asks brokers may be asked again, however often: nothing has happened.
    (Gone(TRANSACTIONS), Call::Init, Retriable),
    (Late(TRANSACTIONS), Call::Init, Retriable),
    (
        Errors(Request::InitProducerId, Code::CoordinatorLoadInProgress),
        Call::Init,
        Retriable,
    ),
    (
        Errors(Request::FindCoordinator, Code::CoordinatorNotAvailable),
        Call::Init,
        Retriable,
    ),
    (Late(LEADER), Call::Flush, Retriable),
    (Gone(LEADER), Call::Flush, Retriable),
    (
        Errors(Request::Produce, Code::NotEnoughReplicas),
        Call::Flush,
        Retriable,
    ),
    (Late(TRANSACTIONS), Call::Offsets, Retriable),
    (Gone(TRANSACTIONS), Call::Offsets, Retriable),
    // The client does not come back from this call at all, and is given up.
    (Late(GROUPS), Call::Offsets, Abortable),
    (
        Errors(Request::TxnOffsetCommit, Code::CoordinatorLoadInProgress),
        Call::Offsets,
        Abortable,
    ),
    // The commit may have happened, or not.
    (Late(TRANSACTIONS), Call::Commit, Unknown),
    (Gone(TRANSACTIONS), Call::Commit, Unknown),
    (
        Errors(Request::EndTxn, Code::CoordinatorLoadInProgress),
        Call::Commit,
        Unknown,
    ),
];

/// A request's time-out, what the client may take longer, and a slow machine.
const WITHIN: Duration = Duration::from_secs(20);

/// How long a flush waits here.
const FLUSH: Duration = Duration::from_secs(1);

#[test]
fn without_an_answer_every_call_ends_in_time_and_says_what_is_known() {
    let wrong: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = CASES
            .iter()
            .map(|case| scope.spawn(move || difference(case)))
            .collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().expect("no panic"))
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Answers to commits come when their time is long up, and nobody waits for them any more: the client once ended the whole
/// process for that, now and then, so that there are many of them.
#[test]
fn answers_that_come_after_their_time_harm_nobody() {
    let mut place = Place::new();
    let producers = (0..32).map(|_| {
        let mut producer = place.producer(&place.mock.id());
        producer.init().expect("there is no trouble yet");
        place.write(&mut producer).expect("there is no trouble yet");
        producer.flush(WITHIN).expect("there is no trouble yet");
        producer
    });
    let producers: Vec<_> = producers.collect();
    place.mock.takes(TRANSACTIONS, LATE);
    let together = Barrier::new(producers.len());
    let commit = |mut producer: KafkaProducer| {
        together.wait();
        let error = producer.commit().expect_err("there is no answer");
        assert_eq!(error.kind, Unknown, "{error}");
        producer
    };
    let producers: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = producers
            .into_iter()
            .map(|one| scope.spawn(|| commit(one)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .collect()
    });
    place.mock.takes(TRANSACTIONS, Duration::ZERO);
    // The answers come now. Nothing shows that the clients have them, so it is a moment that is waited for.
    thread::sleep(Duration::from_secs(4));
    drop(producers);
}

fn difference((trouble, call, kind): &(Trouble, Call, ErrorKind)) -> Option<String> {
    // Where records wait, they do so for longer than the trouble lasts.
    let mut place = Place::with(if *call == Call::Flush { "20000" } else { "3000" });
    let id = place.mock.id();
    let mut producer = place.producer(&id);
    up_to(&mut place, &mut producer, *call).expect("there is no trouble yet");
    trouble.begin(&place);
    let since = Instant::now();
    let outcome = this(&mut place, &mut producer, *call);
    let took = since.elapsed();
    let told = format!("{call:?} under {trouble:?} after {took:?}: {outcome:?}");
    trouble.end(&place);
    match outcome {
        Err(error) if error.kind == *kind && took <= WITHIN => {}
        _ => return Some(told),
    }
    // And what the engine does then helps.
    let mended = match kind {
        Retriable => until_it_passes(&mut place, &mut producer, *call),
        _ => place
            .init_and_commit(&mut place.producer(&id))
            .map_err(|(_, error)| error),
    };
    mended.err().map(|error| format!("{told}, and then {error}"))
}

/// Everything before this call.
fn up_to(place: &mut Place, producer: &mut KafkaProducer, call: Call) -> Result<(), Failure> {
    if call != Call::Init {
        producer.init().map_err(|error| (Call::Init, error))?;
    }
    match call {
        Call::Offsets => {
            place.write(producer)?;
            producer.flush(WITHIN).map_err(|error| (Call::Flush, error))
        }
        Call::Commit => place.fill(producer),
        _ => Ok(()),
    }
}

/// This call; a flush has a record to wait for.
fn this(place: &mut Place, producer: &mut KafkaProducer, call: Call) -> Result<(), LogError> {
    match call {
        Call::Init => producer.init(),
        Call::Flush => {
            place.write(producer).map_err(|(_, error)| error)?;
            producer.flush(FLUSH)
        }
        Call::Offsets => place.send_offsets(producer).map_err(|(_, error)| error),
        _ => producer.commit(),
    }
}

/// The same call again, as the engine repeats it.
fn until_it_passes(place: &mut Place, producer: &mut KafkaProducer, call: Call) -> Result<(), LogError> {
    let deadline = Instant::now() + WITHIN;
    loop {
        let again = match call {
            Call::Init => producer.init(),
            Call::Flush => producer.flush(FLUSH),
            _ => place.send_offsets(producer).map_err(|(_, error)| error),
        };
        match again {
            Err(error) if error.kind == Retriable && Instant::now() < deadline => {}
            other => return other,
        }
    }
}
