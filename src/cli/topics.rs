//! `heard topics plan` and `heard topics apply`.

mod mend;

use clap::Subcommand;

use super::output::Output;
use super::{Exit, Failure, connect, examples};
use crate::config::{Settings, TopicKind};
use crate::engine::REBUILD;
use crate::log::kafka::KafkaLog;
use crate::log::{Log, Topic, TopicSpec};
pub(super) use mend::{Mend, words};

#[derive(Debug, Subcommand)]
pub(super) enum TopicsCommand {
    /// Show what is missing or differs; change nothing. Exit status 3 if there is anything.
    #[command(after_help = examples::PLAN)]
    Plan,
    /// Create what is missing. What differs is left alone and told: exit status 3.
    #[command(after_help = examples::APPLY)]
    Apply,
}

/// What there is to say of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Difference {
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
pub(super) type Existing = (Topic, i32, Vec<(String, String)>);

/// Compares what there should be with what there is.
pub(super) fn compare(specs: &[TopicSpec], existing: &[Existing]) -> Vec<Difference> {
    let mut differences = Vec::new();
    for spec in specs {
        let topic = &spec.topic;
        let Some((_, partitions, settings)) = existing.iter().find(|(there, ..)| there == topic) else {
            differences.push(Difference::Missing(spec.clone()));
            continue;
        };
        if *partitions != spec.partitions {
            differences.push(Difference::Partitions {
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
                differences.push(Difference::Setting {
                    topic: topic.clone(),
                    name: name.clone(),
                    there: there.cloned(),
                    wanted: wanted.clone(),
                });
            }
        }
    }
    differences
}

impl Difference {
    /// The topic.
    pub fn topic(&self) -> &Topic {
        match self {
            Self::Missing(spec) => &spec.topic,
            Self::Partitions { topic, .. } | Self::Setting { topic, .. } => topic,
        }
    }

    /// What is so of the topic.
    pub fn tell(&self) -> String {
        match self {
            Self::Missing(spec) => {
                let settings: Vec<_> = spec.settings.iter().map(|(k, v)| format!("{k}={v}")).collect();
                format!("{} partitions  {}", spec.partitions, settings.join(" "))
            }
            Self::Partitions { there, wanted, .. } => format!("has {there} partitions, not {wanted}."),
            Self::Setting {
                name, there, wanted, ..
            } => format!(
                "has {name}={}, not {wanted}.",
                there.as_deref().unwrap_or("(none)")
            ),
        }
    }

    fn line(&self) -> String {
        let what = match self {
            Self::Missing(_) => "create ",
            _ => "differs",
        };
        format!("{what} {}  {}", self.topic(), self.tell())
    }
}

/// `again` is how the options of this command line are written once more.
pub(super) fn topics(
    settings: &Settings,
    command: &TopicsCommand,
    again: &[(&str, String)],
) -> Result<Exit, Failure> {
    let log = connect::log(settings)?;
    let specs = settings.topics.specs(&settings.rules);
    let existing = connect::waiting(settings, || existing(settings, &log, &specs))?;
    let differences = compare(&specs, &existing);
    let mut output = Output::new();
    let mend = Mend::new(settings);
    for difference in &differences {
        output.line(&difference.line())?;
        if let Difference::Setting {
            topic, name, wanted, ..
        } = difference
        {
            output.line(&format!("  {}", mend.alter(topic, name, wanted)))?;
        }
    }
    for line in mend.partitions(&differences, &existing, again) {
        output.line(&line)?;
    }
    let mut missing: Vec<_> = differences
        .iter()
        .filter_map(|difference| match difference {
            Difference::Missing(spec) => Some(spec.clone()),
            _ => None,
        })
        .collect();
    let differing = differences.len() - missing.len();
    let there: Vec<_> = { existing.iter() }
        .map(|(topic, count, _)| (topic.clone(), *count))
        .collect();
    let of_state: Vec<_> = { missing.iter() }
        .map(|spec| &spec.topic)
        .filter(|topic| is_state(settings, topic))
        .cloned()
        .collect();
    // Empty ones would be taken for a beginning, and what was read before would not be read again.
    let kept_back = match !of_state.is_empty() && has_run(settings, &log, &there) {
        true => of_state,
        false => Vec::new(),
    };
    missing.retain(|spec| !kept_back.contains(&spec.topic));
    if let Some(why) = lost(&kept_back) {
        output.line(&format!("left out  {why}"))?;
    }
    let exit = match command {
        TopicsCommand::Plan => {
            let there = specs.len() - missing.len() - kept_back.len();
            output.line(&format!(
                "{there} there, {} to create, {differing} differences",
                missing.len()
            ))?;
            if differences.is_empty() {
                Exit::Done
            } else {
                Exit::ToDo
            }
        }
        TopicsCommand::Apply => {
            connect::waiting(settings, || log.create_topics(&missing)).map_err(connect::failed(settings))?;
            output.line(&format!(
                "{} created, {differing} differences left",
                missing.len()
            ))?;
            if differing == 0 && kept_back.is_empty() {
                Exit::Done
            } else {
                Exit::ToDo
            }
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

/// Whether a topic is one of the two that hold the state: mailbox and changelog.
fn is_state(settings: &Settings, topic: &Topic) -> bool {
    [TopicKind::Interactions, TopicKind::Changelog]
        .iter()
        .any(|kind| settings.topics.topic(*kind) == *topic)
}

/// What is to be said of topics of the state that are missing where heard has run; `None`: none is.
pub(super) fn lost(topics: &[Topic]) -> Option<String> {
    let names: Vec<_> = topics.iter().map(Topic::as_str).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    let names = (!names.is_empty()).then(|| names.join(" and "))?;
    Some(format!(
        "{names} {verb} gone, and heard has run here: the state is lost. {REBUILD}."
    ))
}

/// Whether heard is known to have run here: its group has offsets, or there are records in what it writes. `there`: the
/// topics that exist. Without an answer it is not known.
pub(super) fn has_run(settings: &Settings, log: &KafkaLog, there: &[(Topic, i32)]) -> bool {
    let all = connect::all_of(there.iter().cloned());
    let committed = log.committed(&settings.application, &all);
    if committed.is_ok_and(|committed| committed.iter().any(Option::is_some)) {
        return true;
    }
    let written = [
        TopicKind::Interactions,
        TopicKind::Changelog,
        TopicKind::Cases,
        TopicKind::CaseEvents,
    ]
    .map(|kind| settings.topics.topic(kind));
    let written: Vec<_> = { all.into_iter() }
        .filter(|partition| written.contains(&partition.topic))
        .collect();
    let ends = log.ends(&written);
    ends.is_ok_and(|ends| ends.iter().any(|ends| ends.high_watermark > 0))
}

#[cfg(test)]
mod tests {
    use super::{Difference, compare};
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
        let differs = |name: &str, there: Option<&str>, wanted: &str| Difference::Setting {
            topic: Topic::new("b"),
            name: name.into(),
            there: there.map(Into::into),
            wanted: wanted.into(),
        };
        assert_eq!(
            compare(&specs, &existing),
            [
                Difference::Partitions {
                    topic: Topic::new("b"),
                    there: 6,
                    wanted: 12
                },
                differs("cleanup.policy", Some("delete"), "compact"),
                differs("retention.ms", None, "-1"),
                Difference::Missing(spec("c")),
            ]
        );
    }
}
