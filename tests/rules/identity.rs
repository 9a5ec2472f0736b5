//! Who is it? Stories of people whom the CRM knows, comes to know, confuses and merges.

use std::collections::BTreeMap;
use std::sync::Arc;

use heard::config::rules::RuleSettings;
use heard::desk::conversation::identify::HOPS;
use heard::desk::keys::Keys;
use heard::desk::message::Owner;
use heard::desk::{Desk, Effects, Message, Output, Row};
use heard::model::{Case, Complaint, Response, WorkFlag};
use heard::processor::{Context, Corrupt, Effect, RowKey, State};

use crate::story::{Line, Story, at, customer, identifier, permutations, person, replies, says};

/// The one final case of the lines told in any order.
fn in_any_order(lines: &[Line]) -> Case {
    let cases: Vec<_> = permutations(lines)
        .into_iter()
        .map(|lines| Story::told(RuleSettings::default(), lines).until(1000).case())
        .collect();
    cases.iter().for_each(|case| assert_eq!(*case, cases[0]));
    cases[0].clone()
}

#[test]
fn the_record_the_complaint_and_the_response_in_all_six_orders() {
    let case = in_any_order(&[
        customer(0, "C", &["email:a@b"]).into(),
        says(10, "m1", "email", &["email:a@b"]).into(),
        replies(20, "r1", "email").into(),
    ]);
    assert_eq!(
        (case.party_key.as_str(), case.customer_id.as_deref()),
        ("customer:C", Some("C"))
    );
    assert!(case.answered_at.is_some());
}

/// Keys of authors say no realm, so one who is called the same elsewhere has the key of the name. What was said
/// before a case began is no reply in it.
#[test]
fn who_is_called_by_a_name_here_is_meant_and_not_who_is_called_so_elsewhere() {
    let mut elsewhere = says(0, "elsewhere", "chat", &["handle:ann"]);
    elsewhere.author.identifiers[0].realm = Some("forum.example".into());
    let reply = |minute| Response {
        customer: Some(person(&["handle:ann", "email:a@b"])),
        ..replies(minute, "r", "chat")
    };
    let lines = |minute| {
        [
            elsewhere.clone().into(),
            says(10, "here", "chat", &["device:d", "handle:ann"]).into(),
            reply(minute).into(),
        ]
    };
    //   given a reply at minute   then it is in the cases of
    for (minute, wanted) in [(20, &["text of here"][..]), (5, &[])] {
        for order in permutations(&lines(minute)) {
            let story = Story::told(RuleSettings::default(), order.clone()).until(1000);
            let cases = story.cases().into_values();
            let replied: Vec<_> = cases.filter(|case| case.human_replies > 0).collect();
            let texts: Vec<_> = replied.iter().map(|case| &**case.excerpt).collect();
            assert_eq!(texts, wanted, "{order:?}");
        }
    }
}

#[test]
fn an_identifier_claimed_then_the_other_then_one_unclaimed() {
    let case = in_any_order(&[
        says(10, "m1", "email", &["email:a@b", "phone:1234567"]).into(),
        customer(1, "C", &["phone:1234567"]).into(),
        customer(2, "C", &["phone:1234567", "email:a@b"]).into(),
        customer(3, "C", &["email:a@b"]).into(),
    ]);
    assert_eq!(case.party_key, "customer:C");
    let case = in_any_order(&[
        says(10, "m1", "email", &["email:a@b", "phone:1234567"]).into(),
        customer(1, "C", &["phone:1234567"]).into(),
        customer(2, "C", &["email:a@b"]).into(),
        customer(3, "C", &[]).into(),
    ]);
    assert_eq!(
        case.party_key, "email:a@b",
        "nobody's, so the strongest identifier"
    );
}

#[test]
fn two_customers_that_carry_one_phone() {
    let case = in_any_order(&[
        says(10, "m1", "phone", &["phone:1234567"]).into(),
        customer(2, "A", &["phone:1234567"]).into(),
        customer(1, "B", &["phone:1234567"]).into(),
    ]);
    assert_eq!(case.party_key, "customer:B", "B carried it first");
    let lines: [Line; 3] = [
        customer(2, "A", &["phone:1234567"]).into(),
        customer(1, "B", &["phone:1234567"]).into(),
        says(10, "m1", "phone", &["phone:1234567"]).into(),
    ];
    let story = Story::told(RuleSettings::default(), lines);
    let conflict = story
        .events()
        .into_iter()
        .find(|event| event.kind.symbol() == "IDENTITY_CONFLICT");
    let both = conflict.and_then(|told| told.details.get("customers"));
    assert_eq!(both.map(|both| &**both), Some("A,B"));
}

fn merged(minute: i64, id: &str, identifiers: &[&str], into: &str) -> Line {
    let mut record = customer(minute, id, identifiers);
    record.merged_into = Some(into.into());
    record.into()
}

#[test]
fn a_merge_and_a_merge_taken_back() {
    let case = in_any_order(&[
        says(10, "m1", "email", &["email:a@b"]).into(),
        merged(1, "A", &["email:a@b"], "B"),
        customer(1, "B", &["email:b@b"]).into(),
        replies(20, "r1", "email").into(),
    ]);
    assert_eq!(case.party_key, "customer:B");
    let case = in_any_order(&[
        says(10, "m1", "email", &["email:a@b"]).into(),
        merged(1, "A", &["email:a@b"], "B"),
        merged(1, "B", &[], "C"),
        customer(2, "A", &["email:a@b"]).into(),
    ]);
    assert_eq!(case.party_key, "customer:A");
}

#[test]
fn in_a_merge_cycle_the_smallest_id_wins() {
    let case = in_any_order(&[
        says(10, "m1", "email", &["email:a@b"]).into(),
        merged(1, "C", &["email:a@b"], "B"),
        merged(1, "B", &[], "D"),
        merged(1, "D", &[], "B"),
    ]);
    assert_eq!(case.party_key, "customer:B");
    let case = in_any_order(&[
        says(10, "m1", "email", &["email:a@b"]).into(),
        merged(1, "B", &["email:a@b"], "A"),
        merged(1, "A", &[], "B"),
    ]);
    assert_eq!(case.party_key, "customer:A");
}

#[test]
fn two_channels_under_one_party() {
    let lines: [Line; 3] = [
        says(0, "m1", "email", &["email:a@b"]).into(),
        says(5, "m2", "social", &["handle:ann"]).into(),
        customer(6, "C", &["email:a@b", "handle:ann"]).into(),
    ];
    let story = Story::told(RuleSettings::default(), lines).until(10);
    assert!(story.cases().values().all(|case| case.party_key == "customer:C"));
    assert_eq!(story.cases().len(), 2);
    assert!(
        story
            .work()
            .values()
            .all(|item| item.party.customer_id.as_deref() == Some("C"))
    );
}

/// ENGINE.md 15. Rings of merges are settled by the rule, so no story loops: the last message of a loop
/// is made by hand.
#[test]
fn a_case_at_the_end_of_a_loop_keeps_its_party_and_says_so() {
    let keys = Keys::new(RuleSettings::default().secret);
    let settings = Arc::new(RuleSettings::default());
    let desk = Desk::new(Arc::clone(&settings));
    let story = Story::told(
        RuleSettings::default(),
        [says(0, "m1", "email", &["email:a@b"]).into()],
    );
    let mut rows = Rows(story.rows().clone());
    let conversation = keys.conversation("test", "email", "c");
    let author = rows.0.values().find_map(|row| match row {
        Row::Conversation(row) => row.case.as_ref().map(|case| case.author),
        _ => None,
    });
    let owner = |number| {
        Message::Owner(Box::new(Owner {
            author: author.expect("there is a case"),
            identifier: keys.identifier(&identifier("email:a@b")).hash,
            number,
            customer_id: Some("C".into()),
            rivals: Default::default(),
            forgotten: None,
        }))
    };
    let mut told = |number, hops| {
        let cx = Context {
            now: at(1),
            wall: at(1),
            hops,
        };
        let mut effects = Effects::default();
        desk.apply(conversation, &owner(number), &mut rows, &cx, &mut effects)
            .expect("it applies");
        let mut told = Vec::new();
        for effect in effects.drain() {
            match effect {
                Effect::Emit(Output::Event(event)) => told.push((
                    event.kind.symbol(),
                    event.party_key.clone(),
                    event.details.get("reason").cloned(),
                )),
                Effect::Store {
                    row,
                    value: Some(value),
                } => _ = rows.0.insert(row, value),
                _ => {}
            }
        }
        told
    };
    let kept = ("IDENTITY_CONFLICT", "email:a@b".into(), Some("loop".into()));
    assert_eq!(told(10, HOPS), [kept]);
    assert_eq!(told(11, HOPS), [], "it is told once");
    let moved = ("IDENTIFIED", "customer:C".into(), None);
    assert_eq!(
        told(12, HOPS - 1),
        [moved],
        "the next message that is not at the limit mends it"
    );
}

struct Rows(BTreeMap<RowKey, Row>);

impl State<Row> for Rows {
    fn get(&mut self, key: &RowKey) -> Result<Option<&Row>, Corrupt> {
        Ok(self.0.get(key))
    }
}

/// More cases than a party keeps in its main row, and than a block of a crowd holds: each still gets
/// its work item ranked, with the others in its history.
#[test]
fn one_person_with_a_hundred_conversations() {
    let lines = (0..100).map(|n| {
        let id = format!("m{n}");
        let said = says(n, &id, "email", &["email:a@b"]);
        Line::from(Complaint {
            conversation_id: Some(id.into()),
            ..said
        })
    });
    let story = Story::told(RuleSettings::default(), lines);
    let mut work: Vec<_> = story.work().into_values().collect();
    work.sort_by_key(|item| item.first_heard_at);
    assert_eq!(work.len(), 100);
    for (n, item) in work.iter().enumerate() {
        assert!(!item.flags.contains(&WorkFlag::Unranked), "case {n}");
    }
    assert_eq!((work[0].history.open_cases, work[16].history.open_cases), (0, 16));
    assert_eq!(work[40].history.open_cases, 40);
}
