//! The fields of the input records that a map can fill, with what each may hold.

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Any text.
    Text,
    /// A time.
    Time,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// One of these symbols.
    Symbol(&'static [&'static str]),
}

/// A field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name in the schema, and in the map.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Without it there is no record.
    pub required: bool,
}

const fn required(name: &'static str, kind: FieldKind) -> Field {
    Field {
        name,
        kind,
        required: true,
    }
}

const fn optional(name: &'static str, kind: FieldKind) -> Field {
    Field {
        name,
        kind,
        required: false,
    }
}

use FieldKind::{Flag, Integer, Number, Symbol, Text, Time};

const VISIBILITY: FieldKind = Symbol(&["PUBLIC", "PRIVATE"]);
const STATUS: FieldKind = Symbol(&["PENDING", "RESOLVED", "REOPENED", "LET_GO"]);

/// Fields of a Complaint; its author and attributes have tables of their own.
pub const COMPLAINT: &[Field] = &[
    required("id", Text),
    optional("revision", Integer),
    required("source", Text),
    optional("via", Text),
    required("channel", Text),
    optional("conversation_id", Text),
    optional("in_reply_to", Text),
    optional("text", Text),
    optional("language", Text),
    required("occurred_at", Time),
    optional("edited_at", Time),
    optional("deleted", Flag),
    optional("url", Text),
    optional("visibility", VISIBILITY),
    optional("rating", Number),
    optional("audience", Integer),
    optional("reshares", Integer),
    optional("brand", Text),
    optional("product", Text),
    optional("issue", Text),
    optional("location", Text),
    optional("order_ref", Text),
    optional(
        "intent",
        Symbol(&["COMPLAINT", "QUESTION", "PRAISE", "THANKS", "OTHER"]),
    ),
    optional("automatic", Flag),
    optional("indirect", Flag),
    optional("sentiment", Number),
    optional("remedy_sought", Text),
];

/// Fields of a Response; its customer and attributes have tables of their own.
pub const RESPONSE: &[Field] = &[
    required("id", Text),
    optional("revision", Integer),
    required("source", Text),
    optional("via", Text),
    required("channel", Text),
    optional("conversation_id", Text),
    optional("in_reply_to", Text),
    optional("agent", Text),
    optional("team", Text),
    optional(
        "kind",
        Symbol(&["HUMAN", "BOT", "AUTO_ACK", "NOTE", "COMMUNITY", "UNKNOWN"]),
    ),
    optional("visibility", VISIBILITY),
    optional("status", STATUS),
    optional("invites_to", Text),
    optional("promised_by", Time),
    optional("text", Text),
    required("occurred_at", Time),
    optional("edited_at", Time),
    optional("brand", Text),
    optional("deleted", Flag),
];

/// Fields of an Update; its customer and attributes have tables of their own.
pub const UPDATE: &[Field] = &[
    required("id", Text),
    required("source", Text),
    required("channel", Text),
    required("conversation_id", Text),
    optional("in_reply_to", Text),
    required("occurred_at", Time),
    optional("status", STATUS),
    optional("owner", Text),
    optional("team", Text),
    optional("external_case_id", Text),
    optional("brand", Text),
    optional("product", Text),
    optional("issue", Text),
    optional("root_cause", Text),
    optional("audience", Integer),
    optional("reshares", Integer),
    optional("resolution_confirmed", Flag),
    optional("remedy_granted", Text),
];

/// Fields of a Survey; its customer has a table of its own.
pub const SURVEY: &[Field] = &[
    required("id", Text),
    required("source", Text),
    optional("channel", Text),
    optional("conversation_id", Text),
    optional("about", Symbol(&["CASE", "RELATIONSHIP"])),
    required("score", Number),
    required("scale", Symbol(&["NPS_0_10", "STARS_1_5", "CSAT_1_5"])),
    required("occurred_at", Time),
    optional("told_others", Flag),
    optional("comment", Text),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde::Serialize;
    use serde_json::Value;

    use super::{COMPLAINT, Field, RESPONSE, SURVEY, UPDATE};
    use crate::model::{Complaint, Response, Survey, Update};

    /// A field added to a record must be added here too, or given a table of its own.
    fn agrees(record: impl Serialize, fields: &[Field], own_tables: &[&str]) {
        let Ok(Value::Object(json)) = serde_json::to_value(record) else {
            panic!("a record is an object");
        };
        let of_record: BTreeSet<_> = json.keys().map(String::as_str).collect();
        let names = fields.iter().map(|field| field.name);
        let here: BTreeSet<_> = names.chain(own_tables.iter().copied()).collect();
        assert_eq!(here, of_record);
    }

    #[test]
    fn the_tables_have_the_records_fields() {
        agrees(
            Complaint::default(),
            COMPLAINT,
            &["author", "attachments", "attributes"],
        );
        agrees(
            Response::default(),
            RESPONSE,
            &["customer", "answers", "attributes"],
        );
        agrees(Update::default(), UPDATE, &["customer", "attributes"]);
        agrees(Survey::default(), SURVEY, &["customer"]);
    }
}
