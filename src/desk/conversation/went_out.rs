//! What went out of a case before the state was built anew: its numbers go on from there, and no event is told twice.
//!
//! Versions and revisions live in rows, so a rebuild would begin them at 1. `heard rebuild` reads the outputs and tells
//! each conversation what it finds; since that lies in the mailbox before anything else, it is there when the first
//! message comes. It stays as it is: which number was the last one before is asked only where there is none yet.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::Actor;
use crate::desk::keys::{Keys, part};
use crate::desk::row::Row;
use crate::model::{CaseId, EventId, WorkId};
use crate::processor::{Corrupt, RowKey};

/// What the outputs hold of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WentOut {
    /// The case.
    pub case_id: CaseId,
    /// The largest version; zero: none.
    pub version: i64,
    /// The largest revision of each work item.
    pub revisions: Vec<(WorkId, i64)>,
    /// What its events are called, by [`WentOut::called`], sorted.
    pub events: Vec<u64>,
}

impl WentOut {
    /// How an event is remembered.
    pub fn called(keys: &Keys, event: EventId) -> u64 {
        keys.digest(event.0.as_bytes())
    }

    /// Whether this event was told.
    fn has_told(&self, keys: &Keys, event: EventId) -> bool {
        self.events.binary_search(&Self::called(keys, event)).is_ok()
    }

    /// The largest revision of a work item; zero: none.
    fn revision(&self, work: WorkId) -> i64 {
        let of_it = self.revisions.iter().filter(|(id, _)| *id == work);
        of_it.map(|(_, revision)| *revision).max().unwrap_or_default()
    }

    /// Together with more of the same case.
    fn with(mut self, more: &Self) -> Self {
        self.version = self.version.max(more.version);
        self.revisions.extend(&more.revisions);
        self.events.extend(&more.events);
        self.events.sort_unstable();
        self.events.dedup();
        self
    }
}

impl Actor<'_, '_> {
    /// The conversation is told what went out of one of its cases.
    pub(super) fn went_out(&mut self, told: &WentOut) -> Result<(), Corrupt> {
        let known = self.went_out_of(told.case_id)?.cloned().unwrap_or_default();
        let all = WentOut {
            case_id: told.case_id,
            ..known.with(told)
        };
        let row = self.went_out_row(told.case_id);
        self.effects.store(row, Row::WentOut(Box::new(all)));
        Ok(())
    }

    /// The version after which a case goes on that has not been published since the state is kept.
    pub(super) fn version_before(&mut self, case: CaseId) -> Result<i64, Corrupt> {
        Ok(self.went_out_of(case)?.map_or(0, |out| out.version))
    }

    /// The same for the revision of a work item.
    pub(super) fn revision_before(&mut self, case: CaseId, work: WorkId) -> Result<i64, Corrupt> {
        Ok(self.went_out_of(case)?.map_or(0, |out| out.revision(work)))
    }

    /// Those of a case's events that were told before.
    pub(super) fn told_before(
        &mut self,
        case: CaseId,
        events: impl Iterator<Item = EventId>,
    ) -> Result<SmallVec<[EventId; 1]>, Corrupt> {
        let keys = self.desk.keys();
        Ok(match self.went_out_of(case)? {
            Some(out) => events.filter(|event| out.has_told(keys, *event)).collect(),
            None => SmallVec::new(),
        })
    }

    fn went_out_of(&mut self, case: CaseId) -> Result<Option<&WentOut>, Corrupt> {
        let row = self.went_out_row(case);
        Ok(match self.state.get(&row)? {
            Some(Row::WentOut(out)) if out.case_id == case => Some(out),
            _ => None,
        })
    }

    fn went_out_row(&self, case: CaseId) -> RowKey {
        let name = self.desk.keys().digest(case.0.as_bytes());
        self.row(part::WENT_OUT, name)
    }
}
