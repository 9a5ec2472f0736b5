//! Records that have something to do with each other: what the model finds of one family does not depend on the others.
//! It looks at all cases of each case, so that many small families cost it much less than one of all.

use std::collections::HashMap;

use heard::model::{Identifier, Person};

use crate::model::spelling::normalise;
use crate::records::{Logged, Record};

/// The records by family, each in the order in which they came.
pub fn families(records: Vec<Logged>) -> Vec<Vec<Logged>> {
    let mut joined = Joined::default();
    let roots: Vec<_> = records
        .iter()
        .map(|logged| {
            let names = names(&logged.record);
            let ids: Vec<_> = names.into_iter().map(|name| joined.id(name)).collect();
            for pair in ids.windows(2) {
                joined.join(pair[0], pair[1]);
            }
            ids[0]
        })
        .collect();
    let mut families: HashMap<usize, usize> = HashMap::new();
    let mut all = Vec::<Vec<Logged>>::new();
    for (record, root) in records.into_iter().zip(roots) {
        let family = *families.entry(joined.root(root)).or_insert_with(|| {
            all.push(Vec::new());
            all.len() - 1
        });
        all[family].push(record);
    }
    all
}

/// Everything by which a record may belong to others: at least one name.
fn names(record: &Record) -> Vec<String> {
    let conversation =
        |source: &str, channel: &str, id: &str| format!("conversation {source} {channel} {id}");
    let mut names = Vec::new();
    match record {
        Record::Said(said) => {
            let id = said.conversation_id.as_ref().unwrap_or(&said.id);
            names.push(conversation(&said.source, &said.channel, id));
            names.extend(identifiers(&said.author.identifiers));
        }
        Record::Replied(reply) => {
            names.push(conversation(
                &reply.source,
                &reply.channel,
                &reply.conversation_id,
            ));
            let answers = reply.answers.iter();
            names.extend(
                answers.map(|other| conversation(&other.source, &other.channel, &other.conversation_id)),
            );
            names.extend(person(reply.customer.as_ref()));
        }
        Record::Updated(update) => {
            names.push(conversation(
                &update.source,
                &update.channel,
                &update.conversation_id,
            ));
            names.extend(person(update.customer.as_ref()));
        }
        Record::Surveyed(survey) => {
            names.push(format!("survey {} {}", survey.source, survey.id));
            if let (Some(channel), Some(id)) = (&survey.channel, &survey.conversation_id) {
                names.push(conversation(&survey.source, channel, id));
            }
            names.extend(person(survey.customer.as_ref()));
        }
        Record::Known(customer) => {
            names.push(customer_name(&customer.customer_id));
            names.extend(customer.merged_into.iter().map(|id| customer_name(id)));
            names.extend(identifiers(&customer.identifiers));
        }
        Record::Dropped(id, _) => names.push(customer_name(id)),
    }
    names
}

fn person(person: Option<&Person>) -> Vec<String> {
    person.map_or_else(Vec::new, |person| identifiers(&person.identifiers))
}

fn identifiers(identifiers: &[Identifier]) -> Vec<String> {
    let mut identifiers = identifiers.to_vec();
    normalise(&mut identifiers);
    let name = |one: &Identifier| match (&*one.kind, &one.realm) {
        ("customer_id", None) => customer_name(&one.value),
        (kind, realm) => format!("{kind} {} {}", realm.as_deref().unwrap_or_default(), *one.value),
    };
    identifiers.iter().map(name).collect()
}

fn customer_name(id: &str) -> String {
    format!("customer {id}")
}

/// Sets that are joined: each name leads to another of its set, the root to itself.
#[derive(Default)]
struct Joined {
    ids: HashMap<String, usize>,
    leads_to: Vec<usize>,
}

impl Joined {
    fn id(&mut self, name: String) -> usize {
        let next = self.leads_to.len();
        let id = *self.ids.entry(name).or_insert(next);
        if id == next {
            self.leads_to.push(id);
        }
        id
    }

    fn root(&mut self, mut id: usize) -> usize {
        while self.leads_to[id] != id {
            self.leads_to[id] = self.leads_to[self.leads_to[id]];
            id = self.leads_to[id];
        }
        id
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.leads_to[a] = b;
    }
}
