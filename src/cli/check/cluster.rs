//! Tries the brokers: whether they answer, and whether the topics are there; then their shapes and our
//! rights.

use std::time::Duration;

use super::finding::Finding;
use super::rights::no_right;
use crate::cli::Exit;
use crate::cli::failure::of_log;
use crate::cli::run::Role;
use crate::cli::topics;
use crate::config::{Settings, TopicKind};
use crate::log::kafka::KafkaLog;
use crate::log::{ErrorKind, Log, LogError, Topic};

/// What a run keeps for itself.
pub(super) const INTERNAL: [TopicKind; 2] = [TopicKind::Interactions, TopicKind::Changelog];

/// What a run writes for others.
pub(super) const OUTPUTS: [TopicKind; 6] = [
    TopicKind::DeadLetters,
    TopicKind::HandlingOnstage,
    TopicKind::HandlingOffstage,
    TopicKind::Cases,
    TopicKind::CaseEvents,
    TopicKind::Signals,
];

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// What `heard run` needs.
    Run,
    /// Also what only some other commands need.
    All,
}

/// Tries everything that `heard run` with these roles needs, and what else is in the scope, and ends with
/// the first kind of thing that keeps the rest from being tried.
///
/// What the brokers lack is a finding, and so is an error.
pub(super) fn look(
    settings: &Settings,
    log: &KafkaLog,
    roles: &[Role],
    scope: Scope,
    patience: Duration,
) -> Vec<Finding> {
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
        if scope == Scope::All {
            look.sending();
        }
    }
    look.findings
}

/// A look at the cluster, and what it has found so far.
pub(super) struct Look<'s> {
    pub settings: &'s Settings,
    pub log: &'s KafkaLog,
    intake: bool,
    pub desk: bool,
    pub findings: Vec<Finding>,
}

impl Look<'_> {
    pub fn topic(&self, kind: TopicKind) -> Topic {
        self.settings.topics.topic(kind)
    }

    pub fn fine(&mut self, about: &str, what: String) {
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
            let of_state: Vec<_> = { INTERNAL.iter() }
                .map(|kind| self.topic(*kind))
                .filter(|topic| missing.contains(&topic.as_str()))
                .collect();
            let mend = match topics::lost(&of_state) {
                Some(lost) if topics::has_run(self.settings, self.log, &there) => lost,
                _ => "Create them with: heard topics apply".to_owned(),
            };
            self.findings.push(Finding::lacks(
                Exit::ToDo,
                "topics",
                format!(
                    "{} of {} are missing: {}.",
                    missing.len(),
                    needed.len(),
                    missing.join(", ")
                ),
                mend,
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

    pub fn inputs(&self) -> Vec<Topic> {
        let mut topics = Vec::new();
        for channel in self.settings.rules.channels.keys() {
            topics.push(self.settings.topics.complaints(channel));
            topics.push(self.settings.topics.responses(channel));
        }
        topics.extend([TopicKind::Updates, TopicKind::Customers].map(|kind| self.topic(kind)));
        topics
    }

    /// What these roles read.
    pub fn reads(&self) -> Vec<Topic> {
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
    pub fn writes(&self) -> Vec<Topic> {
        let kinds = match self.desk {
            true => &[INTERNAL.as_slice(), OUTPUTS.as_slice()].concat(),
            false => &vec![TopicKind::Interactions, TopicKind::DeadLetters],
        };
        kinds.iter().map(|kind| self.topic(*kind)).collect()
    }
}

/// A question that was not answered.
pub(super) fn unanswered(about: &str, error: &LogError) -> Finding {
    let mend = match error.kind {
        ErrorKind::Retriable => "Try again; look at the brokers' logs.",
        _ => "Look at the brokers' logs.",
    };
    Finding::lacks(of_log(error), about, format!("{error}."), mend)
}
