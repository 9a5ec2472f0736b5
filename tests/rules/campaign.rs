//! The same words from people whom nobody knows (rule 10): suspected echoes, and campaigns.

use heard::config::rules::RuleSettings;
use heard::model::work_item::Relation;
use heard::model::{CaseId, Complaint, NextStep, Sensitive, Signal, SignalKind, WorkState};

use crate::story::{Line, Story, customer, says};

const CALL: &str =
    "Stop the new baggage fees! Sign with us: we will not fly with Tamarind Air until they are gone.";

/// Somebody posts in a conversation of their own.
fn post(n: i64, text: &str, brand: &str) -> Complaint {
    let id = format!("p{n}");
    Complaint {
        conversation_id: Some(id.as_str().into()),
        text: Some(Sensitive(text.into())),
        brand: Some(brand.into()),
        ..says(n * 10, &id, "social", &[&format!("handle:person{n}")])
    }
}

fn campaigns(story: &Story) -> Vec<Signal> {
    let signals = story.signals().into_iter().cloned();
    signals
        .filter(|signal| signal.kind == SignalKind::Campaign)
        .collect()
}

#[test]
fn ten_people_with_the_same_words_are_a_campaign() {
    let shouted = CALL.to_uppercase();
    let posts = (0..12).map(|n| Line::from(post(n, [CALL, &shouted][n as usize % 2], "Tamarind")));
    let story = Story::told(RuleSettings::default(), posts).until(200);
    let [signal] = &campaigns(&story)[..] else {
        panic!("one signal: {:?}", campaigns(&story))
    };
    assert!(signal.key.starts_with("Tamarind/"), "{}", signal.key);
    assert_eq!((signal.observed, signal.window), (10.0, 90 * 60_000));
    assert!(
        !signal.key.contains("baggage") && signal.details.values().all(|value| !value.contains("baggage"))
    );
    // Each case but the first is told of it; what to do about it is not.
    let work = story.work();
    let open: Vec<_> = work
        .values()
        .filter(|item| item.state == WorkState::Open)
        .collect();
    assert_eq!(open.len(), 12);
    let suspected = open.iter().filter(|item| {
        let mut links = item.linked_cases.iter();
        links.any(|link| link.relation == Relation::SuspectedEchoOf)
    });
    assert_eq!(suspected.count(), 11);
    assert!(
        open.iter()
            .all(|item| !item.next_steps.contains(&NextStep::LinkToCase))
    );
    assert_eq!(story.times("ECHO_LINKED"), 11);
    let cases = story.cases();
    assert!(
        cases.values().all(|case| case.echo_of.is_none()),
        "suspected is not found"
    );
    let origin = signal.details.get("case_id").and_then(|id| id.parse().ok());
    assert!(
        origin.is_some_and(|id: CaseId| cases.contains_key(&id)),
        "{origin:?}"
    );
}

#[test]
fn what_is_no_campaign() {
    type Posts = fn(i64) -> Complaint;
    let other_brands: Posts = |n| post(n, CALL, if n < 6 { "Tamarind" } else { "Lantern" });
    let other_words: Posts = |n| {
        post(
            n,
            &format!("{n} {n} {n} my parcel number {n}{n}{n} has not come to house {n}"),
            "T",
        )
    };
    let short: Posts = |n| post(n, "Where is my parcel?", "T");
    let one_person: Posts = |n| Complaint {
        author: crate::story::person(&["handle:one"]),
        ..post(n, CALL, "T")
    };
    for posts in [other_brands, other_words, short, one_person] {
        let story = Story::told(RuleSettings::default(), (0..12).map(|n| posts(n).into())).until(200);
        assert_eq!(campaigns(&story), []);
    }
    // Customers are known: what they say twice is found for sure, or not at all.
    let known = (0..12).flat_map(|n| {
        let handle = format!("handle:person{n}");
        let record = customer(0, &format!("C{n}"), &[&handle]);
        [Line::from(record), post(n, CALL, "T").into()]
    });
    let story = Story::told(RuleSettings::default(), known).until(200);
    assert_eq!((campaigns(&story), story.times("ECHO_LINKED")), (vec![], 0));
}
