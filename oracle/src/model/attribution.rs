//! Rule 3: to whom was a response said? To the case of the message it replies to; else of the customer it
//! names; else of the latest customer message before it in the conversation.

use std::collections::BTreeMap;

use heard::model::Person;

use super::facts::{Conversation, Fact, Said, What};
use super::order::{self, is_in_ring};
use super::spelling::author_key;

/// Rule 2: who spoke first; others are bystanders.
pub fn first_author(facts: &[Fact]) -> Option<String> {
    said(facts).map(|(_, said)| said.author.clone()).next()
}

/// Whether an author has said something that stands.
pub fn has_spoken(facts: &[Fact], author: &str) -> bool {
    said(facts).any(|(_, said)| said.own_author == author)
}

/// Whether a customer's message of this id stands.
pub fn is_said(facts: &[Fact], id: &str) -> bool {
    said(facts).any(|(fact, _)| fact.id == id)
}

/// The facts of each author's case, in order. What belongs to nobody is left out.
pub fn by_author(conversation: &Conversation) -> BTreeMap<String, Vec<Fact>> {
    let mut cases = BTreeMap::<String, Vec<Fact>>::new();
    for (n, fact) in conversation.facts.iter().enumerate() {
        if let Some(author) = author_of(conversation, n) {
            cases.entry(author).or_default().push(fact.clone());
        }
    }
    cases
}

/// Whose is a message? Decision: replies to each other in a ring reply to nothing; what replies to one of them
/// belongs where that one does.
fn author_of(conversation: &Conversation, n: usize) -> Option<String> {
    let facts = &conversation.facts;
    let target = target(facts, n).filter(|_| !is_in_ring(facts, n, target));
    let replied_to = target.and_then(|target| author_of(conversation, target));
    replied_to.or_else(|| said_to(conversation, &facts[n]))
}

/// What a word of the company replies to.
fn target(facts: &[Fact], n: usize) -> Option<usize> {
    let is_company = matches!(facts[n].what, What::Replied(_) | What::Updated(_));
    is_company.then(|| order::target(facts, n)).flatten()
}

/// Whose is what replies to nothing?
fn said_to(conversation: &Conversation, fact: &Fact) -> Option<String> {
    let facts = &conversation.facts;
    match &fact.what {
        What::Said(said) => Some(said.author.clone()),
        What::Edited(edited) => Some(edited.said.author.clone()),
        What::Replied(reply) => {
            named(conversation, reply.message.customer.as_ref()).or_else(|| latest_before(facts, fact))
        }
        // Decision: an update is said to whom a response would be.
        What::Updated(update) => {
            named(conversation, update.customer.as_ref()).or_else(|| latest_before(facts, fact))
        }
        // Decision: a survey that names nobody here is about who began.
        What::Surveyed(survey) => {
            named(conversation, survey.customer.as_ref()).or_else(|| first_author(facts))
        }
    }
}

/// The customer that is named, if they have spoken here: by the author key that they would have, else by
/// an identifier that an author was given with first, or that would be an author's key in another realm.
fn named(conversation: &Conversation, person: Option<&Person>) -> Option<String> {
    let person = person.filter(|person| !person.identifiers.is_empty())?;
    let facts = &conversation.facts;
    let key = author_key(conversation.channel, person);
    if let Some((_, said)) = said(facts).find(|(_, said)| said.own_author == key) {
        return Some(said.author.clone());
    }
    person.identifiers.iter().find_map(|identifier| {
        let mut carriers =
            said(facts).filter(|(_, said)| said.message.author.identifiers.contains(identifier));
        let key = format!("{}:{}", identifier.kind, *identifier.value);
        let mut of_key = said(facts).filter(|(_, said)| said.own_author == key);
        carriers
            .next()
            .or_else(|| of_key.next())
            .map(|(_, said)| said.author.clone())
    })
}

/// The latest customer's message before it, in the order of facts.
fn latest_before(facts: &[Fact], fact: &Fact) -> Option<String> {
    let place = facts.iter().position(|other| std::ptr::eq(other, fact))?;
    let before = said(&facts[..place]);
    before.last().map(|(_, said)| said.author.clone())
}

fn said(facts: &[Fact]) -> impl Iterator<Item = (&Fact, &Said)> {
    facts.iter().filter_map(|fact| match &fact.what {
        What::Said(said) => Some((fact, said)),
        _ => None,
    })
}
