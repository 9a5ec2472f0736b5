//! Rule 3: a reply that names its message is never before it; and what comes first of one and the same moment.
//! CASES 12, 13, 14 and 32.

use heard::config::rules::{RuleSettings, Span};
use heard::model::{Case, CaseStatus, Complaint, Millis, Person, Response, ResponseKind, Status, Update};

use crate::story::{DAY, Line, Story, becomes, permutations, person, replies, says, with_levels};
use crate::told::{cell, check};

const HOUR: i64 = 3_600_000;

/// Every order of arrival, and then everything once more: the case is the same.
fn in_any_order(settings: &RuleSettings, lines: &[Line], until: Millis) -> Vec<Case> {
    let mut found: Option<Vec<Case>> = None;
    for order in permutations(lines) {
        let mut story = Story::new(settings.clone());
        for line in order.iter().chain(lines) {
            story.tell(line.clone());
        }
        story.wait_until(until);
        let cases: Vec<_> = story.cases().into_values().collect();
        let known = found.get_or_insert_with(|| cases.clone());
        assert_eq!(*known, cases, "{order:?}");
        // Time may stand or go on while they come.
        let mut story = Story::new(settings.clone());
        for line in &order {
            story.tell(line.clone());
            story.wait_until(until);
        }
        assert_eq!(
            *known,
            story.cases().into_values().collect::<Vec<_>>(),
            "{order:?}, one by one"
        );
    }
    found.expect("there are orders")
}

fn speaker(channel: &str) -> &'static [&'static str] {
    match channel {
        "phone" => &["phone:+15550100"],
        "email" => &["email:ann@example.org"],
        "chat" => &["device:d"],
        _ => &["handle:ann"],
    }
}

/// So many milliseconds after the complaint.
fn ms(at: i64) -> Millis {
    DAY.plus(at)
}

fn said(at: i64, id: &str, channel: &str) -> Complaint {
    Complaint {
        occurred_at: ms(at),
        ..says(0, id, channel, speaker(channel))
    }
}

fn replied(at: i64, id: &str, channel: &str, to: Option<&str>) -> Response {
    Response {
        occurred_at: ms(at),
        in_reply_to: to.map(Into::into),
        ..replies(0, id, channel)
    }
}

#[test]
fn cases_12_and_13_a_reply_is_never_before_the_message_it_names() {
    let table = "
        the reply is dated                       | ms after it | and names | status   | answered after ms | first response ms
        a while after                            | 60000       | it        | Answered | 60000             | 60000
        at the very moment                       | 0           | it        | Answered | 0                 | 0
        a millisecond before                     | -1          | it        | Answered | 0                 | 0
        a second before                          | -1000       | it        | Answered | 0                 | 0
        as long before as clocks are apart       | -300000     | it        | Answered | 0                 | 0
        a millisecond more                       | -300001     | it        | Answered | 0                 | -
        an hour before: the hour that comes twice | -3600000    | it        | Answered | 0                 | -
        three days before                        | -259200000  | it        | Answered | 0                 | -
        at the very moment, and names nothing    | 0           | nothing   | Answered | 0                 | 0
        a millisecond before, and names nothing  | -1          | nothing   | Open     | -                 | -
        three days before, and names nothing     | -259200000  | nothing   | Open     | -                 | -
        before, and names what nobody knows      | -1          | another   | Open     | -                 | -
    ";
    for channel in ["social", "email", "phone", "chat", "review"] {
        check(table, 2, |given| {
            let at: i64 = given[0].parse().expect("milliseconds");
            let to = match given[1] {
                "it" => Some("c"),
                "another" => Some("x"),
                _ => None,
            };
            let lines = [said(0, "c", channel).into(), replied(at, "r", channel, to).into()];
            let case = in_any_order(&with_levels(), &lines, ms(61_000)).remove(0);
            assert_eq!(case.last_company_at, case.answered_at, "{channel}");
            [
                format!("{:?}", case.status),
                cell(case.answered_at.map(|at| at.since(DAY))),
                cell(case.first_response_ms),
            ]
        });
    }
}

#[test]
fn how_far_clocks_are_apart_is_a_setting() {
    let mut settings = RuleSettings::default();
    for rules in settings.channels.values_mut() {
        rules.skew = Span::hours(2);
    }
    //   dated, ms after it   then the first response took
    for (at, took) in [(-2 * HOUR, Some(0)), (-2 * HOUR - 1, None)] {
        let lines = [
            said(0, "c", "email").into(),
            replied(at, "r", "email", Some("c")).into(),
        ];
        assert_eq!(in_any_order(&settings, &lines, ms(0))[0].first_response_ms, took);
    }
}

/// Its level is judged by the moment at which it counts.
#[test]
fn an_answer_of_which_nobody_knows_how_long_it_took_is_in_time() {
    let lines = [
        said(0, "c", "email").into(),
        replied(-3 * HOUR, "r", "email", Some("c")).into(),
    ];
    let case = in_any_order(&with_levels(), &lines, ms(100 * HOUR)).remove(0);
    assert_eq!(format!("{:?}", case.sla_answer), "Met");
    assert!(!case.was_unanswered);
}

#[test]
fn what_names_a_reply_is_not_before_that_either() {
    let table = "
        the company                                | given                                             | answered | by    | resolved | first response ms
        answers early, and resolves                | r1 -60000 c, u -90000 r1                          | 0        | Human | 0        | 0
        answers a reply that is early itself       | r1 -60000 c bot, r2 -60000 r1                     | 0        | Human | -        | 0
        answers too early, by way of another reply | r1 -60000 c bot, r2 -400000 r1                    | 0        | Human | -        | -
        answers too early, and once more           | r1 -400000 c, r2 100 c                            | 0        | Human | -        | -
        replies in a ring, before                  | r1 -60000 r2, r2 -90000 r1                        | -        | -     | -        | -
        replies in a ring, afterwards              | r1 60000 r2, r2 50000 r1                          | 50000    | Human | -        | 50000
        resolves by an update that names it        | u -60000 c                                        | -        | -     | 0        | -
    ";
    check(table, 1, |given| {
        let reply = |line: &str| -> Line {
            let words: Vec<_> = line.split_whitespace().collect();
            let at: i64 = words[1].parse().expect("milliseconds");
            if words[0] == "u" {
                return Update {
                    occurred_at: ms(at),
                    in_reply_to: Some(words[2].into()),
                    ..becomes(0, "u", "email", Status::Resolved)
                }
                .into();
            }
            let mut reply = replied(at, words[0], "email", Some(words[2]));
            if words.contains(&"bot") {
                reply.kind = ResponseKind::Bot;
            }
            reply.into()
        };
        let lines: Vec<Line> = std::iter::once(said(0, "c", "email").into())
            .chain(given[0].split(',').map(reply))
            .collect();
        let case = in_any_order(&RuleSettings::default(), &lines, ms(HOUR)).remove(0);
        let after = |at: Option<Millis>| cell(at.map(|at| at.since(DAY)));
        [
            after(case.answered_at),
            cell(case.answered_by),
            after(case.resolved_at),
            cell(case.first_response_ms),
        ]
    });
}

/// The first message of a case replies to a word of the same moment: that was said before it, and answers nothing.
#[test]
fn what_a_first_message_replies_to_does_not_answer_it() {
    for (to, answered_at) in [(None, Some(ms(0))), (Some("r"), None)] {
        let reply = Response {
            customer: Some(person(speaker("email"))),
            ..replied(0, "r", "email", None)
        };
        let first = Complaint {
            in_reply_to: to.map(Into::into),
            ..said(0, "c", "email")
        };
        let case = in_any_order(&RuleSettings::default(), &[reply.into(), first.into()], ms(HOUR)).remove(0);
        assert_eq!(case.answered_at, answered_at, "in reply to {to:?}");
        assert_eq!(case.waiting_since.is_some(), to.is_some());
    }
}

/// The reply's target is edited, taken back, or moves.
#[test]
fn a_reply_follows_the_message_it_names() {
    let edited = |at: i64| Complaint {
        revision: 1,
        ..said(at, "c", "email")
    };
    let gone = Complaint {
        revision: 2,
        deleted: true,
        ..said(0, "c", "email")
    };
    let early: Line = replied(-1000, "r", "email", Some("c")).into();
    let first: Line = said(-500, "first", "email").into();
    // Without what it names it is before anything.
    let lines = [
        first.clone(),
        said(0, "c", "email").into(),
        gone.into(),
        early.clone(),
    ];
    assert_eq!(
        in_any_order(&RuleSettings::default(), &lines, ms(HOUR))[0].answered_at,
        None
    );
    // With it, it answers both.
    let lines = [first, edited(0).into(), early];
    let case = in_any_order(&RuleSettings::default(), &lines, ms(HOUR)).remove(0);
    assert_eq!(
        (case.answered_at, case.waits, case.status),
        (Some(ms(0)), 1, CaseStatus::Answered)
    );
}

/// Many systems write whole seconds.
#[test]
fn case_14_of_one_moment_replies_tell_the_order_whatever_the_ids() {
    let table = "
        at one moment                               | given (id, who, to)                      | status   | waits | replies
        she asks and is answered                    | c2 Ann -, r2 agent c2                    | Answered | 2     | 2
        she asks, is answered, and asks on          | c2 Ann -, r2 agent c2, c3 Ann r2         | Open     | 3     | 2
        and is answered again                       | c2 Ann -, r2 agent c2, c3 Ann r2, r3 agent c3 | Answered | 3 | 3
        she asks, the reply names nothing           | c2 Ann -, r2 agent -                     | Answered | 2     | 2
        she asks, the reply names an earlier word   | c2 Ann -, r2 agent c                     | Answered | 2     | 2
        she replies to what is said then            | r2 agent c, c2 Ann r2                    | Open     | 2     | 2
        she asks twice                              | c2 Ann -, c3 Ann -, r2 agent -           | Answered | 2     | 2
    ";
    check(table, 1, |given| {
        let mut told = Vec::new();
        // The same names, sorted forwards and backwards.
        for ids in [["a", "b", "d", "e"], ["z", "y", "x", "w"]] {
            let words: Vec<Vec<&str>> = given[0]
                .split(',')
                .map(|line| line.split_whitespace().collect())
                .collect();
            let name = |id: &str| match words.iter().position(|words| words[0] == id) {
                Some(nth) => ids[nth],
                None => "c",
            };
            let lines = words.iter().map(|words| -> Line {
                let to = Some(words[2]).filter(|to| *to != "-").map(&name);
                match words[1] {
                    "agent" => replied(60_000, name(words[0]), "social", to).into(),
                    _ => Complaint {
                        in_reply_to: to.map(Into::into),
                        ..said(60_000, name(words[0]), "social")
                    }
                    .into(),
                }
            });
            let before: [Line; 2] = [
                said(0, "c", "social").into(),
                replied(1000, "r", "social", Some("c")).into(),
            ];
            let lines: Vec<Line> = lines.collect();
            let cases = permutations(&lines).into_iter().map(|order| {
                let mut story = Story::told(RuleSettings::default(), before.iter().cloned().chain(order));
                story.wait_until(ms(HOUR));
                story.case()
            });
            told.extend(cases);
            let all: Vec<Line> = lines.into_iter().chain(before).collect();
            if all.len() < 5 {
                told.extend(in_any_order(&RuleSettings::default(), &all, ms(HOUR)));
            }
        }
        let as_cells = |case: &Case| {
            [
                format!("{:?}", case.status),
                case.waits.to_string(),
                case.human_replies.to_string(),
            ]
        };
        let first = as_cells(&told[0]);
        assert!(told.iter().all(|case| as_cells(case) == first), "{given:?}");
        first
    });
}

#[test]
fn case_32_an_update_goes_to_the_case_of_the_message_it_names() {
    let by = |handle: &str| -> Person { person(&[&format!("handle:{handle}")]) };
    let of = |handle: &str, at: i64| Complaint {
        author: by(handle),
        ..said(at, handle, "social")
    };
    //   given the update names   then it resolves the case of
    for (named, whose) in [
        (Some("ann"), "handle:ann"),
        (Some("bob"), "handle:bob"),
        (Some("answer"), "handle:ann"),
        (Some("nobody"), "handle:bob"),
        (None, "handle:bob"),
    ] {
        let update = Update {
            occurred_at: ms(5000),
            in_reply_to: named.map(Into::into),
            ..becomes(0, "u", "social", Status::Resolved)
        };
        let lines = [
            of("ann", 0).into(),
            of("bob", 1000).into(),
            replied(2000, "answer", "social", Some("ann")).into(),
            update.into(),
        ];
        let cases = in_any_order(&RuleSettings::default(), &lines, ms(HOUR));
        let resolved: Vec<_> = cases.iter().filter(|case| case.resolved_at.is_some()).collect();
        assert_eq!(resolved.len(), 1, "{named:?}");
        assert_eq!(resolved[0].party_key, whose, "{named:?}");
    }
}

/// The event tells of the answer at the moment at which it counts, once it is known.
#[test]
fn what_was_told_too_early_is_told_again() {
    let lines: [Line; 3] = [
        said(-HOUR, "before", "email").into(),
        replied(-1000, "r", "email", Some("c")).into(),
        said(0, "c", "email").into(),
    ];
    let story = Story::told(RuleSettings::default(), lines);
    let answered: Vec<_> = story
        .events()
        .into_iter()
        .filter(|event| event.kind.symbol() == "ANSWERED")
        .map(|event| (event.at, event.event_id))
        .collect();
    assert_eq!(
        answered.iter().map(|told| told.0).collect::<Vec<_>>(),
        [ms(-1000), ms(0)]
    );
    assert_ne!(answered[0].1, answered[1].1);
}
