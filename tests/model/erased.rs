//! What must not be kept when everybody who is named in a journey is forgotten.

use std::collections::BTreeSet;

use crate::generate::Journey;
use crate::records::Record;

/// Parts of identifiers, of their kinds, texts, places, remedies and ids in other systems.
const NAMES: [&str; 13] = [
    "ann@b",
    "bob@b",
    "4989123",
    "handle",
    "device",
    "account",
    "loyalty",
    "customer",
    "depot",
    "idiot",
    "Rome",
    "zoe@",
    "jos\u{e9}",
];

/// A line for each trace of somebody in what is kept.
pub fn traces(journey: &Journey, kept: &str) -> Vec<String> {
    let names = NAMES.into_iter().filter(|name| kept.contains(name));
    let ids = ids(journey).into_iter().filter(|id| kept.contains(&as_kept(id)));
    names
        .map(|name| format!("kept: name {name} should not be there"))
        .chain(ids.map(|id| format!("kept: id {id} should not be there, nobody who said it is left")))
        .collect()
}

/// A short text as rows have it: after its length.
fn as_kept(text: &str) -> String {
    format!("{}{text}", char::from(text.len() as u8))
}

/// Ids of messages that nobody but their authors may have, as far as the records tell: not what is named where it was not
/// said, nor what a conversation is called, nor what nobody said. Nor what was taken out: heard of only then, it never was a
/// case of anybody.
fn ids(journey: &Journey) -> BTreeSet<&str> {
    let (mut ids, mut others) = (BTreeSet::new(), BTreeSet::new());
    let (mut said, mut named) = (BTreeSet::new(), BTreeSet::new());
    for record in &journey.records {
        let (source, channel, conversation, to) = match &record.record {
            Record::Said(message) => {
                let conversation = message.conversation_id.as_ref().unwrap_or(&message.id);
                said.insert((&message.source, &message.channel, conversation, &message.id));
                ids.insert(&*message.id);
                if message.author.identifiers.is_empty() || message.deleted {
                    others.insert(&*message.id);
                }
                let to = &message.in_reply_to;
                (&message.source, &message.channel, conversation, to)
            }
            Record::Replied(reply) => {
                others.insert(&*reply.conversation_id);
                let to = &reply.in_reply_to;
                (&reply.source, &reply.channel, &reply.conversation_id, to)
            }
            Record::Updated(update) => {
                others.insert(&*update.conversation_id);
                let to = &update.in_reply_to;
                (&update.source, &update.channel, &update.conversation_id, to)
            }
            Record::Surveyed(survey) => {
                others.extend(survey.conversation_id.as_deref());
                continue;
            }
            Record::Known(_) | Record::Dropped(..) => continue,
        };
        named.extend(to.iter().map(|id| (source, channel, conversation, id)));
    }
    others.extend(named.difference(&said).map(|(.., id)| id.as_str()));
    ids.difference(&others).copied().collect()
}
