//! The words of a journey: records, as inputs bring them.

use std::fmt;
use std::ops::Deref;

use heard::model::{Complaint, Customer, Identifier, Millis, Response, Survey, Update};

use smol_str::SmolStr;

use crate::rules::{BEGIN, DAY, OLDEST};

/// Anything that an input may bring.
#[derive(Clone, PartialEq)]
pub enum Record {
    Said(Complaint),
    Replied(Response),
    Updated(Update),
    Known(Customer),
    Surveyed(Survey),
    /// The CRM drops a customer, who is to be forgotten.
    Dropped(SmolStr, Millis),
}

impl Record {
    /// What its source calls it.
    pub fn id(&self) -> &SmolStr {
        match self {
            Self::Said(complaint) => &complaint.id,
            Self::Replied(response) => &response.id,
            Self::Updated(update) => &update.id,
            Self::Known(customer) => &customer.customer_id,
            Self::Surveyed(survey) => &survey.id,
            Self::Dropped(customer_id, _) => customer_id,
        }
    }

    /// The latest time that it names of itself.
    pub fn latest(&self) -> Millis {
        let edited_at = match self {
            Self::Said(complaint) => complaint.edited_at,
            Self::Replied(response) => response.edited_at,
            _ => None,
        };
        self.at().max(edited_at.unwrap_or(self.at()))
    }

    /// Gives it another time, unless it is of the CRM.
    pub fn misdate(&mut self, at: Millis) {
        match self {
            Self::Said(complaint) => complaint.occurred_at = at,
            Self::Replied(response) => response.occurred_at = at,
            Self::Updated(update) => update.occurred_at = at,
            Self::Surveyed(survey) => survey.occurred_at = at,
            Self::Known(_) | Self::Dropped(..) => {}
        }
    }

    /// When it happened.
    pub fn at(&self) -> Millis {
        match self {
            Self::Said(complaint) => complaint.occurred_at,
            Self::Replied(response) => response.occurred_at,
            Self::Updated(update) => update.occurred_at,
            Self::Known(customer) => customer.updated_at,
            Self::Surveyed(survey) => survey.occurred_at,
            Self::Dropped(_, at) => *at,
        }
    }
}

/// A record, and when the log got it first.
#[derive(Clone, PartialEq)]
pub struct Logged {
    pub record: Record,
    pub logged: Millis,
}

impl Logged {
    /// Rule 23: what is dated before 2000, or by more than a day after the log's timestamp, is nothing that happened.
    pub fn is_absurd(&self) -> bool {
        let edited_at = match &self.record {
            Record::Said(complaint) => complaint.edited_at,
            Record::Replied(response) => response.edited_at,
            _ => None,
        };
        let is_tombstone = matches!(self.record, Record::Dropped(..));
        let is_absurd = |at: Millis| at < OLDEST || at.since(self.logged) > DAY;
        !is_tombstone && edited_at.into_iter().chain([self.record.at()]).any(is_absurd)
    }
}

impl Deref for Logged {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.record
    }
}

impl fmt::Debug for Logged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.record.at();
        write!(f, "{:?}", self.record)?;
        if self.logged != at {
            write!(f, " (logged {}ms after that)", self.logged.since(at))?;
        }
        Ok(())
    }
}

/// One line of text, so that a journey that failed can be read: only what is not as usual.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, mut fields) = match self {
            Self::Said(record) => ("said", serde_json::to_value(record)),
            Self::Replied(record) => ("replied", serde_json::to_value(record)),
            Self::Updated(record) => ("updated", serde_json::to_value(record)),
            Self::Known(record) => ("customer", serde_json::to_value(record)),
            Self::Surveyed(record) => ("survey", serde_json::to_value(record)),
            Self::Dropped(id, _) => ("dropped", Ok(serde_json::json!({ "customer_id": id }))),
        };
        let since = self.at().since(BEGIN);
        write!(f, "{}.{:03}s {name}", since / 1000, since % 1000)?;
        let fields = fields
            .as_mut()
            .ok()
            .and_then(|value| value.as_object_mut())
            .ok_or(fmt::Error)?;
        let usual = |value: &serde_json::Value| match value {
            serde_json::Value::Null | serde_json::Value::Bool(false) => true,
            serde_json::Value::Array(list) => list.is_empty(),
            serde_json::Value::Object(map) => map.is_empty(),
            other => other.as_i64() == Some(0),
        };
        for (field, value) in fields.iter().filter(|(_, value)| !usual(value)) {
            match &**field {
                "occurred_at" | "updated_at" => {}
                "author" | "customer" | "identifiers" => write!(f, " {field}={}", self.people())?,
                _ => write!(f, " {field}={value}")?,
            }
        }
        Ok(())
    }
}

impl Record {
    fn people(&self) -> String {
        let none: &[Identifier] = &[];
        let identifiers = match self {
            Self::Said(record) => &record.author.identifiers,
            Self::Replied(record) => record
                .customer
                .as_ref()
                .map_or(none, |person| &person.identifiers),
            Self::Updated(record) => record
                .customer
                .as_ref()
                .map_or(none, |person| &person.identifiers),
            Self::Known(record) => &record.identifiers,
            Self::Surveyed(record) => record
                .customer
                .as_ref()
                .map_or(none, |person| &person.identifiers),
            Self::Dropped(..) => none,
        };
        let names = identifiers.iter().map(|one| match &one.realm {
            Some(realm) => format!("{}@{realm}:{}", one.kind, *one.value),
            None => format!("{}:{}", one.kind, *one.value),
        });
        format!("[{}]", names.collect::<Vec<_>>().join(" "))
    }
}
