//! Who is it? Stories of people whom the CRM knows, comes to know, confuses and merges.

use heard::config::rules::RuleSettings;
use heard::model::Case;

use crate::story::{Line, Story, customer, permutations, replies, says};

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
    assert_eq!(conflict.expect("it is told").details["customers"], "A,B");
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
