//! Values that come from outside the file: environment variables and the command line.
//!
//! Every setting has a variable: `HEARD_`, then its path in capitals, two underscores for each dot
//! and one for each dash: `engine.commit_interval` is `HEARD_ENGINE__COMMIT_INTERVAL`.

use std::cell::Cell;

const BEGINNING: &str = "HEARD_";

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

    /// The variables nobody asked for. Of those without a table in their name, others may have made
    /// some: Kubernetes sets HEARD_PORT for a service called heard. They are not told.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        let unknown = self.0.iter().filter(|value| !value.asked.get());
        unknown
            .map(|value| value.name.as_str())
            .filter(|name| name[BEGINNING.len()..].contains("__"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Given, variable};

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
    fn what_nobody_asked_for_is_told_if_it_names_a_table() {
        let given = given(&[
            ("HEARD_ENGINE__WORKERS", "1"),
            ("HEARD_ENGINE__WORKRES", "1"),
            ("HEARD_PORT", "tcp://10.0.0.1:80"),
            ("PATH", "/bin"),
        ]);
        assert!(given.get("engine.workers").is_some());
        assert_eq!(given.unknown().collect::<Vec<_>>(), ["HEARD_ENGINE__WORKRES"]);
    }
}
