//! The reference model: from all facts at once to the cases as they are at `now`. No state, no order of
//! arrival, nothing of the desk.
//!
//! - [`facts`]: rule 1, which records stand; [`identity`]: who is it?; [`attribution`]: rule 3, whose it is
//! - [`course`]: what a case has gone through; [`clocks`]: rules 3, 5, 7, what that means at a time
//! - [`aftermath`]: rules 12, 16, 21; [`party`]: rules 9, 10 and 12, what only shows across cases;
//!   [`echo`]: when two texts are the same
//! - [`priority`]: rule 11; [`record`]: the case as others see it; [`figures`]: the report
//!
//! Where DESIGN.md leaves a choice, a comment that begins with *Decision* says which was taken.

pub mod figures;

mod aftermath;
mod attribution;
mod clocks;
mod course;
mod echo;
mod facts;
mod identity;
mod party;
mod priority;
mod record;

use std::collections::BTreeMap;

use heard::model::{Case, CaseId, Millis};

use crate::records::Record;
use course::Course;
use facts::Facts;
use identity::Crm;

/// A case with all that is known of it before its party's other cases are looked at.
pub struct Known {
    pub case_id: CaseId,
    pub course: Course,
    pub party_key: String,
    pub customer_id: Option<String>,
    pub tier: Option<String>,
    pub bystander: bool,
}

/// What a journey comes to.
#[derive(Default)]
pub struct Outcome {
    pub cases: BTreeMap<CaseId, Case>,
    /// Rule 9: cases from which the company sent the customer to where they already waited: to which case, and
    /// when.
    pub bounces: Vec<(CaseId, CaseId, Millis)>,
}

/// What these records come to at `now`.
pub fn outcome(records: &[Record], now: Millis) -> Outcome {
    let facts = Facts::of(records);
    let crm = Crm::of(&facts.customers);
    let mut known = Vec::new();
    for conversation in facts.conversations.values() {
        let first = attribution::first_author(&conversation.facts);
        for (author, facts) in attribution::by_author(conversation) {
            let Some(course) = Course::of(conversation.channel, facts) else {
                continue;
            };
            let person = crm.party(&course.identifiers());
            known.push(Known {
                case_id: CaseId::new(
                    &conversation.source,
                    conversation.channel.name,
                    &conversation.conversation_id,
                    &author,
                ),
                bystander: first.as_deref() != Some(&author),
                tier: person
                    .customer_id
                    .as_deref()
                    .and_then(|id| crm.tier(id, course.opened_at)),
                party_key: person.key,
                customer_id: person.customer_id,
                course,
            });
        }
    }
    let surveys = party::surveys(&facts, &crm, &known);
    let mut outcome = Outcome::default();
    for case in &known {
        let links = party::links(case, &known);
        let customer = case.customer_id.as_deref().and_then(|id| crm.profile(id));
        let record = record::of(case, &links, &surveys, customer, now);
        outcome.cases.insert(case.case_id, record);
        let bounces = links.bounces.into_iter().map(|(to, at)| (case.case_id, to, at));
        outcome.bounces.extend(bounces);
    }
    outcome.bounces.sort();
    outcome
}
