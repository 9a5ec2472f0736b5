//! Rule 3: a message of the company that answers other conversations.

use heard::model::{
    Case, CaseStatus, ConversationRef, ReplyLimitState, Response, ResponseKind, Status, WorkState,
};

use crate::story::{Line, Story, at, replies, says, with_levels};

const ANN: &[&str] = &["handle:ann", "email:ann@example.com"];

fn of(channel: &str) -> ConversationRef {
    ConversationRef {
        source: "test".into(),
        channel: channel.into(),
        conversation_id: "c".into(),
    }
}

/// An email of minute 30 that answers a post.
fn email() -> Response {
    Response {
        answers: vec![of("social")],
        ..replies(30, "r1", "email")
    }
}

fn post() -> Line {
    says(0, "p1", "social", ANN).into()
}

fn public(story: &Story) -> Case {
    let cases = story.cases();
    let mut public = cases.values().filter(|case| case.channel == "social");
    public.next().expect("there is a public case").clone()
}

#[test]
fn an_email_answers_a_post_but_not_in_public() {
    let complaint: Line = says(1, "e1", "email", ANN).into();
    let lines = [post(), complaint, email().into()];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let story = Story::told(with_levels(), order.map(|i| lines[i].clone())).until(40);
        let case = public(&story);
        assert_eq!(case.status, CaseStatus::Answered, "{order:?}");
        assert_eq!(case.answered_at, Some(at(30)), "{order:?}");
        assert_eq!(case.first_response_ms, Some(30 * 60_000), "{order:?}");
        assert_eq!(
            case.answered_publicly_at, None,
            "{order:?}: spectators saw nothing"
        );
        assert_eq!((case.human_replies, case.public_replies), (1, 0), "{order:?}");
        assert_eq!(case.reply_limit, ReplyLimitState::Ok, "{order:?}");
        assert_eq!(story.count(WorkState::Done), 2, "{order:?}: both waits are over");
    }
}

#[test]
fn what_an_answer_from_elsewhere_carries() {
    type Change = fn(&mut Response);
    //   given that the email            then the post is                and the status is
    let table: [(Change, Option<i64>, CaseStatus); 5] = [
        (|_| {}, Some(30), CaseStatus::Answered),
        (
            |r| r.status = Some(Status::Resolved),
            Some(30),
            CaseStatus::Answered,
        ), // the email's matter, not the post's
        (|r| r.kind = ResponseKind::Bot, None, CaseStatus::Acknowledged),
        (|r| r.kind = ResponseKind::Note, None, CaseStatus::Open),
        (|r| r.occurred_at = at(-5), None, CaseStatus::Open), // said before the post was
    ];
    for (i, (change, answered, status)) in table.into_iter().enumerate() {
        let mut reply = email();
        change(&mut reply);
        let story = Story::told(with_levels(), [post(), reply.into()]).until(40);
        let case = public(&story);
        assert_eq!(
            (case.answered_at, case.status),
            (answered.map(at), status),
            "row {i}"
        );
    }
}

#[test]
fn a_revision_that_answers_no_more_takes_the_answer_back() {
    let second = |answers, deleted| Response {
        revision: 2,
        deleted,
        answers,
        ..email()
    };
    //   given this second revision                       then the post stays answered
    for (revision, answered) in [
        (second(vec![of("social")], false), true),
        (second(vec![], false), false),
        (second(vec![of("chat")], false), false),
        (second(vec![of("social")], true), false),
    ] {
        let there: Vec<Line> = vec![post(), email().into(), revision.clone().into()];
        let back: Vec<Line> = vec![revision.into(), email().into(), post()];
        for lines in [there, back] {
            let story = Story::told(with_levels(), lines.clone()).until(40);
            assert_eq!(public(&story).answered_at.is_some(), answered, "{lines:?}");
        }
    }
}

#[test]
fn ids_of_two_sources_do_not_meet() {
    let mut here = replies(20, "r1", "social"); // the id that the email has in its own system
    here.kind = ResponseKind::Note;
    let mut there = email();
    there.source = "mail".into();
    let story = Story::told(with_levels(), [post(), here.into(), there.into()]).until(40);
    assert_eq!(public(&story).answered_at, Some(at(30)));
}

#[test]
fn a_response_that_answers_its_own_conversation_counts_once() {
    let mut reply = replies(30, "r1", "social");
    reply.answers = vec![of("social")];
    let story = Story::told(with_levels(), [post(), reply.into()]).until(40);
    let case = story.case();
    assert_eq!((case.human_replies, case.public_replies), (1, 1));
}
