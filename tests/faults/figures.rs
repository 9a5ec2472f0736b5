//! What the dialogues come to: the published figures of ../shared/data, counted here anew.

use std::collections::BTreeMap;

use heard::model::{Case, CaseEventType, ReplyLimitState, SlaState, WorkState};

use crate::oracle::Outcome;

/// Customer messages and human replies of all dialogues.
pub const MESSAGES: u32 = 1211;
pub const REPLIES: u32 = 1139;

/// The figures of the dialogues as of 2020-06-01, answers due within an hour.
const PUBLISHED: [(&str, i64); 17] = [
    ("cases", 1057),
    ("cases of bystanders", 32),
    ("cases answered", 1030),
    ("cases never answered", 27),
    ("customer messages", MESSAGES as i64),
    ("human replies", REPLIES as i64),
    ("waits", 1166),
    ("first response p50, s", 6_635),
    ("first response p90, s", 184_807),
    ("first response max, s", 4_978_273),
    ("cases at or past the reply limit", 84),
    ("cases past it", 15),
    ("cases with a breached answer level", 607),
    ("work items that stand", 1166),
    ("work items done", 1139),
    ("work items open", 27),
    ("events of customer messages", MESSAGES as i64),
];

/// Each figure that is not as published.
pub fn differences(outcome: &Outcome) -> Vec<String> {
    let counted = count(outcome);
    let wrong = PUBLISHED
        .into_iter()
        .filter(|(name, published)| counted[name] != *published);
    wrong
        .map(|(name, published)| format!("{name}: {}, published is {published}", counted[name]))
        .collect()
}

fn count(outcome: &Outcome) -> BTreeMap<&'static str, i64> {
    let cases = || outcome.cases.values();
    let of = |test: fn(&Case) -> bool| size(cases().filter(|case| test(case)).count());
    let sum = |field: fn(&Case) -> u32| cases().map(|case| i64::from(field(case))).sum();
    let items = |state| size(outcome.work.values().filter(|item| item.state == state).count());
    let mut seconds: Vec<i64> = cases()
        .filter_map(|case| case.first_response_ms)
        .map(|ms| ms / 1000)
        .collect();
    seconds.sort_unstable();
    // Nearest rank: of n sorted ascending, the element at ceil(p * n), counted from 1.
    let percentile = |percent: usize| match (seconds.len() * percent).div_ceil(100) {
        0 => -1,
        rank => seconds[rank - 1],
    };
    // The first message of a case is told as its opening.
    let tells = |kind| matches!(kind, CaseEventType::Opened | CaseEventType::CustomerMessage);
    let said = outcome.events.values().filter(|event| tells(event.kind));
    BTreeMap::from([
        ("cases", size(outcome.cases.len())),
        ("cases of bystanders", of(|case| case.bystander)),
        ("cases answered", of(|case| case.answered_at.is_some())),
        ("cases never answered", of(|case| case.answered_at.is_none())),
        ("customer messages", sum(|case| case.customer_messages)),
        ("human replies", sum(|case| case.human_replies)),
        ("waits", sum(|case| case.waits)),
        ("first response p50, s", percentile(50)),
        ("first response p90, s", percentile(90)),
        ("first response max, s", percentile(100)),
        (
            "cases at or past the reply limit",
            of(|case| case.reply_limit != ReplyLimitState::Ok),
        ),
        (
            "cases past it",
            of(|case| case.reply_limit == ReplyLimitState::Exceeded),
        ),
        (
            "cases with a breached answer level",
            of(|case| case.sla_answer == SlaState::Breached),
        ),
        (
            "work items that stand",
            items(WorkState::Open) + items(WorkState::Done),
        ),
        ("work items done", items(WorkState::Done)),
        ("work items open", items(WorkState::Open)),
        ("events of customer messages", size(said.count())),
    ])
}

fn size(n: usize) -> i64 {
    i64::try_from(n).expect("small")
}
