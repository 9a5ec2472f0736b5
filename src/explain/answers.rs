//! Who answered, and when (rule 3).

use super::evidence::Evidence;
use super::finding::{Finding, Section};
use super::words::{count, span, time};
use crate::desk::conversation::fold::BOT_UNCONTESTED_MS;
use crate::model::{AnsweredBy, CaseEventType, Millis, Stage};

/// The first signs of life, and the first answer.
pub fn section(e: &Evidence<'_>) -> Section {
    let case = e.case;
    let mut findings = Vec::new();
    findings.push(match case.acknowledged_at {
        Some(at) => after(
            e,
            "Acknowledged",
            CaseEventType::Acknowledged,
            at,
            "that the customer could see",
        ),
        None => Finding::new(
            3,
            "Not acknowledged: the company has said nothing that the customer could see.",
        ),
    });
    findings.push(match (case.answered_at, case.answered_by) {
        (Some(at), Some(AnsweredBy::Bot)) => Finding::new(
            3,
            format!(
                "Answered by a program{}: it said RESOLVED at {}, and for {} the customer did not contest it.",
                e.by(CaseEventType::Answered, at),
                time(at),
                span(BOT_UNCONTESTED_MS)
            ),
        )
        .fact("answered_at", at)
        .fact("answered_by", "BOT"),
        (Some(at), _) => after(e, "Answered", CaseEventType::Answered, at, "of a person"),
        (None, _) => Finding::new(3, "Not answered: no person has replied.").fact("answered_at", ()),
    });
    if case.stage == Stage::Onstage && case.answered_at.is_some() {
        findings.push(match case.answered_publicly_at {
            Some(at) => Finding::new(3, format!("Answered where spectators see it at {}.", time(at))),
            None => Finding::new(3, "No answer so far was where spectators see it."),
        });
    }
    if case.deflected {
        findings.push(Finding::new(
            3,
            format!(
                "Deflected: {} so far, and all of it only invites elsewhere.",
                count(case.human_replies, "human reply")
            ),
        ));
    }
    Section {
        name: "answers",
        title: "Who answered, and when?",
        findings,
    }
}

fn after(e: &Evidence<'_>, what: &str, kind: CaseEventType, at: Millis, which: &str) -> Finding {
    let opened = e.case.opened_at;
    Finding::new(
        3,
        format!(
            "{what} at {}{}, the first message {which}, {} after the opening.",
            time(at),
            e.by(kind, at),
            span(at.since(opened))
        ),
    )
    .fact(&format!("{}_at", what.to_lowercase()), at)
    .fact("message", e.message(kind, at))
    .fact("after_ms", at.since(opened))
}
