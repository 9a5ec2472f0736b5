//! What the findings are drawn from.

use super::Asked;
use super::records::{Inputs, Records};
use super::retelling::Retelling;
use super::said::{Said, said};
use super::told::{Told, told};
use super::words;
use crate::config::rules::{ChannelRules, RuleSettings};
use crate::desk::Desk;
use crate::model::{Case, CaseEventType, Millis, WorkItem, WorkState};

/// A case and everything that is recorded of it.
pub struct Evidence<'a> {
    /// Its latest record.
    pub case: &'a Case,
    /// Its records.
    pub records: &'a Records,
    /// The rules of its channel, for its tier; none if it is no longer configured.
    pub rules: Option<&'a ChannelRules>,
    /// All rules.
    pub settings: &'a RuleSettings,
    /// How to explain.
    pub asked: Asked,
    told: Vec<Told<'a>>,
    retelling: Option<Retelling<'a>>,
}

impl<'a> Evidence<'a> {
    /// What is recorded of a case.
    pub fn of(desk: &'a Desk, case: &'a Case, records: &'a Records, asked: Asked) -> Self {
        let settings = desk.settings();
        let rules = settings.channel(&case.channel);
        let told = told(&records.events);
        let retelling = Retelling::of(desk, case, records, &told, asked);
        Self {
            case,
            records,
            rules: rules.map(|rules| rules.for_tier(case.tier.as_deref())),
            settings,
            asked,
            told,
            retelling,
        }
    }

    /// The case as the inputs come to, if they have its author's messages. It may not be as the record says.
    pub fn retelling(&self) -> Option<&Retelling<'a>> {
        self.retelling.as_ref()
    }

    /// The same, if it comes to what the record says.
    pub fn agreed(&self) -> Option<&Retelling<'a>> {
        self.retelling.as_ref().filter(|retelling| retelling.agrees())
    }

    /// All events, in the order in which they were recorded.
    pub fn told(&self) -> &[Told<'a>] {
        &self.told
    }

    /// The events of a kind that stand.
    pub fn standing(&self, kind: CaseEventType) -> impl DoubleEndedIterator<Item = &Told<'a>> {
        let told = self.told.iter();
        told.filter(move |told| told.event.kind == kind && told.stands())
    }

    /// The events of a kind that were taken back.
    pub fn taken_back(&self, kind: CaseEventType) -> impl Iterator<Item = &Told<'a>> {
        let told = self.told.iter();
        told.filter(move |told| told.event.kind == kind && !told.stands())
    }

    /// What was said, in the order that the rules have; with what is gone.
    pub fn said(&self) -> Vec<Said<'_>> {
        said(self.retelling.as_ref(), &self.told)
    }

    /// ` by ID`: the message of the latest event of this kind and time, if there is such an event.
    pub fn by(&self, kind: CaseEventType, at: Millis) -> String {
        let message = self.message(kind, at);
        message.map_or(String::new(), |id| format!(" by {}", words::clean(id)))
    }

    /// The message of the latest event of this kind and time.
    pub fn message(&self, kind: CaseEventType, at: Millis) -> Option<&str> {
        let told = self.standing(kind).rfind(|told| told.event.at == at);
        told.and_then(|told| told.detail("message"))
    }

    /// Its latest work item: an open one, else the one that went out last.
    pub fn work(&self) -> Option<&'a WorkItem> {
        let work = self.records.work.iter();
        work.max_by_key(|item| (item.state == WorkState::Open, item.first_heard_at, item.routed_at))
    }
}

/// What a reader should know of the explanation itself.
pub fn mind(e: &Evidence<'_>) -> Vec<String> {
    let mut mind = Vec::new();
    if e.rules.is_none() {
        mind.push(format!(
            "The channel {} is not in this configuration: nothing can be worked out again.",
            words::clean(&e.case.channel)
        ));
    }
    if e.told.iter().all(|told| told.event.kind != CaseEventType::Opened) {
        mind.push(
            "The topic of case events no longer has the opening: retention took what came before, and the \
             time line is not whole."
                .to_owned(),
        );
    }
    if e.records.work.is_empty() {
        mind.push(
            "The topics of work items have none of this case: retention took them, or none went out.".into(),
        );
    }
    match e.records.inputs {
        Inputs::NotRead => {
            mind.push(
                "The inputs were not read: messages of programs, notes and updates are missing.".into(),
            );
        }
        Inputs::Read => {
            mind.extend(gone(e));
            mind.extend(e.retelling().and_then(Retelling::says));
        }
    }
    if !e.records.missing.is_empty() {
        mind.push(format!(
            "Topics that are not there: {}.",
            e.records.missing.join(", ")
        ));
    }
    if e.records.unusable > 0 {
        let records = words::count(e.records.unusable, "record");
        mind.push(format!(
            "{records} of the inputs cannot be used and may have been about this case: heard dlq ls tells why."
        ));
    }
    mind
}

fn gone(e: &Evidence<'_>) -> Option<String> {
    let said = e.said();
    let told = said.iter().filter(|said| !said.gone && !said.elsewhere);
    let gone = told.filter(|said| said.fact.is_none()).count();
    (gone > 0).then(|| {
        format!(
            "The inputs no longer have {} of this case, by retention: of those only time, id and writer are known.",
            words::count(gone as u64, "message")
        )
    })
}
