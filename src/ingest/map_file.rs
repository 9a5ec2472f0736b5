//! Reads a map's TOML file.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use super::fields::{Field, FieldKind};
use super::map::{
    FileFormat, IdentifierMap, Links, Lookup, Map, PersonMap, RecordMap, RowKind, TABLES, ValueSource,
};
use super::template::Template;
use super::time::TimeFormat;
use crate::config::section::Section;
use crate::config::value::Choice;

impl Choice for FileFormat {
    const NAMES: &'static [(&'static str, Self)] = &[("csv", Self::Csv), ("ndjson", Self::Ndjson)];
}

/// What holds for all values of a map.
struct Common<'d> {
    lookups: BTreeMap<String, Lookup>,
    time: TimeFormat,
    /// The table `[every]`: fields of all records.
    every: Option<Section<'d>>,
}

/// Reads the whole map.
pub(super) fn read(top: &mut Section<'_>) -> Map {
    let format = top.require(
        "format",
        FileFormat::Csv,
        "Write format = \"csv\" or format = \"ndjson\".",
    );
    let mut common = Common {
        lookups: read_lookups(top),
        time: read_time(top, &TimeFormat::Rfc3339),
        every: top.section("every"),
    };
    let links = read_links(top, &common);
    let kind = read_kind(top, &common);
    let [complaint, response, update, survey] = TABLES.map(|(name, fields)| {
        let section = top.section(name);
        let needed = match (name, &kind) {
            ("complaint", RowKind::Complaint) => true,
            ("complaint", RowKind::ByValue { complaint, .. }) => !complaint.is_empty(),
            ("response", RowKind::ByValue { response, .. }) => !response.is_empty(),
            ("survey", RowKind::ByValue { survey, .. }) => !survey.is_empty(),
            _ => section.is_some(),
        };
        read_record(top, section, name, fields, &mut common, needed)
    });
    let update = update.0.map(|when| (when, update.1));
    if let Some(every) = common.every {
        every.finish();
    }
    Map {
        format,
        kind,
        complaint: complaint.1,
        response: response.1,
        survey: survey.1,
        update,
        links,
    }
}

fn read_lookups(top: &mut Section<'_>) -> BTreeMap<String, Lookup> {
    let mut lookups = BTreeMap::new();
    let Some(mut tables) = top.section("lookup") else {
        return lookups;
    };
    for name in tables.keys() {
        let Some(mut table) = tables.section(&name) else {
            continue;
        };
        let entries = table.keys().into_iter();
        let entries = entries.filter_map(|from| Some((from.clone(), table.get(&from)?)));
        lookups.insert(name, entries.collect());
        table.finish();
    }
    tables.finish();
    lookups
}

/// Reads `time_format` and `time_zone`, of the top table or of one value.
fn read_time(section: &mut Section<'_>, otherwise: &TimeFormat) -> TimeFormat {
    let format: Option<String> = section.get("time_format");
    let zone: Option<String> = section.get("time_zone");
    let Some(format) = format else {
        if zone.is_some() {
            section.problem("time_zone", "a time_zone needs a time_format beside it.");
        }
        return otherwise.clone();
    };
    let zone = match zone.map(|name| TimeZone::get(&name)) {
        Some(Ok(zone)) => zone,
        Some(Err(_)) => {
            section.problem(
                "time_zone",
                "this machine's zone database does not know this time_zone. Write an IANA name such as \"America/New_York\", and see that tzdata is installed.",
            );
            TimeZone::UTC
        }
        None => TimeZone::UTC,
    };
    TimeFormat::new(&format, zone)
}

fn read_kind(top: &mut Section<'_>, common: &Common<'_>) -> RowKind {
    let Some(mut section) = top.section("kind") else {
        return RowKind::Complaint;
    };
    let from = read_value(&mut section, "from", common);
    if from.is_none() {
        section.problem(
            "from",
            "kind.from must name the value that decides, such as from = \"{role}\".",
        );
    }
    let mut values = |key| {
        section
            .get_or(key, Vec::<String>::new())
            .into_iter()
            .collect::<BTreeSet<_>>()
    };
    let (complaint, response) = (values("complaint"), values("response"));
    let (survey, skip) = (values("survey"), values("skip"));
    section.finish();
    RowKind::ByValue {
        from,
        complaint,
        response,
        survey,
        skip,
    }
}

fn read_links(top: &mut Section<'_>, common: &Common<'_>) -> Links {
    let Some(mut section) = top.section("links") else {
        return Links::default();
    };
    let links = Links {
        turn: read_value(&mut section, "turn", common),
        conversation_from_replies: section.get_or("conversation_from_replies", false),
    };
    if links.turn.is_some() && links.conversation_from_replies {
        section.problem(
            "conversation_from_replies",
            "links: turns are counted within a conversation, so it cannot be derived from them. Keep one of turn and conversation_from_replies.",
        );
    }
    section.finish();
    links
}

/// A record's table, with `when` of an update. A field that is not there is taken from `[every]`.
fn read_record<'d>(
    top: &Section<'_>,
    section: Option<Section<'d>>,
    name: &str,
    known: &[Field],
    common: &mut Common<'d>,
    needed: bool,
) -> (Option<Template>, RecordMap) {
    let mut record = RecordMap::default();
    let mut own = section;
    let mut every = common.every.take();
    let mut missing = Vec::new();
    for field in known {
        let given = [own.as_ref(), every.as_ref()]
            .into_iter()
            .flatten()
            .any(|s| s.has(field.name));
        let value = own.as_mut().and_then(|own| read_field(own, field, common));
        let value = value.or_else(|| every.as_mut().and_then(|every| read_field(every, field, common)));
        match value {
            Some(value) => record.fields.push((*field, value)),
            None if needed && field.required && !given => missing.push(field.name),
            None => {}
        }
    }
    if let Some(first) = missing.first() {
        let what = format!(
            "{name} has no {}. Add to [{name}] or [every], such as {first} = \"{{a column}}\".",
            missing.join(", ")
        );
        own.as_ref().unwrap_or(top).problem("", what);
    }
    let person = if name == "complaint" { "author" } else { "customer" };
    let mut when = None;
    for section in [own.as_mut(), every.as_mut()].into_iter().flatten() {
        if let Some(person) = section.section(person).map(|person| read_person(person, common)) {
            record.person.get_or_insert(person);
        }
        if name != "survey"
            && let Some(attributes) = section.section("attributes")
        {
            record.attributes.extend(read_attributes(attributes, common));
        }
    }
    if let Some(mut own) = own {
        if name == "update" {
            when = read_value(&mut own, "when", common).map(|value| value.template);
            if when.is_none() {
                own.problem("when", "update has no when. Say which column makes a row an update too, such as when = \"{Closed Date}\".");
            }
        }
        own.finish();
    }
    common.every = every;
    (when, record)
}

fn read_field(section: &mut Section<'_>, field: &Field, common: &Common<'_>) -> Option<ValueSource> {
    let value = read_value(section, field.name, common)?;
    if let (FieldKind::Symbol(symbols), Some(text)) = (field.kind, value.template.constant())
        && value.lookup.is_none()
        && !symbols.contains(&text)
    {
        let what = format!(
            "{} must be one of {}.",
            section.path_of(field.name),
            symbols.join(", ")
        );
        section.problem(field.name, what);
    }
    Some(value)
}

fn read_person(mut section: Section<'_>, common: &Common<'_>) -> PersonMap {
    let display_name = read_value(&mut section, "display_name", common);
    let mut identifiers = Vec::new();
    for mut identifier in section.sections("identifiers") {
        let kind = read_value(&mut identifier, "kind", common);
        let value = read_value(&mut identifier, "value", common);
        let realm = read_value(&mut identifier, "realm", common);
        match (kind, value) {
            (Some(kind), Some(value)) => identifiers.push(IdentifierMap { kind, value, realm }),
            _ => identifier.problem(
                "",
                format!(
                    "{} needs a kind and a value, such as kind = \"handle\", value = \"{{author}}\".",
                    identifier.path()
                ),
            ),
        }
        identifier.finish();
    }
    section.finish();
    PersonMap {
        display_name,
        identifiers,
    }
}

fn read_attributes(mut section: Section<'_>, common: &Common<'_>) -> Vec<(String, ValueSource)> {
    let keys = section.keys();
    let attributes = keys.into_iter();
    let attributes = attributes
        .filter_map(|key| Some((key.clone(), read_value(&mut section, &key, common)?)))
        .collect();
    section.finish();
    attributes
}

/// A value: a template, or `{ from = "template", lookup = "name" }`, or with a time format.
fn read_value(section: &mut Section<'_>, key: &str, common: &Common<'_>) -> Option<ValueSource> {
    if !section.is_table(key) {
        let template = read_template(section, key)?;
        return Some(ValueSource {
            template,
            lookup: None,
            time: common.time.clone(),
        });
    }
    let mut table = section.section(key)?;
    let template = read_template(&mut table, "from");
    if template.is_none() {
        table.problem(
            "from",
            format!("{} needs a from, such as from = \"{{a column}}\".", table.path()),
        );
    }
    let lookup: Option<String> = table.get("lookup");
    let lookup = lookup.and_then(|name| match common.lookups.get(&name) {
        Some(lookup) => Some((name, lookup.clone())),
        None => {
            table.problem("lookup", format!("there is no table [lookup.{name}]."));
            None
        }
    });
    let time = read_time(&mut table, &common.time);
    table.finish();
    Some(ValueSource {
        template: template?,
        lookup,
        time,
    })
}

fn read_template(section: &mut Section<'_>, key: &str) -> Option<Template> {
    let text: String = section.get(key)?;
    match Template::parse(&text) {
        Ok(template) => Some(template),
        Err(wrong) => {
            section.problem(key, format!("{}: {wrong}.", section.path_of(key)));
            None
        }
    }
}
