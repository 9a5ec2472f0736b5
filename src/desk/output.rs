//! What goes out of the desk.

use crate::model::{Case, CaseEvent, CaseId, Signal, WorkItem};

/// A record for others.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// The state of a case.
    Case(Box<Case>),
    /// A case that no message is left of: a tombstone.
    NoCase(CaseId),
    /// What happened to a case.
    Event(Box<CaseEvent>),
    /// A wait handed to people, revised, or taken back.
    Work(Box<WorkItem>),
    /// What shows only in the sum.
    Signal(Box<Signal>),
}
