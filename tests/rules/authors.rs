//! Who is an author in a conversation? Posts without one, and one customer who writes from two addresses.

use proptest::prelude::*;

use heard::config::rules::{RuleSettings, Span};
use heard::desk::Message;
use heard::desk::forgetting::Forget;
use heard::desk::keys::Keys;
use heard::model::{
    Case, CaseStatus, Complaint, Customer, Response, Status, Visibility, WorkFlag, WorkId, WorkState,
};

use crate::story::{
    Line, Story, at, becomes, customer, identifier, permutations, person, replies, says, scores, with_levels,
};

/// A post without an author in a channel, in reply to another or to none.
fn post(minute: i64, id: &str, channel: &str, reply_to: Option<&str>) -> Complaint {
    Complaint {
        in_reply_to: reply_to.map(Into::into),
        ..says(minute, id, channel, &[])
    }
}

/// The cases that lines come to in the end: whose text each begins with, how many messages the customer wrote, and
/// whether it was answered. The same in any order.
fn cases(lines: &[Line]) -> Vec<(String, i32, bool)> {
    let told = |lines: Vec<Line>| Story::told(RuleSettings::default(), lines).until(100);
    let wanted = told(lines.to_vec()).cases();
    for order in permutations(lines) {
        assert_eq!(told(order.clone()).cases(), wanted, "{order:?}");
    }
    let mut cases: Vec<_> = wanted.into_values().collect();
    cases.sort_by_key(|case| case.opened_at);
    let shown = cases.into_iter().map(|case| {
        let text = case.excerpt.trim_start_matches("text of ").to_owned();
        (text, case.customer_messages as i32, case.answered_at.is_some())
    });
    shown.collect()
}

/// CASES 26.
#[test]
fn three_posts_without_an_author_are_three_cases_and_one_is_answered() {
    for channel in ["forum", "social", "review"] {
        let reply = Response {
            in_reply_to: Some("one".into()),
            ..replies(9, "r", channel)
        };
        let lines: [Line; 4] = [
            post(0, "one", channel, None).into(),
            post(1, "two", channel, None).into(),
            post(2, "three", channel, None).into(),
            reply.into(),
        ];
        let wanted = [("one", 1, true), ("two", 1, false), ("three", 1, false)];
        let found = cases(&lines);
        assert_eq!(found.len(), 3, "{channel}");
        for ((text, messages, answered), wanted) in found.iter().zip(wanted) {
            assert_eq!((&**text, *messages, *answered), wanted, "{channel}");
        }
    }
}

#[test]
fn offstage_those_who_name_nobody_are_one_as_ever() {
    let public = Complaint {
        visibility: Some(Visibility::Public),
        ..post(2, "three", "email", None)
    };
    let lines: [Line; 3] = [
        post(0, "one", "email", None).into(),
        post(1, "two", "email", None).into(),
        public.into(), // seen by all: that one is onstage
    ];
    let wanted = [("one".to_owned(), 2, false), ("three".to_owned(), 1, false)];
    assert_eq!(cases(&lines), wanted);
}

/// Given posts in a forum, then their cases.
#[test]
fn a_post_without_an_author_in_reply_to_another_goes_on_with_its_case() {
    let two = ("two".to_owned(), 1, false);
    let ann = |minute, id| says(minute, id, "forum", &["handle:ann"]);
    let lines: [Line; 4] = [
        post(0, "one", "forum", None).into(),
        post(1, "two", "forum", None).into(),
        post(2, "three", "forum", Some("one")).into(),
        post(3, "four", "forum", Some("three")).into(),
    ];
    assert_eq!(cases(&lines), [("one".to_owned(), 3, false), two]);
    // To somebody who has a name it is another's.
    let lines: [Line; 3] = [
        ann(0, "one").into(),
        post(1, "two", "forum", Some("one")).into(),
        replies(2, "r", "forum").into(),
    ];
    assert_eq!(
        cases(&lines),
        [("one".to_owned(), 1, false), ("two".to_owned(), 1, true)]
    );
    // The clocks of two servers differ.
    let lines: [Line; 3] = [
        post(2, "one", "forum", None).into(),
        post(1, "two", "forum", Some("one")).into(),
        replies(3, "r", "forum").into(),
    ];
    assert_eq!(cases(&lines), [("two".to_owned(), 2, true)]);
}

#[test]
fn posts_without_an_author_come_apart_when_what_they_reply_to_goes() {
    let first = post(0, "one", "forum", None);
    let gone = Complaint {
        revision: 1,
        deleted: true,
        ..first.clone()
    };
    let back = Complaint {
        revision: 2,
        ..first.clone()
    };
    let named = Complaint {
        revision: 1,
        ..says(0, "one", "forum", &["handle:ann"])
    };
    let rest: [Line; 2] = [
        post(1, "two", "forum", Some("one")).into(),
        post(2, "three", "forum", Some("two")).into(),
    ];
    let with = |more: &[Complaint]| {
        let first = [&first].into_iter().chain(more).cloned().map(Line::from);
        cases(&first.chain(rest.clone()).collect::<Vec<_>>())
    };
    let case = |text: &str, messages| (text.to_owned(), messages, false);
    assert_eq!(with(std::slice::from_ref(&gone)), [case("two", 2)]);
    assert_eq!(with(&[gone, back]), [case("one", 3)]);
    assert_eq!(
        with(&[named]),
        [case("one", 1), case("two", 2)],
        "it has an author after all"
    );
}

const A: &str = "email:a@example.org";
const B: &str = "email:b@example.org";

fn mail(minute: i64, id: &str, author: &str) -> Line {
    says(minute, id, "email", &[author]).into()
}

fn record(minute: i64, id: &str, identifiers: &[&str]) -> Line {
    customer(minute, id, identifiers).into()
}

fn merged(minute: i64, id: &str, identifiers: &[&str], into: &str) -> Line {
    Customer {
        merged_into: Some(into.into()),
        ..customer(minute, id, identifiers)
    }
    .into()
}

fn named(minute: i64, id: &str, author: &str) -> Line {
    Response {
        customer: Some(person(&[author])),
        ..replies(minute, id, "email")
    }
    .into()
}

fn told(lines: impl IntoIterator<Item = Line>) -> Story {
    Story::told(RuleSettings::default(), lines).until(100)
}

/// CASES 21: the clock runs on, and nobody is a bystander of herself.
#[test]
fn a_customer_who_goes_on_from_another_address_is_waited_for_no_more() {
    let lines = [
        record(0, "C", &[A, B]),
        mail(10, "one", A),
        becomes(20, "u", "email", Status::Pending).into(),
        mail(30, "two", B),
    ];
    for order in permutations(&lines) {
        let story = told(order.clone());
        let case = story.case();
        let seen = (
            case.status,
            case.customer_messages,
            case.bystander,
            case.party_key.as_str(),
        );
        assert_eq!(seen, (CaseStatus::Open, 2, false, "customer:C"), "{order:?}");
        let open = story
            .work()
            .into_values()
            .filter(|item| item.state == WorkState::Open);
        let open: Vec<_> = open.collect();
        assert_eq!(open.len(), 1, "{order:?}");
        let item = &open[0];
        assert_eq!(
            (item.messages_waiting, &*item.complaint.id),
            (2, "two"),
            "{order:?}"
        );
        assert_eq!(
            item.complaint.text.as_deref().map(String::as_str),
            Some("text of two")
        );
        let wrong = [WorkFlag::Bystander, WorkFlag::Repeat, WorkFlag::Unranked];
        assert!(
            !wrong.iter().any(|flag| item.flags.contains(flag)),
            "{order:?} {:?}",
            item.flags
        );
    }
}

/// Given what happened in a thread, in any order, then its cases: how each begins, how many messages the customer wrote,
/// and whether it was answered.
#[test]
fn whose_messages_form_one_case() {
    let both = || record(0, "C", &[A, B]);
    let talk = || [mail(10, "one", A), mail(20, "two", B)];
    let with = |lines: &[Line]| {
        talk()
            .into_iter()
            .chain(lines.iter().cloned())
            .collect::<Vec<_>>()
    };
    for (what, given, then) in [
        (
            "nobody knows them",
            with(&[]),
            &[("one", 1, false), ("two", 1, false)][..],
        ),
        ("one customer", with(&[both()]), &[("one", 2, false)]),
        (
            "two customers",
            with(&[record(0, "C", &[A]), record(0, "D", &[B])]),
            &[("one", 1, false), ("two", 1, false)],
        ),
        (
            "who spoke first came last",
            vec![mail(30, "one", A), mail(20, "two", B), both()],
            &[("two", 2, false)],
        ),
        (
            "two customers, merged",
            with(&[record(0, "C", &[A]), merged(0, "D", &[B], "C")]),
            &[("one", 2, false)],
        ),
        (
            "both merged into a third",
            with(&[merged(0, "C", &[A], "E"), merged(0, "D", &[B], "E")]),
            &[("one", 2, false)],
        ),
        (
            "merged, and that was taken back",
            with(&[
                record(0, "C", &[A]),
                merged(0, "D", &[B], "C"),
                record(1, "D", &[B]),
            ]),
            &[("one", 1, false), ("two", 1, false)],
        ),
        (
            "a ring of merges",
            with(&[merged(0, "C", &[A], "D"), merged(0, "D", &[B], "C")]),
            &[("one", 2, false)],
        ),
        (
            "the claim went",
            with(&[both(), record(1, "C", &[A])]),
            &[("one", 1, false), ("two", 1, false)],
        ),
        (
            "the claim of the first went",
            with(&[both(), record(1, "C", &[B])]),
            &[("one", 1, false), ("two", 1, false)],
        ),
        (
            "and came again",
            with(&[both(), record(1, "C", &[A]), record(2, "C", &[A, B])]),
            &[("one", 2, false)],
        ),
        (
            "one of them went to another customer",
            with(&[both(), record(1, "C", &[A]), record(1, "D", &[B])]),
            &[("one", 1, false), ("two", 1, false)],
        ),
        (
            "answered by the other address",
            with(&[both(), named(15, "r", B)]),
            &[("one", 2, true)],
        ),
        (
            "answered by the first one",
            with(&[both(), named(25, "r", A)]),
            &[("one", 2, true)],
        ),
        (
            "somebody else is between them",
            vec![
                both(),
                mail(10, "one", A),
                mail(15, "x", "email:x@example.org"),
                mail(20, "two", B),
            ],
            &[("one", 2, false), ("x", 1, false)],
        ),
        (
            "a third address",
            with(&[
                mail(25, "three", "email:c@example.org"),
                record(0, "C", &[A, B, "email:c@example.org"]),
            ]),
            &[("one", 3, false)],
        ),
    ] {
        let found = cases(&given);
        let found: Vec<_> = found
            .iter()
            .map(|(text, said, answered)| (&**text, *said, *answered))
            .collect();
        assert_eq!(found, then, "{what}");
    }
}

#[test]
fn what_they_take_back_or_edit_parts_them_too() {
    let edit = |revision, deleted| -> Line {
        Complaint {
            revision,
            deleted,
            ..says(10, "one", "email", &[A])
        }
        .into()
    };
    let other = Complaint {
        revision: 1,
        ..says(10, "one", "email", &["email:x@example.org"])
    };
    let with = |lines: &[Line]| {
        let rest = [record(0, "C", &[A, B]), mail(20, "two", B), edit(0, false)];
        cases(&rest.into_iter().chain(lines.iter().cloned()).collect::<Vec<_>>())
    };
    let case = |text: &str, messages| (text.to_owned(), messages, false);
    assert_eq!(with(&[edit(1, true)]), [case("two", 1)]);
    assert_eq!(with(&[edit(1, true), edit(2, false)]), [case("one", 2)]);
    assert_eq!(with(&[other.into()]), [case("one", 1), case("two", 1)]);
}

/// In channels where nobody is called by an address.
#[test]
fn one_customer_with_two_handles_has_one_case_under_a_post() {
    let said = |minute, id: &str, handle| -> Line { says(minute, id, "social", &[handle]).into() };
    let lines = [
        said(0, "post", "handle:somebody"),
        said(10, "one", "handle:ann"),
        said(20, "two", "handle:ann_at_work"),
        customer(5, "C", &["handle:ann", "handle:ann_at_work"]).into(),
        replies(30, "r", "social").into(),
    ];
    let wanted = [("post".to_owned(), 1, false), ("one".to_owned(), 2, true)];
    assert_eq!(cases(&lines), wanted);
}

/// A survey that names either address is about their case.
#[test]
fn a_survey_of_either_address_is_about_their_case() {
    for address in [A, B] {
        let survey = heard::model::Survey {
            channel: Some("email".into()),
            conversation_id: Some("c".into()),
            ..scores(60, "s", 9.0, &[address])
        };
        let lines = [
            record(0, "C", &[A, B]),
            mail(10, "one", A),
            mail(20, "two", B),
            survey.into(),
        ];
        for order in permutations(&lines) {
            assert_eq!(
                told(order.clone()).case().survey_score,
                Some(9.0),
                "{address} {order:?}"
            );
        }
    }
}

/// What is told: the case that is taken back says which one has its messages, its work is withdrawn, and when it comes
/// back all goes on from there.
#[test]
fn the_case_that_is_taken_back_says_so_and_comes_back_where_it_was() {
    let mut story = Story::new(RuleSettings::default());
    story.tell(mail(10, "one", A));
    story.tell(mail(20, "two", B));
    let apart = story.cases();
    assert_eq!((apart.len(), story.count(WorkState::Open)), (2, 2));
    let second = apart
        .values()
        .find(|case| case.bystander)
        .expect("the second")
        .case_id;
    let first = apart
        .values()
        .find(|case| !case.bystander)
        .expect("the first")
        .case_id;

    story.tell(record(0, "C", &[A, B]));
    assert_eq!(story.case().case_id, first);
    assert_eq!(
        (story.count(WorkState::Open), story.count(WorkState::Withdrawn)),
        (1, 1)
    );
    let joined: Vec<_> = story
        .events()
        .into_iter()
        .filter(|event| event.kind.symbol() == "JOINED")
        .map(|event| (event.case_id, event.details.get("case").map(ToString::to_string)))
        .collect();
    assert_eq!(joined, [(second, Some(first.to_string()))]);

    story.tell(record(1, "C", &[A]));
    assert_eq!((story.cases().len(), story.count(WorkState::Open)), (2, 2));
    story.tell(record(2, "C", &[A, B]));
    assert_eq!((story.case().case_id, story.times("JOINED")), (first, 2));
    let mut known = std::collections::BTreeSet::new();
    assert!(
        story.events().iter().all(|event| known.insert(event.event_id)),
        "each event has its own id"
    );
    story.tell(mail(40, "three", B));
    story.tell(named(50, "r", B));
    let case = story.until(100).case();
    assert_eq!((case.customer_messages, case.human_replies), (3, 1));
}

/// A party has one case of them, which nothing repeats.
#[test]
fn who_is_one_has_one_case_in_their_history() {
    let elsewhere = Complaint {
        conversation_id: Some("other".into()),
        ..says(60, "later", "email", &[A])
    };
    let lines = [
        record(0, "C", &[A, B]),
        mail(10, "one", A),
        mail(20, "two", B),
        elsewhere.into(),
    ];
    for order in permutations(&lines) {
        let story = told(order.clone());
        let work = story
            .work()
            .into_values()
            .find(|item| &*item.complaint.id == "later");
        let history = work.expect("there is work for it").history;
        assert_eq!((history.complaints_90d, history.open_cases), (1, 1), "{order:?}");
    }
}

/// Long after, what was dropped stays where it was: nothing that two cases came to can be put together.
#[test]
fn after_its_facts_were_dropped_a_conversation_goes_on_with_who_is_one() {
    let day = 24 * 60;
    let settings = || RuleSettings {
        retire_after: Span::days(2),
        ..with_levels()
    };
    let talk = || {
        [
            mail(10, "one", A),
            named(15, "r", A),
            mail(20, "two", B),
            named(25, "s", B),
        ]
    };
    // They were one before: they still are, in the first one's case, and come apart only from then on.
    let mut story = Story::told(settings(), talk().into_iter().chain([record(0, "C", &[A, B])]));
    story.wait_until(at(10 * day));
    story.tell(mail(11 * day, "three", B));
    assert_eq!(story.case().customer_messages, 3);
    story.tell(named(11 * day + 5, "t", B));
    assert_eq!(story.case().human_replies, 3);
    story.tell(record(12 * day, "C", &[A]));
    let said = |story: &Story| {
        let mut said: Vec<_> = story
            .cases()
            .into_values()
            .map(|case| case.customer_messages)
            .collect();
        said.sort_unstable();
        said
    };
    assert_eq!(said(&story), [1, 2]);
    // They turn out to be one only afterwards: two cases as they were.
    let mut story = Story::told(settings(), talk());
    story.wait_until(at(10 * day));
    story.tell(record(0, "C", &[A, B]));
    assert_eq!(said(&story), [1, 1]);
    story.tell(mail(11 * day, "three", "email:c@example.org"));
    story.tell(record(11 * day, "C", &[A, B, "email:c@example.org"]));
    assert_eq!(said(&story), [1, 2]);
}

/// All that names Ann, who has two addresses.
const ANN: [&str; 4] = ["a@example", "b@example", "ann-", "C-ANN"];

fn names_ann(story: &Story) -> Option<&'static str> {
    let kept = story.all_that_is_kept();
    ANN.into_iter().find(|name| kept.contains(name))
}

fn forgotten(story: &Story) -> Vec<(bool, u32)> {
    let mut cases: Vec<_> = story.cases().into_values().collect();
    cases.sort_by_key(|case| case.opened_at);
    let shown = cases.iter();
    shown
        .map(|case| (case.forgotten_at.is_some(), case.customer_messages))
        .collect()
}

/// A customer who is forgotten is forgotten with all addresses; a person who is forgotten by one of them keeps the other.
#[test]
fn who_is_one_is_forgotten_with_all_they_said() {
    let story = |forgets: Line, between: &[Line]| {
        let lines = [
            mail(10, "ann-one", A),
            mail(20, "ann-two", B),
            named(30, "ann-three", B),
        ];
        let lines = lines.into_iter().chain([record(0, "C-ANN", &[A, B])]);
        told(lines.chain(between.iter().cloned()).chain([forgets]))
    };
    let dropped = story(Line::Dropped("C-ANN", at(60)), &[]);
    assert_eq!(names_ann(&dropped), None);
    assert_eq!(forgotten(&dropped), [(true, 2)], "one case, as it was");
    assert_eq!(dropped.count(WorkState::Open), 0);
    for (address, left) in [(A, "b@example"), (B, "a@example")] {
        let story = story(Line::Forgets(address, at(60)), &[]);
        let kept = story.all_that_is_kept();
        let own = address.trim_start_matches("email:");
        assert!(kept.contains(left), "{address}");
        let conversation = [(address == A, 1), (address == B, 1)];
        assert_eq!(forgotten(&story), conversation, "{address}");
        let told_of = kept.matches(own).count();
        let id = if address == A { "ann-one" } else { "ann-two" };
        assert!(!kept.contains(id), "{address}");
        let record = told([record(0, "C-ANN", &[A, B]), Line::Forgets(address, at(60))]);
        assert_eq!(
            told_of,
            record.all_that_is_kept().matches(own).count(),
            "only the CRM's record has {own}"
        );
    }
}

/// That nobody owns an address any more may be heard before the customer is said to be forgotten, or after that: their case
/// stays one, with the figures that it had. Who comes again after that is somebody new.
#[test]
fn a_case_of_two_addresses_is_erased_as_it_was_whatever_is_heard_first() {
    let keys = Keys::new(RuleSettings::default().secret);
    for first in [&[][..], &[A], &[B], &[A, B]] {
        let mut story = told([
            mail(10, "ann-one", A),
            mail(20, "ann-two", B),
            named(30, "ann-three", B),
            record(0, "C-ANN", &[A, B]),
        ]);
        for address in first {
            let claim = Forget::Claim {
                customer_id: "C-ANN".into(),
                number: 100,
                at: at(60),
            };
            let to = keys.identifier(&identifier(address));
            story.desk.tell(to, Message::Forget(Box::new(claim)));
        }
        story.tell(Line::Dropped("C-ANN", at(60)));
        assert_eq!(names_ann(&story), None, "{first:?}");
        assert_eq!(forgotten(&story), [(true, 2)], "{first:?}");
        assert_eq!(story.count(WorkState::Open), 0);
        // Of what comes late nothing is taken; what comes later is hers, as of somebody new.
        story.tell(mail(40, "ann-late", B));
        story.tell(mail(70, "ann-four", B));
        story.tell(mail(80, "ann-five", A));
        story.tell(record(90, "C-ANN", &[A, B]));
        assert_eq!(forgotten(&story), [(true, 2), (false, 2)], "{first:?}");
    }
}

/// Both addresses of Ann in a thread that is Bob's, and what is said to her there.
fn thread() -> Vec<Line> {
    let said = |minute, id: &str, who: &str| -> Line { says(minute, id, "social", &[who]).into() };
    let to = |minute, id: &str, target: &str| -> Line {
        Response {
            in_reply_to: Some(target.into()),
            ..replies(minute, id, "social")
        }
        .into()
    };
    vec![
        said(5, "bob", "handle:bob"),
        said(10, "ann-one", A),
        said(20, "ann-two", B),
        said(40, "bob2", "handle:bob"),
        to(15, "r", "ann-one"),
        to(25, "s", "ann-two"),
        to(45, "t", "bob2"),
        record(0, "C-ANN", &[A, B]),
        record(1, "C-ANN", &[A]),
        record(2, "C-ANN", &[B, A]),
    ]
}

/// The same, in which Ann edits what she said at either address, without a revision: once so that it says something
/// else after it was answered.
fn edited() -> Vec<Line> {
    let edit = |minute, edited, id: &str, who: &str, text: &str| -> Line {
        Complaint {
            edited_at: Some(at(edited)),
            text: Some(text.into()),
            ..says(minute, id, "social", &[who])
        }
        .into()
    };
    let else_said = "The parcel came, but all that was in it is broken, and nobody picks up the telephone";
    let edits = [
        edit(10, 12, "ann-one", A, "text of ann-one, as she means it"),
        edit(20, 30, "ann-two", B, else_said),
        edit(20, 22, "ann-two", B, "text of ann-two, mended"),
    ];
    thread().into_iter().chain(edits).collect()
}

/// The same, in which either address has a message of one id: these are two.
fn of_one_id() -> Vec<Line> {
    let other = Complaint {
        text: Some("something else".into()),
        ..says(12, "ann-one", "social", &[B])
    };
    [thread(), vec![other.into()]].concat()
}

/// Both addresses say something under one id, one after the other or at one moment; then the CRM takes one of them from her.
/// Each case's work shows what was said in it, by whom.
#[test]
fn where_addresses_part_work_shows_what_was_said_at_its_own() {
    for (second, then) in [(12, &[A][..]), (12, &[B]), (12, &[]), (10, &[A]), (8, &[B])] {
        let other = Complaint {
            text: Some("something else".into()),
            ..says(second, "ann-one", "social", &[B])
        };
        let one = says(10, "ann-one", "social", &[A]);
        for lines in [[one.clone(), other.clone()], [other, one]] {
            let mut story = told([record(0, "C-ANN", &[A, B])]);
            lines.iter().for_each(|line| story.tell(line.clone()));
            story.tell(record(30, "C-ANN", then));
            let shown = story
                .work()
                .into_values()
                .filter(|item| item.state == WorkState::Open);
            let mut shown: Vec<_> = shown
                .map(|item| {
                    let complaint = &item.complaint;
                    let who = &complaint.author.identifiers[0];
                    (
                        format!("{}:{}", who.kind, *who.value),
                        complaint.text.clone().map(|text| text.0),
                    )
                })
                .collect();
            shown.sort();
            let mut said: Vec<_> = lines
                .iter()
                .map(|line| {
                    let who = &line.author.identifiers[0];
                    (
                        format!("{}:{}", who.kind, *who.value),
                        line.text.clone().map(|text| text.0),
                    )
                })
                .collect();
            said.sort();
            assert_eq!(shown, said, "the second at {second}, then hers: {then:?}");
        }
    }
}

/// An item of work: how many messages wait, and what the latest says.
type Work = (WorkId, WorkState, i32, Option<String>);

/// Cases, and the work that is not taken back.
fn comes_to(lines: Vec<Line>) -> (Vec<Case>, Vec<Work>) {
    let story = told(lines);
    let work = story.work().into_values();
    let work = work.filter(|item| item.state != WorkState::Withdrawn);
    let work = work.map(|item| {
        let text = item.complaint.text.as_deref().cloned();
        (item.work_id, item.state, item.messages_waiting as i32, text)
    });
    (story.cases().into_values().collect(), work.collect())
}

fn shuffled(lines: Vec<Line>) -> impl Strategy<Value = Vec<Line>> {
    Just([&lines[..], &lines].concat()).prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// In any order, and with repetitions.
    #[test]
    fn who_is_one_customer_does_not_depend_on_the_order(lines in shuffled(thread())) {
        let (cases, work) = comes_to(lines);
        let (wanted, wanted_work) = comes_to(thread());
        prop_assert_eq!(wanted.len(), 2);
        prop_assert_eq!(cases, wanted);
        let plain = |work: Vec<(WorkId, WorkState, i32, Option<String>)>| -> Vec<_> {
            work.into_iter().map(|(id, state, waiting, _)| (id, state, waiting)).collect()
        };
        prop_assert_eq!(plain(work), plain(wanted_work));
    }

    /// Nor does it where they edit what they said, or say two things under one id.
    #[test]
    fn who_is_one_customer_edits_in_any_order(
        (order, told) in prop_oneof![Just(edited()), Just(of_one_id())]
            .prop_flat_map(|lines| (Just(lines.clone()), shuffled(lines))),
    ) {
        let (cases, work) = comes_to(told);
        let (wanted, wanted_work) = comes_to(order);
        prop_assert_eq!(wanted.len(), 2);
        prop_assert_eq!(cases, wanted);
        prop_assert_eq!(work, wanted_work);
    }

    /// In any order, Ann is forgotten at some point of it: nothing names her, nobody handles anything of hers, and Bob's
    /// matter is what it was.
    #[test]
    fn who_is_one_is_forgotten_whenever_that_comes(
        lines in prop_oneof![Just(edited()), Just(of_one_id())].prop_flat_map(|lines| {
            let lines = [lines, vec![Line::Dropped("C-ANN", at(60))]].concat();
            let twice: Vec<_> = lines.iter().chain(&lines).cloned().collect();
            Just(twice).prop_shuffle()
        }),
    ) {
        let story = told(lines);
        let kept = story.all_that_is_kept();
        for name in ANN {
            prop_assert!(!kept.contains(name), "{} is still there", name);
        }
        let (anns, others): (Vec<Case>, Vec<Case>) =
            story.cases().into_values().partition(|case| case.forgotten_at.is_some());
        prop_assert!(anns.len() <= 2);
        prop_assert_eq!(others.len(), 1);
        prop_assert_eq!(others[0].customer_messages, 2);
    }
}
