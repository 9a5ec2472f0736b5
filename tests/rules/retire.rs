//! ENGINE.md 12: a conversation that is long over leaves a stub, and goes on from it.

use proptest::prelude::*;

use heard::config::rules::{RuleSettings, Span};
use heard::desk::Row;
use heard::desk::keys::kind;
use heard::model::{Case, CaseStatus, Complaint, Intent, Response, Sensitive, Status, WorkFlag, WorkItem};
use heard::processor::Codec;

use crate::story::{Line, Story, becomes, replies, says, with_levels};

const ANN: &[&str] = &["handle:ann"];
const BOB: &[&str] = &["handle:bob"];
/// Minutes after which conversations retire here, and a minute long after that.
const DAY: i64 = 24 * 60;
const LATER: i64 = 10 * DAY;

fn retiring() -> RuleSettings {
    RuleSettings {
        retire_after: Span::days(2),
        ..with_levels()
    }
}

/// How many bytes the rows of a story take with their keys, and how many facts they hold.
fn state(story: &Story) -> (usize, usize) {
    let mut buffer = Vec::new();
    let mut facts = 0;
    // What is usual of a brand and channel is not this conversation's.
    let own = story
        .rows()
        .iter()
        .filter(|(key, _)| key.actor.kind != kind::TALLY);
    for (key, row) in own {
        buffer.resize(buffer.len() + size_of_val(key), 0);
        row.encode(&mut buffer);
        facts += match row {
            Row::Conversation(row) => row.head.tail.len(),
            Row::Block(facts) => facts.len(),
            _ => 0,
        };
    }
    (buffer.len(), facts)
}

fn work_of(story: &Story, minute: i64) -> WorkItem {
    let mut items = story.work().into_values();
    let found = items.find(|item| item.complaint.occurred_at == crate::story::at(minute));
    found.expect("there is work for that message")
}

fn answered() -> [Line; 3] {
    [
        says(0, "m1", "social", ANN).into(),
        replies(30, "r1", "social").into(),
        becomes(40, "u1", "social", Status::Resolved).into(),
    ]
}

#[test]
fn the_stub_is_small_and_the_conclusions_stay() {
    let long = (2..100).flat_map(|i| {
        let text = Some(Sensitive(
            "The parcel is not here, and nobody calls back. ".repeat(8),
        ));
        let said = Complaint {
            text,
            ..says(i, &format!("m{i}"), "social", ANN)
        };
        [said.into(), replies(i, &format!("r{i}"), "social").into()]
    });
    let long: Vec<Line> = answered().into_iter().chain(long).collect();
    //   given this conversation      then of its bytes with their keys this many per cent are left, at most
    for (lines, percent) in [(answered().to_vec(), 90), (long, 30)] {
        let mut story = Story::told(retiring(), lines.clone()).until(2 * DAY);
        let before = (state(&story), story.case());
        assert_eq!(before.0.1, lines.len(), "a fact of each message");
        story = story.until(LATER);
        let after = (state(&story), story.case());
        let ((whole, _), (stub, facts)) = (before.0, after.0);
        println!(
            "{} messages: {whole} bytes before, {stub} bytes of stub",
            lines.len()
        );
        assert_eq!(facts, 0, "no fact is left");
        assert!(stub * 100 <= whole * percent, "{stub} of {whole} bytes");
        let was = Case {
            // It has stayed quiet for a week meanwhile.
            first_contact_resolution: after.1.first_contact_resolution,
            ..before.1
        };
        assert_eq!(after.1, was, "the case is what it was");
        let events = story.events().len();
        story = story.until(100 * DAY);
        assert_eq!(
            (story.events().len(), state(&story)),
            (events, after.0),
            "nothing more comes of it"
        );
    }
}

#[test]
fn a_message_years_later_goes_on_where_the_conversation_stopped() {
    let mut story = Story::told(retiring(), answered()).until(LATER);
    let published = story.versions().len();
    story.tell(says(LATER, "m2", "social", ANN));
    let versions = story.versions();
    assert!(versions.len() > published);
    assert!(
        versions.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "{versions:?}"
    );
    let case = story.case();
    assert_eq!(case.status, CaseStatus::Open);
    assert_eq!(
        (case.reopened_count, case.waits, case.customer_messages),
        (1, 2, 2)
    );
    assert_eq!(
        case.first_response_ms,
        Some(30 * 60_000),
        "the first response stays"
    );
    assert_eq!(case.opened_at, crate::story::at(0));
    assert!(!work_of(&story, LATER).flags.contains(&WorkFlag::LateEvent));
    story = story.until(LATER + 4 * DAY);
    assert_eq!(state(&story).1, 0, "and retires again");
}

#[test]
fn what_comes_after_its_facts_were_dropped() {
    type Check = fn(&Case, &[&str]);
    let edited = |deleted| Complaint {
        revision: 1,
        deleted,
        ..says(0, "m1", "social", ANN)
    };
    let late_reply: Response = replies(10, "r0", "social");
    //   given this line, twice          then the case, and what was told of it
    let table: [(Line, Check); 7] = [
        (says(0, "m1", "social", ANN).into(), |case, told| {
            assert_eq!((case.customer_messages, told), (1, &[][..]), "a duplicate");
        }),
        (replies(30, "r1", "social").into(), |case, told| {
            assert_eq!((case.human_replies, told), (1, &[][..]), "a duplicate");
        }),
        (
            becomes(40, "u1", "social", Status::Resolved).into(),
            |case, told| {
                assert_eq!(
                    (case.status, told),
                    (CaseStatus::Resolved, &[][..]),
                    "a duplicate"
                );
            },
        ),
        (edited(false).into(), |case, told| {
            assert_eq!((case.status, told), (CaseStatus::Resolved, &["EDITED"][..]));
        }),
        (edited(true).into(), |case, told| {
            assert_eq!((case.status, told), (CaseStatus::Resolved, &["WITHDRAWN"][..]));
        }),
        (late_reply.into(), |case, told| {
            assert_eq!((case.human_replies, told), (2, &["REPLIED"][..]));
            assert_eq!(case.first_response_ms, Some(30 * 60_000), "conclusions stand");
        }),
        (says(20, "m0", "social", ANN).into(), |case, told| {
            assert_eq!((case.customer_messages, case.reopened_count), (2, 1));
            assert!(told.contains(&"CUSTOMER_MESSAGE"), "late, and heard all the same");
        }),
    ];
    for (line, check) in table {
        let mut story = Story::told(retiring(), answered()).until(LATER);
        let events = story.events().len();
        story.tell(line.clone());
        story.tell(line.clone());
        let told = story.happened();
        check(&story.case(), &told[events..]);
        let late = matches!(&line, Line::Says(said) if said.id == "m0");
        if late {
            assert!(
                work_of(&story, 20).flags.contains(&WorkFlag::LateEvent),
                "flagged"
            );
        }
    }
}

#[test]
fn an_open_wait_outlives_its_facts() {
    let story = Story::told(retiring(), [says(0, "m1", "social", ANN).into()]).until(LATER);
    assert_eq!(
        (state(&story).1, story.case().status),
        (0, CaseStatus::Unanswered)
    );
    let mut story = story;
    story.tell(replies(LATER, "r1", "social"));
    assert_eq!(story.case().status, CaseStatus::Answered);
    let item = work_of(&story, 0);
    assert_eq!(item.state, heard::model::WorkState::Done);
    assert_eq!(
        item.complaint.text.as_ref().map(|text| text.as_str()),
        Some("text of m1")
    );
}

#[test]
fn a_long_conversation_knows_each_of_its_messages_again() {
    let messages: Vec<Line> = (0..100)
        .flat_map(|i| {
            let said = says(
                2 * i,
                &format!("m{i}"),
                "social",
                if i % 3 == 0 { BOB } else { ANN },
            );
            [said.into(), replies(2 * i + 1, &format!("r{i}"), "social").into()]
        })
        .collect();
    let mut story = Story::told(retiring(), messages.clone()).until(LATER);
    assert_eq!(state(&story).1, 0);
    let before = (story.cases(), story.events().len());
    messages.into_iter().for_each(|line| story.tell(line));
    assert_eq!((story.cases(), story.events().len()), before);
}

/// Lines of a conversation between these minutes, with ids of their own.
fn lines(from: i64, prefix: &'static str) -> impl Strategy<Value = Vec<Line>> {
    let speaker = prop::sample::select(vec![ANN, BOB, &["handle:ann", "email:a@b"], &["email:a@b"]]);
    let line = (from..from + 300, speaker, 0..9_u8);
    prop::collection::vec(line, 1..30).prop_map(move |lines| {
        let numbered = lines.into_iter().enumerate();
        numbered
            .map(|(i, (minute, author, kind))| {
                let id = format!("{prefix}{i}");
                match kind {
                    0..4 => says(minute, &id, "social", author).into(),
                    4 => Complaint {
                        intent: Some(Intent::Thanks),
                        ..says(minute, &id, "social", author)
                    }
                    .into(),
                    // Of a first day, a person who is named may speak on the second only.
                    5 if from > 0 => Response {
                        customer: Some(crate::story::person(author)),
                        ..replies(minute, &id, "social")
                    }
                    .into(),
                    6 => becomes(minute, &id, "social", Status::Resolved).into(),
                    7 => becomes(minute, &id, "social", Status::Pending).into(),
                    _ => replies(minute, &id, "social").into(),
                }
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whoever is not late cannot tell whether a conversation was retired between two days. On the second
    /// day everything of the first is sent again.
    #[test]
    fn a_conversation_goes_on_as_if_it_had_not_retired(
        (first, second) in (lines(0, "a"), lines(LATER, "b")).prop_flat_map(|(first, second)| {
            let again: Vec<_> = second.iter().chain(&second).chain(&first).cloned().collect();
            (Just(first), Just(again).prop_shuffle())
        }),
    ) {
        let tell = |settings| {
            let mut story = Story::told(settings, first.clone()).until(LATER);
            second.iter().for_each(|line| story.tell(line.clone()));
            story.until(LATER + DAY)
        };
        let (plain, retired) = (tell(with_levels()), tell(retiring()));
        prop_assert_eq!(plain.cases(), retired.cases());
        let work = |story: &Story| -> Vec<_> {
            let items = story.work().into_values();
            items.map(|item| (item.work_id, item.state, item.messages_waiting)).collect()
        };
        prop_assert_eq!(work(&plain), work(&retired));
    }

    /// Late messages are still a set: their order does not matter.
    #[test]
    fn late_messages_come_in_any_order(
        first in lines(0, "a"),
        (second, shuffled) in lines(0, "b").prop_flat_map(|lines| {
            let twice: Vec<_> = lines.iter().chain(&lines).cloned().collect();
            (Just(lines), Just(twice).prop_shuffle())
        }),
    ) {
        let tell = |late: &[Line]| {
            let mut story = Story::told(retiring(), first.clone()).until(LATER);
            late.iter().for_each(|line| story.tell(line.clone()));
            story
        };
        prop_assert_eq!(tell(&second).cases(), tell(&shuffled).cases());
    }
}

#[test]
fn a_revision_that_was_there_before_is_a_duplicate_afterwards() {
    let revision = |revision| Complaint {
        revision,
        ..says(0, "m1", "social", ANN)
    };
    let lines = [
        revision(0).into(),
        revision(2).into(),
        replies(30, "r1", "social").into(),
    ];
    let mut story = Story::told(retiring(), lines).until(LATER);
    assert_eq!(state(&story).1, 0);
    let (case, events) = (story.case(), story.events().len());
    for known in [0, 2, 1, 2] {
        story.tell(revision(known));
    }
    assert_eq!((story.case(), story.events().len()), (case, events), "rule 1");
    story.tell(revision(3));
    story.tell(revision(3));
    assert_eq!(story.happened()[events..], ["EDITED"]);
}
