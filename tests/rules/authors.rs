//! Who is an author in a conversation? Posts without one, and one customer who writes from two addresses.

use heard::config::rules::RuleSettings;
use heard::model::{Complaint, Visibility};

use crate::story::{Line, Story, permutations, replies, says};

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
        let reply = heard::model::Response {
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
