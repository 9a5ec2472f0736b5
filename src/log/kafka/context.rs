//! What the client library tells between calls: its log, its errors, rebalances, acknowledgements.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::KafkaError;
use rdkafka::producer::{DeliveryResult, ProducerContext};
use rdkafka::statistics::Statistics;
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};
use rdkafka::{Message, TopicPartitionList};

use super::{errors, lists};
use crate::log::TopicPartition;

/// A change of assignment, as the group's coordinator wants it.
#[derive(Debug)]
pub(super) enum Rebalance {
    Assign(Vec<TopicPartition>),
    Revoke(Vec<TopicPartition>),
}

/// The context of every consumer: of members of a group, readers and those that only ask.
#[derive(Default)]
pub(super) struct ReadContext {
    rebalances: Mutex<VecDeque<Rebalance>>,
    closing: AtomicBool,
    lines: AtomicU64,
    trouble: Mutex<Option<(RDKafkaErrorCode, String)>>,
}

impl ReadContext {
    /// The next change of assignment that is to be answered.
    pub fn next_rebalance(&self) -> Option<Rebalance> {
        lock(&self.rebalances).pop_front()
    }

    /// Gives back one that could not be answered yet.
    pub fn put_back(&self, event: Rebalance) {
        lock(&self.rebalances).push_front(event);
    }

    /// From here on rebalances are answered at once: everything is given back.
    pub fn begin_closing(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// What last kept a connection from being made, and what the library says of it.
    pub fn trouble(&self) -> Option<(RDKafkaErrorCode, String)> {
        lock(&self.trouble).clone()
    }

    /// How many log lines and errors there were so far.
    pub fn lines(&self) -> u64 {
        self.lines.load(Ordering::Relaxed)
    }
}

impl ClientContext for ReadContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.lines.fetch_add(1, Ordering::Relaxed);
        forward(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.lines.fetch_add(1, Ordering::Relaxed);
        // Whoever asks to be told of the ends of partitions is; they are no errors.
        if errors::code_of(&error) == Some(RDKafkaErrorCode::PartitionEOF) {
            return;
        }
        report(&error, reason);
        // That all are down says less than why one is.
        if let Some(code) = errors::code_of(&error).filter(|code| *code != RDKafkaErrorCode::AllBrokersDown) {
            *lock(&self.trouble) = Some((code, bare(reason).to_owned()));
        }
    }

    fn stats(&self, _: Statistics) {}
}

impl ConsumerContext for ReadContext {
    /// Only notes the event. The library waits for the answer, assign or unassign, and keeps the
    /// membership alive meanwhile; [`super::KafkaConsumer`] gives it when the engine has decided.
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let assigns = event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if self.closing.load(Ordering::Acquire) {
            let answer = match consumer.rebalance_protocol() {
                RebalanceProtocol::Cooperative if assigns => consumer.incremental_assign(list),
                RebalanceProtocol::Cooperative => consumer.incremental_unassign(list),
                _ => consumer.unassign(),
            };
            if let Err(e) = answer {
                tracing::warn!(error = %e, "cannot give partitions back while leaving the group");
            }
            return;
        }
        let partitions = lists::partitions(list);
        lock(&self.rebalances).push_back(if assigns {
            Rebalance::Assign(partitions)
        } else {
            Rebalance::Revoke(partitions)
        });
    }
}

/// Counts failures, and keeps the first.
#[derive(Default)]
pub(super) struct WriteContext {
    failures: AtomicU64,
    failed: Mutex<Option<Failed>>,
    not_added: Mutex<Option<String>>,
}

/// A record that is not in the log, or may not be.
#[derive(Clone, Debug)]
pub(super) enum Failed {
    /// It was not acknowledged.
    Refused {
        code: RDKafkaErrorCode,
        topic: String,
        partition: i32,
    },
    /// The library takes records for written that no broker has acknowledged: what it says of it.
    Unsure(String),
}

/// What the library says in its log, with `debug=eos`, where it takes records for written without an acknowledgement: as a
/// later batch of their partition was taken, or as their batch is refused as one that was written before. It concludes that a
/// broker would not have taken the later one without the one before. But a broker does, in a partition in which it knows
/// nothing of the producer: of a new one, or of one that has not written there for a day. If the first batch was turned away
/// there, for its leader had just changed, it is lost. No report tells of it, but for an offset that is missing, and reports of
/// all records cost a twentieth of a worker's time.
const UNSURE: [&str; 2] = ["IMPLICITACK", "DUPSEQ"];

impl WriteContext {
    /// Forgets what went before.
    pub fn begin(&self) {
        *lock(&self.failed) = None;
        *lock(&self.not_added) = None;
    }

    /// How many records have ever failed.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Acquire)
    }

    /// The first record that failed since [`WriteContext::begin`].
    pub fn failed(&self) -> Option<Failed> {
        lock(&self.failed).clone()
    }

    /// What the library last said of a partition that could not be added to the transaction: its errors do not name it.
    pub fn not_added(&self) -> Option<String> {
        lock(&self.not_added).clone()
    }

    fn fail(&self, failed: impl FnOnce() -> Failed) {
        lock(&self.failed).get_or_insert_with(failed);
        self.failures.fetch_add(1, Ordering::Release);
    }
}

impl ClientContext for WriteContext {
    /// Called where it happens, so that what is said of records is known before they count as answered.
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if UNSURE.contains(&facility) {
            self.fail(|| Failed::Unsure(message.to_owned()));
        }
        if facility == "ADDPARTS"
            && let Some(at) = message.find("Failed to add partition ")
            && !message.ends_with("Operation not attempted")
        {
            *lock(&self.not_added) = Some(message[at..].to_owned());
        }
        forward(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        report(&error, reason);
    }

    fn stats(&self, _: Statistics) {}
}

impl ProducerContext for WriteContext {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, message)) = result {
            self.fail(|| Failed::Refused {
                code: error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail),
                topic: message.topic().to_owned(),
                partition: message.partition(),
            });
        }
    }
}

/// Client log lines name brokers, topics, partitions, groups and offsets; never what records hold.
pub(super) fn forward(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        // "Setting X is a producer's and is ignored by this consumer": all clients get all settings.
        _ if facility == "CONFWARN" => tracing::debug!(target: "heard::kafka", "{facility}: {message}"),
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error => tracing::error!(target: "heard::kafka", "{facility}: {message}"),
        RDKafkaLogLevel::Warning => tracing::warn!(target: "heard::kafka", "{facility}: {message}"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
            tracing::info!(target: "heard::kafka", "{facility}: {message}");
        }
        RDKafkaLogLevel::Debug => tracing::debug!(target: "heard::kafka", "{facility}: {message}"),
    }
}

/// Errors of connections and the like. The library goes on by itself; what a call of ours could not
/// do because of them, that call reports.
pub(super) fn report(error: &KafkaError, reason: &str) {
    // It comes many times a second, and why one is down was told already.
    if errors::code_of(error) == Some(RDKafkaErrorCode::AllBrokersDown) {
        tracing::debug!(target: "heard::kafka", "{error}: {reason}");
        return;
    }
    tracing::warn!(target: "heard::kafka", "{error}: {reason}");
}

/// A reason of the library without the broker's name before it and the state it was in after it.
fn bare(reason: &str) -> &str {
    let reason = reason.split_once(": ").map_or(
        reason,
        |(broker, rest)| {
            if broker.contains(' ') { reason } else { rest }
        },
    );
    reason
        .rsplit_once(" (after ")
        .map_or(reason, |(reason, _)| reason)
}

/// What is behind the lock stays whole even if a thread panics while it holds it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn a_reason_is_told_without_what_surrounds_it() {
        for (reason, told) in [
            (
                "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)",
                "Connect to ipv4#127.0.0.1:1 failed: Connection refused",
            ),
            (
                "Failed to resolve: no such name",
                "Failed to resolve: no such name",
            ),
        ] {
            assert_eq!(bare(reason), told);
        }
    }
}
