//! What the topics hold of a case.

use crate::config::rules::RuleSettings;
use crate::desk::conversation::record::message_key;
use crate::intake::normalise;
use crate::model::{Case, CaseEvent, CaseId, Complaint, Response, Survey, Update, WorkItem};

/// Whether the inputs were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inputs {
    /// As far as they are there.
    #[default]
    Read,
    /// Nobody asked for that.
    NotRead,
}

/// The records of a case and its conversation. However often one is given, it counts once; of revisions,
/// the highest.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Its events, in the order in which they were recorded.
    pub events: Vec<CaseEvent>,
    /// The latest revision of each of its work items, those first that went out first.
    pub work: Vec<WorkItem>,
    /// Its author's messages.
    pub complaints: Vec<Complaint>,
    /// All messages of other authors in the conversation, without anything but who came when.
    pub others: Vec<Complaint>,
    /// All messages of the company in the conversation.
    pub responses: Vec<Response>,
    /// All updates of the conversation.
    pub updates: Vec<Update>,
    /// All surveys that name the conversation.
    pub surveys: Vec<Survey>,
    /// Whether the inputs were read.
    pub inputs: Inputs,
    /// Input topics that are not there.
    pub missing: Vec<String>,
    /// Records that could not be read.
    pub unreadable: u64,
}

impl Records {
    /// An event of the case.
    pub fn event(&mut self, event: CaseEvent) {
        if self.events.iter().all(|known| known.event_id != event.event_id) {
            self.events.push(event);
        }
    }

    /// A work item of the case.
    pub fn work(&mut self, item: WorkItem) {
        match self.work.iter_mut().find(|known| known.work_id == item.work_id) {
            Some(known) if known.revision < item.revision => *known = item,
            Some(_) => {}
            None => self.work.push(item),
        }
    }

    /// Any customer's message, of whatever conversation.
    pub fn complaint(&mut self, case: &Case, settings: &RuleSettings, mut complaint: Complaint) {
        let conversation = complaint.conversation_id.as_ref().unwrap_or(&complaint.id);
        if !is_in(case, &complaint.source, &complaint.channel, conversation) {
            return;
        }
        let brand = complaint.brand.as_deref();
        let regions = &settings.identity.regions;
        let region = regions.of(&complaint.source, brand, Some(&complaint.channel));
        normalise::person(&mut complaint.author, &settings.identity, region);
        let author = message_key(settings, &complaint);
        let of = CaseId::new(&case.source, &case.channel, &case.conversation_id, &author);
        let list = if of == case.case_id {
            &mut self.complaints
        } else {
            &mut self.others
        };
        keep(list, complaint, |c| (&c.id, c.revision));
    }

    /// Any message of the company.
    pub fn response(&mut self, case: &Case, response: Response) {
        if is_in(
            case,
            &response.source,
            &response.channel,
            &response.conversation_id,
        ) {
            keep(&mut self.responses, response, |r| (&r.id, r.revision));
        }
    }

    /// Any update.
    pub fn update(&mut self, case: &Case, update: Update) {
        if is_in(case, &update.source, &update.channel, &update.conversation_id) {
            keep(&mut self.updates, update, |u| (&u.id, 0));
        }
    }

    /// Any survey.
    pub fn survey(&mut self, case: &Case, survey: Survey) {
        if let (Some(channel), Some(conversation)) = (&survey.channel, &survey.conversation_id)
            && is_in(case, &survey.source, channel, conversation)
        {
            keep(&mut self.surveys, survey, |s| (&s.id, 0));
        }
    }
}

fn is_in(case: &Case, source: &str, channel: &str, conversation: &str) -> bool {
    case.source == source && case.channel == channel && case.conversation_id == conversation
}

fn keep<T>(list: &mut Vec<T>, record: T, name: impl Fn(&T) -> (&smol_str::SmolStr, i64)) {
    match list.iter_mut().find(|known| name(known).0 == name(&record).0) {
        Some(known) if name(known).1 < name(&record).1 => *known = record,
        Some(_) => {}
        None => list.push(record),
    }
}
