//! The names and shapes of topics (DESIGN.md 3).

use std::num::NonZeroU32;

use crate::log::Topic;

use super::section::Section;

/// A topic other than those per channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TopicKind {
    /// Changes without a message; input.
    Updates,
    /// Survey answers; input.
    Surveys,
    /// Customer records; input, compacted.
    Customers,
    /// The mailbox of the desk's actors; internal.
    Interactions,
    /// The rows of the desk's actors; internal, compacted.
    Changelog,
    /// Work items of conversations with spectators; output.
    HandlingOnstage,
    /// Work items of private conversations; output.
    HandlingOffstage,
    /// The state of each case; output, compacted.
    Cases,
    /// What happened to cases; output.
    CaseEvents,
    /// Surges, advocacy, candidates; output.
    Signals,
    /// What could not be used; output.
    DeadLetters,
}

impl TopicKind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Updates,
        Self::Surveys,
        Self::Customers,
        Self::Interactions,
        Self::Changelog,
        Self::HandlingOnstage,
        Self::HandlingOffstage,
        Self::Cases,
        Self::CaseEvents,
        Self::Signals,
        Self::DeadLetters,
    ];

    /// The name unless configured otherwise, without the prefix.
    pub const fn default_name(self) -> &'static str {
        match self {
            Self::Updates => "updates",
            Self::Surveys => "surveys",
            Self::Customers => "customers",
            Self::Interactions => "interactions",
            Self::Changelog => "interactions-changelog",
            Self::HandlingOnstage => "handling.onstage",
            Self::HandlingOffstage => "handling.offstage",
            Self::Cases => "cases",
            Self::CaseEvents => "case-events",
            Self::Signals => "signals",
            Self::DeadLetters => "dead-letters",
        }
    }

    /// What it holds, in words for people.
    const fn about(self) -> &'static str {
        match self {
            Self::Updates => "Input: changes without a message.",
            Self::Surveys => "Input: survey answers.",
            Self::Customers => "Input: customer records of the CRM.",
            Self::Interactions => "Internal: messages between actors, the mailbox.",
            Self::Changelog => "Internal: the state, from which a restart rebuilds it.",
            Self::HandlingOnstage => "Output: work items of public conversations.",
            Self::HandlingOffstage => "Output: work items of private conversations.",
            Self::Cases => "Output: the state of each case.",
            Self::CaseEvents => "Output: what happened to cases.",
            Self::Signals => "Output: surges and the like.",
            Self::DeadLetters => "Output: what could not be used, and why.",
        }
    }

    /// The key in `[topics.names]`: the default name with `_` for what TOML keys cannot hold.
    fn config_key(self) -> String {
        self.default_name().replace(['-', '.'], "_")
    }
}

/// Names of all topics, how many partitions and replicas they have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSettings {
    /// Stands before every name, such as `crm.`; may be empty.
    pub prefix: String,
    /// Partitions of mailbox, changelog and outputs.
    pub partitions: NonZeroU32,
    /// Partitions of inputs.
    pub input_partitions: NonZeroU32,
    /// Replicas; `None`: the broker's default.
    pub replication: Option<NonZeroU32>,
    complaints: String,
    responses: String,
    names: [String; TopicKind::ALL.len()],
}

impl TopicSettings {
    /// The topic of a kind.
    pub fn topic(&self, kind: TopicKind) -> Topic {
        let name = &self.names[kind as usize];
        Topic::new(&format!("{}{name}", self.prefix))
    }

    /// Where complaints of a channel come in.
    pub fn complaints(&self, channel: &str) -> Topic {
        Topic::new(&format!("{}{}.{channel}", self.prefix, self.complaints))
    }

    /// Where responses in a channel come in.
    pub fn responses(&self, channel: &str) -> Topic {
        Topic::new(&format!("{}{}.{channel}", self.prefix, self.responses))
    }

    /// Reads the `[topics]` table.
    pub(super) fn read(mut section: Section<'_>) -> Self {
        let mut settings = Self::default();
        settings.prefix = section.setting(
            "prefix",
            settings.prefix,
            "Stands before every topic's name, such as \"crm.\".",
        );
        settings.partitions = section.setting(
            "partitions",
            settings.partitions,
            "Partitions of mailbox, changelog and outputs. They cannot be changed later: choose for years.",
        );
        settings.input_partitions = section.like(
            "topics.partitions",
            "input_partitions",
            settings.partitions,
            "24",
            "Partitions of inputs; as many as `partitions` unless set.",
        );
        settings.replication = section.optional(
            "replication",
            "3",
            "Replicas of each partition; the broker's default unless set.",
        );
        let mut names = section.table(
            "names",
            "Names of single topics, behind the prefix. Channels' inputs are complaints.CHANNEL and \
             responses.CHANNEL.",
        );
        let about = "What the names of the channels' complaint topics begin with.";
        settings.complaints = name(&mut names, "complaints", settings.complaints, about);
        let about = "What the names of the channels' response topics begin with.";
        settings.responses = name(&mut names, "responses", settings.responses, about);
        for kind in TopicKind::ALL {
            let slot = &mut settings.names[kind as usize];
            *slot = name(&mut names, &kind.config_key(), std::mem::take(slot), kind.about());
        }
        settings.report_clashes(&names);
        names.finish();
        check(&section, "prefix", &settings.prefix, true);
        section.finish();
        settings
    }

    fn report_clashes(&self, names: &Section<'_>) {
        let perchannel = [("complaints", &self.complaints), ("responses", &self.responses)];
        let keys = TopicKind::ALL.map(TopicKind::config_key);
        let kinds = keys.iter().map(String::as_str).zip(&self.names);
        let all: Vec<_> = perchannel.into_iter().chain(kinds).collect();
        for (i, (key, name)) in all.iter().enumerate() {
            if let Some((other, _)) = all[..i].iter().find(|(_, earlier)| earlier == name) {
                names.problem(
                    key,
                    format!("{key} and {other} are both called \"{name}\". Give each its own name."),
                );
            }
        }
    }
}

impl Default for TopicSettings {
    fn default() -> Self {
        const TWELVE: NonZeroU32 = NonZeroU32::new(12).expect("twelve is not zero");
        Self {
            prefix: String::new(),
            partitions: TWELVE,
            input_partitions: TWELVE,
            replication: None,
            complaints: "complaints".into(),
            responses: "responses".into(),
            names: TopicKind::ALL.map(|kind| kind.default_name().into()),
        }
    }
}

fn name(section: &mut Section<'_>, key: &str, default: String, about: &str) -> String {
    let name = section.setting(key, default, about);
    check(section, key, &name, false);
    name
}

fn check(section: &Section<'_>, key: &str, name: &str, empty_is_fine: bool) {
    if (name.is_empty() && !empty_is_fine) || !is_topic_name(name) {
        let what = format!(
            "{} \"{name}\" is no topic name: letters, digits, '.', '_' and '-', at most 200 of them.",
            section.path_of(key)
        );
        section.problem(key, what);
    }
}

/// Whether Kafka takes this as (part of) a topic's name, with room left for prefix and channel.
pub(super) fn is_topic_name(name: &str) -> bool {
    name.len() <= 200
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::{TopicKind, TopicSettings};

    #[test]
    fn kinds_index_their_names() {
        for (i, kind) in TopicKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, i);
            assert_eq!(TopicSettings::default().topic(kind).as_str(), kind.default_name());
        }
    }
}
