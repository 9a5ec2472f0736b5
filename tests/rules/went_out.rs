//! After a rebuild versions and revisions go on from what went out, and no event is told twice.

use std::collections::BTreeMap;

use heard::desk::conversation::went_out::WentOut;
use heard::desk::keys::Keys;
use heard::desk::{Message, Output, Row};
use heard::model::{CaseId, EventId, Status, WorkId};

use crate::story::{Line, Story, becomes, customer, replies, says, with_levels};

const ANN: &[&str] = &["handle:ann"];
const BOB: &[&str] = &["handle:bob"];

/// Two people in one thread, one of whom waits twice, and a customer's record that makes both one for a while.
fn lines() -> Vec<Line> {
    vec![
        says(0, "m1", "social", ANN).into(),
        says(5, "m2", "social", BOB).into(),
        replies(30, "r1", "social").into(),
        says(40, "m4", "social", BOB).into(),
        says(50, "m3", "social", ANN).into(),
        customer(55, "C1", &["handle:ann"]).into(),
        replies(200, "r2", "social").into(),
        becomes(210, "u1", "social", Status::Resolved).into(),
    ]
}

/// Everything that goes out, as consumers number it.
#[derive(Debug, Default, PartialEq)]
struct Numbers {
    cases: BTreeMap<CaseId, Vec<i64>>,
    work: BTreeMap<(CaseId, WorkId), Vec<i64>>,
    events: BTreeMap<CaseId, Vec<EventId>>,
}

fn numbers(story: &Story) -> Numbers {
    let mut all = Numbers::default();
    for output in story.outputs() {
        match output {
            Output::Case(case) => all.cases.entry(case.case_id).or_default().push(case.version),
            Output::Work(item) => {
                let of = (item.case_id, item.work_id);
                all.work.entry(of).or_default().push(item.revision);
            }
            Output::Event(event) => all.events.entry(event.case_id).or_default().push(event.event_id),
            _ => {}
        }
    }
    all
}

/// What `heard rebuild` would tell.
fn went_out(story: &Story, keys: &Keys) -> Vec<WentOut> {
    let all = numbers(story);
    let last = |list: &Vec<i64>| list.iter().copied().max().unwrap_or_default();
    let of = |(case_id, versions): (&CaseId, &Vec<i64>)| {
        let work = all.work.iter().filter(|((of, _), _)| of == case_id);
        let events = all.events.get(case_id).into_iter().flatten();
        let mut events: Vec<_> = events.map(|event| WentOut::called(keys, *event)).collect();
        events.sort_unstable();
        WentOut {
            case_id: *case_id,
            version: last(versions),
            revisions: work
                .map(|((_, work), revisions)| (*work, last(revisions)))
                .collect(),
            events,
        }
    };
    all.cases.iter().map(of).collect()
}

#[test]
fn numbers_go_on_after_the_last_and_events_are_told_once() {
    let settings = with_levels();
    let keys = Keys::new(settings.secret);
    let mut first = Story::new(settings.clone());
    lines().into_iter().for_each(|line| first.tell(line));
    let first = first.until(10_000);
    let before = numbers(&first);
    assert_eq!(before.cases.len(), 2);
    assert!(before.work.len() > 2 && before.events.values().map(Vec::len).sum::<usize>() > 8);

    let mut again = Story::new(settings);
    let conversation = keys.conversation("test", "social", "c");
    for out in went_out(&first, &keys) {
        // It may come in several messages.
        let part = WentOut {
            case_id: out.case_id,
            events: out.events.clone(),
            ..WentOut::default()
        };
        let rest = WentOut {
            events: Vec::new(),
            ..out
        };
        again.deliver(conversation, Message::WentOut(Box::new(part)));
        again.deliver(conversation, Message::WentOut(Box::new(rest)));
    }
    assert_eq!(again.outputs().len(), 0, "to be told of it is no news");
    again.restart();
    lines().into_iter().for_each(|line| again.tell(line));
    let mut again = again.until(10_000);
    assert_eq!(again.cases(), first.cases());
    let after = numbers(&again);
    assert_eq!(
        after.cases.keys().collect::<Vec<_>>(),
        before.cases.keys().collect::<Vec<_>>()
    );
    for (case, versions) in &after.cases {
        let last = before.cases[case].len() as i64;
        let go_on: Vec<_> = (1..=versions.len() as i64).map(|n| last + n).collect();
        assert_eq!(versions, &go_on, "{case}");
    }
    for (work, revisions) in &after.work {
        let last = before.work[work].len() as i64;
        let go_on: Vec<_> = (1..=revisions.len() as i64).map(|n| last + n).collect();
        assert_eq!(revisions, &go_on, "{work:?}");
    }
    assert_eq!(after.events, BTreeMap::new(), "all were told before");

    // What is new is told, and once the conversation is long over nothing is kept of what went out before.
    again.tell(says(20_000, "m9", "social", BOB));
    let told: usize = numbers(&again).events.values().map(Vec::len).sum();
    assert!(told > 0);
    let kept = |story: &Story| {
        story
            .rows()
            .values()
            .filter(|row| matches!(row, Row::WentOut(_)))
            .count()
    };
    assert_eq!(kept(&again), 2);
    assert_eq!(kept(&again.until(3 * 365 * 24 * 60)), 0);
}
