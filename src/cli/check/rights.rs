//! What we may do with topics, group and transactional ids, by trying it.

use std::time::Duration;

use super::cluster::{Look, unanswered};
use super::finding::Finding;
use crate::cli::Exit;
use crate::config::TopicKind;
use crate::log::{Log, Producer as _, Topic, TopicPartition};

/// How long each question may take once the brokers have answered.
const WITHIN: Duration = Duration::from_secs(10);

impl Look<'_> {
    /// Tries every right that a run needs. Nothing is left behind.
    pub fn rights(&mut self) {
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
        match self.log.may_use_group(group, &mailbox) {
            Ok(true) => {}
            Ok(false) => self.findings.push(no_right(
                &format!("group {group}"),
                "use",
                "Read",
                "--group",
                group,
            )),
            Err(error) => self.findings.push(unanswered(&format!("group {group}"), &error)),
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

    /// Tries the right to write to the inputs, which `heard run` has no use for: to lack it is no fault.
    pub fn sending(&mut self) {
        let inputs = self.inputs();
        let names = match self.log.unwritable(&inputs, WITHIN) {
            Ok(topics) if topics.is_empty() => return,
            Ok(topics) if topics.len() == inputs.len() => "any input topic".to_owned(),
            Ok(topics) => {
                let names: Vec<_> = topics.iter().map(Topic::as_str).collect();
                names.join(", ")
            }
            Err(error) => return self.findings.push(unanswered("writing to input topics", &error)),
        };
        self.findings.push(Finding::note(
            "sending",
            format!(
                "we may not write to {names}. `heard run` need not; `heard ingest` and `heard dlq replay` cannot \
                 send there."
            ),
            "To let this user do so, grant Write on them.",
        ));
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
pub(super) fn no_right(about: &str, verb: &str, operation: &str, kind: &str, name: &str) -> Finding {
    Finding::lacks(
        Exit::Denied,
        about,
        format!("we may not {verb} it."),
        format!(
            "Grant it with: kafka-acls.sh --add --allow-principal User:... --operation {operation} {kind} {name}"
        ),
    )
}
