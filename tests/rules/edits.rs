//! Rule 1, what an edit does: it revises the work, and one that says something else is the customer who speaks again.
//! CASES 5, 8 and 9.

use heard::config::rules::RuleSettings;
use heard::model::{CaseStatus, Complaint, Sensitive, Visibility, WorkItem, WorkState};

use crate::story::{Story, at, replies, says};
use crate::versions::{ANN, DAY, HOUR, heard, logged, post, saying};

/// The terms of an item, the weightiest first.
fn terms(item: &WorkItem) -> Vec<&str> {
    let mut terms: Vec<_> = item.priority.terms.iter().collect();
    terms.sort_by_key(|term| -term.points);
    terms.iter().map(|term| &*term.name).collect()
}

/// CASES 5 and 9: what an edit says is what whoever handles it reads, and by what it is ranked.
#[test]
fn an_edit_revises_the_work() {
    let mild = || saying("The cooker smells a little of something.", post());
    let danger = saying("Gas! My child is in hospital.", post());
    let better = saying("The cooker smells of something.", post());
    //   given an edit without a revision      then its work has this term
    for (edit, is_danger) in [(danger, true), (better, false)] {
        let text = edit.text.clone();
        let lines = [logged(0, mild()), logged(HOUR, edit)];
        let story = heard(RuleSettings::default, &lines, 2 * HOUR);
        let item = story.work().into_values().next().expect("there is work");
        assert_eq!((item.state, item.revision), (WorkState::Open, 2));
        assert_eq!(item.complaint.text, text);
        // Danger is on top.
        let first = is_danger.then_some("severity.safety");
        assert_eq!(terms(&item).first().copied(), first);
        assert_eq!(story.case().customer_messages, 1);
    }
}

/// CASES 9: an open item is revised, whatever of its message has changed.
#[test]
fn whatever_an_edit_changes_its_work_shows() {
    type Edit = fn(&mut Complaint);
    //   given the same message, but                         then its item is revised
    let table: [(&str, Edit, bool); 12] = [
        ("nothing", |_| {}, false),
        (
            "the tool that delivered it",
            |c| c.via = Some("feed".into()),
            false,
        ),
        ("a text", |c| c.text = Some(Sensitive("better said".into())), true),
        (
            "a name",
            |c| c.author.display_name = Some(Sensitive("Ann".into())),
            true,
        ),
        ("a place", |c| c.location = Some(Sensitive("Oslo".into())), true),
        (
            "where to see it",
            |c| c.url = Some(Sensitive("https://a".into())),
            true,
        ),
        ("an order", |c| c.order_ref = Some(Sensitive("7".into())), true),
        (
            "a remedy",
            |c| c.remedy_sought = Some(Sensitive("money".into())),
            true,
        ),
        ("a language", |c| c.language = Some("es".into()), true),
        ("an audience", |c| c.audience = Some(9), true),
        ("a rating", |c| c.rating = Some(1.0), true),
        (
            "who may see it",
            |c| c.visibility = Some(Visibility::Private),
            true,
        ),
    ];
    for channel in ["social", "email"] {
        for (what, edit, is_revised) in table {
            let post = says(0, "p1", channel, ANN);
            let mut edited = post.clone();
            edit(&mut edited);
            let lines = [logged(0, post.clone()), logged(HOUR, edited.clone())];
            let story = heard(RuleSettings::default, &lines, 2 * HOUR);
            let item = story.work().into_values().next().expect("there is work");
            let revision = 1 + i32::from(is_revised);
            assert_eq!(
                (item.state, item.revision as i32),
                (WorkState::Open, revision),
                "{channel}: {what}"
            );
            let shown = Complaint {
                via: None,
                ..(*item.complaint).clone()
            };
            assert_eq!(shown, Complaint { via: None, ..edited }, "{channel}: {what}");
        }
    }
    // A further case of hers is no news to the handler of this one.
    let elsewhere = Complaint {
        conversation_id: Some("other".into()),
        ..says(30, "p2", "social", ANN)
    };
    let story = Story::told(RuleSettings::default(), [post().into(), elsewhere.into()]).until(HOUR);
    let first = story
        .work()
        .into_values()
        .find(|item| &*item.complaint.id == "p1");
    assert_eq!(first.map(|item| item.revision), Some(1));
}

/// W1: whatever of it has changed.
#[test]
fn work_is_revised_when_its_message_turns_out_to_be_earlier() {
    let earlier = Complaint {
        occurred_at: at(-HOUR),
        ..post()
    };
    let lines = [logged(0, post()), logged(5, earlier)];
    let story = heard(RuleSettings::default, &lines, HOUR);
    let item = story.work().into_values().next().expect("there is work");
    assert_eq!((item.first_heard_at, item.revision), (at(-HOUR), 2));
    assert_eq!(story.case().opened_at, at(-HOUR));
}

const FIRE: &str = "The charger caught fire, my son is in hospital. My lawyer will call you.";

/// CASES 8: an edit that says something else is the customer who speaks again.
#[test]
fn a_review_edited_after_its_answer_waits_again_if_it_says_something_else() {
    const FINE: &str = "The charger is a little slow, but it does what it says it does.";
    let long = "It arrived late, the box was torn open and half of the cable was missing in it.";
    let review = |stars: f64, text: &str| Complaint {
        rating: Some(stars),
        ..saying(text, says(0, "p1", "review", ANN))
    };
    let edited = |day: Option<i64>, complaint| Complaint {
        edited_at: day.map(|day| at(day * DAY)),
        ..complaint
    };
    let slow = FINE.replace('.', "!");
    //   given 3 stars, a reply on day 1, edited         on day           to              then it waits again
    let table: [(&str, Complaint, bool); 9] = [
        ("to fire", edited(Some(10), review(1.0, FIRE)), true),
        ("to fewer stars", edited(Some(10), review(2.0, FINE)), true),
        ("to more stars", edited(Some(10), review(4.0, FINE)), false),
        ("to other words", edited(Some(10), review(3.0, long)), true),
        ("to nearly the same", edited(Some(10), review(3.0, &slow)), false),
        ("to a short text", edited(Some(10), review(3.0, "Slow.")), false),
        (
            "to a short threat",
            edited(Some(10), review(3.0, "See my lawyer.")),
            true,
        ),
        ("nobody knows when", edited(None, review(1.0, FIRE)), false),
        ("before the reply", edited(Some(0), review(1.0, FIRE)), false),
    ];
    for (what, edit, waits) in table {
        let edited_at = edit.edited_at;
        let lines = [
            logged(0, review(3.0, FINE)),
            logged(DAY, replies(DAY, "r1", "review")),
            logged(10 * DAY, edit),
        ];
        let story = heard(RuleSettings::default, &lines, 11 * DAY);
        let case = story.case();
        let waiting_since = edited_at.filter(|_| waits);
        assert_eq!(case.waiting_since, waiting_since, "{what}");
        assert_eq!(
            (case.customer_messages, case.waits),
            (1, 1 + u32::from(waits)),
            "{what}"
        );
        let items: Vec<_> = story.work().into_values().collect();
        assert_eq!(items.len(), 1, "{what}: work of one message is one");
        let state = if waits { WorkState::Open } else { WorkState::Done };
        assert_eq!(items[0].state, state, "{what}");
    }
}

/// CASES 8, what its handler sees; and the reply to it.
#[test]
fn work_of_a_message_that_says_something_else_goes_on() {
    for channel in ["review", "social", "forum", "email"] {
        goes_on_in(channel);
    }
}

fn goes_on_in(channel: &str) {
    let review = |stars: f64, text: &str| Complaint {
        rating: Some(stars),
        ..saying(text, says(0, "p1", channel, ANN))
    };
    let edit = Complaint {
        edited_at: Some(at(10 * DAY)),
        ..review(1.0, FIRE)
    };
    let mut lines = vec![
        logged(0, review(3.0, "It is slow.")),
        logged(DAY, replies(DAY, "r1", channel)),
        logged(10 * DAY, edit),
    ];
    let story = heard(RuleSettings::default, &lines, 11 * DAY);
    let item = story.work().into_values().next().expect("there is work");
    assert_eq!((item.state, item.first_heard_at), (WorkState::Open, at(10 * DAY)));
    assert_eq!(item.complaint.text.as_ref().map(|text| text.as_str()), Some(FIRE));
    assert_eq!(
        terms(&item)[..2],
        ["severity.safety", "severity.legal"],
        "{channel}"
    );
    assert!(terms(&item).contains(&"severity.rating"), "{channel}");
    lines.push(logged(12 * DAY, replies(12 * DAY, "r2", channel)));
    let story = heard(RuleSettings::default, &lines, 30 * DAY);
    let case = story.case();
    assert_eq!((case.status, case.human_replies), (CaseStatus::Answered, 2));
    assert_eq!((case.answered_at, case.waits), (Some(at(DAY)), 2));
    assert_eq!((story.count(WorkState::Done), story.work().len()), (1, 1));
}
