//! The names of all metrics: what is not here is not exported. docs/metrics.md is the same list for
//! readers, and a test holds it to a scrape.

/// What kind of series a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Never falls but at a restart.
    Counter,
    /// Rises and falls.
    Gauge,
    /// Buckets, count and sum.
    Histogram,
}

/// A metric's declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name: `heard_`, base units, `_total` for counters.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// The labels of every series of it.
    pub labels: &'static [&'static str],
    /// What it says, in a line.
    pub help: &'static str,
}

macro_rules! names {
    ($($id:ident = $kind:ident $name:literal [$($label:literal),*] $help:literal;)*) => {
        $(#[doc = $help] pub const $id: Name = Name {
            name: $name,
            kind: Kind::$kind,
            labels: &[$($label),*],
            help: $help,
        };)*

        /// All of them, by name.
        pub const ALL: &[Name] = &[$($id),*];
    };
}

names! {
    BUILD = Gauge "heard_build_info" ["built_by", "built_from", "version"]
        "Always 1; the labels say which release this is.";

    EVENTS = Counter "heard_events_total" ["channel", "kind", "outcome"]
        "Input records by what became of them: taken, duplicate, conflict or dead_letter.";
    DEAD_LETTERS = Counter "heard_dead_letters_total" ["reason", "topic"]
        "Records and messages that could not be used, by why, and by the kind of topic they were in.";

    FORGOTTEN = Counter "heard_forgotten_total" ["outcome"]
        "Cases and surveys erased of people who are forgotten, and records of theirs that came late and were dropped.";

    OPENED = Counter "heard_cases_opened_total" ["channel", "stage"]
        "Cases.";
    ANSWERED = Counter "heard_cases_answered_total" ["channel", "stage"]
        "Cases with an answer; without mere praise, after which nobody waits.";
    UNANSWERED = Counter "heard_cases_unanswered_total" ["channel", "stage"]
        "Cases that were left unanswered beyond their channel's patience.";
    CLOSED_SILENTLY = Counter "heard_cases_closed_silently_total" ["channel", "stage"]
        "Cases that were resolved without a word to the customer: not answered, and nobody waits any more.";
    RESOLVED = Counter "heard_cases_resolved_total" ["channel", "stage"]
        "Cases whose resolution stands.";
    FIRST_RESPONSE = Histogram "heard_first_response_seconds" ["channel", "stage"]
        "From a case's opening to its first answer.";
    RESOLUTION = Histogram "heard_resolution_seconds" ["channel", "stage"]
        "From a case's opening to the resolution that stands, less frozen time.";
    LEVELS = Counter "heard_levels_total" ["channel", "level", "outcome", "stage"]
        "Cases that met or breached a service level.";
    REPLY_LIMIT = Counter "heard_reply_limit_total" ["channel", "limit", "stage"]
        "Cases that reached the limit of public replies, and of these the ones that exceeded it.";
    EXPECTING = Counter "heard_cases_expecting_total" ["channel", "stage"]
        "Cases in which somebody waited for an answer: those that shares of answers are of.";
    UNANSWERED_WAITS = Counter "heard_unanswered_waits_total" ["channel", "stage"]
        "Waits that were left unanswered beyond their channel's patience: a case may have several.";
    ESCALATIONS = Counter "heard_escalations_total" ["cause", "channel", "stage"]
        "Cases that came onstage because they had not been heard offstage, by cause.";
    SWITCHES = Counter "heard_switches_total" ["channel", "stage"]
        "Cases that went on offstage, where the company had invited.";
    CHASES = Counter "heard_chases_total" ["channel", "stage"]
        "Cases that went on offstage, uninvited.";
    BOUNCES = Counter "heard_bounces_total" ["channel", "stage"]
        "Invitations to a channel where the customer waited already.";
    ECHOES = Counter "heard_echoes_total" ["channel", "stage"]
        "Cases that repeat another one of the same complaint.";
    TRANSFERS = Counter "heard_transfers_total" ["channel", "stage"]
        "Human replies by another team, or from another channel, than the one before.";
    REOPENINGS = Counter "heard_reopenings_total" ["channel", "stage"]
        "Customer messages that opened a resolved case again.";
    FIRST_CONTACTS = Counter "heard_first_contacts_total" ["channel", "outcome", "stage"]
        "Resolved cases that the first contact solved, or not_solved.";
    PROMISES = Counter "heard_promises_total" ["channel", "outcome", "stage"]
        "Cases whose latest promise was kept or broken.";
    FOLLOW_UPS = Counter "heard_follow_ups_total" ["channel", "outcome", "stage"]
        "Follow-ups of resolutions that stand: came due with nobody having followed up, and done.";
    INSULTS = Counter "heard_cases_with_insults_total" ["channel", "stage"]
        "Cases in which the customer said insults.";
    TAKEN_BACK = Gauge "heard_cases_taken_back" ["channel", "figure", "stage"]
        "Cases counted in a total or a histogram that a later fact took back, and no other has made up for yet.";
    SECONDS_TAKEN_BACK = Gauge "heard_durations_taken_back_seconds" ["channel", "figure", "stage"]
        "Seconds in the sum of a histogram that a later fact took back, likewise.";

    OPEN = Gauge "heard_cases_open" ["channel", "stage"]
        "Cases held here that are neither resolved nor let go.";
    WAITING = Gauge "heard_cases_waiting" ["channel", "stage"]
        "Open cases held here whose customer waits for a reply.";
    OLDEST_OPEN = Gauge "heard_oldest_open_case_age_seconds" ["channel", "stage"]
        "How long ago the oldest open case opened; 0 if none is open.";
    OLDEST_WAITING = Gauge "heard_oldest_waiting_case_age_seconds" ["channel", "stage"]
        "For how long the customer has waited who has waited longest; 0 if none waits.";

    FIGURES = Gauge "heard_case_figures" ["channel", "figure", "stage"]
        "What the cases held here count as, as they stand.";
    ANSWERED_WITHIN = Gauge "heard_answered_within_cases" ["channel", "stage", "within"]
        "Cases held here that were answered within so many seconds; within Inf all in which somebody waited for it.";
    RESOLVED_WITHIN = Gauge "heard_resolved_within_cases" ["channel", "stage", "within"]
        "Cases held here that were resolved within so many seconds of their opening; within Inf all in which somebody waited.";
    SURVEYED = Gauge "heard_surveyed_cases" ["answered", "channel", "class", "instrument", "stage"]
        "Cases held here with a survey, by instrument, class, and whether they were answered when it was given.";
    WATCHING = Gauge "heard_spectators_waiting" ["channel", "stage"]
        "People who can see public cases held here that have no public answer.";
    SPECTATOR_SECONDS = Gauge "heard_spectator_seconds" ["answered", "channel", "stage"]
        "People times seconds until the first public answer of the cases held here, or until now where there is none.";
    EXPECTS = Gauge "heard_channel_expects_ratio" ["channel"]
        "Share of a channel's customers who expect an answer.";

    SIGNALS = Counter "heard_signals_total" ["kind"]
        "Signals sent, by kind.";
    LATE_CASES = Counter "heard_late_cases_total" []
        "Cases that came to be known only after the minute of their opening had been decided for surges.";

    WORK_LATENCY = Histogram "heard_work_item_latency_seconds" []
        "From the broker time of a complaint to the commit of its work item.";

    EVENT_LATENCY = Histogram "heard_work_item_event_latency_seconds" []
        "From when a complaint was said, by its author's clock, to the commit of its work item.";

    TRANSACTIONS = Counter "heard_transactions_total" ["outcome"]
        "Transactions committed and aborted.";
    COMMIT_TIME = Histogram "heard_commit_seconds" []
        "How long commits took: from the last message applied until the log had taken all of it.";
    STEP_TIME = Histogram "heard_transaction_step_seconds" ["step"]
        "How long the steps of a transaction took, together.";
    LAST_COMMIT = Gauge "heard_last_commit_timestamp_seconds" ["worker"]
        "When a worker committed last.";
    UNCERTAIN = Counter "heard_uncertain_commits_total" []
        "Commits whose answer was lost, so that the log was asked what had become of them.";
    REBUILT = Counter "heard_fenced_total" []
        "Times a worker was fenced and made its clients anew.";
    REBALANCES = Counter "heard_rebalances_total" ["outcome"]
        "Times that partitions were given to a worker, taken from it, or lost.";
    CLIENT_ERRORS = Counter "heard_client_errors_total" ["kind"]
        "Calls of the client that failed after all their retries, by what that means.";
    ENGINE_EVENTS = Counter "heard_engine_events_total" ["event"]
        "What the engine has to tell, by kind.";
    MESSAGES = Counter "heard_messages_total" ["way"]
        "Messages applied by actors, through the mailbox or locally.";
    READ_RECORDS = Counter "heard_read_records_total" ["topic"]
        "Records read in transactions that were committed.";
    READ_BYTES = Counter "heard_read_bytes_total" ["topic"]
        "Bytes of the keys and values that were read, without compression.";
    WRITTEN_RECORDS = Counter "heard_written_records_total" ["topic"]
        "Records written in transactions that were committed.";
    WRITTEN_BYTES = Counter "heard_written_bytes_total" ["topic"]
        "Bytes of the keys and values that were written, before compression.";
    OUTPUTS = Counter "heard_output_records_total" []
        "Records written to output topics.";
    ROWS_WRITTEN = Counter "heard_state_rows_written_total" []
        "Rows written to the changelog.";
    ROWS_RESTORED = Counter "heard_state_records_restored_total" []
        "Changelog records read to restore partitions.";
    TIMERS = Counter "heard_timers_total" ["outcome"]
        "Timers that fired, and timers parked because they failed.";
    PUBLISH_FAILED = Counter "heard_publications_failed_total" []
        "Cases that could not be published.";
    ROWS = Gauge "heard_state_rows" ["partition"]
        "Rows held in memory.";
    ROW_BYTES = Gauge "heard_state_bytes" ["partition"]
        "Bytes that these rows take.";
    PARTITIONS = Gauge "heard_partitions" ["state"]
        "Partitions assigned here: being read, being restored, or blocked until a newer release.";
    TO_RESTORE = Gauge "heard_restore_left_records" []
        "Changelog records still to be read before the partitions given here are whole.";
    RESTORE_TIME = Histogram "heard_restore_seconds" []
        "How long it took to restore a partition.";
    PAUSED = Gauge "heard_inputs_paused" []
        "Workers whose inputs wait, since they have too much mail.";
    LAG_SECONDS = Gauge "heard_lag_seconds" ["topic"]
        "For how long a record has been waiting to be read, at most.";
    LAG = Gauge "heard_lag_records" ["topic"]
        "What is left to read up to the last stable offset, in partitions read here.";
    KNOWN_AGE = Gauge "heard_known_age_seconds" ["of"]
        "How long ago what the gauges of cases and rows, and of lag, say was last known to be so.";
    UNREACHABLE = Gauge "heard_brokers_unreachable_seconds" []
        "For how long no broker has answered; 0 while they do.";
    CLOCK_OFFSET = Gauge "heard_clock_offset_seconds" []
        "How far this machine's clock is ahead of the brokers', or behind, below 0; missing while that is not known.";
    HELD_BACK = Gauge "heard_held_back_records" ["topic"]
        "Offsets behind open transactions, in partitions read here.";
}

/// What the client library exports of the process, under the names that everyone uses.
pub const PROCESS: &[&str] = &[
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_threads",
    "process_virtual_memory_bytes",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_follow_the_rules() {
        let mut names = BTreeSet::new();
        for Name {
            name,
            kind,
            labels,
            help,
        } in ALL
        {
            assert!(names.insert(*name), "{name} is there twice");
            assert!(name.starts_with("heard_"), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
            assert!(labels.is_sorted(), "{name}: labels by name, as a scrape has them");
            assert!(help.ends_with('.'), "{name}: {help}");
        }
    }
}
