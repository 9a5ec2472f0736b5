//! Panics of a processor: caught, and told without what they say.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::processor::Rejection;

/// How the names of worker threads begin.
pub(super) const WORKER: &str = "worker-";

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether panics outside workers are to be told without their text, too.
static EVERYWHERE: AtomicBool = AtomicBool::new(false);

/// From now on no panic of this process tells more than where it happened: its text may quote what a
/// customer wrote. For programs; a test would not say any more why it failed.
pub fn hide_payloads() {
    EVERYWHERE.store(true, Ordering::Relaxed);
    hide_payloads_of_workers();
}

/// Panics of worker threads tell only where they happened, those inside a processor nothing: they
/// are told with the dead letter.
pub(super) fn hide_payloads_of_workers() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let place = info
                .location()
                .map_or_else(|| "an unknown place".to_owned(), place);
            let current = thread::current();
            let worker = current.name().is_some_and(|name| name.starts_with(WORKER));
            if GUARDED.get() {
                LAST.set(Some(place));
            } else if worker || EVERYWHERE.load(Ordering::Relaxed) {
                tracing::error!("panicked at {place}");
            } else {
                previous(info);
            }
        }));
    });
}

/// File and line, from the innermost `src` folder on: no path of the machine it was built on.
fn place(location: &Location<'_>) -> String {
    let file = location.file();
    let file = file.rfind("/src/").map_or(file, |at| &file[at + 1..]);
    format!("{file}:{}", location.line())
}

/// Runs `work`; a panic becomes a rejection.
pub(super) fn guard<T>(work: impl FnOnce() -> Result<T, Rejection>) -> Result<T, Rejection> {
    GUARDED.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(false);
    outcome.unwrap_or_else(|_| {
        let place = LAST
            .take()
            .map(|place| format!(" at {place}"))
            .unwrap_or_default();
        Err(Rejection::new("panic", format!("the processor panicked{place}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_tells_where_but_not_what() {
        hide_payloads_of_workers();
        let caught = guard::<()>(|| panic!("jane@example.com"));
        let rejection = caught.expect_err("it panicked");
        assert_eq!(rejection.code, "panic");
        assert!(
            rejection.detail.contains("engine/panics.rs:"),
            "{}",
            rejection.detail
        );
        assert!(!rejection.detail.contains("jane"), "{}", rejection.detail);
        assert_eq!(guard(|| Ok(1)), Ok(1));
    }
}
