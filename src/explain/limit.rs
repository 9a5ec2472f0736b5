//! Reply only twice (rule 8).

use super::evidence::Evidence;
use super::finding::{Finding, Section};
use super::words::{clean, count, span, symbol, time};
use crate::desk::conversation::reply_limit::SPLIT_MS;
use crate::model::CaseEventType::{ReplyLimitExceeded, ReplyLimitReached};
use crate::model::{ReplyLimitState, Stage};

/// Where an onstage case stands against its limit of public replies.
pub fn section(e: &Evidence<'_>) -> Section {
    let findings = if e.case.stage == Stage::Onstage {
        std::iter::once(standing(e)).chain(replies(e)).collect()
    } else {
        Vec::new()
    };
    Section {
        name: "reply_limit",
        title: "How many public replies are left?",
        findings,
    }
}

fn standing(e: &Evidence<'_>) -> Finding {
    let limit = e.rules.and_then(|rules| rules.reply_limit);
    let public = e.case.public_replies;
    let state = e.case.reply_limit;
    let replies = match public {
        1 => "1 public reply of a person".to_owned(),
        n => format!("{n} public replies of people"),
    };
    let limit_is = limit.map_or("this configuration sets no limit".to_owned(), |limit| {
        format!("the limit in {} is {limit}", e.case.channel)
    });
    let hint = match state {
        ReplyLimitState::Ok => "",
        ReplyLimitState::Reached => " It is time for a private channel.",
        ReplyLimitState::Exceeded => " There were replies too many: it was time for a private channel.",
    };
    let again = match e.case.reopened_count {
        0 => "",
        _ => " It counts anew since the case was reopened.",
    };
    Finding::new(
        8,
        format!(
            "{}: {replies}; {limit_is}. Several within {} with no customer message between them are one.{again}{hint}",
            symbol(state),
            span(SPLIT_MS)
        ),
    )
    .fact("state", state)
    .fact("limit", limit)
    .fact("public_replies", public)
}

fn replies(e: &Evidence<'_>) -> impl Iterator<Item = Finding> {
    let told = e.told().iter();
    let told = told.filter(|told| matches!(told.event.kind, ReplyLimitReached | ReplyLimitExceeded));
    told.map(|told| {
        let at = time(told.event.at);
        let message = told.detail("message").filter(|id| !id.is_empty());
        let by = message.map_or("a reply".to_owned(), clean);
        let says = match told.detail("by").and_then(|by| by.parse::<u64>().ok()) {
            None => format!("{by} at {at} was the last one of the limit."),
            Some(over) => format!("{by} at {at} was {} past the limit.", count(over, "reply")),
        };
        Finding::new(8, says)
            .fact("event", told.event.kind.symbol())
            .fact("at", told.event.at)
            .fact("message", message)
    })
}
