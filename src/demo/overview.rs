//! What the topics have said so far.

use std::collections::HashMap;

use smol_str::SmolStr;

use super::counts::Counts;
use super::happening::{Happening, in_words, of_signal};
use crate::config::rules::RuleSettings;
use crate::model::{
    Case, CaseEvent, CaseEventType, CaseId, Complaint, Intent, Millis, Signal, Stage, WorkId, WorkItem,
    WorkState,
};
use crate::report::{Report, figures::Figures};

/// Everything that a watcher knows: a fold over cases, case events, work items and signals, and over the
/// messages of customers, which have the names.
#[derive(Debug, Default)]
pub struct Overview {
    /// The share of customers who expect an answer, by channel.
    expects: Vec<(SmolStr, f64)>,
    cases: HashMap<CaseId, Case>,
    work: HashMap<WorkId, Open>,
    said: HashMap<SmolStr, Said>,
    first: HashMap<CaseId, (SmolStr, Millis)>,
    happened: Vec<Happening>,
    counts: Counts,
}

/// A work item with something left to do.
#[derive(Debug)]
struct Open {
    item: WorkItem,
    since: Millis,
}

#[derive(Debug)]
struct Said {
    name: String,
    text: String,
    intent: Option<Intent>,
}

/// Somebody who waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Their name, as they write it.
    pub who: String,
    /// Where.
    pub channel: String,
    /// Whether there are spectators.
    pub stage: Stage,
    /// Since when.
    pub since: Millis,
    /// Until when an answer is due.
    pub due: Millis,
    /// How many messages are waiting.
    pub messages: u32,
    /// The latest of them.
    pub text: String,
}

impl Overview {
    /// Nothing is known yet but the rules.
    pub fn new(rules: &RuleSettings) -> Self {
        let expects = rules.expectations();
        Self {
            expects: expects.map(|(name, share)| (name.into(), share)).collect(),
            ..Self::default()
        }
    }

    /// A customer's message.
    pub fn said(&mut self, complaint: &Complaint) {
        let name = complaint.author.display_name.as_ref();
        let said = Said {
            name: name.map_or_else(|| "somebody".to_owned(), |name| name.as_str().to_owned()),
            text: complaint
                .text
                .as_ref()
                .map_or_else(String::new, |text| text.0.clone()),
            intent: complaint.intent,
        };
        self.said.insert(complaint.id.clone(), said);
    }

    /// A record of the cases topic; without a value the case is gone.
    pub fn case(&mut self, case_id: CaseId, case: Option<Case>) {
        match case {
            Some(case) => drop(self.cases.insert(case_id, case)),
            None => drop(self.cases.remove(&case_id)),
        }
    }

    /// A revision of a work item.
    pub fn work(&mut self, item: WorkItem) {
        self.counts.work(&item);
        if item.state != WorkState::Open {
            self.work.remove(&item.work_id);
            return;
        }
        let said_at = item.complaint.occurred_at;
        let since = self
            .work
            .get(&item.work_id)
            .map_or(said_at, |open| open.since.min(said_at));
        self.work.insert(item.work_id, Open { item, since });
    }

    /// A record of the case events.
    pub fn event(&mut self, event: &CaseEvent) {
        self.counts.event(event);
        let message = event.details.get("message").cloned().unwrap_or_default();
        if event.kind == CaseEventType::Opened {
            self.first.insert(event.case_id, (message.clone(), event.at));
        }
        let (first, opened) = self.first.get(&event.case_id).cloned().unwrap_or_default();
        let customers = matches!(event.kind, CaseEventType::Opened | CaseEventType::CustomerMessage);
        let Some(what) = in_words(event, opened) else {
            return;
        };
        let said = self.said.get(&message).filter(|_| customers);
        let what = match said.and_then(|said| said.intent) {
            Some(Intent::Praise) => "praises".into(),
            Some(Intent::Thanks) => "says thanks".into(),
            _ => what,
        };
        let text = said.map(|said| said.text.clone());
        self.happened.push(Happening {
            at: told_at(event),
            who: self
                .said
                .get(&first)
                .map_or_else(|| "somebody".into(), |said| said.name.clone()),
            channel: event.channel.to_string(),
            what,
            text,
        });
    }

    /// A signal.
    pub fn signal(&mut self, signal: &Signal) {
        self.counts.signal(signal);
        self.happened.extend(of_signal(signal));
    }

    /// What was told on the way, counted.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Everything that happened, in the order in which it was told.
    pub fn happened(&self) -> &[Happening] {
        &self.happened
    }

    /// Who waits, the one who has to be answered first, first. Praise and thanks wait for nothing.
    pub fn waiting(&self) -> Vec<Waiting> {
        let kind = |open: &Open| !matches!(open.item.complaint.intent, Some(Intent::Praise | Intent::Thanks));
        let mut waiting: Vec<_> = self
            .work
            .values()
            .filter(|open| kind(open))
            .map(Open::waiting)
            .collect();
        waiting.sort_by(|a, b| (a.due, a.since, &a.who).cmp(&(b.due, b.since, &b.who)));
        waiting
    }

    /// The figures of all cases, as `heard report` has them.
    pub fn report(&self) -> Report {
        let expects = self.expects.iter().map(|(name, share)| (&**name, *share));
        let mut report = Report::default().expecting(expects);
        self.cases.values().for_each(|case| report.add(case));
        report
    }

    /// The figures of all cases together, as of now.
    pub fn figures(&self, now: Millis) -> Figures {
        self.report().total(now)
    }

    /// All cases as they are now, in no order.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.cases.values()
    }
}

/// When people would say that it happened. What is found out about the past happens when it is.
fn told_at(event: &CaseEvent) -> Millis {
    use CaseEventType::{Edited, Identified, SlaRetracted, Withdrawn};
    match event.kind {
        Edited | Identified | SlaRetracted | Withdrawn => event.recorded_at,
        _ => event.at,
    }
}

impl Open {
    fn waiting(&self) -> Waiting {
        let complaint = &self.item.complaint;
        let known = self.item.party.display_name.as_ref().map(|name| name.0.as_str());
        let given = complaint.author.display_name.as_ref().map(|name| name.0.as_str());
        Waiting {
            who: given.or(known).unwrap_or("somebody").to_owned(),
            channel: complaint.channel.to_string(),
            stage: self.item.stage,
            since: self.since,
            due: self.item.respond_by,
            messages: self.item.messages_waiting,
            text: complaint
                .text
                .as_ref()
                .map_or_else(String::new, |text| text.0.clone()),
        }
    }
}
