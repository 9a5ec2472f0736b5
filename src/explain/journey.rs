//! Other cases of the same person: escalation, switch, bounce (rule 9), echo (rule 10).

use super::evidence::Evidence;
use super::finding::{Finding, Section};
use super::told::Told;
use super::words::{clean, symbol, time};
use crate::model::CaseEventType::{
    Bounced, ChannelInvited, ChannelSwitched, ChasedElsewhere, EchoLinked, EscalatedOnstage,
};
use crate::model::{EscalationCause, LinkedCase, work_item::Relation};

/// How other cases of the party stand to this one.
pub fn section(e: &Evidence<'_>) -> Section {
    let mut findings = Vec::new();
    findings.extend(escalated(e));
    findings.extend(went(e));
    findings.extend(e.standing(Bounced).map(bounced));
    findings.extend(e.standing(ChannelInvited).map(invited));
    findings.extend(echo(e));
    findings.extend(linked(e));
    for kind in [
        EscalatedOnstage,
        ChannelSwitched,
        ChasedElsewhere,
        Bounced,
        EchoLinked,
    ] {
        findings.extend(e.taken_back(kind).map(taken_back));
    }
    Section {
        name: "journey",
        title: "Which other cases belong to it?",
        findings,
    }
}

fn escalated(e: &Evidence<'_>) -> Option<Finding> {
    let from = e.case.escalated_from?;
    let cause = e.case.escalation_cause;
    let why = match cause {
        Some(EscalationCause::Unanswered) => {
            "was unanswered beyond its channel's patience, or past its answer deadline, when this one opened in public"
        }
        Some(EscalationCause::Unsolved) => {
            "had an answer, but was neither resolved nor silent for 7 days when this one opened in public"
        }
        None => "was left alone",
    };
    let cause_is = cause.map_or(String::new(), |cause| format!(", cause {}", symbol(cause)));
    Some(
        Finding::new(
            9,
            format!("ESCALATED_ONSTAGE{cause_is}: the private case {from} of the same person {why}."),
        )
        .fact("escalated_from", from)
        .fact("cause", cause),
    )
}

/// The customer went on in a private channel.
fn went(e: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(to) = e.case.switched_to {
        let says = format!(
            "CHANNEL_SWITCHED: the customer went on in the private case {to}, as the company had asked."
        );
        findings.push(Finding::new(9, says).fact("switched_to", to));
    }
    if let Some(to) = e.case.chased_to {
        let says = format!(
            "CHASED_ELSEWHERE: the customer went on in the private case {to}, and nobody had asked them to."
        );
        findings.push(Finding::new(9, says).fact("chased_to", to));
    }
    findings
}

fn bounced(told: &Told<'_>) -> Finding {
    let [case, channel, message] =
        ["case", "channel", "message"].map(|name| clean(told.detail(name).unwrap_or("?")));
    Finding::new(
        9,
        format!(
            "BOUNCED: {message} at {} invited to {channel}, where the customer already waited, in case {case}.",
            time(told.event.at)
        ),
    )
    .fact("case", case)
    .fact("message", message)
    .fact("channel", channel)
    .fact("at", told.event.at)
}

fn invited(told: &Told<'_>) -> Finding {
    let [channel, message] = ["channel", "message"].map(|name| clean(told.detail(name).unwrap_or("?")));
    Finding::new(
        9,
        format!(
            "CHANNEL_INVITED: {message} at {} invited to {channel}.",
            time(told.event.at)
        ),
    )
    .fact("message", message)
    .fact("channel", channel)
    .fact("at", told.event.at)
}

fn echo(e: &Evidence<'_>) -> Option<Finding> {
    let of = e.case.echo_of?;
    Some(
        Finding::new(
            10,
            format!(
                "ECHO_LINKED: its first message nearly repeats that of case {of}, of the same person and at most 48 hours \
                 earlier. It has work items of its own, since it has spectators of its own."
            ),
        )
        .fact("echo_of", of),
    )
}

/// What only work items tell of.
fn linked(e: &Evidence<'_>) -> impl Iterator<Item = Finding> {
    let linked = e.work().into_iter().flat_map(|item| &item.linked_cases);
    linked.filter_map(|LinkedCase { case_id, relation }| {
        let says = match relation {
            Relation::Parallel => format!("PARALLEL: the private case {case_id} was within its deadline when this one opened."),
            Relation::SwitchedFrom => format!("SWITCHED_FROM: the customer came from the public case {case_id}, as asked."),
            Relation::ChasedFrom => {
                format!("CHASED_FROM: the customer came from the public case {case_id}, and nobody had asked them to.")
            }
            Relation::RepeatOf => format!("REPEAT_OF: the same person came before, in case {case_id}."),
            Relation::SuspectedEchoOf => format!("SUSPECTED_ECHO_OF: perhaps the same complaint as case {case_id}."),
            Relation::EscalatedFrom | Relation::EchoOf if e.case.escalated_from == Some(*case_id) || e.case.echo_of == Some(*case_id) => {
                return None;
            }
            other => format!("{}: case {case_id}.", symbol(other)),
        };
        let rule = match relation {
            Relation::EchoOf | Relation::SuspectedEchoOf => 10,
            _ => 9,
        };
        Some(Finding::new(rule, says).fact("case", case_id).fact("relation", relation))
    })
}

fn taken_back(told: &Told<'_>) -> Finding {
    let case = clean(told.detail("case").unwrap_or("?"));
    let rule = if told.event.kind == EchoLinked { 10 } else { 9 };
    let by = told.taken_back.map(|event| event.recorded_at);
    let kind = told.event.kind.symbol();
    Finding::new(
        rule,
        format!(
            "{kind} with case {case} was told, recorded {}, and taken back{}.",
            time(told.event.recorded_at),
            by.map_or(String::new(), |at| format!(", recorded {}", time(at)))
        ),
    )
    .fact("event", kind)
    .fact("case", case)
    .fact("taken_back", true)
    .fact("taken_back_at", by)
}
