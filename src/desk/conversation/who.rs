//! Who is it? The case alone decides its party, from what identifiers and customers answer.
//!
//! The party is the owner of the strongest claimed identifier, followed to where customer records
//! were merged, else the strongest identifier itself. In a ring of merges the smallest id wins.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::fact::Mention;
use crate::config::rules::IdentityRules;
use crate::desk::forgetting::Forgotten;
use crate::desk::message::{CaseNote, CaseRef, Findings, Moved, Next, Owner, Standing};
use crate::desk::summary::Summary;
use crate::model::Identifier;

/// The party key of a case whose author gave no identifier.
pub const UNKNOWN: &str = "unknown";

/// An identifier of the case's author, and what it has answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// The identifier, normalised.
    pub identifier: Identifier,
    /// Its short hash in this conversation.
    pub mention: Mention,
    /// The hash of its actor's key.
    pub actor: u128,
    /// The number of its answer; zero before the first.
    pub number: u64,
    /// The customer it belongs to.
    pub owner: Option<SmolStr>,
    /// All who claim it, if there are several.
    pub rivals: SmallVec<[SmolStr; 0]>,
    /// Whether the person behind it was forgotten.
    pub forgotten: Option<Forgotten>,
}

/// A customer on the way, and where the record points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The customer.
    pub customer_id: SmolStr,
    /// The number of the answer; zero before the first.
    pub number: u64,
    /// To whom the customer was merged.
    pub next: Option<Next>,
}

/// A party that a case belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Its key: `customer:<id>`, or an identifier.
    pub key: SmolStr,
    /// The customer, if the CRM knows them.
    pub customer_id: Option<SmolStr>,
    /// Found at the end of a ring of merges.
    pub settled: bool,
}

impl Party {
    /// A customer.
    pub fn customer(id: &str, settled: bool) -> Self {
        Self {
            key: customer_key(id),
            customer_id: Some(id.into()),
            settled,
        }
    }

    /// Somebody the CRM does not know.
    pub fn identifier(identifier: &Identifier) -> Self {
        Self {
            key: identifier_key(identifier),
            customer_id: None,
            settled: false,
        }
    }
}

/// The party key of a customer.
pub fn customer_key(id: &str) -> SmolStr {
    format!("customer:{id}").into()
}

/// The party key of an identifier: kind, realm if there is one, value.
pub fn identifier_key(identifier: &Identifier) -> SmolStr {
    let Identifier { kind, value, realm } = identifier;
    match realm {
        None => format!("{kind}:{}", **value).into(),
        Some(realm) => format!("{kind}:{realm}:{}", **value).into(),
    }
}

/// What a case knows of its author.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Who {
    /// The author's identifiers, in the order they came.
    pub asked: SmallVec<[Asked; 1]>,
    /// The customers asked where their records point.
    pub links: SmallVec<[Link; 0]>,
    /// The party joined.
    pub party: Option<Party>,
    /// Rises with each change of party.
    pub membership: u32,
    /// Notes sent in this membership.
    pub notes: u32,
    /// A digest of what the party was last told of the case.
    pub told: u64,
    /// Kept with its party at the end of a loop (ENGINE.md 15), and told so.
    pub looped: bool,
    /// The latest findings; those of the last party until the next answers.
    pub findings: Option<Arc<Findings>>,
}

impl Who {
    /// Takes an identifier's answer; false if it is older than the one known.
    pub fn owner(&mut self, answer: &Owner) -> bool {
        let asked = self
            .asked
            .iter_mut()
            .find(|asked| asked.actor == answer.identifier);
        let Some(asked) = asked.filter(|asked| asked.number < answer.number) else {
            return false;
        };
        asked.number = answer.number;
        asked.owner.clone_from(&answer.customer_id);
        asked.rivals.clone_from(&answer.rivals);
        asked.forgotten = answer.forgotten;
        true
    }

    /// Takes a customer's answer; false if it is older than the one known, or nobody asked.
    pub fn moved(&mut self, answer: &Moved) -> bool {
        let link = self
            .links
            .iter_mut()
            .find(|link| link.customer_id == answer.customer_id);
        let Some(link) = link.filter(|link| link.number < answer.number) else {
            return false;
        };
        link.number = answer.number;
        link.next.clone_from(&answer.next);
        true
    }

    /// The customer's tier when the case opened, as far as the party has told (rule 5).
    pub fn tier(&self) -> Option<&str> {
        self.findings.as_ref()?.tier_then.as_deref()
    }

    /// The customer that they are, if the CRM knows them.
    pub fn customer_id(&self) -> Option<&SmolStr> {
        self.party.as_ref()?.customer_id.as_ref()
    }

    /// Takes findings; false if they are for another membership, or old.
    pub fn found(&mut self, findings: &Arc<Findings>) -> bool {
        let known = self
            .findings
            .as_ref()
            .filter(|known| known.membership == findings.membership);
        let news = findings.membership == self.membership
            && known.is_none_or(|known| known.number < findings.number);
        if news {
            self.findings = Some(Arc::clone(findings));
        }
        news
    }

    /// Whether the author is somebody who was forgotten: nobody known claims any of the identifiers, and one
    /// of them was a forgotten person's. `None` while not all have answered.
    pub fn forgotten(&self, live: &[Mention]) -> Option<Forgotten> {
        let live = || self.asked.iter().filter(|asked| live.contains(&asked.mention));
        if live().any(|asked| asked.number == 0 || asked.owner.is_some()) {
            return None;
        }
        let forgotten = live().filter_map(|asked| asked.forgotten);
        forgotten.max_by_key(|forgotten| forgotten.at)
    }

    /// Identifiers that were a forgotten person's when the case first asked for them.
    pub fn late(&self) -> SmallVec<[Mention; 2]> {
        let late = |asked: &&Asked| asked.forgotten.is_some_and(|forgotten| forgotten.late);
        self.asked
            .iter()
            .filter(late)
            .map(|asked| asked.mention)
            .collect()
    }

    /// Lets go of what was a forgotten person's and is nobody's, once no message that stands names it. Says
    /// what that was.
    pub fn let_go(&mut self, live: &[Mention]) -> SmallVec<[Mention; 2]> {
        let mut gone = SmallVec::new();
        self.asked.retain(|asked| {
            let is_theirs = asked.forgotten.is_some() && asked.owner.is_none();
            let stays = !is_theirs || live.contains(&asked.mention);
            if !stays {
                gone.push(asked.mention);
            }
            stays
        });
        gone
    }

    /// Whether nothing says who it is.
    pub fn is_nobody(&self) -> bool {
        self.asked.is_empty() && self.party.is_none() && self.links.is_empty()
    }

    /// The keys of all parties that know of the case.
    pub fn parties(&self) -> SmallVec<[SmolStr; 2]> {
        let mut keys: SmallVec<[SmolStr; 2]> = self.party.iter().map(|party| party.key.clone()).collect();
        for link in &self.links {
            let key = customer_key(&link.customer_id);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    /// The party as far as answers go, and the customers on the way to it; `None` while identifiers
    /// have not answered, or when there are none. `live` are the identifiers that count.
    pub fn decide(&self, live: &[Mention], rules: &IdentityRules) -> Option<(Party, Vec<&str>)> {
        let mut live: SmallVec<[&Asked; 4]> = self
            .asked
            .iter()
            .filter(|asked| live.contains(&asked.mention))
            .collect();
        if live.iter().any(|asked| asked.number == 0) {
            return None;
        }
        live.sort_by(|a, b| {
            let (a, b) = (&a.identifier, &b.identifier);
            rules
                .compare(&a.kind, &b.kind)
                .then_with(|| (&a.realm, &a.value).cmp(&(&b.realm, &b.value)))
        });
        match live.iter().find_map(|asked| asked.owner.as_deref()) {
            Some(owner) => Some(self.follow(owner)),
            None => Some((Party::identifier(&live.first()?.identifier), Vec::new())),
        }
    }

    /// Joins another party, or none. Says which ones are left, and how it stands to each from now on:
    /// customers on the way to the new party are watched, the others forgotten.
    pub fn join(&mut self, party: Option<Party>, way: &[SmolStr]) -> Vec<(SmolStr, Standing)> {
        self.membership += 1;
        self.notes = 0;
        self.looped = false;
        let old = std::mem::replace(&mut self.party, party);
        let now = self.party.as_ref().map(|party| party.key.clone());
        let mut left = Vec::new();
        if let Some(old) = old.filter(|old| old.customer_id.is_none()) {
            left.push((old.key, Standing::Gone));
        }
        self.links.retain(|link| {
            let key = customer_key(&link.customer_id);
            let on_the_way = way.contains(&link.customer_id);
            if now.as_ref() != Some(&key) {
                left.push((
                    key,
                    if on_the_way {
                        Standing::Watcher
                    } else {
                        Standing::Gone
                    },
                ));
            }
            on_the_way
        });
        let customer = self.party.as_ref().and_then(|party| party.customer_id.clone());
        if let Some(customer_id) = customer
            && !self.links.iter().any(|link| link.customer_id == customer_id)
        {
            self.links.push(Link {
                customer_id,
                number: 0,
                next: None,
            });
        }
        left
    }

    /// The next note to a party, of a case or a survey.
    pub fn note(&mut self, case: CaseRef, party_key: &str, standing: Standing, summary: Summary) -> CaseNote {
        self.notes += 1;
        CaseNote {
            case,
            party_key: party_key.into(),
            membership: self.membership,
            number: self.notes,
            standing,
            settled: self.party.as_ref().is_some_and(|party| party.settled),
            summary,
            survey: None,
        }
    }

    /// Follows merges from a customer to the one that stands for them: in a ring, the smallest id of those that
    /// the CRM has not dropped.
    fn follow<'a>(&'a self, owner: &'a str) -> (Party, Vec<&'a str>) {
        let mut way = vec![owner];
        let mut at = owner;
        while let Some(next) = self.next(at) {
            if let Some(start) = way.iter().position(|passed| *passed == next) {
                let ring = way[start..]
                    .iter()
                    .min_by_key(|passed| (self.has_ended(passed), **passed));
                let ring = ring.copied().unwrap_or(next);
                return (Party::customer(ring, true), way);
            }
            way.push(next);
            at = next;
        }
        (Party::customer(at, false), way)
    }

    fn next(&self, customer_id: &str) -> Option<&str> {
        Some(&*self.pointer(customer_id)?.customer_id)
    }

    fn has_ended(&self, customer_id: &str) -> bool {
        self.pointer(customer_id).is_some_and(|next| next.ended)
    }

    fn pointer(&self, customer_id: &str) -> Option<&Next> {
        let mut links = self.links.iter();
        links
            .find(|link| &*link.customer_id == customer_id)?
            .next
            .as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Link, Next, Who};
    use crate::config::rules::IdentityRules;
    use crate::model::Identifier;

    /// An identifier with what it answered: `None`, not yet; `Some("")`, nobody's.
    fn asked((kind, value, answer): (&str, &str, Option<&str>)) -> Asked {
        Asked {
            identifier: Identifier {
                kind: kind.into(),
                value: crate::model::Sensitive(value.into()),
                realm: None,
            },
            mention: 1,
            actor: 0,
            number: answer.map_or(0, |_| 1),
            owner: answer.filter(|owner| !owner.is_empty()).map(Into::into),
            rivals: Default::default(),
            forgotten: None,
        }
    }

    #[test]
    fn the_party_of_a_case() {
        // A record that the CRM has dropped since is written with an exclamation mark.
        let merged = |links: &[(&str, &str)]| {
            links
                .iter()
                .map(|(from, to)| Link {
                    customer_id: from.trim_end_matches('!').into(),
                    number: 1,
                    next: Some(Next {
                        customer_id: (*to).into(),
                        ended: from.ends_with('!'),
                    }),
                })
                .collect()
        };
        //   given identifiers and their answers          given merges        then
        for (identifiers, merges, party) in [
            (&[][..], &[][..], None),
            (&[("phone", "1", None)], &[], None),
            (&[("phone", "1", Some(""))], &[], Some("phone:1")),
            (&[("phone", "1", Some("")), ("email", "a@b", None)], &[], None),
            (
                &[("phone", "1", Some("")), ("email", "a@b", Some(""))],
                &[],
                Some("email:a@b"),
            ),
            (
                &[("phone", "1", Some("P")), ("email", "a@b", Some(""))],
                &[],
                Some("customer:P"),
            ),
            (
                &[("phone", "1", Some("P")), ("email", "a@b", Some("E"))],
                &[],
                Some("customer:E"),
            ),
            (&[("handle", "x", Some("A"))], &[("A", "B")], Some("customer:B")),
            (
                &[("handle", "x", Some("A"))],
                &[("A", "B"), ("B", "C")],
                Some("customer:C"),
            ),
            (
                &[("handle", "x", Some("C"))],
                &[("C", "B"), ("B", "A"), ("A", "C")],
                Some("customer:A"),
            ),
            (
                &[("handle", "x", Some("A"))],
                &[("A", "C"), ("C", "B"), ("B", "C")],
                Some("customer:B"),
            ),
            (
                &[("handle", "x", Some("A"))],
                &[("A!", "B"), ("B", "C"), ("C", "A")],
                Some("customer:B"),
            ),
            (
                &[("handle", "x", Some("A"))],
                &[("A!", "B"), ("B!", "C")],
                Some("customer:C"),
            ),
        ] {
            let who = Who {
                asked: identifiers.iter().copied().map(asked).collect(),
                links: merged(merges),
                ..Who::default()
            };
            let decided = who.decide(&[1], &IdentityRules::default());
            assert_eq!(
                decided.map(|(party, _)| String::from(party.key)).as_deref(),
                party,
                "{identifiers:?} {merges:?}"
            );
        }
    }
}
