//! Rule 22, deaf channel: since the earliest message that still waits, exact to the message.

use heard::config::rules::RuleSettings;
use heard::model::{Complaint, ConversationRef, Millis, Response, ResponseKind, SignalKind, Status, Update};

use crate::story::{Line, Story, becomes, permutations, replies, says};

/// 2026-03-02, 09:00.
pub const NINE: Millis = Millis(1_772_442_000_000);
const SECOND: i64 = 1000;
pub const MINUTE: i64 = 60 * SECOND;
pub const DAY: i64 = 24 * 60 * MINUTE;
pub const DEAF_AFTER: i64 = 3 * DAY;
const LATENESS: i64 = 10 * MINUTE;

/// The customer of a conversation speaks, so many milliseconds after nine.
fn asks_of(brand: &str, conversation: &str, after: i64) -> Line {
    let author = format!("handle:{conversation}");
    Complaint {
        conversation_id: Some(conversation.into()),
        brand: Some(brand.into()),
        occurred_at: NINE.plus(after),
        ..says(0, &format!("{conversation}.{after}"), "social", &[&author])
    }
    .into()
}

pub fn asks(conversation: &str, after: i64) -> Line {
    asks_of("b", conversation, after)
}

fn response(conversation: &str, after: i64) -> Response {
    Response {
        conversation_id: conversation.into(),
        occurred_at: NINE.plus(after),
        ..replies(0, &format!("r.{conversation}.{after}"), "social")
    }
}

pub fn reply(conversation: &str, after: i64) -> Line {
    response(conversation, after).into()
}

pub fn status(conversation: &str, after: i64, status: Status) -> Line {
    Update {
        conversation_id: conversation.into(),
        occurred_at: NINE.plus(after),
        ..becomes(0, &format!("u.{conversation}.{after}"), "social", status)
    }
    .into()
}

/// The case comes to another brand.
fn moved(conversation: &str, after: i64, brand: &str) -> Line {
    Update {
        conversation_id: conversation.into(),
        occurred_at: NINE.plus(after),
        status: None,
        brand: Some(brand.into()),
        ..becomes(0, &format!("b.{conversation}"), "social", Status::Pending)
    }
    .into()
}

pub fn occurred_at(line: &Line) -> Millis {
    match line {
        Line::Says(complaint) => complaint.occurred_at,
        Line::Replies(response) => response.occurred_at,
        Line::Becomes(update) => update.occurred_at,
        _ => NINE,
    }
}

/// What is told of deaf channels: of which, and since when, in milliseconds after nine.
fn told(story: &Story) -> Vec<(String, i64)> {
    let signals = story.signals().into_iter();
    let deaf = signals.filter(|signal| signal.kind == SignalKind::DeafChannel);
    deaf.map(|signal| {
        let since: i64 = signal.details["since"].parse().expect("a time");
        assert_eq!(signal.at.since(Millis(since)), DEAF_AFTER, "{signal:?}");
        (signal.key.to_string(), since - NINE.0)
    })
    .collect()
}

/// As everything comes while time stands.
pub fn drained(lines: &[Line], until: Millis) -> Vec<(String, i64)> {
    let mut story = Story::told(RuleSettings::default(), lines.to_vec());
    story.wait_until(until);
    told(&story)
}

/// As each comes when it is said.
pub fn live(lines: &[Line], until: Millis) -> Vec<(String, i64)> {
    let mut story = Story::new(RuleSettings::default());
    story.wait_until(NINE.plus(-DAY));
    let mut lines = lines.to_vec();
    lines.sort_by_key(occurred_at);
    for line in lines {
        story.wait_until(occurred_at(&line));
        story.tell(line);
    }
    story.wait_until(until);
    told(&story)
}

/// CASES 18.
#[test]
fn who_speaks_a_minute_after_the_last_reply_waits_from_then_on() {
    let lines = [asks("c1", 0), reply("c1", MINUTE), asks("c2", 2 * MINUTE)];
    let decided = NINE.plus(2 * MINUTE + DEAF_AFTER + LATENESS);
    for order in permutations(&lines) {
        assert_eq!(drained(&order, decided.plus(-1)), [], "{order:?}");
        assert_eq!(
            drained(&order, decided),
            [("b/social".into(), 2 * MINUTE)],
            "{order:?}"
        );
    }
    assert_eq!(live(&lines, decided.plus(-1)), []);
    assert_eq!(live(&lines, decided), [("b/social".into(), 2 * MINUTE)]);
    let mut story = Story::told(RuleSettings::default(), lines);
    story.wait_until(NINE.plus(110 * DAY));
    let [signal] = story.signals()[..] else {
        panic!("once, not {:?}", story.signals());
    };
    assert_eq!(signal.at, NINE.plus(2 * MINUTE + DEAF_AFTER), "03-05 09:02");
    assert_eq!(
        (signal.observed, signal.expected),
        (1.0, 0.0),
        "cases since the reply"
    );
    assert_eq!(signal.details["last_reply"], NINE.plus(MINUTE).0.to_string());
}

/// Lines, and since when customers of brand b wait of whom is told.
type Spell = (&'static str, Vec<Line>, &'static [i64]);

fn spells() -> Vec<Spell> {
    let bot = Response {
        kind: ResponseKind::Bot,
        ..response("c1", MINUTE)
    };
    let note = Response {
        kind: ResponseKind::Note,
        ..response("c1", MINUTE)
    };
    let from_email = Response {
        channel: "email".into(),
        conversation_id: "mail".into(),
        answers: vec![ConversationRef {
            source: "test".into(),
            channel: "social".into(),
            conversation_id: "c1".into(),
        }],
        ..response("c1", MINUTE)
    };
    let end = DEAF_AFTER;
    vec![
        ("nobody ever", vec![asks("c1", 0)], &[0]),
        (
            "a reply half a second before, in the same minute",
            vec![asks("c1", 0), reply("c1", 20_400), asks("c2", 20_900)],
            &[20_900],
        ),
        (
            "a reply half a second after, in the same minute",
            vec![asks("c1", 0), asks("c2", 20_400), reply("c1", 20_900)],
            &[],
        ),
        (
            "a reply at the same moment, and one still waits",
            vec![asks("c1", 0), reply("c1", MINUTE), asks("c2", MINUTE)],
            &[MINUTE],
        ),
        (
            "the first of several who wait",
            vec![
                asks("c3", 3 * MINUTE),
                reply("c1", MINUTE),
                asks("c1", 0),
                asks("c2", 2 * MINUTE),
            ],
            &[2 * MINUTE],
        ),
        (
            "the same customer again",
            vec![asks("c1", 0), reply("c1", MINUTE), asks("c1", 2 * MINUTE)],
            &[2 * MINUTE],
        ),
        (
            "another brand is another channel",
            vec![
                asks("c1", 0),
                asks_of("z", "c2", 0),
                reply("c2", MINUTE),
                reply("c2", end),
            ],
            &[0],
        ),
        (
            "the first is resolved without a word, and waits no more",
            vec![
                asks("c1", 0),
                status("c1", 3_000_000, Status::Resolved),
                asks("c2", 5 * MINUTE),
            ],
            &[5 * MINUTE],
        ),
        (
            "all are resolved without a word, or let go",
            vec![
                asks("c1", 0),
                asks("c2", 1),
                status("c1", DAY, Status::Resolved),
                status("c2", DAY, Status::LetGo),
            ],
            &[],
        ),
        (
            "resolved at the very end of the time",
            vec![asks("c1", 0), status("c1", end, Status::Resolved)],
            &[],
        ),
        (
            "resolved after the time",
            vec![asks("c1", 0), status("c1", end + 1, Status::Resolved)],
            &[0],
        ),
        (
            "a reply at the very end of the time",
            vec![asks("c1", 0), reply("c1", end)],
            &[],
        ),
        (
            "a reply after the time",
            vec![asks("c1", 0), reply("c1", end + 1)],
            &[0],
        ),
        (
            "a reply to another after the time, within its hour",
            vec![asks("c1", 0), asks("c2", DAY), reply("c2", end + 1)],
            &[0],
        ),
        (
            "a reply to another just in time",
            vec![asks("c1", 0), asks("c2", DAY), reply("c2", end - 1)],
            &[],
        ),
        (
            "a bot and a note are no reply",
            vec![asks("c1", 0), bot.into(), note.into()],
            &[0],
        ),
        (
            "answered from another channel: the customer waits no more, but nobody has replied there",
            vec![asks("c0", -1), asks("c1", 0), from_email.into()],
            &[-1],
        ),
        (
            "one spell is told once, and ends by a reply",
            vec![
                asks("c1", 0),
                asks("c2", DAY),
                asks("c3", 9 * DAY),
                reply("c3", 10 * DAY),
                asks("c4", 10 * DAY + 1),
            ],
            &[0, 10 * DAY + 1],
        ),
        (
            "reopened by the company: the wait begins anew",
            vec![
                asks("c1", 0),
                status("c1", DAY, Status::Resolved),
                asks("c1", 2 * DAY),
            ],
            &[2 * DAY],
        ),
    ]
}

/// In any order of arrival while time stands, and by a clock that goes on with what is said.
#[test]
fn since_the_earliest_message_that_still_waits() {
    for (what, lines, since) in spells() {
        let since: Vec<_> = since
            .iter()
            .map(|since| ("b/social".to_owned(), *since))
            .collect();
        let until = NINE.plus(30 * DAY);
        assert_eq!(live(&lines, until), since, "live: {what}");
        let orders = if lines.len() < 5 {
            permutations(&lines)
        } else {
            vec![lines]
        };
        for order in orders {
            assert_eq!(drained(&order, until), since, "{what}: {order:?}");
        }
    }
}

/// At the edges of hours, which rows are kept by.
#[test]
fn full_hours_make_no_difference() {
    const HOUR: i64 = 60 * MINUTE;
    for since in [0, 1, HOUR - 1, HOUR, HOUR + 1] {
        for (reply_at, wanted) in [
            (since - 1, vec![since]),
            (since + 1, vec![]),
            (since + DEAF_AFTER, vec![-DAY]),
            (since + DEAF_AFTER + 1, vec![-DAY]),
        ] {
            let lines = [asks("c1", -DAY), reply("c1", reply_at), asks("c2", since)];
            let wanted: Vec<_> = wanted
                .into_iter()
                .map(|since| ("b/social".to_owned(), since))
                .collect();
            for lines in permutations(&lines) {
                assert_eq!(drained(&lines, NINE.plus(30 * DAY)), wanted, "{since} {reply_at}");
            }
            assert_eq!(
                live(&lines, NINE.plus(30 * DAY)),
                wanted,
                "{since} {reply_at}, live"
            );
        }
    }
}

/// A reply that comes late, but within the bound, takes back that somebody waits; so does a solution.
#[test]
fn what_comes_late_may_show_that_nobody_waits() {
    let end = NINE.plus(DEAF_AFTER);
    for (late, wanted) in [
        (reply("c1", DAY + 1), vec![]),
        (reply("c2", DEAF_AFTER), vec![]),
        (status("c1", DAY, Status::Resolved), vec![DAY]),
        (reply("c1", DEAF_AFTER + 1), vec![0]),
    ] {
        let mut story = Story::new(RuleSettings::default());
        story.wait_until(NINE);
        story.tell(asks("c1", 0));
        story.wait_until(NINE.plus(DAY));
        story.tell(asks("c2", DAY));
        story.wait_until(end.plus(LATENESS - MINUTE / 2));
        story.tell(late.clone());
        story.wait_until(NINE.plus(30 * DAY));
        let wanted: Vec<_> = wanted
            .into_iter()
            .map(|since| ("b/social".to_owned(), since))
            .collect();
        assert_eq!(told(&story), wanted, "{late:?}");
    }
}

/// Who is heard of long after they spoke still waits; the reply may be late too, so that nothing is told
/// before another bound.
#[test]
fn who_is_heard_late_may_have_been_answered_late() {
    let now = NINE.plus(9 * DAY);
    let heard = |after: &[Line], until: i64| {
        let mut story = Story::new(RuleSettings::default());
        story.wait_until(now);
        story.tell(asks("c1", 0));
        for line in after {
            story.wait_until(now.plus(LATENESS / 2));
            story.tell(line.clone());
        }
        story.wait_until(now.plus(until));
        told(&story)
    };
    assert_eq!(heard(&[], LATENESS - 1), []);
    assert_eq!(heard(&[], LATENESS), [("b/social".into(), 0)]);
    assert_eq!(heard(&[], 30 * DAY), [("b/social".into(), 0)]);
    assert_eq!(heard(&[reply("c1", MINUTE)], 30 * DAY), []);
    assert_eq!(heard(&[status("c1", MINUTE, Status::Resolved)], 30 * DAY), []);
    let other = [asks("c2", 1), reply("c1", MINUTE), asks("c3", 2 * MINUTE)];
    assert_eq!(heard(&other, 30 * DAY), [("b/social".into(), 2 * MINUTE)]);
}

/// A drain that comes after others: the reply of the first day is known only then.
#[test]
fn a_later_run_may_know_better() {
    let mut story = Story::told(RuleSettings::default(), [asks("c1", 0), asks("c2", DAY)]);
    story.wait_until(NINE.plus(DEAF_AFTER));
    story.tell(reply("c1", MINUTE));
    story.wait_until(NINE.plus(30 * DAY));
    assert_eq!(told(&story), [("b/social".into(), DAY)]);
}

/// A case that moves to another brand takes its wait with it.
#[test]
fn a_wait_is_of_the_brand_that_the_case_has() {
    let lines = [asks("c1", 0), moved("c1", DAY, "z")];
    let wanted = [("z/social".to_owned(), 0)];
    assert_eq!(live(&lines, NINE.plus(30 * DAY)), wanted);
    for order in permutations(&lines) {
        assert_eq!(drained(&order, NINE.plus(30 * DAY)), wanted);
    }
}

/// When nothing has happened for five weeks, all begins anew: by a clock that goes on as in a drain, and also where the
/// same customer speaks again and no case opens.
#[test]
fn five_quiet_weeks_end_a_spell() {
    // The first wait was too long within that hour: something happened in it. Then come whole hours.
    const QUIET: i64 = DEAF_AFTER + 60 * MINUTE + 5 * 7 * DAY;
    let of_b = |told: Vec<(String, i64)>| -> Vec<i64> {
        let of_b = told.into_iter().filter(|(key, _)| key == "b/social");
        of_b.map(|(_, since)| since).collect()
    };
    let ends = status("c1", DEAF_AFTER + 1, Status::Resolved);
    for again in [QUIET - 1, QUIET] {
        let is_new = again == QUIET;
        // When it has been too long, of a case that did not open then.
        let long_before = again - DEAF_AFTER;
        for (what, more, since) in [
            ("another speaks", vec![asks("c2", again)], again),
            (
                "the same customer speaks again",
                vec![ends.clone(), asks("c1", long_before)],
                long_before,
            ),
            (
                "what was another brand's all the time is nothing",
                vec![
                    asks("c3", 20 * DAY),
                    moved("c3", 20 * DAY, "z"),
                    asks("c2", again),
                ],
                again,
            ),
        ] {
            let lines = [vec![asks("c1", 0)], more].concat();
            let wanted = if is_new { vec![0, since] } else { vec![0] };
            let until = NINE.plus(90 * DAY);
            assert_eq!(of_b(live(&lines, until)), wanted, "live: {what}, {again}");
            for order in permutations(&lines) {
                assert_eq!(of_b(drained(&order, until)), wanted, "{what}, {again}: {order:?}");
            }
        }
    }
}
