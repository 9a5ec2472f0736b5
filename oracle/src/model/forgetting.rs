//! Forgetting a person (docs/forgetting.md): what is theirs when the CRM drops a customer, what is left of it,
//! and what is not taken in afterwards.
//!
//! What is forgotten stands still: a case is what it was by all that had come until then. So this is about
//! journeys in which all that is dated before a forgetting was told before it, but for what comes late.

use std::collections::{BTreeMap, BTreeSet};

use heard::model::{Case, CaseId, Complaint, Identifier, Millis, Sensitive};
use smol_str::SmolStr;

use super::attribution;
use super::facts::{Facts, Key, key};
use super::identity::Crm;
use super::spelling::{author_key, normalise};
use super::{Bounce, World};
use crate::records::{Logged, Record};
use crate::rules::{self, LATENESS};

/// Whatever was forgotten.
#[derive(Default)]
pub struct Forgotten {
    /// When each customer was dropped.
    pub customers: BTreeMap<SmolStr, Millis>,
    /// When the record of a customer was dropped that pointed to another: the end of a merge's clean-up.
    pub ended: BTreeMap<SmolStr, Millis>,
    /// The identifiers that their records ever carried, and when they were theirs last.
    identifiers: BTreeMap<Identifier, Millis>,
    /// Cases as they are from then on.
    pub cases: BTreeMap<CaseId, Case>,
    /// Whose cases these were, by the conversation and the author's key; and until when what they said was theirs.
    pub authors: BTreeMap<(Key, String), Millis>,
    /// Surveys that named no conversation: source and id.
    pub surveys: BTreeSet<(SmolStr, SmolStr)>,
    pub bounces: Vec<Bounce>,
}

impl Forgotten {
    /// All who are forgotten in a journey, one after the other. Decision: a customer who is dropped twice at one
    /// moment was dropped once.
    pub fn of(records: &[Logged], now: Millis) -> Self {
        let mut dropped: Vec<(&SmolStr, Millis)> = records
            .iter()
            .filter_map(|record| match &record.record {
                Record::Dropped(customer_id, at) => Some((customer_id, *at)),
                _ => None,
            })
            .collect();
        dropped.sort_by_key(|(_, at)| *at);
        let mut forgotten = Self::default();
        if let Some(begin) = dropped.first().map(|(_, at)| *at) {
            let before = records.iter().filter(|record| record.at() <= begin);
            let facts = Facts::of(before);
            for (customer_id, at) in dropped {
                let is_known = forgotten.customers.get(customer_id) == Some(&at);
                if !is_known {
                    forgotten.drop(&facts, customer_id, at, now);
                }
            }
        }
        forgotten
    }

    /// The CRM drops a customer. If the record pointed to another who is not forgotten, that is the end of a merge's
    /// clean-up; of the last of a ring it is the end of all of them.
    fn drop(&mut self, facts: &Facts, customer_id: &SmolStr, at: Millis, now: Millis) {
        let crm = Crm::of(&facts.customers, &self.customers, &self.ended);
        let way = crm.way(customer_id);
        let is_in_ring = way.len() > 1 && crm.way(&way[1]).contains(&customer_id.to_string());
        let is_last = is_in_ring && way[1..].iter().all(|other| crm.is_ended(other));
        let points = way
            .get(1)
            .is_some_and(|next| !self.customers.contains_key(next.as_str()));
        if points && !is_last {
            self.ended.insert(customer_id.clone(), at);
            return;
        }
        // Those go along whose clean-up has ended and who lead to the customer.
        let leads =
            |other: &&SmolStr| *other == customer_id || crm.way(other).contains(&customer_id.to_string());
        let along: BTreeSet<SmolStr> = self
            .ended
            .keys()
            .filter(leads)
            .chain([customer_id])
            .cloned()
            .collect();
        self.forget(facts, &along, at, now);
    }

    /// Customers are forgotten: all cases and surveys that belong to them, and all identifiers that their records
    /// ever carried. Decision: what was one case, of a customer with two addresses, stays one: its figures are those that it
    /// had.
    fn forget(&mut self, facts: &Facts, customers: &BTreeSet<SmolStr>, at: Millis, now: Millis) {
        let before = World::of(facts, self);
        let links = before.links(now.min(at));
        let cases = before.cases(&links, now.min(at));
        let bounces = before.bounces(&links);
        for customer_id in customers {
            for identifier in before.crm.ever_carried(customer_id) {
                self.identifiers.insert(identifier, at);
            }
            self.customers.insert(customer_id.clone(), at);
            self.ended.remove(customer_id);
        }
        let is_customer = |id: Option<&str>| id.is_some_and(|id| customers.contains(id));
        let after = Crm::of(&facts.customers, &self.customers, &self.ended);
        let mut gone = BTreeSet::new();
        for known in &before.known {
            let is_theirs = is_customer(known.customer_id.as_deref());
            if is_theirs || self.is_left(&after, &known.course.identifiers(), known.course.opened_at) {
                let case = cases[&known.case_id].clone();
                self.cases.insert(known.case_id, erased(case, at));
                for author in known.own_authors() {
                    self.authors.insert((known.conversation.clone(), author), at);
                }
                gone.insert(known.case_id);
            }
        }
        self.bounces
            .extend(bounces.into_iter().filter(|(from, _, _)| gone.contains(from)));
        for survey in &before.surveys {
            let named = survey.customer.iter().flat_map(|person| &person.identifiers);
            let named: Vec<_> = named.cloned().collect();
            let is_theirs = is_customer(before.crm.party(&named).customer_id.as_deref());
            if is_theirs || self.is_left(&after, &named, survey.occurred_at) {
                self.surveys.insert((survey.source.clone(), survey.id.clone()));
            }
        }
    }

    /// Whether nobody speaks in these records, or has spoken and taken it back, who is not forgotten.
    pub fn is_everybody(&self, facts: &Facts, records: &[Logged]) -> bool {
        let crm = Crm::of(&facts.customers, &self.customers, &self.ended);
        records.iter().all(|record| match &record.record {
            Record::Said(said) => {
                let mut identifiers = said.author.identifiers.clone();
                normalise(&mut identifiers);
                identifiers.is_empty() || self.is_left(&crm, &identifiers, said.occurred_at)
            }
            _ => true,
        })
    }

    /// Whether these identifiers are nobody's any more, and one was a forgotten customer's.
    fn is_left(&self, crm: &Crm, identifiers: &[Identifier], at: Millis) -> bool {
        let mut theirs = identifiers.iter().filter_map(|one| self.identifiers.get(one));
        crm.party(identifiers).customer_id.is_none() && theirs.any(|forgotten| at <= *forgotten)
    }

    /// Whether a message is one of those that are dropped when they come after the last forgetting: of somebody
    /// who was forgotten in its conversation; or of somebody who has said nothing there, and gives identifiers
    /// that are nobody's any more. `facts` are those from before that. Not an edit of what somebody else had said:
    /// what that was is not kept, so it cannot come back.
    pub fn drops(&self, facts: &Facts, message: &Complaint) -> bool {
        // What comes late comes after all that was dropped, be it but the end of a merge's clean-up.
        let last = self.customers.values().chain(self.ended.values()).max();

        let mut message = message.clone();
        normalise(&mut message.author.identifiers);
        let conversation = message.conversation_id.as_ref().unwrap_or(&message.id);
        let conversation = key(&message.source, &message.channel, conversation);
        let author = author_key(rules::channel(&message.channel), &message.author);
        if let Some(at) = self.authors.get(&(conversation.clone(), author.clone())) {
            return message.occurred_at <= *at;
        }
        let facts_here = facts.conversations.get(&conversation);
        let has_spoken = facts_here.is_some_and(|known| attribution::has_spoken(&known.facts, &author));
        let is_edit = facts_here.is_some_and(|known| attribution::is_said(&known.facts, &message.id));
        let crm = Crm::of(&facts.customers, &self.customers, &self.ended);
        let identifiers = &message.author.identifiers;
        let mut marks = identifiers.iter().filter_map(|one| self.identifiers.get(one));
        let is_remembered = marks.all(|at| last.is_some_and(|last| last.since(*at) < LATENESS));
        !has_spoken && !is_edit && is_remembered && self.is_left(&crm, identifiers, message.occurred_at)
    }
}

/// What stays of a case: times, counts, statuses, levels, tier, brand, product, issue, language, scores, staff
/// and teams, links to other cases.
fn erased(case: Case, at: Millis) -> Case {
    Case {
        party_key: "forgotten".into(),
        customer_id: None,
        conversation_id: "forgotten".into(),
        external_case_id: None,
        location: None,
        remedy_granted: None,
        excerpt: Sensitive("".into()),
        priority: 0,
        forgotten_at: Some(at),
        ..case
    }
}
