//! How the engine works: batches, time-outs, workers (ENGINE.md).

use std::num::NonZeroU32;
use std::time::Duration;

use super::section::Section;
use crate::log::kafka::{SettingsError, check_setting};

/// Settings of `heard run`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineSettings {
    /// How long a transaction is held open.
    pub commit_interval: Duration,
    /// How long after the last mailbox send a transaction commits, if that is earlier.
    pub mailbox_linger: Duration,
    /// After how long without a heartbeat a worker is expelled.
    pub session_timeout: Duration,
    /// After how long the broker aborts a transaction left open.
    pub transaction_timeout: Duration,
    /// After how long without a poll a worker is expelled.
    pub max_poll_interval: Duration,
    /// Applies messages within one worker at once instead of through the mailbox (ENGINE.md 14).
    pub local_delivery: bool,
    /// Worker threads.
    pub workers: NonZeroU32,
    /// At what size an outgoing record is cut, bytes.
    pub max_record_bytes: u32,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            commit_interval: Duration::from_millis(100),
            mailbox_linger: Duration::from_millis(10),
            session_timeout: Duration::from_secs(10),
            transaction_timeout: Duration::from_secs(15),
            max_poll_interval: Duration::from_secs(60),
            local_delivery: true,
            workers: NonZeroU32::MIN,
            max_record_bytes: 900_000,
        }
    }
}

impl EngineSettings {
    /// Reads the `[engine]` table.
    pub(super) fn read(mut section: Section<'_>) -> Self {
        let usual = Self::default();
        let settings = Self {
            commit_interval: section.setting(
                "commit_interval",
                usual.commit_interval,
                "How long a transaction is held open. Shorter: work items go out sooner; longer: less work for \
                 the brokers, which may also hold a delivery back for a quarter of it (5 to 100 ms) for more to \
                 come along: fetch.wait.max.ms in [kafka] says otherwise.",
            ),
            mailbox_linger: section.setting(
                "mailbox_linger",
                usual.mailbox_linger,
                "How long after its first message through the mailbox a transaction commits, or as long as \
                 the commit before took, if that is earlier and no backlog is waiting to be read.",
            ),
            session_timeout: section.setting(
                "session_timeout",
                usual.session_timeout,
                "After how long without a heartbeat a worker counts as gone, and others take over.",
            ),
            transaction_timeout: section.setting(
                "transaction_timeout",
                usual.transaction_timeout,
                "After how long the brokers abort a transaction that was left open. At least twice \
                 commit_interval.",
            ),
            max_poll_interval: section.setting(
                "max_poll_interval",
                usual.max_poll_interval,
                "After how long without a poll a worker counts as stuck, and others take over. At least \
                 session_timeout.",
            ),
            local_delivery: section.setting(
                "local_delivery",
                usual.local_delivery,
                "Apply messages between actors of one worker at once, instead of through the mailbox topic.",
            ),
            workers: section.setting("workers", usual.workers, "Worker threads of each `heard run`."),
            max_record_bytes: section.setting(
                "max_record_bytes",
                usual.max_record_bytes,
                "At what size an outgoing record is cut, in bytes: a little below the topics' \
                 max.message.bytes, and at least 10000.",
            ),
        };
        settings.report_contradictions(&section);
        section.finish();
        settings
    }

    fn report_contradictions(&self, section: &Section<'_>) {
        for (key, client, time) in [
            ("session_timeout", "session.timeout.ms", self.session_timeout),
            (
                "transaction_timeout",
                "transaction.timeout.ms",
                self.transaction_timeout,
            ),
            (
                "max_poll_interval",
                "max.poll.interval.ms",
                self.max_poll_interval,
            ),
        ] {
            if let Err(SettingsError::Invalid { detail, .. }) =
                check_setting(client, &time.as_millis().to_string())
            {
                section.problem(
                    key,
                    format!("engine.{key} has a value that the Kafka client does not take: {detail}."),
                );
            }
        }
        if self.mailbox_linger > self.commit_interval {
            section.problem(
                "mailbox_linger",
                "engine.mailbox_linger must not be longer than commit_interval (100ms unless set).",
            );
        }
        if self.commit_interval * 2 > self.transaction_timeout {
            section.problem(
                "commit_interval",
                "engine.commit_interval must be at most half of transaction_timeout (15s unless set), or the broker aborts what is being written.",
            );
        }
        if self.session_timeout > self.max_poll_interval {
            section.problem(
                "session_timeout",
                "engine.session_timeout must not be longer than max_poll_interval (60s unless set).",
            );
        }
        if self.max_record_bytes < 10_000 {
            section.problem(
                "max_record_bytes",
                "engine.max_record_bytes must be at least 10000; the topics' own max.message.bytes less some headers is a good value.",
            );
        }
    }
}
