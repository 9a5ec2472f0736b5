//! What was said in a case, and what was changed: the facts that the desk makes of the inputs, and events of messages
//! that the inputs do not have any more.

use std::collections::{HashMap, HashSet};

use super::retelling::Retelling;
use super::told::Told;
use crate::desk::conversation::fact::{Fact, Said as FactSaid};
use crate::desk::message::Message;
use crate::model::{CaseEventType, Intent, Millis, ResponseKind, Status};

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The case's author.
    Customer,
    /// A person of the company.
    Person,
    /// A program that answers.
    Bot,
    /// A program that says that it has come.
    AutoAck,
    /// A person, to colleagues.
    Note,
    /// Another customer, who helps.
    Community,
    /// Nobody: something was changed.
    Update,
}

/// One message, or one change.
#[derive(Clone, Debug)]
pub struct Said<'a> {
    /// When, as the rules have it.
    pub at: Millis,
    /// The message's id.
    pub id: &'a str,
    /// By whom.
    pub by: By,
    /// What the desk keeps of it; none if the inputs do not have it, or if it is not the case's any more.
    pub fact: Option<&'a Fact>,
    /// Its record.
    pub message: Option<&'a Message>,
    /// The event that told of it; of messages of programs there is none.
    pub told: Option<&'a Told<'a>>,
    /// By another address of the customer than the one that the case is named by.
    pub other_address: bool,
    /// Said in another conversation, as an answer to this one too.
    pub elsewhere: bool,
    /// It was taken out, or turned out to be another case's.
    pub gone: bool,
}

impl Said<'_> {
    /// What the customer meant by it, if they or their system said so.
    pub fn intent(&self) -> Option<Intent> {
        match self.message {
            Some(Message::Said { complaint, .. }) => complaint.intent,
            _ => None,
        }
    }

    /// Out-of-office and the like.
    pub fn is_automatic(&self) -> bool {
        let said = self.fact.and_then(Fact::customer_said);
        said.is_some_and(|said| said.automatic)
    }

    /// A customer's message that nobody waits with (rule 2).
    pub fn is_praise(&self) -> bool {
        let said = self.fact.and_then(Fact::customer);
        said.is_some_and(|said| !said.waits && !said.automatic)
    }

    /// The status that it sets.
    pub fn status(&self) -> Option<Status> {
        match &self.fact?.said {
            FactSaid::Company(said) => said.status,
            FactSaid::Changed(change) => change.status,
            _ => None,
        }
    }

    /// Whether spectators see it, in a case that they see or not. A note they never see.
    pub fn is_public(&self, onstage: bool) -> bool {
        let public = match self.fact.map(|fact| &fact.said) {
            Some(FactSaid::Customer(said)) => said.public,
            Some(FactSaid::Company(said)) if self.by != By::Note => said.public,
            _ => None,
        };
        public.unwrap_or(onstage)
    }

    /// By when its writer promised to have it solved.
    pub fn promised_by(&self) -> Option<Millis> {
        match &self.fact?.said {
            FactSaid::Company(said) => said.promised_by,
            _ => None,
        }
    }

    /// The team that said it.
    pub fn team(&self) -> Option<&str> {
        match self.fact.map(|fact| &fact.said) {
            Some(FactSaid::Company(said)) => said.team.as_deref(),
            Some(FactSaid::Changed(change)) => change.team.as_deref(),
            _ => self.told.and_then(|told| told.detail("team")),
        }
    }

    /// Its text.
    pub fn text(&self) -> Option<&str> {
        let text = match self.message? {
            Message::Said { complaint, .. } => complaint.text.as_deref(),
            Message::Replied { response, .. } => response.text.as_deref(),
            _ => None,
        };
        text.map(String::as_str)
    }
}

/// Everything said in a case, in the order that the rules have.
pub fn said<'a>(retelling: Option<&'a Retelling<'a>>, told: &'a [Told<'a>]) -> Vec<Said<'a>> {
    let mut events = messages_told(told);
    let mut all = Vec::new();
    if let Some(retelling) = retelling {
        let own = retelling.retold.own();
        all.extend(own.filter_map(|fact| of_fact(retelling, fact, &mut events)));
    }
    let known: HashSet<_> = all.iter().map(|said| said.id).collect();
    let left = events.into_iter().map(|((kind, id), told)| Said {
        at: told.event.at,
        id,
        by: match kind {
            CaseEventType::CustomerMessage => By::Customer,
            _ => By::Person,
        },
        fact: None,
        message: None,
        told: Some(told),
        other_address: false,
        elsewhere: told.detail("elsewhere").is_some(),
        gone: !told.stands(),
    });
    let left: Vec<_> = left
        .filter(|said| !known.contains(said.id) || !said.gone)
        .collect();
    all.extend(left);
    all.sort_by_key(|said| (said.at, said.fact.is_none().then_some(said.id)));
    all
}

fn of_fact<'a>(
    retelling: &'a Retelling<'a>,
    fact: &'a Fact,
    events: &mut HashMap<(CaseEventType, &'a str), &'a Told<'a>>,
) -> Option<Said<'a>> {
    let (by, elsewhere) = match &fact.said {
        FactSaid::Customer(_) => (By::Customer, false),
        FactSaid::Company(said) => {
            let by = match said.kind {
                ResponseKind::Human | ResponseKind::Unknown => By::Person,
                ResponseKind::Bot => By::Bot,
                ResponseKind::Note => By::Note,
                ResponseKind::AutoAck => By::AutoAck,
                ResponseKind::Community => By::Community,
            };
            (by, said.elsewhere.is_some())
        }
        FactSaid::Changed(_) => (By::Update, false),
        FactSaid::Surveyed(_) => return None,
    };
    let kind = match fact.said {
        FactSaid::Customer(_) => Some(CaseEventType::CustomerMessage),
        FactSaid::Company(_) => Some(CaseEventType::Replied),
        _ => None,
    };
    let author = retelling.retold.author;
    let other_address = fact
        .customer_said()
        .is_some_and(|said| said.author != author && !said.mentions.is_empty());
    Some(Said {
        at: fact.at,
        id: &fact.id,
        by,
        fact: Some(fact),
        message: retelling.message(fact),
        told: kind.and_then(|kind| events.remove(&(kind, &*fact.id))),
        other_address,
        elsewhere,
        gone: fact.deleted,
    })
}

/// The events that tell of messages, the last of each: a message may have gone and come back. The first is told as the
/// opening.
fn messages_told<'a>(told: &'a [Told<'a>]) -> HashMap<(CaseEventType, &'a str), &'a Told<'a>> {
    let told = told.iter().filter_map(|told| {
        let kind = match told.event.kind {
            CaseEventType::Opened | CaseEventType::CustomerMessage => CaseEventType::CustomerMessage,
            CaseEventType::Replied => CaseEventType::Replied,
            _ => return None,
        };
        Some(((kind, told.detail("message")?), told))
    });
    told.collect()
}
