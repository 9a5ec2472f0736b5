//! Reads the `[signals]` table.

use super::rules::{SignalRules, SurgeRules};
use super::section::Section;

/// Reads it out of the top table.
pub(super) fn read(top: &mut Section<'_>) -> SignalRules {
    let mut rules = SignalRules::default();
    let mut section = top.table(
        "signals",
        "What shows only in the sum: surges, deaf channels, advocacy, people worth asking.",
    );
    rules.lateness = section.setting(
        "lateness",
        rules.lateness,
        "How long after a moment what happened then may still come in: only then is it decided.",
    );
    let surges = section.setting(
        "surges",
        true,
        "Whether to look for surges: more cases a minute than is usual at that hour.",
    );
    rules.surge = surges.then(SurgeRules::default);
    rules.deaf_after = section.setting(
        "deaf_after",
        rules.deaf_after,
        "A channel is deaf if customers speak and no person has answered there for so long; \"none\": do not \
         look.",
    );
    rules.advocacy_window = section.setting(
        "advocacy_window",
        rules.advocacy_window,
        "Over how long promoters among answered and unanswered cases are compared; whole hours, counted from a \
         Monday.",
    );
    if rules.advocacy_window.ms() % 3_600_000 != 0 {
        let what = format!(
            "{} must be whole hours, such as \"7d\" or \"24h\".",
            section.path_of("advocacy_window")
        );
        section.problem("advocacy_window", what);
    }
    rules.panel.constant_scores = section.setting(
        "panel_scores",
        rules.panel.constant_scores,
        "So many scores by one instrument, all of a promoter, make a constant promoter.",
    );
    rules.panel.lifetime_value = section.setting(
        "panel_lifetime_value",
        rules.panel.lifetime_value,
        "The lifetime value from which on a detractor with an open case is worth asking, in the CRM's currency.",
    );
    rules.panel.audience = section.setting(
        "panel_audience",
        rules.panel.audience,
        "How many people can see the open case of a detractor who is worth asking.",
    );
    section.finish();
    rules
}
