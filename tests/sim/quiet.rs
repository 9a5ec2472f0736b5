//! Panics that are part of the play do not print.

use std::sync::Once;

/// Hides panics whose text says that they were meant.
pub fn hide_planned_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let text = info.payload().downcast_ref::<&str>();
            if !text.is_some_and(|text| text.contains("makes the processor panic")) {
                previous(info);
            }
        }));
    });
}
