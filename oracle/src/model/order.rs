//! Rule 3: when a company's word counts, and what comes first within one moment.

use heard::model::Millis;

use super::facts::{Fact, Reply, What};
use crate::rules::SKEW;

/// Facts in their order, each at its effective time: a word of the company that names its message is never before it.
pub fn in_order(facts: Vec<Fact>) -> Vec<Fact> {
    let times: Vec<Millis> = (0..facts.len()).map(|n| effective(&facts, n)).collect();
    let skewed: Vec<bool> = (0..facts.len())
        .map(|n| {
            let named = own_target(&facts, n);
            named.is_some_and(|to| times[to].since(facts[n].at) > SKEW)
        })
        .collect();
    let mut placed: Vec<Fact> = facts;
    for (n, fact) in placed.iter_mut().enumerate() {
        (fact.at, fact.skewed) = (times[n], skewed[n]);
    }
    let places: Vec<_> = (0..placed.len())
        .map(|n| {
            let fact = &placed[n];
            // Decision: what replies to such a word, by however many steps, comes after it.
            let mut root = n;
            while let Some(to) = of_moment(&placed, root).filter(|_| !is_in_ring(&placed, root, of_moment)) {
                root = to;
            }
            let is_loose = is_company(&placed[root]); // which names nothing of its moment, or is in a ring
            // Decision: of messages of several people under one id, the one comes first that the log had first.
            let id = (fact.id.clone(), fact.logged);
            (fact.at, is_loose, depth(&placed, n), class(fact), id)
        })
        .collect();
    let mut order: Vec<usize> = (0..placed.len()).collect();
    order.sort_by(|a, b| places[*a].cmp(&places[*b]));
    order.into_iter().map(|n| placed[n].clone()).collect()
}

fn effective(facts: &[Fact], n: usize) -> Millis {
    let own = facts[n].at;
    match own_target(facts, n) {
        Some(to) => own.max(effective(facts, to)),
        None => own,
    }
}

/// What a word of the company is never before: the message that it names. Decision: where each names the other, by
/// however many steps, a complaint among them or not, none says which was first: each has its own time.
fn own_target(facts: &[Fact], n: usize) -> Option<usize> {
    let named = is_company(&facts[n]).then(|| target(facts, n)).flatten();
    named.filter(|_| !is_in_ring(facts, n, target))
}

/// What a message names that happened at the same moment.
fn of_moment(facts: &[Fact], n: usize) -> Option<usize> {
    target(facts, n).filter(|to| facts[*to].at == facts[n].at)
}

/// The message that another says it replies to, if it stands: a customer's before a company's; of several under one
/// id, the first. What a message from elsewhere replies to is said there.
pub fn target(facts: &[Fact], n: usize) -> Option<usize> {
    let id = match &facts[n].what {
        What::Said(said) => said.message.in_reply_to.as_deref(),
        What::Replied(reply) if !reply.elsewhere => reply.message.in_reply_to.as_deref(),
        What::Updated(update) => update.in_reply_to.as_deref(),
        What::Replied(_) | What::Edited(_) | What::Surveyed(_) => None,
    }?;
    let named = |is_kind: fn(&What) -> bool| {
        let mut named: Vec<_> = (0..facts.len())
            .filter(|other| facts[*other].id == id && is_kind(&facts[*other].what))
            .collect();
        named.sort_by_key(|other| (facts[*other].at, facts[*other].logged));
        named.first().copied()
    };
    let said = named(|what| matches!(what, What::Said(_)));
    said.or_else(|| named(|what| matches!(what, What::Replied(Reply { elsewhere: false, .. }))))
}

/// Whether who follows the links from this one comes back to it.
pub fn is_in_ring(facts: &[Fact], n: usize, link: fn(&[Fact], usize) -> Option<usize>) -> bool {
    let mut last = n;
    // After as many steps as there are facts, all that will ever be met has been.
    for _ in facts {
        match link(facts, last) {
            Some(to) if to == n => return true,
            Some(to) => last = to,
            None => return false,
        }
    }
    false
}

fn depth(facts: &[Fact], n: usize) -> usize {
    match of_moment(facts, n).filter(|_| !is_in_ring(facts, n, of_moment)) {
        Some(to) => 1 + depth(facts, to),
        None => 0,
    }
}

fn is_company(fact: &Fact) -> bool {
    matches!(fact.what, What::Replied(_) | What::Updated(_))
}

fn class(fact: &Fact) -> u8 {
    match fact.what {
        What::Said(_) | What::Edited(_) => 0,
        What::Replied(_) => 1,
        What::Updated(_) => 2,
        What::Surveyed(_) => 3,
    }
}
