//! Settings passed through to the Kafka client, and what of them is refused.

use std::collections::BTreeMap;
use std::path::Path;

use toml::de::DeValue;

use super::nearest::nearest;
use super::secret::{Env, read_env, read_file};
use super::section::Section;
use super::value::FromToml;
use crate::log::kafka::{SettingsError, check_setting, is_known_setting, known_settings};
use crate::model::Sensitive;

/// Client settings by the client's own names. Values may be secrets: they print as a mask.
pub type ClientSettings = BTreeMap<String, Sensitive<String>>;

/// Client settings that have a setting of heard's own, which is checked against others.
const BY_OUR_NAME: [(&str, &str); 5] = [
    ("bootstrap.servers", "brokers"),
    ("metadata.broker.list", "brokers"),
    ("max.poll.interval.ms", "engine.max_poll_interval"),
    ("session.timeout.ms", "engine.session_timeout"),
    ("transaction.timeout.ms", "engine.transaction_timeout"),
];

/// Reads `[kafka]`: `security.protocol = "SSL"` and `"security.protocol" = "SSL"` are the same, and
/// so are `sasl.password = { file = "..." }` and `sasl.password.file = "..."`.
pub(super) fn read(section: Section<'_>, base: &Path, env: &dyn Env) -> ClientSettings {
    let section = section.secret();
    for (key, example, about) in [
        (
            "security.protocol",
            "\"SASL_SSL\"",
            "How to talk to the brokers: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.",
        ),
        (
            "ssl.ca.location",
            "\"/etc/ssl/kafka-ca.pem\"",
            "Whom to believe, unless it is the system's certificates.",
        ),
        (
            "sasl.mechanism",
            "\"SCRAM-SHA-512\"",
            "How to say who we are: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.",
        ),
        ("sasl.username", "\"heard\"", "Who we are."),
        (
            "sasl.password",
            "{ file = \"/run/secrets/kafka\" }",
            "A secret. The value of any of these settings may be { file = \"...\" }, relative to this file, or { env = \"...\" }.",
        ),
    ] {
        section.example::<String>(key, example, about);
    }
    let mut found = BTreeMap::new();
    let outside = section.given_below();
    let is_outside = |name: &str| outside.iter().any(|other| bare(other) == bare(name));
    let mut section = flatten(section, "", &mut |section, key, name, value| {
        // What comes from outside puts the file's aside, wherever either takes its value from.
        if !is_outside(name) {
            take(section, key, name, value, (base, env), &mut found);
        }
    });
    for name in &outside {
        if let Some(Scalar(value)) = section.get(name) {
            take(&section, name, name, value, (base, env), &mut found);
        }
    }
    section.finish();
    found
}

type Visit<'v> = dyn FnMut(&Section<'_>, &str, &str, String) + 'v;

/// Visits every setting of the file's table, however deep; gives the table back.
fn flatten<'d>(mut section: Section<'d>, prefix: &str, visit: &mut Visit<'_>) -> Section<'d> {
    for key in section.keys() {
        let name = format!("{prefix}{key}");
        if section.is_table(&key) {
            if let Some(inner) = section.section(&key) {
                flatten(inner, &format!("{name}."), visit).finish();
            }
        } else if let Some(Scalar(value)) = section.get(&key) {
            visit(&section, &key, &name, value);
        }
    }
    section
}

/// The name of the client setting: without the source of its value.
fn bare(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((bare, "file" | "env")) if !is_known_setting(name) => bare,
        _ => name,
    }
}

/// Judges one setting and keeps it. `name` may end in `.file` or `.env`: then the value is there.
fn take(
    section: &Section<'_>,
    key: &str,
    name: &str,
    value: String,
    (base, env): (&Path, &dyn Env),
    into: &mut ClientSettings,
) {
    let value = match name.strip_prefix(bare(name)) {
        Some(".file") => read_file(&base.join(&value)),
        Some(".env") => read_env(&value, env),
        _ => Ok(value),
    };
    let name = bare(name);
    if let Some((_, ours)) = BY_OUR_NAME.iter().find(|(theirs, _)| *theirs == name) {
        section.problem(
            key,
            format!("kafka.{name} has a name of heard's own: set {ours} instead."),
        );
        return;
    }
    let value = match value {
        // A file ends with a line's end that is no part of the secret.
        Ok(value) => value.trim_end_matches(['\r', '\n']).to_owned(),
        Err(why) => {
            section.problem(key, format!("kafka.{name} {why}."));
            return;
        }
    };
    let value = match names_file(name) {
        true if value != "probe" => base.join(value).display().to_string(),
        _ => value,
    };
    if names_file(name)
        && value != "probe"
        && let Err(error) = std::fs::metadata(&value)
    {
        section.problem(
            key,
            format!("kafka.{name} names {value}, which cannot be read: {error}."),
        );
        return;
    }
    match check_setting(name, &value) {
        Ok(()) => drop(into.insert(name.to_owned(), Sensitive(value))),
        Err(SettingsError::Refused { why, .. }) => {
            section.problem(
                key,
                format!("kafka.{name} cannot be set: {why}. Remove the line."),
            );
        }
        Err(_) if !is_known_setting(name) => {
            let near = nearest(name, known_settings().iter().copied());
            let mut what = format!("kafka.{name} is not known to the Kafka client (librdkafka).");
            if let Some(near) = near {
                what.push_str(&format!(" Did you mean {near}?"));
            }
            section.misspelt(key, what, near);
        }
        Err(SettingsError::Invalid { detail, .. }) => {
            section.problem(
                key,
                format!("kafka.{name} has a value that the Kafka client does not take: {detail}."),
            );
        }
        Err(error) => section.problem(key, format!("kafka.{name}: {error}.")),
    }
}

/// Whether the value of this setting is a path: of a file or, for certificates, of a directory.
fn names_file(name: &str) -> bool {
    is_known_setting(name) && (name.ends_with(".location") || name.ends_with(".file"))
}

/// A client setting's value; the client takes texts only.
struct Scalar(String);

impl FromToml for Scalar {
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        match value {
            DeValue::String(text) => Some(Self(text.to_string())),
            DeValue::Boolean(flag) => Some(Self(flag.to_string())),
            DeValue::Integer(_) => i64::from_toml(value).map(|n| Self(n.to_string())),
            _ => None,
        }
    }

    fn allowed() -> String {
        "a text, a whole number, true or false".into()
    }
}
