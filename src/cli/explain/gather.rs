//! Everything that topics hold of a case.

use std::sync::Arc;

use super::find::partition_of;
use crate::cli::{Failure, connect};
use crate::config::{Settings, TopicKind};
use crate::desk::{Desk, Effects};
use crate::explain::{Inputs, Records};
use crate::intake::{InputKind, Intake};
use crate::log::{Isolation, Log, Record, Topic};
use crate::model::{Case, CaseEvent, WorkItem};
use crate::wire::{Decoder, Registry};

/// Reads the partitions of its key in the outputs, and, if asked to, the inputs that may hold its messages.
/// A topic that is not there is told of, no failure: what is left explains what it can.
pub(super) fn gather(
    settings: &Settings,
    log: &impl Log,
    case: &Case,
    inputs: bool,
) -> Result<Records, Failure> {
    let topics = &settings.topics;
    let own = [
        TopicKind::CaseEvents,
        TopicKind::HandlingOnstage,
        TopicKind::HandlingOffstage,
    ]
    .map(|kind| topics.topic(kind));
    let desk = Desk::new(Arc::new(settings.rules.clone()));
    let registry = Arc::new(connect::registry(&settings.wire)?);
    let given = Given::of(settings, case, &registry);
    let wanted: Vec<_> = own
        .iter()
        .chain(given.topics.iter().filter(|_| inputs))
        .cloned()
        .collect();
    let there = connect::waiting(settings, || log.partitions(&wanted)).map_err(connect::failed(settings))?;
    let there: Vec<Topic> = there.into_iter().map(|(topic, _)| topic).collect();

    let mut records = Records {
        inputs: if inputs { Inputs::Read } else { Inputs::NotRead },
        ..Records::default()
    };
    let missing = wanted.iter().filter(|topic| !there.contains(topic));
    records.missing.extend(missing.map(ToString::to_string));
    let mut ranges = connect::ranges(settings, log, &there, Isolation::Committed)?;
    let counts: Vec<_> = own
        .iter()
        .map(|topic| {
            ranges
                .iter()
                .filter(|(partition, _)| partition.topic == *topic)
                .count()
        })
        .collect();
    ranges.retain(
        |(partition, _)| match own.iter().position(|topic| *topic == partition.topic) {
            Some(at) => partition.partition == partition_of(case.case_id, counts[at]),
            None => true,
        },
    );

    let reader = Outputs::new(&registry);
    let key = case.case_id.to_string();
    let responses: Vec<_> = ranges
        .iter()
        .filter(|(partition, _)| given.is_responses(&partition.topic))
        .cloned()
        .collect();
    let mut effects = Effects::default();
    connect::read_ranges(settings, log, ranges, true, |topic, record| {
        let Some(which) = own.iter().position(|own| own == topic) else {
            given.take(topic, record, &mut effects, &mut records);
            records.input(desk.keys(), case, &mut effects);
            return Ok(());
        };
        let Some(value) = record.value.filter(|_| record.key == Some(key.as_bytes())) else {
            return Ok(());
        };
        let read = match which {
            0 => reader.events.decode(value).map(|event| records.event(event)),
            _ => reader.work.decode(value).map(|item| records.work(item)),
        };
        records.unusable += u64::from(read.is_err());
        Ok(())
    })?;
    if records.is_answered_elsewhere() {
        let unusable = records.unusable;
        connect::read_ranges(settings, log, responses, true, |topic, record| {
            given.take(topic, record, &mut effects, &mut records);
            records.input(desk.keys(), case, &mut effects);
            Ok(())
        })?;
        records.unusable = unusable; // they were counted
    }
    Ok(records)
}

/// The inputs that may hold messages of a case's conversation: the complaints of its channel, and all responses, for
/// those of another may answer it.
struct Given {
    topics: Vec<Topic>,
    kinds: Vec<InputKind>,
    intake: Intake,
}

impl Given {
    fn of(settings: &Settings, case: &Case, registry: &Arc<Registry>) -> Self {
        let topics = &settings.topics;
        let one = [
            (topics.complaints(&case.channel), InputKind::Complaints),
            (topics.topic(TopicKind::Updates), InputKind::Updates),
            (topics.topic(TopicKind::Surveys), InputKind::Surveys),
        ];
        let channels = settings.rules.channels.keys();
        let responses = channels.map(|channel| (topics.responses(channel), InputKind::Responses));
        let (topics, kinds): (Vec<_>, Vec<_>) = one.into_iter().chain(responses).unzip();
        let intake = Intake::new(Arc::new(settings.rules.clone()), kinds.clone(), registry);
        Self {
            topics,
            kinds,
            intake,
        }
    }

    fn is_responses(&self, topic: &Topic) -> bool {
        let mut all = self.topics.iter().zip(&self.kinds);
        all.any(|(given, kind)| given == topic && *kind == InputKind::Responses)
    }

    /// Takes a record in as the processor does.
    fn take(&self, topic: &Topic, record: &Record<'_>, effects: &mut Effects, records: &mut Records) {
        let input = self.topics.iter().position(|given| given == topic);
        let taken = input.map(|input| self.intake.take(input, record, effects));
        records.unusable += u64::from(taken.is_some_and(|taken| taken.is_err()));
    }
}

/// A decoder of each kind of output.
struct Outputs {
    events: Decoder<CaseEvent>,
    work: Decoder<WorkItem>,
}

impl Outputs {
    fn new(registry: &Arc<Registry>) -> Self {
        Self {
            events: Decoder::new(Arc::clone(registry)),
            work: Decoder::new(Arc::clone(registry)),
        }
    }
}
