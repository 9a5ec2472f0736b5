//! The reference model: from all facts at once to the cases as they are at `now`. No state, no order of
//! arrival, nothing of the desk.
//!
//! - [`facts`]: rule 1, which records stand; [`identity`]: who is it?; [`attribution`]: rule 3, whose it is
//! - [`course`]: what a case has gone through; [`clocks`]: rules 3, 5, 7, what that means at a time;
//!   [`business`]: how time goes by in an office
//! - [`aftermath`]: rules 12, 16, 21; [`party`]: rules 9, 10 and 12, what only shows across cases;
//!   [`echo`]: when two texts are the same
//! - [`forgetting`]: who is forgotten, and what stays
//! - [`priority`]: rule 11; [`record`]: the case as others see it; [`figures`]: the report
//!
//! Where DESIGN.md leaves a choice, a comment that begins with *Decision* says which was taken.

pub mod figures;

mod aftermath;
mod attribution;
mod business;
mod clocks;
mod course;
mod echo;
mod facts;
mod forgetting;
mod identity;
mod party;
mod priority;
mod record;

use std::collections::BTreeMap;

use heard::model::{Case, CaseId, Millis, Survey};

use crate::records::Record;
use course::Course;
use facts::{Facts, Key};
use forgetting::Forgotten;
use identity::Crm;

/// A case with all that is known of it before its party's other cases are looked at.
pub struct Known {
    pub case_id: CaseId,
    pub conversation: Key,
    pub author: String,
    pub course: Course,
    pub party_key: String,
    pub customer_id: Option<String>,
    pub tier: Option<String>,
    pub bystander: bool,
}

/// Rule 9: a case from which the company sent the customer to where they already waited: to which case, and
/// when.
pub type Bounce = (CaseId, CaseId, Millis);

/// What a journey comes to.
#[derive(Default)]
pub struct Outcome {
    pub cases: BTreeMap<CaseId, Case>,
    pub bounces: Vec<Bounce>,
    /// Whether everybody is forgotten: then nothing that is kept says who there was.
    pub nobody_is_left: bool,
}

/// What these records come to at `now`.
pub fn outcome(records: &[Record], now: Millis) -> Outcome {
    let forgotten = Forgotten::of(records, now);
    let facts = Facts::of(records);
    let world = World::of(&facts, &forgotten);
    let mut outcome = Outcome {
        cases: world.cases(now),
        bounces: world.bounces(),
        nobody_is_left: world.is_empty() && forgotten.is_everybody(&facts, records),
    };
    outcome.cases.extend(forgotten.cases);
    outcome.bounces.extend(forgotten.bounces);
    outcome.bounces.sort();
    outcome
}

/// Of messages that come after the last forgetting, those that are dropped.
pub fn dropped<'r>(journey: &[Record], now: Millis, late: &'r [Record]) -> Vec<&'r Record> {
    let tombstones = journey
        .iter()
        .filter(|record| matches!(record, Record::Dropped(..)));
    let Some(last) = tombstones.map(Record::at).max() else {
        return Vec::new();
    };
    let forgotten = Forgotten::of(journey, now);
    let facts = Facts::of(journey.iter().filter(|record| record.at() <= last));
    let is_dropped = |record: &&Record| match record {
        Record::Said(said) => forgotten.drops(&facts, said),
        _ => false,
    };
    late.iter().filter(is_dropped).collect()
}

/// Everything that nobody has forgotten.
struct World<'f> {
    crm: Crm,
    known: Vec<Known>,
    /// Surveys that name no conversation.
    surveys: Vec<&'f Survey>,
}

impl<'f> World<'f> {
    fn of(facts: &'f Facts, forgotten: &Forgotten) -> Self {
        let crm = Crm::of(&facts.customers, &forgotten.customers);
        let mut known = Vec::new();
        for (key, conversation) in &facts.conversations {
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
                    conversation: key.clone(),
                    bystander: first.as_deref() != Some(&author),
                    author,
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
        known.retain(|case| !forgotten.cases.contains_key(&case.case_id));
        let surveys = facts.surveys.iter();
        let is_known = |survey: &&Survey| {
            !forgotten
                .surveys
                .contains(&(survey.source.clone(), survey.id.clone()))
        };
        Self {
            crm,
            known,
            surveys: surveys.filter(is_known).collect(),
        }
    }

    /// The cases at `now`.
    fn cases(&self, now: Millis) -> BTreeMap<CaseId, Case> {
        let surveys = party::surveys(&self.surveys, &self.crm, &self.known);
        let cases = self.known.iter().map(|case| {
            let links = party::links(case, &self.known);
            let customer = case.customer_id.as_deref().and_then(|id| self.crm.profile(id));
            (case.case_id, record::of(case, &links, &surveys, customer, now))
        });
        cases.collect()
    }

    fn bounces(&self) -> Vec<Bounce> {
        let of = |case: &Known| {
            let bounces = party::links(case, &self.known).bounces.into_iter();
            let from = case.case_id;
            bounces.map(move |(to, at)| (from, to, at)).collect::<Vec<_>>()
        };
        self.known.iter().flat_map(of).collect()
    }

    /// Whether there is nobody.
    fn is_empty(&self) -> bool {
        self.known.is_empty() && self.surveys.is_empty() && self.crm.is_empty()
    }
}
