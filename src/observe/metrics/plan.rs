//! Which label values there are. They come from the configuration alone, whatever comes in: that bounds
//! the number of series.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::config::rules::{RuleSettings, Share};
use crate::desk::figures::{ChannelFigures, ChannelTag, LEVELS, Table, Waiting, stage_of_group};
use crate::intake::InputKind;
use crate::log::Topic;
use crate::model::Stage;

/// What stands for everything that the configuration does not name.
pub const OTHER: &str = "other";

/// The channel of records whose topic belongs to none.
pub const NO_CHANNEL: &str = "none";

/// Both stages, with their label values.
pub const STAGES: [(Stage, &str); 2] = [(Stage::Onstage, "onstage"), (Stage::Offstage, "offstage")];

/// What is measured: topics and channels.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The channels, by name.
    pub(super) channels: Vec<Channel>,
    /// What input topics hold, by index.
    pub(super) inputs: Vec<Input>,
    by_topic: BTreeMap<Topic, usize>,
    pub(super) mailbox: Topic,
    /// Where the brokers are, for people.
    pub(super) brokers: String,
    queues: FxHashMap<u64, (usize, Stage, Waiting)>,
    /// The channels and stages whose figures are added up, by their number.
    groups: FxHashMap<u64, (usize, Stage)>,
}

/// A channel of the configuration.
#[derive(Clone, Debug)]
pub(super) struct Channel {
    pub name: Box<str>,
    pub stage: Stage,
    pub figures: ChannelFigures,
    /// The share of its customers who expect an answer (rule 29), if it is set.
    pub expects: Option<f64>,
    /// Which of [`LEVELS`] are set for it.
    pub levels: [bool; LEVELS.len()],
}

/// An input topic.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub kind: InputKind,
    /// Its channel's place in the plan.
    pub channel: Option<usize>,
}

impl Plan {
    /// A plan for these rules and topics. `inputs` says of each input topic what it holds, and of
    /// which channel, in the order of the engine's settings.
    pub fn new(
        rules: &RuleSettings,
        inputs: impl IntoIterator<Item = (InputKind, Option<String>, Topic)>,
        mailbox: Topic,
    ) -> Self {
        let table = Table::new(rules);
        let channels: Vec<_> = rules
            .channels
            .iter()
            .filter_map(|(name, rules)| {
                Some(Channel {
                    name: name.clone(),
                    stage: rules.stage,
                    figures: table.channel(name)?,
                    expects: rules.expects.map(Share::get),
                    levels: [
                        rules.levels.any(|set| set.acknowledge.is_some()),
                        rules.levels.any(|set| set.answer.is_some()),
                        rules.levels.any(|set| set.next.is_some()),
                        rules.levels.any(|set| set.resolve.is_some()),
                    ],
                })
            })
            .collect();
        let mut queues = FxHashMap::default();
        let mut groups = FxHashMap::default();
        for (place, channel) in channels.iter().enumerate() {
            let tag = ChannelTag::of(&channel.name);
            for (stage, _) in STAGES {
                groups.insert(tag.group(stage), (place, stage));
                for waiting in [Waiting::ForResolution, Waiting::ForReply] {
                    queues.insert(tag.queue(stage, waiting), (place, stage, waiting));
                }
            }
        }
        let mut by_topic = BTreeMap::new();
        let inputs = inputs
            .into_iter()
            .enumerate()
            .map(|(index, (kind, channel, topic))| {
                by_topic.insert(topic, index);
                let channel = channel.and_then(|name| channels.iter().position(|c| *c.name == *name));
                Input { kind, channel }
            })
            .collect();
        Self {
            channels,
            inputs,
            by_topic,
            mailbox,
            brokers: String::new(),
            queues,
            groups,
        }
    }

    /// The same for an installation at these brokers.
    pub fn at(self, brokers: &str) -> Self {
        let brokers = brokers.to_owned();
        Self { brokers, ..self }
    }

    /// Which input a topic is; `None`: the mailbox, or none of ours.
    pub(super) fn input(&self, topic: &Topic) -> Option<&Input> {
        self.inputs.get(self.input_number(topic)?)
    }

    /// The index of an input topic.
    pub(super) fn input_number(&self, topic: &Topic) -> Option<usize> {
        self.by_topic.get(topic).copied()
    }

    /// The label value of a topic.
    pub(super) fn topic_kind(&self, topic: &Topic) -> &'static str {
        match self.input(topic) {
            Some(input) => topic_kind(input.kind),
            None if *topic == self.mailbox => INTERACTIONS,
            None => OTHER,
        }
    }

    /// Whose figures a group is: the channel's place, or one past the last for a channel that is in the
    /// configuration no more; and the stage.
    pub(super) fn group(&self, number: u64) -> (usize, Stage) {
        let known = self.groups.get(&number).copied();
        known.unwrap_or_else(|| (self.channels.len(), stage_of_group(number)))
    }

    /// Whose a queue is: the channel's place, and what for.
    pub(super) fn queue(&self, number: u64) -> Option<(usize, Stage, Waiting)> {
        self.queues.get(&number).copied()
    }
}

/// The label values of topics that are written: those of the engine, then the outputs in the order of
/// [`crate::app::OutputTopic`].
pub(super) const WRITTEN: [&str; 8] = [
    INTERACTIONS,
    "changelog",
    "dead_letters",
    "handling_onstage",
    "handling_offstage",
    "cases",
    "case_events",
    "signals",
];

/// The label value of the mailbox topic.
pub(super) const INTERACTIONS: &str = "interactions";

/// The label value of an input topic.
pub(super) fn topic_kind(kind: InputKind) -> &'static str {
    match kind {
        InputKind::Complaints => "complaints",
        InputKind::Responses => "responses",
        InputKind::Updates => "updates",
        InputKind::Customers => "customers",
        InputKind::Surveys => "surveys",
    }
}

/// The label value of a record.
pub(super) fn record_kind(kind: InputKind) -> &'static str {
    match kind {
        InputKind::Complaints => "complaint",
        InputKind::Responses => "response",
        InputKind::Updates => "update",
        InputKind::Customers => "customer",
        InputKind::Surveys => "survey",
    }
}
