//! A party of any size: what is found over its cases is exact, in any order of arrival and in any number of drains.

use std::collections::BTreeMap;

use heard::config::rules::{RuleSettings, Span};
use heard::desk::Output;
use heard::model::work_item::Relation;
use heard::model::{
    Case, CaseId, Complaint, History, Millis, Sensitive, Status, WorkFlag, WorkItem, WorkState,
};

use crate::story::{Line, Story, at, replies, says};

const HOUR: i64 = 60;
const DAYS: i64 = 24 * HOUR;

/// A message of one person that begins a conversation.
fn begins(minute: i64, n: usize, channel: &str) -> Complaint {
    Complaint {
        conversation_id: Some(format!("t{n}").into()),
        ..says(minute, &format!("m{n}"), channel, &["email:p@x"])
    }
}

/// Posts of one person every four hours; each of these is an email instead, which nobody answers.
fn posts(number: usize, is_mail: impl Fn(usize) -> bool) -> Vec<Line> {
    let said = |n: usize| {
        let channel = if is_mail(n) { "email" } else { "social" };
        begins(n as i64 * 4 * HOUR, n, channel).into()
    };
    (0..number).map(said).collect()
}

/// The same, where some are answered, some of those resolved, and some say the same.
fn lively(number: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for n in 0..number {
        let channel = if n % 19 == 18 { "email" } else { "social" };
        let minute = n as i64 * 4 * HOUR;
        let mut said = begins(minute, n, channel);
        if n % 5 == 0 {
            let text = "My parcel has been in the warehouse for ten days now, and nobody answers.";
            said.text = Some(Sensitive(text.into()));
        }
        lines.push(said.into());
        if n % 7 == 3 {
            let mut reply = replies(minute + 30 * HOUR, &format!("r{n}"), channel);
            reply.conversation_id = format!("t{n}").into();
            reply.status = (n % 14 == 3).then_some(Status::Resolved);
            lines.push(reply.into());
        }
    }
    lines
}

fn when(line: &Line) -> Millis {
    match line {
        Line::Says(said) => said.occurred_at,
        Line::Replies(reply) => reply.occurred_at,
        _ => at(0),
    }
}

/// Told in so many drains; each reads so many lines at once. None comes after its conversation was retired, in whatever order
/// they are: a reply that waits longer for its message is not kept for it.
fn drained(lines: &[Line], drains: usize, at_once: usize, until: Millis) -> Story {
    let settings = RuleSettings::default();
    let all = u32::try_from(until.since(at(0)) / (DAYS * 60_000) + 1).expect("it fits");
    let mut story = Story::new(RuleSettings {
        retire_after: settings.retire_after.max(Span::days(all)),
        ..settings
    });
    let mut seen = at(0);
    for drain in lines.chunks(lines.len().div_ceil(drains)) {
        story.begin_again();
        for read in drain.chunks(at_once) {
            story.tell_all(read.iter().cloned());
        }
        seen = drain
            .iter()
            .map(when)
            .max()
            .max(Some(seen))
            .expect("there is one");
        story.wait_until(seen);
    }
    story.wait_until(until);
    story
}

/// What must be equal of work: all of what is open, but when it went out, how often, and how many cases were open
/// then; of what is over only that it is.
fn work(story: &Story) -> BTreeMap<CaseId, (WorkState, Option<WorkItem>)> {
    let comparable = |item: WorkItem| WorkItem {
        revision: 0,
        routed_at: Millis(0),
        history: History {
            open_cases: 0,
            ..item.history
        },
        ..item
    };
    let work = story.work().into_values();
    let open = |item: WorkItem| (item.state == WorkState::Open).then(|| comparable(item));
    work.map(|item| (item.case_id, (item.state, open(item))))
        .collect()
}

/// In order, from the end, and shuffled.
fn orders(lines: &[Line]) -> [Vec<Line>; 3] {
    let mut backwards = lines.to_vec();
    backwards.reverse();
    let mut shuffled = lines.to_vec();
    let mut dice = 7_u64;
    for n in (1..shuffled.len()).rev() {
        dice = dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        shuffled.swap(n, (dice >> 33) as usize % (n + 1));
    }
    [lines.to_vec(), backwards, shuffled]
}

fn equal_in_any_order(lines: &[Line], at_once: usize) {
    let last = lines.iter().map(when).max().expect("there is one");
    let until = last.plus(40 * DAYS * 60_000);
    let first = drained(lines, 1, at_once, until);
    let (cases, items) = (first.cases(), work(&first));
    for (n, order) in orders(lines).iter().enumerate() {
        for drains in [1, 2, 30] {
            let what = format!("order {n}, {drains} drains");
            let story = drained(order, drains, at_once, until);
            equal(&story.cases(), &cases, &what);
            equal(&work(&story), &items, &what);
        }
    }
}

fn equal<T: PartialEq + std::fmt::Debug>(
    found: &BTreeMap<CaseId, T>,
    wanted: &BTreeMap<CaseId, T>,
    what: &str,
) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (case, wanted) in wanted {
        assert_eq!(found.get(case), Some(wanted), "{what}");
    }
}

#[test]
fn equal_cases_and_equal_work_of_49_cases() {
    equal_in_any_order(&posts(49, |n| n == 18), 1);
    equal_in_any_order(&lively(49), 1);
}

#[test]
fn equal_cases_and_equal_work_of_500_cases() {
    equal_in_any_order(&lively(500), 100);
}

/// HEARD_PARTY=30000 cargo test --release --test rules of_very_many -- --ignored
#[test]
#[ignore = "takes a while; HEARD_PARTY says how many"]
fn equal_cases_and_equal_work_of_very_many_cases() {
    let number = std::env::var("HEARD_PARTY")
        .ok()
        .and_then(|number| number.parse().ok());
    equal_in_any_order(&lively(number.unwrap_or(3000)), 500);
}

/// CASES 22: the 19th of 49 is an unanswered email.
#[test]
fn an_email_that_nobody_answers_escalates_in_every_post_after_its_patience() {
    let lines = posts(49, |n| n == 18);
    for (n, order) in orders(&lines).iter().enumerate() {
        for drains in [1, 2, 30] {
            let what = format!("order {n}, {drains} drains");
            let story = drained(order, drains, 1, at(60 * DAYS));
            let cases: Vec<Case> = story.cases().into_values().collect();
            let mail = cases
                .iter()
                .find(|case| case.channel == "email")
                .expect("there is one");
            let escalated = cases
                .iter()
                .filter(|case| case.escalated_from == Some(mail.case_id));
            let since: Vec<_> = escalated.clone().map(|case| case.opened_at).collect();
            assert_eq!(since.len(), 19, "{what}");
            assert_eq!(
                since.iter().min(),
                Some(&at(120 * HOUR)),
                "{what}: the email's 48 h end"
            );
            let parallel = story.work().into_values().filter(|item| {
                let mut links = item.linked_cases.iter();
                links.any(|link| link.relation == Relation::Parallel && link.case_id == mail.case_id)
            });
            assert_eq!(parallel.count(), 11, "{what}");
            let flagged = story.work().into_values();
            let flagged = flagged.filter(|item| item.flags.contains(&WorkFlag::Escalated));
            assert_eq!(flagged.count(), 19, "{what}");
        }
    }
}

/// CASES 23: one party with 349 cases.
#[test]
fn everybody_who_came_before_is_a_repeat_with_an_exact_history() {
    let lines = posts(349, |_| false);
    for (n, order) in orders(&lines).iter().enumerate() {
        let drains = 1 + n;
        let story = drained(order, drains, 50, at(349 * 4 * HOUR + 40 * DAYS));
        let mut items: Vec<_> = story.work().into_values().collect();
        items.sort_by_key(|item| item.first_heard_at);
        for (place, item) in items.iter().enumerate() {
            let what = format!("order {n}, {drains} drains, case {place}");
            let before = place.min(90 * 24 / 4) as u32;
            let repeats = item.priority.terms.iter().any(|term| term.name == "repeat");
            assert_eq!(repeats, before > 0, "{what}");
            let history = &item.history;
            let counted = (history.complaints_90d, history.unanswered_90d);
            assert_eq!(counted, (before, before), "{what}");
        }
    }
}

/// CASES 23: as each comes, its handler is told exactly how many of the person's cases are open.
#[test]
fn a_history_says_how_many_are_open_however_many_they_are() {
    let mut story = Story::new(RuleSettings::default());
    for line in posts(349, |_| false) {
        story.wait_until(when(&line));
        story.tell(line);
    }
    let outputs = story.desk.outputs().iter();
    let first = outputs.filter_map(|output| match output {
        Output::Work(item) if item.revision == 1 => Some((item.first_heard_at, item.history.open_cases)),
        _ => None,
    });
    let mut told: Vec<_> = first.collect();
    told.sort_unstable();
    let told: Vec<_> = told.into_iter().map(|(_, open)| open).collect();
    assert_eq!(told, (0..349).collect::<Vec<_>>());
}

/// CASES 24: an echo among 63 posts of 48 hours is linked to the earliest that says the same.
#[test]
fn an_echo_among_many_is_linked_to_the_earliest() {
    let text = "My parcel has been in the warehouse for ten days now, and nobody answers my calls.";
    let lines: Vec<Line> = (0..63)
        .map(|n| {
            let mut said = begins(n as i64 * 45, n, "social");
            if [2, 30, 62].contains(&n) {
                said.text = Some(Sensitive(text.into()));
            }
            said.into()
        })
        .collect();
    for (n, order) in orders(&lines).iter().enumerate() {
        for drains in [1, 2, 7] {
            let story = drained(order, drains, 1, at(10 * DAYS));
            let cases = story.cases();
            let of = |place: i64| {
                let mut cases = cases.values();
                cases
                    .find(|case| case.opened_at == at(place * 45))
                    .expect("it is there")
            };
            let what = format!("order {n}, {drains} drains");
            let origin = Some(of(2).case_id);
            assert_eq!((of(30).echo_of, of(62).echo_of), (origin, origin), "{what}");
            assert_eq!(
                cases.values().filter(|case| case.echo_of.is_some()).count(),
                2,
                "{what}"
            );
        }
    }
}
