//! What the outputs hold, read once from beginning to end: of each case its last numbers, and what its events are called.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::cli::{Failure, connect};
use crate::config::{Settings, TopicKind};
use crate::desk::conversation::went_out::WentOut;
use crate::desk::keys::Keys;
use crate::log::{Isolation, Log, Topic};
use crate::model::{Case, CaseEvent, CaseId, WorkItem};
use crate::processor::ActorKey;
use crate::wire::{DeadLetter, Decoder};

/// What outputs hold that consumers have seen.
#[derive(Default)]
pub(super) struct Outputs {
    /// The numbers of each case, with the conversation that has it.
    pub went_out: Vec<(ActorKey, WentOut)>,
    /// Cases, each once.
    pub cases: usize,
    /// Of these, the ones of people who were forgotten: what their conversation is called is not known.
    pub forgotten: usize,
    /// Work items, each once.
    pub work: usize,
    /// Events.
    pub events: usize,
    /// Records of events that are gone by retention.
    pub events_gone: u64,
    /// Signals.
    pub signals: usize,
    /// Dead letters.
    pub letters: usize,
    /// Records that no schema reads.
    pub unreadable: usize,
}

/// Of these a case's numbers are known.
const NUMBERED: [TopicKind; 4] = [
    TopicKind::Cases,
    TopicKind::HandlingOnstage,
    TopicKind::HandlingOffstage,
    TopicKind::CaseEvents,
];

/// Reads the outputs that are there, committed records only, up to where no transaction is open, or to the very end.
pub(super) fn read(settings: &Settings, log: &impl Log, to: Isolation) -> Result<Outputs, Failure> {
    let failed = connect::failed(settings);
    let kinds = { NUMBERED.into_iter() }.chain([TopicKind::Signals, TopicKind::DeadLetters]);
    let wanted: Vec<(Topic, TopicKind)> = kinds.map(|kind| (settings.topics.topic(kind), kind)).collect();
    let topics: Vec<_> = wanted.iter().map(|(topic, _)| topic.clone()).collect();
    let there = connect::waiting(settings, || log.partitions(&topics)).map_err(failed)?;
    let there: Vec<_> = there.into_iter().map(|(topic, _)| topic).collect();
    let ranges = connect::ranges(settings, log, &there, to)?;
    let mut reading = Reading::new(settings)?;
    let of_events = settings.topics.topic(TopicKind::CaseEvents);
    let first = { ranges.iter() }.filter(|(partition, _)| partition.topic == of_events);
    reading.outputs.events_gone = first.map(|(_, range)| range.start.unsigned_abs()).sum();
    connect::read_ranges(settings, log, ranges, true, |topic, record| {
        let kind = wanted
            .iter()
            .find(|(wanted, _)| wanted == topic)
            .map(|(_, kind)| *kind);
        match (kind, record.value) {
            (Some(TopicKind::Cases), Some(value)) => reading.case(value),
            (Some(TopicKind::HandlingOnstage | TopicKind::HandlingOffstage), Some(value)) => {
                reading.work(value)
            }
            (Some(TopicKind::CaseEvents), Some(value)) => reading.event(value),
            (Some(TopicKind::Signals), Some(_)) => reading.outputs.signals += 1,
            (Some(TopicKind::DeadLetters), _) => {
                reading.outputs.letters += usize::from(DeadLetter::read(record).is_ok());
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(reading.end())
}

/// What was read so far.
struct Reading {
    keys: Keys,
    cases: Decoder<Case>,
    items: Decoder<WorkItem>,
    events: Decoder<CaseEvent>,
    /// By case: where it is, once its record was read, and what went out of it.
    known: HashMap<CaseId, (Option<ActorKey>, WentOut)>,
    forgotten: HashSet<CaseId>,
    outputs: Outputs,
}

impl Reading {
    fn new(settings: &Settings) -> Result<Self, Failure> {
        let registry = Arc::new(connect::registry(&settings.wire)?);
        Ok(Self {
            keys: Keys::new(settings.rules.secret),
            cases: Decoder::new(Arc::clone(&registry)),
            items: Decoder::new(Arc::clone(&registry)),
            events: Decoder::new(registry),
            known: HashMap::new(),
            forgotten: HashSet::new(),
            outputs: Outputs::default(),
        })
    }

    fn of(&mut self, case_id: CaseId) -> &mut (Option<ActorKey>, WentOut) {
        self.known.entry(case_id).or_insert_with(|| {
            let nothing = WentOut {
                case_id,
                ..WentOut::default()
            };
            (None, nothing)
        })
    }

    fn case(&mut self, value: &[u8]) {
        let Ok(case) = self.cases.decode(value) else {
            self.outputs.unreadable += 1;
            return;
        };
        let actor = self
            .keys
            .conversation(&case.source, &case.channel, &case.conversation_id);
        let (at, out) = self.of(case.case_id);
        // Of somebody who was forgotten the conversation's id is hidden; what it was may stand before.
        if case.forgotten_at.is_none() {
            *at = Some(actor);
        }
        out.version = out.version.max(case.version);
        if case.forgotten_at.is_some() {
            self.forgotten.insert(case.case_id);
        }
    }

    fn work(&mut self, value: &[u8]) {
        let Ok(item) = self.items.decode(value) else {
            self.outputs.unreadable += 1;
            return;
        };
        let (_, out) = self.of(item.case_id);
        match out.revisions.iter_mut().find(|(work, _)| *work == item.work_id) {
            Some((_, last)) => *last = item.revision.max(*last),
            None => out.revisions.push((item.work_id, item.revision)),
        }
    }

    fn event(&mut self, value: &[u8]) {
        let Ok(event) = self.events.decode(value) else {
            self.outputs.unreadable += 1;
            return;
        };
        let called = WentOut::called(&self.keys, event.event_id);
        self.of(event.case_id).1.events.push(called);
        self.outputs.events += 1;
    }

    fn end(self) -> Outputs {
        let mut outputs = self.outputs;
        outputs.forgotten = self.forgotten.len();
        let (mut cases, mut work) = (0, 0);
        for (at, mut out) in self.known.into_values() {
            cases += usize::from(out.version > 0);
            work += out.revisions.len();
            out.events.sort_unstable();
            if let Some(at) = at {
                outputs.went_out.push((at, out));
            }
        }
        (outputs.cases, outputs.work) = (cases, work);
        outputs.went_out.sort_by_key(|(_, out)| out.case_id);
        outputs
    }
}
