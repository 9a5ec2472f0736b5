//! What is told when the party finds out how its other cases stand to one (rules 9 and 10).

use super::events::Happened;
use crate::desk::party::links::{Bounce, Echo, Link, Links, Relation};
use crate::model::{CaseEventType, CaseId, Details, EscalationCause, EventId, Millis};

/// Everything that is new in `now`, and corrections of what is not so any more.
pub fn difference(case: CaseId, before: &Links, now: &Links) -> Vec<Happened> {
    let gone = before.links.iter().filter(|link| !now.links.contains(link));
    let not_so = gone.filter_map(|link| {
        let (_, what) = told(link.relation)?;
        Some(corrected(case, link.at, what, link.case_id, ""))
    });
    let bounced = before
        .bounces
        .iter()
        .filter(|bounce| !now.bounces.contains(bounce));
    let not_bounced =
        bounced.map(|bounce| corrected(case, bounce.at, "bounced", bounce.case_id, &bounce.message));
    let new = now.links.iter().filter(|link| !before.links.contains(link));
    let new = new.filter_map(|link| found(case, link));
    let bounces = now
        .bounces
        .iter()
        .filter(|bounce| !before.bounces.contains(bounce));
    let bounces = bounces.map(|bounce| bounced_there(case, bounce));
    let repeated = (before.echo != now.echo).then_some(());
    let no_echo = repeated.and(before.echo.as_ref());
    let no_echo = no_echo.map(|echo| corrected(case, echo.at, "echo", echo.case_id, ""));
    let echo = repeated.and(now.echo.as_ref()).map(|echo| repeats(case, echo));
    let taken_back = not_so.chain(not_bounced).chain(no_echo);
    taken_back.chain(new).chain(bounces).chain(echo).collect()
}

/// The event of a relation, and what its correction calls it; none is told of cases that are merely
/// parallel.
fn told(relation: Relation) -> Option<(CaseEventType, &'static str)> {
    match relation {
        Relation::EscalatedFrom(_) => Some((CaseEventType::EscalatedOnstage, "escalated")),
        Relation::SwitchedTo => Some((CaseEventType::ChannelSwitched, "switched")),
        Relation::ChasedTo => Some((CaseEventType::ChasedElsewhere, "chased")),
        // Told of the case that the customer left.
        Relation::Parallel | Relation::SwitchedFrom | Relation::ChasedFrom => None,
    }
}

fn found(case: CaseId, link: &Link) -> Option<Happened> {
    let (kind, _) = told(link.relation)?;
    let other = link.case_id.to_string();
    let mut details = Details::from([("case", &*other)]);
    let cause = match link.relation {
        Relation::EscalatedFrom(EscalationCause::Unanswered) => Some("UNANSWERED"),
        Relation::EscalatedFrom(EscalationCause::Unsolved) => Some("UNSOLVED"),
        _ => None,
    };
    if let Some(cause) = cause {
        details.insert("cause", cause);
    }
    Some(Happened {
        kind,
        id: EventId::new(case, kind.symbol(), &[&other, cause.unwrap_or_default()]),
        at: link.at,
        details,
    })
}

fn bounced_there(case: CaseId, bounce: &Bounce) -> Happened {
    let kind = CaseEventType::Bounced;
    let other = bounce.case_id.to_string();
    Happened {
        kind,
        id: EventId::new(case, kind.symbol(), &[&other, &bounce.message]),
        at: bounce.at,
        details: [
            ("case", &*other),
            ("message", &*bounce.message),
            ("channel", &*bounce.channel),
        ]
        .into_iter()
        .collect(),
    }
}

fn repeats(case: CaseId, echo: &Echo) -> Happened {
    let kind = CaseEventType::EchoLinked;
    let other = echo.case_id.to_string();
    Happened {
        kind,
        id: EventId::new(case, kind.symbol(), &[&other]),
        at: echo.at,
        details: [("case", &*other)].into_iter().collect(),
    }
}

fn corrected(case: CaseId, at: Millis, what: &str, other: CaseId, message: &str) -> Happened {
    let kind = CaseEventType::Corrected;
    let other = other.to_string();
    Happened {
        kind,
        id: EventId::new(case, kind.symbol(), &[what, &other, message]),
        at,
        details: [("what", what), ("case", &*other)].into_iter().collect(),
    }
}
