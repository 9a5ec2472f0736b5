//! Rule 12 in a case: the score it shows, and what is told of scores.

use super::events::Happened;
use super::fold::Fold;
use super::who::Who;
use crate::desk::party::surveys::TOLD;
use crate::desk::score::{Scored, latest};
use crate::model::{CaseEventType, CaseId, Details, EventId};

/// The score that a case shows: the latest of its own and of those that the party found to be about it.
pub fn shown<'r>(fold: &'r Fold, who: &'r Who) -> Option<&'r Scored> {
    let found = who.party.as_ref().and(who.findings.as_ref());
    let found = found.into_iter().flat_map(|found| &found.surveys);
    latest(fold.scores.latest().into_iter().chain(found))
}

/// A customer has given a score.
pub fn given(case: CaseId, scored: &Scored) -> Happened {
    let kind = CaseEventType::Surveyed;
    let Scored { at, id, score, .. } = scored;
    let revision = scored.revision.to_string();
    let value = score.value.to_string();
    let mut details = Details::from([("score", &*value), ("scale", score.scale.symbol())]);
    let id = if scored.revision == 0 {
        details.insert("survey", id.clone());
        EventId::new(case, kind.symbol(), &[id])
    } else {
        details.insert("message", id.clone());
        details.insert("revision", &*revision);
        EventId::new(case, kind.symbol(), &[id, &revision])
    };
    Happened {
        kind,
        id,
        at: *at,
        details,
    }
}

/// It was not this case that a score was given for.
pub fn not_given(case: CaseId, scored: &Scored) -> Happened {
    let kind = CaseEventType::Corrected;
    let what = "surveyed";
    let revision = scored.revision.to_string();
    Happened {
        kind,
        id: EventId::new(case, kind.symbol(), &[what, &scored.id, &revision]),
        at: scored.at,
        details: [("what", what), ("survey", &*scored.id)].into_iter().collect(),
    }
}

/// What is told when the party finds other surveys to be about the case than before.
pub fn difference(case: CaseId, before: &[Scored], now: &[Scored]) -> Vec<Happened> {
    // Of more than are told, the earliest give way: they are still the case's.
    let told_from = now.first().filter(|_| now.len() == TOLD);
    let gave_way = |scored: &Scored| told_from.is_some_and(|from| scored.order(from).is_lt());
    let gone = before
        .iter()
        .filter(|scored| !now.contains(scored) && !gave_way(scored));
    let new = now.iter().filter(|scored| !before.contains(scored));
    gone.map(|scored| not_given(case, scored))
        .chain(new.map(|scored| given(case, scored)))
        .collect()
}
