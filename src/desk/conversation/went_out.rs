//! What went out of a case that its row does not know of: its numbers go on from there, and no event is told twice.
//!
//! - *Before the state was built anew.* Versions and revisions live in rows, so a rebuild would begin them at 1. `heard
//!   rebuild` reads the outputs and tells each conversation what it finds; since that lies in the mailbox before anything
//!   else, it is there when the first message comes.
//! - *Plain work items.* A message that cannot be applied is heard all the same, although nothing of its case is kept then.
//!
//! The version is asked for where a case has none yet, the revision and the events whenever one is told.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{Actor, record};
use crate::desk::keys::{Keys, part};
use crate::desk::row::Row;
use crate::model::{CaseId, Complaint, EventId, WorkId, WorkItem};
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
        self.revisions
            .retain(|(work, _)| more.revisions.iter().all(|(other, _)| other != work));
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

    /// The last revision of a work item that its mark does not know of; zero: none.
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

    /// The revision of a plain work item for a message that could not be applied, which is kept. What cannot be read, as may
    /// be why, counts as nothing.
    pub fn remember_plain(mut self, complaint: &Complaint, item: &WorkItem) -> i64 {
        let fact = record::customer(self.desk.settings(), self.desk.keys(), complaint);
        let author = fact.customer().map(|said| said.author);
        let row = author.and_then(|author| self.read_case(author).ok().flatten());
        let mark = row.and_then(|row| self.mark(&row, &complaint.id).ok());
        let before = self
            .revision_before(item.case_id, item.work_id)
            .unwrap_or_default();
        let revision = before.max(mark.map_or(0, |mark| mark.revision)) + 1;
        // What was told before stays: an error would have shown above, and then there is nothing to keep.
        _ = self.went_out(&WentOut {
            case_id: item.case_id,
            revisions: vec![(item.work_id, revision)],
            ..WentOut::default()
        });
        revision
    }

    fn went_out_of(&mut self, case: CaseId) -> Result<Option<&WentOut>, Corrupt> {
        let row = self.went_out_row(case);
        Ok(match self.state.get(&row)? {
            Some(Row::WentOut(out)) if out.case_id == case => Some(out),
            _ => None,
        })
    }

    /// Where that is kept.
    pub(super) fn went_out_row(&self, case: CaseId) -> RowKey {
        let name = self.desk.keys().digest(case.0.as_bytes());
        self.row(part::WENT_OUT, name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::config::rules::RuleSettings;
    use crate::desk::output::Output;
    use crate::desk::{Desk, Effects, Message};
    use crate::model::{Identifier, Millis, Person, Sensitive, WorkState};
    use crate::processor::{Context, Effect, State};

    #[derive(Default)]
    struct Rows(BTreeMap<RowKey, Row>);

    impl State<Row> for Rows {
        fn get(&mut self, key: &RowKey) -> Result<Option<&Row>, Corrupt> {
            Ok(self.0.get(key))
        }
    }

    const CX: Context = Context {
        now: Millis(1_700_000_000_000),
        wall: Millis(1_700_000_000_000),
        hops: 0,
    };

    /// Does what is wanted of rows, and returns the revisions of the work items that go out.
    fn perform(effects: &mut Effects, rows: &mut Rows) -> Vec<i64> {
        let mut revisions = Vec::new();
        for effect in effects.drain() {
            match effect {
                Effect::Store {
                    row,
                    value: Some(value),
                } => _ = rows.0.insert(row, value),
                Effect::Store { row, value: None } => _ = rows.0.remove(&row),
                Effect::Emit(Output::Work(item)) => revisions.push(item.revision),
                _ => {}
            }
        }
        revisions
    }

    /// V8: the plain work item of a message that cannot be applied had revision 0, and the next one 1.
    #[test]
    fn revisions_of_plain_items_begin_at_one_and_later_ones_go_on() {
        let settings = Arc::new(RuleSettings::default());
        let desk = Desk::new(Arc::clone(&settings));
        let said = Arc::new(Complaint {
            id: "m1".into(),
            source: "test".into(),
            channel: "social".into(),
            conversation_id: Some("c".into()),
            author: Person {
                display_name: None,
                identifiers: vec![Identifier {
                    kind: "handle".into(),
                    value: Sensitive("ann".into()),
                    realm: None,
                }],
            },
            occurred_at: CX.now,
            ..Complaint::default()
        });
        let to = desk.keys().conversation("test", "social", "c");
        let key = record::message_key(&settings, &said);
        let case_id = CaseId::new("test", "social", "c", &key);
        let item = WorkItem {
            work_id: WorkId::new(case_id, "m1"),
            case_id,
            state: WorkState::Open,
            ..WorkItem::default()
        };
        let (mut rows, mut effects) = (Rows::default(), Effects::default());
        let mut plain = |rows: &mut Rows| {
            let revision = desk.remember_plain(to, &said, &item, rows, &CX, &mut effects);
            perform(&mut effects, rows);
            revision
        };
        // It cannot be read what the conversation is: its messages fail.
        let head = crate::desk::keys::head(to);
        rows.0.insert(head, Row::Seen(7));
        assert_eq!(plain(&mut rows), 1);
        assert_eq!(plain(&mut rows), 2, "it was sent again, and failed again");
        // Later it can: the message is applied, and its item goes on.
        rows.0.remove(&head);
        let message = |id: &str, revision| {
            let complaint = Complaint {
                id: id.into(),
                revision,
                occurred_at: CX.now,
                text: Some(Sensitive(format!("{id} {revision}"))),
                ..Complaint::clone(&said)
            };
            Message::Said {
                complaint: Arc::new(complaint),
                written: None,
                logged: CX.now,
            }
        };
        let apply = |message: &Message, rows: &mut Rows, effects: &mut Effects| {
            desk.apply(to, message, rows, &CX, effects)
                .expect("it is applied");
            perform(effects, rows)
        };
        let mut effects = Effects::default();
        apply(&message("m1", 0), &mut rows, &mut effects);
        // The first item waits until it is ranked, or for too long.
        let late = Context {
            now: CX.now.plus(3_600_000),
            ..CX
        };
        desk.wake(head, &mut rows, &late, &mut effects)
            .expect("it is woken");
        assert_eq!(perform(&mut effects, &mut rows), [3]);
        // An edit of it that fails again, and one that does not.
        let revision = desk.remember_plain(to, &said, &item, &mut rows, &CX, &mut effects);
        perform(&mut effects, &mut rows);
        assert_eq!(revision, 4);
        assert_eq!(apply(&message("m1", 2), &mut rows, &mut effects), [5]);
    }
}
