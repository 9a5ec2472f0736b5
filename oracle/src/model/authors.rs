//! Who is an author in a conversation: by what they are known there, and who is one customer with another.

use std::collections::BTreeMap;

use heard::model::Stage;

use super::facts::{Fact, What};
use super::identity::Crm;
use super::spelling::author_key;
use crate::rules::Channel;

/// Names the authors. Onstage, whoever names nobody is an author of their own, unless they reply to another such message:
/// then its author.
pub fn name(channel: &'static Channel, facts: &mut [Fact]) {
    let keys: Vec<_> = (0..facts.len()).map(|n| key(channel, facts, n)).collect();
    for (fact, key) in facts.iter_mut().zip(keys) {
        if let (What::Said(said), Some(key)) = (&mut fact.what, key) {
            (said.author, said.own_author) = (key.clone(), key);
        }
    }
}

fn key(channel: &'static Channel, facts: &[Fact], n: usize) -> Option<String> {
    let What::Said(said) = &facts[n].what else {
        return None;
    };
    if !is_nobody(channel, &facts[n]) {
        return Some(author_key(channel, &said.message.author));
    }
    // Those that reply to each other, up to the first, or to a ring.
    let mut way = vec![n];
    loop {
        let last = way[way.len() - 1];
        match anonymous_target(channel, facts, last) {
            None => return Some(format!("unknown/{}", facts[last].id)),
            Some(to) => match way.iter().position(|seen| *seen == to) {
                Some(ring) => {
                    let first = way[ring..].iter().min_by_key(|n| (facts[**n].at, &facts[**n].id));
                    return first.map(|n| format!("unknown/{}", facts[*n].id));
                }
                None => way.push(to),
            },
        }
    }
}

fn is_nobody(channel: &Channel, fact: &Fact) -> bool {
    let What::Said(said) = &fact.what else {
        return false;
    };
    let stage = said.message.visibility.map_or(channel.stage, Stage::from);
    stage == Stage::Onstage && said.message.author.identifiers.is_empty()
}

fn anonymous_target(channel: &Channel, facts: &[Fact], n: usize) -> Option<usize> {
    let What::Said(said) = &facts[n].what else {
        return None;
    };
    let id = said.message.in_reply_to.as_deref()?;
    (0..facts.len()).find(|other| facts[*other].id == id && is_nobody(channel, &facts[*other]))
}

/// Authors whom the CRM knows to be one customer are one author: the one who spoke first. By each author's own
/// identifiers alone. Facts are in their order. Decision: who was forgotten is nobody's, and nobody goes on as them, whoever
/// has their identifiers by then.
pub fn join(facts: &mut [Fact], crm: &Crm, is_forgotten: impl Fn(&str) -> bool) {
    let mut identifiers = BTreeMap::<String, Vec<_>>::new();
    for fact in facts.iter() {
        if let What::Said(said) = &fact.what {
            let own = identifiers.entry(said.own_author.clone()).or_default();
            own.extend(said.message.author.identifiers.iter().cloned());
        }
    }
    let mut first = BTreeMap::<String, String>::new();
    let mut joined = BTreeMap::<String, String>::new();
    for fact in facts.iter() {
        if let What::Said(said) = &fact.what
            && !is_forgotten(&said.own_author)
            && let Some(customer) = crm.party(&identifiers[&said.own_author]).customer_id
        {
            let author = first.entry(customer).or_insert_with(|| said.own_author.clone());
            joined.insert(said.own_author.clone(), author.clone());
        }
    }
    for fact in facts.iter_mut() {
        let said = match &mut fact.what {
            What::Said(said) => said,
            What::Edited(edited) => &mut edited.said,
            _ => continue,
        };
        if let Some(author) = joined.get(&said.own_author) {
            said.author.clone_from(author);
        }
    }
}
