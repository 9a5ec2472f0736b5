//! Trying again what may pass.

use std::time::Duration;

use super::clock::Clock;
use crate::log::{ErrorKind, LogError};

const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Repeats `call` while it fails with [`ErrorKind::Retriable`], with growing pauses, for at most
/// `within`. The last error is returned as it is.
pub(super) fn retry<T>(
    clock: &dyn Clock,
    within: Duration,
    mut call: impl FnMut() -> Result<T, LogError>,
) -> Result<T, LogError> {
    let deadline = clock.monotonic().saturating_add(within);
    let mut pause = FIRST_PAUSE;
    loop {
        match call() {
            Err(error) if error.kind == ErrorKind::Retriable && clock.monotonic() < deadline => {
                clock.sleep(pause);
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::clock::ManualClock;
    use super::*;
    use crate::model::Millis;

    fn failing(kind: ErrorKind, times: u32) -> (Result<u32, ErrorKind>, u32) {
        let mut calls = 0;
        let result = retry(&ManualClock::new(Millis(0)), Duration::from_secs(3), || {
            calls += 1;
            if calls > times {
                Ok(calls)
            } else {
                Err(LogError::new(kind, "testing", ""))
            }
        });
        (result.map_err(|e| e.kind), calls)
    }

    #[test]
    fn only_what_may_pass_is_repeated_and_not_for_ever() {
        assert_eq!(failing(ErrorKind::Retriable, 5), (Ok(6), 6));
        assert_eq!(failing(ErrorKind::Fenced, 5), (Err(ErrorKind::Fenced), 1));
        let (result, calls) = failing(ErrorKind::Retriable, u32::MAX);
        assert_eq!(result, Err(ErrorKind::Retriable));
        assert!((8..40).contains(&calls), "{calls} calls in three seconds");
    }
}
