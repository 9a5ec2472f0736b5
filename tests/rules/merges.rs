//! CASES 3: dropping a record that points to another customer is the end of a merge's clean-up, not an erasure.
//! Claims and cases stay with the other customer, until that one is forgotten.

use heard::model::{Case, CaseStatus, Customer, WorkState};

use crate::story::{Line, Story, at, customer, permutations, says, with_levels};

/// The CRM's record of a customer with one address, who may have been merged into another.
fn record(minute: i64, id: &'static str, into: Option<&str>) -> Line {
    let email = format!("email:{}@x", id.to_lowercase());
    Customer {
        merged_into: into.map(Into::into),
        ..customer(minute, id, &[&email])
    }
    .into()
}

/// A complaint from the address of a customer.
fn mail(minute: i64, id: &str) -> Line {
    let email = format!("email:{}@x", id.to_lowercase());
    let mut said = says(minute, &format!("{id}-{minute}"), "email", &[&email]);
    said.conversation_id = Some(format!("t{minute}").into());
    said.into()
}

fn told(lines: impl IntoIterator<Item = Line>) -> Story {
    Story::told(with_levels(), lines).until(200)
}

fn whose(story: &Story) -> Vec<Option<String>> {
    let mut cases: Vec<Case> = story.cases().into_values().collect();
    cases.sort_by_key(|case| case.opened_at);
    let owner = |case: Case| case.customer_id.map(String::from);
    cases.into_iter().map(owner).collect()
}

/// Nothing names any of these customers, or the addresses of their records.
fn nothing_names(story: &Story, customers: &[&str], what: &str) {
    let kept = story.all_that_is_kept();
    for id in customers {
        let email = format!("{}@x", id.to_lowercase());
        assert!(!kept.contains(id) && !kept.contains(&email), "{what}: {id}");
    }
}

#[test]
fn dropping_a_merged_record_leaves_cases_and_claims_with_the_other_customer() {
    let lines = [
        record(0, "C-PP", None),
        record(1, "C-QQ", Some("C-PP")),
        mail(10, "C-QQ"),
        Line::Dropped("C-QQ", at(100)),
    ];
    for order in permutations(&lines) {
        let said = format!("{order:?}");
        let mut story = told(order);
        let case = story.case();
        assert_eq!(
            (case.customer_id.as_deref(), case.forgotten_at, case.status),
            (Some("C-PP"), None, CaseStatus::Open),
            "{said}"
        );
        assert_eq!(story.count(WorkState::Open), 1, "{said}");
        for line in [
            Line::Dropped("C-QQ", at(110)),
            mail(120, "C-QQ"),
            record(1, "C-QQ", Some("C-PP")),
        ] {
            story.tell(line);
        }
        assert_eq!(
            whose(&story),
            [Some("C-PP".into()), Some("C-PP".into())],
            "{said}"
        );
        story.tell(Line::Dropped("C-PP", at(300)));
        assert_eq!(story.times("FORGOTTEN"), 2, "{said}");
        nothing_names(&story, &["C-PP", "C-QQ"], &said);
    }
}

#[test]
fn a_record_that_pointed_to_nobody_when_it_was_dropped_is_forgotten_whatever_it_said_before() {
    let lines = [
        record(1, "C-QQ", Some("C-PP")),
        record(2, "C-QQ", None),
        Line::Dropped("C-QQ", at(100)),
    ];
    for order in permutations(&lines) {
        let said = format!("{order:?}");
        let story = told(
            [record(0, "C-PP", None)]
                .into_iter()
                .chain(order)
                .chain([mail(10, "C-QQ")]),
        );
        assert_eq!(whose(&story), [None; 0], "what comes late is dropped: {said}");
        nothing_names(&story, &["C-QQ"], &said);
    }
}

#[test]
fn who_is_known_again_after_the_clean_up_is_a_customer_of_their_own() {
    let story = told([
        record(0, "C-PP", None),
        record(1, "C-QQ", Some("C-PP")),
        mail(10, "C-QQ"),
        Line::Dropped("C-QQ", at(100)),
        record(101, "C-QQ", None),
    ]);
    assert_eq!(whose(&story), [Some("C-QQ".into())]);
    let mut forgotten = story;
    forgotten.tell(Line::Dropped("C-PP", at(110)));
    assert_eq!(forgotten.times("FORGOTTEN"), 0, "it is nobody's but theirs");
    forgotten.tell(Line::Dropped("C-QQ", at(120)));
    assert_eq!(forgotten.times("FORGOTTEN"), 1);
    nothing_names(&forgotten, &["C-PP", "C-QQ"], "both are dropped");
}

#[test]
fn a_chain_is_forgotten_with_its_end_in_whatever_order_its_records_are_dropped() {
    let records = [
        record(0, "C-RR", None),
        record(1, "C-PP", Some("C-RR")),
        record(2, "C-QQ", Some("C-PP")),
        mail(10, "C-QQ"),
    ];
    let drops = ["C-QQ", "C-PP", "C-RR"].map(|id| Line::Dropped(id, at(100)));
    for order in permutations(&records) {
        let story = told(order.into_iter().chain(drops[..2].iter().cloned()));
        assert_eq!(whose(&story), [Some("C-RR".into())]);
        assert_eq!(story.times("FORGOTTEN"), 0);
    }
    for order in permutations(&drops) {
        let said = format!("{order:?}");
        let story = told(records.iter().cloned().chain(order));
        assert_eq!(story.times("FORGOTTEN"), 1, "{said}");
        nothing_names(&story, &["C-PP", "C-QQ", "C-RR"], &said);
    }
}

#[test]
fn a_ring_stands_for_those_that_are_left_and_goes_with_the_last() {
    let ring = ["C-AA", "C-BB", "C-DD"];
    for size in 2..=3 {
        let names = &ring[..size];
        let next = |n: usize| Some(names[(n + 1) % size]);
        let records = names
            .iter()
            .enumerate()
            .map(|(n, id)| record(n as i64, id, next(n)));
        let records: Vec<_> = records.chain([mail(10, "C-AA")]).collect();
        assert_eq!(whose(&told(records.clone())), [Some("C-AA".into())]);
        for order in permutations(names) {
            let mut story = told(records.clone());
            for (n, id) in order.iter().enumerate() {
                story.tell(Line::Dropped(id, at(100 + n as i64)));
                let left = order[n + 1..].iter().min().map(|id| String::from(*id));
                assert_eq!(whose(&story)[0], left, "{order:?} up to {id}");
                assert_eq!(
                    story.times("FORGOTTEN"),
                    usize::from(left.is_none()),
                    "{order:?} up to {id}"
                );
            }
            nothing_names(&story, names, "all of the ring");
        }
    }
}

#[test]
fn a_record_dropped_after_the_one_it_points_to_was_forgotten_is_forgotten_too() {
    let day = 24 * 60;
    for later in [1, 60 * day] {
        let mut story = told([
            record(0, "C-PP", None),
            record(1, "C-QQ", Some("C-PP")),
            mail(10, "C-QQ"),
            Line::Dropped("C-PP", at(100)),
        ])
        .until(100 + later);
        assert!(
            story.all_that_is_kept().contains("c-qq@x"),
            "the CRM still has it"
        );
        story.tell(Line::Dropped("C-QQ", at(100 + later)));
        nothing_names(&story, &["C-PP", "C-QQ"], &format!("{later} minutes later"));
    }
}

#[test]
fn a_command_forgets_who_was_merged_before_and_after_the_clean_up() {
    let lines = || {
        [
            record(0, "C-PP", None),
            record(1, "C-QQ", Some("C-PP")),
            mail(10, "C-QQ"),
        ]
    };
    let (command, dropped) = (
        Line::ForgetsCustomer("C-QQ", at(100)),
        Line::Dropped("C-QQ", at(100)),
    );
    for order in permutations(&[command, dropped]) {
        let said = format!("{order:?}");
        let story = told(lines().into_iter().chain(order));
        nothing_names(&story, &["C-QQ"], &said);
        assert_eq!(story.times("FORGOTTEN"), 1, "{said}");
    }
    let by_address = [
        Line::Dropped("C-QQ", at(90)),
        Line::Forgets("email:c-qq@x", at(100)),
    ];
    let mut story = told(lines().into_iter().chain(by_address));
    assert_eq!(story.times("FORGOTTEN"), 1);
    assert!(!story.all_that_is_kept().contains("c-qq@x"));
    story.tell(mail(95, "C-QQ"));
    assert!(
        !story.all_that_is_kept().contains("c-qq@x"),
        "what comes late is dropped"
    );
}

#[test]
fn a_merge_of_many_cases_is_cleaned_up_and_forgotten_as_one_of_few() {
    let mails = || (10..50).map(|minute| mail(minute, "C-QQ"));
    let records = [record(0, "C-PP", None), record(1, "C-QQ", Some("C-PP"))];
    for after in [0, 1, 2] {
        let before = records[..after].iter().cloned();
        let mut story = told(before.chain(mails()).chain(records[after..].iter().cloned()));
        story.tell(Line::Dropped("C-QQ", at(100)));
        assert_eq!(whose(&story), vec![Some(String::from("C-PP")); 40]);
        story.tell(Line::Dropped("C-PP", at(110)));
        assert_eq!(story.times("FORGOTTEN"), 40);
        nothing_names(&story, &["C-PP", "C-QQ"], "forty cases");
    }
}
