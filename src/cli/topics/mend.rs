//! What to do about topics that are not as they should be: commands that can be pasted as they are.

use super::{Difference, Existing};
use crate::config::{Settings, TopicKind};
use crate::engine::REBUILD;
use crate::log::Topic;

/// Commands of Kafka's own tools, for the brokers of the settings.
#[derive(Debug)]
pub(in crate::cli) struct Mend<'s> {
    settings: &'s Settings,
}

impl<'s> Mend<'s> {
    /// For these settings.
    pub fn new(settings: &'s Settings) -> Self {
        Self { settings }
    }

    /// The beginning of a command line.
    fn tool(&self, name: &str) -> String {
        // Clients of Java read their security settings out of a file.
        let secures = |key: &String| {
            ["security.", "sasl.", "ssl."]
                .iter()
                .any(|of| key.starts_with(of))
        };
        let secured = self.settings.kafka.keys().any(secures);
        let with = if secured {
            " --command-config client.properties"
        } else {
            ""
        };
        format!(
            "{name} --bootstrap-server {}{with}",
            quoted(&self.settings.brokers)
        )
    }

    /// Sets a setting of a topic.
    pub fn alter(&self, topic: &Topic, name: &str, value: &str) -> String {
        // Commas part settings; those of one value are told by brackets.
        let value = match value.contains(',') {
            true => format!("[{value}]"),
            false => value.to_owned(),
        };
        format!(
            "{} --alter --entity-type topics --entity-name {} --add-config {}",
            self.tool("kafka-configs.sh"),
            quoted(topic.as_str()),
            quoted(&format!("{name}={value}"))
        )
    }

    /// What to do about numbers of partitions, as lines: of mailbox and changelog, which belong together, and of others.
    pub fn partitions(
        &self,
        differences: &[Difference],
        existing: &[Existing],
        again: &[(&str, String)],
    ) -> Vec<String> {
        let topic = |kind| self.settings.topics.topic(kind);
        let state = [topic(TopicKind::Interactions), topic(TopicKind::Changelog)];
        let of_state = |difference: &&Difference| state.contains(difference.topic());
        let counts = differences
            .iter()
            .filter(|difference| matches!(difference, Difference::Partitions { .. }));
        let (of_state, others): (Vec<_>, Vec<_>) = counts.partition(of_state);
        let mut lines = Vec::new();
        if !of_state.is_empty() {
            let there = existing.iter().filter(|(topic, ..)| state.contains(topic));
            let there: Vec<_> = there.collect();
            lines.push(self.of_state(&there));
            lines.push(format!("  {}", words("rebuild --yes", again)));
        }
        if !others.is_empty() {
            lines.push(
                "Other topics are left as they are, and heard works with them: more partitions would break the order of \
                 keys for whoever reads them. To have it as planned set partitions (of inputs: input_partitions) in \
                 [topics] to what is there, or use another prefix."
                    .into(),
            );
        }
        lines
    }

    /// Why mailbox and changelog are told of together, and the choices.
    fn of_state(&self, there: &[&Existing]) -> String {
        let names: Vec<_> = there.iter().map(|(topic, ..)| topic.as_str()).collect();
        let names = names.join(" and ");
        let wanted = self.settings.topics.partitions;
        let rebuild = format!("{REBUILD}. Stop all instances first; then:");
        match there {
            [(_, one, _), (_, other, _)] if one == other => format!(
                "{names} belong together. Set partitions = {one} in [topics]. To have {wanted} instead: {rebuild}"
            ),
            [_, _] => format!(
                "{names} must have equally many partitions: no setting makes that true. Both have to go. {rebuild}"
            ),
            _ => format!(
                "{names} has to have as many partitions as what is missing gets. To have {wanted}: {rebuild}"
            ),
        }
    }
}

/// A command line of heard, with the options that say of what it speaks.
pub(in crate::cli) fn words(what: &str, again: &[(&str, String)]) -> String {
    let options = again
        .iter()
        .map(|(name, value)| format!(" {name} {}", quoted(value)));
    format!("heard {what}{}", options.collect::<String>())
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-:,=/@+%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Mend, quoted};
    use crate::cli::topics::{Difference, Existing};
    use crate::config::{Overrides, RawConfig, Settings};
    use crate::log::Topic;

    fn settings(text: &str) -> Settings {
        let raw = RawConfig::from_text("heard.toml", text);
        Settings::from_raw(&raw, &Overrides::default(), []).unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// CASES 44: mailbox with so many partitions, changelog with so many, where three are wanted.
    fn told(mailbox: i32, changelog: Option<i32>) -> Vec<String> {
        let settings = settings("brokers = \"k1:9092,k2:9092\"\n[topics]\npartitions = 3\nprefix = \"p.\"");
        let mailbox = ("p.interactions", Some(mailbox));
        let changelog = ("p.interactions-changelog", changelog);
        let there = [mailbox, changelog]
            .into_iter()
            .filter_map(|(name, count)| Some((Topic::new(name), count?)));
        let existing: Vec<Existing> = there.map(|(topic, count)| (topic, count, Vec::new())).collect();
        let differences: Vec<_> = existing
            .iter()
            .filter(|(_, count, _)| *count != 3)
            .map(|(topic, there, _)| Difference::Partitions {
                topic: topic.clone(),
                there: *there,
                wanted: 3,
            })
            .collect();
        let again = [("--config", "my heard.toml".to_owned())];
        Mend::new(&settings).partitions(&differences, &existing, &again)
    }

    #[test]
    fn mailbox_and_changelog_are_built_anew_together() {
        assert!(told(3, Some(3)).is_empty());
        let rebuild = "  heard rebuild --yes --config 'my heard.toml'";
        let even = told(2, Some(2));
        assert!(
            even[0].contains("Set partitions = 2 in [topics]. To have 3 instead: Build the state anew"),
            "{even:?}"
        );
        assert_eq!(even[1..], [rebuild]);
        for uneven in [told(2, Some(4)), told(3, Some(4)), told(2, Some(3))] {
            assert!(
                uneven[0].contains("no setting makes that true. Both have to go"),
                "{uneven:?}"
            );
            assert!(!uneven[0].contains("Set partitions"), "{uneven:?}");
            assert_eq!(uneven[1..], [rebuild]);
        }
        assert_eq!(told(2, None)[1..], [rebuild]);
    }

    #[test]
    fn a_setting_is_altered_by_a_command_that_can_be_pasted() {
        let plain = settings("brokers = \"k1:9092\"");
        assert_eq!(
            Mend::new(&plain).alter(&"cases".into(), "cleanup.policy", "compact,delete"),
            "kafka-configs.sh --bootstrap-server k1:9092 --alter --entity-type topics --entity-name cases --add-config \
             'cleanup.policy=[compact,delete]'"
        );
        let secured = settings("[kafka]\nsecurity.protocol = \"SASL_SSL\"");
        let command = Mend::new(&secured).alter(&"cases".into(), "retention.ms", "-1");
        assert!(
            command.contains("--command-config client.properties"),
            "{command}"
        );
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        for (word, shown) in [
            ("heard.toml", "heard.toml"),
            ("a b", "'a b'"),
            ("it's", "'it'\\''s'"),
            ("", "''"),
            ("$HOME", "'$HOME'"),
        ] {
            assert_eq!(quoted(word), shown);
        }
    }
}
