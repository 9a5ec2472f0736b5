//! Rule 1, versions of a message: which one stands, whatever comes first; since when the message is there; whose
//! it is; and what its handlers see of it. What an edit does: edits.rs.

use heard::config::rules::RuleSettings;
use heard::desk::figures::{Counted, RecordKind, Table};
use heard::model::{
    Advocacy, Case, CaseStatus, Complaint, ConversationRef, Millis, Response, Sensitive, SlaState, Survey,
    Update, WorkItem, WorkState,
};

use crate::story::{Line, Story, at, becomes, permutations, person, replies, says, scores, with_levels};

pub const ANN: &[&str] = &["handle:ann"];
pub const HOUR: i64 = 60;
pub const DAY: i64 = 24 * HOUR;

/// A line, and the minute at which the log has it.
pub type Logged = (i64, Line);

pub fn logged(minute: i64, line: impl Into<Line>) -> Logged {
    (minute, line.into())
}

/// A post of Ann's.
pub fn post() -> Complaint {
    says(0, "p1", "social", ANN)
}

pub fn saying(text: &str, complaint: Complaint) -> Complaint {
    Complaint {
        text: Some(Sensitive(text.to_owned())),
        ..complaint
    }
}

/// What is the same whatever came first: all of an item that waits, but for its numbering; and of one that is done,
/// what it was about.
fn work(story: &Story) -> Vec<WorkItem> {
    let items = story.work().into_values();
    let items = items.filter(|item| item.state != WorkState::Withdrawn);
    items
        .map(|item| {
            let said = &item.complaint;
            let kept = Complaint {
                id: said.id.clone(),
                revision: said.revision,
                text: said.text.clone(),
                occurred_at: said.occurred_at,
                ..Complaint::default()
            };
            let complaint = kept.into();
            match item.state {
                WorkState::Open => WorkItem {
                    revision: 0,
                    routed_at: Millis(0),
                    complaint,
                    ..item
                },
                state => WorkItem {
                    work_id: item.work_id,
                    state,
                    messages_waiting: item.messages_waiting,
                    first_heard_at: item.first_heard_at,
                    complaint,
                    ..WorkItem::default()
                },
            }
        })
        .collect()
}

/// Tells these lines in the order of the log; then in all others, each once more later on, over restarts: it must
/// come to the same.
pub fn heard(settings: fn() -> RuleSettings, lines: &[Logged], until: i64) -> Story {
    let mut plain = Story::new(settings());
    for (minute, line) in lines {
        plain.hear(line.clone(), at(*minute));
    }
    let plain = plain.until(until);
    for order in permutations(lines) {
        let mut story = Story::new(settings());
        for (minute, line) in order.iter().cloned() {
            story.hear(line.clone(), at(minute));
            story.restart();
            story.hear(line, at(minute + 100 * DAY));
        }
        // Of what was taken back no text is kept, in case that it should turn out to be the later by the log.
        let is_gone = |(_, line): &Logged| matches!(line, Line::Says(said) if said.deleted);
        let mut backwards = Story::new(settings());
        for (minute, line) in order.iter().cloned() {
            backwards.hear(line.clone(), at(minute + 100 * DAY));
            backwards.hear(line, at(minute));
        }
        let backwards = Some(backwards).filter(|_| !order.iter().any(is_gone));
        for story in [Some(story), backwards].into_iter().flatten() {
            let story = story.until(until);
            assert_eq!(story.cases(), plain.cases(), "{order:?}");
            assert_eq!(work(&story), work(&plain), "{order:?}");
        }
    }
    plain
}

fn records(story: &Story, channel: &str, counted: Counted) -> i64 {
    let table = Table::new(&RuleSettings::default());
    let channel = table.channel(channel).expect("it is built in");
    story.counted(channel.records(counted))
}

/// CASES 4, 5, 9: what is said under one id is what was said last, by the revision, else by the edit time, else by
/// the log.
#[test]
fn the_version_that_stands() {
    let said = |text: &str| saying(text, post());
    let revised = |revision, complaint| Complaint {
        revision,
        ..complaint
    };
    let edited = |minute, complaint| Complaint {
        edited_at: Some(at(minute)),
        ..complaint
    };
    let dated = |minute, complaint| Complaint {
        occurred_at: at(minute),
        ..complaint
    };
    let gone = |complaint| Complaint {
        deleted: true,
        ..complaint
    };
    //   given versions, as the log had them          then this stands, told as an edit, a conflict
    type Row = (&'static str, [Complaint; 2], Option<&'static str>, usize, i64);
    let table: [Row; 10] = [
        ("the same again", [said("a"), said("a")], Some("a"), 0, 0),
        (
            "a higher revision",
            [said("a"), revised(1, said("b"))],
            Some("b"),
            1,
            0,
        ),
        (
            "a lower revision",
            [revised(1, said("b")), said("a")],
            Some("b"),
            0,
            0,
        ),
        ("no revision", [said("a"), said("b")], Some("b"), 1, 1),
        ("an edit time", [said("b"), edited(9, said("a"))], Some("a"), 1, 1),
        (
            "an earlier edit time",
            [edited(9, said("b")), edited(5, said("a"))],
            Some("b"),
            0,
            1,
        ),
        (
            "none after one",
            [edited(9, said("b")), said("a")],
            Some("b"),
            0,
            1,
        ),
        ("a later time", [said("a"), dated(9, said("b"))], Some("b"), 1, 1),
        ("taken out", [said("a"), gone(said("a"))], None, 0, 1),
        ("there again", [gone(said("a")), said("b")], Some("b"), 0, 1),
    ];
    for (what, versions, stands, edits, conflicts) in table {
        let [first, second] = versions;
        let lines = [logged(10, first), logged(20, second)];
        let story = heard(RuleSettings::default, &lines, HOUR);
        let case = story.cases().into_values().next();
        let excerpt = case.as_ref().map(|case| case.excerpt.as_str());
        assert_eq!(excerpt, stands, "{what}");
        let open = story
            .work()
            .into_values()
            .find(|item| item.state == WorkState::Open);
        let text = open.as_ref().and_then(|item| item.complaint.text.as_ref());
        assert_eq!(text.map(|text| text.as_str()), stands, "{what}: its work");
        assert_eq!(story.times("EDITED"), edits, "{what}");
        let conflict = records(&story, "social", Counted::Conflict(RecordKind::Complaint));
        assert_eq!(conflict, conflicts, "{what}");
        assert!(case.is_none_or(|case| case.opened_at == at(0)), "{what}");
    }
}

/// CASES 4: the later by the log, in every order of processing; the first one again changes nothing.
#[test]
fn of_two_deliveries_with_other_figures_the_later_counts() {
    let post = |brand: &str, audience| Complaint {
        brand: Some(brand.into()),
        audience: Some(audience),
        ..post()
    };
    let lines = [
        logged(10, post("north", 120)),
        logged(20, post("North", 90_000)),
        logged(30, post("north", 120)),
    ];
    let story = heard(RuleSettings::default, &lines, HOUR);
    let case = story.case();
    assert_eq!(
        (case.brand.as_deref(), case.audience),
        (Some("North"), Some(90_000))
    );
    assert_eq!((story.times("EDITED"), story.times("OPENED")), (1, 1));
    let counted =
        |counted: fn(RecordKind) -> Counted| records(&story, "social", counted(RecordKind::Complaint));
    assert_eq!(
        (
            counted(Counted::Taken),
            counted(Counted::Conflict),
            counted(Counted::Duplicate)
        ),
        (1, 1, 1)
    );
}

/// CASES 4: of one and the same log time the digest decides, so the same one stands in every order.
#[test]
fn of_two_deliveries_at_one_log_time_the_same_one_counts_in_every_order() {
    let seen_by = |audience| Complaint {
        audience: Some(audience),
        ..post()
    };
    let lines = [120, 5_000, 90_000].map(|audience| logged(10, seen_by(audience)));
    let story = heard(RuleSettings::default, &lines, HOUR);
    assert_eq!(story.case().customer_messages, 1);
    let conflict = records(&story, "social", Counted::Conflict(RecordKind::Complaint));
    assert_eq!(conflict, 2);
}

/// CASES 6: "two messages, and both are heard".
#[test]
fn two_people_s_messages_of_one_id_are_two() {
    let mail = |minute, by: &[&str]| says(minute, "m1", "email", by);
    let (ann, bob): (&[&str], &[&str]) = (&["email:ann@x"], &["email:bob@x"]);
    let both: &[&str] = &["email:ann@x", "email:bob@x"];
    let nobody: &[&str] = &[];
    let revised = |revision, complaint| Complaint {
        revision,
        ..complaint
    };
    //   given mails of one id                                            then so many cases, messages
    let table: [(&str, Vec<Complaint>, usize, u32); 7] = [
        ("of two people", vec![mail(0, ann), mail(5, bob)], 2, 2),
        ("of one", vec![mail(0, ann), mail(5, ann)], 1, 1),
        (
            "of one who gives another address beside",
            vec![mail(0, ann), mail(5, both)],
            1,
            1,
        ),
        (
            "of one, as another shows",
            vec![mail(0, ann), mail(5, bob), mail(6, both)],
            1,
            1,
        ),
        (
            "of somebody and nobody",
            vec![mail(0, ann), mail(5, nobody)],
            1,
            1,
        ),
        (
            "of two people and nobody",
            vec![mail(0, ann), mail(5, bob), mail(7, nobody)],
            2,
            2,
        ),
        (
            "given to somebody else by an edit",
            vec![mail(0, ann), revised(1, mail(0, bob))],
            1,
            1,
        ),
    ];
    for (what, mails, cases, messages) in table {
        let lines: Vec<_> = (10..)
            .zip(mails)
            .map(|(minute, mail)| logged(minute, mail))
            .collect();
        let story = heard(RuleSettings::default, &lines, HOUR);
        let found = story.cases();
        let sum: u32 = found.values().map(|case| case.customer_messages).sum();
        assert_eq!((found.len(), sum), (cases, messages), "{what}");
        assert_eq!(story.count(WorkState::Open), cases, "{what}");
    }
}

/// "In reply to" an id that means two messages is to the first of them.
#[test]
fn a_reply_to_an_id_of_two_people_is_to_the_first() {
    let lines = [
        logged(10, says(0, "m1", "email", &["email:ann@x"])),
        logged(20, says(5, "m1", "email", &["email:bob@x"])),
        logged(
            30,
            Response {
                in_reply_to: Some("m1".into()),
                ..replies(9, "r1", "email")
            },
        ),
    ];
    let story = heard(RuleSettings::default, &lines, HOUR);
    let answered = story
        .cases()
        .into_values()
        .filter(|case| case.answered_at.is_some());
    let parties: Vec<_> = answered.map(|case| case.party_key).collect();
    assert_eq!(parties, ["email:ann@x"]);
}

/// Messages of one id stand together, though other facts be sealed in between.
#[test]
fn two_people_s_messages_of_one_id_are_found_in_a_long_conversation() {
    let mut lines = vec![logged(0, says(0, "m1", "email", &["email:ann@x"]))];
    let other = |minute| says(minute, &format!("o{minute}"), "email", &["email:carl@x"]);
    lines.extend((1..40).map(|minute| logged(minute, other(minute))));
    lines.push(logged(50, says(50, "m1", "email", &["email:bob@x"])));
    lines.extend((60..100).map(|minute| logged(minute, other(minute))));
    let edit = |minute, by: &[&str]| Complaint {
        revision: 1,
        text: Some(Sensitive("edited".into())),
        ..says(minute, "m1", "email", by)
    };
    lines.push(logged(101, edit(0, &["email:ann@x"])));
    lines.push(logged(102, edit(50, &["email:bob@x"])));
    let mut story = Story::new(RuleSettings::default());
    for (minute, line) in lines.iter().chain(&lines) {
        story.hear(line.clone(), at(*minute));
        story.restart();
    }
    let cases: Vec<Case> = story.cases().into_values().collect();
    assert_eq!(cases.len(), 3);
    let edited = cases.iter().filter(|case| &**case.excerpt == "edited");
    assert!(edited.clone().all(|case| case.customer_messages == 1));
    assert_eq!(edited.count(), 2);
}

/// CASES 10: a store that gives only the last change, dated when it was made.
#[test]
fn an_edit_moves_no_clock_forward() {
    let review = |day, stars| Complaint {
        rating: Some(stars),
        ..says(day * DAY, "p1", "review", ANN)
    };
    let edit = Complaint {
        revision: 1,
        ..review(4, 5.0)
    };
    let lines = [
        logged(0, review(0, 2.0)),
        logged(DAY, replies(DAY, "r1", "review")),
        logged(4 * DAY, edit),
    ];
    let story = heard(RuleSettings::default, &lines, 30 * DAY);
    let case = story.case();
    assert_eq!((case.status, case.opened_at), (CaseStatus::Answered, at(0)));
    assert_eq!((case.answered_at, case.was_unanswered), (Some(at(DAY)), false));
    assert_eq!(case.advocacy, Some(Advocacy::Promoter));
    assert_eq!((case.surveyed_at, story.times("EDITED")), (Some(at(4 * DAY)), 1));
}

/// CASES 11: a typo of ours, mended later.
#[test]
fn an_edit_of_a_reply_does_not_answer_later() {
    let typo = Response {
        revision: 1,
        ..replies(8 * DAY, "r1", "social")
    };
    let lines = [
        logged(0, post()),
        logged(30, replies(30, "r1", "social")),
        logged(8 * DAY, typo),
    ];
    let story = heard(with_levels, &lines, 9 * DAY);
    let case = story.case();
    assert_eq!((case.answered_at, case.human_replies), (Some(at(30)), 1));
    assert_eq!(
        (case.sla_answer, case.status),
        (SlaState::Met, CaseStatus::Answered)
    );
}

/// The same of a reply that answers another conversation, by whichever of its versions.
#[test]
fn a_reply_from_elsewhere_counts_since_its_first_version() {
    let post = ConversationRef {
        source: "test".into(),
        channel: "social".into(),
        conversation_id: "c".into(),
    };
    let email = |revision, minute, answers: &[ConversationRef]| Response {
        revision,
        answers: answers.to_vec(),
        ..replies(minute, "r1", "email")
    };
    let answers = std::slice::from_ref(&post);
    //   given versions of an email                               then it answers the post since
    let table: [(&str, [Response; 2], Option<i64>); 4] = [
        ("mended", [email(0, 30, answers), email(1, 90, answers)], Some(30)),
        (
            "an answer only since its edit",
            [email(0, 30, &[]), email(1, 90, answers)],
            Some(30),
        ),
        ("not any more", [email(0, 30, answers), email(1, 90, &[])], None),
        (
            "sent twice, the second says so",
            [email(0, 30, &[]), email(0, 30, answers)],
            Some(30),
        ),
    ];
    for (what, [first, second], answered) in table {
        let lines = [logged(0, self::post()), logged(30, first), logged(40, second)];
        let story = heard(RuleSettings::default, &lines, DAY / 2);
        let case = story.cases().into_values().next().expect("the post's");
        assert_eq!(case.answered_at, answered.map(at), "{what}");
    }
}

/// Updates and surveys have no revision: the later by the log stands, at its own time.
#[test]
fn of_updates_and_surveys_of_one_id_the_later_stands() {
    let owner = |minute, owner: &str| Update {
        status: None,
        owner: Some(owner.into()),
        ..becomes(minute, "u1", "social", heard::model::Status::Pending)
    };
    let lines = [
        logged(0, post()),
        logged(20, owner(20, "kim")),
        logged(30, owner(10, "lee")),
        logged(40, owner(20, "kim")),
    ];
    assert_eq!(
        heard(RuleSettings::default, &lines, HOUR).case().owner.as_deref(),
        Some("lee")
    );
    let named = |score| Survey {
        channel: Some("social".into()),
        conversation_id: Some("c".into()),
        ..scores(50, "s1", score, ANN)
    };
    for survey in [named, |score| scores(50, "s1", score, ANN)] {
        let lines = [
            logged(0, post()),
            logged(60, survey(3.0)),
            logged(70, survey(9.0)),
        ];
        let story = heard(RuleSettings::default, &lines, 2 * HOUR);
        assert_eq!(story.case().survey_score, Some(9.0));
        assert_eq!(person(ANN).identifiers.len(), 1);
    }
}

/// Of more versions than are kept the greatest stand, and the message's time is still the earliest.
#[test]
fn of_many_versions_the_greatest_are_kept() {
    let version = |revision: i64| Complaint {
        revision,
        occurred_at: at(revision),
        ..saying(&format!("version {revision}"), post())
    };
    for order in [(0..40).collect::<Vec<_>>(), (0..40).rev().collect()] {
        let mut story = Story::new(RuleSettings::default());
        for revision in order {
            story.hear(version(revision), at(100));
            story.restart();
        }
        let case = story.case();
        assert_eq!((&**case.excerpt, case.opened_at), ("version 39", at(0)));
    }
}
