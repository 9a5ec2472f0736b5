//! Lag that is true under transactions: the last stable offset less the position (ENGINE.md, "The
//! client"), and whether the brokers answer at all. They are asked on a thread of its own, so that no record waits
//! for it.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::metrics::Metrics;
use crate::log::{ErrorKind, Log, TopicPartition};

/// From one question to the next.
const INTERVAL: Duration = Duration::from_secs(5);

/// The same while nothing is read yet.
const SOON: Duration = Duration::from_millis(200);

/// Follows the lag until it is dropped. The thread is not waited for: an answer of a broker that is
/// down may take long.
#[derive(Debug)]
pub struct Follower(#[allow(dead_code, reason = "dropping it says stop")] Sender<()>);

/// Keeps the lag of what is read here up to date. Without a thread no lag is shown.
pub fn follow<L: Log>(log: L, metrics: Arc<Metrics>) -> Follower {
    let (stop, stopped) = channel();
    let follow = move || {
        let mut asked: Option<Instant> = None;
        let mut wait = SOON;
        while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            metrics.tick();
            let positions = metrics.positions();
            wait = if positions.is_empty() { SOON } else { INTERVAL };
            if positions.is_empty() && asked.is_some_and(|at| at.elapsed() < INTERVAL) {
                continue;
            }
            asked = Some(Instant::now());
            ask(&log, &metrics, &positions);
        }
    };
    if let Err(error) = thread::Builder::new().name("lag".into()).spawn(follow) {
        tracing::warn!("the lag is not followed: {error}");
    }
    Follower(stop)
}

/// Asks the brokers for the ends of what is read here; if nothing is, whether they are there.
fn ask(log: &impl Log, metrics: &Metrics, positions: &[(TopicPartition, i64)]) {
    let begun = metrics.now();
    let answer = if positions.is_empty() {
        let there = log.partitions(std::slice::from_ref(metrics.mailbox()));
        there.map(|_| Vec::new())
    } else {
        let partitions: Vec<_> = positions.iter().map(|(partition, _)| partition.clone()).collect();
        log.ends(&partitions)
    };
    match answer {
        Ok(ends) => metrics.lags(positions, &ends),
        Err(error) if error.kind == ErrorKind::Retriable && !error.denied => {
            metrics.unanswered(begun, &error)
        }
        // They did answer. What the lag is is not known all the same; what is known of it grows old.
        Err(_) => {}
    }
}
