//! The same complaint in several conversations (rule 10).

use std::collections::BTreeMap;

use heard::config::rules::RuleSettings;
use heard::model::work_item::Relation;
use heard::model::{
    Case, CaseStatus, Complaint, NextStep, Response, ResponseKind, Sensitive, WorkFlag, WorkState,
};
use heard::report::Report;

use crate::story::{Line, Story, at, customer, permutations, replies, says};

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

const TOLD: &str = "My parcel has been in the warehouse for ten days and nobody answers my messages.";
const RETOLD: &str =
    "@shop MY PARCEL has been in the warehouse for ten days, and nobody answers my messages!!";
const ANOTHER: &str = "My flight was cancelled and I have been waiting for a refund for three weeks now.";

fn post(minute: i64, site: &str, text: &str) -> Complaint {
    Complaint {
        source: site.into(),
        text: Some(Sensitive(text.into())),
        ..says(minute, &format!("m-{site}"), "review", &["email:a@b"])
    }
}

fn of<'c>(cases: &'c BTreeMap<heard::model::CaseId, Case>, source: &str) -> &'c Case {
    let mut of_source = cases.values().filter(|case| case.source == source);
    of_source.next().expect("there is a case of this source")
}

/// A known customer posts the same complaint on five review sites and once on social within 15 minutes, and
/// nobody answers for days.
#[test]
fn the_five_sites() {
    let ann: Line = customer(0, "C1", &["email:a@b", "handle:ann"]).into();
    let sites: Vec<Line> = (0..5)
        .map(|n| {
            let mut said = post(n * 3, &format!("site{n}"), if n % 2 == 0 { TOLD } else { RETOLD });
            said.audience = Some(200);
            said.into()
        })
        .collect();
    let social = Complaint {
        text: Some(Sensitive(RETOLD.into())),
        audience: Some(1000),
        source: "network".into(),
        ..says(15, "p", "social", &["handle:ann"])
    };
    let again = Complaint {
        source: "network".into(),
        ..says(DAY, "p2", "social", &["handle:ann"])
    };
    let in_order = [vec![ann], sites, vec![social.into(), again.into()]].concat();
    let backwards = in_order.iter().rev().cloned().collect();
    let mut ends = Vec::new();
    for lines in [in_order, backwards] {
        let story = Story::told(RuleSettings::default(), lines).until(2 * DAY);
        let waiting_after_two_days = left_waiting(&story, 2 * DAY);
        let story = story.until(9 * DAY);
        let cases = story.cases();
        assert_eq!(cases.len(), 6);
        let origin = of(&cases, "site0").case_id;
        for case in cases.values() {
            assert_eq!(case.party_key, "customer:C1");
            let expected = (case.case_id != origin).then_some(origin);
            assert_eq!(case.echo_of, expected, "one origin and five echoes");
            assert_eq!((case.status, case.was_unanswered), (CaseStatus::Unanswered, true));
            assert_eq!(case.escalated_from, None, "all of them are onstage");
        }
        assert_eq!(of(&cases, "network").chasers, 1);
        let work = story.work();
        let open = || work.values().filter(|item| item.state == WorkState::Open);
        assert_eq!(open().count(), 6, "each has its own spectators, and its own work");
        for item in open().filter(|item| item.case_id != origin) {
            assert!(item.flags.contains(&WorkFlag::Echo));
            assert!(item.next_steps.contains(&NextStep::LinkToCase));
            let links: Vec<_> = item
                .linked_cases
                .iter()
                .map(|link| (link.case_id, link.relation))
                .collect();
            assert_eq!(links, [(origin, Relation::EchoOf)]);
        }
        // Five sites with 200 people and a network with 1,000, for two days and for nine.
        let grown = (waiting_after_two_days, left_waiting(&story, 9 * DAY));
        assert_eq!(
            grown,
            (2000 * 48 - 350, 2000 * 216 - 350),
            "less the minutes before"
        );
        ends.push(cases);
    }
    assert_eq!(ends[0], ends[1], "in any order");
}

/// Hours of spectators left waiting by then (rule 19), as the report has them.
fn left_waiting(story: &Story, minute: i64) -> i64 {
    let mut report = Report::default();
    story.cases().values().for_each(|case| report.add(case));
    let figures = report.show(at(minute)).total.spectators;
    assert_eq!(
        (figures.cases, figures.waiting),
        (6, 6),
        "nobody has answered in public"
    );
    figures.waiting_audience_h
}

#[test]
fn what_is_an_echo() {
    let long = |end: &str| format!("{} {} {end}", TOLD, ANOTHER.repeat(3));
    let story_of = |first: Complaint, second: Complaint| {
        let ann: Line = customer(0, "C1", &["email:a@b", "handle:ann"]).into();
        let lines = [ann, first.into(), second.into()];
        let found = permutations(&lines).into_iter().map(|lines| {
            let story = Story::told(RuleSettings::default(), lines).until(9 * DAY);
            let cases = story.cases();
            let echo = of(&cases, "b").echo_of;
            assert!(echo.is_none() || echo == Some(of(&cases, "a").case_id));
            assert_eq!(of(&cases, "a").echo_of, None, "the earlier is the origin");
            echo.is_some()
        });
        let mut found: Vec<bool> = found.collect();
        found.dedup();
        assert_eq!(found.len(), 1, "the same in any order");
        found[0]
    };
    let short = "Where is my parcel?";
    //   the first said         the second, after minutes       is an echo
    for (first, second, after, echo) in [
        (TOLD, TOLD, 5, true),
        (TOLD, RETOLD, 5, true),
        (TOLD, TOLD, 48 * HOUR, true),
        (TOLD, TOLD, 48 * HOUR + 1, false), // too long after
        (TOLD, ANOTHER, 5, false),
        (short, short, 5, false),                                     // many say that
        (&long("Please help."), &long("Please answer me."), 5, true), // longer than an excerpt
        (&long(""), TOLD, 5, false), // it begins like the other, and says much more
    ] {
        let found = story_of(post(0, "a", first), post(after, "b", second));
        assert_eq!(found, echo, "{second:?} {after} min after {first:?}");
    }
    let stranger = Complaint {
        author: crate::story::person(&["email:c@d"]),
        ..post(5, "b", TOLD)
    };
    assert!(!story_of(post(0, "a", TOLD), stranger), "by somebody else");
    let by_email = Complaint {
        channel: "email".into(),
        ..post(5, "b", TOLD)
    };
    assert!(story_of(post(0, "a", TOLD), by_email), "in whatever channel");
}

#[test]
fn an_edited_text_is_an_echo_no_more() {
    let ann: Line = customer(0, "C1", &["email:a@b"]).into();
    let edited = Complaint {
        revision: 1,
        ..post(5, "b", ANOTHER)
    };
    let lines = [
        ann,
        post(0, "a", TOLD).into(),
        post(5, "b", TOLD).into(),
        edited.into(),
    ];
    let story = Story::told(RuleSettings::default(), lines).until(DAY);
    assert_eq!(of(&story.cases(), "b").echo_of, None);
    assert_eq!((story.times("ECHO_LINKED"), story.times("CORRECTED")), (1, 1));
}

/// An earlier complaint becomes known: it is the origin now, and it was said twice, not thrice.
#[test]
fn the_earliest_is_the_origin_however_late_it_is_known() {
    let ann: Line = customer(0, "C1", &["email:a@b"]).into();
    let lines = [
        ann,
        post(10, "b", TOLD).into(),
        post(20, "c", TOLD).into(),
        replies(30, "r", "review").into(),
    ];
    let mut story = Story::told(RuleSettings::default(), lines).until(DAY);
    assert_eq!(
        of(&story.cases(), "c").echo_of,
        Some(of(&story.cases(), "b").case_id)
    );
    story.tell(post(0, "a", TOLD));
    let cases = story.cases();
    let origin = Some(of(&cases, "a").case_id);
    assert_eq!(
        (of(&cases, "b").echo_of, of(&cases, "c").echo_of),
        (origin, origin)
    );
}

/// Of a text that is longer than its excerpt, what tells it from others is kept only while nothing else in its
/// row holds it whole: through replies, further messages, and so many that the first is sealed.
#[test]
fn a_long_text_is_compared_whole_whatever_came_after_it() {
    let rest = "The agent on the telephone hung up twice before I could give her my booking number, the \
                form on your website ends with an error, and the hotel that you promised was never paid.";
    let long = format!("{TOLD} {ANOTHER} {rest}");
    let excerpt: String = long.chars().take(160).collect();
    let more = |minute| -> Line {
        Complaint {
            source: "a".into(),
            ..says(minute, &format!("more-{minute}"), "review", &["email:a@b"])
        }
        .into()
    };
    let reply: Line = Response {
        source: "a".into(),
        ..replies(30, "r", "review")
    }
    .into();
    let by_bot = |minute| -> Line {
        Response {
            source: "a".into(),
            kind: ResponseKind::Bot,
            ..replies(minute, &format!("bot-{minute}"), "review")
        }
        .into()
    };
    let edited: Line = Complaint {
        revision: 1,
        ..post(0, "a", &long)
    }
    .into();
    let before_it = Complaint {
        text: Some(Sensitive(ANOTHER.into())),
        ..post(0, "a", &long)
    };
    //   after the first message of one conversation comes
    for (what, between) in [
        ("nothing", vec![]),
        ("a reply", vec![reply.clone()]),
        ("another message", vec![more(10)]),
        ("a reply and another message", vec![reply.clone(), more(40)]),
        ("so many that it is sealed", (10..30).map(more).collect()),
        (
            "many, replied to",
            (10..29).map(more).chain([reply.clone()]).collect(),
        ),
        (
            "many of a bot, and then a reply",
            (10..29).map(by_bot).chain([reply]).collect(),
        ),
    ] {
        for (edits, first) in [(false, post(0, "a", &long)), (true, before_it.clone())] {
            for (text, is_echo) in [(&long, true), (&excerpt, false)] {
                let ann: Line = customer(0, "C1", &["email:a@b"]).into();
                let mut lines = vec![ann, first.clone().into()];
                lines.extend(between.clone());
                lines.extend(edits.then(|| edited.clone()));
                lines.push(post(60, "b", text).into());
                let story = Story::told(RuleSettings::default(), lines).until(DAY);
                let echo = of(&story.cases(), "b").echo_of;
                let case = format!("{what}, edited: {edits}, the other one {text:?}");
                assert_eq!(echo.is_some(), is_echo, "{case}");
            }
        }
    }
}
