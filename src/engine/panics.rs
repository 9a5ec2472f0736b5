//! Panics of a processor: caught, and told without what they say.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Once;

use crate::processor::Rejection;

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Makes panics inside a processor silent, and all others tell only where they happened: a panic's
/// text may quote what a customer wrote. Affects the whole process; calling it again does nothing.
pub fn hide_payloads() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let place = info
                .location()
                .map_or_else(|| "an unknown place".to_owned(), place);
            if GUARDED.get() {
                LAST.set(Some(place));
            } else if cfg!(test) {
                // A failing assertion of another test.
                previous(info);
            } else {
                tracing::error!("panicked at {place}");
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
        hide_payloads();
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
