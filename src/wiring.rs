//! Which topics the application reads and writes, from the settings to what the engine takes; and what of
//! it is measured.

use crate::app::OutputTopic;
use crate::config::{RuleSettings, Settings, TopicKind, TopicSettings};
use crate::engine::Topics;
use crate::intake::InputKind;
use crate::log::Topic;
use crate::observe::metrics::Plan;

/// The input topics and what each holds. The order is that of the configuration: offsets are kept by
/// name, so it may change.
pub fn inputs(topics: &TopicSettings, rules: &RuleSettings) -> Vec<(InputKind, Topic)> {
    let mut inputs = Vec::new();
    for channel in rules.channels.keys() {
        inputs.push((InputKind::Complaints, topics.complaints(channel)));
        inputs.push((InputKind::Responses, topics.responses(channel)));
    }
    inputs.push((InputKind::Updates, topics.topic(TopicKind::Updates)));
    inputs.push((InputKind::Surveys, topics.topic(TopicKind::Surveys)));
    inputs.push((InputKind::Customers, topics.topic(TopicKind::Customers)));
    inputs
}

/// The topics of an engine that reads these inputs.
pub fn topics(topics: &TopicSettings, inputs: impl IntoIterator<Item = Topic>) -> Topics {
    Topics {
        inputs: inputs.into_iter().collect(),
        mailbox: topics.topic(TopicKind::Interactions),
        changelog: topics.topic(TopicKind::Changelog),
        outputs: OUTPUTS.map(|(_, kind)| topics.topic(kind)).into(),
        dead_letters: topics.topic(TopicKind::DeadLetters),
    }
}

/// What is measured: the topics of [`inputs`], in their order, and the mailbox.
pub fn plan(settings: &Settings) -> Plan {
    let Settings { topics, rules, .. } = settings;
    let inputs = inputs(topics, rules).into_iter().map(|(kind, topic)| {
        let mut channels = rules.channels.keys();
        let channel =
            channels.find(|channel| [topics.complaints(channel), topics.responses(channel)].contains(&topic));
        (kind, channel.map(ToString::to_string), topic)
    });
    Plan::new(rules, inputs, topics.topic(TopicKind::Interactions)).at(&settings.brokers)
}

/// In the order of [`OutputTopic`].
const OUTPUTS: [(OutputTopic, TopicKind); 5] = [
    (OutputTopic::HandlingOnstage, TopicKind::HandlingOnstage),
    (OutputTopic::HandlingOffstage, TopicKind::HandlingOffstage),
    (OutputTopic::Cases, TopicKind::Cases),
    (OutputTopic::CaseEvents, TopicKind::CaseEvents),
    (OutputTopic::Signals, TopicKind::Signals),
];

#[cfg(test)]
mod tests {
    use super::OUTPUTS;

    #[test]
    fn outputs_stand_where_their_indices_say() {
        for (at, (output, _)) in OUTPUTS.into_iter().enumerate() {
            assert_eq!(output as usize, at);
        }
    }
}
