//! The validated settings of the whole program.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::book::{Book, Entry};
use super::brokers;
use super::client::{self, ClientSettings};
use super::engine::EngineSettings;
use super::given::Given;
use super::http::HttpSettings;
use super::problem::Problems;
use super::read_rules;
use super::rules::{HashSecret, RuleSettings};
use super::secret::{self, Env};
use super::section::{Document, Section};
use super::topics::TopicSettings;
use super::wire::WireSettings;

/// Everything the program runs on. Validated: nothing in here can be wrong, or missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Kafka's bootstrap servers, `host:port` separated by commas.
    pub brokers: String,
    /// Names the consumer groups and transactional ids.
    pub application: String,
    /// Client settings passed through to librdkafka (encryption, credentials).
    pub kafka: ClientSettings,
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
    /// Reads, validates and completes the configuration: the command line comes before environment
    /// variables, these before the file, and that before the defaults.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with file, line and what is allowed.
    pub fn load(path: Option<&Path>, overrides: &Overrides) -> Result<Self, Problems> {
        // A variable that is not UTF-8 is none of ours.
        let variables =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        Self::from_raw(&RawConfig::read(path)?, overrides, variables)
    }

    /// As [`Settings::load`], from what was read, with these environment variables.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_raw(
        raw: &RawConfig,
        overrides: &Overrides,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Problems> {
        let variables: Vec<_> = variables.into_iter().collect();
        let mut given = Given::default();
        if let Some(brokers) = &overrides.brokers {
            given.option("brokers", "--brokers or HEARD_BROKERS", brokers);
        }
        if let Some(prefix) = &overrides.prefix {
            given.option("topics.prefix", "--prefix", prefix);
        }
        given.environment(variables.iter().cloned());
        let env = |name: &str| {
            given.names(name);
            let found = variables.iter().find(|(there, _)| there == name);
            found.map(|(_, value)| value.clone())
        };
        raw.document
            .interpret_with(&given, None, |top| Self::read(top, &raw.base, &env))
    }

    fn read(top: &mut Section<'_>, base: &Path, env: &dyn Env) -> Self {
        let mut settings = Self {
            brokers: brokers::read(top),
            application: name(
                top,
                "application",
                "heard",
                "Names the consumer group, and begins the transactional ids. Two installations on one cluster \
                 need two names.",
            ),
            kafka: ClientSettings::new(),
            topics: TopicSettings::default(),
            rules: RuleSettings::default(),
            engine: EngineSettings::default(),
            http: HttpSettings::default(),
            wire: WireSettings::default(),
            warnings: Vec::new(),
        };
        let secret = secret::read(
            top.table(
                "secret",
                "Keyed hashes of identifier values and conversation ids need a secret of 32 hexadecimal digits \
                 (openssl rand -hex 16), from one of these sources. Without one, a built-in secret is used, which \
                 hides nothing. Changing it later means rebuilding all state.",
            ),
            base,
            env,
        );
        settings.kafka = client::read(
            top.table(
                "kafka",
                "Passed through to the Kafka client: librdkafka's CONFIGURATION.md lists them. Refused are those that \
                 load or run code, and those that heard sets itself.",
            ),
            base,
            env,
        );
        settings.topics =
            TopicSettings::read(top.table("topics", "Names and shapes of topics, for `heard topics apply`."));
        settings.rules = read_rules::read(top, base);
        settings.engine = EngineSettings::read(top.table("engine", "How `heard run` works."));
        settings.http = HttpSettings::read(top.table("http", "Where metrics and health are served."));
        settings.wire = WireSettings::read(top.table("wire", "How records are written and read."), base);
        settings.rules.secret = secret.unwrap_or(HashSecret::TRIAL);
        if secret.is_none() {
            settings.warnings.push(
                "No secret is set: keyed hashes use the built-in one, which hides nothing. Fine for a trial; \
                 otherwise set secret = { file = \"...\" } before the first run."
                    .into(),
            );
        }
        settings
    }
}

/// Every table and setting there is, in the order of the example file.
pub fn all_settings() -> Vec<Entry> {
    let book = RefCell::new(Book::default());
    let read = Document::new("", "").interpret_with(&Given::default(), Some(&book), |top| {
        Settings::read(top, Path::new(""), &|_: &str| None);
    });
    // Nothing is wrong with an empty file; a test sees to it.
    drop(read);
    book.into_inner().0
}

pub(super) fn text(section: &mut Section<'_>, key: &str, otherwise: &str, about: &str) -> String {
    let text = section.setting(key, otherwise.to_owned(), about);
    if text.trim().is_empty() {
        section.problem(
            key,
            format!("{key} must not be empty. Leave it out for \"{otherwise}\"."),
        );
    }
    text
}

/// A text that becomes part of ids.
fn name(section: &mut Section<'_>, key: &str, otherwise: &str, about: &str) -> String {
    let name = text(section, key, otherwise, about);
    let fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !name.chars().all(fine) {
        section.problem(
            key,
            format!("{key} must be a name of letters, digits, '.', '_' and '-', not \"{name}\"."),
        );
    }
    name
}

#[cfg(test)]
mod tests;
