//! Events, and which of them were taken back since.

use crate::model::{CaseEvent, CaseEventType, Millis};

/// An event, and what has become of it.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    /// The event.
    pub event: &'a CaseEvent,
    /// The event that took it back, or told it anew.
    pub taken_back: Option<&'a CaseEvent>,
    /// A message that was recorded after something had been that happened later.
    pub late: bool,
}

impl Told<'_> {
    /// Whether it is still so.
    pub fn stands(&self) -> bool {
        self.taken_back.is_none()
    }

    /// A detail.
    pub fn detail(&self, name: &str) -> Option<&str> {
        self.event.details.get(name).map(|value| &**value)
    }

    /// A time among the details, such as `deadline_ms`.
    pub fn time(&self, name: &str) -> Option<Millis> {
        self.detail(name)?.parse().ok().map(Millis)
    }
}

/// Events in the order in which they were recorded, each with what has become of it.
pub fn told(events: &[CaseEvent]) -> Vec<Told<'_>> {
    use CaseEventType::{CustomerMessage, Replied, SlaAtRisk};
    let mut told: Vec<Told<'_>> = Vec::with_capacity(events.len());
    let mut latest = Millis(i64::MIN);
    for event in events {
        let before = told
            .iter_mut()
            .filter(|told| told.stands() && takes_back(event, told.event));
        if replaces(event.kind) {
            before.for_each(|told| told.taken_back = Some(event));
        } else if let Some(told) = { before }.next_back() {
            told.taken_back = Some(event);
        }
        told.push(Told {
            event,
            taken_back: None,
            late: matches!(event.kind, CustomerMessage | Replied) && event.at < latest,
        });
        // The time of AT_RISK is a deadline that has not come yet.
        if event.kind != SlaAtRisk {
            latest = latest.max(event.at);
        }
    }
    told
}

/// Kinds of which there is one at a time: told again, the one before was not so. And what takes back all that
/// was said of a message, or of the case.
fn replaces(kind: CaseEventType) -> bool {
    use CaseEventType::{Acknowledged, Answered, Joined, Withdrawn};
    matches!(kind, Acknowledged | Answered | Joined | Withdrawn)
}

/// Whether `later` says that `earlier` is not so.
fn takes_back(later: &CaseEvent, earlier: &CaseEvent) -> bool {
    use CaseEventType::{
        Acknowledged, Answered, Bounced, ChannelInvited, ChannelSwitched, ChasedElsewhere, Corrected,
        CustomerMessage, EchoLinked, EscalatedOnstage, FollowUpDue, Identified, IdentityConflict, Joined,
        Opened, PromiseBroken, PromiseKept, Replied, SlaBreached, SlaRetracted, Surveyed, Transferred,
        Unanswered, Withdrawn,
    };
    let same = |names: &[&str]| {
        let (later, earlier) = (&later.details, &earlier.details);
        names.iter().all(|name| later.get(name) == earlier.get(name))
    };
    let kind = earlier.kind;
    match later.kind {
        Acknowledged | Answered => kind == later.kind,
        // Another case has its messages now. Should they come apart again, what is so then is told anew.
        Joined => !matches!(kind, Identified | IdentityConflict | Joined),
        SlaRetracted => kind == SlaBreached && same(&["level", "deadline_ms"]),
        Withdrawn => {
            matches!(kind, Opened | CustomerMessage | Replied | ChannelInvited) && same(&["message"])
        }
        Corrected => {
            let what = later.details.get("what").map_or("", |what| what);
            match what {
                // Of each wait by itself.
                "unanswered" => kind == Unanswered && same(&["message"]) && later.at == earlier.at,
                "acknowledged" => kind == Acknowledged && same(&["message"]),
                "answered" => kind == Answered && same(&["message"]),
                "message_of_another_case" => {
                    matches!(kind, Opened | CustomerMessage | Replied) && same(&["message"])
                }
                "escalated" => kind == EscalatedOnstage && same(&["case"]),
                "switched" => kind == ChannelSwitched && same(&["case"]),
                "chased" => kind == ChasedElsewhere && same(&["case"]),
                "bounced" => kind == Bounced && same(&["case"]),
                "echo" => kind == EchoLinked && same(&["case"]),
                "promise_kept" => kind == PromiseKept && same(&["message"]),
                "promise_broken" => kind == PromiseBroken && same(&["message"]),
                "transferred" => kind == Transferred && same(&["message"]),
                "follow_up_due" => kind == FollowUpDue && same(&["message"]),
                // A review's stars are told with the message that gave them.
                "surveyed" => {
                    let survey = later.details.get("survey");
                    let gave = earlier.details.get("survey").or(earlier.details.get("message"));
                    kind == Surveyed && survey == gave
                }
                _ => false,
            }
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::told;
    use crate::model::CaseEventType::{self, *};
    use crate::model::{CaseEvent, EventId, Millis};

    fn event(at: i64, kind: CaseEventType, details: &[(&str, &str)]) -> CaseEvent {
        CaseEvent {
            event_id: EventId::default(),
            kind,
            at: Millis(at),
            details: details.iter().copied().collect(),
            ..CaseEvent::default()
        }
    }

    #[test]
    fn what_is_taken_back_and_what_stands() {
        let breach = &[("level", "answer"), ("deadline_ms", "60")][..];
        let other = &[("level", "resolve"), ("deadline_ms", "60")][..];
        let r1 = &[("message", "r1")][..];
        //   given                      and then                            is the first taken back?
        for (first, second, back) in [
            (
                event(60, SlaBreached, breach),
                event(60, SlaRetracted, breach),
                true,
            ),
            (
                event(60, SlaBreached, other),
                event(60, SlaRetracted, breach),
                false,
            ),
            (
                event(9, Unanswered, &[]),
                event(9, Corrected, &[("what", "unanswered")]),
                true,
            ),
            (
                event(9, Unanswered, &[]),
                event(9, Corrected, &[("what", "answered")]),
                false,
            ),
            (
                event(9, Answered, r1),
                event(5, Answered, &[("message", "r0")]),
                true,
            ),
            (event(9, Replied, r1), event(9, Withdrawn, r1), true),
            (event(9, Replied, r1), event(9, Joined, &[("case", "a")]), true),
            (
                event(9, Identified, &[("customer_id", "c")]),
                event(9, Joined, &[("case", "a")]),
                false,
            ),
            (
                event(9, Replied, r1),
                event(9, Withdrawn, &[("message", "r0")]),
                false,
            ),
            (
                event(9, EchoLinked, &[("case", "a")]),
                event(9, Corrected, &[("what", "echo"), ("case", "a")]),
                true,
            ),
            (
                event(9, EchoLinked, &[("case", "b")]),
                event(9, Corrected, &[("what", "echo"), ("case", "a")]),
                false,
            ),
            (
                event(9, Surveyed, &[("survey", "s1")]),
                event(9, Corrected, &[("what", "surveyed"), ("survey", "s1")]),
                true,
            ),
        ] {
            let events = [first, second];
            assert_eq!(told(&events)[0].stands(), !back, "{events:?}");
            assert!(told(&events)[1].stands());
        }
    }

    #[test]
    fn what_came_again_was_not_taken_back() {
        let corrected = [("what", "unanswered")];
        let events = [
            event(9, Unanswered, &[]),
            event(9, Corrected, &corrected),
            event(9, Unanswered, &[]),
        ];
        let stand: Vec<_> = told(&events).iter().map(super::Told::stands).collect();
        assert_eq!(stand, [false, true, true]);
    }

    #[test]
    fn a_late_message_comes_after_what_happened_later() {
        let events = [
            event(0, CustomerMessage, &[]),
            event(90, SlaAtRisk, &[]),
            event(50, Replied, &[]),
            event(60, Unanswered, &[]),
            event(55, Replied, &[]),
        ];
        let late: Vec<_> = told(&events).iter().map(|told| told.late).collect();
        assert_eq!(late, [false, false, false, false, true]);
    }
}
