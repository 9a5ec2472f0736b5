//! What cannot be, what is far too long, what looks like a mark of ours: inputs that are not as one would have them
//! (DESIGN.md rule 23; CASES 27, 30 and 31).

use heard::config::rules::RuleSettings;
use heard::intake::InputKind;
use heard::model::{CaseStatus, Complaint, Identifier, Millis, Sensitive};

use crate::fed::bytes;
use crate::story::{Line, Story, at, replies, says};

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
