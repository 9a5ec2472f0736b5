use super::*;
use crate::config::rules::Span;
use crate::model::{
    CaseEvent, CaseEventType, CaseStatus, Complaint, EventId, Identifier, Intent, NextStep, Person,
    PriorityTerm, Sensitive, SlaState, WorkItem,
};

const M: i64 = 60_000;

fn settings() -> RuleSettings {
    let mut settings = RuleSettings::default();
    for rules in settings.channels.values_mut() {
        rules.levels.usual.answer = Some(Span::hours(1));
        rules.levels.usual.resolve = Some(Span::hours(4));
    }
    settings
}

/// A chat in which ada waits.
fn chat(status: CaseStatus) -> Case {
    let key = crate::model::CaseId::new("shop", "chat", "c", "device:ada");
    Case {
        case_id: key,
        source: "shop".into(),
        channel: "chat".into(),
        conversation_id: "c".into(),
        party_key: "device:ada".into(),
        status,
        customer_messages: 1,
        waits: 1,
        waiting_since: matches!(status, CaseStatus::Open | CaseStatus::Unanswered).then_some(Millis(0)),
        ..Case::default()
    }
}

fn event(case: &Case, minute: i64, kind: CaseEventType, details: &[(&str, &str)]) -> CaseEvent {
    let cause: Vec<_> = details.iter().map(|(_, value)| *value).collect();
    CaseEvent {
        event_id: EventId::new(case.case_id, kind.symbol(), &cause),
        case_id: case.case_id,
        kind,
        at: Millis(minute * M),
        recorded_at: Millis(minute * M + 5),
        channel: case.channel.clone(),
        details: details.iter().copied().collect(),
        ..CaseEvent::default()
    }
}

fn says(minute: i64, id: &str, author: &str) -> Complaint {
    Complaint {
        id: id.into(),
        source: "shop".into(),
        channel: "chat".into(),
        conversation_id: Some("c".into()),
        author: Person {
            display_name: None,
            identifiers: vec![Identifier {
                kind: "device".into(),
                value: author.into(),
                realm: None,
            }],
        },
        text: Some(Sensitive("SECRET".into())),
        occurred_at: Millis(minute * M),
        ..Complaint::default()
    }
}

fn opened(case: &Case) -> Records {
    let mut records = Records::default();
    for kind in [CaseEventType::Opened, CaseEventType::CustomerMessage] {
        records.event(event(case, 0, kind, &[("message", "m1")]));
    }
    records.complaint(case, &settings(), says(0, "m1", "ada"));
    records
}

fn told(case: &Case, records: &Records, minute: i64) -> String {
    let asked = Asked {
        as_of: Millis(minute * M),
        texts: false,
    };
    text::render(&explain(case, records, &settings(), asked))
}

fn has(text: &str, words: &str) {
    assert!(text.contains(words), "{words} in:\n{text}");
}

#[test]
fn deadlines_are_those_of_the_present_settings_and_say_where_they_differ() {
    use SlaState::{Breached, Met, None as NoLevel, Running};
    //   given the case says   at minute  then of its answer
    for (state, minute, says) in [
        (Running, 30, "deadline 1970-01-01T01:00:00Z. In 30m.\n"),
        (
            Breached,
            90,
            "deadline 1970-01-01T01:00:00Z. Not answered by then, 30m ago.\n",
        ),
        (
            Running,
            90,
            "Not answered by then, 30m ago. When the case was last judged this was still to come",
        ),
        (
            Met,
            90,
            "By the present configuration it would be BREACHED, not MET",
        ),
        (
            NoLevel,
            90,
            "By the present configuration it would be BREACHED, not NONE",
        ),
    ] {
        let case = Case {
            sla_answer: state,
            sla_resolve: Running,
            ..chat(CaseStatus::Open)
        };
        has(&told(&case, &opened(&case), minute), says);
    }
    let case = Case {
        sla_answer: Breached,
        sla_acknowledge: Met,
        ..chat(CaseStatus::Open)
    };
    let mut records = opened(&case);
    let breach = [("level", "answer"), ("deadline_ms", "1800000")];
    records.event(event(&case, 30, CaseEventType::SlaBreached, &breach));
    let text = told(&case, &records, 90);
    has(&text, "It was judged by another deadline, 1970-01-01T00:30:00Z");
    has(
        &text,
        "acknowledge: MET. The present configuration has no such level",
    );
}

#[test]
fn what_pending_froze_is_credited_until_the_customer_speaks() {
    let case = Case {
        resolved_at: Some(Millis(250 * M)),

        sla_resolve: SlaState::Met,
        ..chat(CaseStatus::Resolved)
    };
    let mut records = opened(&case);
    records.event(event(&case, 60, CaseEventType::Pending, &[("message", "u1")]));
    records.event(event(
        &case,
        90,
        CaseEventType::CustomerMessage,
        &[("message", "m2")],
    ));
    records.event(event(&case, 250, CaseEventType::Resolved, &[("message", "r1")]));
    let text = told(&case, &records, 300);
    has(
        &text,
        "resolve: MET. The clock began at 1970-01-01T00:00:00Z with m1; 4h are allowed, and 30m more",
    );
    has(
        &text,
        "deadline 1970-01-01T04:30:00Z. Resolved at 1970-01-01T04:10:00Z, 20m before it.",
    );
    has(&text, "The inputs no longer have 1 message of this case");
}

#[test]
fn patience_says_when_it_ends_and_when_it_should_have_been_seen() {
    let case = chat(CaseStatus::Open);
    has(
        &told(&case, &opened(&case), 5),
        "Patience in chat is 15m: the case is UNANSWERED from 1970-01-01T00:15:00Z on, in 10m",
    );
    has(
        &told(&case, &opened(&case), 20),
        "it ended at 1970-01-01T00:15:00Z, 5m ago. When the case was last judged",
    );
    let case = chat(CaseStatus::Unanswered);
    let mut records = opened(&case);
    records.event(event(
        &case,
        10,
        CaseEventType::Unanswered,
        &[("deadline_ms", "600000")],
    ));
    has(
        &told(&case, &records, 20),
        "It was judged by another patience, 10m, than this configuration has.",
    );
}

#[test]
fn praise_opens_no_clock() {
    let case = chat(CaseStatus::Open);
    let mut records = Records::default();
    let praise = Complaint {
        intent: Some(Intent::Praise),
        ..says(0, "m1", "ada")
    };
    records.complaint(&case, &settings(), praise);
    records.work(WorkItem {
        next_steps: vec![NextStep::Thank],
        ..WorkItem::default()
    });
    let text = told(&case, &records, 90);
    has(
        &text,
        "rule 2   Only praise or thanks were said: no clock runs, and nobody waits.",
    );
    has(&text, "THANK: the customer praises or thanks");
    has(
        &text,
        "No clock, or no level set, for: acknowledge, answer, next, resolve.",
    );
}

#[test]
fn a_message_of_somebody_else_is_not_the_cases() {
    let case = chat(CaseStatus::Open);
    let mut records = opened(&case);
    records.complaint(&case, &settings(), says(3, "m9", "bob"));
    let elsewhere = Complaint {
        conversation_id: Some("d".into()),
        ..says(3, "m8", "ada")
    };
    records.complaint(&case, &settings(), elsewhere);
    let text = told(&case, &records, 5);
    assert!(!text.contains("m9") && !text.contains("m8"), "{text}");
    assert_eq!((records.complaints.len(), records.others.len()), (1, 1));
}

#[test]
fn every_term_of_the_rank_has_its_points_and_a_fact_of_its_own() {
    let case = chat(CaseStatus::Open);
    let mut records = opened(&case);
    let names = [
        "escalated",
        "severity.rating",
        "severity.sentiment",
        "severity.safety",
        "severity.legal",
        "severity.churn",
        "audience",
        "tier",
        "lifetime_value",
        "vulnerable",
        "repeat",
        "chasers",
        "broken_promise",
        "at_risk",
    ];
    let mut item = WorkItem::default();
    item.party.lifetime_value = Some(4_321.0);
    item.priority.terms = names
        .map(|name| PriorityTerm {
            name: name.into(),
            points: 7,
        })
        .into();
    records.work(item);
    let text = told(&case, &records, 5);
    for name in names {
        has(&text, &format!("+7 {name}: "));
    }
    assert!(
        !text.contains("does not know") && !text.contains("4321"),
        "{text}"
    );
}

#[test]
fn revisions_and_repetitions_count_once() {
    let case = chat(CaseStatus::Open);
    let mut records = opened(&case);
    records.event(event(&case, 0, CaseEventType::Opened, &[("message", "m1")]));
    let revised = Complaint {
        revision: 1,
        deleted: true,
        ..says(0, "m1", "ada")
    };
    records.complaint(&case, &settings(), revised);
    records.complaint(&case, &settings(), says(0, "m1", "ada"));
    assert_eq!((records.events.len(), records.complaints.len()), (2, 1));
    assert_eq!(records.complaints[0].revision, 1);
}
