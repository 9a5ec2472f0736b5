//! Whether our topics are as they must be: partitions, and how they are kept.

use super::cluster::{INTERNAL, Look, unanswered};
use super::finding::Finding;
use crate::cli::topics::{self, Difference, Mend};
use crate::cli::{Exit, connect};
use crate::config::TopicKind;
use crate::engine::{REBUILD, is_blank, recorded_partitions};
use crate::log::{Log as _, Topic};

/// Settings of the internal topics that lose what is in them, if they are not as they should be.
const LOSES: [&str; 3] = ["cleanup.policy", "retention.ms", "retention.bytes"];

impl Look<'_> {
    /// Looks at the partitions of mailbox and changelog, and at how our topics are kept.
    pub fn partitions(&mut self, there: &[(Topic, i32)]) {
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
                format!("{REBUILD}."),
            ));
        } else {
            match recorded_partitions(self.log, &changelog, of_changelog) {
                Ok(Some(was)) if was != of_changelog => self.findings.push(Finding::lacks(
                    Exit::ToDo,
                    format!("topic {changelog}"),
                    format!("its rows were written with {was} partitions, and now there are {of_changelog}."),
                    format!("Partitions cannot be added later. {REBUILD}."),
                )),
                Ok(None) => self.emptied(there),
                Ok(_) => {}
                Err(error) if error.denied => {}
                Err(error) => self
                    .findings
                    .push(unanswered(&format!("topic {changelog}"), &error)),
            }
        }
        self.shapes(there);
        if self.findings.len() == before {
            self.fine("partitions", format!("mailbox and changelog have {of_mailbox}"));
        }
    }

    /// Mailbox and changelog that are as good as new, where inputs were read and cases are in the outputs: somebody has made
    /// them anew, and brokers forget the offsets of what is deleted. What was read of the inputs would be passed over.
    fn emptied(&mut self, there: &[(Topic, i32)]) {
        let of = |topics: &[Topic]| {
            let wanted = there.iter().filter(|(topic, _)| topics.contains(topic));
            connect::all_of(wanted.cloned())
        };
        let is_written = |topic: &Topic| -> Option<bool> {
            let ends = self.log.ends(&of(std::slice::from_ref(topic))).ok()?;
            Some(ends.iter().any(|ends| ends.high_watermark > 0))
        };
        let state = INTERNAL.map(|kind| self.topic(kind));
        let [mailbox, changelog] = &state;
        let partitions = { there.iter() }.find(|(topic, _)| topic == changelog);
        // An instance that still runs may have asked there what time it is.
        let is_blank = || is_blank(self.log, changelog, partitions.map_or(0, |(_, count)| *count));
        if is_written(&self.topic(TopicKind::Cases)) != Some(true)
            || is_written(mailbox) != Some(false)
            || !is_blank().is_ok_and(|is_blank| is_blank)
        {
            return;
        }
        let committed = self
            .log
            .committed(&self.settings.application, &of(&self.inputs()));
        if committed.is_ok_and(|committed| committed.iter().flatten().any(|read| read.offset > 0)) {
            self.findings.push(Finding::lacks(
                Exit::ToDo,
                format!("topics {mailbox} and {changelog}"),
                "are empty, but the group has read the inputs, and there are cases: the state is lost.",
                format!("{REBUILD}."),
            ));
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
            let what = difference.tell();
            let mend = match &difference {
                Difference::Setting {
                    topic, name, wanted, ..
                } => {
                    let command = Mend::new(self.settings).alter(topic, name, wanted);
                    format!("Mend it with: {command}")
                }
                _ => String::new(),
            };
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
}
