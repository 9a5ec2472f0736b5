//! The state behind its lock, and how calls wait.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::super::LogError;
use super::faults::{Client, Moment, Operation, Strike};
use super::state::State;
use super::{Mode, Settings};

/// What all handles of a log share.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    pub fn new(settings: Settings) -> Self {
        Self {
            state: Mutex::new(State::new(settings)),
            changed: Condvar::new(),
        }
    }

    /// Does something to the state, at the present time.
    pub fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let result = act(&mut state);
        self.unlock(state);
        result
    }

    /// A call on the log itself.
    pub fn call<T>(
        &self,
        name: &'static str,
        act: impl FnOnce(&mut State) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        self.operation(&Client::LOG, name, act)
    }

    /// A call on the log itself that a live log repeats until it has an answer, for at most the
    /// request time-out.
    pub fn call_waiting<T>(
        &self,
        name: &'static str,
        attempt: impl FnMut(&mut State) -> Result<Option<T>, LogError>,
    ) -> Result<Option<T>, LogError> {
        let max_wait = self.with(|state| state.settings.request_timeout);
        self.operation_waiting(&Client::LOG, name, max_wait, attempt)
    }

    /// A call of a client, which may be struck by a fault before or after it takes effect.
    pub fn operation<T>(
        &self,
        client: &Client,
        name: &'static str,
        act: impl FnOnce(&mut State) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        self.announce(client, name, Moment::Before);
        let mut state = self.lock();
        let result = match state.strike(client, name) {
            None => {
                let result = act(&mut state);
                return self.answer(state, client, name, result);
            }
            Some(Strike::Before(error)) => Err(error),
            Some(Strike::After(error)) => {
                // The caller is gone: how it went is nobody's to know.
                _ = act(&mut state);
                Err(error)
            }
        };
        self.unlock(state);
        result
    }

    /// As [`Shared::operation`], repeated on a live log until it yields something, for at most
    /// `max_wait`. In a simulation nobody else can act meanwhile, so it is tried once.
    pub fn operation_waiting<T>(
        &self,
        client: &Client,
        name: &'static str,
        max_wait: Duration,
        mut attempt: impl FnMut(&mut State) -> Result<Option<T>, LogError>,
    ) -> Result<Option<T>, LogError> {
        self.announce(client, name, Moment::Before);
        let deadline = Instant::now().checked_add(max_wait);
        let mut state = self.lock();
        let crash = match state.strike(client, name) {
            None => None,
            Some(Strike::After(error)) => Some(error),
            Some(Strike::Before(error)) => {
                self.unlock(state);
                return Err(error);
            }
        };
        let result = loop {
            let found = attempt(&mut state);
            let left = deadline.map_or(Duration::MAX, |d| d.saturating_duration_since(Instant::now()));
            if !matches!(found, Ok(None)) || state.settings.mode == Mode::Simulated || left.is_zero() {
                break found;
            }
            if state.take_changed() {
                self.changed.notify_all();
            }
            let wait = left
                .min(state.until_due().unwrap_or(left))
                .max(Duration::from_millis(1));
            state = self
                .changed
                .wait_timeout(state, wait)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.catch_up();
        };
        match crash {
            None => self.answer(state, client, name, result),
            Some(crash) => {
                self.unlock(state);
                Err(crash)
            }
        }
    }

    /// The answer of a call that has taken effect, as its caller gets it.
    fn answer<T>(
        &self,
        mut state: MutexGuard<'_, State>,
        client: &Client,
        name: &'static str,
        result: Result<T, LogError>,
    ) -> Result<T, LogError> {
        state.begin_outages(client, name, Moment::After);
        let lost = result.is_ok().then(|| state.lose_answer(client, name)).flatten();
        self.unlock(state);
        self.announce(client, name, Moment::After);
        lost.map_or(result, Err)
    }

    /// Lets a test do what falls before this call, or between its effect and its answer.
    fn announce(&self, client: &Client, name: &'static str, moment: Moment) {
        let act = self.with(|state| state.faults.at_calls(moment));
        if let Some(act) = act {
            act(&Operation {
                client: &client.name,
                name,
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere is the panicking thread's own failure; nothing here is left half done.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.catch_up();
        state
    }

    fn unlock(&self, mut state: MutexGuard<'_, State>) {
        let changed = state.take_changed();
        drop(state);
        if changed {
            self.changed.notify_all();
        }
    }
}
