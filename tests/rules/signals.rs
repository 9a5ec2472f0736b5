//! What shows only in the sum: surges (rule 14), deaf channels (22), advocacy (13), panel candidates (20).

use std::slice::from_ref;

use heard::config::rules::RuleSettings;
use heard::model::{Complaint, Intent, Millis, Response, Signal, SignalKind, Survey, SurveyAbout};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::story::{Line, Story, at, customer, replies, says, scores};

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;
/// A Monday, 00:00, in minutes since 1970.
const MONDAY: i64 = 2800 * 7 * DAY + 4 * DAY;
const LATENESS: i64 = 10;

fn minute(minute: i64) -> Millis {
    Millis(minute * 60_000)
}

fn signals(story: &Story) -> Vec<Signal> {
    story.signals().into_iter().cloned().collect()
}

/// So many cases in each of some minutes, evenly, each in a conversation of its own. They praise, so that
/// nobody waits.
fn cases(
    minutes: std::ops::Range<i64>,
    each: i64,
    issue: Option<&str>,
) -> impl Iterator<Item = Complaint> + Clone {
    minutes.flat_map(move |minute| {
        let issue = issue.map(str::to_owned);
        (0..each).map(move |nth| {
            let id = format!("{minute}.{nth}{}", issue.as_deref().unwrap_or_default());
            Complaint {
                conversation_id: Some(id.as_str().into()),
                brand: Some("acme".into()),
                issue: issue.as_deref().map(Into::into),
                intent: Some(Intent::Praise),
                occurred_at: Millis(minute * 60_000 + nth * 60_000 / each),
                ..says(0, &id, "chat", &[])
            }
        })
    })
}

/// The minute in which three times as much begins: 22:00 on Tuesday.
const SURGE: i64 = MONDAY + DAY + 22 * HOUR;

/// An evening of eight cases a minute, and another one with three times as much for twenty minutes.
fn two_evenings() -> Vec<Complaint> {
    let monday = cases(MONDAY + 17 * HOUR..MONDAY + 23 * HOUR, 8, None);
    let tuesday = cases(SURGE - 5 * HOUR..SURGE, 8, None);
    let more = cases(SURGE..SURGE + 20, 24, None);
    monday.chain(tuesday).chain(more).collect()
}

fn is_the_surge(signals: &[Signal]) {
    let [surge] = signals else {
        panic!("one surge, not {signals:?}");
    };
    assert_eq!((surge.kind, &*surge.key), (SignalKind::Surge, "acme/chat"));
    let after = surge.at.since(minute(SURGE)) / 60_000;
    assert!((1..=5).contains(&after), "found after {after} minutes");
    assert!(surge.observed > 2.0 * surge.expected, "{surge:?}");
    assert_eq!(
        surge.window,
        surge.at.0 - surge.details["since"].parse::<i64>().expect("a time")
    );
}

#[test]
fn three_times_the_usual_over_many_conversations_is_told_once() {
    let lines = two_evenings().into_iter().map(Line::from);
    let mut story = Story::told(RuleSettings::default(), lines);
    story.wait_until(minute(SURGE + LATENESS));
    assert_eq!(signals(&story), [], "not before the lateness bound");
    story.wait_until(minute(SURGE + 5 + LATENESS));
    is_the_surge(&signals(&story));
    story.wait_until(minute(SURGE + 2 * DAY));
    assert_eq!(story.signals().len(), 1, "once, however long it lasts");
}

/// In whatever order they come, within the bound, by a clock that goes on with them or stands still.
#[test]
fn the_order_of_arrival_makes_no_difference_to_a_surge() {
    let all = two_evenings();
    let mut random = ChaCha8Rng::seed_from_u64(14);
    let mut still: Vec<_> = all.clone();
    still.shuffle(&mut random);
    let mut standing = Story::told(RuleSettings::default(), still.into_iter().map(Line::from));
    standing.wait_until(minute(SURGE + DAY));

    let late = (LATENESS - 1) * 60_000;
    let arrives = |case: Complaint| (case.occurred_at.plus(random.random_range(0..late)), case);
    let mut arriving: Vec<_> = all.into_iter().map(arrives).collect();
    arriving.sort_by_key(|(arrives, _)| *arrives);
    let mut live = Story::new(RuleSettings::default());
    for (arrives, case) in arriving {
        live.wait_until(arrives);
        live.tell(case);
    }
    live.wait_until(minute(SURGE + DAY));
    is_the_surge(&signals(&live));
    assert_eq!(signals(&live), signals(&standing));
}

/// What comes later than the bound is not decided again.
#[test]
fn what_comes_too_late_changes_nothing() {
    let usual =
        cases(MONDAY..MONDAY + HOUR, 1, None).chain(cases(MONDAY + DAY..MONDAY + DAY + HOUR, 1, None));
    let more = || cases(MONDAY + DAY + 50..MONDAY + DAY + HOUR, 60, None);
    let told = |in_time: bool| {
        let settings = RuleSettings::default();
        let mut story = Story::told(settings, usual.clone().map(Line::from));
        if in_time {
            more().for_each(|case| story.tell(case));
        }
        story.wait_until(minute(MONDAY + DAY + HOUR + LATENESS));
        more().for_each(|case| story.tell(case));
        story.wait_until(minute(MONDAY + 2 * DAY));
        story.signals().len()
    };
    assert_eq!((told(true), told(false)), (1, 0));
}

#[test]
fn an_issue_is_watched_by_itself() {
    let evening = |day: i64| MONDAY + day * DAY + 18 * HOUR;
    let usual = (0..3).flat_map(|day| cases(evening(day)..evening(day) + HOUR, 20, None));
    let parcels = (0..3).flat_map(|day| cases(evening(day)..evening(day) + HOUR, 1, Some("parcel")));
    let more = cases(evening(2) + 20..evening(2) + 40, 7, Some("parcel")).map(|case| Complaint {
        conversation_id: Some(format!("more {}", case.id).into()),
        ..case
    });
    let lines = usual.chain(parcels).chain(more).map(Line::from);
    let mut story = Story::told(RuleSettings::default(), lines);
    story.wait_until(minute(MONDAY + 3 * DAY));
    let keys: Vec<_> = story.signals().iter().map(|signal| signal.key.clone()).collect();
    assert_eq!(keys, ["acme/chat/parcel"]);
}

fn off() -> RuleSettings {
    RuleSettings::default()
}

/// Lines, until when, and what is told then: in which minute it was too long, with how many cases since.
type Spells<'l> = (&'l [Line], i64, &'l [(i64, f64)]);

fn deaf(lines: &[Line], until: i64) -> Vec<(Millis, f64)> {
    let story = Story::told(off(), lines.to_vec()).until(until);
    let signals = story.signals().into_iter();
    let deaf = signals.filter(|signal| signal.kind == SignalKind::DeafChannel);
    deaf.map(|signal| (signal.at, signal.observed)).collect()
}

#[test]
fn a_channel_is_deaf_after_three_days_without_a_reply() {
    let asks = |minute, id: &str| -> Line {
        Complaint {
            conversation_id: Some(id.into()),
            ..says(minute, id, "forum", &["handle:ann"])
        }
        .into()
    };
    let reply = |minute, to: &str| -> Line {
        Response {
            conversation_id: to.into(),
            ..replies(minute, &format!("r{minute}"), "forum")
        }
        .into()
    };
    let elsewhere: Line = replies(HOUR, "e", "email").into();
    let bot: Line = Response {
        conversation_id: "a".into(),
        kind: heard::model::ResponseKind::Bot,
        ..replies(HOUR, "b", "forum")
    }
    .into();
    let (first, three) = (asks(0, "a"), 3 * DAY);
    //   given                                                     until          then told, with cases since
    let table: [Spells<'_>; 8] = [
        (from_ref(&first), three + LATENESS - 1, &[]),
        (from_ref(&first), three + LATENESS, &[(three, 1.0)]),
        (
            &[first.clone(), asks(DAY, "b"), asks(4 * DAY, "c")],
            9 * DAY,
            &[(three, 2.0)],
        ),
        (&[first.clone(), elsewhere, bot], 9 * DAY, &[(three, 1.0)]),
        (
            &[first.clone(), asks(DAY, "b"), reply(2 * DAY, "b")],
            9 * DAY,
            &[],
        ),
        (
            &[first.clone(), asks(2 * DAY, "b"), reply(DAY, "a")],
            4 * DAY,
            &[],
        ),
        (
            &[first.clone(), asks(2 * DAY, "b"), reply(DAY, "a")],
            9 * DAY,
            &[(2 * DAY + three, 1.0)],
        ),
        (
            &[
                first.clone(),
                reply(4 * DAY, "a"),
                asks(5 * DAY, "b"),
                asks(5 * DAY, "c"),
            ],
            9 * DAY,
            &[(three, 1.0), (5 * DAY + three, 2.0)],
        ),
    ];
    for (lines, until, wanted) in table {
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(minute, cases)| (at(*minute), *cases))
            .collect();
        assert_eq!(deaf(lines, until), wanted, "{lines:?}");
        let backwards: Vec<_> = lines.iter().rev().cloned().collect();
        assert_eq!(deaf(&backwards, until), wanted, "{lines:?}, backwards");
    }
}

#[test]
fn a_customer_who_asks_again_and_gets_no_reply_makes_a_channel_deaf() {
    let lines = [
        says(0, "a", "forum", &["handle:ann"]).into(),
        Line::from(replies(DAY, "r", "forum")),
        says(2 * DAY, "again", "forum", &["handle:ann"]).into(),
    ];
    let told = deaf(&lines, 9 * DAY);
    assert_eq!(told, [(at(5 * DAY), 0.0)], "no case has opened since the reply");
}

/// A week's surveys: so many promoters of so many cases.
fn week(begin: i64, (promoters, of): (i64, i64), answered: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    for nth in 0..of {
        let conversation = format!("{begin}.{nth}.{answered}");
        lines.push(Line::from(Complaint {
            conversation_id: Some(conversation.as_str().into()),
            brand: Some("acme".into()),
            ..says(begin + nth, &conversation, "email", &[])
        }));
        if answered {
            lines.push(Line::from(Response {
                conversation_id: conversation.as_str().into(),
                ..replies(begin + nth + 5, &format!("r{conversation}"), "email")
            }));
        }
        let score = if nth < promoters { 9.0 } else { 3.0 };
        lines.push(Line::from(Survey {
            source: "test".into(),
            channel: Some("email".into()),
            conversation_id: Some(conversation.as_str().into()),
            ..scores(begin + nth + HOUR, &format!("s{conversation}"), score, &[])
        }));
        // A reply after the customer was asked makes no difference.
        lines.push(Line::from(Response {
            conversation_id: conversation.as_str().into(),
            ..replies(begin + nth + 2 * HOUR, &format!("late{conversation}"), "email")
        }));
    }
    lines
}

/// Newcombe's first example, 56 of 70 against 48 of 80, after a week in which there was no difference.
#[test]
fn a_week_of_surveys_is_compared_with_the_weeks_before() {
    // The story begins on Tuesday, 2023-11-14.
    let mut lines = week(0, (15, 30), true);
    lines.extend(week(0, (15, 30), false));
    lines.extend(week(7 * DAY, (56, 70), true));
    lines.extend(week(7 * DAY, (48, 80), false));
    let mut backwards = lines.clone();
    backwards.reverse();
    for lines in [lines, backwards] {
        let story = Story::told(off(), lines).until(30 * DAY);
        let found = signals(&story);
        let found: Vec<_> = found.iter().filter(|s| s.kind == SignalKind::Advocacy).collect();
        let values: Vec<_> = found
            .iter()
            .map(|s| ((s.observed * 1e4).round(), s.expected))
            .collect();
        assert_eq!(values, [(0.0, 0.0), (2000.0, 0.0)]);
        let second = found[1];
        assert_eq!(&*second.key, "acme/email/NPS_0_10");
        assert_eq!(
            second.at.0 % (7 * DAY * 60_000),
            4 * DAY * 60_000,
            "a week ends on Monday"
        );
        for (name, value) in [
            ("interval_low", "0.0524"),
            ("interval_high", "0.3339"),
            ("answered_promoters", "56"),
            ("unanswered_surveyed", "80"),
        ] {
            assert_eq!(second.details[name], value, "{name}");
        }
        assert_eq!(found[0].details["before"], "unknown");
    }
}

/// A reason, what was observed and what expected.
type Reason = (&'static str, f64, f64);

#[test]
fn each_reason_to_ask_a_person_is_told_once() {
    let known = |value: f64| {
        let mut record = customer(0, "A", &["email:a@b"]);
        record.lifetime_value = Some(value);
        Line::from(record)
    };
    let about_us = |minute, id: &str, score| {
        Line::from(Survey {
            about: SurveyAbout::Relationship,
            ..scores(minute, id, score, &["email:a@b"])
        })
    };
    let asks = |audience: Option<i64>| {
        Line::from(Complaint {
            audience,
            ..says(HOUR, "m", "social", &["handle:ann", "email:a@b"])
        })
    };
    //   given                                                                     then
    let table: [(Vec<Line>, &[Reason]); 6] = [
        (
            vec![known(1.0), about_us(0, "1", 2.0), about_us(DAY, "2", 9.0)],
            &[("TURNED_PROMOTER", 9.0, 2.0)],
        ),
        (
            vec![
                known(1.0),
                about_us(0, "1", 9.0),
                about_us(DAY, "2", 9.0),
                about_us(2 * DAY, "3", 10.0),
            ],
            &[("CONSTANT_PROMOTER", 3.0, 3.0)],
        ),
        (
            vec![known(20_000.0), about_us(0, "1", 2.0), asks(None)],
            &[("DETRACTOR_OF_HIGH_VALUE", 20_000.0, 10_000.0)],
        ),
        (
            vec![known(1.0), about_us(0, "1", 2.0), asks(Some(50_000))],
            &[("DETRACTOR_WITH_AUDIENCE", 50_000.0, 10_000.0)],
        ),
        (vec![known(1.0), about_us(0, "1", 2.0), asks(Some(50))], &[]),
        (
            vec![known(20_000.0), about_us(0, "1", 8.0), asks(Some(50_000))],
            &[],
        ),
    ];
    for (lines, wanted) in table {
        for order in crate::story::permutations(&lines) {
            let story = Story::told(off(), order.clone()).until(2 * DAY + HOUR);
            let signals = story.signals().into_iter();
            let panel = signals.filter(|signal| signal.kind == SignalKind::PanelCandidate);
            let told: Vec<_> = panel
                .map(|signal| {
                    assert_eq!(&*signal.key, "customer:A");
                    (&*signal.details["reason"], signal.observed, signal.expected)
                })
                .collect();
            assert_eq!(told, wanted, "{order:?}");
        }
    }
}
