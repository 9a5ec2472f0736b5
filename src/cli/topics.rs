//! `heard topics plan` and `heard topics apply`.

use clap::Subcommand;

use super::output::Output;
use super::{Exit, Failure, connect};
use crate::config::Settings;
use crate::log::kafka::KafkaLog;
use crate::log::{Log, Topic, TopicSpec};

#[derive(Debug, Subcommand)]
pub(super) enum TopicsCommand {
    /// Show what is missing or differs; change nothing. Exit status 3 if there is anything.
    Plan,
    /// Create what is missing. What differs is left alone and told: exit status 3.
    Apply,
}

/// What there is to say of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Finding {
    /// It does not exist.
    Missing(TopicSpec),
    /// It has another number of partitions, which cannot be changed without losing the order of keys.
    Partitions { topic: Topic, there: i32, wanted: i32 },
    /// It is kept in another way.
    Setting {
        topic: Topic,
        name: String,
        there: Option<String>,
        wanted: String,
    },
}

/// A topic as it is: its partitions and settings.
type Existing = (Topic, i32, Vec<(String, String)>);

/// Compares what there should be with what there is.
fn compare(specs: &[TopicSpec], existing: &[Existing]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for spec in specs {
        let topic = &spec.topic;
        let Some((_, partitions, settings)) = existing.iter().find(|(there, ..)| there == topic) else {
            findings.push(Finding::Missing(spec.clone()));
            continue;
        };
        if *partitions != spec.partitions {
            findings.push(Finding::Partitions {
                topic: topic.clone(),
                there: *partitions,
                wanted: spec.partitions,
            });
        }
        for (name, wanted) in &spec.settings {
            let there = settings
                .iter()
                .find(|(there, _)| there == name)
                .map(|(_, value)| value);
            if there != Some(wanted) {
                findings.push(Finding::Setting {
                    topic: topic.clone(),
                    name: name.clone(),
                    there: there.cloned(),
                    wanted: wanted.clone(),
                });
            }
        }
    }
    findings
}

impl Finding {
    fn tell(&self) -> String {
        match self {
            Self::Missing(spec) => {
                let settings: Vec<_> = spec.settings.iter().map(|(k, v)| format!("{k}={v}")).collect();
                format!(
                    "create  {}  {} partitions  {}",
                    spec.topic,
                    spec.partitions,
                    settings.join(" ")
                )
            }
            Self::Partitions { topic, there, wanted } => format!(
                "differs {topic}  has {there} partitions, not {wanted}. It is left alone: other partitions \
                 would break the order of keys. Set [topics] to what is there, or use another prefix."
            ),
            Self::Setting {
                topic,
                name,
                there,
                wanted,
            } => format!(
                "differs {topic}  has {name}={}, not {wanted}. Mend it with: kafka-configs.sh --alter \
                 --entity-type topics --entity-name {topic} --add-config {name}={wanted}",
                there.as_deref().unwrap_or("(none)")
            ),
        }
    }
}

pub(super) fn topics(settings: &Settings, command: &TopicsCommand) -> Result<Exit, Failure> {
    let log = connect::log(settings)?;
    let specs = settings.topics.specs(&settings.rules);
    let findings = compare(&specs, &existing(settings, &log, &specs)?);
    let mut output = Output::new();
    for finding in &findings {
        output.line(&finding.tell())?;
    }
    let missing: Vec<_> = findings
        .iter()
        .filter_map(|finding| match finding {
            Finding::Missing(spec) => Some(spec.clone()),
            _ => None,
        })
        .collect();
    let differing = findings.len() - missing.len();
    let exit = match command {
        TopicsCommand::Plan => {
            let there = specs.len() - missing.len();
            output.line(&format!(
                "{there} there, {} to create, {differing} differences",
                missing.len()
            ))?;
            if findings.is_empty() {
                Exit::Done
            } else {
                Exit::ToDo
            }
        }
        TopicsCommand::Apply => {
            log.create_topics(&missing).map_err(connect::failed(settings))?;
            output.line(&format!(
                "{} created, {differing} differences left",
                missing.len()
            ))?;
            if differing == 0 { Exit::Done } else { Exit::ToDo }
        }
    };
    output.flush()?;
    Ok(exit)
}

fn existing(settings: &Settings, log: &KafkaLog, specs: &[TopicSpec]) -> Result<Vec<Existing>, Failure> {
    let failed = connect::failed(settings);
    let names: Vec<_> = specs.iter().map(|spec| spec.topic.clone()).collect();
    let (names, counts): (Vec<_>, Vec<_>) = log.partitions(&names).map_err(&failed)?.into_iter().unzip();
    let kept = log.topic_settings(&names).map_err(&failed)?;
    Ok(names
        .into_iter()
        .zip(counts)
        .zip(kept)
        .map(|((topic, count), kept)| (topic, count, kept))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::{Finding, compare};
    use crate::log::{Topic, TopicSpec};

    #[test]
    fn what_is_missing_or_differs() {
        let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let spec = |name: &str| TopicSpec {
            topic: Topic::new(name),
            partitions: 12,
            replication: -1,
            settings: vec![
                setting("cleanup.policy", "compact"),
                setting("retention.ms", "-1"),
            ],
        };
        let specs = ["a", "b", "c"].map(spec);
        let as_wanted = specs[0].settings.clone();
        let existing = [
            (
                Topic::new("a"),
                12,
                [as_wanted, vec![setting("segment.ms", "1")]].concat(),
            ),
            (Topic::new("b"), 6, vec![setting("cleanup.policy", "delete")]),
        ];
        let differs = |name: &str, there: Option<&str>, wanted: &str| Finding::Setting {
            topic: Topic::new("b"),
            name: name.into(),
            there: there.map(Into::into),
            wanted: wanted.into(),
        };
        assert_eq!(
            compare(&specs, &existing),
            [
                Finding::Partitions {
                    topic: Topic::new("b"),
                    there: 6,
                    wanted: 12
                },
                differs("cleanup.policy", Some("delete"), "compact"),
                differs("retention.ms", None, "-1"),
                Finding::Missing(spec("c")),
            ]
        );
    }
}
