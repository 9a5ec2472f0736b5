//! O10: what was counted is what there was.

use std::collections::BTreeMap;

use super::Verdict;
use crate::evidence::{Evidence, Kind, kind};
use crate::expected::Expected;

const COUNTER: &str = "heard_events_total";

/// O10: of each kind of input so many records were counted as there are; at most so many, if a process did not count to
/// its end. A record is counted with the commit that takes it in, and with no other. What cannot be read is counted by its
/// topic's kind.
pub fn tell_the_truth(evidence: &Evidence, expected: &Expected) -> Verdict {
    let mut there: BTreeMap<&str, f64> = BTreeMap::new();
    for (topic, records) in evidence.dump.inputs() {
        if let Some(kind) = kind(topic) {
            *there.entry(label(kind)).or_default() += records.len() as f64;
        }
    }
    let whole = evidence.scrapes.iter().all(|scrape| scrape.whole);
    let mut wrong = Vec::new();
    for (kind, there) in there {
        let counted: f64 = evidence
            .scrapes
            .iter()
            .map(|scrape| scrape.sum(COUNTER, kind))
            .sum();
        if counted > there || whole && counted < there {
            wrong.push(format!("{counted} records with {kind} were counted of {there}"));
        }
    }
    // Without a scrape, nothing was looked at.
    let looked_at = if evidence.scrapes.is_empty() {
        0
    } else {
        expected.inputs.len()
    };
    Verdict::new(
        "O10",
        "counters never say more than there was",
        (looked_at, "inputs"),
        wrong,
    )
}

fn label(kind: Kind) -> &'static str {
    match kind {
        Kind::Complaints => "kind=\"complaint\"",
        Kind::Responses => "kind=\"response\"",
        Kind::Updates => "kind=\"update\"",
        Kind::Customers => "kind=\"customer\"",
        Kind::Surveys => "kind=\"survey\"",
    }
}
