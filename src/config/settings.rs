//! The validated settings of the whole program.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::de::DeValue;

use super::engine::EngineSettings;
use super::http::HttpSettings;
use super::problem::Problems;
use super::read_rules;
use super::rules::RuleSettings;
use super::secret::SecretSource;
use super::section::{Document, Section};
use super::topics::TopicSettings;
use super::value::FromToml;
use super::wire::WireSettings;

/// Everything the program runs on. Validated: nothing in here can be wrong, or missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Kafka's bootstrap servers, `host:port` separated by commas.
    pub brokers: String,
    /// Names the consumer groups and transactional ids.
    pub application: String,
    /// Client settings passed through to librdkafka (encryption, credentials).
    pub kafka: BTreeMap<String, String>,
    /// Names and shapes of topics.
    pub topics: TopicSettings,
    /// What the rules run on.
    pub rules: RuleSettings,
    /// How the engine works.
    pub engine: EngineSettings,
    /// Where metrics and health are served.
    pub http: HttpSettings,
    /// How records are written.
    pub wire: WireSettings,
    /// What an operator should know about these settings; to be shown once at the start.
    pub warnings: Vec<String>,
}

/// What the command line says over the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--brokers`.
    pub brokers: Option<String>,
    /// `--prefix`.
    pub prefix: Option<String>,
}

/// What a configuration file says, not yet judged.
#[derive(Clone, Debug)]
pub struct RawConfig {
    document: Document,
    base: PathBuf,
}

impl RawConfig {
    /// The file at `path`; `None`: an empty one, so the built-in defaults.
    ///
    /// # Errors
    /// One problem if the file cannot be read.
    pub fn read(path: Option<&Path>) -> Result<Self, Problems> {
        let Some(path) = path else {
            return Ok(Self::from_text("(defaults)", ""));
        };
        Ok(Self {
            document: Document::read(path)?,
            base: path.parent().unwrap_or(Path::new("")).to_owned(),
        })
    }

    /// A text instead of a file; `name` stands for the file's in messages.
    pub fn from_text(name: &str, text: &str) -> Self {
        Self {
            document: Document::new(name, text),
            base: PathBuf::new(),
        }
    }
}

impl Settings {
    /// Reads, validates and completes the configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with file, line and what is allowed.
    pub fn load(path: Option<&Path>, overrides: &Overrides) -> Result<Self, Problems> {
        Self::from_raw(&RawConfig::read(path)?, overrides, |name| {
            std::env::var(name).ok()
        })
    }

    /// As [`Settings::load`], from what was read, with environment variables looked up by `env`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_raw(
        raw: &RawConfig,
        overrides: &Overrides,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Problems> {
        let (mut settings, secret) = raw.document.interpret(|top| Self::read(top, &raw.base))?;
        settings.rules.secret = secret.resolve(env)?;
        if secret == SecretSource::Trial {
            settings.warnings.push(
                "No secret is set: keyed hashes use the built-in one, which hides nothing. Fine for a trial; \
                 otherwise set secret = { file = \"...\" } before the first run."
                    .into(),
            );
        }
        if let Some(brokers) = &overrides.brokers {
            settings.brokers.clone_from(brokers);
        }
        if let Some(prefix) = &overrides.prefix {
            settings.topics.prefix.clone_from(prefix);
        }
        Ok(settings)
    }

    fn read(top: &mut Section<'_>, base: &Path) -> (Self, SecretSource) {
        let settings = Self {
            brokers: text(top, "brokers", "localhost:9092"),
            application: text(top, "application", "heard"),
            kafka: top.section("kafka").map(read_kafka).unwrap_or_default(),
            topics: TopicSettings::read(top.section("topics")),
            rules: read_rules::read(top),
            engine: EngineSettings::read(top.section("engine")),
            http: HttpSettings::read(top.section("http")),
            wire: WireSettings::read(top.section("wire"), base),
            warnings: Vec::new(),
        };
        let secret = SecretSource::read(top.section("secret"), base);
        (settings, secret)
    }
}

fn text(section: &mut Section<'_>, key: &str, otherwise: &str) -> String {
    let text = section.get_or(key, otherwise.to_owned());
    if text.trim().is_empty() {
        section.problem(
            key,
            format!("{key} must not be empty. Leave it out for \"{otherwise}\"."),
        );
    }
    text
}

/// Client settings that exactly-once processing rests on; `heard` sets them itself.
const OURS: [&str; 10] = [
    "auto.offset.reset",
    "bootstrap.servers",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "group.id",
    "isolation.level",
    "metadata.broker.list",
    "partitioner",
    "transactional.id",
];

/// Reads `[kafka]`: `security.protocol = "SSL"` and `"security.protocol" = "SSL"` are the same.
fn read_kafka(section: Section<'_>) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    flatten(section, "", &mut settings);
    settings
}

fn flatten(mut section: Section<'_>, prefix: &str, into: &mut BTreeMap<String, String>) {
    for key in section.keys() {
        let name = format!("{prefix}{key}");
        if section.is_table(key) {
            if let Some(inner) = section.section(key) {
                flatten(inner, &format!("{name}."), into);
            }
        } else if OURS.contains(&name.as_str()) {
            section.problem(
                key,
                format!("kafka.{name} is set by heard itself. Remove the line."),
            );
            section.get::<Scalar>(key);
        } else if let Some(Scalar(value)) = section.get(key) {
            into.insert(name, value);
        }
    }
    section.finish();
}

/// A client setting's value; the client takes texts only.
struct Scalar(String);

impl FromToml for Scalar {
    fn from_toml(value: &DeValue<'_>) -> Result<Self, String> {
        match value {
            DeValue::String(text) => Ok(Self(text.to_string())),
            DeValue::Boolean(flag) => Ok(Self(flag.to_string())),
            DeValue::Integer(_) => i64::from_toml(value).map(|n| Self(n.to_string())),
            _ => Err("a text, a whole number, true or false".into()),
        }
    }
}

#[cfg(test)]
mod tests;
