//! The records of schemas/, a file each.
//!
//! Field names, enum symbols and their order are those of the Avro schemas (namespace `heard.v1`); a
//! test holds the two together. Serde writes a field under its schema name, an enum by its symbol, a
//! time as milliseconds, so the same types serve Avro (`crate::wire`) and JSON (`heard tail --json`).
//!
//! What a person said, is called or is reached at is wrapped in [`Sensitive`], which prints as a mask.

pub mod case;
pub mod case_event;
pub mod complaint;
pub mod customer;
mod details;
pub mod ids;
pub mod millis;
pub mod person;
pub mod response;
pub mod sensitive;
pub mod signal;
pub mod survey;
pub mod update;
pub mod vocabulary;
pub mod work_item;

pub use case::{
    Advocacy, AnsweredBy, Case, CaseStatus, EscalationCause, PromiseState, ReplyLimitState, SlaState,
};
pub use case_event::{CaseEvent, CaseEventType};
pub use complaint::{Attachment, Complaint};
pub use customer::Customer;
pub use details::Details;
pub use ids::{CaseId, EventId, WorkId};
pub use millis::Millis;
pub use person::{Identifier, Person};
pub use response::{ConversationRef, Response};
pub use sensitive::Sensitive;
pub use signal::{Signal, SignalKind};
pub use survey::{Survey, SurveyAbout, SurveyScale};
pub use update::Update;
pub use vocabulary::{Intent, ResponseKind, Stage, Status, Visibility};
pub use work_item::{
    History, LinkedCase, NextStep, Party, Playbook, Priority, PriorityTerm, Relation, WorkFlag, WorkItem,
    WorkState,
};
