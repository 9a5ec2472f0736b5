//! Intake and desk as the one processor that the engine runs.

use std::cell::RefCell;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::config::rules::RuleSettings;
use crate::desk::conversation::{record, work};
use crate::desk::{self, Desk, Message, Output, Row};
use crate::intake::{InputKind, Intake};
use crate::log::Record;
use crate::model::{
    Case, CaseEvent, CaseId, Complaint, Playbook, Sensitive, Signal, Stage, WorkFlag, WorkId, WorkItem,
    WorkState, work_item,
};
use crate::processor::{ActorKey, Context, Processor, Rejection, RowKey, State};
use crate::wire::{Encoder, Format, Registry};

/// The output topics, in the order of the indices that [`Processor::encode`] returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputTopic {
    /// Public work.
    HandlingOnstage,
    /// Private work.
    HandlingOffstage,
    /// The state of cases.
    Cases,
    /// What happened to cases.
    CaseEvents,
    /// What shows only in the sum.
    Signals,
}

/// In which format each kind of output is written.
#[derive(Clone, Copy, Debug)]
pub struct OutputFormats {
    /// Work items.
    pub work_item: Format,
    /// Cases.
    pub case: Format,
    /// Case events.
    pub case_event: Format,
    /// Signals.
    pub signal: Format,
}

impl Default for OutputFormats {
    fn default() -> Self {
        Self {
            work_item: Format::SingleObject,
            case: Format::SingleObject,
            case_event: Format::SingleObject,
            signal: Format::SingleObject,
        }
    }
}

/// The processor of one worker.
pub struct App {
    intake: Intake,
    desk: Desk,
    encoders: RefCell<Encoders>,
}

struct Encoders {
    work_item: Encoder<WorkItem>,
    case: Encoder<Case>,
    case_event: Encoder<CaseEvent>,
    signal: Encoder<Signal>,
}

impl App {
    /// A processor that works by these rules.
    pub fn new(
        settings: &Arc<RuleSettings>,
        inputs: Vec<InputKind>,
        registry: &Arc<Registry>,
        formats: OutputFormats,
    ) -> Self {
        Self {
            intake: Intake::new(Arc::clone(settings), inputs, registry),
            desk: Desk::new(Arc::clone(settings)),
            encoders: RefCell::new(Encoders {
                work_item: Encoder::new(formats.work_item),
                case: Encoder::new(formats.case),
                case_event: Encoder::new(formats.case_event),
                signal: Encoder::new(formats.signal),
            }),
        }
    }
}

impl Processor for App {
    type Message = Message;
    type Row = Row;
    type Output = Output;

    fn take(
        &self,
        input: usize,
        record: &Record<'_>,
        _cx: &Context,
        effects: &mut desk::Effects,
    ) -> Result<(), Rejection> {
        self.intake.take(input, record, effects)
    }

    fn apply(
        &self,
        to: ActorKey,
        message: &Message,
        state: &mut dyn State<Row>,
        cx: &Context,
        effects: &mut desk::Effects,
    ) -> Result<(), Rejection> {
        self.desk.apply(to, message, state, cx, effects)
    }

    fn wake(
        &self,
        row: RowKey,
        state: &mut dyn State<Row>,
        cx: &Context,
        effects: &mut desk::Effects,
    ) -> Result<(), Rejection> {
        self.desk.wake(row, state, cx, effects)
    }

    fn publish(
        &self,
        row: RowKey,
        again: bool,
        state: &mut dyn State<Row>,
        cx: &Context,
        effects: &mut desk::Effects,
    ) -> Result<(), Rejection> {
        self.desk.publish(row, again, state, cx, effects)
    }

    fn salvage(
        &self,
        to: ActorKey,
        message: &Message,
        state: &mut dyn State<Row>,
        cx: &Context,
        effects: &mut desk::Effects,
    ) {
        if let Message::Said {
            complaint,
            written,
            logged,
        } = message
        {
            effects.delivered(*logged, complaint.occurred_at);
            let mut item = plain(self.desk.settings(), complaint, cx);
            item.revision = self.desk.remember_plain(to, complaint, &item, state, cx, effects);
            item.complaint = work::as_written(complaint, written.as_deref());
            effects.emit(Output::Work(Box::new(item)));
        }
    }

    fn encode(&self, output: &Output, limit: usize, key: &mut Vec<u8>, value: &mut Vec<u8>) -> (usize, bool) {
        let mut encoders = self.encoders.borrow_mut();
        let encodes = "our own records are of our own schema, which the tests hold them to";
        match output {
            Output::Case(case) => {
                write_key(case.case_id, key);
                encoders.case.encode(case, value).expect(encodes);
                (OutputTopic::Cases as usize, true)
            }
            Output::NoCase(case_id) => {
                write_key(*case_id, key);
                (OutputTopic::Cases as usize, false)
            }
            Output::Event(event) => {
                write_key(event.case_id, key);
                encoders.case_event.encode(event, value).expect(encodes);
                (OutputTopic::CaseEvents as usize, true)
            }
            Output::Signal(signal) => {
                key.extend_from_slice(signal.key.as_bytes());
                encoders.signal.encode(signal, value).expect(encodes);
                (OutputTopic::Signals as usize, true)
            }
            Output::Work(item) => {
                write_key(item.case_id, key);
                let start = value.len();
                encoders.work_item.encode(item, value).expect(encodes);
                if value.len() - start > limit {
                    value.truncate(start);
                    let over = shortened(item, limit);
                    encoders.work_item.encode(&over, value).expect(encodes);
                }
                let topic = match item.stage {
                    Stage::Onstage => OutputTopic::HandlingOnstage,
                    Stage::Offstage => OutputTopic::HandlingOffstage,
                };
                (topic as usize, true)
            }
        }
    }
}

fn write_key(case_id: CaseId, key: &mut Vec<u8>) {
    let mut buffer = uuid::Uuid::encode_buffer();
    key.extend_from_slice(case_id.0.hyphenated().encode_lower(&mut buffer).as_bytes());
}

/// A work item cut to fit: the text to a quarter of the limit, and what else may be long left out.
fn shortened(item: &WorkItem, limit: usize) -> WorkItem {
    let mut item = item.clone();
    let complaint = Arc::make_mut(&mut item.complaint);
    if let Some(text) = &mut complaint.text {
        let end = text.floor_char_boundary(limit / 4);
        text.truncate(end);
        text.push_str(" […]");
    }
    complaint.attachments.clear();
    complaint.attributes = Sensitive([("heard.cut".to_owned(), "true".to_owned())].into());
    item
}

/// The work item of a complaint that could not be processed, but for its revision: it is heard all the same.
fn plain(settings: &RuleSettings, complaint: &Arc<Complaint>, cx: &Context) -> WorkItem {
    let conversation_id = complaint.conversation_id.as_deref().unwrap_or(&complaint.id);
    let author = record::message_key(settings, complaint);
    let case_id = CaseId::new(&complaint.source, &complaint.channel, conversation_id, &author);
    let rules = settings.channel(&complaint.channel);
    let stage = complaint
        .visibility
        .map(Stage::from)
        .or(rules.map(|rules| rules.stage))
        .unwrap_or_default();
    let patience = rules.map_or(0, |rules| rules.patience.ms());
    WorkItem {
        work_id: WorkId::new(case_id, &complaint.id),
        state: WorkState::Open,
        case_id,
        messages_waiting: 1,
        complaint: Arc::clone(complaint),
        stage,
        party: work_item::Party {
            key: SmolStr::new_static(desk::conversation::who::UNKNOWN),
            ..work_item::Party::default()
        },
        playbook: if stage == Stage::Onstage {
            Playbook::Fears
        } else {
            Playbook::Hours
        },
        respond_by: complaint.occurred_at.plus(patience),
        flags: vec![WorkFlag::UnknownCustomer, WorkFlag::Unranked],
        first_heard_at: complaint.occurred_at,
        routed_at: cx.wall,
        ..WorkItem::default()
    }
}
