//! What a rebuild does, one step after another. After each of them `heard run` refuses to start, until the last:
//!
//! | after | what is there | who refuses |
//! |---|---|---|
//! | the group is deleted | rows without offsets | the engine |
//! | the changelog is deleted | the mailbox alone | a changelog is missing, and `heard topics apply` makes none |
//! | the mailbox is deleted | neither | both are missing, and `heard topics apply` makes none where outputs are |
//! | the mailbox is created | the mailbox alone | as above |
//! | it holds what went out | the mailbox alone | as above |
//! | the changelog is created | all of it, and no offset | nobody: everything is read from the beginning |
//!
//! The group goes first: brokers refuse to delete one that has members, and from then on nothing can be passed over.
//! What the brokers do with offsets of topics that are deleted does not matter then.

use std::time::Duration;

use crate::cli::output::Output;
use crate::cli::{Failure, connect};
use crate::config::Settings;
use crate::desk::Message;
use crate::desk::conversation::went_out::WentOut;
use crate::engine::post;
use crate::log::kafka::KafkaLog;
use crate::log::{Log, LogError, Outgoing, Producer, Topic, TopicSpec};
use crate::processor::ActorKey;

use super::look::Found;
use super::outputs::Outputs;

/// How long brokers may take to acknowledge what is sent.
const PATIENCE: Duration = Duration::from_secs(10);

/// Messages in a transaction.
const TOGETHER: usize = 1000;

/// Names of events in a message.
const EVENTS: usize = 10_000;

/// Takes all steps, and says each.
pub(super) fn take(
    settings: &Settings,
    log: &KafkaLog,
    found: &Found,
    outputs: &Outputs,
    output: &mut Output,
) -> Result<(), Failure> {
    let failed = connect::failed(settings);
    let (mailbox, changelog) = (&found.mailbox.0, &found.changelog.0);
    let mut step = |said: String, work: &dyn Fn() -> Result<(), LogError>| -> Result<(), Failure> {
        connect::waiting(settings, work).map_err(&failed)?;
        output.line(&said)?;
        output.flush()
    };
    let group = &settings.application;
    step(format!("group {group} deleted"), &|| log.delete_group(group))?;
    step(format!("{changelog} deleted"), &|| {
        log.delete_topics(&[changelog])
    })?;
    step(format!("{mailbox} deleted"), &|| log.delete_topics(&[mailbox]))?;
    let specs = settings.topics.specs(&settings.rules);
    let spec = |topic: &Topic| specs.iter().find(|spec| spec.topic == *topic).cloned();
    let (of_mailbox, of_changelog) = (spec(mailbox), spec(changelog));
    step(format!("{mailbox} created"), &|| create(log, of_mailbox.as_ref()))?;
    let told = outputs.went_out.len();
    step(format!("{mailbox} knows the numbers of {told} cases"), &|| {
        let partitions = of_mailbox.as_ref().map_or(0, |spec| spec.partitions);
        tell(settings, log, mailbox, partitions, &outputs.went_out)
    })?;
    // The last: from here on a start is right.
    step(format!("{changelog} created"), &|| {
        create(log, of_changelog.as_ref())
    })
}

/// Creates a topic that must be a new one, and sees that it is empty.
fn create(log: &KafkaLog, spec: Option<&TopicSpec>) -> Result<(), LogError> {
    let Some(spec) = spec else {
        return Ok(());
    };
    log.create_topics(std::slice::from_ref(spec))?;
    let partitions = connect::all_of([(spec.topic.clone(), spec.partitions)]);
    match log.ends(&partitions)?.iter().all(|ends| ends.high_watermark == 0) {
        true => Ok(()),
        false => Err(LogError::new(
            crate::log::ErrorKind::Fatal,
            "creating a topic anew",
            format!("{} is not empty: does something else write to it?", spec.topic),
        )),
    }
}

/// Tells each conversation what went out of its cases.
fn tell(
    settings: &Settings,
    log: &KafkaLog,
    mailbox: &Topic,
    partitions: i32,
    all: &[(ActorKey, WentOut)],
) -> Result<(), LogError> {
    if all.is_empty() {
        return Ok(());
    }
    let mut producer = log.producer(&format!("{}-rebuild", settings.application))?;
    producer.init()?;
    for some in all.chunks(TOGETHER) {
        producer.begin()?;
        for (to, out) in some {
            for part in parts(out) {
                let letter = post(*to, &Message::WentOut(Box::new(part)), partitions);
                producer.send(&Outgoing {
                    topic: mailbox,
                    partition: Some(letter.partition),
                    key: Some(&letter.key),
                    value: Some(&letter.value),
                    headers: &[],
                })?;
            }
        }
        producer.flush(PATIENCE)?;
        producer.commit()?;
    }
    Ok(())
}

/// What went out of a case, in parts that a message holds.
fn parts(out: &WentOut) -> Vec<WentOut> {
    let mut events = out.events.chunks(EVENTS);
    let first = WentOut {
        events: events.next().unwrap_or_default().to_vec(),
        ..out.clone()
    };
    let more = events.map(|events| WentOut {
        case_id: out.case_id,
        events: events.to_vec(),
        ..WentOut::default()
    });
    [first].into_iter().chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::{EVENTS, parts};
    use crate::desk::conversation::went_out::WentOut;
    use crate::model::CaseId;

    #[test]
    fn what_went_out_is_told_whole_in_messages_that_fit() {
        let out = |events: u64| WentOut {
            case_id: CaseId::default(),
            version: 7,
            revisions: Vec::new(),
            events: (0..events).collect(),
        };
        for (events, messages) in [(0, 1), (1, 1), (EVENTS as u64, 1), (EVENTS as u64 + 1, 2)] {
            let told = parts(&out(events));
            assert_eq!(told.len(), messages, "{events}");
            let versions: Vec<_> = told.iter().map(|part| part.version).collect();
            assert_eq!(versions[0], 7);
            let all: Vec<_> = told.into_iter().flat_map(|part| part.events).collect();
            assert_eq!(all, out(events).events);
        }
    }
}
