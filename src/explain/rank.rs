//! Why this rank (rule 11): every term with its points and the fact behind it.

use super::evidence::Evidence;
use super::finding::{Finding, Section};
use super::levels;
use super::words::{clean, count, symbol, time};
use crate::model::{PromiseState, SlaState, WorkItem, WorkState};

/// The sum of the latest work item, term by term.
pub fn section(e: &Evidence<'_>) -> Section {
    let findings = e.work().map(|item| {
        let terms = item.priority.terms.iter().map(|term| {
            let why = why(e, item, &term.name);
            Finding::new(11, format!("{:+} {}: {why}", term.points, clean(&term.name)))
                .fact("term", &term.name)
                .fact("points", term.points)
        });
        std::iter::once(sum(e, item)).chain(terms).collect()
    });
    Section {
        name: "rank",
        title: "Why this rank?",
        findings: findings.unwrap_or_default(),
    }
}

fn sum(e: &Evidence<'_>, item: &WorkItem) -> Finding {
    let state = match item.state {
        WorkState::Open => "",
        WorkState::Done => " It is DONE, so nothing of it is urgent any more.",
        WorkState::Withdrawn => " It was WITHDRAWN.",
    };
    let terms = match item.priority.terms.len() {
        0 => "nothing made it urgent".to_owned(),
        n => format!("the sum of {}", count(n as u64, "term")),
    };
    let now = e.case.priority;
    let flags: Vec<_> = item.flags.iter().map(symbol).collect();
    let flagged = if flags.is_empty() {
        String::new()
    } else {
        format!(" Flags: {}.", flags.join(", "))
    };
    Finding::new(
        11,
        format!(
            "{} points, {terms}: work item {}, revision {}, for the wait since {}.{state}{flagged}",
            item.priority.score,
            item.work_id,
            item.revision,
            time(item.first_heard_at)
        ),
    )
    .fact("score", item.priority.score)
    .fact("case_priority", now)
    .fact("work_id", item.work_id)
    .fact("revision", item.revision)
    .fact("state", item.state)
    .fact("first_heard_at", item.first_heard_at)
    .fact("flags", &item.flags)
}

fn why(e: &Evidence<'_>, item: &WorkItem, term: &str) -> String {
    let case = e.case;
    let words = |of: &str| format!("words of {of} in what the customer wrote ([terms]).");
    match term {
        "escalated" => case.escalated_from.map_or(
            "came onstage after being left alone offstage.".to_owned(),
            |from| {
                let cause = case
                    .escalation_cause
                    .map_or(String::new(), |cause| format!(" {}", symbol(cause)));
                format!("the private case {from} was{cause} when this one opened in public (rule 9).")
            },
        ),
        "severity.rating" => item
            .complaint
            .rating
            .map_or("one or two stars, when first given.".to_owned(), |stars| {
                format!("stars when first given; the latest message has {stars}.")
            }),
        "severity.sentiment" => item
            .complaint
            .sentiment
            .map_or("a bad sentiment.".to_owned(), |sentiment| {
                format!("a bad sentiment; the latest message has {sentiment}.")
            }),
        "severity.safety" => words("danger"),
        "severity.legal" => words("lawyers, courts or authorities"),
        "severity.churn" => words("leaving"),
        "audience" => format!("{} people can see it.", case.audience.unwrap_or_default()),
        "tier" => format!(
            "the customer's tier is {}.",
            clean(item.party.tier.as_deref().unwrap_or("unknown"))
        ),
        // What somebody is worth is shown to whoever asks for names too.
        "lifetime_value" => match item.party.lifetime_value.filter(|_| e.asked.texts) {
            Some(value) => format!("the customer is worth {value}."),
            None => "what the customer is worth, by its tenfolds.".to_owned(),
        },
        "vulnerable" => "the CRM says that the customer needs special care.".to_owned(),
        "repeat" => format!(
            "the same person had opened {} in the 90 days before; {} of them not answered.",
            count(item.history.complaints_90d, "case"),
            item.history.unanswered_90d
        ),
        "chasers" => format!(
            "{} in this wait: the customer asked again while waiting.",
            count(item.messages_waiting, "message")
        ),
        "broken_promise" => match (case.promise, case.promised_by) {
            (PromiseState::Broken, Some(by)) => {
                format!("promised until {}, and not kept (rule 21).", time(by))
            }
            _ => "a promise was not kept (rule 21).".to_owned(),
        },
        "at_risk" => at_risk(e),
        _ => "a term that this version does not know.".to_owned(),
    }
}

/// Which clocks are late or nearly.
fn at_risk(e: &Evidence<'_>) -> String {
    let sla = &case_levels(e);
    let late: Vec<_> = sla
        .iter()
        .filter(|(_, state)| *state == SlaState::Breached)
        .map(|(name, _)| *name)
        .collect();
    let share = e.settings.at_risk.get() * 100.0;
    if !late.is_empty() {
        return format!("past the deadline: {} (rule 5).", late.join(", "));
    }
    let by = levels::running(e).map_or(String::new(), |clock| {
        format!(
            " of {}, until {}",
            clock.level.name(),
            time(clock.judgement.deadline)
        )
    });
    format!("{share:.0} % of the time{by} have gone by (rule 5).")
}

fn case_levels(e: &Evidence<'_>) -> [(&'static str, SlaState); 4] {
    let case = &e.case;
    [
        ("acknowledge", case.sla_acknowledge),
        ("answer", case.sla_answer),
        ("next", case.sla_next),
        ("resolve", case.sla_resolve),
    ]
}
