//! Rule 1: which messages stand.

use std::collections::BTreeMap;

use heard::model::{
    Complaint, Customer, Millis, Person, Response, ResponseKind, Survey, SurveyAbout, Update,
};

use super::spelling::normalise;
use super::versions::{Versions, opens_clock};
use super::{authors, order};
use crate::records::{Logged, Record};
use crate::rules::{self, Channel};

/// Everything that stands.
pub struct Facts {
    pub conversations: BTreeMap<Key, Conversation>,
    pub customers: Vec<Customer>,
    /// Surveys that name no conversation.
    pub surveys: Vec<Survey>,
}

/// What stands in a conversation, in the order of (occurred_at, id).
#[derive(Clone)]
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
    /// The earliest time at which the log has what stands of it.
    pub logged: Millis,
    pub id: String,
    pub what: What,
    /// It is dated before the message that it names, by more than two clocks may differ.
    pub skewed: bool,
}

// Journeys are short: what they take up does not matter.
#[allow(clippy::large_enum_variant)]
#[derive(Clone)]
pub enum What {
    Said(Said),
    Edited(Edited),
    Replied(Reply),
    Updated(Update),
    Surveyed(Survey),
}

/// A customer's message.
#[derive(Clone)]
pub struct Said {
    /// The key of its author, or of who turned out to be the same customer and spoke first.
    pub author: String,
    /// The key of its author alone.
    pub own_author: String,
    pub message: Complaint,
    /// The stars first given, by whichever version.
    pub first_stars: Option<f64>,
    /// Rule 12: when the stars were changed last, and to what.
    pub changed_stars: Option<(Millis, f64)>,
    /// Rule 1: its edits that say something else.
    news: Vec<(Millis, Option<f64>)>,
}

/// An edit that says something else.
#[derive(Clone)]
pub struct Edited {
    /// The message as it stands.
    pub said: Said,
    /// The stars that it gave.
    pub stars: Option<f64>,
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
        opens_clock(&self.message)
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
    /// What stands of these records. What is dated absurdly is none (rule 23).
    pub fn of<'r>(records: impl IntoIterator<Item = &'r Logged>) -> Self {
        let mut said = BTreeMap::<(Key, String), Versions<Complaint>>::new();
        let mut replied = BTreeMap::<(Key, String), Versions<Response>>::new();
        let mut updated = BTreeMap::<(Key, String), (Millis, Update)>::new();
        let mut asked = BTreeMap::<(Key, String), (Millis, Survey)>::new();
        let mut surveys = BTreeMap::<(String, String), (Millis, Survey)>::new();
        let mut customers = Vec::new();
        let records = records.into_iter().filter(|logged| !logged.is_absurd());
        for Logged { record, logged } in records.cloned() {
            match record {
                Record::Said(mut record) => {
                    normalise(&mut record.author.identifiers);
                    let conversation = record.conversation_id.get_or_insert_with(|| record.id.clone());
                    let key = key(&record.source, &record.channel, conversation);
                    said.entry((key, record.id.to_string()))
                        .or_default()
                        .add(&record, logged);
                }
                Record::Replied(mut record) => {
                    spell(&mut record.customer);
                    let key = key(&record.source, &record.channel, &record.conversation_id);
                    replied
                        .entry((key, record.id.to_string()))
                        .or_default()
                        .add(&record, logged);
                }
                Record::Updated(mut record) => {
                    spell(&mut record.customer);
                    let key = key(&record.source, &record.channel, &record.conversation_id);
                    stand(&mut updated, (key, record.id.to_string()), record, logged);
                }
                Record::Known(mut record) => {
                    normalise(&mut record.identifiers);
                    customers.push(record);
                }
                Record::Dropped(..) => {}
                Record::Surveyed(mut record) => {
                    spell(&mut record.customer);
                    match (&record.channel, &record.conversation_id) {
                        (Some(channel), Some(conversation)) if record.about == SurveyAbout::Case => {
                            let key = key(&record.source, channel, conversation);
                            stand(&mut asked, (key, record.id.to_string()), record, logged);
                        }
                        _ => {
                            let key = (record.source.to_string(), record.id.to_string());
                            stand(&mut surveys, key, record, logged);
                        }
                    }
                }
            }
        }
        let mut facts = Self {
            conversations: BTreeMap::new(),
            customers,
            surveys: surveys.into_values().map(|(_, survey)| survey).collect(),
        };
        for ((key, id), versions) in said {
            for versions in versions.messages() {
                facts.say(&key, &id, &versions);
            }
        }
        for ((key, id), versions) in replied {
            let (at, message) = (versions.at(), versions.standing().clone());
            if !message.deleted {
                let at = (at, versions.logged());
                facts.answer_elsewhere(&key, &message, at);
                let elsewhere = false;
                facts.add(&key, at, id, What::Replied(Reply { message, elsewhere }));
            }
        }
        for ((key, id), (logged, update)) in updated {
            facts.add(&key, (update.occurred_at, logged), id, What::Updated(update));
        }
        for ((key, id), (logged, survey)) in asked {
            facts.add(&key, (survey.occurred_at, logged), id, What::Surveyed(survey));
        }
        for conversation in facts.conversations.values_mut() {
            authors::name(conversation.channel, &mut conversation.facts);
            let mut edits = Vec::new();
            for fact in &conversation.facts {
                if let What::Said(said) = &fact.what {
                    edits.extend(said.news.iter().map(|(at, stars)| Fact {
                        at: *at,
                        what: What::Edited(Edited {
                            said: said.clone(),
                            stars: *stars,
                        }),
                        ..fact.clone()
                    }));
                }
            }
            conversation.facts.extend(edits);
            conversation.facts = order::in_order(std::mem::take(&mut conversation.facts));
        }
        facts
    }

    /// A message, if its last version does not take it out.
    fn say(&mut self, key: &Key, id: &str, versions: &Versions<Complaint>) {
        let message = versions.standing().clone();
        if message.deleted {
            return;
        }
        let (first_stars, changed_stars) = versions.stars();
        let news = versions.news().into_iter();
        let said = Said {
            author: String::new(),
            own_author: String::new(),
            first_stars,
            changed_stars,
            news: news.map(|(at, edit)| (at, edit.rating)).collect(),
            message,
        };
        let at = (versions.at(), versions.logged());
        self.add(key, at, id.to_owned(), What::Said(said));
    }

    /// Rule 3: a response may answer other conversations; each once, and its own not again.
    fn answer_elsewhere(&mut self, own: &Key, message: &Response, at: (Millis, Millis)) {
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
            self.add(&other, at, id, What::Replied(reply));
        }
    }

    fn add(&mut self, key: &Key, (at, logged): (Millis, Millis), id: String, what: What) {
        let conversation = self
            .conversations
            .entry(key.clone())
            .or_insert_with(|| Conversation {
                source: key.0.clone(),
                channel: rules::channel(&key.1),
                conversation_id: key.2.clone(),
                facts: Vec::new(),
            });
        conversation.facts.push(Fact {
            at,
            logged,
            id,
            what,
            skewed: false,
        });
    }
}

fn spell(person: &mut Option<Person>) {
    if let Some(person) = person {
        normalise(&mut person.identifiers);
    }
}

/// Of updates and surveys, which have no revision, the later by the log stands.
fn stand<K: Ord, T>(known: &mut BTreeMap<K, (Millis, T)>, key: K, record: T, logged: Millis) {
    let is_later = known.get(&key).is_none_or(|(standing, _)| *standing < logged);
    if is_later {
        known.insert(key, (logged, record));
    }
}
