//! What comes late of somebody who was forgotten, in a conversation where others spoke, or they themselves by
//! another name (docs/forgetting.md).

use heard::desk::figures::{FORGOTTEN, FORGOTTEN_LATE};
use heard::model::{Case, Complaint, Response, Status, Update, WorkState};

use crate::story::{Line, Story, at, becomes, customer, person, replies, says, with_levels};

const BOB: &str = "handle:bob";
const PHONE: &str = "phone:+44155501";

/// Bob's record, by his phone only, and that he is forgotten.
fn forgotten() -> [Line; 2] {
    [
        customer(0, "C-BOB", &[PHONE]).into(),
        Line::Dropped("C-BOB", at(100)),
    ]
}

fn ann(minute: i64, id: &str) -> Line {
    says(minute, id, "social", &["handle:ann"]).into()
}

/// Bob says who he is.
fn bob(minute: i64, id: &str) -> Complaint {
    says(minute, id, "social", &[BOB, PHONE])
}

/// By his handle nobody knows that it is Bob.
fn handle(minute: i64, id: &str) -> Line {
    says(minute, id, "social", &[BOB]).into()
}

fn told(lines: impl IntoIterator<Item = Line>) -> Story {
    Story::told(with_levels(), lines)
}

fn forgotten_and_live(story: &Story) -> (Vec<Case>, Vec<Case>) {
    let cases = story.cases().into_values();
    cases.partition(|case| case.forgotten_at.is_some())
}

/// What a late message takes over for the moment until its identifiers have answered goes back to whoever had it.
#[test]
fn what_a_late_message_took_over_goes_back() {
    let reply = || replies(10, "r1", "social");
    let named = Response {
        customer: Some(person(&[BOB])),
        ..reply()
    };
    let by_phone = Response {
        customer: Some(person(&[PHONE])),
        ..reply()
    };
    let to_the_message = Response {
        in_reply_to: Some("late".into()),
        ..reply()
    };
    let to_the_reply = Response {
        in_reply_to: Some("r1".into()),
        ..replies(12, "r2", "social")
    };
    let solved = |customer: Option<_>| Update {
        customer,
        ..becomes(10, "u1", "social", Status::Resolved)
    };
    let survey = heard::model::Survey {
        channel: Some("social".into()),
        conversation_id: Some("c".into()),
        ..crate::story::scores(20, "s1", 3.0, &["email:x@y"])
    };
    //   given Ann at 0, a late message at    and this
    for (what, minute, rest) in [
        ("what fell to Ann", 5, vec![reply().into()]),
        ("a reply that names Bob", 5, vec![named.clone().into()]),
        ("a reply that names his phone", 5, vec![by_phone.into()]),
        ("a reply to the message", 5, vec![to_the_message.into()]),
        (
            "a reply to a reply",
            5,
            vec![named.clone().into(), to_the_reply.into()],
        ),
        ("a solution", 5, vec![solved(None).into()]),
        ("a solution for Bob", 5, vec![solved(Some(person(&[BOB]))).into()]),
        ("who spoke first", -5, vec![reply().into(), survey.into()]),
        ("who spoke last", 20, vec![reply().into()]),
    ] {
        let lines = || [ann(0, "a1")].into_iter().chain(rest.clone()).chain(forgotten());
        let late = || lines().chain([Line::from(bob(minute, "late"))]);
        let story = told(late()).until(100);
        assert_eq!(story.cases(), told(lines()).until(100).cases(), "{what}");
        assert_eq!(story.counted(FORGOTTEN_LATE), 1, "{what}");
        assert_eq!(
            (story.count(WorkState::Open), story.times("FORGOTTEN")),
            (told(lines()).until(100).count(WorkState::Open), 1),
            "{what}"
        );
        let kept = story.all_that_is_kept();
        assert!(
            !kept.contains("4415550") && !kept.contains("text of late"),
            "{what}"
        );
        // And so does what is said after that.
        let after = || {
            let reply = |minute, id: &str, customer| Response {
                customer,
                ..replies(minute, id, "social")
            };
            let unnamed = reply(30, "r3", None);
            [
                unnamed.into(),
                reply(31, "r4", Some(person(&[BOB]))).into(),
                ann(25, "a2"),
                ann(40, "a3"),
                Line::from(becomes(41, "u2", "social", Status::Pending)),
            ]
        };
        let (with, without) = (told(late().chain(after())), told(lines().chain(after())));
        assert_eq!(
            with.until(200).cases(),
            without.until(200).cases(),
            "{what}, and later"
        );
    }
}

/// Nobody knew that the handle was Bob's: now it shows.
#[test]
fn a_case_that_turns_out_to_be_a_forgotten_person_s_is_forgotten_and_its_figures_stand() {
    let edited = Complaint {
        revision: 1,
        text: Some(heard::model::Sensitive("edited".into())),
        ..bob(0, "b1")
    };
    //   given a case at 0, then this              other cases
    for (what, line, new) in [
        ("a late message", bob(5, "b2"), 0),
        ("an edit", edited, 0),
        ("a message from after the forgetting", bob(200, "b2"), 1),
    ] {
        let known = || {
            let lines = [handle(0, "b1"), replies(10, "r1", "social").into()];
            lines.into_iter().chain(forgotten())
        };
        let before = told(known()).until(200).cases();
        let story = told(known().chain([line.into()])).until(200);
        let (old, others) = forgotten_and_live(&story);
        assert_eq!((old.len(), others.len()), (1, new), "{what}");
        assert!(before.contains_key(&old[0].case_id), "{what}");
        assert_eq!((old[0].customer_messages, old[0].human_replies), (1, 1), "{what}");
        assert_eq!(
            (&*old[0].party_key, old[0].opened_at),
            ("forgotten", at(0)),
            "{what}"
        );
        assert!(others.iter().all(|case| case.opened_at == at(200)), "{what}");
        assert_eq!(
            (story.times("FORGOTTEN"), story.counted(FORGOTTEN)),
            (1, 1),
            "{what}"
        );
        assert_eq!(story.count(WorkState::Open), new, "{what}");
        let kept = story.all_that_is_kept();
        assert_eq!(kept.contains("4415550"), new > 0, "{what}");
        assert!(!kept.contains("text of b1") && !kept.contains("edited"), "{what}");
    }
}

/// Somebody new, by what is dated: the late message alone is dropped.
#[test]
fn a_case_from_after_the_forgetting_stays_whatever_comes_late() {
    let lines = || {
        let after = [handle(150, "b1"), replies(160, "r1", "social").into()];
        forgotten().into_iter().chain(after)
    };
    let story = told(lines().chain([bob(50, "late").into()])).until(300);
    assert_eq!(story.cases(), told(lines()).until(300).cases());
    assert_eq!((story.cases().len(), story.times("FORGOTTEN")), (1, 0));
    assert_eq!(story.counted(FORGOTTEN_LATE), 1);
    let kept = story.all_that_is_kept();
    assert!(!kept.contains("4415550") && !kept.contains("text of late"));
}

#[test]
fn an_identifier_that_only_a_message_taken_back_named_goes_with_its_owner() {
    let lines = || {
        let taken_back = Complaint {
            revision: 1,
            deleted: true,
            ..bob(5, "b2-by-phone")
        };
        let said = [handle(0, "b1"), bob(5, "b2-by-phone").into(), taken_back.into()];
        said.into_iter().chain(forgotten())
    };
    let mut story = told(lines()).until(100);
    let kept = story.all_that_is_kept();
    assert!(!kept.contains("4415550") && !kept.contains("b2-by-phone"));
    assert_eq!(
        (story.case().party_key.as_str(), story.times("FORGOTTEN")),
        (BOB, 0)
    );
    // Whoever has the handle is heard as before.
    story.tell(handle(50, "b3"));
    assert_eq!(story.case().customer_messages, 2);
}

/// A message of Carl's in which he gave Bob's phone is said to be Dora's, and then to be his after all: what
/// was handed out for him goes on, though its message had no name meanwhile.
#[test]
fn work_goes_on_for_who_gets_a_message_back_after_another_was_forgotten() {
    let said = |revision, by: &[&str]| -> Line {
        Complaint {
            revision,
            ..says(10, "m1", "social", by)
        }
        .into()
    };
    let [record, dropped] = forgotten();
    let story = told([
        record,
        customer(0, "C-CARL", &["email:carl@x"]).into(),
        said(0, &["email:carl@x", PHONE]),
        said(1, &["handle:dora"]),
        dropped,
        said(2, &["email:carl@x"]),
    ])
    .until(200);
    assert!(!story.all_that_is_kept().contains("4415550"));
    // Revisions of one work item have to rise, or whoever handles it takes it for withdrawn.
    let open = story
        .work()
        .into_values()
        .filter(|item| item.state == WorkState::Open);
    let revisions: Vec<_> = open.map(|item| item.revision).collect();
    assert!(revisions.len() == 1 && revisions[0] > 2, "{revisions:?}");
}
