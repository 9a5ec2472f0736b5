//! Connections at once: a bounded number of them, of which the newest stay.

use std::collections::VecDeque;
use std::future::Future;

use tokio::task::AbortHandle;

/// Connections that are served, the oldest first.
#[derive(Debug)]
pub(super) struct Crowd {
    places: usize,
    there: VecDeque<AbortHandle>,
}

impl Crowd {
    /// Of at most so many.
    pub fn new(places: usize) -> Self {
        Self {
            places,
            there: VecDeque::new(),
        }
    }

    /// Serves one more. If there is no place left, the oldest is closed for it: a question and its answer take
    /// milliseconds, so what has been there longest is the one that waits for nothing.
    pub fn admit(&mut self, connection: impl Future<Output = ()> + Send + 'static) {
        if self.there.len() >= self.places {
            self.there.retain(|there| !there.is_finished());
        }
        while self.there.len() >= self.places {
            let Some(oldest) = self.there.pop_front() else {
                break;
            };
            oldest.abort();
        }
        self.there.push_back(tokio::spawn(connection).abort_handle());
    }
}
