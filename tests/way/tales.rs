//! The tales, those of tests/rules/identity.rs, and what must be true of them on any log.

use heard::log::Log;
use heard::model::{Complaint, Customer};

use crate::story::{Line, becomes, customer, replies, says, scores};
use crate::tale::{Tale, tellings};
use crate::world::{Outcome, Shape, World};

/// Tells every tale in every order, side by side, and checks what comes of them.
pub fn tell_all<L: Log>(log: &L, shape: &Shape) {
    let tales = tales();
    let tellings = tellings(&tales);
    let mut world = World::new(log, shape);
    let rounds = tellings.iter().map(|telling| telling.lines.len()).max();
    for round in 0..rounds.unwrap_or(0) {
        world.round(tellings.iter().filter_map(|telling| telling.lines.get(round)));
    }
    let outcome = world.end();
    outcome.check_numbers();
    for tale in &tales {
        let expected = tale.expected();
        assert!(!expected.is_empty(), "{}", tale.name);
        for telling in tellings.iter().filter(|telling| std::ptr::eq(telling.tale, tale)) {
            let (name, order) = (tale.name, &telling.lines);
            let found = telling.cases(outcome.cases.values());
            assert_eq!(found, expected, "{name}, in the order {order:#?}");
            for case in &found {
                let customer = tale.party.strip_prefix("customer:");
                let party = (case.party_key.as_str(), case.customer_id.as_deref());
                assert_eq!(party, (tale.party, customer), "{name}, in the order {order:#?}");
            }
        }
    }
    check_conflicts(
        &outcome,
        tellings.iter().map(|telling| (telling.tale.name, &*telling.tag)),
    );
}

/// In whatever order they come to be known, two customers with one phone are told as a conflict.
fn check_conflicts<'a>(outcome: &Outcome, tellings: impl Iterator<Item = (&'a str, &'a str)>) {
    for (_, tag) in tellings.filter(|(name, _)| *name == ONE_PHONE) {
        let both = format!("A{tag},B{tag}");
        let told = outcome.events.iter().filter(|event| {
            event.kind.symbol() == "IDENTITY_CONFLICT"
                && event.details.get("customers").is_some_and(|told| *told == both)
        });
        assert_eq!(told.count(), 1, "{both}");
    }
}

fn gold(minute: i64) -> Customer {
    Customer {
        tier: Some("gold".into()),
        ..customer(minute, "C", &["email:a@b"])
    }
}

const ONE_PHONE: &str = "two customers that carry one phone";

fn tales() -> Vec<Tale> {
    let tale = |name, party, lines: Vec<Line>| Tale { name, lines, party };
    vec![
        tale(
            "the record, the complaint and the response",
            "customer:C",
            vec![
                customer(0, "C", &["email:a@b"]).into(),
                says(10, "m1", "email", &["email:a@b"]).into(),
                replies(20, "r1", "email").into(),
            ],
        ),
        tale(
            "a customer becomes gold, whose replies came in time for others only",
            "customer:C",
            vec![
                gold(5).into(),
                says(10, "m1", "email", &["email:a@b"]).into(),
                replies(60, "r1", "email").into(),
                says(270, "m2", "email", &["email:a@b"]).into(),
                replies(370, "r2", "email").into(),
            ],
        ),
        tale(
            "a survey by another identifier of the customer",
            "customer:C",
            vec![
                says(10, "m1", "email", &["email:a@b"]).into(),
                customer(0, "C", &["email:a@b", "phone:1234567"]).into(),
                scores(30, "s1", 9.0, &["phone:1234567"]).into(),
                replies(20, "r1", "email").into(),
            ],
        ),
        tale(
            "an identifier claimed, then the other, then the first unclaimed",
            "customer:C",
            vec![
                email_and_phone().into(),
                customer(1, "C", &["phone:1234567"]).into(),
                customer(2, "C", &["phone:1234567", "email:a@b"]).into(),
                customer(3, "C", &["email:a@b"]).into(),
            ],
        ),
        tale(
            "an identifier claimed, then the other, then none: the strongest names the party",
            "email:a@b",
            vec![
                email_and_phone().into(),
                customer(1, "C", &["phone:1234567"]).into(),
                customer(2, "C", &["email:a@b"]).into(),
                customer(3, "C", &[]).into(),
            ],
        ),
        tale(
            ONE_PHONE,
            "customer:B", // who carried it first
            vec![
                says(10, "m1", "phone", &["phone:1234567"]).into(),
                customer(2, "A", &["phone:1234567"]).into(),
                customer(1, "B", &["phone:1234567"]).into(),
            ],
        ),
        tale(
            "a customer merged into another",
            "customer:B",
            vec![
                says(10, "m1", "email", &["email:a@b"]).into(),
                merged(1, "A", &["email:a@b"], "B").into(),
                customer(1, "B", &["email:b@b"]).into(),
                replies(20, "r1", "email").into(),
            ],
        ),
        tale(
            "a merge taken back",
            "customer:A",
            vec![
                says(10, "m1", "email", &["email:a@b"]).into(),
                merged(1, "A", &["email:a@b"], "B").into(),
                merged(1, "B", &[], "C").into(),
                customer(2, "A", &["email:a@b"]).into(),
            ],
        ),
        tale(
            "a merge cycle that a third customer is merged into",
            "customer:B", // the smallest in the cycle
            vec![
                says(10, "m1", "email", &["email:a@b"]).into(),
                merged(1, "C", &["email:a@b"], "B").into(),
                merged(1, "B", &[], "D").into(),
                merged(1, "D", &[], "B").into(),
            ],
        ),
        tale(
            "two customers merged into each other",
            "customer:A",
            vec![
                says(10, "m1", "email", &["email:a@b"]).into(),
                merged(1, "B", &["email:a@b"], "A").into(),
                merged(1, "A", &[], "B").into(),
                replies(20, "r1", "email").into(),
            ],
        ),
        tale(
            "two channels under one party",
            "customer:C",
            vec![
                says(0, "m1", "email", &["email:a@b"]).into(),
                says(5, "m2", "social", &["handle:ann"]).into(),
                customer(6, "C", &["email:a@b", "handle:ann"]).into(),
                becomes(7, "u1", "email", heard::model::Status::Resolved).into(),
            ],
        ),
    ]
}

fn email_and_phone() -> Complaint {
    says(10, "m1", "email", &["email:a@b", "phone:1234567"])
}

fn merged(minute: i64, id: &str, identifiers: &[&str], into: &str) -> Customer {
    let mut record = customer(minute, id, identifiers);
    record.merged_into = Some(into.into());
    record
}
