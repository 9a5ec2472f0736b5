//! The reference model: from all facts at once to the cases as they are at `now`. No state, no order of
//! arrival, nothing of the desk.
//!
//! - [`facts`]: which records stand; [`versions`]: rule 1; [`order`]: rule 3, what comes first; [`spelling`]: one for
//!   what means one thing; [`authors`]: who speaks in a conversation; [`identity`]: who is it?; [`attribution`]: rule 3, whose it is
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
mod authors;
mod business;
mod clocks;
mod course;
mod echo;
mod facts;
mod forgetting;
mod identity;
mod order;
mod party;
mod playbook;
mod priority;
mod record;
pub mod signals;
pub mod spelling;
mod spells;
mod versions;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use heard::model::{Case, CaseId, History, Millis, Survey, WorkId, WorkItem};

use crate::records::{Logged, Record};
use course::Course;
use facts::{Facts, Key, What};
use forgetting::Forgotten;
use identity::Crm;
use party::Links;

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

impl Known {
    /// The keys of all authors whose case it is.
    fn own_authors(&self) -> BTreeSet<String> {
        let said = self.course.facts.iter().filter_map(|fact| match &fact.what {
            What::Said(said) => Some(said.own_author.clone()),
            _ => None,
        });
        said.collect()
    }
}

/// Rule 9: a case from which the company sent the customer to where they already waited: to which case, and
/// when.
pub type Bounce = (CaseId, CaseId, Millis);

/// What a journey comes to.
#[derive(Default)]
pub struct Outcome {
    pub cases: BTreeMap<CaseId, Case>,
    pub bounces: Vec<Bounce>,
    /// The work of the cases that nobody has forgotten.
    pub work: BTreeMap<WorkId, WorkItem>,
    /// Signals, where nobody was forgotten.
    pub signals: signals::Signals,
    /// Whether everybody is forgotten: then nothing that is kept says who there was.
    pub nobody_is_left: bool,
}

/// What these records come to at `now`.
pub fn outcome(records: &[Logged], now: Millis) -> Outcome {
    let forgotten = Forgotten::of(records, now);
    let facts = Facts::of(records);
    let world = World::of(&facts, &forgotten);
    let links = world.links(now);
    let mut outcome = Outcome {
        cases: world.cases(&links, now),
        bounces: world.bounces(&links),
        work: world.work(&links, now),
        signals: signals::of(&world, now),
        nobody_is_left: world.is_empty() && forgotten.is_everybody(&facts, records),
    };
    outcome.cases.extend(forgotten.cases);
    outcome.bounces.extend(forgotten.bounces);
    outcome.bounces.sort();
    outcome
}

/// The signals alone: of many cases it would take long how each stands to the others.
pub fn signals(records: &[Logged], now: Millis) -> signals::Signals {
    let forgotten = Forgotten::of(records, now);
    let facts = Facts::of(records);
    signals::of(&World::of(&facts, &forgotten), now)
}

/// Of messages that come after the last forgetting, those that are dropped.
pub fn dropped<'r>(journey: &[Logged], now: Millis, late: &'r [Logged]) -> Vec<&'r Logged> {
    let tombstones = journey
        .iter()
        .filter(|record| matches!(record.record, Record::Dropped(..)));
    let Some(last) = tombstones.map(|record| record.at()).max() else {
        return Vec::new();
    };
    let forgotten = Forgotten::of(journey, now);
    let facts = Facts::of(journey.iter().filter(|record| record.at() <= last));
    let is_dropped = |record: &&Logged| match &record.record {
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
        let crm = Crm::of(&facts.customers, &forgotten.customers, &forgotten.ended);
        let mut known = Vec::new();
        for (key, conversation) in &facts.conversations {
            let mut conversation = conversation.clone();
            let is_forgotten =
                |author: &str| forgotten.authors.contains_key(&(key.clone(), author.to_owned()));
            authors::join(&mut conversation.facts, &crm, is_forgotten);
            let conversation = &conversation;
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
        known.retain(|case| {
            let author = (case.conversation.clone(), case.author.clone());
            !forgotten.cases.contains_key(&case.case_id) && !forgotten.authors.contains_key(&author)
        });
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

    /// How each case stands to the others of its party at `now`.
    fn links(&self, now: Millis) -> Vec<Links> {
        let links = self.known.iter().map(|case| party::links(case, &self.known, now));
        links.collect()
    }

    /// The cases at `now`.
    fn cases(&self, links: &[Links], now: Millis) -> BTreeMap<CaseId, Case> {
        let surveys = party::surveys(&self.surveys, &self.crm, &self.known);
        let cases = self.known.iter().zip(links).map(|(case, links)| {
            let customer = case.customer_id.as_deref().and_then(|id| self.crm.profile(id));
            (case.case_id, record::of(case, links, &surveys, customer, now))
        });
        cases.collect()
    }

    /// What handlers have of them at `now`.
    fn work(&self, links: &[Links], now: Millis) -> BTreeMap<WorkId, WorkItem> {
        let mut work = BTreeMap::new();
        for (case, links) in self.known.iter().zip(links) {
            // Decision: who gave no identifier is no party, and has no history.
            let last = party::last_score(case, &self.known, &self.surveys, &self.crm);
            let last = last.filter(|_| case.party_key != "unknown");
            let around = work::Around {
                customer: case.customer_id.as_deref().and_then(|id| self.crm.profile(id)),
                history: History {
                    last_score: last.as_ref().map(|last| last.score),
                    last_scale: last.as_ref().map(|last| last.scale),
                    ..links.history.clone()
                },
                links,
                now,
            };
            let items = work::of(case, &around).into_iter();
            work.extend(items.map(|item| (item.work_id, item)));
        }
        work
    }

    fn bounces(&self, links: &[Links]) -> Vec<Bounce> {
        let of = |(case, links): (&Known, &Links)| {
            let bounces = links.bounces.clone().into_iter();
            let from = case.case_id;
            bounces.map(move |(to, at)| (from, to, at)).collect::<Vec<_>>()
        };
        self.known.iter().zip(links).flat_map(of).collect()
    }

    /// Whether there is nobody.
    fn is_empty(&self) -> bool {
        self.known.is_empty() && self.surveys.is_empty() && self.crm.is_empty()
    }
}
