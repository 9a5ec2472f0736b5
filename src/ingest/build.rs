//! The records of one row.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::{Map as Object, Value, json};
use smol_str::SmolStr;

use super::fields::FieldKind;
use super::map::{Map, PersonMap, RecordMap, RowKind, ValueSource};
use super::rows::Row;
use super::template::Filled;
use crate::model::{Complaint, Millis, Response, Survey, Update};

/// A record for an input topic.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// For `complaints.<channel>`.
    Complaint(Box<Complaint>),
    /// For `responses.<channel>`.
    Response(Box<Response>),
    /// For `updates`.
    Update(Box<Update>),
    /// For `surveys`.
    Survey(Box<Survey>),
}

/// Which record a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// Something a customer said.
    Complaint,
    /// Something the company said.
    Response,
    /// What a customer answered when asked how it was.
    Survey,
}

impl Input {
    /// The message's, change's or answer's id.
    pub fn id(&self) -> &str {
        match self {
            Self::Complaint(complaint) => &complaint.id,
            Self::Response(response) => &response.id,
            Self::Update(update) => &update.id,
            Self::Survey(survey) => &survey.id,
        }
    }

    /// The channel; a survey that names a person only has none.
    pub fn channel(&self) -> Option<&str> {
        match self {
            Self::Complaint(complaint) => Some(&complaint.channel),
            Self::Response(response) => Some(&response.channel),
            Self::Update(update) => Some(&update.channel),
            Self::Survey(survey) => survey.channel.as_deref(),
        }
    }

    /// The platform or system.
    pub fn source(&self) -> &str {
        match self {
            Self::Complaint(complaint) => &complaint.source,
            Self::Response(response) => &response.source,
            Self::Update(update) => &update.source,
            Self::Survey(survey) => &survey.source,
        }
    }

    /// The conversation; a complaint without one starts it, with its own id. A survey that names a person
    /// only has none.
    pub fn conversation_id(&self) -> Option<&str> {
        match self {
            Self::Complaint(complaint) => Some(complaint.conversation_id.as_deref().unwrap_or(&complaint.id)),
            Self::Response(response) => Some(&response.conversation_id),
            Self::Update(update) => Some(&update.conversation_id),
            Self::Survey(survey) => survey.conversation_id.as_deref(),
        }
    }

    /// Puts it into a conversation.
    pub fn set_conversation_id(&mut self, id: SmolStr) {
        match self {
            Self::Complaint(complaint) => complaint.conversation_id = Some(id),
            Self::Response(response) => response.conversation_id = id,
            Self::Update(update) => update.conversation_id = id,
            Self::Survey(survey) => survey.conversation_id = Some(id),
        }
    }

    /// The message it replies to.
    pub fn in_reply_to(&self) -> Option<&str> {
        match self {
            Self::Complaint(complaint) => complaint.in_reply_to.as_deref(),
            Self::Response(response) => response.in_reply_to.as_deref(),
            Self::Update(_) | Self::Survey(_) => None,
        }
    }

    /// Makes it a reply to a message; only messages are.
    pub fn set_in_reply_to(&mut self, id: SmolStr) {
        match self {
            Self::Complaint(complaint) => complaint.in_reply_to = Some(id),
            Self::Response(response) => response.in_reply_to = Some(id),
            Self::Update(_) | Self::Survey(_) => {}
        }
    }

    /// When it happened.
    pub fn occurred_at(&self) -> Millis {
        match self {
            Self::Complaint(complaint) => complaint.occurred_at,
            Self::Response(response) => response.occurred_at,
            Self::Update(update) => update.occurred_at,
            Self::Survey(survey) => survey.occurred_at,
        }
    }
}

/// What a row came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Built {
    /// The message, unless the map passes such rows over.
    pub message: Option<Input>,
    /// Its place among the turns of its conversation, where the map gives one.
    pub turn: Option<i64>,
    /// The change that the row tells of besides.
    pub update: Option<Input>,
}

/// Makes the records of a row.
///
/// # Errors
/// Why the row cannot be used; names fields and columns, never their contents.
pub fn build(map: &Map, row: &Row) -> Result<Built, String> {
    let Some(kind) = kind_of(map, row)? else {
        return Ok(Built::default());
    };
    let message = match kind {
        InputKind::Complaint => {
            let object = object(&map.complaint, row, "author")?;
            Input::Complaint(Box::new(typed(object)?))
        }
        InputKind::Response => {
            let mut object = object(&map.response, row, "customer")?;
            object.entry("kind").or_insert_with(|| json!("UNKNOWN"));
            if !object.contains_key("conversation_id") {
                if !map.links.conversation_from_replies {
                    return Err("a response needs a conversation_id".into());
                }
                object.insert("conversation_id".into(), json!(""));
            }
            Input::Response(Box::new(typed(object)?))
        }
        InputKind::Survey => {
            let object = object(&map.survey, row, "customer")?;
            Input::Survey(Box::new(typed(object)?))
        }
    };
    let turn = match &map.links.turn {
        Some(value) => text(value, row, "turn", true)?
            .map(|turn| turn.parse().map_err(|_| "turn is not a whole number".to_owned()))
            .transpose()?,
        None => None,
    };
    let update = match &map.update {
        Some((when, record)) if when.fill(|column| row.get(column)) != Filled::Empty => {
            Some(Input::Update(Box::new(typed(object(record, row, "customer")?)?)))
        }
        _ => None,
    };
    Ok(Built {
        message: Some(message),
        turn,
        update,
    })
}

fn kind_of(map: &Map, row: &Row) -> Result<Option<InputKind>, String> {
    let RowKind::ByValue {
        from: Some(from),
        complaint,
        response,
        survey,
        skip,
    } = &map.kind
    else {
        return Ok(Some(InputKind::Complaint));
    };
    let value = text(from, row, "kind", true)?.unwrap_or_default();
    if complaint.contains(&value) {
        Ok(Some(InputKind::Complaint))
    } else if response.contains(&value) {
        Ok(Some(InputKind::Response))
    } else if survey.contains(&value) {
        Ok(Some(InputKind::Survey))
    } else if skip.contains(&value) {
        Ok(None)
    } else {
        Err("the map's [kind] does not say what record this is".into())
    }
}

/// The fields of a record as JSON, which the record's own type then reads.
fn object(map: &RecordMap, row: &Row, person_field: &str) -> Result<Object<String, Value>, String> {
    let mut object = Object::new();
    for (field, source) in &map.fields {
        if let Some(text) = text(source, row, field.name, field.required)? {
            let value = convert(&text, field.kind, source)
                .ok_or_else(|| format!("{} is not {}", field.name, described(field.kind)))?;
            object.insert(field.name.into(), value);
        }
    }
    if let Some(person) = &map.person {
        object.insert(person_field.into(), self::person(person, row)?);
    } else if person_field == "author" {
        object.insert(person_field.into(), json!({}));
    }
    let mut attributes = Object::new();
    for (name, source) in &map.attributes {
        if let Some(text) = text(source, row, name, false)? {
            attributes.insert(name.clone(), Value::String(text));
        }
    }
    object.insert("attributes".into(), Value::Object(attributes));
    Ok(object)
}

fn person(map: &PersonMap, row: &Row) -> Result<Value, String> {
    let display_name = match &map.display_name {
        Some(source) => text(source, row, "display_name", false)?,
        None => None,
    };
    let mut identifiers = Vec::new();
    for identifier in &map.identifiers {
        let Some(value) = text(&identifier.value, row, "identifier", false)? else {
            continue;
        };
        let Some(kind) = text(&identifier.kind, row, "identifier kind", true)? else {
            continue;
        };
        let realm = match &identifier.realm {
            Some(source) => text(source, row, "identifier realm", false)?,
            None => None,
        };
        identifiers.push(json!({ "kind": kind, "value": value, "realm": realm }));
    }
    Ok(json!({ "display_name": display_name, "identifiers": identifiers }))
}

/// The text of a value in this row; `None` if it is empty and need not be there.
fn text(source: &ValueSource, row: &Row, name: &str, required: bool) -> Result<Option<String>, String> {
    let text = match source.template.fill(|column| row.get(column)) {
        Filled::Wholly(text) => text,
        Filled::Partly(text, _) if !required => text,
        Filled::Partly(_, column) => return Err(format!("{name}: column {column} is empty")),
        Filled::Empty if !required => return Ok(None),
        Filled::Empty => {
            let column = source.template.columns().next().unwrap_or("");
            return Err(format!("{name}: column {column} is empty"));
        }
    };
    match &source.lookup {
        None => Ok(Some(text)),
        Some((lookup, table)) => match table.get(&text) {
            Some(found) if found.is_empty() => Ok(None),
            Some(found) => Ok(Some(found.clone())),
            None => Err(format!("{name}: [lookup.{lookup}] of the map lacks its value")),
        },
    }
}

fn convert(text: &str, kind: FieldKind, source: &ValueSource) -> Option<Value> {
    Some(match kind {
        FieldKind::Text => Value::String(text.to_owned()),
        FieldKind::Time => json!(source.time.parse(text)?.0),
        FieldKind::Integer => json!(text.parse::<i64>().ok()?),
        FieldKind::Number => Value::Number(serde_json::Number::from_f64(text.parse().ok()?)?),
        FieldKind::Flag => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Value::Bool(true),
            "false" | "no" | "0" => Value::Bool(false),
            _ => return None,
        },
        FieldKind::Symbol(symbols) => {
            let symbol = symbols.iter().find(|symbol| symbol.eq_ignore_ascii_case(text))?;
            Value::String((*symbol).to_owned())
        }
    })
}

fn described(kind: FieldKind) -> Cow<'static, str> {
    match kind {
        FieldKind::Text => "a text".into(),
        FieldKind::Time => "a time as the map's time_format says".into(),
        FieldKind::Integer => "a whole number".into(),
        FieldKind::Number => "a number".into(),
        FieldKind::Flag => "true or false".into(),
        FieldKind::Symbol(symbols) => format!("one of {}", symbols.join(", ")).into(),
    }
}

fn typed<T: DeserializeOwned>(object: Object<String, Value>) -> Result<T, String> {
    // Field names and kinds were checked against the record, so this cannot fail; if it does, the
    // message must not carry the value.
    serde_json::from_value(Value::Object(object)).map_err(|_| "its fields do not make a record".to_owned())
}
