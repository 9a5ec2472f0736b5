//! `heard dlq show`: one letter with all that is in it.

use std::fmt::Write as _;

use clap::Args;
use serde_json::{Map, Value, json};

use super::letters::{Letter, State};
use super::ls::{as_json, from};
use crate::cli::output::Output;
use crate::cli::render::{hex, hexdump, pretty, text, time, without_nulls};
use crate::cli::{Exit, Failure, connect};
use crate::config::{Settings, TopicKind};
use crate::intake::InputKind;
use crate::log::batch::Place;
use crate::log::{Batch, Header, Isolation, Log, Record};
use crate::wire::dead_letter::own_headers;
use crate::wire::{DecodeError, LetterId, Partial, Registry, Replayed, Schema, as_far_as_it_goes};
use crate::wiring;

#[derive(Args, Debug)]
pub(in crate::cli) struct ShowArgs {
    /// The letter, as `heard dlq ls --each` names it. Bytes are counted from the value's first; the detail
    /// that a letter carries counts from the first after the header that names the schema.
    #[arg(value_name = "ID")]
    id: LetterId,
    /// As one JSON object; key and value also in hexadecimal, times in milliseconds.
    #[arg(long)]
    json: bool,
}

/// What the topic of a letter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// Records of this name.
    Records(&'static str),
    /// Messages between actors, which have a form of their own.
    Messages,
    /// Nothing that this configuration knows.
    Unknown,
}

pub(super) fn show(settings: &Settings, args: &ShowArgs) -> Result<Exit, Failure> {
    let log = connect::log(settings)?;
    let registry = connect::registry(&settings.wire)?;
    let (batch, state) = find(settings, &log, args.id)?;
    let letter = batch
        .get(0)
        .and_then(|record| Some((record, Letter::read(&record)?)));
    let Some((record, mut letter)) = letter else {
        return Err(Failure::NoLetter(vec![args.id]));
    };
    letter.state = state.unwrap_or(letter.state);
    let holds = holds(settings, &letter);
    let mut output = Output::new();
    if args.json {
        output.line(&full_json(&record, &letter, holds, &registry).to_string())?;
    } else {
        output.text(&full_text(&record, &letter, holds, &registry))?;
    }
    output.flush()?;
    Ok(Exit::Done)
}

/// The record of a letter, and that it was sent again, if it was.
fn find(settings: &Settings, log: &impl Log, id: LetterId) -> Result<(Batch, Option<State>), Failure> {
    let topic = settings.topics.topic(TopicKind::DeadLetters);
    let mut ranges = connect::ranges(settings, log, &[topic], Isolation::Committed)?;
    // Its mark can only be behind it, in its partition.
    ranges.retain_mut(|(partition, range)| {
        let there = partition.partition == id.partition && range.contains(&id.offset);
        range.start = range.start.max(id.offset);
        there
    });
    let (mut found, mut state) = (Batch::new(), None);
    connect::read_ranges(settings, log, ranges, true, |_, record| {
        if record.offset == id.offset {
            let place = Place {
                topic: 0,
                partition: record.partition,
                offset: record.offset,
                timestamp: record.timestamp,
            };
            found.push(place, record.key, record.value, record.headers());
        } else if let Ok(mark) = Replayed::read(record)
            && mark.letter == id
        {
            state = Some(State::Replayed(mark.at));
        }
        Ok(())
    })?;
    Ok((found, state))
}

fn holds(settings: &Settings, letter: &Letter) -> Holds {
    let topic = &letter.envelope.topic;
    if settings.topics.topic(TopicKind::Interactions).as_str() == topic {
        return Holds::Messages;
    }
    let inputs = wiring::inputs(&settings.topics, &settings.rules);
    let kind = inputs.iter().find(|(_, input)| input.as_str() == topic);
    kind.map_or(Holds::Unknown, |(kind, _)| {
        Holds::Records(match kind {
            InputKind::Complaints => "Complaint",
            InputKind::Responses => "Response",
            InputKind::Updates => "Update",
            InputKind::Customers => "Customer",
            InputKind::Surveys => "Survey",
        })
    })
}

/// The value, decoded as far as it goes; `None` of a value that is not there, or of another form.
fn decoded(record: &Record<'_>, holds: Holds, registry: &Registry) -> Option<Partial> {
    let expected = match holds {
        Holds::Records(name) => Some(name),
        Holds::Unknown => None,
        Holds::Messages => return None,
    };
    Some(as_far_as_it_goes(record.value?, registry, expected))
}

fn full_text(record: &Record<'_>, letter: &Letter, holds: Holds, registry: &Registry) -> String {
    let envelope = &letter.envelope;
    let mut out = String::new();
    let state = match letter.state {
        State::Replayed(at) => format!("replayed at {}", time(at.0)),
        State::Cut => "cut: it did not fit, and cannot be replayed".to_owned(),
        State::Waiting => "waiting".to_owned(),
    };
    let sentences = [
        ("dead letter", letter.id.to_string()),
        ("state", state),
        ("given up at", time(envelope.at.0)),
        ("reason", text(envelope.reason.as_bytes())),
        ("detail", text(envelope.detail.as_bytes())),
        ("from", from(letter)),
        ("logged at", time(envelope.timestamp.0)),
        ("attempts", envelope.attempts.to_string()),
    ];
    for (name, what) in sentences {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{name:<12}  {what}");
    }
    for Header { name, value } in own_headers(record) {
        let value = value.map_or("(null)".to_owned(), text);
        let _ = writeln!(out, "{:<12}  {} = {value}", "header", text(name.as_bytes()));
    }
    bytes(&mut out, "key", record.key, None);
    let whole = (letter.state == State::Cut).then_some(letter.bytes);
    bytes(&mut out, "value", record.value, whole);
    out.push('\n');
    match decoded(record, holds, registry) {
        None if holds == Holds::Messages && record.value.is_some() => {
            out.push_str("not decoded: a message between actors, in heard's own form\n");
        }
        None => out.push_str("nothing to decode\n"),
        Some(partial) => decoded_text(&mut out, partial),
    }
    out
}

fn bytes(out: &mut String, name: &str, bytes: Option<&[u8]>, whole: Option<u64>) {
    let _ = match (bytes, whole) {
        (None, _) => writeln!(out, "\n{name}: none"),
        (Some(bytes), None) => writeln!(out, "\n{name}: {} bytes", bytes.len()),
        (Some(bytes), Some(whole)) => {
            writeln!(out, "\n{name}: the first {} of {whole} bytes", bytes.len())
        }
    };
    for line in hexdump(bytes.unwrap_or_default()) {
        let _ = writeln!(out, "{line}");
    }
}

fn decoded_text(out: &mut String, partial: Partial) {
    let by = match &partial.schema {
        Some(Schema::Named(name)) => format!(
            "by the schema it names, {}",
            name.as_deref().unwrap_or("no record")
        ),
        Some(Schema::Guessed { record, .. }) => {
            format!("as if written with the present schema of {record}, a guess")
        }
        None => String::new(),
    };
    match (partial.value, &partial.stop) {
        (None, _) => out.push_str("decoded: nothing\n"),
        (Some(value), stop) => {
            let far = match (stop, &partial.schema) {
                (Some(_), Some(Schema::Named(_) | Schema::Guessed { whole: false, .. })) => {
                    ", as far as it goes"
                }
                _ => "",
            };
            let _ = writeln!(out, "decoded {by}{far}:\n{}", pretty(&without_nulls(value)));
        }
    }
    out.push('\n');
    let Some(stop) = partial.stop else {
        out.push_str("wrong: nothing in the bytes; see the reason above\n");
        return;
    };
    let part = match stop.path.as_str() {
        "" => String::new(),
        path => format!(", {}", text(path.as_bytes())),
    };
    let _ = writeln!(
        out,
        "wrong: at byte {} ({:#x}){part}: {}",
        stop.at, stop.at, stop.error
    );
    if let (DecodeError::UnknownId { id }, Some(Schema::Guessed { record, whole: true })) =
        (stop.error, partial.schema)
    {
        let _ = writeln!(
            out,
            "mend: if the guess is right, put  {id} = \"{record}\"  under [wire.ids], then replay it"
        );
    }
}

fn full_json(record: &Record<'_>, letter: &Letter, holds: Holds, registry: &Registry) -> Value {
    let mut object = match as_json(letter) {
        Value::Object(object) => object,
        _ => Map::new(),
    };
    let headers: Map<_, _> = own_headers(record)
        .map(|header| (header.name.to_owned(), json!(header.value.map(text))))
        .collect();
    let partial = decoded(record, holds, registry);
    let (schema, guessed) = match partial.as_ref().and_then(|partial| partial.schema.clone()) {
        None => (None, false),
        Some(Schema::Named(name)) => (name, false),
        Some(Schema::Guessed { record, .. }) => (Some(record.to_owned()), true),
    };
    let wrong = partial
        .as_ref()
        .and_then(|partial| partial.stop.as_ref())
        .map(|stop| {
            json!({
                "at": stop.at,
                "path": stop.path,
                "code": stop.error.code(),
                "what": stop.error.to_string(),
            })
        });
    object.extend([
        ("detail".to_owned(), json!(letter.envelope.detail)),
        ("headers".to_owned(), Value::Object(headers)),
        ("key".to_owned(), json!(record.key.map(text))),
        ("key_hex".to_owned(), json!(record.key.map(hex))),
        ("value_hex".to_owned(), json!(record.value.map(hex))),
        ("schema".to_owned(), json!(schema)),
        ("guessed".to_owned(), json!(guessed)),
        (
            "decoded".to_owned(),
            json!(partial.and_then(|partial| partial.value)),
        ),
        ("wrong".to_owned(), json!(wrong)),
    ]);
    Value::Object(object)
}
