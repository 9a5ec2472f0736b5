//! What was said and what happened, in the order of event time.

use serde::Serialize;
use smol_str::SmolStr;

use super::evidence::Evidence;
use super::levels;
use super::said::{By, Said};
use super::told::Told;
use super::words::{clean, symbol, time};
use crate::desk::conversation::fact::{Fact, Place};
use crate::model::{CaseEventType, Intent, Millis, Stage};

/// One line of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moment {
    /// Event time, as the rules have it: a reply is never before what it replies to.
    pub at: Millis,
    /// Who said it: customer, person, bot, auto_ack, note, community, update; `heard`, if it is a conclusion.
    pub who: &'static str,
    /// The rule that it comes from.
    pub rule: Option<u8>,
    /// In words.
    pub what: String,
    /// The message it is, or was caused by.
    pub message: Option<SmolStr>,
    /// The type of the event.
    pub event: Option<&'static str>,
    /// When it was recorded.
    pub recorded_at: Option<Millis>,
    /// A message that was recorded after something had been that happened later.
    pub late: bool,
    /// It was said before the case was opened: it does not count.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub before_opening: bool,
    /// It was taken back, taken out, or told anew since.
    pub taken_back: bool,
    /// When that was recorded.
    pub taken_back_at: Option<Millis>,
    /// The text; only if texts are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// All of it.
pub fn moments(e: &Evidence<'_>) -> Vec<Moment> {
    let said = e.said();
    let opening = e.case.opened_at;
    let opens = |said: &&Said<'_>| said.by == By::Customer && said.at == opening && !said.gone;
    let first = said.iter().filter(opens).min_by_key(|said| place(said));
    // In the moment of the opening, replies tell the order (rule 3).
    let is_before = |said: &Said<'_>| {
        let places = place(said).zip(first.and_then(|first| place(first)));
        !said.gone
            && (said.at < opening || said.at == opening && places.is_some_and(|(said, first)| said < first))
    };
    let first_id = first.map(|said| said.id);
    let messages = said
        .iter()
        .map(|said| message(e, said, Some(said.id) == first_id, is_before(said)));
    let conclusions = e
        .told()
        .iter()
        .filter(|told| !is_message(told.event.kind))
        .map(|told| conclusion(e, told));
    let mut all: Vec<_> = messages.chain(conclusions).collect();
    // Of one moment, what was said comes before what follows from it; else as it was recorded.
    all.sort_by_key(|moment| (moment.at, moment.event.is_some()));
    all
}

/// Its place in the order of what was said in the conversation.
fn place<'f>(said: &Said<'f>) -> Option<Place<'f>> {
    said.fact.map(Fact::place)
}

/// What has a line as a message.
fn is_message(kind: CaseEventType) -> bool {
    use CaseEventType::{CustomerMessage, Opened, Replied};
    matches!(kind, CustomerMessage | Opened | Replied)
}

fn message(e: &Evidence<'_>, said: &Said<'_>, opens: bool, before_opening: bool) -> Moment {
    let back = said.told.and_then(|told| told.taken_back);
    let mut what = words(e, said);
    if opens {
        what.push_str(", opens the case");
    }
    if before_opening {
        what.push_str(", before the case was opened: it does not count");
    }
    if said.by == By::Customer && said.told.is_none() && !said.gone {
        what.push_str(", which no event tells of: not taken in yet, or its event is gone by retention");
    }
    Moment {
        at: said.at,
        who: match said.by {
            By::Customer => "customer",
            By::Person => "person",
            By::Bot => "bot",
            By::AutoAck => "auto_ack",
            By::Note => "note",
            By::Community => "community",
            By::Update => "update",
        },
        rule: match said.by {
            By::Customer if opens => Some(2),
            By::Customer | By::Update => None,
            _ => Some(3),
        },
        what,
        message: Some(said.id.into()),
        event: None,
        recorded_at: said.told.map(|told| told.event.recorded_at),
        late: said.told.is_some_and(|told| told.late),
        before_opening,
        taken_back: said.gone,
        taken_back_at: back.map(|event| event.recorded_at),
        text: text(e, said),
    }
}

fn words(e: &Evidence<'_>, said: &Said<'_>) -> String {
    let id = clean(said.id);
    let kind = match said.by {
        By::Customer if said.is_automatic() => "automatic message",
        By::Customer => match said.intent() {
            Some(Intent::Praise) => "praise",
            Some(Intent::Thanks) => "thanks",
            Some(Intent::Question) => "question",
            _ => "message",
        },
        By::Update => "update",
        By::Note => "note",
        By::AutoAck => "acknowledgement",
        _ => "reply",
    };
    let onstage = e.case.stage == Stage::Onstage;
    let public = said.is_public(onstage) != onstage;
    let own_time = said.fact.and_then(|fact| fact.own);
    let parts = [
        said.other_address
            .then(|| " from another address of the customer".to_owned()),
        said.elsewhere.then(|| " in another conversation".to_owned()),
        public.then(|| {
            if onstage {
                " in private".to_owned()
            } else {
                " in public".to_owned()
            }
        }),
        said.team().map(|team| format!(", team {}", clean(team))),
        said.status().map(|status| format!(", says {}", symbol(status))),
        said.promised_by()
            .map(|by| format!(", promises it until {}", time(by))),
        own_time.map(|at| format!(", at {} by its own clock", time(at))),
    ];
    format!("{kind} {id}{}", parts.into_iter().flatten().collect::<String>())
}

fn text(e: &Evidence<'_>, said: &Said<'_>) -> Option<String> {
    if !e.asked.texts {
        return None;
    }
    // A work item has the latest message of its wait.
    let kept = || {
        let items = e.records.work.iter().map(|item| &item.complaint);
        let mut of_item = items.filter(|complaint| complaint.id == said.id && said.by == By::Customer);
        of_item.find_map(|complaint| complaint.text.as_deref())
    };
    let text = said.text().or_else(|| kept().map(String::as_str));
    text.map(clean).or_else(|| {
        let opening = said.by == By::Customer && said.at == e.case.opened_at;
        opening.then(|| clean(&e.case.excerpt))
    })
}

fn conclusion(e: &Evidence<'_>, told: &Told<'_>) -> Moment {
    let event = told.event;
    let kind = event.kind.symbol();
    let at = match event.kind {
        // Its time is the deadline; by then it was known for a while.
        CaseEventType::SlaAtRisk => {
            let deadline = told.time("deadline_ms").unwrap_or(event.at);
            let level = told.detail("level").unwrap_or_default();
            levels::at_risk_since(e, level, deadline).unwrap_or(event.at)
        }
        _ => event.at,
    };
    let about = about(told);
    let what = if about.is_empty() {
        kind.to_owned()
    } else {
        format!("{kind} {about}")
    };
    Moment {
        at,
        who: "heard",
        rule: rule(event.kind).or_else(|| corrected(told.detail("what")?)),
        what,
        message: told.detail("message").map(Into::into),
        event: Some(kind),
        recorded_at: Some(event.recorded_at),
        late: told.late,
        before_opening: false,
        taken_back: !told.stands(),
        taken_back_at: told.taken_back.map(|event| event.recorded_at),
        text: None,
    }
}

/// The details in words.
fn about(told: &Told<'_>) -> String {
    let words = told.event.details.iter().map(|(name, value)| {
        let millis = name
            .strip_suffix("_ms")
            .and_then(|name| Some((name, told.time(&format!("{name}_ms"))?)));
        match (name, millis) {
            (_, Some((name, at))) => format!("{name} {}", time(at)),
            ("message", _) => format!("by {}", clean(value)),
            ("what", _) => format!("{} was told and is not so", clean(value)),
            ("customers", _) => format!("customers {}", clean(value)),
            _ => format!("{} {}", name.replace('_', " "), clean(value)),
        }
    });
    words.collect::<Vec<_>>().join(", ")
}

/// The rule of what a correction takes back.
fn corrected(what: &str) -> Option<u8> {
    Some(match what {
        "opened" => 2,
        "acknowledged" | "answered" | "message_of_another_case" => 3,
        "unanswered" => 7,
        "escalated" | "switched" | "chased" | "bounced" => 9,
        "echo" => 10,
        "surveyed" => 12,
        "transferred" => 17,
        "follow_up_due" => 18,
        "promise_kept" | "promise_broken" => 21,
        _ => return None,
    })
}

/// The rule that an event comes from; none of who it is.
fn rule(kind: CaseEventType) -> Option<u8> {
    use CaseEventType::{
        Acknowledged, Answered, Bounced, ChannelInvited, ChannelSwitched, ChasedElsewhere, Corrected,
        CustomerMessage, EchoLinked, Edited, EscalatedOnstage, FollowUpDone, FollowUpDue, Forgotten,
        Identified, IdentityConflict, Joined, LetGo, Opened, Pending, PromiseBroken, PromiseKept, Reopened,
        Replied, ReplyLimitExceeded, ReplyLimitReached, Resolved, SlaAtRisk, SlaBreached, SlaRetracted,
        Surveyed, Transferred, Unanswered, Unknown, Withdrawn,
    };
    Some(match kind {
        Edited | Withdrawn => 1,
        Opened | CustomerMessage => 2,
        Acknowledged | Answered | Replied => 3,
        Pending | Resolved | Reopened => 4,
        SlaAtRisk | SlaBreached | SlaRetracted => 5,
        Unanswered | LetGo => 7,
        ReplyLimitReached | ReplyLimitExceeded => 8,
        ChannelInvited | ChannelSwitched | ChasedElsewhere | Bounced | EscalatedOnstage => 9,
        EchoLinked => 10,
        Surveyed => 12,
        Transferred => 17,
        FollowUpDue | FollowUpDone => 18,
        PromiseKept | PromiseBroken => 21,
        // A correction has the rule of what it corrects; who it is has no number.
        Corrected | Identified | IdentityConflict | Joined | Forgotten | Unknown => return None,
    })
}
