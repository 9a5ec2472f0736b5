//! Tries the brokers: whether they answer, the topics, their partitions, the rights.

use std::time::Duration;

use super::finding::Finding;
use crate::cli::failure::of_log;
use crate::cli::run::Role;
use crate::cli::topics::{self, Difference};
use crate::cli::{Exit, Failure, connect};
use crate::config::{Settings, TopicKind};
use crate::engine::recorded_partitions;
use crate::log::kafka::KafkaLog;
use crate::log::{ErrorKind, Log, LogError, Producer as _, Topic, TopicPartition};

/// How long each question may take once the brokers have answered.
const WITHIN: Duration = Duration::from_secs(10);

const INTERNAL: [TopicKind; 2] = [TopicKind::Interactions, TopicKind::Changelog];

/// What a run writes for others; signals come later.
const OUTPUTS: [TopicKind; 5] = [
    TopicKind::DeadLetters,
    TopicKind::HandlingOnstage,
    TopicKind::HandlingOffstage,
    TopicKind::Cases,
    TopicKind::CaseEvents,
];

/// Settings of the internal topics that lose what is in them, if they are not as they should be.
const LOSES: [&str; 3] = ["cleanup.policy", "retention.ms", "retention.bytes"];

/// Tries everything that `heard run` with these roles needs, and ends with the first kind of thing
/// that keeps the rest from being tried.
///
/// # Errors
/// Settings of the Kafka client that cannot be used. What the brokers lack is a finding.
pub(in crate::cli) fn look(
    settings: &Settings,
    log: &KafkaLog,
    roles: &[Role],
    patience: Duration,
) -> Result<Vec<Finding>, Failure> {
    let mut look = Look {
        settings,
        log,
        intake: roles.contains(&Role::Intake),
        desk: roles.contains(&Role::Desk),
        findings: Vec::new(),
    };
    // An error means that nothing after it can be tried; it has become a finding.
    if let Some(there) = look.brokers(patience).and_then(|()| look.topics()) {
        look.partitions(&there);
        look.rights();
    }
    Ok(look.findings)
}

struct Look<'s> {
    settings: &'s Settings,
    log: &'s KafkaLog,
    intake: bool,
    desk: bool,
    findings: Vec<Finding>,
}

impl Look<'_> {
    fn topic(&self, kind: TopicKind) -> Topic {
        self.settings.topics.topic(kind)
    }

    fn fine(&mut self, about: &str, what: String) {
        self.findings.push(Finding::fine(about, what));
    }

    fn brokers(&mut self, patience: Duration) -> Option<()> {
        let brokers = format!("brokers {}", self.settings.brokers);
        match self.log.reach(&self.topic(TopicKind::Interactions), patience) {
            Ok(count) => {
                let cluster = match count {
                    1 => "the cluster has one broker".to_owned(),
                    n => format!("the cluster has {n} brokers"),
                };
                self.fine(&brokers, cluster);
                Some(())
            }
            Err(error) if error.denied => {
                self.findings.push(Finding::lacks(
                    Exit::Denied,
                    brokers,
                    format!("do not believe who we are: {}.", error.detail),
                    "Check sasl.mechanism, sasl.username and sasl.password in [kafka].",
                ));
                None
            }
            Err(error) => {
                self.findings.push(Finding::lacks(
                    Exit::Unavailable,
                    brokers,
                    format!("cannot be reached: {}.", error.detail),
                    "See that they run, that `brokers` names them, and that security.protocol in [kafka] is theirs.",
                ));
                None
            }
        }
    }

    /// The topics that exist, with their partitions; `None`: not all do.
    fn topics(&mut self) -> Option<Vec<(Topic, i32)>> {
        let mut there = Vec::new();
        let mut missing = Vec::new();
        let mut hidden = Vec::new();
        let needed = self.needed();
        for topic in &needed {
            match self.log.partitions(std::slice::from_ref(topic)) {
                Ok(found) if found.is_empty() => missing.push(topic.as_str()),
                Ok(found) => there.extend(found),
                Err(error) if error.denied => hidden.push(topic.as_str()),
                Err(error) => {
                    self.findings.push(unanswered("topics", &error));
                    return None;
                }
            }
        }
        if missing.is_empty() && hidden.is_empty() {
            self.fine("topics", format!("all {} are there", needed.len()));
            return Some(there);
        }
        if !missing.is_empty() {
            self.findings.push(Finding::lacks(
                Exit::ToDo,
                "topics",
                format!(
                    "{} of {} are missing: {}.",
                    missing.len(),
                    needed.len(),
                    missing.join(", ")
                ),
                "Create them with: heard topics apply",
            ));
        }
        let reads = self.reads();
        for topic in hidden {
            // Either right brings that of seeing it.
            let operation = match reads.iter().any(|read| read.as_str() == topic) {
                true => "Read",
                false => "Write",
            };
            self.findings.push(no_right(
                &format!("topic {topic}"),
                "see",
                operation,
                "--topic",
                topic,
            ));
        }
        None
    }

    /// The topics that must exist, whatever the roles are.
    fn needed(&self) -> Vec<Topic> {
        let mut topics = self.inputs();
        topics.extend(INTERNAL.iter().chain(&OUTPUTS).map(|kind| self.topic(*kind)));
        topics
    }

    fn inputs(&self) -> Vec<Topic> {
        let mut topics = Vec::new();
        for channel in self.settings.rules.channels.keys() {
            topics.push(self.settings.topics.complaints(channel));
            topics.push(self.settings.topics.responses(channel));
        }
        topics.extend([TopicKind::Updates, TopicKind::Customers].map(|kind| self.topic(kind)));
        topics
    }

    /// What these roles read.
    fn reads(&self) -> Vec<Topic> {
        let mut topics = Vec::new();
        if self.intake {
            topics.extend(self.inputs());
        }
        if self.desk {
            topics.extend(INTERNAL.map(|kind| self.topic(kind)));
        }
        topics
    }

    /// What these roles write.
    fn writes(&self) -> Vec<Topic> {
        let kinds = match self.desk {
            true => &[INTERNAL.as_slice(), OUTPUTS.as_slice()].concat(),
            false => &vec![TopicKind::Interactions, TopicKind::DeadLetters],
        };
        kinds.iter().map(|kind| self.topic(*kind)).collect()
    }

    fn partitions(&mut self, there: &[(Topic, i32)]) {
        let (mailbox, changelog) = (
            self.topic(TopicKind::Interactions),
            self.topic(TopicKind::Changelog),
        );
        let count = |topic: &Topic| there.iter().find(|(t, _)| t == topic).map_or(0, |(_, n)| *n);
        let (of_mailbox, of_changelog) = (count(&mailbox), count(&changelog));
        let before = self.findings.len();
        if of_mailbox != of_changelog {
            self.findings.push(Finding::lacks(
                Exit::ToDo,
                format!("topics {mailbox} and {changelog}"),
                format!("have {of_mailbox} and {of_changelog} partitions, and must have equally many."),
                "If nothing was processed yet, delete both and create them with: heard topics apply. Otherwise \
                 rebuild: delete the consumer group too; the inputs are then read from their beginning.",
            ));
        } else {
            match recorded_partitions(self.log, &changelog, of_changelog) {
                Ok(Some(was)) if was != of_changelog => self.findings.push(Finding::lacks(
                    Exit::ToDo,
                    format!("topic {changelog}"),
                    format!("its rows were written with {was} partitions, and now there are {of_changelog}."),
                    "Partitions cannot be added later. Rebuild: stop all instances, delete the consumer group and \
                     both internal topics, create them with `heard topics apply`, and start again.",
                )),
                Ok(_) => {}
                Err(error) if error.denied => {}
                Err(error) => self.findings.push(unanswered(&format!("topic {changelog}"), &error)),
            }
        }
        self.shapes(there);
        if self.findings.len() == before {
            self.fine("partitions", format!("mailbox and changelog have {of_mailbox}"));
        }
    }

    /// Compares how our topics are kept with what `heard topics apply` would make of them.
    fn shapes(&mut self, there: &[(Topic, i32)]) {
        // How inputs are kept is for those to say who write them.
        let inputs = self.inputs();
        let there: Vec<_> = there
            .iter()
            .filter(|(topic, _)| !inputs.contains(topic))
            .collect();
        let specs: Vec<_> = self
            .settings
            .topics
            .specs(&self.settings.rules)
            .into_iter()
            .filter(|spec| there.iter().any(|(topic, _)| *topic == spec.topic))
            .collect();
        let names: Vec<_> = there.iter().map(|(topic, _)| topic.clone()).collect();
        let kept = match self.log.topic_settings(&names) {
            Ok(kept) => kept,
            Err(error) if error.denied => there.iter().map(|_| Vec::new()).collect(),
            Err(error) => {
                self.findings.push(unanswered("topics", &error));
                return;
            }
        };
        // A topic that may not be described comes without settings.
        let plain: Vec<_> = there
            .iter()
            .zip(&kept)
            .filter(|(_, settings)| settings.is_empty())
            .map(|((topic, _), _)| topic.clone())
            .collect();
        if !plain.is_empty() {
            let names: Vec<_> = plain.iter().map(Topic::as_str).collect();
            self.findings.push(Finding::odd(
                "topics",
                format!(
                    "we may not see how these are kept, so that was not looked at: {}.",
                    names.join(", ")
                ),
                "To have it checked, grant DescribeConfigs on them.",
            ));
        }
        let existing: Vec<_> = there
            .iter()
            .zip(kept)
            .map(|((topic, count), settings)| (topic.clone(), *count, settings))
            .collect();
        let internal = INTERNAL.map(|kind| self.topic(kind));
        let mut counts = Vec::new();
        for difference in topics::compare(&specs, &existing) {
            let topic = difference.topic().clone();
            let (what, mend) = difference.tell();
            let about = format!("topic {topic}");
            match difference {
                Difference::Missing(_) => {}
                Difference::Partitions { there, .. } => counts.push(format!("{topic} has {there}")),
                Difference::Setting { .. } if plain.contains(&topic) => {}
                // Rows that are deleted by time, or messages that are compacted, are lost.
                Difference::Setting { name, .. }
                    if internal.contains(&topic) && LOSES.contains(&name.as_str()) =>
                {
                    self.findings.push(Finding::lacks(Exit::ToDo, about, what, mend));
                }
                Difference::Setting { .. } => self.findings.push(Finding::odd(about, what, mend)),
            }
        }
        if !counts.is_empty() {
            let wanted = self.settings.topics.partitions;
            self.findings.push(Finding::odd(
                "topics.partitions of the configuration",
                format!("is {wanted}, but {}.", counts.join(", ")),
                "Set it to what is there, or use another prefix: partitions that exist are left alone, since \
                 others would break the order of keys.",
            ));
        }
    }

    fn rights(&mut self) {
        let before = self.findings.len();
        let settings = self.settings;
        match self.log.unreadable(&self.reads(), WITHIN) {
            Ok(topics) => self.denied(&topics, "Read"),
            Err(error) => self.findings.push(unanswered("reading", &error)),
        }
        match self.log.unwritable(&self.writes(), WITHIN) {
            Ok(topics) => self.denied(&topics, "Write"),
            Err(error) => self.findings.push(unanswered("writing", &error)),
        }
        let mailbox = TopicPartition::new(self.topic(TopicKind::Interactions), 0);
        let partition = std::slice::from_ref(&mailbox);
        if self.desk {
            // Deletes nothing: there is nothing before the start.
            let purged = self
                .log
                .ends(partition)
                .and_then(|ends| self.log.delete_records(&[(mailbox.clone(), ends[0].start)]));
            match purged {
                Err(error) if error.denied => self.denied(std::slice::from_ref(&mailbox.topic), "Delete"),
                Err(error) => self.findings.push(unanswered("deleting", &error)),
                Ok(()) => {}
            }
        }
        let group = &settings.application;
        if let Err(error) = self.log.committed(group, partition) {
            self.findings.push(if error.denied {
                no_right(&format!("group {group}"), "use", "Read", "--group", group)
            } else {
                unanswered(&format!("group {group}"), &error)
            });
        }
        // Not that of a worker: taking hold of it would stop one that runs.
        let id = format!("{group}-check");
        if let Err(error) = self.log.producer(&id).and_then(|mut producer| producer.init()) {
            self.findings.push(if error.denied {
                no_right(
                    &format!("transactional ids {group}-..."),
                    "use",
                    "Write",
                    "--resource-pattern-type prefixed --transactional-id",
                    &format!("{group}-"),
                )
            } else {
                unanswered(&format!("transactional id {id}"), &error)
            });
        }
        if self.findings.len() == before {
            let (reads, writes) = (self.reads().len(), self.writes().len());
            self.fine(
                "rights",
                format!(
                    "{reads} topics may be read and {writes} written; group and transactional ids may be used"
                ),
            );
        }
    }

    fn denied(&mut self, topics: &[Topic], operation: &str) {
        let verb = match operation {
            "Read" => "read",
            "Write" => "write to",
            _ => "delete records of",
        };
        for topic in topics {
            let name = topic.as_str();
            self.findings.push(no_right(
                &format!("topic {name}"),
                verb,
                operation,
                "--topic",
                name,
            ));
        }
    }
}

/// We may not do with it what `verb` says, for want of `operation`.
fn no_right(about: &str, verb: &str, operation: &str, kind: &str, name: &str) -> Finding {
    Finding::lacks(
        Exit::Denied,
        about,
        format!("we may not {verb} it."),
        format!(
            "Grant it with: kafka-acls.sh --add --allow-principal User:... --operation {operation} {kind} {name}"
        ),
    )
}

fn unanswered(about: &str, error: &LogError) -> Finding {
    let mend = match error.kind {
        ErrorKind::Retriable => "Try again; look at the brokers' logs.",
        _ => "Look at the brokers' logs.",
    };
    Finding::lacks(of_log(error), about, format!("{error}."), mend)
}

/// As [`look`], for a run that is about to begin: what is odd is logged, what is lacking is told and
/// ends it.
///
/// # Errors
/// Something is lacking.
pub(in crate::cli) fn before_run(settings: &Settings, log: &KafkaLog, roles: &[Role]) -> Result<(), Failure> {
    let findings = connect::waiting(settings, || look(settings, log, roles, connect::PATIENCE))?;
    for finding in &findings {
        match finding.weight {
            super::finding::Weight::Fine => tracing::debug!("{}", finding.line()),
            super::finding::Weight::Odd => tracing::warn!("{}", finding.line()),
            super::finding::Weight::Lacks(_) => super::super::tell(&finding.line()),
        }
    }
    match super::finding::exit(&findings) {
        Exit::Done => Ok(()),
        exit => Err(Failure::Lacks(exit)),
    }
}
