//! Forgetting a person (ENGINE.md 18): no state and no case names them, counts stand, and what comes late
//! does not bring them back.

use proptest::prelude::*;

use heard::desk::figures::{FORGOTTEN, FORGOTTEN_LATE};
use heard::model::{
    Case, CaseStatus, Complaint, Customer, Response, Sensitive, Status, SurveyAbout, WorkState,
};

use crate::story::{Line, Story, at, customer, permutations, person, replies, says, scores, with_levels};

/// Whatever names Ann: parts of her identifiers, names, texts, places, remedies and ids.
const ANN: [&str; 12] = [
    "ann@example",
    "4415550",
    "annie_h",
    "C-ANN",
    "Ann Example",
    "my own words",
    "Ann Street",
    "TICKET-ANN",
    "a voucher for Ann",
    "annpost",
    "annmail",
    "annsurvey",
];

const EMAIL: &str = "email:ann@example.org";
const PHONE: &str = "phone:+44155501";
const HANDLE: &str = "handle:annie_h";

/// A message of Ann's, with everything that could tell who she is.
fn ann(minute: i64, channel: &str, conversation: &str, id: &str, identifiers: &[&str]) -> Line {
    let mut author = person(identifiers);
    author.display_name = Some(Sensitive("Ann Example".into()));
    Complaint {
        conversation_id: Some(conversation.into()),
        author,
        text: Some(Sensitive("my own words, of some length".into())),
        location: Some(Sensitive("Ann Street 1".into())),
        ..says(minute, id, channel, &[])
    }
    .into()
}

fn mail(minute: i64, id: &str) -> Line {
    ann(minute, "email", "annmail-1", id, &[EMAIL])
}

fn post(minute: i64, id: &str) -> Line {
    ann(minute, "social", "annpost-1", id, &[HANDLE])
}

/// The CRM's record of Ann.
fn record(minute: i64) -> Customer {
    Customer {
        display_name: Some(Sensitive("Ann Example".into())),
        tier: Some("gold".into()),
        ..customer(minute, "C-ANN", &[EMAIL, PHONE, HANDLE])
    }
}

/// Bob, in Ann's public conversation.
fn bob(minute: i64, id: &str) -> Complaint {
    Complaint {
        conversation_id: Some("annpost-1".into()),
        ..says(minute, id, "social", &["handle:bob"])
    }
}

/// An answer in Ann's email conversation, that promises something and says which ticket it is.
fn answer(minute: i64, id: &str) -> Response {
    Response {
        conversation_id: "annmail-1".into(),
        in_reply_to: Some("annmail-1".into()),
        customer: Some(person(&[EMAIL])),
        promised_by: Some(at(minute + 600)),
        ..replies(minute, id, "email")
    }
}

fn ticket(minute: i64, status: Option<Status>) -> Line {
    heard::model::Update {
        conversation_id: "annmail-1".into(),
        customer: Some(person(&[EMAIL])),
        external_case_id: Some("TICKET-ANN-7".into()),
        remedy_granted: Some(Sensitive("a voucher for Ann".into())),
        owner: Some("agent-7".into()),
        status,
        ..crate::story::becomes(minute, &format!("u{minute}"), "email", Status::Pending)
    }
    .into()
}

/// Ann writes, is answered, posts in public, is asked how it was.
fn anns_life() -> Vec<Line> {
    vec![
        record(0).into(),
        mail(10, "annmail-1"),
        answer(40, "r1").into(),
        ticket(41, None),
        mail(50, "annmail-2"),
        post(60, "annpost-1"),
        scores(70, "annsurvey", 2.0, &[EMAIL]).into(),
        heard::model::Survey {
            channel: Some("email".into()),
            conversation_id: Some("annmail-1".into()),
            ..scores(75, "annsurvey-c", 3.0, &[EMAIL])
        }
        .into(),
    ]
}

fn told(lines: impl IntoIterator<Item = Line>) -> Story {
    Story::told(with_levels(), lines)
}

/// Fails the test if anything that is kept names Ann.
fn nothing_names_ann(story: &Story, what: &str) {
    let kept = story.all_that_is_kept();
    for name in ANN {
        assert!(!kept.contains(name), "{what}: {name} is still there");
    }
}

/// The case of a channel.
fn case(story: &Story, channel: &str) -> Case {
    let cases: Vec<_> = story
        .cases()
        .into_values()
        .filter(|case| case.channel == channel)
        .collect();
    assert_eq!(cases.len(), 1, "one case in {channel}");
    cases.into_iter().next().expect("it is there")
}

/// What stands of a case whose person is forgotten.
fn counts(case: &Case) -> Case {
    Case {
        party_key: "".into(),
        customer_id: None,
        conversation_id: "".into(),
        external_case_id: None,
        location: None,
        remedy_granted: None,
        excerpt: Sensitive("".into()),
        priority: 0,
        forgotten_at: None,
        ..case.clone()
    }
}

#[test]
fn a_customer_dropped_by_the_crm_is_forgotten_in_all_channels_and_counts_stand() {
    let before = told(anns_life()).until(99);
    assert!(
        ANN.iter().all(|name| before.all_that_is_kept().contains(name)),
        "the test looks for what is there"
    );
    let story = told(anns_life().into_iter().chain([Line::Dropped("C-ANN", at(100))])).until(100);
    nothing_names_ann(&story, "after the tombstone");
    for channel in ["email", "social"] {
        let (was, is) = (case(&before, channel), case(&story, channel));
        assert_eq!(counts(&is), counts(&was), "{channel}");
        assert_eq!(is.forgotten_at, Some(at(100)));
        assert_eq!((&*is.party_key, is.customer_id), ("forgotten", None));
        assert!(is.conversation_id.starts_with("⟨forgotten⟩"));
        assert_eq!((is.tier.as_deref(), is.priority), (Some("gold"), 0));
    }
    assert_eq!(case(&story, "email").owner.as_deref(), Some("agent-7"));
    assert_eq!(story.times("FORGOTTEN"), 2);
    assert_eq!(story.counted(FORGOTTEN), 3); // and the survey
    assert_eq!(
        (story.count(WorkState::Open), story.count(WorkState::Withdrawn)),
        (0, 2)
    );
    let work = serde_json::to_string(
        &story
            .work()
            .values()
            .filter(|item| item.state == WorkState::Withdrawn)
            .collect::<Vec<_>>(),
    );
    let work = work.expect("work is data");
    assert!(ANN.iter().all(|name| !work.contains(name)), "{work}");
}

#[test]
fn a_case_stands_still_from_then_on() {
    let lines = || anns_life().into_iter().chain([Line::Dropped("C-ANN", at(100))]);
    let (then, later) = (told(lines()).until(100), told(lines()).until(100_000));
    assert_eq!(then.cases(), later.cases());
    let forgotten = later.happened().iter().rposition(|kind| *kind == "FORGOTTEN");
    assert_eq!(
        forgotten,
        Some(later.happened().len() - 1),
        "{:?}",
        later.happened()
    );
    assert!(
        later
            .rows()
            .values()
            .all(|row| heard::processor::Row::due(row).is_none_or(|due| due > at(100_000)))
    );
}

/// On the event clock time stands before everything while records are taken in.
#[test]
fn what_happened_until_then_still_happens() {
    let lines = [mail(0, "annmail-1"), Line::Forgets(EMAIL, at(3 * 24 * 60))];
    let story = told(lines).until(10 * 24 * 60);
    let case = story.case();
    assert_eq!((case.status, case.was_unanswered), (CaseStatus::Unanswered, true));
    let early = told([mail(0, "annmail-1"), Line::Forgets(EMAIL, at(60))]).until(10 * 24 * 60);
    assert_eq!(
        (early.case().status, early.case().was_unanswered),
        (CaseStatus::Open, false)
    );
}

/// What comes long after that finds the case as it was judged then.
#[test]
fn a_case_is_judged_by_no_later_time() {
    let mut story = told([mail(0, "annmail-1"), Line::Forgets(EMAIL, at(60))]).until(10 * 24 * 60);
    story.tell(ticket(50, None));
    let case = story.until(10 * 24 * 60).case();
    assert_eq!((case.status, case.was_unanswered), (CaseStatus::Open, false));
    assert_eq!(case.owner.as_deref(), Some("agent-7"), "the update was taken in");
}

#[test]
fn an_identifier_that_no_record_ever_claimed_is_forgotten() {
    let lines = [
        mail(0, "annmail-1"),
        ann(1, "chat", "c-17", "m1", &[EMAIL, PHONE]),
        scores(2, "annsurvey", 9.0, &[EMAIL]).into(),
        bob(3, "bob1").into(),
    ];
    let forget = Line::Forgets(EMAIL, at(10));
    let story = told(lines.into_iter().chain([forget])).until(10);
    let kept = story.all_that_is_kept();
    for name in [
        "ann@example",
        "4415550",
        "Ann Example",
        "my own words",
        "annmail",
        "annsurvey",
    ] {
        assert!(!kept.contains(name), "{name}");
    }
    let forgotten = story
        .cases()
        .into_values()
        .filter(|case| case.forgotten_at.is_some())
        .count();
    assert_eq!((story.cases().len(), forgotten), (3, 2));
    assert_eq!(story.count(WorkState::Open), 1, "Bob is still heard");
}

#[test]
fn what_customer_records_once_said_of_an_identifier_is_forgotten() {
    let lines: [Line; 4] = [
        customer(0, "C-1", &["phone:+44155501", "email:c1@x"]).into(),
        customer(5, "C-1", &["email:c1@x"]).into(),
        ann(6, "phone", "call-1", "m1", &[PHONE]),
        Line::Forgets(PHONE, at(10)),
    ];
    let kept = told(lines).until(10).all_that_is_kept();
    assert!(!kept.contains("4415550"));
    assert!(
        kept.contains("c1@x") && kept.contains("C-1"),
        "the customer is not forgotten"
    );
}

#[test]
fn others_in_the_conversation_keep_what_is_theirs() {
    let lines: Vec<Line> = vec![
        record(0).into(),
        post(10, "annpost-1"),
        bob(20, "bob1").into(),
        Response {
            conversation_id: "annpost-1".into(),
            in_reply_to: Some("bob1".into()),
            ..replies(30, "r1", "social")
        }
        .into(),
        bob(40, "bob2").into(),
    ];
    let of_bob = |story: &Story| {
        let cases = story.cases().into_values();
        cases
            .filter(|case| case.party_key == "handle:bob")
            .collect::<Vec<_>>()
    };
    let before = told(lines.clone()).until(50);
    let after = told(lines.iter().cloned().chain([Line::Dropped("C-ANN", at(50))])).until(50);
    assert_eq!(of_bob(&after), of_bob(&before));
    assert_eq!(
        (of_bob(&after).len(), of_bob(&after)[0].conversation_id.as_str()),
        (1, "annpost-1")
    );
    assert!(after.all_that_is_kept().contains("text of bob1"));
    // The long way, after that: Bob's case comes to the same, and Ann's stays as it is.
    let late: Line = bob(15, "bob0").into();
    let with_late = |drop: bool| {
        let dropped = drop.then_some(Line::Dropped("C-ANN", at(50)));
        told(lines.iter().cloned().chain(dropped).chain([late.clone()])).until(50)
    };
    let (plain, forgotten) = (with_late(false), with_late(true));
    assert_eq!(of_bob(&forgotten), of_bob(&plain));
    let anns = |story: &Story| {
        counts(
            &story
                .cases()
                .into_values()
                .find(|case| !case.bystander)
                .expect("Ann's"),
        )
    };
    assert_eq!(anns(&forgotten), anns(&plain));
    let kept = forgotten.all_that_is_kept();
    for name in ["annie_h", "my own words", "Ann Example", "C-ANN"] {
        assert!(!kept.contains(name), "{name}");
    }
}

#[test]
fn a_conversation_called_by_the_person_s_identifier_loses_its_name_for_all() {
    let call = |line: Line| match line {
        Line::Says(said) => Line::Says(Complaint {
            conversation_id: Some("tel:+44155501/9".into()),
            channel: "phone".into(),
            ..said
        }),
        other => other,
    };
    let lines = [
        call(ann(0, "phone", "", "m1", &[PHONE])),
        call(bob(1, "bob1").into()),
        Line::Forgets(PHONE, at(5)),
    ];
    let story = told(lines).until(5);
    assert!(!story.all_that_is_kept().contains("4415550"));
    assert!(
        story
            .cases()
            .values()
            .all(|case| case.conversation_id.starts_with("⟨forgotten⟩"))
    );
}

/// What comes late, in the conversations that are known and in one that is not, by every road.
#[test]
fn what_comes_late_is_dropped_and_counted() {
    let drop = || Line::Dropped("C-ANN", at(100));
    let forgotten = || told(anns_life().into_iter().chain([drop()]));
    let settled = forgotten().until(100).cases();
    let edited = |line: Line| match line {
        Line::Says(said) => Line::Says(Complaint { revision: 1, ..said }),
        other => other,
    };
    //   given                                what comes late
    for (what, line) in [
        ("a duplicate", mail(10, "annmail-1")),
        ("a late message", mail(20, "annmail-9")),
        ("an edit", edited(mail(10, "annmail-1"))),
        (
            "a message in a new conversation",
            ann(90, "chat", "annmail-chat", "annmail-c", &[PHONE, EMAIL]),
        ),
        (
            "a message with her own id only",
            ann(90, "chat", "c-2", "m1", &["customer_id:C-ANN"]),
        ),
        ("an old record", record(50).into()),
        ("a survey", scores(90, "annsurvey-2", 10.0, &[EMAIL]).into()),
        ("a survey of her conversation", {
            let mut survey = scores(90, "annsurvey-3", 10.0, &[EMAIL]);
            (survey.channel, survey.conversation_id) = (Some("email".into()), Some("annmail-1".into()));
            survey.about = SurveyAbout::Case;
            survey.into()
        }),
    ] {
        let mut story = forgotten();
        let counted = story.counted(FORGOTTEN_LATE);
        story.tell(line);
        assert_eq!(story.counted(FORGOTTEN_LATE), counted + 1, "{what}");
        let story = story.until(100);
        nothing_names_ann(&story, what);
        assert_eq!(story.cases(), settled, "{what}");
        assert_eq!(story.count(WorkState::Open), 0, "{what}");
    }
}

#[test]
fn what_the_company_says_late_counts_and_says_nothing_of_them() {
    let lines = anns_life().into_iter().chain([Line::Dropped("C-ANN", at(100))]);
    let late: [Line; 3] = [
        answer(55, "r2").into(),
        ticket(56, Some(Status::Resolved)),
        answer(55, "r2").into(),
    ];
    let story = told(lines.chain(late)).until(100);
    let case = case(&story, "email");
    assert_eq!((case.human_replies, case.status), (2, CaseStatus::Resolved));
    nothing_names_ann(&story, "after late replies");
    let late: [Line; 2] = [answer(55, "r2").into(), ticket(56, Some(Status::Resolved))];
    let in_time = told(
        anns_life()
            .into_iter()
            .chain(late)
            .chain([Line::Dropped("C-ANN", at(100))]),
    )
    .until(100);
    assert_eq!(in_time.cases()[&case.case_id], case);
}

#[test]
fn who_comes_again_is_somebody_new_with_a_case_of_their_own() {
    let drop = || Line::Dropped("C-ANN", at(100));
    let settled = told(anns_life().into_iter().chain([drop()])).until(100);
    // In a conversation of its own, and in one that is known.
    for (channel, conversation) in [("chat", "another"), ("email", "annmail-1")] {
        let again = ann(200, channel, conversation, "new-1", &[EMAIL]);
        let reply = Response {
            conversation_id: conversation.into(),
            customer: Some(person(&[EMAIL])),
            ..replies(210, "new-r", channel)
        };
        let lines = anns_life().into_iter().chain([drop(), again, reply.into()]);
        let story = told(lines).until(210);
        let mut cases = story.cases();
        cases.retain(|id, _| !settled.cases().contains_key(id));
        assert_eq!(cases.len(), 1, "{conversation}");
        let new = cases.into_values().next().expect("one");
        assert_eq!((&*new.party_key, new.customer_id), (EMAIL, None), "nobody known");
        assert_eq!(
            (new.customer_messages, new.human_replies, new.opened_at),
            (1, 1, at(200))
        );
        assert_eq!(new.conversation_id, conversation);
        for (id, case) in settled.cases() {
            assert_eq!(story.cases()[&id], case, "the old cases stay as they are");
        }
        // And what is older still does not get in by the new one.
        let mut story = told(
            anns_life()
                .into_iter()
                .chain([drop(), ann(200, channel, conversation, "new-1", &[EMAIL])]),
        );
        let cases = story.cases();
        story.tell(ann(95, channel, conversation, "old-1", &[EMAIL]));
        assert_eq!(story.cases(), cases, "{conversation}");
    }
}

/// The forgetting is taken in late: what was said since then is heard, as of somebody new.
#[test]
fn nobody_goes_unheard_for_a_forgetting_that_comes_late() {
    let lines = [
        mail(10, "annmail-1"),
        answer(40, "r1").into(),
        mail(50, "annmail-2"),
        mail(200, "annmail-3"),
        mail(210, "annmail-4"),
        Line::Forgets(EMAIL, at(100)),
    ];
    let story = told(lines).until(300);
    let (old, new): (Vec<_>, Vec<_>) = story
        .cases()
        .into_values()
        .partition(|case| case.forgotten_at.is_some());
    assert_eq!((old.len(), new.len()), (1, 1));
    assert_eq!(
        (old[0].customer_messages, old[0].human_replies, old[0].chasers),
        (2, 1, 0)
    );
    assert_eq!(
        (new[0].customer_messages, new[0].opened_at, &*new[0].party_key),
        (1, at(210), EMAIL)
    );
    let open: Vec<_> = story
        .work()
        .into_values()
        .filter(|item| item.state == WorkState::Open)
        .collect();
    assert_eq!(open.len(), 1);
    assert_eq!(
        (&*open[0].complaint.id, open[0].case_id),
        ("annmail-4", new[0].case_id)
    );
}

/// Whoever comes again has no history that was forgotten.
#[test]
fn what_is_forgotten_is_no_history_of_who_comes_again() {
    let lines = anns_life().into_iter().chain([
        Line::Forgets(EMAIL, at(100)),
        Line::Dropped("C-ANN", at(101)),
        ann(200, "chat", "another", "new-1", &[EMAIL]),
    ]);
    let by_customer = told(lines).until(200);
    let lines = [
        mail(0, "annmail-1"),
        Response {
            invites_to: Some("phone".into()),
            ..answer(1, "annmail-r")
        }
        .into(),
        Line::Forgets(EMAIL, at(10)),
    ];
    let by_identifier = told(lines.clone());
    assert!(!by_identifier.all_that_is_kept().contains("annmail"));
    let by_identifier = told(
        lines
            .into_iter()
            .chain([ann(200, "chat", "another", "new-1", &[EMAIL])]),
    )
    .until(200);
    for story in [by_customer, by_identifier] {
        let open: Vec<_> = story
            .work()
            .into_values()
            .filter(|item| item.state == WorkState::Open)
            .collect();
        assert_eq!(open.len(), 1);
        let history = &open[0].history;
        assert_eq!(
            (history.complaints_90d, history.open_cases, history.last_score),
            (0, 0, None)
        );
    }
}

#[test]
fn the_crm_may_know_them_again() {
    let lines = anns_life().into_iter().chain([
        Line::Dropped("C-ANN", at(100)),
        record(150).into(),
        mail(200, "annmail-new"),
    ]);
    let story = told(lines).until(200);
    let cases = story.cases().into_values();
    let known: Vec<_> = cases
        .filter(|case| case.customer_id.as_deref() == Some("C-ANN"))
        .collect();
    assert_eq!(known.len(), 1);
    assert_eq!((known[0].opened_at, known[0].forgotten_at), (at(200), None));
}

#[test]
fn twice_is_once() {
    let twice = |second: Line| {
        let lines = anns_life()
            .into_iter()
            .chain([Line::Dropped("C-ANN", at(100)), second]);
        told(lines).until(200)
    };
    let once = told(anns_life().into_iter().chain([Line::Dropped("C-ANN", at(100))])).until(200);
    //   given a second time                                  nothing is told again
    for second in [
        Line::Dropped("C-ANN", at(100)),
        Line::Dropped("C-ANN", at(150)),
        Line::Forgets(EMAIL, at(150)),
    ] {
        let story = twice(second.clone());
        assert_eq!(
            (story.cases(), story.happened()),
            (once.cases(), once.happened()),
            "{second:?}"
        );
        assert_eq!(story.versions(), once.versions(), "{second:?}");
    }
}

#[test]
fn a_mark_goes_when_nothing_can_come_late_any_more() {
    let day = 24 * 60;
    let lines = || [record(0).into(), Line::Dropped("C-ANN", at(100))];
    let marks = |story: &Story| story.rows().len();
    assert!(marks(&told(lines()).until(100 + 30 * day - 1)) > 0);
    assert_eq!(marks(&told(lines()).until(100 + 30 * day)), 0);
    // A message without a case of that time is taken for somebody new then.
    let mut story = told(lines()).until(100 + 31 * day);
    story.tell(ann(90, "chat", "c", "m", &[EMAIL]));
    assert_eq!(story.case().party_key, EMAIL);
}

#[test]
fn a_conversation_that_is_long_over_is_forgotten_too() {
    let years = 3 * 365 * 24 * 60;
    let mut lines: Vec<Line> = (0..40).map(|n| mail(n, &format!("annmail-{n}"))).collect();
    lines.push(answer(50, "r1").into());
    let mut story = told(lines.clone()).until(years);
    story.tell(Line::Forgets(EMAIL, at(years)));
    let story = story.until(years);
    let case = story.case();
    assert_eq!(
        (case.customer_messages, case.human_replies, case.forgotten_at),
        (40, 1, Some(at(years)))
    );
    nothing_names_ann(&story, "a stub");
    let mut long = told(lines);
    long.tell(Line::Forgets(EMAIL, at(60)));
    let long = long.until(60);
    assert_eq!(long.case().customer_messages, 40);
    nothing_names_ann(&long, "in blocks");
    let mut again = long.until(60);
    (0..40).for_each(|n| again.tell(mail(n, &format!("annmail-{n}"))));
    assert_eq!(again.case().customer_messages, 40);
}

/// A customer whose record points to another has no cases; those of the other stay that one's.
#[test]
fn a_merged_record_that_is_dropped_takes_nothing_of_the_other_customer() {
    let merged = Customer {
        merged_into: Some("C-2".into()),
        ..customer(1, "C-1", &["handle:x"])
    };
    let lines: [Line; 5] = [
        customer(0, "C-2", &["email:c2@x"]).into(),
        merged.into(),
        says(10, "m1", "social", &["handle:x"]).into(),
        says(11, "m2", "email", &["email:c2@x"]).into(),
        Line::Dropped("C-1", at(100)),
    ];
    let story = told(lines).until(100);
    let of = |channel: &str| case(&story, channel);
    assert_eq!(of("email").customer_id.as_deref(), Some("C-2"));
    assert_eq!(of("email").forgotten_at, None);
    assert!(
        story.all_that_is_kept().contains("C-1"),
        "it still leads to the other"
    );
    let mut forgotten = story;
    forgotten.tell(Line::Dropped("C-2", at(101)));
    assert!(!forgotten.all_that_is_kept().contains("C-1"));
}

/// A case whose author two records name, one of which points to the other: it is the other's by more than the
/// one that is dropped, and stays.
#[test]
fn a_case_that_both_of_two_merged_records_name_stays_with_the_one_that_is_left() {
    let merged = Customer {
        merged_into: Some("C-2".into()),
        ..customer(1, "C-1", &["email:x@y"])
    };
    let lines: [Line; 3] = [
        customer(0, "C-2", &["handle:x"]).into(),
        merged.into(),
        says(10, "m1", "social", &["handle:x", "email:x@y"]).into(),
    ];
    for lines in permutations(&lines) {
        let story = told(lines.into_iter().chain([Line::Dropped("C-1", at(100))])).until(100);
        let case = story.case();
        assert_eq!(
            (case.customer_id.as_deref(), case.forgotten_at),
            (Some("C-2"), None)
        );
        assert_eq!((&*case.conversation_id, &**case.excerpt), ("c", "text of m1"));
    }
}

#[test]
fn who_has_taken_back_whatever_they_said_is_forgotten_too() {
    let taken_back = match mail(10, "annmail-1") {
        Line::Says(said) => Line::Says(Complaint {
            revision: 1,
            deleted: true,
            ..said
        }),
        other => other,
    };
    let known = || [mail(10, "annmail-1"), taken_back.clone()];
    let orders = [
        known().into_iter().chain([record(0).into()]).collect::<Vec<_>>(),
        [record(0).into()].into_iter().chain(known()).collect(),
    ];
    for lines in orders {
        let story = told(lines.into_iter().chain([Line::Dropped("C-ANN", at(100))])).until(100);
        nothing_names_ann(&story, "a case that is none any more");
        assert_eq!((story.times("FORGOTTEN"), story.counted(FORGOTTEN)), (0, 0));
        assert_eq!(story.cases().len(), 0);
    }
}

/// Then there is no case by the name that the message had first, and no message of it either.
#[test]
fn who_gave_all_they_had_said_another_name_is_forgotten_by_the_first_one_too() {
    let bobs = "email:bob@x";
    let carries = |identifiers: &[&str]| Customer {
        display_name: Some(Sensitive("Ann Example".into())),
        ..customer(0, "C-ANN", identifiers)
    };
    //   given Ann's record carries    first said by
    for (carried, first) in [
        ([PHONE, HANDLE], &[PHONE][..]),
        ([PHONE, HANDLE], &["customer_id:C-ANN"]),
        ([PHONE, HANDLE], &[EMAIL, PHONE]), // nobody knows whose the address is
        ([EMAIL, PHONE], &[EMAIL]),
        ([PHONE, HANDLE], &[bobs, PHONE]),
    ] {
        let said = |revision, by: &[&str]| match ann(10, "social", "c", "annpost-1", by) {
            Line::Says(said) => Line::Says(Complaint { revision, ..said }),
            other => other,
        };
        let lines = [
            carries(&carried).into(),
            customer(0, "C-BOB", &[bobs]).into(),
            said(0, first),
            said(1, &[carried[1]]),
        ];
        for order in permutations(&lines) {
            let what = format!("{first:?} {order:?}");
            let again = order.clone();
            let forgotten = Line::Dropped("C-ANN", at(100));
            let story = told(order.into_iter().chain([forgotten]).chain(again)).until(200);
            nothing_names_ann(&story, &what);
            assert_eq!((story.cases().len(), story.times("FORGOTTEN")), (1, 1), "{what}");
        }
    }
}

/// A case may never have come of it: then nothing leads to it.
#[test]
fn what_was_taken_back_is_not_kept() {
    let taken_back = match mail(10, "annmail-1") {
        Line::Says(said) => Line::Says(Complaint {
            revision: 1,
            deleted: true,
            ..said
        }),
        other => other,
    };
    for lines in permutations(&[mail(10, "annmail-1"), taken_back]) {
        let kept = told(lines).all_that_is_kept();
        assert!(!kept.contains("my own words") && !kept.contains("Ann Street"));
    }
}

#[test]
fn a_large_party_is_forgotten_in_steps() {
    let cases = (0..200).map(|n| ann(n, "chat", &format!("annmail-{n}"), &format!("m{n}"), &[EMAIL]));
    let lines = [Line::from(record(0))].into_iter().chain(cases);
    let story = told(lines.chain([Line::Dropped("C-ANN", at(1000))])).until(1000);
    assert_eq!(story.times("FORGOTTEN"), 200);
    nothing_names_ann(&story, "two hundred cases");
    let cases = (0..200).map(|n| ann(n, "chat", &format!("annmail-{n}"), &format!("m{n}"), &[EMAIL]));
    let story = told(cases.chain([Line::Forgets(EMAIL, at(1000))])).until(1000);
    assert_eq!(story.times("FORGOTTEN"), 200);
    nothing_names_ann(&story, "an identifier of two hundred cases");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// In whatever order, with repetitions, what is dated before the forgetting arrives before and after it:
    /// nothing names Ann, nobody handles anything of hers, and Bob's matter is what it would be without her. If
    /// her post in his conversation comes too late, it is as if she had said nothing there: then what was said to
    /// her fell to him, and stays with him.
    #[test]
    fn the_order_of_the_forgetting_and_of_what_was_before_it_does_not_matter(
        lines in Just(all_of_it()).prop_flat_map(|lines| {
            let twice: Vec<_> = lines.iter().chain(&lines).cloned().collect();
            Just(twice).prop_shuffle()
        }),
    ) {
        let first = |wanted: fn(&Line) -> bool| lines.iter().position(wanted);
        let record = first(|line| matches!(line, Line::Customer(_)));
        let forgotten = first(|line| matches!(line, Line::Dropped(..))).max(record);
        let post = first(|line| matches!(line, Line::Says(said) if said.id == "annpost-t"));
        let is_unheard = post > forgotten;
        let story = told(lines).until(3000);
        let kept = story.all_that_is_kept();
        for name in ANN {
            prop_assert!(!kept.contains(name), "{} is still there", name);
        }
        let (anns, others): (Vec<_>, Vec<_>) =
            story.cases().into_values().partition(|case| case.forgotten_at.is_some());
        prop_assert!(anns.iter().all(|case| case.party_key == "forgotten"));
        let alone = told(bobs_own().into_iter().chain(is_unheard.then(to_ann))).until(3000);
        let others: Vec<_> = others.into_iter().map(|case| Case { bystander: false, ..case }).collect();
        prop_assert_eq!(others, alone.cases().into_values().collect::<Vec<_>>());
        prop_assert_eq!(story.count(WorkState::Open), alone.count(WorkState::Open));
    }
}

/// What is Bob's: a case in Ann's public conversation, and one of his own. The company says whom it means.
fn bobs_own() -> Vec<Line> {
    let named = |minute, id, conversation: &str| -> Line {
        Response {
            conversation_id: conversation.into(),
            customer: Some(person(&["handle:bob"])),
            ..replies(minute, id, "social")
        }
        .into()
    };
    let own = Complaint {
        conversation_id: Some("bobs".into()),
        ..says(5, "own", "social", &["handle:bob"])
    };
    let public = |minute, id: &str| -> Line {
        Complaint {
            conversation_id: Some("thread".into()),
            ..bob(minute, id)
        }
        .into()
    };
    vec![
        public(20, "bob1"),
        named(30, "rb1", "thread"),
        public(65, "bob2"),
        own.into(),
        named(80, "rb2", "bobs"),
    ]
}

/// A reply to Ann's post in Bob's conversation.
fn to_ann() -> Line {
    Response {
        conversation_id: "thread".into(),
        customer: Some(person(&[HANDLE])),
        in_reply_to: Some("annpost-t".into()),
        ..replies(33, "ra", "social")
    }
    .into()
}

fn all_of_it() -> Vec<Line> {
    let ann_posts = ann(15, "social", "thread", "annpost-t", &[HANDLE]);
    let mut lines = anns_life();
    lines.extend(bobs_own());
    lines.extend([
        ann_posts,
        to_ann(),
        ann(80, "phone", "annmail-call", "annmail-call", &[PHONE]),
        Line::Dropped("C-ANN", at(100)),
    ]);
    lines
}
