//! What the topics have told that the cases, as they stand in the end, do not say.
//!
//! What is told on the way, such as a breach that was none, may depend on how fast a story is told; so these
//! counts stand in the report's words and not among its figures (`--json`).

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::{
    CaseEvent, CaseEventType, CaseId, NextStep, PriorityTerm, Relation, Signal, SignalKind, WorkId, WorkItem,
};

/// Events, work items and signals, counted. What is told twice counts once.
#[derive(Debug, Default)]
pub struct Counts {
    events: HashSet<(CaseEventType, CaseId)>,
    work: HashMap<WorkId, Told>,
    signals: BTreeMap<SignalKind, u64>,
}

/// What revisions of a work item have said.
#[derive(Debug, Default)]
struct Told {
    to_thank: bool,
    suspected: bool,
    terms: Vec<PriorityTerm>,
    is_revised: bool,
}

impl Counts {
    pub(super) fn event(&mut self, event: &CaseEvent) {
        self.events.insert((event.kind, event.case_id));
    }

    pub(super) fn work(&mut self, item: &WorkItem) {
        let told = self.work.entry(item.work_id).or_default();
        told.to_thank |= item.next_steps.contains(&NextStep::Thank);
        let is_suspected = |linked: &crate::model::LinkedCase| linked.relation == Relation::SuspectedEchoOf;
        told.suspected |= item.linked_cases.iter().any(is_suspected);
        let terms = &item.priority.terms;
        if !terms.is_empty() && told.terms != *terms {
            told.is_revised |= !told.terms.is_empty();
            told.terms.clone_from(terms);
        }
    }

    pub(super) fn signal(&mut self, signal: &Signal) {
        *self.signals.entry(signal.kind).or_default() += 1;
    }

    /// Cases to which this has happened at some time.
    pub fn cases_with(&self, kind: CaseEventType) -> u64 {
        self.events.iter().filter(|(of, _)| *of == kind).count() as u64
    }

    /// Work items that said to thank.
    pub fn to_thank(&self) -> u64 {
        self.work_items(|told| told.to_thank)
    }

    /// Work items that were ranked and whose terms of urgency then changed.
    pub fn ranked_anew(&self) -> u64 {
        self.work_items(|told| told.is_revised)
    }

    /// Work items of a complaint that somebody unknown had brought up before, as it seems.
    pub fn suspected_echoes(&self) -> u64 {
        self.work_items(|told| told.suspected)
    }

    /// Signals of a kind.
    pub fn signals(&self, kind: SignalKind) -> u64 {
        self.signals.get(&kind).copied().unwrap_or(0)
    }

    fn work_items(&self, holds: impl Fn(&Told) -> bool) -> u64 {
        self.work.values().filter(|told| holds(told)).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;
    use crate::model::{
        CaseEvent, CaseEventType, CaseId, Priority, PriorityTerm, Signal, SignalKind, WorkId, WorkItem,
    };

    fn ranked(id: &str, points: &[i32]) -> WorkItem {
        let term = |points: &i32| PriorityTerm {
            name: "tier".into(),
            points: *points,
        };
        WorkItem {
            work_id: WorkId::new(CaseId::default(), id),
            priority: Priority {
                terms: points.iter().map(term).collect(),
                ..Priority::default()
            },
            ..WorkItem::default()
        }
    }

    #[test]
    fn a_work_item_is_ranked_anew_when_its_terms_change_and_not_when_they_come() {
        //   given these revisions                 then so often it is ranked anew
        for (revisions, times) in [
            (&[&[][..]][..], 0),
            (&[&[], &[1]], 0),
            (&[&[1], &[1]], 0),
            (&[&[1], &[]], 0),
            (&[&[1], &[2]], 1),
            (&[&[1], &[], &[1]], 0),
        ] {
            let mut counted = Counts::default();
            for points in revisions {
                counted.work(&ranked("a", points));
            }
            assert_eq!(counted.ranked_anew(), times, "{revisions:?}");
        }
    }

    #[test]
    fn events_count_by_case_and_signals_by_kind() {
        let mut counted = Counts::default();
        for case in ["a", "b", "a"] {
            counted.event(&CaseEvent {
                kind: CaseEventType::Pending,
                case_id: CaseId::new("", "", case, ""),
                ..CaseEvent::default()
            });
        }
        counted.signal(&Signal {
            kind: SignalKind::Surge,
            ..Signal::default()
        });
        assert_eq!(counted.cases_with(CaseEventType::Pending), 2);
        assert_eq!(counted.cases_with(CaseEventType::Bounced), 0);
        assert_eq!(counted.signals(SignalKind::Surge), 1);
        assert_eq!(counted.signals(SignalKind::Campaign), 0);
    }
}
