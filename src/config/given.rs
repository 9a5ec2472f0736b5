//! Values that come from outside the file: environment variables and the command line.
//!
//! Every setting has a variable: `HEARD_`, then its path in capitals, two underscores for each dot
//! and one for each dash: `engine.commit_interval` is `HEARD_ENGINE__COMMIT_INTERVAL`.

use std::cell::Cell;

use super::nearest::nearest;

const BEGINNING: &str = "HEARD_";

/// Variables of ours that are no settings: of the command line, then of tests, tools and builds.
const NO_SETTINGS: [&str; 12] = [
    "HEARD_CONFIG",
    "HEARD_LOG",
    "HEARD_SEED",
    "HEARD_SEEDS",
    "HEARD_FAULT_SEED",
    "HEARD_UPDATE_GOLDEN",
    "HEARD_UPDATE_REFERENCE",
    "HEARD_WRITE_SEEDS",
    "HEARD_BUILT_BY",
    "HEARD_BUILT_FROM",
    "HEARD_BUILD_COMMIT",
    "HEARD_BUILD_DATE",
];

/// Those of them that a person may have meant.
const OPTIONS: [&str; 2] = ["HEARD_CONFIG", "HEARD_LOG"];

/// The environment variable of the setting at `path`.
pub(crate) fn variable(path: &str) -> String {
    let path = path.to_uppercase().replace('.', "__").replace('-', "_");
    format!("{BEGINNING}{path}")
}

/// One value.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// The variable of the setting it is for.
    name: String,
    /// Where it comes from, in words.
    pub origin: String,
    /// The value as it was written.
    pub text: String,
    asked: Cell<bool>,
}

/// All of them; the first one of a setting holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Given(Vec<Value>);

impl Given {
    /// Adds what the command line says of the setting at `path`, by the option `option`.
    pub fn option(&mut self, path: &str, option: &str, text: &str) {
        self.push(variable(path), option.to_owned(), text);
    }

    /// Adds environment variables; those of others are left out.
    pub fn environment(&mut self, variables: impl IntoIterator<Item = (String, String)>) {
        let mut ours: Vec<_> = variables
            .into_iter()
            .filter(|(name, _)| name.starts_with(BEGINNING))
            .collect();
        ours.sort();
        for (name, text) in ours {
            self.push(name.clone(), format!("environment variable {name}"), &text);
        }
    }

    fn push(&mut self, name: String, origin: String, text: &str) {
        self.0.push(Value {
            name,
            origin,
            text: text.to_owned(),
            asked: Cell::new(false),
        });
    }

    /// The value of the setting at `path`.
    pub fn get(&self, path: &str) -> Option<&Value> {
        let name = variable(path);
        let mut all = self.0.iter().filter(|value| value.name == name);
        let first = all.next();
        first
            .into_iter()
            .chain(all)
            .for_each(|value| value.asked.set(true));
        first
    }

    /// The keys below `path` that have values, in lower case, each once; with `deep`, what is below
    /// those too, with dots.
    pub fn keys(&self, path: &str, deep: bool) -> Vec<String> {
        let beginning = format!("{}__", variable(path));
        let below = self
            .0
            .iter()
            .filter_map(|value| value.name.strip_prefix(&beginning));
        let key = |rest: &str| match (deep, rest.split_once("__")) {
            (false, Some((key, _))) => key.to_lowercase(),
            _ => rest.to_lowercase().replace("__", "."),
        };
        let mut keys: Vec<_> = below.map(key).filter(|key| !key.is_empty()).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// Whether there is a value for anything below `path`.
    pub fn any_below(&self, path: &str) -> bool {
        !self.keys(path, true).is_empty()
    }

    /// Notes that a setting names this variable as the place of a secret.
    pub fn names(&self, variable: &str) {
        let named = self.0.iter().filter(|value| value.name == variable);
        named.for_each(|value| value.asked.set(true));
    }

    /// The variables that begin as ours do, and are nobody's.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        let unknown = self.0.iter().filter(|value| !value.asked.get());
        let ours = |name: &str| NO_SETTINGS.contains(&name);
        unknown
            .filter(move |value| !ours(&value.name) && !is_of_kubernetes(&value.name, &value.text))
            .map(|value| value.name.as_str())
    }
}

/// The variable that was probably meant by one that is not known, among those of the settings that were asked for.
pub(super) fn nearest_variable(name: &str, asked: &[String]) -> Option<String> {
    // A table is set by what is in it.
    let is_table = |path: &String| asked.iter().any(|other| other.starts_with(&format!("{path}.")));
    let settings = asked
        .iter()
        .filter(|path| !is_table(path))
        .map(|path| variable(path));
    let known: Vec<String> = settings.chain(OPTIONS.map(str::to_owned)).collect();
    let known = || known.iter().map(String::as_str);
    let name = name.strip_prefix(BEGINNING)?;
    // A table alone, or a setting without its table: HEARD_SECRET, HEARD_WORKERS.
    let inside = known().find(|known| known[BEGINNING.len()..].starts_with(&format!("{name}__")));
    let outside = || known().find(|known| known.ends_with(&format!("__{name}")));
    let near = || nearest(name, known().map(|known| &known[BEGINNING.len()..]));
    let found = inside.or_else(outside).map(str::to_owned);
    found.or_else(|| near().map(|near| format!("{BEGINNING}{near}")))
}

/// Whether Kubernetes made this variable: it sets `HEARD_PORT=tcp://10.0.0.1:80` and others in every pod beside a service
/// called heard, or heard-something.
fn is_of_kubernetes(name: &str, text: &str) -> bool {
    const PROTOCOLS: [&str; 3] = ["tcp", "udp", "sctp"];
    let numbered = || {
        let (_, rest) = name.split_once("_PORT_")?;
        let (number, rest) = rest.split_once('_')?;
        let protocol = rest.split('_').next()?.to_lowercase();
        Some(number.parse::<u16>().is_ok() && PROTOCOLS.contains(&&*protocol))
    };
    let address = || {
        let (protocol, _) = text.split_once("://")?;
        Some(name.ends_with("_PORT") && PROTOCOLS.contains(&protocol))
    };
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || numbered().unwrap_or(false)
        || address().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::{Given, is_of_kubernetes, nearest_variable, variable};

    fn given(pairs: &[(&str, &str)]) -> Given {
        let mut given = Given::default();
        given.environment(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        given
    }

    #[test]
    fn every_path_has_a_variable() {
        for (path, name) in [
            ("brokers", "HEARD_BROKERS"),
            ("engine.commit_interval", "HEARD_ENGINE__COMMIT_INTERVAL"),
            ("channels.live-chat.stage", "HEARD_CHANNELS__LIVE_CHAT__STAGE"),
        ] {
            assert_eq!(variable(path), name);
        }
    }

    #[test]
    fn the_command_line_comes_before_the_environment() {
        let mut both = Given::default();
        both.option("brokers", "--brokers", "a");
        both.environment([("HEARD_BROKERS".into(), "b".into())]);
        let value = both.get("brokers").expect("it is given");
        assert_eq!((value.text.as_str(), value.origin.as_str()), ("a", "--brokers"));
    }

    #[test]
    fn keys_below_a_table() {
        let given = given(&[
            ("HEARD_KAFKA__SASL__PASSWORD", "x"),
            ("HEARD_KAFKA__SASL__USERNAME", "x"),
            ("HEARD_KAFKA__RETRIES", "x"),
        ]);
        assert_eq!(given.keys("kafka", false), ["retries", "sasl"]);
        assert_eq!(
            given.keys("kafka", true),
            ["retries", "sasl.password", "sasl.username"]
        );
        assert!(given.any_below("kafka.sasl") && !given.any_below("kaf"));
    }

    #[test]
    fn what_nobody_asked_for_is_told_unless_it_is_somebody_elses() {
        let given = given(&[
            ("HEARD_ENGINE__WORKERS", "1"),
            ("HEARD_ENGINE__WORKRES", "1"),
            ("HEARD_BROKER", "x:1"),
            ("HEARD_PORT", "9464"),
            ("HEARD_KAFKA_PASSWORD", "hidden"),
            ("HEARD_CONFIG", "heard.toml"),
            ("HEARD_SEED", "17"),
            ("PATH", "/bin"),
        ]);
        assert!(given.get("engine.workers").is_some());
        given.names("HEARD_KAFKA_PASSWORD");
        let unknown: Vec<_> = given.unknown().collect();
        assert_eq!(unknown, ["HEARD_BROKER", "HEARD_ENGINE__WORKRES", "HEARD_PORT"]);
    }

    #[test]
    fn what_kubernetes_sets_for_a_service_is_nobodys_mistake() {
        for (name, text, of_kubernetes) in [
            ("HEARD_SERVICE_HOST", "10.0.0.1", true),
            ("HEARD_SERVICE_PORT", "9464", true),
            ("HEARD_SERVICE_PORT_METRICS", "9464", true),
            ("HEARD_METRICS_SERVICE_HOST", "10.0.0.1", true),
            ("HEARD_PORT", "tcp://10.0.0.1:9464", true),
            ("HEARD_METRICS_PORT", "tcp://10.0.0.1:9464", true),
            ("HEARD_PORT_9464_TCP", "tcp://10.0.0.1:9464", true),
            ("HEARD_PORT_9464_TCP_PROTO", "tcp", true),
            ("HEARD_PORT_9464_TCP_PORT", "9464", true),
            ("HEARD_PORT_9464_TCP_ADDR", "10.0.0.1", true),
            ("HEARD_PORT", "9464", false),
            ("HEARD_HTTP_PORT", "9464", false),
            ("HEARD_PORT_X_TCP", "", false),
            ("HEARD_HOST", "10.0.0.1", false),
        ] {
            assert_eq!(is_of_kubernetes(name, text), of_kubernetes, "{name}={text}");
        }
    }

    #[test]
    fn the_variable_that_was_meant() {
        let asked = [
            "brokers",
            "engine",
            "engine.workers",
            "kafka.sasl.username",
            "topics.prefix",
        ]
        .map(str::to_owned);
        for (name, meant) in [
            ("HEARD_BROKER", Some("HEARD_BROKERS")),
            ("HEARD_ENGINE_WORKERS", Some("HEARD_ENGINE__WORKERS")),
            ("HEARD_WORKERS", Some("HEARD_ENGINE__WORKERS")),
            ("HEARD_PREFIX", Some("HEARD_TOPICS__PREFIX")),
            ("HEARD_LOGS", Some("HEARD_LOG")),
            ("HEARD_SOMETHING_ELSE", None),
            // A table is not set by itself.
            ("HEARD_ENGINE", Some("HEARD_ENGINE__WORKERS")),
        ] {
            assert_eq!(nearest_variable(name, &asked).as_deref(), meant, "{name}");
        }
    }
}
