//! What follows an answer: promises (rule 21), transfers (17), first contact resolution (16), follow-up (18).

use heard::config::rules::RuleSettings;
use heard::model::PromiseState::{self, Broken, Kept, Running};
use heard::model::{Response, ResponseKind, Status};

use crate::story::{Line, Story, at, becomes, replies, says};

const ANN: &[&str] = &["email:a@b"];
const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

fn asks(minute: i64, id: &str) -> Line {
    says(minute, id, "email", ANN).into()
}

fn reply(minute: i64, id: &str) -> Response {
    replies(minute, id, "email")
}

fn resolved(minute: i64, id: &str) -> Line {
    becomes(minute, id, "email", Status::Resolved).into()
}

fn told(lines: &[Line], until: i64) -> Story {
    Story::told(RuleSettings::default(), lines.to_vec()).until(until)
}

#[test]
fn a_promise_is_kept_by_a_further_answer_or_a_solution_in_time() {
    let promise: Line = Response {
        promised_by: Some(at(DAY)),
        ..reply(10, "r1")
    }
    .into();
    let again = |minute| Line::from(reply(minute, "r2"));
    let bot = Line::from(Response {
        kind: ResponseKind::Bot,
        ..reply(20, "b1")
    });
    //   after the promise           at minute   the promise is  told
    let table: [(&[Line], i64, PromiseState, &[&str]); 8] = [
        (&[], DAY, Running, &[]),
        (&[], DAY + 1, Broken, &["PROMISE_BROKEN"]),
        (&[bot], DAY + 1, Broken, &["PROMISE_BROKEN"]), // a program has not answered
        (&[again(DAY)], DAY + 1, Kept, &["PROMISE_KEPT"]),
        (&[again(DAY + 1)], DAY + 2, Broken, &["PROMISE_BROKEN"]),
        (&[resolved(HOUR, "u")], DAY + 1, Kept, &["PROMISE_KEPT"]),
        (&[asks(30, "m2")], DAY + 1, Broken, &["PROMISE_BROKEN"]), // the customer's own word keeps nothing
        (&[asks(30, "m2"), again(HOUR)], DAY + 1, Kept, &["PROMISE_KEPT"]),
    ];
    for (after, minute, state, events) in table {
        let lines = [&[asks(0, "m1"), promise.clone()], after].concat();
        let story = told(&lines, minute);
        let case = story.case();
        assert_eq!(
            (case.promise, case.promised_by),
            (state, Some(at(DAY))),
            "{after:?} at {minute}"
        );
        let told: Vec<_> = story
            .happened()
            .into_iter()
            .filter(|kind| kind.starts_with("PROMISE"))
            .collect();
        assert_eq!(told, events, "{after:?} at {minute}");
    }
}

#[test]
fn a_promise_that_seemed_broken_was_kept_by_a_reply_that_came_late() {
    let promise = Response {
        promised_by: Some(at(HOUR)),
        ..reply(10, "r1")
    };
    let mut story = told(&[asks(0, "m1"), promise.into()], 2 * HOUR);
    assert_eq!(story.case().promise, Broken);
    story.tell(reply(50, "r2"));
    assert_eq!(story.case().promise, Kept);
    let tail: Vec<_> = story
        .happened()
        .into_iter()
        .filter(|kind| kind.starts_with("PROMISE") || *kind == "CORRECTED")
        .collect();
    assert_eq!(tail, ["PROMISE_BROKEN", "CORRECTED", "PROMISE_KEPT"]);
}

#[test]
fn another_team_is_a_transfer_and_the_last_person_goes_on() {
    let by = |minute, id: &str, team: Option<&str>, agent: &str| {
        Line::from(Response {
            team: team.map(Into::into),
            agent: Some(agent.into()),
            ..reply(minute, id)
        })
    };
    //   replies                                                          transfers
    for (replies, transfers) in [
        (vec![by(10, "r1", Some("care"), "ann")], 0),
        (
            vec![
                by(10, "r1", Some("care"), "ann"),
                by(20, "r2", Some("care"), "bob"),
            ],
            0,
        ),
        (
            vec![
                by(10, "r1", Some("care"), "ann"),
                by(20, "r2", Some("claims"), "bob"),
            ],
            1,
        ),
        (
            vec![by(10, "r1", Some("care"), "ann"), by(20, "r2", None, "bob")],
            0,
        ),
    ] {
        let mut lines = vec![asks(0, "m1")];
        lines.extend(replies.clone());
        lines.push(asks(100, "m2"));
        let story = told(&lines, 101);
        assert_eq!(story.case().transfers, transfers, "{replies:?}");
        assert_eq!(story.times("TRANSFERRED"), transfers as usize, "{replies:?}");
        let last = if replies.len() == 1 { "ann" } else { "bob" };
        let owners: Vec<_> = story.work().into_values().map(|item| item.party.owner).collect();
        assert!(
            owners.contains(&Some(last.into())),
            "{owners:?} name the last agent, {last}"
        );
    }
}

#[test]
fn the_first_contact_solved_it_if_a_week_stays_quiet() {
    let bot = Line::from(Response {
        kind: ResponseKind::Bot,
        status: Some(Status::Resolved),
        ..reply(10, "b")
    });
    let answer = Line::from(reply(10, "r1"));
    let second = Line::from(reply(15, "r2"));
    let done = resolved(20, "u");
    //   after the complaint                  on day  solved by the first contact
    for (after, day, solved) in [
        (vec![answer.clone()], 30, None), // never resolved
        (vec![answer.clone(), done.clone()], 6, None),
        (vec![answer.clone(), done.clone()], 8, Some(true)),
        (vec![bot], 8, Some(true)),
        (vec![answer.clone(), second, done.clone()], 1, Some(false)),
        (vec![done.clone()], 1, Some(false)), // nobody answered
        (
            vec![answer.clone(), done.clone(), asks(3 * DAY, "m2")],
            30,
            Some(false),
        ),
        (vec![answer, done, asks(9 * DAY, "m2")], 30, Some(true)), // another time
    ] {
        let lines = [vec![asks(0, "m1")], after.clone()].concat();
        let case = told(&lines, day * DAY).case();
        assert_eq!(case.first_contact_resolution, solved, "{after:?} on day {day}");
    }
}

#[test]
fn three_days_after_resolved_somebody_should_ask() {
    let after = |minute| Line::from(reply(minute, "r2"));
    let confirms = |minute| {
        let mut update = becomes(minute, "u2", "email", Status::Pending);
        (update.status, update.resolution_confirmed) = (None, Some(true));
        Line::from(update)
    };
    let denies = {
        let mut update = becomes(DAY, "u2", "email", Status::Pending);
        (update.status, update.resolution_confirmed) = (None, Some(false));
        Line::from(update)
    };
    //   after RESOLVED          on day  told
    let table: [(Vec<Line>, i64, &[&str]); 7] = [
        (vec![], 2, &[]),
        (vec![], 4, &["FOLLOW_UP_DUE"]),
        (vec![after(DAY)], 4, &["FOLLOW_UP_DONE"]),
        (vec![confirms(DAY)], 4, &["FOLLOW_UP_DONE"]),
        (vec![denies], 4, &["FOLLOW_UP_DUE"]),
        (vec![asks(DAY, "m2")], 9, &[]), // opened again: nothing is resolved
        (vec![after(5 * DAY)], 6, &["FOLLOW_UP_DUE", "FOLLOW_UP_DONE"]),
    ];
    for (lines, day, events) in table {
        let opening = vec![asks(0, "m1"), Line::from(reply(10, "r1")), resolved(20, "u")];
        let mut story = told(&opening, 30);
        // As it happens, not after the fact.
        for line in lines.clone() {
            let minute = match &line {
                Line::Says(said) => said.occurred_at.since(at(0)) / 60_000,
                Line::Replies(reply) => reply.occurred_at.since(at(0)) / 60_000,
                Line::Becomes(update) => update.occurred_at.since(at(0)) / 60_000,
                _ => 0,
            };
            story = story.until(minute);
            story.tell(line);
        }
        let story = story.until(day * DAY);
        let told: Vec<_> = story
            .happened()
            .into_iter()
            .filter(|kind| kind.starts_with("FOLLOW_UP") || *kind == "CORRECTED")
            .collect();
        assert_eq!(told, events, "{lines:?} on day {day}");
    }
}
