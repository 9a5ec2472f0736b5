//! The case told again: the desk's own functions over what the inputs hold now, by the present configuration, beside
//! what its record says.

use std::collections::HashMap;

use serde_json::Value;

use super::Asked;
use super::records::Records;
use super::told::Told;
use super::words::{clean, count, time};
use crate::desk::conversation::fact::{Author, Fact};
use crate::desk::conversation::record::{author, message_key};
use crate::desk::conversation::retell::Retold;
use crate::desk::conversation::version::Digest;
use crate::desk::conversation::view::View;
use crate::desk::keys::kind;
use crate::desk::{Desk, Effects, Message, Output, Row};
use crate::log::Record;
use crate::model::{Case, CaseEventType, CaseId, Millis};
use crate::processor::sequential::Sequential;
use crate::processor::{ActorKey, Context, Processor, Rejection, RowKey, State};

/// How many fields that differ are named.
const NAMED: usize = 6;

/// The case as its inputs come to.
pub struct Retelling<'a> {
    /// Its facts and what they come to.
    pub retold: Retold<'a>,
    /// It, judged by the latest time, not after the one asked for, by which all is as its record says; by the time
    /// asked for, if it never is.
    pub view: View,
    /// The same as of the time asked for.
    pub as_of: View,
    /// Fields of the record that say something else, each with what it says and what it would say.
    pub differs: Vec<(String, Value, Value)>,
    messages: HashMap<Digest, &'a Message>,
}

impl<'a> Retelling<'a> {
    /// Tells a case again. `None` if the inputs have nothing that its author said.
    pub fn of(
        desk: &'a Desk,
        case: &Case,
        records: &'a Records,
        told: &[Told<'_>],
        asked: Asked,
    ) -> Option<Self> {
        let keys = desk.keys();
        let conversation = keys.conversation(&case.source, &case.channel, &case.conversation_id);
        let author = author_of(desk, case, records)?;
        let mut desks = Sequential::new(Conversations(desk.clone()), Millis(i64::MIN));
        for (to, message) in &records.messages {
            desks.tell(*to, message.clone());
        }
        let mut read = |with: &[Author]| {
            let retold = Retold::read(desk, desks.state(), conversation, case, author, with);
            retold.ok().flatten()
        };
        let (with, perhaps) = joined(&read(&[])?, told);
        // Of several people's messages of one id no event tells which is the case's: the record does.
        let one_more = perhaps.iter().map(|author| [&with[..], &[*author]].concat());
        let all = (perhaps.len() > 1).then(|| [&with[..], &perhaps].concat());
        let readings = std::iter::once(with.clone()).chain(one_more).chain(all);
        let mut found = None;
        for with in readings {
            let retold = read(&with)?;
            let (view, differs) = as_recorded(&retold, case, asked.as_of);
            let agrees = differs.is_empty();
            if agrees || found.is_none() {
                found = Some((retold, view, differs));
            }
            if agrees {
                break;
            }
        }
        let (retold, view, differs) = found?;
        let messages = records.messages.iter();
        let messages = messages.filter_map(|(_, message)| match message {
            Message::Said { complaint, .. } => Some((Digest::of_complaint(keys, complaint), message)),
            Message::Replied { response, .. } => Some((Digest::of_response(keys, response), message)),
            _ => None,
        });
        Some(Self {
            as_of: retold.view(asked.as_of),
            view,
            differs,
            messages: messages.collect(),
            retold,
        })
    }

    /// Whether all is as the record says.
    pub fn agrees(&self) -> bool {
        self.differs.is_empty()
    }

    /// The record of the version of a message that stands.
    pub fn message(&self, fact: &Fact) -> Option<&'a Message> {
        self.messages.get(&fact.versions.digest).copied()
    }

    /// What differs, in words; nothing that could be somebody's.
    pub fn says(&self) -> Option<String> {
        if self.agrees() {
            return None;
        }
        let named = self.differs.iter().take(NAMED).map(|(field, recorded, now)| {
            match (plain(field, recorded), plain(field, now)) {
                (Some(recorded), Some(now)) => format!("{field} {now}, not {recorded}"),
                _ => format!("another {field}"),
            }
        });
        let named: Vec<_> = named.collect();
        let more = match self.differs.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!("; and {} more", count(more as u64, "field")),
        };
        Some(format!(
            "By the inputs as they are and this configuration the record would have {}{more}. What is told here is what \
             the record says. Either it was judged by another configuration, or inputs are gone by retention, or \
             something is not taken in yet.",
            named.join("; ")
        ))
    }
}

/// The author whose case it is, by their messages.
fn author_of(desk: &Desk, case: &Case, records: &Records) -> Option<Author> {
    let settings = desk.settings();
    records.messages.iter().find_map(|(_, message)| {
        let Message::Said { complaint, .. } = message else {
            return None;
        };
        let key = message_key(settings, complaint);
        let of = CaseId::new(&case.source, &case.channel, &case.conversation_id, &key);
        (of == case.case_id).then(|| author(desk.keys(), &key))
    })
}

/// Authors who are one customer with the case's: its events tell of messages that are theirs. And those who perhaps are:
/// others have written under the same id.
fn joined(alone: &Retold<'_>, told: &[Told<'_>]) -> (Vec<Author>, Vec<Author>) {
    let told = told
        .iter()
        .filter(|told| told.event.kind == CaseEventType::CustomerMessage && told.stands());
    let (mut authors, mut perhaps) = (Vec::new(), Vec::new());
    for id in told.filter_map(|told| told.detail("message")) {
        let of_id = || alone.facts.iter().filter(|fact| *fact.id == *id);
        let is_own = of_id().any(|fact| fact.case == alone.author);
        // Who names nobody is nobody's other address.
        let said = of_id()
            .filter(|fact| fact.case != alone.author)
            .filter_map(Fact::customer);
        let said: Vec<_> = said.filter(|said| !said.mentions.is_empty()).collect();
        match &said[..] {
            [said] if !is_own => authors.push(said.author),
            several => perhaps.extend(several.iter().map(|said| said.author)),
        }
    }
    authors.sort_unstable();
    authors.dedup();
    perhaps.sort_unstable();
    perhaps.dedup();
    perhaps.retain(|author| !authors.contains(author));
    (authors, perhaps)
}

/// The view by the latest time at which all is as the record says, not after the time asked for if it can be; else by
/// that time, with what differs.
fn as_recorded(retold: &Retold<'_>, case: &Case, as_of: Millis) -> (View, Vec<(String, Value, Value)>) {
    let mut found = None;
    let mut now = Some(Millis(i64::MIN));
    while let Some(at) = now {
        if at > as_of && found.is_some() {
            break;
        }
        let view = retold.view(at);
        now = view.due;
        if differences(case, retold.record(at)).is_empty() {
            found = Some(view);
        }
    }
    match found {
        Some(view) => (view, Vec::new()),
        None => (retold.view(as_of), differences(case, retold.record(as_of))),
    }
}

/// Fields in which the two differ, but for what only the party knows, and how often it was published.
fn differences(case: &Case, retold: Case) -> Vec<(String, Value, Value)> {
    let retold = Case {
        tier: case.tier.clone(),
        priority: case.priority,
        version: case.version,
        switched_to: case.switched_to,
        chased_to: case.chased_to,
        escalated_from: case.escalated_from,
        escalation_cause: case.escalation_cause,
        echo_of: case.echo_of,
        first_contact_resolution: case.first_contact_resolution,
        survey_score: case.survey_score,
        survey_scale: case.survey_scale,
        surveyed_at: case.surveyed_at,
        answered_when_surveyed: case.answered_when_surveyed,
        advocacy: case.advocacy,
        forgotten_at: case.forgotten_at,
        ..retold
    };
    if retold == *case {
        return Vec::new();
    }
    let fields = |case: &Case| match serde_json::to_value(case) {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let retold = fields(&retold);
    let both = fields(case).into_iter().filter_map(|(field, recorded)| {
        let now = retold.get(&field).cloned().unwrap_or_default();
        (now != recorded).then_some((field, recorded, now))
    });
    both.collect()
}

/// A value that is nobody's: a number, a symbol, a time.
fn plain(field: &str, value: &Value) -> Option<String> {
    let is_time = ["_at", "_by", "_since"].iter().any(|end| field.ends_with(end));
    match value {
        Value::Null => Some("nothing".to_owned()),
        Value::Bool(is) => Some(is.to_string()),
        Value::Number(ms) if is_time => Some(time(Millis(ms.as_i64()?))),
        Value::Number(number) => Some(number.to_string()),
        Value::String(symbol) => {
            let is_symbol = symbol.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            is_symbol.then(|| clean(symbol))
        }
        _ => None,
    }
}

/// The desk's conversations alone. What they tell other actors goes nowhere, and no time goes by: it is the facts that
/// are asked for.
struct Conversations(Desk);

impl Processor for Conversations {
    type Message = Message;
    type Row = Row;
    type Output = Output;

    fn take(&self, _: usize, _: &Record<'_>, _: &Context, _: &mut Effects) -> Result<(), Rejection> {
        Ok(())
    }

    fn apply(
        &self,
        to: ActorKey,
        message: &Message,
        state: &mut dyn State<Row>,
        cx: &Context,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        match to.kind {
            kind::CONVERSATION => self.0.apply(to, message, state, cx, effects),
            _ => Ok(()),
        }
    }

    fn wake(&self, _: RowKey, _: &mut dyn State<Row>, _: &Context, _: &mut Effects) -> Result<(), Rejection> {
        Ok(())
    }

    fn publish(
        &self,
        _: RowKey,
        _: bool,
        _: &mut dyn State<Row>,
        _: &Context,
        _: &mut Effects,
    ) -> Result<(), Rejection> {
        Ok(())
    }

    fn salvage(&self, _: ActorKey, _: &Message, _: &mut dyn State<Row>, _: &Context, _: &mut Effects) {}

    fn encode(&self, _: &Output, _: usize, _: &mut Vec<u8>, _: &mut Vec<u8>) -> (usize, bool) {
        (0, false)
    }
}
