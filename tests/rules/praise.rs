//! Praise and thanks (rule 2): nobody waits, and somebody should thank for them.

use heard::config::rules::RuleSettings;
use heard::model::{Complaint, Intent, NextStep, Visibility, WorkFlag, WorkItem, WorkState};

use crate::story::{Line, Story, says};
use crate::told::{ann, check, minutes, told};

/// The work that a message began.
fn of(story: &Story, message: &str) -> Option<WorkItem> {
    let case = ann(story).case_id;
    let id = heard::model::WorkId::new(case, message);
    story.work().remove(&id)
}

#[test]
fn rule_2_praise_is_handed_out_and_nobody_waits() {
    let table = "
        the praise                         | given                                               | judged at | is        | steps | waits | status
        has just come                      | 0 Ann praises                                       | 5         | Open      | Thank | 0     | Open
        was thanked for                    | 0 Ann praises, 9 agent                              | 10        | Done      |       | 0     | Answered
        is too long ago to thank for       | 0 Ann praises                                       | 24h       | Withdrawn |       | 0     | Open
        gives way to a complaint           | 0 Ann praises, 9 Ann                                | 10        | Done      |       | 1     | Open
        ends with its case                 | 0 Ann praises, 9 resolved                           | 10        | Done      |       | 0     | Resolved
        goes on                            | 0 Ann praises, 9 Ann thanks                         | 10        | Open      | Thank | 0     | Open
        comes when no reply is left        | -9 Ann, -7 agent, -4 agent, 0 Ann thanks            | 5         | Open      | DoNotReplyAgain | 1 | Answered
        comes when one is left             | -9 Ann, -7 agent, 0 Ann thanks                      | 5         | Open      | Thank, LastPublicReply | 1 | Answered
        is said while a complaint waits    | -9 Ann, 0 Ann thanks                                | 5         | -         | -     | 1     | Open
    ";
    check(table, 2, |given| {
        let story = told(given[0]).until(minutes(given[1]));
        let case = ann(&story);
        let item = of(&story, "ann0");
        let steps = |item: &WorkItem| {
            let steps = item.next_steps.iter().map(|step| format!("{step:?}"));
            steps.collect::<Vec<_>>().join(", ")
        };
        [
            item.as_ref()
                .map_or("-".into(), |item| format!("{:?}", item.state)),
            item.as_ref().map_or("-".into(), steps),
            case.waits.to_string(),
            format!("{:?}", case.status),
        ]
    });
}

#[test]
fn who_praises_again_chases_nobody_and_is_not_urgent() {
    let praises = |minute, id: &str| -> Line {
        Complaint {
            intent: Some(Intent::Praise),
            rating: Some(1.0),
            audience: Some(1_000_000),
            ..says(minute, id, "review", &["email:a@b"])
        }
        .into()
    };
    let story = Story::told(RuleSettings::default(), [praises(0, "p"), praises(1, "q")]).until(2);
    let work: Vec<_> = story.work().into_values().collect();
    let [item] = &work[..] else {
        panic!("one item: {work:?}")
    };
    assert_eq!((item.state, item.messages_waiting), (WorkState::Open, 2));
    assert_eq!((item.priority.score, item.priority.terms.len()), (0, 0));
    assert!(!item.flags.contains(&WorkFlag::Chaser));
    assert_eq!(item.next_steps, [NextStep::Thank]);
}

/// Rule 8 is about public cases.
#[test]
fn a_private_message_in_a_public_channel_has_no_limit_of_replies() {
    for (visibility, left) in [(Visibility::Private, None), (Visibility::Public, Some(2))] {
        let asks = Complaint {
            visibility: Some(visibility),
            ..says(0, "m", "social", &["handle:ann"])
        };
        let story = Story::told(RuleSettings::default(), [asks.into()]).until(1);
        let left_now: Vec<_> = story.work().into_values().map(|item| item.replies_left).collect();
        assert_eq!(left_now, [left]);
    }
}
