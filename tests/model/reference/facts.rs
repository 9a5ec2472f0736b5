//! Rule 1: which messages stand. And one spelling for what means one thing.

use std::collections::BTreeMap;

use heard::model::{
    Complaint, Customer, Identifier, Intent, Millis, Person, Response, ResponseKind, Survey, SurveyAbout,
    Update,
};

use crate::records::Record;
use crate::rules::{self, Channel};

/// Everything that stands.
pub struct Facts {
    pub conversations: BTreeMap<Key, Conversation>,
    pub customers: Vec<Customer>,
    /// Surveys that name no conversation.
    pub surveys: Vec<Survey>,
}

/// What stands in a conversation, in the order of (occurred_at, id).
pub struct Conversation {
    pub source: String,
    pub channel: &'static Channel,
    pub conversation_id: String,
    pub facts: Vec<Fact>,
}

/// Something that was said or has changed.
#[derive(Clone)]
pub struct Fact {
    pub at: Millis,
    pub id: String,
    pub what: What,
}

// Journeys are short: what they take up does not matter.
#[allow(clippy::large_enum_variant)]
#[derive(Clone)]
pub enum What {
    Said(Said),
    Replied(Reply),
    Updated(Update),
    Surveyed(Survey),
}

/// A customer's message.
#[derive(Clone)]
pub struct Said {
    pub author: String,
    pub message: Complaint,
    /// The stars first given, by whichever revision.
    pub first_stars: Option<f64>,
    /// Rule 12: when the stars were changed last, and to what.
    pub changed_stars: Option<(Millis, f64)>,
}

/// A company's message.
#[derive(Clone)]
pub struct Reply {
    pub message: Response,
    /// It was said in another conversation and answers this one.
    pub elsewhere: bool,
}

impl Said {
    /// Rule 2: praise, thanks and automatic mail open no clock.
    pub fn opens_clock(&self) -> bool {
        let praise = matches!(self.message.intent, Some(Intent::Praise | Intent::Thanks));
        !praise && !self.message.automatic
    }

    /// Rule 4: "unless it is THANKS or automatic". Decision: nor does PRAISE, after which nobody waits.
    pub fn reopens(&self) -> bool {
        self.opens_clock()
    }
}

impl Reply {
    /// A person's. UNKNOWN counts as HUMAN.
    pub fn is_human(&self) -> bool {
        matches!(self.message.kind, ResponseKind::Human | ResponseKind::Unknown)
    }

    /// Rule 3: what the customer could see of the company.
    pub fn is_visible(&self) -> bool {
        !matches!(self.message.kind, ResponseKind::Note | ResponseKind::Community)
    }
}

/// A conversation: source, channel, id.
pub type Key = (String, String, String);

pub fn key(source: &str, channel: &str, conversation: &str) -> Key {
    (source.to_owned(), channel.to_owned(), conversation.to_owned())
}

impl Facts {
    pub fn of<'r>(records: impl IntoIterator<Item = &'r Record>) -> Self {
        let mut said = BTreeMap::<(Key, String), BTreeMap<i64, Complaint>>::new();
        let mut replied = BTreeMap::<(Key, String), Response>::new();
        let mut updated = BTreeMap::<(Key, String), Update>::new();
        let mut asked = BTreeMap::<(Key, String), Survey>::new();
        let mut surveys = BTreeMap::<(String, String), Survey>::new();
        let mut customers = Vec::new();
        for record in records.into_iter().cloned() {
            match record {
                Record::Said(mut record) => {
                    normalise(&mut record.author.identifiers);
                    let conversation = record
                        .conversation_id
                        .clone()
                        .unwrap_or_else(|| record.id.clone());
                    let key = (
                        key(&record.source, &record.channel, &conversation),
                        record.id.to_string(),
                    );
                    said.entry(key).or_default().insert(record.revision, record);
                }
                Record::Replied(mut record) => {
                    record
                        .customer
                        .iter_mut()
                        .for_each(|person| normalise(&mut person.identifiers));
                    let key = key(&record.source, &record.channel, &record.conversation_id);
                    let standing = replied
                        .entry((key, record.id.to_string()))
                        .or_insert_with(|| record.clone());
                    if standing.revision < record.revision {
                        *standing = record;
                    }
                }
                Record::Updated(mut record) => {
                    record
                        .customer
                        .iter_mut()
                        .for_each(|person| normalise(&mut person.identifiers));
                    let key = key(&record.source, &record.channel, &record.conversation_id);
                    updated.insert((key, record.id.to_string()), record);
                }
                Record::Known(mut record) => {
                    normalise(&mut record.identifiers);
                    customers.push(record);
                }
                Record::Dropped(..) => {}
                Record::Surveyed(mut record) => {
                    record
                        .customer
                        .iter_mut()
                        .for_each(|person| normalise(&mut person.identifiers));
                    match (&record.channel, &record.conversation_id) {
                        (Some(channel), Some(conversation)) if record.about == SurveyAbout::Case => {
                            let key = key(&record.source, channel, conversation);
                            asked.insert((key, record.id.to_string()), record);
                        }
                        _ => {
                            surveys.insert((record.source.to_string(), record.id.to_string()), record);
                        }
                    }
                }
            }
        }
        let mut facts = Self {
            conversations: BTreeMap::new(),
            customers,
            surveys: surveys.into_values().collect(),
        };
        for ((key, id), revisions) in said {
            let (first_stars, changed_stars) = stars(&revisions);
            let (_, message) = revisions.into_iter().next_back().expect("one at least");
            if !message.deleted {
                let author = author_key(rules::channel(&key.1), &message.author);
                let (at, what) = (
                    message.occurred_at,
                    Said {
                        author,
                        message,
                        first_stars,
                        changed_stars,
                    },
                );
                facts.add(&key, at, id, What::Said(what));
            }
        }
        for ((key, id), message) in replied {
            if !message.deleted {
                facts.answer_elsewhere(&key, &message);
                facts.add(
                    &key,
                    message.occurred_at,
                    id,
                    What::Replied(Reply {
                        message,
                        elsewhere: false,
                    }),
                );
            }
        }
        for ((key, id), update) in updated {
            facts.add(&key, update.occurred_at, id, What::Updated(update));
        }
        for ((key, id), survey) in asked {
            facts.add(&key, survey.occurred_at, id, What::Surveyed(survey));
        }
        for conversation in facts.conversations.values_mut() {
            conversation
                .facts
                .sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        }
        facts
    }

    /// Rule 3: a response may answer other conversations; each once, and its own not again.
    fn answer_elsewhere(&mut self, own: &Key, message: &Response) {
        let mut answered: Vec<Key> = Vec::new();
        for other in &message.answers {
            let other = key(&other.source, &other.channel, &other.conversation_id);
            if other != *own && !answered.contains(&other) {
                answered.push(other);
            }
        }
        for other in answered {
            // Decision: ids are unique within a source only, so a message from another is called by that,
            // too.
            let same_source = own.0 == other.0;
            let id = if same_source {
                message.id.to_string()
            } else {
                format!("{}/{}", own.0, message.id)
            };
            let reply = Reply {
                message: message.clone(),
                elsewhere: true,
            };
            self.add(&other, message.occurred_at, id, What::Replied(reply));
        }
    }

    fn add(&mut self, key: &Key, at: Millis, id: String, what: What) {
        let conversation = self
            .conversations
            .entry(key.clone())
            .or_insert_with(|| Conversation {
                source: key.0.clone(),
                channel: rules::channel(&key.1),
                conversation_id: key.2.clone(),
                facts: Vec::new(),
            });
        conversation.facts.push(Fact { at, id, what });
    }
}

/// Rule 12: the stars first given, and those of the last revision that gave others than the one before it; the first ones given
/// are severity. Decision: revisions without stars, or that took
/// the message out, say nothing of them, and a change counts from when the
/// source says that it was edited.
fn stars(revisions: &BTreeMap<i64, Complaint>) -> (Option<f64>, Option<(Millis, f64)>) {
    let standing = revisions.values().filter(|revision| !revision.deleted);
    let mut given = standing.filter_map(|revision| Some((revision, revision.rating?)));
    let first = given.next().map(|(_, stars)| stars);
    let Some(mut stars) = first else {
        return (None, None);
    };
    let mut changed = None;
    for (revision, rating) in given {
        if rating != stars {
            changed = Some((revision.edited_at.unwrap_or(revision.occurred_at), rating));
            stars = rating;
        }
    }
    (first, changed)
}

/// The author key: the channel's native identifier, else the strongest one given, else "unknown".
/// Decision: of several of the native kind, the first given.
pub fn author_key(channel: &Channel, author: &Person) -> String {
    let native = channel.author_kinds.iter().find_map(|kind| {
        let mut identifiers = author.identifiers.iter();
        identifiers.find(|identifier| identifier.kind == *kind)
    });
    let strongest = || {
        author
            .identifiers
            .iter()
            .min_by_key(|identifier| rank(identifier))
    };
    native.or_else(strongest).map_or_else(
        || "unknown".to_owned(),
        |one| format!("{}:{}", one.kind, *one.value),
    )
}

/// The configured order of identifiers; kinds that it does not name come last, by name. Decision: of several
/// of a kind, the one with the smaller realm, then value.
pub fn rank(identifier: &Identifier) -> (usize, Identifier) {
    const ORDER: [&str; 6] = ["customer_id", "email", "phone", "account", "handle", "device"];
    let place = ORDER.iter().position(|kind| *kind == identifier.kind);
    (place.unwrap_or(ORDER.len()), identifier.clone())
}

/// One spelling; values that name nobody are no identifiers.
pub fn normalise(identifiers: &mut Vec<Identifier>) {
    for one in identifiers.iter_mut() {
        let value = one.value.trim();
        *one.value = match &*one.kind {
            "email" => value.to_lowercase().into(),
            "handle" => value.to_lowercase().trim_start_matches('@').into(),
            "phone" => value
                .chars()
                .filter(|c| c.is_ascii_digit() || *c == '+')
                .collect(),
            _ => value.into(),
        };
        one.realm = one.realm.as_ref().map(|realm| realm.to_lowercase().into());
    }
    identifiers
        .retain(|one| !["anonymous", "0000"].contains(&&**one.value) && !one.value.starts_with("noreply@"));
}
