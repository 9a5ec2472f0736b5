use std::sync::Arc;

use super::*;
use crate::app::{App, OutputFormats};
use crate::config::rules::{RuleSettings, Span};
use crate::desk::{Effects, Message, Output};
use crate::model::{
    CaseStatus, Complaint, Customer, Identifier, Intent, NextStep, Person, PriorityTerm, Response,
    ResponseKind, Sensitive, SlaState, Status, Update, WorkItem,
};
use crate::processor::ActorKey;
use crate::processor::sequential::Sequential;
use crate::wire::Registry;

const M: i64 = 60_000;

/// An hour to answer and four to resolve.
fn settings() -> RuleSettings {
    let mut settings = RuleSettings::default();
    for rules in settings.channels.values_mut() {
        rules.levels.usual.answer = Some(Span::hours(1));
        rules.levels.usual.resolve = Some(Span::hours(4));
    }
    settings
}

fn desk(settings: RuleSettings) -> Desk {
    Desk::new(Arc::new(settings))
}

/// What is said in a chat.
#[derive(Clone, Default)]
struct Story {
    inputs: Vec<Message>,
}

impl Story {
    fn says(self, minute: i64, id: &str, device: &str) -> Self {
        self.said(Complaint {
            ..complaint(minute, id, device)
        })
    }

    fn said(mut self, complaint: Complaint) -> Self {
        self.inputs.push(Message::Said {
            logged: complaint.occurred_at,
            complaint: Arc::new(complaint),
            written: None,
        });
        self
    }

    fn replies(self, minute: i64, id: &str) -> Self {
        self.replied(Response {
            ..response(minute, id)
        })
    }

    fn replied(mut self, response: Response) -> Self {
        self.inputs.push(Message::Replied {
            logged: response.occurred_at,
            response: Box::new(response),
        });
        self
    }

    fn status(mut self, minute: i64, id: &str, status: Status) -> Self {
        let update = Update {
            id: id.into(),
            source: "shop".into(),
            channel: "chat".into(),
            conversation_id: "c".into(),
            status: Some(status),
            occurred_at: Millis(minute * M),
            ..Update::default()
        };
        self.inputs.push(Message::Updated {
            logged: update.occurred_at,
            update: Box::new(update),
        });
        self
    }

    /// Whose the devices are, the CRM says.
    fn customer(mut self, customer_id: &str, devices: &[&str]) -> Self {
        self.inputs.push(Message::Known(Box::new(Customer {
            customer_id: customer_id.into(),
            identifiers: devices.iter().map(|device| identifier(device)).collect(),
            ..Customer::default()
        })));
        self
    }

    fn to(desk: &Desk, message: &Message) -> ActorKey {
        let keys = desk.keys();
        match message {
            Message::Replied { response, .. } => {
                keys.conversation(&response.source, &response.channel, &response.conversation_id)
            }
            Message::Known(customer) => keys.party(&format!("customer:{}", customer.customer_id)),
            _ => keys.conversation("shop", "chat", "c"),
        }
    }

    /// Told to a desk with these rules, and judged by this minute: the case of whoever spoke first, and its records.
    fn told(&self, settings: RuleSettings, minute: i64) -> (Case, Records) {
        let settings = Arc::new(settings);
        let registry = Arc::new(Registry::built_in());
        let app = App::new(&settings, Vec::new(), &registry, OutputFormats::default());
        let desk = Desk::new(settings);
        let mut run = Sequential::new(app, Millis(i64::MIN));
        for message in &self.inputs {
            run.tell(Self::to(&desk, message), message.clone());
        }
        run.advance(Millis(minute * M));
        assert!(run.rejected().is_empty(), "{:?}", run.rejected());
        let mut cases = std::collections::BTreeMap::new();
        let mut records = Records::default();
        for output in run.outputs() {
            match output {
                Output::Case(case) => drop(cases.insert(case.case_id, (**case).clone())),
                Output::NoCase(case) => drop(cases.remove(case)),
                _ => {}
            }
        }
        let case = { cases }
            .into_values()
            .find(|case| !case.bystander)
            .expect("a case");
        for output in run.outputs() {
            match output {
                Output::Event(event) if event.case_id == case.case_id => records.event((**event).clone()),
                Output::Work(item) if item.case_id == case.case_id => records.work((**item).clone()),
                _ => {}
            }
        }
        self.given(&desk, &case, &mut records);
        (case, records)
    }

    /// The inputs, read again.
    fn given(&self, desk: &Desk, case: &Case, records: &mut Records) {
        for _ in 0..2 {
            for message in &self.inputs {
                let mut effects = Effects::default();
                effects.tell(Self::to(desk, message), message.clone());
                records.input(desk.keys(), case, &mut effects);
            }
        }
    }
}

fn identifier(device: &str) -> Identifier {
    Identifier {
        kind: "device".into(),
        value: device.into(),
        realm: None,
    }
}

fn complaint(minute: i64, id: &str, device: &str) -> Complaint {
    Complaint {
        id: id.into(),
        source: "shop".into(),
        channel: "chat".into(),
        conversation_id: Some("c".into()),
        author: Person {
            display_name: None,
            identifiers: vec![identifier(device)],
        },
        text: Some(Sensitive("SECRET".into())),
        occurred_at: Millis(minute * M),
        ..Complaint::default()
    }
}

fn response(minute: i64, id: &str) -> Response {
    Response {
        id: id.into(),
        source: "shop".into(),
        channel: "chat".into(),
        conversation_id: "c".into(),
        kind: ResponseKind::Human,
        occurred_at: Millis(minute * M),
        ..Response::default()
    }
}

/// An explanation by these settings, as of a minute.
fn explained(settings: RuleSettings, case: &Case, records: &Records, minute: i64) -> String {
    let asked = Asked {
        as_of: Millis(minute * M),
        texts: false,
    };
    text::render(&explain(&desk(settings), case, records, asked))
}

fn has(text: &str, words: &str) {
    assert!(text.contains(words), "{words} in:\n{text}");
}

fn has_not(text: &str, words: &str) {
    assert!(!text.contains(words), "{words} in:\n{text}");
}

#[test]
fn a_deadline_and_what_became_of_it() {
    let waits = Story::default().says(0, "m1", "ada");
    //   given it was judged at minute   and is asked for at   then of its answer
    for (judged, minute, says) in [
        (
            30,
            30,
            "answer: RUNNING. The clock began at 1970-01-01T00:00:00Z with m1; 1h are allowed; deadline \
                  1970-01-01T01:00:00Z. In 30m.\n",
        ),
        (
            90,
            90,
            "answer: BREACHED. The clock began at 1970-01-01T00:00:00Z with m1; 1h are allowed; deadline \
                  1970-01-01T01:00:00Z. Not answered by then, 30m ago.\n",
        ),
        (
            30,
            90,
            "Not answered by then, 30m ago. When the case was last judged this was still to come; heard run, with \
                  its clock there, will say BREACHED.",
        ),
    ] {
        let (case, records) = waits.told(settings(), judged);
        has(&explained(settings(), &case, &records, minute), says);
    }
}

#[test]
fn another_configuration_is_told_from_what_the_record_says() {
    let waits = Story::default().says(0, "m1", "ada");
    let mut half = settings();
    for rules in half.channels.values_mut() {
        rules.levels.usual.answer = Some(Span::minutes(30));
        rules.levels.usual.acknowledge = Some(Span::hours(9));
        rules.patience = Span::minutes(10);
    }
    let (case, records) = waits.told(half, 90);
    let text = explained(settings(), &case, &records, 90);
    has(&text, "It was judged by another deadline, 1970-01-01T00:30:00Z");
    has(
        &text,
        "acknowledge: RUNNING. The present configuration has no such level",
    );
    has(
        &text,
        "It was judged by another patience, 10m, than this configuration has.",
    );
    has(
        &text,
        "this configuration the record would have sla_acknowledge NONE, not RUNNING",
    );
    let kept = waits.clone().replies(50, "r1");
    let (case, records) = kept.told(settings(), 300);
    assert_eq!(case.sla_answer, SlaState::Met);
    let mut strict = settings();
    strict
        .channels
        .get_mut("chat")
        .expect("built in")
        .levels
        .usual
        .answer = Some(Span::minutes(40));
    let text = explained(strict, &case, &records, 300);
    has(&text, "answer: MET.");
    has(&text, "as they are now it would be BREACHED.");
}

#[test]
fn what_pending_froze_is_credited_until_the_customer_speaks() {
    let story = Story::default()
        .says(0, "m1", "ada")
        .status(60, "u1", Status::Pending)
        .says(90, "m2", "ada")
        .replied(Response {
            status: Some(Status::Resolved),
            ..response(250, "r1")
        });
    let (case, records) = story.told(settings(), 300);
    let text = explained(settings(), &case, &records, 300);
    has(
        &text,
        "resolve: MET. The clock began at 1970-01-01T00:00:00Z with m1; 4h are allowed, and 30m more",
    );
    has(
        &text,
        "deadline 1970-01-01T04:30:00Z. Resolved at 1970-01-01T04:10:00Z, 20m before it.",
    );
}

/// CASES 15 and 33: an update says RESOLVED, and much later the customer comes again.
#[test]
fn a_case_that_was_resolved_and_opened_again_is_told_as_it_is() {
    let story = Story::default()
        .says(0, "m1", "ada")
        .replies(30, "r1")
        .status(60, "u1", Status::Resolved)
        .says(18 * 24 * 60, "m2", "ada")
        .replied(Response {
            status: Some(Status::Resolved),
            ..response(18 * 24 * 60 + 30, "r2")
        });
    let mut rules = settings();
    for rules in rules.channels.values_mut() {
        rules.levels.usual.next = Some(Span::hours(2));
    }
    let (case, records) = story.told(rules.clone(), 19 * 24 * 60);
    assert_eq!(
        (case.sla_resolve, case.sla_next, case.waits),
        (SlaState::Met, SlaState::Met, 2)
    );
    let text = explained(rules, &case, &records, 19 * 24 * 60);
    has(&text, "next: MET. Of 2 waits, 2 are over, 2 of them in time.");
    has(
        &text,
        "resolve: MET. The clock began at 1970-01-01T00:00:00Z with m1; 4h are allowed, and 17d23h more",
    );
    has_not(&text, "BREACHED");
    has_not(&text, "Mind");
}

#[test]
fn patience_says_when_it_ends_and_when_it_should_have_been_seen() {
    let waits = Story::default().says(0, "m1", "ada");
    let (case, records) = waits.told(settings(), 5);
    has(
        &explained(settings(), &case, &records, 5),
        "Patience in chat is 15m: the case is UNANSWERED from 1970-01-01T00:15:00Z on, in 10m",
    );
    has(
        &explained(settings(), &case, &records, 20),
        "it ended at 1970-01-01T00:15:00Z, 5m ago. When the case was last judged",
    );
}

#[test]
fn praise_opens_no_clock() {
    let story = Story::default().said(Complaint {
        intent: Some(Intent::Praise),
        ..complaint(0, "m1", "ada")
    });
    let (case, records) = story.told(settings(), 5);
    assert_eq!(
        records.work.last().map(|item| &*item.next_steps),
        Some(&[NextStep::Thank][..])
    );
    let text = explained(settings(), &case, &records, 90);
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
    let story = Story::default()
        .says(0, "m1", "ada")
        .says(3, "m9", "bob")
        .replied(Response {
            in_reply_to: Some("m9".into()),
            ..response(4, "r9")
        });
    let (case, records) = story.told(settings(), 5);
    let text = explained(settings(), &case, &records, 5);
    has(&text, "m1");
    has_not(&text, "m9");
    has_not(&text, "r9");
}

/// CASES 21: the CRM knows both addresses as one customer's.
#[test]
fn two_addresses_of_one_customer_are_one_case() {
    let story = Story::default()
        .customer("c7", &["ada", "ada-work"])
        .says(0, "m1", "ada")
        .says(3, "m2", "ada-work")
        .replies(4, "r1");
    let (case, records) = story.told(settings(), 300);
    assert_eq!(case.customer_messages, 2);
    let text = explained(settings(), &case, &records, 300);
    has(&text, "message m2 from another address of the customer");
    has_not(&text, "Mind");
}

/// CASES 26: a reply that is dated before what it names is not before it.
#[test]
fn a_reply_has_the_time_of_what_it_names() {
    let story = Story::default().says(10, "m1", "ada").replied(Response {
        in_reply_to: Some("m1".into()),
        ..response(8, "r1")
    });
    let (case, records) = story.told(settings(), 300);
    let text = explained(settings(), &case, &records, 300);
    has(
        &text,
        "1970-01-01T00:10:00Z  person    reply r1, at 1970-01-01T00:08:00Z by its own clock",
    );
    has(&text, "Answered at 1970-01-01T00:10:00Z by r1");
    has_not(&text, "Mind");
}

#[test]
fn what_answers_from_elsewhere_is_said_here_too_and_an_earlier_version_did_not() {
    let elsewhere = |revision: i64, answers: bool| {
        let this = crate::model::ConversationRef {
            source: "shop".into(),
            channel: "chat".into(),
            conversation_id: "c".into(),
        };
        Response {
            channel: "email".into(),
            conversation_id: "mail".into(),
            revision,
            answers: if answers { vec![this] } else { Vec::new() },
            ..response(8, "r1")
        }
    };
    let story = Story::default()
        .says(0, "m1", "ada")
        .replied(elsewhere(0, true))
        .replied(elsewhere(1, false));
    let (case, records) = story.told(settings(), 5);
    assert!(records.is_answered_elsewhere());
    assert_eq!(case.answered_at, None);
    let text = explained(settings(), &case, &records, 5);
    has(&text, "Not answered: no person has replied.");
    has_not(&text, "Mind");
}

#[test]
fn what_is_gone_from_the_inputs_is_told_as_the_record_has_it() {
    let story = Story::default()
        .says(0, "m1", "ada")
        .replies(20, "r1")
        .says(30, "m2", "ada");
    let (case, mut records) = story.told(settings(), 40);
    let mut left = Records {
        events: std::mem::take(&mut records.events),
        work: std::mem::take(&mut records.work),
        ..Records::default()
    };
    let half = Story {
        inputs: story.inputs[..1].to_vec(),
    };
    half.given(&desk(settings()), &case, &mut left);
    let text = explained(settings(), &case, &left, 40);
    has(&text, "The inputs no longer have 2 messages of this case");
    has(&text, "Answered at 1970-01-01T00:20:00Z by r1");
    has(
        &text,
        "answer: MET. By the inputs and the configuration as they are now it would be RUNNING.",
    );
    has(
        &text,
        "and this configuration the record would have status UNANSWERED, not OPEN",
    );
    left.inputs = Inputs::NotRead;
    assert_eq!((case.status, case.waits), (CaseStatus::Open, 2));
    // Nothing of the inputs at all.
    let none = Records {
        events: left.events.clone(),
        inputs: Inputs::NotRead,
        ..Records::default()
    };
    let text = explained(settings(), &case, &none, 40);
    has(&text, "answer: MET.\n");
    has(&text, "OPEN: a person has replied, and the customer wrote again");
}

#[test]
fn every_term_of_the_rank_has_its_points_and_a_fact_of_its_own() {
    let (case, mut records) = Story::default().says(0, "m1", "ada").told(settings(), 5);
    records.work.clear();
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
    let text = explained(settings(), &case, &records, 5);
    for name in names {
        has(&text, &format!("+7 {name}: "));
    }
    has_not(&text, "does not know");
    has_not(&text, "4321");
}

#[test]
fn revisions_and_repetitions_count_once() {
    let story = Story::default()
        .says(0, "m1", "ada")
        .says(1, "m2", "ada")
        .said(Complaint {
            revision: 1,
            deleted: true,
            ..complaint(1, "m2", "ada")
        })
        .says(1, "m2", "ada");
    let (case, mut records) = story.told(settings(), 5);
    let event = records.events[0].clone();
    let before = records.events.len();
    records.event(event);
    assert_eq!((records.events.len(), case.customer_messages), (before, 1));
    let text = explained(settings(), &case, &records, 5);
    has(&text, "message m2  [recorded ");
    has(&text, "; taken back, recorded ");
    has_not(&text, "Mind");
}
