//! What cannot be, what is far too long, what looks like a mark of ours: inputs that are not as one would have them
//! (DESIGN.md rule 23; CASES 27, 30 and 31).

use heard::config::rules::RuleSettings;
use heard::intake::InputKind;
use heard::model::{
    CaseStatus, Complaint, Customer, Identifier, Millis, Response, Sensitive, Status, Survey, Update,
};

use crate::fed::bytes;
use crate::story::{Line, Story, at, becomes, customer, replies, says, scores};

fn refused(story: &mut Story, complaint: &Complaint) -> Option<&'static str> {
    story.read(InputKind::Complaints, None, Some(&bytes(complaint)), at(10))
}

/// CASES 27: it opens no case, and a drain's time stays where it is.
#[test]
fn an_absurd_time_is_a_dead_letter() {
    //   given occurred_at                                  then it is refused as
    for (occurred, reason) in [
        (Millis(1_772_442_600), "time_too_old"),               // seconds
        (Millis(4_070_908_800_000), "time_too_far_ahead"),     // 2099
        (Millis(1_700_000_000_000_000), "time_too_far_ahead"), // microseconds
        (Millis(i64::MIN), "time_too_old"),
    ] {
        let mut story = Story::new(RuleSettings::default());
        story.feed(says(0, "m1", "chat", &["handle:ann"]));
        let strange = Complaint {
            occurred_at: occurred,
            ..says(0, "m2", "chat", &["handle:bob"])
        };
        assert_eq!(refused(&mut story, &strange), Some(reason));
        let edited = Complaint {
            revision: 1,
            edited_at: Some(occurred),
            ..says(0, "m1", "chat", &["handle:ann"])
        };
        assert_eq!(refused(&mut story, &edited), Some(reason));
        let case = story.until(10).case();
        assert_eq!((case.opened_at, case.status), (at(0), CaseStatus::Open));
    }
}

/// CASES 27: whatever record says it, and whichever of its times; one such record moves no drain's time.
#[test]
fn no_record_moves_a_drains_time_by_an_absurd_one() {
    let ann: &[&str] = &["handle:ann"];
    for (occurred, reason) in [
        (Millis(1_772_442_600), "time_too_old"),
        (Millis(4_070_908_800_000), "time_too_far_ahead"),
    ] {
        let mut story = Story::new(RuleSettings::default());
        story.feed(says(0, "m1", "chat", ann));
        let said = Complaint {
            occurred_at: occurred,
            ..says(0, "m2", "chat", ann)
        };
        let edited = Complaint {
            edited_at: Some(occurred),
            ..says(0, "m3", "chat", ann)
        };
        let reply = Response {
            occurred_at: occurred,
            ..replies(0, "r1", "chat")
        };
        let typo = Response {
            edited_at: Some(occurred),
            ..replies(0, "r2", "chat")
        };
        let update = Update {
            occurred_at: occurred,
            ..becomes(0, "u1", "chat", Status::Resolved)
        };
        let survey = Survey {
            occurred_at: occurred,
            ..scores(0, "s1", 3.0, ann)
        };
        let record = Customer {
            updated_at: occurred,
            ..customer(0, "C", ann)
        };
        for (input, record) in [
            (InputKind::Complaints, bytes(&said)),
            (InputKind::Complaints, bytes(&edited)),
            (InputKind::Responses, bytes(&reply)),
            (InputKind::Responses, bytes(&typo)),
            (InputKind::Updates, bytes(&update)),
            (InputKind::Surveys, bytes(&survey)),
            (InputKind::Customers, bytes(&record)),
        ] {
            let refused = story.read(input, None, Some(&record), at(10));
            assert_eq!(refused, Some(reason), "{input:?}");
        }
        assert_eq!(story.desk.largest_event_time(), Some(at(0)));
        let case = story.until(10).case();
        assert_eq!((case.status, case.customer_id), (CaseStatus::Open, None));
    }
}

/// CASES 45: a refusal says which time, and which channel, as people write them.
#[test]
fn a_refusal_can_be_read() {
    let mut story = Story::new(RuleSettings::default());
    let seconds = Complaint {
        occurred_at: Millis(1_772_442_600),
        ..says(0, "m1", "chat", &["handle:ann"])
    };
    let ahead = Complaint {
        occurred_at: Millis(4_070_908_800_000),
        ..says(0, "m1", "chat", &["handle:ann"])
    };
    //   given                                 then it is refused as      and says
    for (value, code, parts) in [
        (
            bytes(&seconds),
            "time_too_old",
            &["occurred_at is 1970-01-21T12:20:42.6Z", "seconds taken"][..],
        ),
        (
            bytes(&ahead),
            "time_too_far_ahead",
            &[
                "occurred_at is 2099-01-01T00:00:00Z",
                "when the log got the record",
            ],
        ),
        (
            bytes(&says(0, "m1", "pigeon", &["handle:ann"])),
            "unknown_channel",
            &["\"pigeon\"", "[channels."],
        ),
        (Vec::new(), "empty_value", &["the value is empty"]),
        (
            bytes(&seconds)[..12].to_vec(),
            "truncated",
            &["the value ends at byte 12, in the middle of a field"],
        ),
        (b"{}".to_vec(), "bad_magic", &["starts with byte 0x7b"]),
    ] {
        let refused = story.read(InputKind::Complaints, None, Some(&value), at(10));
        assert_eq!(refused, Some(code));
        let detail = &story.desk.rejected().last().expect("it is refused").detail;
        for part in parts {
            assert!(detail.contains(part), "{detail}: {part}");
        }
        assert!(!detail.contains(code), "its name is said once: {detail}");
    }
}

/// CASES 30: what looks like a name that was hidden is an id like any.
#[test]
fn ids_that_begin_with_forgotten_are_ordinary() {
    let (id, thread) = ("forgotten:0123456789abcdef", "forgotten:fedcba9876543210");
    let message = |minute, id: &str| Complaint {
        conversation_id: Some(thread.into()),
        ..says(minute, id, "chat", &["handle:forgotten"])
    };
    let mut reply = replies(20, "forgotten:1", "chat");
    reply.conversation_id = thread.into();
    reply.in_reply_to = Some(id.into());
    let lines: [Line; 3] = [
        message(0, id).into(),
        reply.into(),
        message(30, "forgotten:2").into(),
    ];
    let mut story = Story::fed(RuleSettings::default(), lines);
    // Somebody else in the thread is forgotten, which hides names of theirs only.
    let other = Complaint {
        conversation_id: Some(thread.into()),
        ..says(35, "m4", "chat", &["handle:bob"])
    };
    story.feed(other);
    story.feed(Line::Forgets("handle:bob", at(40)));
    let story = story.until(45);
    let cases = story.cases();
    let hers = cases
        .values()
        .find(|case| case.forgotten_at.is_none())
        .expect("hers stays");
    assert_eq!((hers.customer_messages, hers.human_replies), (2, 1));
    assert_eq!(hers.conversation_id, thread);
    let open: Vec<_> = { story.work().into_values() }
        .filter(|item| item.case_id == hers.case_id && item.complaint.id == "forgotten:2")
        .collect();
    assert_eq!(open.len(), 1);
    let mut story = Story::new(RuleSettings::default());
    assert_eq!(
        refused(&mut story, &message(0, "⟨forgotten⟩0123456789abcdef")),
        Some("reserved_name")
    );
}

/// CASES 31: half a megabyte in any field is heard all the same, as work of an ordinary size.
#[test]
fn a_message_with_endless_fields_is_ordinary_work() {
    let long = || "x".repeat(500_000);
    let identifier = |value: String| Identifier {
        kind: "handle".into(),
        value: Sensitive(value.into()),
        realm: None,
    };
    type Spoil = Box<dyn Fn(&mut Complaint)>;
    let spoils: [Spoil; 8] = [
        Box::new(move |c| c.brand = Some(long().into())),
        Box::new(move |c| c.product = Some(long().into())),
        Box::new(move |c| c.issue = Some(long().into())),
        Box::new(move |c| c.url = Some(Sensitive(long().into()))),
        Box::new(move |c| c.location = Some(Sensitive(long().into()))),
        Box::new(move |c| c.author.identifiers.push(identifier(long()))),
        Box::new(move |c| c.author.display_name = Some(Sensitive(long().into()))),
        Box::new(move |c| _ = c.attributes.insert("a".into(), long())),
    ];
    for (n, spoil) in spoils.iter().enumerate() {
        let mut message = says(0, "m1", "chat", &["handle:ann"]);
        spoil(&mut message);
        let story = Story::fed(RuleSettings::default(), [message.into()]).until(1);
        let item = story.work().into_values().next().expect("it is heard");
        let size = serde_json::to_string(&item).expect("JSON").len();
        assert!(size < 10_000, "{n}: {size} bytes");
        assert!(
            item.complaint.attributes.contains_key("heard.cut"),
            "{n}: it is told"
        );
        assert_eq!(item.complaint.author.identifiers.len(), 1);
        assert!(story.all_that_is_kept().len() < 20_000, "{n}");
    }
}

/// CASES 31: names of staff, brands and issues of the company's own records are cut too, and its case stays small.
#[test]
fn endless_names_of_staff_and_brands_are_cut() {
    let long = || Some("x".repeat(100_000).into());
    let reply = Response {
        agent: long(),
        team: long(),
        brand: long(),
        via: long(),
        ..replies(10, "r1", "chat")
    };
    let update = Update {
        owner: long(),
        team: long(),
        brand: long(),
        product: long(),
        issue: long(),
        root_cause: long(),
        ..becomes(20, "u1", "chat", Status::Pending)
    };
    let person = |name: &str| Identifier {
        kind: "handle".into(),
        value: Sensitive(name.into()),
        realm: None,
    };
    let record = Customer {
        tier: long(),
        owner: long(),
        preferred_language: long(),
        preferred_channel: long(),
        identifiers: vec![person("ann"), person(&"x".repeat(100_000))],
        ..customer(0, "C", &[])
    };
    let lines: [Line; 5] = [
        record.into(),
        says(0, "m1", "chat", &["handle:ann"]).into(),
        reply.into(),
        update.into(),
        says(30, "m2", "chat", &["handle:ann"]).into(),
    ];
    let story = Story::fed(RuleSettings::default(), lines).until(40);
    let case = story.case();
    assert_eq!(case.customer_id.as_deref(), Some("C"));
    for name in [
        &case.owner,
        &case.team,
        &case.brand,
        &case.product,
        &case.issue,
        &case.root_cause,
        &case.tier,
    ] {
        let name = name.as_deref().expect("its beginning stays");
        assert!(
            name.len() <= 256 && name.ends_with(" […]"),
            "{} bytes",
            name.len()
        );
    }
    for item in story.work().values() {
        let size = serde_json::to_string(item).expect("JSON").len();
        assert!(size < 10_000, "{size} bytes");
    }
    assert!(story.all_that_is_kept().len() < 20_000);
    // A message of a long name is heard, and a reply finds it (V8).
    let long = "x".repeat(100_000);
    let reply = Response {
        in_reply_to: Some(long.as_str().into()),
        ..replies(10, "r", "chat")
    };
    let lines: [Line; 2] = [says(0, &long, "chat", &["handle:ann"]).into(), reply.into()];
    let story = Story::fed(RuleSettings::default(), lines).until(40);
    assert_eq!(story.case().answered_at, Some(at(10)));
    assert!(story.all_that_is_kept().len() < 20_000);
}
