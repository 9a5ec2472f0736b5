//! Everything that topics hold of a case.

use std::sync::Arc;

use super::find::partition_of;
use crate::cli::{Failure, connect};
use crate::config::{Settings, TopicKind};
use crate::explain::{Inputs, Records};
use crate::log::{Isolation, Log, Topic};
use crate::model::{Case, CaseEvent, Complaint, Response, Survey, Update, WorkItem};
use crate::wire::{DecodeError, Decoder, Registry, WireRecord};

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
    let given = [
        topics.complaints(&case.channel),
        topics.responses(&case.channel),
        topics.topic(TopicKind::Updates),
        topics.topic(TopicKind::Surveys),
    ];
    let wanted: Vec<_> = own
        .iter()
        .chain(given.iter().filter(|_| inputs))
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

    let reader = Readers::new(&Arc::new(connect::registry(&settings.wire)?));
    let key = case.case_id.to_string();
    connect::read_ranges(settings, log, ranges, true, |topic, record| {
        let Some(value) = record.value else { return Ok(()) };
        let is_own = own.contains(topic);
        if is_own && record.key != Some(key.as_bytes()) {
            return Ok(());
        }
        let read = if *topic == own[0] {
            reader.events.decode(value).map(|event| records.event(event))
        } else if is_own {
            reader.work.decode(value).map(|item| records.work(item))
        } else {
            reader.input(
                &mut records,
                settings,
                case,
                given.iter().position(|input| input == topic),
                value,
            )
        };
        records.unreadable += u64::from(read.is_err());
        Ok(())
    })?;
    Ok(records)
}

/// A decoder of each kind.
struct Readers {
    events: Decoder<CaseEvent>,
    work: Decoder<WorkItem>,
    complaints: Decoder<Complaint>,
    responses: Decoder<Response>,
    updates: Decoder<Update>,
    surveys: Decoder<Survey>,
}

impl Readers {
    fn new(registry: &Arc<Registry>) -> Self {
        fn decoder<T: WireRecord>(registry: &Arc<Registry>) -> Decoder<T> {
            Decoder::new(Arc::clone(registry))
        }
        Self {
            events: decoder(registry),
            work: decoder(registry),
            complaints: decoder(registry),
            responses: decoder(registry),
            updates: decoder(registry),
            surveys: decoder(registry),
        }
    }

    /// A record of the inputs, by their number: complaints, responses, updates, surveys.
    fn input(
        &self,
        records: &mut Records,
        settings: &Settings,
        case: &Case,
        which: Option<usize>,
        value: &[u8],
    ) -> Result<(), DecodeError> {
        match which {
            Some(0) => records.complaint(case, &settings.rules, self.complaints.decode(value)?),
            Some(1) => records.response(case, self.responses.decode(value)?),
            Some(2) => records.update(case, self.updates.decode(value)?),
            _ => records.survey(case, self.surveys.decode(value)?),
        }
        Ok(())
    }
}
