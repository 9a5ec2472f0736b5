//! Why this status (rules 2, 3, 4, 7).

use super::evidence::Evidence;
use super::finding::{Finding, Section};
use super::words::{span, symbol, time};
use crate::model::{CaseEventType, CaseStatus, Millis, WorkState};

/// Why the case has the status it has, and whether its customer was left unanswered.
pub fn section(e: &Evidence<'_>) -> Section {
    let mut findings = vec![why(e)];
    findings.extend(waiting(e));
    findings.extend(was_unanswered(e));
    findings.extend(taken_back(e));
    findings.extend(reopened(e));
    findings.extend(praise(e));
    Section {
        name: "status",
        title: "Why this status?",
        findings,
    }
}

fn why(e: &Evidence<'_>) -> Finding {
    let case = e.case;
    let status = symbol(case.status);
    let last = |kind| e.standing(kind).next_back().map(|told| told.event.at);
    let finding =
        |rule, says: String| Finding::new(rule, format!("{status}: {says}")).fact("status", &status);
    match case.status {
        CaseStatus::LetGo => {
            let at = last(CaseEventType::LetGo);
            let when = at.map_or(String::new(), |at| format!(" at {}{}", time(at), e.by(CaseEventType::LetGo, at)));
            finding(7, format!("a person decided{when} to leave it unanswered.")).fact("let_go_at", at)
        }
        CaseStatus::Resolved => {
            let at = case.resolved_at;
            let when = at.map_or(String::new(), |at| format!(" at {}{}", time(at), e.by(CaseEventType::Resolved, at)));
            let silent = if e.case.closed_silently {
                " The customer was not told: it was closed silently, and is not answered."
            } else {
                ""
            };
            finding(4, format!("RESOLVED was said{when}, and stands: the customer has not come back since.{silent}"))
                .fact("resolved_at", at)
                .fact("closed_silently", e.case.closed_silently)
        }
        CaseStatus::Pending => {
            let at = last(CaseEventType::Pending);
            let when = at.map_or(String::new(), |at| {
                format!(" since {}{}", time(at), e.by(CaseEventType::Pending, at))
            });
            finding(4, format!("the company waits for the customer{when}; the resolve clock is frozen."))
                .fact("pending_since", at)
        }
        CaseStatus::Answered => finding(
            3,
            match case.answered_at {
                Some(at) => format!("answered at {}, and no customer message waits for a reply.", time(at)),
                None => "no customer message waits for a reply.".to_owned(),
            },
        )
        .fact("answered_at", case.answered_at),
        CaseStatus::Unanswered => unanswered(e, &status),
        CaseStatus::Acknowledged => finding(
            3,
            "the company said something that the customer could see, but no person has replied.".to_owned(),
        )
        .fact("acknowledged_at", case.acknowledged_at),
        CaseStatus::Open if case.human_replies > 0 => finding(
            4,
            format!(
                "a person has replied, and the customer wrote again, last at {}: they wait for the next reply.",
                time(case.last_customer_at)
            ),
        )
        .fact("last_customer_at", case.last_customer_at),
        CaseStatus::Open => finding(3, "the company has said nothing yet that the customer could see.".to_owned()),
    }
}

fn unanswered(e: &Evidence<'_>, status: &str) -> Finding {
    let event = e.standing(CaseEventType::Unanswered).next_back();
    let told = event.and_then(|told| told.time("deadline_ms"));
    let from = e.case.waiting_since.unwrap_or(e.case.opened_at);
    let patience = e.rules.map(|rules| rules.patience.ms());
    let now = patience_ends(e);
    let end = told.or(now);
    let mut says = format!(
        "{status}: the customer waits since {}{}",
        time(from),
        patience.map_or(String::new(), |ms| format!(
            "; patience in {} is {}",
            e.case.channel,
            span(ms)
        ))
    );
    if let Some(end) = end {
        says.push_str(&format!("; no person had replied by {}, nor since", time(end)));
    }
    says.push('.');
    if let (Some(told), Some(now)) = (told, now)
        && told != now
    {
        says.push_str(&format!(
            " It was judged by another patience, {}, than this configuration has.",
            span(told.since(from))
        ));
    }
    Finding::new(7, says)
        .fact("status", status)
        .fact("waits_since", from)
        .fact("patience_ms", patience)
        .fact("patience_ended_at", end)
}

/// When patience with the open wait ends, by the inputs and the configuration as they are.
fn patience_ends(e: &Evidence<'_>) -> Option<Millis> {
    let retold = &e.retelling()?.retold;
    let open = retold.fold.open.as_ref();
    let open = open.filter(|wait| Some(wait.first.at) == e.case.waiting_since)?;
    Some(open.patience_ends(retold.rules().patience))
}

/// Of one that still has patience: until when.
fn waiting(e: &Evidence<'_>) -> Option<Finding> {
    let waits = matches!(e.case.status, CaseStatus::Open | CaseStatus::Acknowledged);
    let from = e.case.waiting_since.filter(|_| waits)?;
    let patience = e.rules?.patience.ms();
    let end = patience_ends(e)?;
    let says = match e.asked.as_of.since(end) {
        late @ 0.. => format!(
            "Patience in {} is {}: it ended at {}, {} ago. When the case was last judged that was still to come; \
             heard run, with its clock there, will say UNANSWERED.",
            e.case.channel,
            span(patience),
            time(end),
            span(late)
        ),
        early => format!(
            "Patience in {} is {}: the case is UNANSWERED from {} on, in {}, unless a person replies.",
            e.case.channel,
            span(patience),
            time(end),
            span(early)
        ),
    };
    Some(
        Finding::new(7, says)
            .fact("waits_since", from)
            .fact("patience_ms", patience)
            .fact("patience_ends_at", end),
    )
}

fn was_unanswered(e: &Evidence<'_>) -> Option<Finding> {
    if !e.case.was_unanswered || e.case.status == CaseStatus::Unanswered {
        return None;
    }
    let event = e.standing(CaseEventType::Unanswered).next_back();
    let since = event.map(|told| told.event.at);
    let when = since.map_or("once".to_owned(), |at| format!("from {} on", time(at)));
    let waits = match e.case.unanswered_waits {
        0 | 1 => String::new(),
        waits => format!("{waits} times, last "),
    };
    let patience = e.rules.map(|rules| rules.patience.ms());
    let gone = patience.map_or(String::new(), |ms| {
        format!(" (patience in {} is {})", e.case.channel, span(ms))
    });
    Some(
        Finding::new(
            7,
            format!(
                "It was left unanswered {waits}{when}{gone}. What came later does not undo it: no response is a response."
            ),
        )
        .fact("was_unanswered", true)
        .fact("unanswered_waits", e.case.unanswered_waits)
        .fact("unanswered_since", since)
        .fact("patience_ms", patience),
    )
}

fn taken_back(e: &Evidence<'_>) -> impl Iterator<Item = Finding> {
    e.taken_back(CaseEventType::Unanswered).map(|told| {
        let corrected = told.taken_back.map(|event| event.recorded_at);
        Finding::new(
            7,
            format!(
                "UNANSWERED from {} on was told, recorded {}, and taken back{}: what came late showed that it was not so.",
                time(told.event.at),
                time(told.event.recorded_at),
                corrected.map_or(String::new(), |at| format!(", recorded {}", time(at))),
            ),
        )
        .fact("taken_back", true)
        .fact("at", told.event.at)
        .fact("recorded_at", told.event.recorded_at)
        .fact("taken_back_at", corrected)
    })
}

fn reopened(e: &Evidence<'_>) -> Option<Finding> {
    let times: Vec<Millis> = e
        .standing(CaseEventType::Reopened)
        .map(|told| told.event.at)
        .collect();
    let count = e.case.reopened_count;
    (count > 0).then(|| {
        let last = times
            .last()
            .map_or(String::new(), |at| format!(", last at {}", time(*at)));
        Finding::new(
            4,
            format!(
                "Reopened {}{last}: the customer wrote after RESOLVED. The first response stays as it was.",
                if count == 1 {
                    "once".to_owned()
                } else {
                    format!("{count} times")
                }
            ),
        )
        .fact("reopened_count", count)
        .fact("reopened_at", times)
    })
}

/// Rule 2: who praises waits for nothing.
fn praise(e: &Evidence<'_>) -> Option<Finding> {
    let said = e.said();
    let praises = said.iter().filter(|said| said.is_praise());
    let praises: Vec<_> = praises.map(|said| said.id.to_owned()).collect();
    if praises.is_empty() {
        return None;
    }
    let only = e.case.waits == 0;
    let work = e.work().filter(|_| only).map(|item| match item.state {
        WorkState::Open => " It is handed out, for somebody to say thanks.",
        WorkState::Done => " Somebody has thanked.",
        WorkState::Withdrawn => {
            " Nobody thanked within the channel's patience, and thanks that come late are none."
        }
    });
    let says = if only {
        "Only praise or thanks were said: no clock runs, and nobody waits.".to_owned()
            + work.unwrap_or_default()
    } else {
        format!(
            "Praise or thanks open no clock: {}.",
            super::words::clean(&praises.join(", "))
        )
    };
    Some(Finding::new(2, says).fact("praise", praises))
}
