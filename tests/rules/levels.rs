//! Rule 5 with all that a service manager can configure: business time, tiers, levels that change.
//!
//! Stories begin on Tuesday, 14 November 2023, at 22:13:20 UTC.

use heard::config::rules::RuleSettings;
use heard::config::{Overrides, RawConfig, Settings};
use heard::model::{Customer, Millis, SlaState, Status, WorkState};

use crate::story::{Line, Story, at, becomes, customer, permutations, replies, says};

const ANN: &[&str] = &["email:ann@shop.example"];

fn rules(text: &str) -> RuleSettings {
    let raw = RawConfig::from_text("levels.toml", text);
    let settings = Settings::from_raw(&raw, &Overrides::default(), []);
    settings.unwrap_or_else(|problems| panic!("{problems}")).rules
}

const OFFICE: &str = r#"
[calendars.office]
zone = "Europe/Berlin"
open = ["mon-fri 09:00-17:00"]
holidays = ["2023-11-16"]

[channels.email]
calendar = "office"
answer = "4h"
next = "10h"
resolve = "12h"
"#;

fn moment(time: &str) -> i64 {
    let time: jiff::Timestamp = time.parse().expect("a time");
    time.as_millisecond()
}

/// The last minute of the story that begins by this time.
fn minute(time: &str) -> i64 {
    (moment(time) - at(0).0) / 60_000
}

#[test]
fn deadlines_in_business_time() {
    // Heard on Tuesday night: due on Wednesday, four hours after nine.
    let mut story = Story::told(rules(OFFICE), [says(0, "m1", "email", ANN).into()]);
    let due = |time: &str| Millis(moment(time));
    let work: Vec<_> = story.work().into_values().collect();
    assert_eq!(work[0].respond_by, due("2023-11-15T13:00:00+01:00"));
    // Twelve hours: eight on Wednesday, none on the holiday, four on Friday.
    assert_eq!(work[0].resolve_by, Some(due("2023-11-17T13:00:00+01:00")));
    story = story.until(minute("2023-11-15T12:11:00+01:00"));
    assert_eq!(count(&story, "SLA_AT_RISK"), 0, "not before 80 % of it: 12:12");
    story = story.until(minute("2023-11-15T12:13:00+01:00"));
    assert_eq!(count(&story, "SLA_AT_RISK"), 1);
    story = story.until(minute("2023-11-15T13:00:00+01:00"));
    assert_eq!(story.case().sla_answer, SlaState::Running);
    story = story.until(minute("2023-11-15T13:02:00+01:00"));
    assert_eq!(story.case().sla_answer, SlaState::Breached);
    assert_eq!(story.case().sla_resolve, SlaState::Running);
    assert_eq!(story.case().sla_next, SlaState::Running);
    story = story.until(minute("2023-11-17T11:01:00+01:00"));
    assert_eq!(
        story.case().sla_next,
        SlaState::Breached,
        "ten hours, with a holiday between"
    );
    story = story.until(minute("2023-11-17T13:01:00+01:00"));
    assert_eq!(story.case().sla_resolve, SlaState::Breached);
}

/// What PENDING freezes is credited in the level's own time: of the office, seven hours and a minute from
/// Wednesday at eleven to Friday at one past ten, with a holiday between.
#[test]
fn pending_is_credited_in_business_time() {
    let lines: [Line; 3] = [
        says(0, "m1", "email", ANN).into(),
        becomes(
            minute("2023-11-15T11:00:00+01:00"),
            "u1",
            "email",
            Status::Pending,
        )
        .into(),
        says(minute("2023-11-17T10:01:00+01:00"), "m2", "email", ANN).into(),
    ];
    for lines in permutations(&lines) {
        let story = Story::told(rules(OFFICE), lines);
        let work = story.work();
        let mut open = work.values().filter(|item| item.state == WorkState::Open);
        let due = open.find_map(|item| item.resolve_by).map(|due| due.0 / 60_000);
        let expected = moment("2023-11-20T12:01:00+01:00") / 60_000;
        assert_eq!(due, Some(expected), "twelve hours and those");
    }
}

#[test]
fn an_answer_in_the_first_business_hour_is_in_time_days_later() {
    let lines: [Line; 2] = [
        says(minute("2023-11-17T16:30:00+01:00"), "m1", "email", ANN).into(),
        replies(minute("2023-11-20T12:00:00+01:00"), "r1", "email").into(),
    ];
    let case = Story::told(rules(OFFICE), lines)
        .until(minute("2023-11-21T00:00:00Z"))
        .case();
    assert_eq!((case.sla_answer, case.sla_next), (SlaState::Met, SlaState::Met));
}

fn count(story: &Story, kind: &str) -> usize {
    story
        .happened()
        .iter()
        .filter(|happened| **happened == kind)
        .count()
}

const TIERS: &str = r#"
[channels.email]
answer = "4h"
next = "4h"

[[channels.email.agreements]]
tier = "gold"
answer = "1h"
next = "2h"
"#;

fn gold(minute: i64, tier: &str) -> Customer {
    Customer {
        tier: Some(tier.into()),
        ..customer(minute, "C", ANN)
    }
}

/// Whatever is known first: the tier, the question, or the answer.
#[test]
fn the_tier_decides_in_any_order() {
    let lines: Vec<Line> = vec![
        says(0, "m1", "email", ANN).into(),
        replies(90, "r1", "email").into(),
        says(100, "m2", "email", ANN).into(),
        replies(100 + 150, "r2", "email").into(),
        gold(0, "GOLD").into(),
    ];
    for order in permutations(&lines) {
        let story = Story::told(rules(TIERS), order.clone()).until(500);
        let case = story.case();
        assert_eq!(case.tier.as_deref(), Some("GOLD"));
        assert_eq!(case.sla_answer, SlaState::Breached, "after 90 minutes: {order:?}");
        assert_eq!(case.sla_next, SlaState::Breached, "after 150 minutes: {order:?}");
        let told = count(&story, "SLA_BREACHED") - count(&story, "SLA_RETRACTED");
        assert!(told >= 1, "{order:?}: {:?}", story.happened());
    }
    // Others have more time.
    let others = lines[..4].iter().cloned().chain([gold(0, "silver").into()]);
    let case = Story::told(rules(TIERS), others).until(500).case();
    assert_eq!((case.sla_answer, case.sla_next), (SlaState::Met, SlaState::Met));
}

#[test]
fn who_turns_out_to_be_gold_is_judged_anew_and_that_is_told() {
    let mut story = Story::told(rules(TIERS), [says(0, "m1", "email", ANN).into()]).until(120);
    assert_eq!(story.case().sla_answer, SlaState::Running);
    let respond_by = |story: &Story| {
        story
            .work()
            .values()
            .map(|item| item.respond_by)
            .collect::<Vec<_>>()
    };
    assert_eq!(respond_by(&story), [at(240)]);
    story.tell(gold(120, "gold"));
    assert_eq!(story.case().sla_answer, SlaState::Breached, "it had one hour");
    assert_eq!(count(&story, "SLA_BREACHED"), 1);
    assert_eq!(respond_by(&story), [at(60)]);
    story.tell(gold(121, "silver"));
    assert_eq!(
        story.case().sla_answer,
        SlaState::Breached,
        "gold is the earliest known"
    );
    assert_eq!(count(&story, "SLA_BREACHED"), 1);
    story.tell(gold(-1, "silver"));
    assert_eq!(
        story.case().tier.as_deref(),
        Some("silver"),
        "in force when it opened"
    );
    assert_eq!(story.case().sla_answer, SlaState::Running, "and has four again");
    assert_eq!(count(&story, "SLA_RETRACTED"), 1);
    assert_eq!(respond_by(&story), [at(240)]);
    assert_eq!(story.count(WorkState::Open), 1);
}

#[test]
fn a_change_of_levels_never_rewrites_the_past() {
    // Midnight in Berlin is 23:00 UTC, 46 minutes after the story begins.
    let text = r#"
[calendars.always]
zone = "Europe/Berlin"
open = ["mon-sun 00:00-24:00"]

[channels.email]
answer = "4h"

[[channels.email.agreements]]
valid_from = "2023-11-15"
calendar = "always"
answer = "1h"
next = "1h"
"#;
    //   given heard at minute       then the answer has, in minutes       and next is judged
    for (heard, minutes, next) in [(46, 240, SlaState::None), (47, 60, SlaState::Breached)] {
        let story = Story::told(rules(text), [says(heard, "m1", "email", ANN).into()]);
        let due: Vec<Millis> = story.work().values().map(|item| item.respond_by).collect();
        assert_eq!(due, [at(heard + minutes)], "heard at {heard}");
        let mut story = story.until(heard + minutes);
        assert_eq!(story.case().sla_answer, SlaState::Running);
        story = story.until(heard + minutes + 1);
        assert_eq!(story.case().sla_answer, SlaState::Breached);
        assert_eq!(story.case().sla_next, next);
        story.tell(replies(heard + minutes + 10, "r1", "email"));
        assert_eq!(story.until(1000).case().sla_next, next, "the wait is over");
    }
}

#[test]
fn what_is_told_once_more_after_the_tier_went_and_came_back_is_another_event() {
    let mut story = Story::told(rules(TIERS), [says(0, "m1", "email", ANN).into()]).until(50);
    for (minute, tier) in [(3, "gold"), (2, "silver"), (1, "gold")] {
        story.tell(gold(minute, tier));
    }
    let at_risk = |story: &Story| -> Vec<_> {
        let events = story.events().into_iter();
        let at_risk = events.filter(|event| event.kind.symbol() == "SLA_AT_RISK");
        at_risk.map(|event| event.event_id).collect()
    };
    let ids = at_risk(&story);
    assert_eq!(ids.len(), 2, "after 48 of 60 minutes, twice");
    assert_ne!(ids[0], ids[1]);
}
