//! Lag that is true under transactions: the last stable offset less the position (ENGINE.md, "The
//! client"). Ends are asked for on a thread of their own, so that no record waits for it.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::metrics::Metrics;
use crate::log::Log;

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
        let mut wait = SOON;
        while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            let positions = metrics.positions();
            if positions.is_empty() {
                metrics.lags(&[], &[]);
                wait = SOON;
                continue;
            }
            let partitions: Vec<_> = positions.iter().map(|(partition, _)| partition.clone()).collect();
            // Without an answer the lag is not known, and none is shown.
            let ends = log.ends(&partitions).unwrap_or_default();
            metrics.lags(&positions, &ends);
            wait = INTERVAL;
        }
    };
    if let Err(error) = thread::Builder::new().name("lag".into()).spawn(follow) {
        tracing::warn!("the lag is not followed: {error}");
    }
    Follower(stop)
}
