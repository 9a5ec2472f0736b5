//! Stories of one case: waits, answers, levels, patience, the reply limit.

use heard::config::rules::RuleSettings;
use heard::model::{
    CaseStatus, Complaint, Intent, NextStep, ReplyLimitState, ResponseKind, SlaState, Status, WorkState,
};

use crate::story::{Line, Story, at, becomes, permutations, replies, says, with_levels};

const ANN: &[&str] = &["handle:ann"];

#[test]
fn a_complaint_and_its_answer() {
    let lines: [Line; 2] = [
        says(0, "m1", "social", ANN).into(),
        replies(30, "r1", "social").into(),
    ];
    let story = Story::told(with_levels(), lines).until(31);
    assert_eq!(
        story.happened(),
        ["OPENED", "REPLIED", "ACKNOWLEDGED", "ANSWERED"]
    );
    let case = story.case();
    assert_eq!(case.status, CaseStatus::Answered);
    assert_eq!(case.party_key, "handle:ann");
    assert_eq!(case.first_response_ms, Some(30 * 60_000));
    assert_eq!((case.waits, case.human_replies, case.public_replies), (1, 1, 1));
    assert_eq!(case.excerpt.as_str(), "text of m1");
    let work: Vec<_> = story.work().into_values().collect();
    assert_eq!(work.len(), 1);
    assert_eq!((work[0].state, work[0].revision), (WorkState::Done, 2));
    assert_eq!(
        work[0].complaint.text.as_ref().map(|t| t.as_str()),
        Some("text of m1")
    );
}

#[test]
fn nobody_answers() {
    let mut story = Story::told(with_levels(), [says(0, "m1", "chat", &["device:d"]).into()]);
    assert_eq!(story.case().status, CaseStatus::Open, "time stands still");
    story = story.until(14);
    assert_eq!(story.case().status, CaseStatus::Open);
    story = story.until(15);
    assert_eq!(
        story.case().status,
        CaseStatus::Unanswered,
        "a chat's patience is a quarter of an hour"
    );
    story = story.until(60);
    assert_eq!(story.case().sla_answer, SlaState::Running);
    story = story.until(61);
    let case = story.case();
    assert_eq!(
        (case.sla_acknowledge, case.sla_answer, case.sla_next),
        (SlaState::Breached, SlaState::Breached, SlaState::Running)
    );
    let story = story.until(100_000);
    assert_eq!(story.case().sla_resolve, SlaState::Breached);
    let risks = story
        .happened()
        .iter()
        .filter(|kind| **kind == "SLA_AT_RISK")
        .count();
    let breaches = story
        .happened()
        .iter()
        .filter(|kind| **kind == "SLA_BREACHED")
        .count();
    assert_eq!((risks, breaches), (4, 4));
    assert_eq!(story.count(WorkState::Open), 1);
}

#[test]
fn an_answer_after_patience_ran_out_does_not_undo_it() {
    let lines: [Line; 2] = [
        says(0, "m1", "chat", &["device:d"]).into(),
        replies(20, "r1", "chat").into(),
    ];
    let case = Story::told(RuleSettings::default(), lines).until(30).case();
    assert_eq!((case.status, case.was_unanswered), (CaseStatus::Answered, true));
    let lines: [Line; 2] = [
        says(0, "m1", "chat", &["device:d"]).into(),
        replies(15, "r1", "chat").into(),
    ];
    assert!(
        !Story::told(RuleSettings::default(), lines)
            .until(30)
            .case()
            .was_unanswered
    );
}

#[test]
fn a_breach_found_too_early_is_retracted() {
    let mut story = Story::told(with_levels(), [says(0, "m1", "email", &["email:a@b"]).into()]).until(70);
    assert_eq!(story.case().sla_answer, SlaState::Breached);
    story.tell(replies(50, "r1", "email")); // it was answered in time, the record came late
    assert_eq!(story.case().sla_answer, SlaState::Met);
    let retracted = story
        .happened()
        .iter()
        .filter(|kind| **kind == "SLA_RETRACTED")
        .count();
    assert_eq!(retracted, 2, "acknowledge and answer");
}

#[test]
fn a_case_is_resolved_and_opened_again() {
    let lines: [Line; 5] = [
        says(0, "m1", "email", &["email:a@b"]).into(),
        replies(10, "r1", "email").into(),
        becomes(20, "u1", "email", Status::Resolved).into(),
        says(25, "thanks", "email", &["email:a@b"]).into(),
        says(40, "m2", "email", &["email:a@b"]).into(),
    ];
    let mut lines = lines.to_vec();
    let Line::Says(thanks) = &mut lines[3] else {
        unreachable!("it is the fourth line")
    };
    thanks.intent = Some(Intent::Thanks);
    let story = Story::told(RuleSettings::default(), lines[..4].to_vec()).until(30);
    let case = story.case();
    assert_eq!(
        (case.status, case.reopened_count),
        (CaseStatus::Resolved, 0),
        "thanks open nothing"
    );
    assert_eq!(case.resolution_ms, Some(20 * 60_000));
    let case = Story::told(RuleSettings::default(), lines).until(50).case();
    assert_eq!((case.status, case.reopened_count), (CaseStatus::Open, 1));
    assert_eq!(
        (case.resolved_at, case.answered_at),
        (None, Some(at(10))),
        "the first response stays"
    );
    assert_eq!((case.waits, case.customer_messages), (2, 3));
}

#[test]
fn waiting_for_the_customer_stops_the_resolve_clock() {
    let lines: [Line; 5] = [
        says(0, "m1", "email", &["email:a@b"]).into(),
        replies(10, "r1", "email").into(),
        becomes(10, "u1", "email", Status::Pending).into(),
        says(1000, "m2", "email", &["email:a@b"]).into(),
        becomes(1500, "u2", "email", Status::Resolved).into(),
    ];
    let story = Story::told(with_levels(), lines.clone()).until(2000);
    let case = story.case();
    assert_eq!(case.resolution_ms, Some((1500 - 990) * 60_000));
    assert_eq!(
        case.sla_resolve,
        SlaState::Met,
        "1500 minutes, but 990 of them were not the company's"
    );
    let pending = Story::told(with_levels(), lines[..3].to_vec())
        .until(100_000)
        .case();
    assert_eq!(
        (pending.status, pending.sla_resolve),
        (CaseStatus::Pending, SlaState::Running)
    );
}

/// Who has praised waits for nothing: PENDING freezes no clock then, and credits nothing to one that begins
/// later.
#[test]
fn what_was_pending_before_the_clock_began_is_not_credited() {
    let praise = Complaint {
        intent: Some(Intent::Praise),
        ..says(0, "m1", "email", &["email:a@b"])
    };
    let lines: [Line; 4] = [
        praise.into(),
        becomes(10, "u1", "email", Status::Pending).into(),
        says(1000, "m2", "email", &["email:a@b"]).into(),
        becomes(1000 + 24 * 60 + 1, "u2", "email", Status::Resolved).into(),
    ];
    for lines in permutations(&lines) {
        let case = Story::told(with_levels(), lines).until(5000).case();
        assert_eq!(case.sla_resolve, SlaState::Breached, "a minute more than a day");
        assert_eq!(
            case.resolution_ms,
            Some((2441 - 990) * 60_000),
            "since it was opened"
        );
    }
}

#[test]
fn reply_only_twice() {
    let mut story = Story::new(RuleSettings::default());
    let mut last_steps = Vec::new();
    for round in 0..3 {
        story.tell(says(round * 100, &format!("m{round}"), "social", ANN));
        let open: Vec<_> = story
            .work()
            .into_values()
            .filter(|item| item.state == WorkState::Open)
            .collect();
        assert_eq!(open.len(), 1);
        last_steps.push((open[0].replies_left, open[0].next_steps.clone()));
        story.tell(replies(round * 100 + 10, &format!("r{round}"), "social"));
    }
    use NextStep::{AcknowledgeNow, AnswerPublicly, DoNotReplyAgain, LastPublicReply, OfferPrivateChannel};
    assert_eq!(last_steps[0], (Some(2), vec![AcknowledgeNow, AnswerPublicly]));
    assert_eq!(
        last_steps[1],
        (Some(1), vec![OfferPrivateChannel, LastPublicReply])
    );
    assert_eq!(
        last_steps[2],
        (Some(0), vec![OfferPrivateChannel, DoNotReplyAgain])
    );
    assert_eq!(story.case().reply_limit, ReplyLimitState::Exceeded);
    let happened = story.happened();
    let count = |kind| happened.iter().filter(|happened| **happened == kind).count();
    assert_eq!(
        (count("REPLY_LIMIT_REACHED"), count("REPLY_LIMIT_EXCEEDED")),
        (1, 1)
    );
}

#[test]
fn a_bot_answers_only_if_nobody_objects_for_a_day() {
    let bot = || {
        let mut reply = replies(1, "bot", "chat");
        (reply.kind, reply.status) = (ResponseKind::Bot, Some(Status::Resolved));
        reply
    };
    let day = 24 * 60;
    let lines: [Line; 2] = [says(0, "m1", "chat", &["device:d"]).into(), bot().into()];
    let story = Story::told(RuleSettings::default(), lines.clone()).until(day);
    assert_eq!(story.case().answered_at, None);
    let case = story.until(day + 1).case();
    assert_eq!(
        (case.answered_at, case.answered_by),
        (Some(at(1)), Some(heard::model::AnsweredBy::Bot))
    );
    let mut contested = lines.to_vec();
    contested.push(says(day, "no!", "chat", &["device:d"]).into());
    let case = Story::told(RuleSettings::default(), contested)
        .until(3 * day)
        .case();
    assert_eq!((case.answered_at, case.reopened_count), (None, 1));
    assert_eq!(case.status, CaseStatus::Unanswered);
}

#[test]
fn a_message_taken_back_was_never_said() {
    let gone = || {
        let mut gone = says(0, "m1", "email", &["email:a@b"]);
        (gone.revision, gone.deleted) = (1, true);
        gone
    };
    let said = || says(0, "m1", "email", &["email:a@b"]);
    for lines in [
        vec![said().into(), gone().into()],
        vec![Line::from(gone()), said().into()],
    ] {
        let story = Story::told(RuleSettings::default(), lines).until(60);
        assert_eq!(story.cases().len(), 0);
        assert_eq!(story.count(WorkState::Open), 0);
    }
}

#[test]
fn a_wait_split_by_a_late_reply_is_two() {
    let lines: [Line; 3] = [
        says(0, "m1", "email", &["email:a@b"]).into(),
        says(20, "m2", "email", &["email:a@b"]).into(),
        replies(10, "late", "email").into(),
    ];
    let story = Story::told(RuleSettings::default(), lines).until(30);
    let case = story.case();
    assert_eq!((case.waits, case.chasers, case.human_replies), (2, 0, 1));
    assert_eq!(
        (story.count(WorkState::Done), story.count(WorkState::Open)),
        (1, 1)
    );
}

#[test]
fn an_earlier_message_begins_the_wait_anew() {
    let lines: [Line; 2] = [
        says(20, "m2", "email", &["email:a@b"]).into(),
        says(0, "m1", "email", &["email:a@b"]).into(),
    ];
    let story = Story::told(RuleSettings::default(), lines).until(30);
    let case = story.case();
    assert_eq!((case.opened_at, case.waits, case.chasers), (at(0), 1, 1));
    assert_eq!(
        (story.count(WorkState::Withdrawn), story.count(WorkState::Open)),
        (1, 1)
    );
}

/// Rule 6: what is read in the wrong order in an archive raises no alarm that must be taken back.
#[test]
fn an_archive_raises_no_false_alarm() {
    let lines: [Line; 3] = [
        says(0, "m1", "chat", &["device:d"]).into(),
        says(100, "m2", "chat", &["device:d"]).into(), // read before the reply that came before it
        replies(10, "r1", "chat").into(),
    ];
    let mut settings = with_levels();
    settings
        .channels
        .values_mut()
        .for_each(|rules| rules.levels.usual.next = None);
    let story = Story::told(settings, lines).until(101);
    let happened = story.happened();
    let alarms = ["UNANSWERED", "SLA_BREACHED", "SLA_RETRACTED", "CORRECTED"];
    assert!(happened.iter().all(|kind| !alarms.contains(kind)), "{happened:?}");
    assert_eq!(story.case().sla_answer, SlaState::Met);
}

#[test]
fn a_work_item_says_when_its_own_wait_began() {
    let lines: [Line; 4] = [
        says(0, "m1", "social", ANN).into(),
        replies(30, "r1", "social").into(),
        says(60, "m2", "social", ANN).into(),
        says(90, "m3", "social", ANN).into(),
    ];
    let story = Story::told(with_levels(), lines).until(91);
    let mut began: Vec<_> = story
        .work()
        .into_values()
        .map(|item| item.first_heard_at)
        .collect();
    began.sort();
    assert_eq!(began, [at(0), at(60)]);
}
