//! What just happened, in a few words.

use super::text::span;
use crate::model::{CaseEvent, CaseEventType, Millis, Signal, SignalKind};

/// Something that happened, to a case or to many, and is worth telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// When, in the story.
    pub at: Millis,
    /// To whom: their name, as they write it; or a brand.
    pub who: String,
    /// Where.
    pub channel: String,
    /// What.
    pub what: String,
    /// What they said, if that is what happened.
    pub text: Option<String>,
}

/// What an event means to people, of a case opened at `opened`; `None`: not worth a line, or told by
/// another event.
pub(super) fn in_words(event: &CaseEvent, opened: Millis) -> Option<String> {
    use CaseEventType as E;
    let detail = |name| event.details.get(name).map_or("", |value| value.as_str());
    Some(match event.kind {
        E::Opened => "says".into(),
        E::CustomerMessage => "says again".into(),
        E::Answered => format!("answered after {}", span(event.at.since(opened))),
        E::ReplyLimitReached => "has had two public replies: time for a private channel".into(),
        E::ReplyLimitExceeded => "gets more public replies than two".into(),
        E::ChannelInvited => format!("is invited to write in private ({})", detail("channel")),
        E::SlaBreached => format!("TOO LATE: {}", level(detail("level"))),
        E::SlaRetracted => format!("was in time after all: {}", level(detail("level"))),
        E::Pending => "is asked for more; the company waits".into(),
        E::Resolved => "solved".into(),
        E::Reopened => "not solved after all".into(),
        E::Unanswered => format!("UNANSWERED for {}", span(event.at.since(opened))),
        E::LetGo => "let go, by a person's decision".into(),
        // At once is the usual case.
        E::Identified if event.recorded_at.since(opened) > LATER => {
            "turns out to be a customer that we know".into()
        }
        E::IdentityConflict => "shares an address or a number with another customer".into(),
        E::Edited => "edits the message".into(),
        E::Withdrawn => "takes the message back".into(),
        _ => return None,
    })
}

/// What a signal means to people; `None`: not worth a line.
pub(super) fn of_signal(signal: &Signal) -> Option<Happening> {
    let detail = |name| signal.details.get(name).cloned().unwrap_or_default();
    let what = match signal.kind {
        SignalKind::Surge => format!(
            "SURGE: {} cases within {}, where {:.1} are usual",
            signal.observed,
            span(signal.window),
            signal.expected
        ),
        SignalKind::DeafChannel => format!("NOBODY HAS ANSWERED HERE for {}", span(signal.window)),
        SignalKind::Campaign => format!("CAMPAIGN: {} people say the same", signal.observed),
        _ => return None,
    };
    Some(Happening {
        at: signal.at,
        who: detail("brand"),
        channel: detail("channel"),
        what,
        text: None,
    })
}

/// An identity found so long after the complaint is news.
const LATER: i64 = 3_600_000;

/// A service level, for people.
fn level(name: &str) -> &'static str {
    match name {
        "acknowledge" => "a receipt",
        "answer" => "an answer",
        "next" => "the next answer",
        _ => "a solution",
    }
}

#[cfg(test)]
mod tests {
    use super::{in_words, of_signal};
    use crate::model::{CaseEvent, CaseEventType, Details, Millis, Signal, SignalKind};

    #[test]
    fn signals_in_words() {
        //   given this kind, then people are told
        for (kind, told) in [
            (
                SignalKind::Surge,
                Some("SURGE: 48 cases within 8 min, where 0.4 are usual"),
            ),
            (
                SignalKind::DeafChannel,
                Some("NOBODY HAS ANSWERED HERE for 8 min"),
            ),
            (SignalKind::Campaign, Some("CAMPAIGN: 48 people say the same")),
            (SignalKind::Advocacy, None),
            // Who it is stands in its key: nobody's business here.
            (SignalKind::PanelCandidate, None),
        ] {
            let signal = Signal {
                kind,
                window: 480_000,
                observed: 48.0,
                expected: 0.39,
                details: [("brand", "Tamarind Air"), ("channel", "chat")]
                    .map(|(name, value)| (name.into(), value.into()))
                    .into(),
                ..Signal::default()
            };
            let happening = of_signal(&signal);
            let place = happening
                .as_ref()
                .map(|it| (it.who.as_str(), it.channel.as_str()));
            assert_eq!(place, told.map(|_| ("Tamarind Air", "chat")), "{kind:?}");
            assert_eq!(happening.map(|it| it.what).as_deref(), told, "{kind:?}");
        }
    }

    #[test]
    fn events_in_words() {
        let breach = Details::from([("level", "answer")]);
        //   given this event                              then people are told
        for (kind, details, told) in [
            (
                CaseEventType::Answered,
                Details::default(),
                Some("answered after 12 min"),
            ),
            (
                CaseEventType::SlaBreached,
                breach.clone(),
                Some("TOO LATE: an answer"),
            ),
            (
                CaseEventType::SlaRetracted,
                breach,
                Some("was in time after all: an answer"),
            ),
            (CaseEventType::Identified, Details::default(), None),
            (CaseEventType::Replied, Details::default(), None),
        ] {
            let event = CaseEvent {
                kind,
                details,
                at: Millis(720_000),
                recorded_at: Millis(720_000),
                ..CaseEvent::default()
            };
            assert_eq!(in_words(&event, Millis(0)).as_deref(), told, "{kind:?}");
        }
    }
}
