//! Rule 3: to whom was a response said? To the case of the message it replies to; else of the customer it
//! names; else of the latest customer message before it in the conversation.

use std::collections::BTreeMap;

use heard::model::Person;

use super::facts::{Conversation, Fact, Reply, Said, What, author_key};

/// Rule 2: who spoke first; others are bystanders.
pub fn first_author(facts: &[Fact]) -> Option<String> {
    said(facts).map(|(_, said)| said.author.clone()).next()
}

/// Whether an author has said something that stands.
pub fn has_spoken(facts: &[Fact], author: &str) -> bool {
    said(facts).any(|(_, said)| said.author == author)
}

/// Whether a customer's message of this id stands.
pub fn is_said(facts: &[Fact], id: &str) -> bool {
    said(facts).any(|(fact, _)| fact.id == id)
}

/// The facts of each author's case, in order. What belongs to nobody is left out.
pub fn by_author(conversation: &Conversation) -> BTreeMap<String, Vec<Fact>> {
    let mut cases = BTreeMap::<String, Vec<Fact>>::new();
    for fact in &conversation.facts {
        if let Some(author) = author_of(conversation, fact) {
            cases.entry(author).or_default().push(fact.clone());
        }
    }
    cases
}

/// Whose is a message? Decision: replies to each other in a ring reply to nothing; what replies to one of them
/// belongs where that one does.
fn author_of(conversation: &Conversation, fact: &Fact) -> Option<String> {
    let target = target(&conversation.facts, fact).filter(|_| !is_in_ring(&conversation.facts, fact));
    let replied_to = target.and_then(|target| author_of(conversation, target));
    replied_to.or_else(|| said_to(conversation, fact))
}

/// Whether who follows the replies from this one comes back to it.
fn is_in_ring(facts: &[Fact], fact: &Fact) -> bool {
    let mut last = fact;
    // After as many steps as there are facts, all that will ever be met has been.
    for _ in facts {
        match target(facts, last) {
            Some(target) if std::ptr::eq(target, fact) => return true,
            Some(target) => last = target,
            None => return false,
        }
    }
    false
}

/// The message that a response says it replies to, if it stands: a customer's before a company's.
fn target<'f>(facts: &'f [Fact], fact: &Fact) -> Option<&'f Fact> {
    // What a message from elsewhere replies to is said there.
    let What::Replied(Reply {
        message,
        elsewhere: false,
    }) = &fact.what
    else {
        return None;
    };
    let id = message.in_reply_to.as_deref()?;
    let said = said(facts).map(|(fact, _)| fact).find(|fact| fact.id == id);
    said.or_else(|| {
        let is_reply = |fact: &&Fact| matches!(&fact.what, What::Replied(reply) if !reply.elsewhere);
        facts.iter().filter(is_reply).find(|fact| fact.id == id)
    })
}

/// Whose is what replies to nothing?
fn said_to(conversation: &Conversation, fact: &Fact) -> Option<String> {
    let facts = &conversation.facts;
    match &fact.what {
        What::Said(said) => Some(said.author.clone()),
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
    if said(facts).any(|(_, said)| said.author == key) {
        return Some(key);
    }
    person.identifiers.iter().find_map(|identifier| {
        let mut carriers =
            said(facts).filter(|(_, said)| said.message.author.identifiers.contains(identifier));
        let key = format!("{}:{}", identifier.kind, *identifier.value);
        let mut of_key = said(facts).filter(|(_, said)| said.author == key);
        carriers
            .next()
            .or_else(|| of_key.next())
            .map(|(_, said)| said.author.clone())
    })
}

/// Decision: "before" includes the same moment.
fn latest_before(facts: &[Fact], fact: &Fact) -> Option<String> {
    let before = said(facts).filter(|(said, _)| said.at <= fact.at);
    before.last().map(|(_, said)| said.author.clone())
}

fn said(facts: &[Fact]) -> impl Iterator<Item = (&Fact, &Said)> {
    facts.iter().filter_map(|fact| match &fact.what {
        What::Said(said) => Some((fact, said)),
        _ => None,
    })
}
