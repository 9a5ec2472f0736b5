//! CASES 48: whoever keeps silent, or reads nothing, keeps nobody else waiting.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{CONNECTIONS, Listener, SILENCE, Server};
use crate::board::Board;
use crate::config::rules::RuleSettings;
use crate::engine::ManualClock;
use crate::model::Millis;
use crate::observe::metrics::{Metrics, Plan};

/// "At once", on a machine that has other work too.
const AT_ONCE: Duration = Duration::from_secs(2);

/// A server of a process without workers, on a free port of this host.
fn served() -> (Server, SocketAddr) {
    let plan = Plan::new(&RuleSettings::default(), Vec::new(), "interactions".into());
    let metrics = Arc::new(Metrics::new(plan, Arc::new(ManualClock::new(Millis(0)))));
    let listener = Listener::bind(([127, 0, 0, 1], 0).into()).expect("loopback has free ports");
    let address = listener.address();
    let server = listener.serve(Board::new(metrics, 0)).expect("a thread");
    (server, address)
}

fn connected(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).expect("it listens")
}

/// The status line of the answer, or that none came at once.
fn asked(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(AT_ONCE))?;
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

fn assert_answers(address: SocketAddr, whatever: &str) {
    for path in ["/startupz", "/healthz", "/readyz", "/metrics"] {
        let begun = Instant::now();
        let answer = asked(address, path).unwrap_or_else(|error| panic!("{path}, {whatever}: {error}"));
        assert_eq!(answer, "HTTP/1.0 200 OK", "{path}, {whatever}");
        assert!(begun.elapsed() < AT_ONCE, "{path}, {whatever}");
    }
}

/// How long until the server closes this connection.
fn closed_after(mut stream: TcpStream) -> Duration {
    let begun = Instant::now();
    let bound = SILENCE * 3;
    stream.set_read_timeout(Some(bound)).expect("it is not zero");
    let mut rest = Vec::new();
    // A reset is an end too.
    if let Err(error) = stream.read_to_end(&mut rest) {
        assert!(begun.elapsed() < bound, "still open: {error}");
    }
    begun.elapsed()
}

#[test]
fn a_hundred_silent_connections_keep_no_probe_waiting_and_are_closed() {
    let (_server, address) = served();
    let mut silent: Vec<_> = (0..100).map(|_| connected(address)).collect();
    assert_answers(address, "with 100 that say nothing");
    let begun = silent.pop().expect("there are 100");
    (&begun).write_all(b"GET /metrics HT").expect("it is taken");
    assert!(
        closed_after(begun) < SILENCE * 2,
        "a question that is never finished"
    );
    assert!(closed_after(silent.remove(0)) < SILENCE * 2, "no question at all");
}

#[test]
fn above_the_limit_the_oldest_connections_are_closed_at_once() {
    let (_server, address) = served();
    let silent: Vec<_> = (0..2 * CONNECTIONS).map(|_| connected(address)).collect();
    assert_answers(address, "with twice as many as there are places");
    for old in silent.into_iter().take(CONNECTIONS) {
        assert!(closed_after(old) < AT_ONCE, "it had to make room");
    }
}

#[test]
fn those_who_ask_and_never_read_keep_no_probe_waiting_and_are_closed() {
    let (_server, address) = served();
    let mut deaf: Vec<_> = (0..64).map(|_| connected(address)).collect();
    for stream in &mut deaf {
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n").expect("it is taken");
    }
    assert_answers(address, "with 64 that never read");
    assert!(
        closed_after(deaf.remove(0)) < SILENCE * 2,
        "nothing more was asked"
    );
}

#[test]
fn several_questions_may_come_over_one_connection() {
    let (_server, address) = served();
    let mut stream = connected(address);
    stream.set_read_timeout(Some(AT_ONCE)).expect("it is not zero");
    for _ in 0..3 {
        write!(stream, "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n").expect("it is taken");
        let mut answer = [0; 512];
        let read = stream.read(&mut answer).expect("it answers");
        assert!(answer[..read].starts_with(b"HTTP/1.1 200 OK"));
    }
}
