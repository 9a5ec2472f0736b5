//! Promises (rule 21), transfers (17), first contact (16), follow-up (18).

use super::evidence::Evidence;
use super::finding::{Finding, Section};
use super::told::Told;
use super::words::{clean, span, symbol, time};
use crate::desk::conversation::resolution::QUIET;
use crate::model::CaseEventType::{FollowUpDone, FollowUpDue, PromiseBroken, PromiseKept, Transferred};
use crate::model::PromiseState;

/// What the company promised, who had it, and what came of the solution.
pub fn section(e: &Evidence<'_>) -> Section {
    let mut findings = promises(e);
    findings.extend(transfers(e));
    findings.extend(first_contact(e));
    findings.extend(follow_up(e));
    Section {
        name: "afterwards",
        title: "Promises, hands and solutions",
        findings,
    }
}

fn promises(e: &Evidence<'_>) -> Vec<Finding> {
    let event = |told: &Told<'_>, word: &str| {
        let message = clean(told.detail("message").unwrap_or("?"));
        let by = told.time("by_ms");
        let until = by.map_or("then".to_owned(), time);
        let says = match (word, told.stands()) {
            (_, false) => {
                format!("{word} was told of the promise of {message} until {until}, and taken back.")
            }
            ("KEPT", _) => format!(
                "KEPT: {message} promised it until {until}, and at {} the case was answered again or resolved.",
                time(told.event.at)
            ),
            _ => format!(
                "BROKEN: {message} promised it until {until}, and nobody had answered again or resolved it by then."
            ),
        };
        Finding::new(21, says)
            .fact("promise", word)
            .fact("message", message)
            .fact("promised_by", by)
            .fact("taken_back", !told.stands())
    };
    let told = e.told().iter();
    let mut findings: Vec<_> = told
        .filter_map(|told| match told.event.kind {
            PromiseKept => Some(event(told, "KEPT")),
            PromiseBroken => Some(event(told, "BROKEN")),
            _ => None,
        })
        .collect();
    if e.case.promise == PromiseState::Running {
        let until = e.case.promised_by.map_or("a time".to_owned(), time);
        let says = format!(
            "RUNNING: the company promised it until {until}; it is kept if the case is answered again or resolved by then."
        );
        findings.push(
            Finding::new(21, says)
                .fact("promise", "RUNNING")
                .fact("promised_by", e.case.promised_by),
        );
    }
    if findings.is_empty() && e.case.promise != PromiseState::None {
        let says = format!(
            "{}: by a promise of which no event is left.",
            symbol(e.case.promise)
        );
        findings.push(Finding::new(21, says).fact("promise", e.case.promise));
    }
    findings
}

fn transfers(e: &Evidence<'_>) -> Vec<Finding> {
    let teams = |told: &Told<'_>| {
        let said = e.said();
        let replies: Vec<_> = said
            .iter()
            .filter(|said| said.by == super::said::By::Person && !said.gone)
            .collect();
        let at = replies
            .iter()
            .position(|said| Some(said.id) == told.detail("message"))?;
        let before = at
            .checked_sub(1)
            .and_then(|before| replies.get(before))?
            .team()?
            .to_owned();
        Some(format!(
            ", from {} to {}",
            clean(&before),
            clean(replies[at].team()?)
        ))
    };
    e.standing(Transferred)
        .map(|told| {
            let message = clean(told.detail("message").unwrap_or("?"));
            let says = format!(
                "TRANSFERRED: {message} at {} came from another team, or from another channel, than the reply before{}.",
                time(told.event.at),
                teams(told).unwrap_or_default()
            );
            Finding::new(17, says)
                .fact("message", message)
                .fact("at", told.event.at)
        })
        .collect()
}

fn first_contact(e: &Evidence<'_>) -> Option<Finding> {
    let quiet = span(QUIET.ms());
    let says = match e.case.first_contact_resolution {
        Some(true) => format!(
            "The first contact solved it: it was resolved after one answer, and for {quiet} the customer did not come \
             again on the matter, in any channel."
        ),
        Some(false) => format!(
            "The first contact did not solve it: there was not exactly one answer before it was first resolved, or the \
             customer came again on the matter within {quiet}."
        ),
        None => {
            let resolved = e.case.resolved_at?;
            format!(
                "Whether the first contact solved it is known once {quiet} have gone by since it was first resolved; \
                 the RESOLVED that stands was said at {}.",
                time(resolved)
            )
        }
    };
    Some(Finding::new(16, says).fact("first_contact_resolution", e.case.first_contact_resolution))
}

fn follow_up(e: &Evidence<'_>) -> Vec<Finding> {
    let due = e
        .told()
        .iter()
        .filter(|told| told.event.kind == FollowUpDue)
        .map(|told| {
            let back = if told.stands() {
                ""
            } else {
                " That was taken back: somebody had spoken with the customer by then."
            };
            let says = format!(
                "FOLLOW_UP_DUE at {}: somebody should ask whether all is well.{back}",
                time(told.event.at)
            );
            Finding::new(18, says)
                .fact("due_at", told.event.at)
                .fact("taken_back", !told.stands())
        });
    let done = e.standing(FollowUpDone).map(|told| {
        let message = clean(told.detail("message").unwrap_or("?"));
        Finding::new(
            18,
            format!("FOLLOW_UP_DONE at {} with {message}.", time(told.event.at)),
        )
        .fact("done_at", told.event.at)
        .fact("message", message)
    });
    let mut findings: Vec<_> = due.chain(done).collect();
    if findings.is_empty()
        && let Some(follow_up) = e.agreed().and_then(|retelling| retelling.view.follow_up.as_ref())
    {
        let says = format!(
            "A follow-up is due at {}, {} after RESOLVED.",
            time(follow_up.at),
            span(follow_up.at.since(follow_up.resolved.at))
        );
        findings.push(Finding::new(18, says).fact("due_at", follow_up.at));
    }
    findings
}
