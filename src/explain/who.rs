//! Who is it? (DESIGN.md, section 2.)

use super::evidence::Evidence;
use super::finding::{Finding, Section};
use super::words::{clean, party, time};
use crate::model::CaseEventType::{Identified, IdentityConflict};

/// How the case came to its party.
pub fn section(e: &Evidence<'_>) -> Section {
    let mut findings = vec![present(e)];
    findings.extend(changes(e));
    findings.extend(conflicts(e));
    findings.extend(tier(e));
    if e.case.bystander {
        let says = "A bystander: somebody else began this conversation, so this is a case of its own.";
        findings.push(Finding::new(2, says).fact("bystander", true));
    }
    Section {
        name: "who",
        title: "Who is it?",
        findings,
    }
}

fn present(e: &Evidence<'_>) -> Finding {
    let key = party(&e.case.party_key, e.asked.texts);
    let says = match &e.case.customer_id {
        Some(customer) => format!(
            "Customer {} of the CRM{}: the strongest of the author's identifiers that a customer record claims is theirs.",
            clean(customer),
            name(e)
        ),
        None => format!(
            "Not known to the CRM: no customer record claims any of the author's identifiers, so the party is the \
             strongest of them, {key}."
        ),
    };
    Finding::new(None, says)
        .fact("party_key", key)
        .fact("customer_id", &e.case.customer_id)
}

/// Their name, if texts are asked for.
fn name(e: &Evidence<'_>) -> String {
    let name = e.work().and_then(|item| item.party.display_name.as_ref());
    let name = name.filter(|_| e.asked.texts);
    name.map_or(String::new(), |name| format!(" ({})", clean(name)))
}

fn changes(e: &Evidence<'_>) -> impl Iterator<Item = Finding> {
    e.standing(Identified).map(|told| {
        let customer = told.detail("customer_id").unwrap_or_default();
        let since = told.event.recorded_at;
        Finding::new(
            None,
            format!(
                "IDENTIFIED as customer {}, recorded {}.",
                clean(customer),
                time(since)
            ),
        )
        .fact("customer_id", customer)
        .fact("recorded_at", since)
    })
}

fn conflicts(e: &Evidence<'_>) -> impl Iterator<Item = Finding> {
    e.standing(IdentityConflict).map(|told| {
        let customers = clean(told.detail("customers").unwrap_or_default());
        let says = match (told.detail("identifier_kind"), told.detail("reason")) {
            (Some(kind), _) => format!(
                "IDENTITY_CONFLICT: customers {customers} carry the same {}; it belongs to the one who carried it first.",
                clean(kind)
            ),
            (None, Some("loop")) => format!(
                "IDENTITY_CONFLICT: who it is went round in a circle, so the case stayed with the party it had, and \
                 not with {customers}."
            ),
            _ => format!("IDENTITY_CONFLICT: {customers}."),
        };
        Finding::new(None, says)
            .fact("customers", customers)
            .fact("recorded_at", told.event.recorded_at)
    })
}

/// The tier whose levels hold (rule 5).
fn tier(e: &Evidence<'_>) -> Option<Finding> {
    let now = e.work().and_then(|item| item.party.tier.as_ref());
    let then = e.case.tier.as_ref();
    let says = match (then, now) {
        (None, None) => return None,
        (None, Some(now)) => {
            format!("No tier was in force when the case opened; by the latest work item it is {now}.")
        }
        (Some(then), Some(now)) if then != now => format!(
            "Tier {then} was in force when the case opened, and its levels hold; by the latest work item it is {now}."
        ),
        (Some(then), _) => format!("Tier {then}: in force when the case opened, else the earliest known."),
    };
    Some(
        Finding::new(5, clean(&says))
            .fact("tier", then)
            .fact("tier_now", now),
    )
}
