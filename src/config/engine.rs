//! How the engine works: batches, time-outs, workers (ENGINE.md).

use std::num::NonZeroU32;
use std::time::Duration;

use super::section::Section;

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
    pub(super) fn read(section: Option<Section<'_>>) -> Self {
        let mut settings = Self::default();
        let Some(mut section) = section else {
            return settings;
        };
        settings.commit_interval = section.get_or("commit_interval", settings.commit_interval);
        settings.mailbox_linger = section.get_or("mailbox_linger", settings.mailbox_linger);
        settings.session_timeout = section.get_or("session_timeout", settings.session_timeout);
        settings.transaction_timeout = section.get_or("transaction_timeout", settings.transaction_timeout);
        settings.max_poll_interval = section.get_or("max_poll_interval", settings.max_poll_interval);
        settings.local_delivery = section.get_or("local_delivery", settings.local_delivery);
        settings.workers = section.get_or("workers", settings.workers);
        settings.max_record_bytes = section.get_or("max_record_bytes", settings.max_record_bytes);
        settings.report_contradictions(&section);
        section.finish();
        settings
    }

    fn report_contradictions(&self, section: &Section<'_>) {
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
