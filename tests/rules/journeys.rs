//! Stories that go through several channels (rules 9 and 16): one person, one matter.

use heard::config::rules::{LevelSet, Span};
use heard::model::work_item::Relation;
use heard::model::{
    Case, CaseStatus, Complaint, EscalationCause, Response, SlaState, Status, WorkFlag, WorkItem, WorkState,
};

use crate::story::{Line, Story, at, becomes, customer, permutations, replies, says, with_levels};

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

fn ann() -> Line {
    customer(0, "C1", &["email:a@b", "phone:1234567", "handle:ann"]).into()
}

fn of(story: &Story, channel: &str) -> Case {
    let cases = story.cases();
    let mut of_channel = cases.into_values().filter(|case| case.channel == channel);
    of_channel.next().expect("there is a case in this channel")
}

fn work_of(story: &Story, channel: &str) -> WorkItem {
    let case = of(story, channel).case_id;
    let work = story.work();
    let mut items = work.into_values().filter(|item| item.case_id == case);
    items.next().expect("the case has work")
}

/// A complaint by email and, ten minutes later, on social; answered by email within the hour and in public
/// within two; resolved by the end of the day.
#[test]
fn the_restaurant() {
    let mut settings = with_levels();
    for rules in settings.channels.values_mut() {
        rules.levels.usual.acknowledge = Some(Span::hours(2));
        rules.levels.usual.answer = Some(Span::hours(2));
        rules.levels.usual.resolve = None;
    }
    let email = settings.channels.get_mut("email").expect("a built-in channel");
    email.levels.usual.resolve = Some(Span::hours(24)); // the matter is resolved where it was brought first
    let lines: [Line; 6] = [
        ann(),
        says(0, "m1", "email", &["email:a@b"]).into(),
        says(10, "p1", "social", &["handle:ann"]).into(),
        replies(55, "r1", "email").into(),
        replies(115, "r2", "social").into(),
        becomes(20 * HOUR, "u1", "email", Status::Resolved).into(),
    ];
    for (in_order, order) in [
        (true, lines.clone().to_vec()),
        (false, lines.iter().rev().cloned().collect()),
    ] {
        let story = Story::told(settings.clone(), order).until(30 * DAY);
        let (email, post) = (of(&story, "email"), of(&story, "social"));
        assert_eq!(email.party_key, "customer:C1");
        assert_eq!(post.party_key, email.party_key, "one person");
        assert_eq!((post.escalated_from, post.escalation_cause), (None, None));
        if in_order {
            // Else the work was done before anybody could know.
            let linked = work_of(&story, "social").linked_cases;
            assert_eq!(linked.len(), 1, "they know of each other");
            assert_eq!(
                (linked[0].case_id, linked[0].relation),
                (email.case_id, Relation::Parallel)
            );
        }
        assert_eq!(story.times("ESCALATED_ONSTAGE"), 0);
        assert_eq!(
            story.times("SLA_BREACHED"),
            story.times("SLA_RETRACTED"),
            "no breach stands"
        );
        assert_eq!(
            (email.sla_answer, post.sla_answer),
            (SlaState::Met, SlaState::Met)
        );
        assert_eq!(story.times("FOLLOW_UP_DUE"), 1);
    }
}

/// A phone call left unanswered for two days, then an angry post by the same customer, known only
/// through a customer record that arrives after both: in every order.
#[test]
fn a_call_that_nobody_answered_and_a_post() {
    let lines: [Line; 3] = [
        says(0, "call", "phone", &["phone:1234567"]).into(),
        says(2 * DAY, "post", "social", &["handle:ann"]).into(),
        ann(),
    ];
    for order in permutations(&lines) {
        let story = Story::told(with_levels(), order.clone()).until(2 * DAY + HOUR);
        let (call, post) = (of(&story, "phone"), of(&story, "social"));
        assert_eq!(
            (&*call.party_key, &*post.party_key),
            ("customer:C1", "customer:C1")
        );
        assert_eq!(call.status, CaseStatus::Unanswered);
        assert_eq!(
            (post.escalated_from, post.escalation_cause),
            (Some(call.case_id), Some(EscalationCause::Unanswered)),
            "{order:?}"
        );
        assert_eq!(call.escalated_from, None);
        let work = work_of(&story, "social");
        assert!(work.flags.contains(&WorkFlag::Escalated) && work.flags.contains(&WorkFlag::Repeat));
        assert_eq!(work.linked_cases[0].relation, Relation::EscalatedFrom);
        assert_eq!(work.history.last_channel.as_deref(), Some("phone"));
        assert_eq!(story.times("ESCALATED_ONSTAGE"), 1);
    }
}

/// A bot's solution was the answer; the customer asked again, and a person replied.
#[test]
fn who_was_replied_to_after_a_bot_was_not_left_alone() {
    let bot = Response {
        kind: heard::model::ResponseKind::Bot,
        status: Some(Status::Resolved),
        ..replies(5, "b", "phone")
    };
    let lines: [Line; 6] = [
        ann(),
        says(0, "call", "phone", &["phone:1234567"]).into(),
        bot.into(),
        says(2 * DAY, "again", "phone", &["phone:1234567"]).into(),
        replies(2 * DAY + 5, "r", "phone").into(),
        says(2 * DAY + 10, "post", "social", &["handle:ann"]).into(),
    ];
    let story = Story::told(with_levels(), lines).until(3 * DAY);
    let post = of(&story, "social");
    assert_eq!(post.escalation_cause, Some(EscalationCause::Unsolved));
}

#[test]
fn a_late_answer_takes_the_escalation_back() {
    let lines: [Line; 3] = [
        ann(),
        says(0, "call", "phone", &["phone:1234567"]).into(),
        says(HOUR + 10, "post", "social", &["handle:ann"]).into(),
    ];
    let mut story = Story::told(with_levels(), lines).until(2 * HOUR);
    assert_eq!(
        of(&story, "social").escalation_cause,
        Some(EscalationCause::Unanswered)
    );
    // It was answered and solved in time: the record of that came late.
    story.tell(Response {
        status: Some(Status::Resolved),
        ..replies(30, "r", "phone")
    });
    let post = of(&story, "social");
    assert_eq!((post.escalated_from, post.escalation_cause), (None, None));
    let told = story.events();
    let corrected: Vec<_> = told
        .iter()
        .filter(|event| event.case_id == post.case_id && event.kind.symbol() == "CORRECTED")
        .filter_map(|event| event.details.get("what").map(|what| what.to_string()))
        .collect();
    assert_eq!(corrected, ["escalated"]);
    assert!(
        !work_of(&story, "social").flags.contains(&WorkFlag::Escalated),
        "the work is revised"
    );
}

#[test]
fn a_post_and_then_a_call() {
    let post: Line = says(0, "post", "social", &["handle:ann"]).into();
    let call: Line = says(HOUR, "call", "phone", &["phone:1234567"]).into();
    let invites: Line = Response {
        invites_to: Some("phone".into()),
        ..replies(30, "r", "social")
    }
    .into();
    let solved: Line = becomes(40, "u", "social", Status::Resolved).into();
    type Told<'t> = (&'t [Line], bool, bool, Option<&'t str>);
    //   between post and call      switched  chased  told
    let table: [Told<'_>; 3] = [
        (&[], false, true, Some("CHASED_ELSEWHERE")),
        (&[invites], true, false, Some("CHANNEL_SWITCHED")),
        (&[solved], false, false, None),
    ];
    for (between, switched, chased, event) in table {
        let lines = [&[ann(), post.clone()], between, std::slice::from_ref(&call)].concat();
        for (n, order) in permutations(&lines).into_iter().enumerate() {
            let story = Story::told(with_levels(), order).until(2 * HOUR);
            let (post, call) = (of(&story, "social"), of(&story, "phone"));
            assert_eq!(post.switched_to, switched.then_some(call.case_id), "{between:?}");
            assert_eq!(post.chased_to, chased.then_some(call.case_id), "{between:?}");
            for kind in ["CHASED_ELSEWHERE", "CHANNEL_SWITCHED"] {
                let expected = usize::from(event == Some(kind));
                // In another order it may have seemed otherwise on the way, and been corrected.
                assert!(story.times(kind) >= expected, "{kind} after {between:?}");
                if n == 0 {
                    assert_eq!(story.times(kind), expected, "{kind} after {between:?}");
                }
            }
        }
    }
}

#[test]
fn sent_back_to_where_the_customer_waits() {
    let lines: [Line; 4] = [
        ann(),
        says(0, "call", "phone", &["phone:1234567"]).into(),
        says(30, "post", "social", &["handle:ann"]).into(),
        Response {
            invites_to: Some("phone".into()),
            ..replies(40, "r", "social")
        }
        .into(),
    ];
    for order in permutations(&lines) {
        let story = Story::told(with_levels(), order).until(HOUR);
        assert_eq!(story.times("BOUNCED"), 1);
        let bounced = story
            .events()
            .into_iter()
            .find(|event| event.kind.symbol() == "BOUNCED");
        assert_eq!(
            bounced.map(|event| event.case_id),
            Some(of(&story, "social").case_id)
        );
    }
}

#[test]
fn who_comes_again_in_another_channel_was_not_helped_at_first_contact() {
    let about = |said: Complaint, issue: &str| Complaint {
        issue: Some(issue.into()),
        ..said
    };
    let opening = [
        ann(),
        about(says(0, "m", "email", &["email:a@b"]), "parcel").into(),
        replies(10, "r", "email").into(),
        becomes(20, "u", "email", Status::Resolved).into(),
    ];
    //   then, on day     about     solved at first contact
    for (day, issue, solved) in [(3, "parcel", false), (3, "refund", true), (8, "parcel", true)] {
        let call: Line = about(says(day * DAY, "call", "phone", &["phone:1234567"]), issue).into();
        for order in [
            [&opening[..], std::slice::from_ref(&call)].concat(),
            [std::slice::from_ref(&call), &opening[..]].concat(),
        ] {
            let story = Story::told(with_levels(), order).until(30 * DAY);
            let email = of(&story, "email");
            assert_eq!(
                email.first_contact_resolution,
                Some(solved),
                "{issue} on day {day}"
            );
        }
    }
}

#[test]
fn cases_of_two_people_have_nothing_to_do_with_each_other() {
    let lines: [Line; 3] = [
        ann(),
        says(0, "call", "phone", &["phone:7654321"]).into(),
        says(2 * DAY, "post", "social", &["handle:ann"]).into(),
    ];
    let story = Story::told(with_levels(), lines).until(3 * DAY);
    assert_eq!(of(&story, "social").escalated_from, None);
    assert_eq!(work_of(&story, "social").state, WorkState::Open);
    assert_eq!(work_of(&story, "social").linked_cases, []);
}

#[test]
fn when_the_party_changes_the_link_goes_with_it() {
    let lines: [Line; 3] = [
        ann(),
        says(0, "call", "phone", &["phone:1234567"]).into(),
        says(2 * DAY, "post", "social", &["handle:ann"]).into(),
    ];
    let mut story = Story::told(with_levels(), lines).until(3 * DAY);
    assert!(of(&story, "social").escalated_from.is_some());
    // The CRM was wrong: the phone is another's.
    story.tell(customer(1, "C1", &["email:a@b", "handle:ann"]));
    assert_eq!(of(&story, "phone").party_key, "phone:1234567");
    assert_eq!(of(&story, "social").escalated_from, None);
    assert_eq!(at(0), of(&story, "phone").opened_at);
}

/// The reasons for urgency, all told, and what to do next; both are revised when they change.
#[test]
fn how_urgent_and_why() {
    let vulnerable = heard::model::Customer {
        vulnerable: true,
        tier: Some("gold".into()),
        owner: Some("olga".into()),
        ..customer(0, "C1", &["email:a@b", "phone:1234567", "handle:ann"])
    };
    let angry = Complaint {
        text: Some(heard::model::Sensitive(
            "You idiots. I will call my lawyer.".into(),
        )),
        ..says(2 * DAY, "post", "social", &["handle:ann"])
    };
    let mut story = Story::told(
        with_levels(),
        [
            vulnerable.into(),
            says(0, "call", "phone", &["phone:1234567"]).into(),
            angry.into(),
        ],
    )
    .until(2 * DAY);
    let terms = |story: &Story| -> Vec<String> {
        let terms = work_of(story, "social").priority.terms;
        terms
            .iter()
            .map(|term| format!("{} {}", term.name, term.points))
            .collect()
    };
    let work = work_of(&story, "social");
    assert_eq!(
        terms(&story),
        ["escalated 100", "severity.legal 40", "vulnerable 40", "repeat 15"],
        "the escalation on top"
    );
    assert_eq!(work.priority.score, 195);
    assert!(
        work.flags.contains(&WorkFlag::Abusive),
        "flagged, and not ranked down"
    );
    use heard::model::NextStep::*;
    assert_eq!(
        work.next_steps,
        [
            AcknowledgeNow,
            AnswerPublicly,
            ShowEmpathy,
            DoNotSendBack,
            KeepOwner,
            PassToColleague,
            LinkToCase
        ]
    );
    assert_eq!(of(&story, "social").priority, 195);
    story = story.until(2 * DAY + 55);
    assert_eq!(
        terms(&story).last().map(String::as_str),
        Some("at_risk 20"),
        "the clock runs out"
    );
    story.tell(says(2 * DAY + 56, "again", "social", &["handle:ann"]));
    assert!(terms(&story).contains(&"chasers 5".to_owned()));
    story.tell(replies(2 * DAY + 57, "r", "social"));
    assert_eq!(of(&story, "social").priority, 0, "nobody waits");
}

/// The last work of a case asks for the follow-up, until somebody has asked.
#[test]
fn a_follow_up_is_work() {
    let lines: [Line; 3] = [
        says(0, "m", "email", &["email:a@b"]).into(),
        replies(10, "r", "email").into(),
        becomes(20, "u", "email", Status::Resolved).into(),
    ];
    let mut story = Story::told(with_levels(), lines).until(3 * DAY);
    assert_eq!(work_of(&story, "email").next_steps, []);
    story = story.until(3 * DAY + 20);
    let work = work_of(&story, "email");
    assert_eq!(work.next_steps, [heard::model::NextStep::FollowUp]);
    assert_eq!(work.state, WorkState::Done);
    story.tell(replies(3 * DAY + 30, "r2", "email"));
    let story = story.until(3 * DAY + 30);
    assert_eq!(work_of(&story, "email").next_steps, []);
}

/// Who speaks again before anybody has asked is other work: what was the last work asks for nothing any more. In any
/// order, as far as the follow-up was due meanwhile.
#[test]
fn who_speaks_again_is_not_followed_up() {
    let lines: [Line; 3] = [
        says(0, "m", "email", &["email:a@b"]).into(),
        replies(10, "r", "email").into(),
        becomes(20, "u", "email", Status::Resolved).into(),
    ];
    let again = |minute| says(minute, "again", "email", &["email:a@b"]);
    for minute in [30, 3 * DAY + 30] {
        let mut story = Story::told(with_levels(), lines.clone()).until(3 * DAY + 40);
        let first = work_of(&story, "email");
        assert_eq!(first.next_steps, [heard::model::NextStep::FollowUp]);
        story.tell(again(minute));
        let items = story.work();
        assert_eq!(items.len(), 2);
        assert_eq!(
            (items[&first.work_id].state, &*items[&first.work_id].next_steps),
            (WorkState::Done, &[][..]),
            "{minute}"
        );
        // It is told once.
        let revision = items[&first.work_id].revision;
        let story = story.until(5 * DAY);
        assert_eq!(story.work()[&first.work_id].revision, revision);
    }
}

/// A wait that was answered too late takes no hurry any more, whenever that is found out.
#[test]
fn a_late_answer_ranks_nothing() {
    let mut settings = with_levels();
    for rules in settings.channels.values_mut() {
        rules.levels.usual = LevelSet {
            next: Some(Span::hours(2)),
            ..LevelSet::default()
        };
    }
    let lines: [Line; 3] = [
        says(0, "m", "email", &["email:a@b"]).into(),
        replies(300, "r", "email").into(),
        says(310, "again", "email", &["email:a@b"]).into(),
    ];
    for order in permutations(&lines) {
        let story = Story::told(settings.clone(), order).until(320);
        let work = story.work().into_values();
        let open: Vec<_> = work.filter(|item| item.state == WorkState::Open).collect();
        assert_eq!(open.len(), 1);
        assert_eq!((open[0].priority.score, &*open[0].priority.terms), (0, &[][..]));
    }
}
