//! One connection: a thread for its requests, and one for its answers.

use std::collections::VecDeque;
use std::io::{BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::frame::{Answer, Request};
use super::rules::{Active, Fault};
use super::{Shared, lock};

/// Answers that something happens to, in the order in which they will come.
type Pending = Mutex<VecDeque<Expected>>;

/// An answer that something happens to.
struct Expected {
    correlation: i32,
    place_of_error: Option<usize>,
    active: Arc<Active>,
}

/// How many bytes go out at once where they go slowly.
const CHUNK: usize = 4096;

/// Passes on what comes, until one side ends the connection.
pub(super) fn begin(client: TcpStream, broker: TcpStream, shared: &Arc<Shared>) {
    let pending = Arc::new(Pending::default());
    let (Ok(to_client), Ok(to_broker)) = (client.try_clone(), broker.try_clone()) else {
        return;
    };
    let (shared, expected) = (Arc::clone(shared), Arc::clone(&pending));
    thread::spawn(move || requests(client, to_broker, &shared, &expected));
    thread::spawn(move || answers(broker, to_client, &pending));
}

/// Requests go on even if their client is gone by the time they are let go: it has sent them.
fn requests(client: TcpStream, mut broker: TcpStream, shared: &Shared, expected: &Pending) {
    let mut from = BufReader::new(&client);
    while let Ok(Some(request)) = Request::read(&mut from) {
        let judged = shared.rules.judge(&request, shared.broker);
        let fault = judged.as_ref().map(|active| active.fault);
        if fault == Some(Fault::CutBefore) {
            let _ = broker.shutdown(Shutdown::Both);
            break;
        }
        if let (Some(active), Some(Fault::HoldRequest(time))) = (&judged, fault) {
            active.wait(time);
        }
        if let (Some(active), Some(fault)) = (&judged, fault)
            && matches!(
                fault,
                Fault::HoldAnswer(_) | Fault::DropAnswer | Fault::Slow(_) | Fault::Fail(_)
            )
        {
            lock(expected).push_back(Expected {
                correlation: request.correlation,
                place_of_error: request.place_of_error,
                active: Arc::clone(active),
            });
        }
        if broker.write_all(&request.bytes).is_err() || fault == Some(Fault::CutAfter) {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = broker.shutdown(Shutdown::Write); // what it has it still answers, to nobody
}

/// Answers are read to the end even if nobody takes them.
fn answers(broker: TcpStream, mut client: TcpStream, pending: &Pending) {
    let mut from = BufReader::new(&broker);
    while let Ok(Some(mut answer)) = Answer::read(&mut from) {
        let expected = next(pending, answer.correlation);
        let fault = expected
            .as_ref()
            .map(|expected| (expected.active.fault, &expected.active));
        if let (Some((Fault::Fail(code), _)), Some(place)) =
            (fault, expected.as_ref().and_then(|e| e.place_of_error))
        {
            answer.fail(place, code);
        }
        let _ = match fault {
            Some((Fault::DropAnswer, _)) => Ok(()),
            Some((Fault::HoldAnswer(time), active)) => {
                active.wait(time);
                client.write_all(&answer.bytes)
            }
            Some((Fault::Slow(rate), active)) => answer.bytes.chunks(CHUNK).try_for_each(|chunk| {
                active.wait(Some(Duration::from_secs_f64(
                    chunk.len() as f64 / f64::from(rate),
                )));
                client.write_all(chunk)
            }),
            _ => client.write_all(&answer.bytes),
        };
    }
    let _ = client.shutdown(Shutdown::Both);
}

/// What happens to the answer of this number.
fn next(pending: &Pending, correlation: i32) -> Option<Expected> {
    let mut pending = lock(pending);
    let is_next = pending
        .front()
        .is_some_and(|next| next.correlation == correlation);
    if is_next { pending.pop_front() } else { None }
}
