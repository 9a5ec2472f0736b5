//! Calls of the client library that may not come back.
//!
//! Those that drive a transaction take a time-out, and now and then do not keep it: `send_offsets_to_transaction` was seen
//! to wait for ever for an answer of a group coordinator that had been killed, while other brokers were fine. Whoever waits
//! with it leaves the group, and all others wait for that. So such calls are made on a thread of their own, and given up.

use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

type Job = Box<dyn FnOnce() + Send>;

/// How much longer than its time-out a call may take.
const OVERTIME: Duration = Duration::from_secs(3);

/// A thread that makes calls, one after the other. It is there from the first one on, and ends with this, or when the call
/// that was given up comes back.
#[derive(Default)]
pub(super) struct Watched {
    jobs: Option<Sender<Job>>,
    is_hung: bool,
}

impl Watched {
    /// Whether a call has not come back.
    pub fn is_hung(&self) -> bool {
        self.is_hung
    }

    /// Makes a call that should take so long at most; `None`: it has not come back, or one before it has not.
    pub fn call<T: Send + 'static>(
        &mut self,
        time_out: Duration,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        if self.is_hung {
            return None;
        }
        let (answer, answered) = mpsc::sync_channel(1);
        let job: Job = Box::new(move || {
            let _ = answer.send(call()); // whoever asked may have given up
        });
        let jobs = self.jobs.get_or_insert_with(begin);
        let sent = jobs.send(job).is_ok();
        let answer = answered.recv_timeout(time_out.saturating_add(OVERTIME)).ok();
        self.is_hung = !sent || answer.is_none();
        answer
    }
}

fn begin() -> Sender<Job> {
    let (jobs, given) = mpsc::channel::<Job>();
    // Without a thread the channel is closed, and a call is told as one that does not come back.
    let _ = thread::Builder::new()
        .name("transactions".into())
        .spawn(move || given.into_iter().for_each(|job| job()));
    jobs
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::{OVERTIME, Watched};

    #[test]
    fn a_call_that_does_not_come_back_is_given_up_and_so_are_those_after_it() {
        let mut watched = Watched::default();
        assert_eq!(watched.call(Duration::from_secs(60), || 1), Some(1));
        assert_eq!(watched.call(Duration::from_secs(60), || 2), Some(2));
        let (free, freed) = mpsc::channel::<()>();
        let hangs = watched.call(Duration::ZERO, move || freed.recv().is_ok());
        assert_eq!(hangs, None, "it was given {OVERTIME:?}");
        assert_eq!(watched.call(Duration::from_secs(60), || 3), None);
        drop(free);
    }
}
