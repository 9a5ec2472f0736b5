//! What was said in a case, and what was changed: its events tell which messages are its own, the inputs what
//! was in them.

use std::collections::HashSet;

use super::records::Records;
use super::told::Told;
use crate::config::rules::{RuleSettings, UnknownKind};
use crate::desk::conversation::record::author_key;
use crate::intake::normalise;
use crate::model::{
    Case, CaseEventType, CaseId, Complaint, Intent, Millis, Response, ResponseKind, Status, Update,
    Visibility,
};

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
    /// When.
    pub at: Millis,
    /// The message's id.
    pub id: &'a str,
    /// By whom.
    pub by: By,
    /// Its record, if the inputs have it.
    pub record: Record<'a>,
    /// The event that told of it; of messages of programs there is none.
    pub told: Option<&'a Told<'a>>,
    /// Said in another conversation, as an answer to this one too.
    pub elsewhere: bool,
    /// It was taken out, or turned out to be another case's.
    pub gone: bool,
}

/// What the inputs have of a message.
#[derive(Clone, Copy, Debug)]
pub enum Record<'a> {
    /// A customer's.
    Complaint(&'a Complaint),
    /// The company's.
    Response(&'a Response),
    /// A change.
    Update(&'a Update),
    /// Nothing.
    Gone,
}

impl Said<'_> {
    /// Whether the customer waits for a reply to it (rules 2 and 4). Without the record nobody can tell, and
    /// most messages are such.
    pub fn waits(&self) -> bool {
        self.by == By::Customer && !self.is_automatic() && !self.is_praise()
    }

    /// Out-of-office and the like.
    pub fn is_automatic(&self) -> bool {
        matches!(self.record, Record::Complaint(complaint) if complaint.automatic)
    }

    /// Praise or thanks.
    pub fn is_praise(&self) -> bool {
        let intent = match self.record {
            Record::Complaint(complaint) => complaint.intent,
            _ => None,
        };
        matches!(intent, Some(Intent::Praise | Intent::Thanks))
    }

    /// A company's message that the customer could see.
    pub fn is_visible_reply(&self) -> bool {
        matches!(self.by, By::Person | By::Bot | By::AutoAck)
    }

    /// The status that it sets.
    pub fn status(&self) -> Option<Status> {
        match self.record {
            Record::Response(response) => response.status,
            Record::Update(update) => update.status,
            _ => None,
        }
    }

    /// Whether spectators see it, in a case that they see or not.
    pub fn is_public(&self, onstage: bool) -> bool {
        let visibility = match self.record {
            Record::Complaint(complaint) => complaint.visibility,
            Record::Response(response) => response.visibility,
            _ => None,
        };
        visibility.map_or(onstage, |visibility| visibility == Visibility::Public)
    }

    /// By when its writer promised to have it solved.
    pub fn promised_by(&self) -> Option<Millis> {
        match self.record {
            Record::Response(response) => response.promised_by,
            _ => None,
        }
    }

    /// The team that said it.
    pub fn team(&self) -> Option<&str> {
        match self.record {
            Record::Response(response) => response.team.as_deref(),
            Record::Update(update) => update.team.as_deref(),
            _ => self.told.and_then(|told| told.detail("team")),
        }
    }
}

/// Everything said in a case, in the order of event time, and of ids where times are the same.
pub fn said<'a>(
    case: &Case,
    records: &'a Records,
    told: &'a [Told<'a>],
    settings: &RuleSettings,
) -> Vec<Said<'a>> {
    let mut all = customers(records, told);
    let own: HashSet<&str> = all.iter().map(|said| said.id).collect();
    companys(case, records, told, settings, &own, &mut all);
    for update in records
        .updates
        .iter()
        .filter(|update| is_ours(case, settings, update, &own, records))
    {
        all.push(Said {
            at: update.occurred_at,
            id: &update.id,
            by: By::Update,
            record: Record::Update(update),
            told: None,
            elsewhere: false,
            gone: false,
        });
    }
    all.sort_by_key(|said| (said.at, said.id));
    all
}

fn customers<'a>(records: &'a Records, told: &'a [Told<'a>]) -> Vec<Said<'a>> {
    let mut all: Vec<_> = of_kind(told, CaseEventType::CustomerMessage)
        .map(|(id, told)| {
            let record = records.complaints.iter().find(|complaint| complaint.id == id);
            Said {
                at: told.event.at,
                id,
                by: By::Customer,
                record: record.map_or(Record::Gone, Record::Complaint),
                told: Some(told),
                elsewhere: false,
                gone: !told.stands(),
            }
        })
        .collect();
    for complaint in &records.complaints {
        if all.iter().all(|said| said.id != complaint.id) {
            all.push(Said {
                at: complaint.occurred_at,
                id: &complaint.id,
                by: By::Customer,
                record: Record::Complaint(complaint),
                told: None,
                elsewhere: false,
                gone: complaint.deleted,
            });
        }
    }
    all
}

fn companys<'a>(
    case: &Case,
    records: &'a Records,
    told: &'a [Told<'a>],
    settings: &RuleSettings,
    own: &HashSet<&str>,
    all: &mut Vec<Said<'a>>,
) {
    let before = all.len();
    all.extend(of_kind(told, CaseEventType::Replied).map(|(id, told)| {
        let record = records.responses.iter().find(|response| response.id == id);
        Said {
            at: told.event.at,
            id,
            by: By::Person,
            record: record.map_or(Record::Gone, Record::Response),
            told: Some(told),
            elsewhere: told.detail("elsewhere").is_some(),
            gone: !told.stands(),
        }
    }));
    let told_of: HashSet<&str> = all[before..].iter().map(|said| said.id).collect();
    // Of a person's reply its case tells; without the events of that time nobody does.
    let begins = told.iter().any(|told| told.event.kind == CaseEventType::Opened);
    for response in records
        .responses
        .iter()
        .filter(|response| !told_of.contains(&*response.id))
    {
        let by = by(response.kind, settings.unknown_kind);
        if (by == By::Person && begins) || !is_said_to(case, settings, response, own, records) {
            continue;
        }
        all.push(Said {
            at: response.occurred_at,
            id: &response.id,
            by,
            record: Record::Response(response),
            told: None,
            elsewhere: false,
            gone: response.deleted,
        });
    }
}

/// The events of a kind by message, the last of each: a message may have gone and come back.
fn of_kind<'a>(told: &'a [Told<'a>], kind: CaseEventType) -> impl Iterator<Item = (&'a str, &'a Told<'a>)> {
    let mut seen = HashSet::new();
    let mut all: Vec<_> = told
        .iter()
        .rev()
        .filter(|told| told.event.kind == kind)
        .filter_map(|told| Some((told.detail("message")?, told)))
        .filter(|(id, _)| seen.insert(*id))
        .collect();
    all.reverse();
    all.into_iter()
}

fn by(kind: ResponseKind, unknown: UnknownKind) -> By {
    match (kind, unknown) {
        (ResponseKind::Human, _) | (ResponseKind::Unknown, UnknownKind::Human) => By::Person,
        (ResponseKind::Bot, _) | (ResponseKind::Unknown, UnknownKind::Bot) => By::Bot,
        (ResponseKind::Note, _) | (ResponseKind::Unknown, UnknownKind::Note) => By::Note,
        (ResponseKind::AutoAck, _) => By::AutoAck,
        (ResponseKind::Community, _) => By::Community,
    }
}

/// Rule 3, to whom a response was said: to the case of the message it replies to; else of the customer it
/// names; else of the latest customer message before it.
fn is_said_to(
    case: &Case,
    settings: &RuleSettings,
    response: &Response,
    own: &HashSet<&str>,
    records: &Records,
) -> bool {
    let reply_to = response.in_reply_to.as_deref();
    if let Some(id) = reply_to.filter(|id| own.contains(id) || records.others.iter().any(|c| c.id == *id)) {
        return own.contains(id);
    }
    match &response.customer {
        Some(person) => is_author(case, settings, person),
        None => spoke_last(case, records, response.occurred_at),
    }
}

fn is_ours(
    case: &Case,
    settings: &RuleSettings,
    update: &Update,
    own: &HashSet<&str>,
    records: &Records,
) -> bool {
    match &update.customer {
        Some(person) => is_author(case, settings, person),
        None => spoke_last(case, records, update.occurred_at) && !own.is_empty(),
    }
}

fn is_author(case: &Case, settings: &RuleSettings, person: &crate::model::Person) -> bool {
    let mut person = person.clone();
    let region = settings
        .identity
        .regions
        .of(&case.source, case.brand.as_deref(), Some(&case.channel));
    normalise::person(&mut person, &settings.identity, region);
    let author = author_key(settings, &case.channel, &person);
    CaseId::new(&case.source, &case.channel, &case.conversation_id, &author) == case.case_id
}

/// Whether of all customers in the conversation this one had spoken last. Without their messages it is taken
/// to be so of the one who began it.
fn spoke_last(case: &Case, records: &Records, at: Millis) -> bool {
    let last = |list: &[Complaint]| {
        list.iter()
            .map(|c| c.occurred_at)
            .filter(|said| *said <= at)
            .max()
    };
    match (last(&records.complaints), last(&records.others)) {
        (None, None) => !case.bystander,
        (own, other) => own >= other,
    }
}
