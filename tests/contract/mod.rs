//! What every log must do, as tests that run on any [`Log`]: the one in memory and the one over Kafka.
//!
//! Nothing here assumes that a thing happens at once: what takes time on a broker is looked at with
//! [`World::eventually`]. To run the suite, give the crate root a module of this name, a [`World`],
//! and the list of tests:
//!
//! ```ignore
//! mod contract;                       // or #[path = "../contract/mod.rs"] mod contract;
//! contract::suite!(MyWorld::new());   // evaluated once for each test
//! ```

#![allow(dead_code, reason = "not every test crate uses every helper")]

pub mod fencing;
pub mod groups;
pub mod isolation;
pub mod offsets;
pub mod reading;
pub mod records;
pub mod time;
pub mod tools;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use heard::log::{ErrorKind, Log, LogError};

/// A log to test, and what is around it.
pub trait World {
    /// The log.
    type Log: Log;

    /// The log.
    fn log(&self) -> &Self::Log;

    /// A name that nothing else uses, neither in this run nor in others on the same broker.
    fn fresh(&self, stem: &str) -> String;

    /// Lets a moment pass before a condition is looked at again.
    fn pass(&self) {
        std::thread::yield_now();
    }

    /// How long a condition may take to come true.
    fn patience(&self) -> Duration {
        Duration::from_secs(60)
    }

    /// How long one poll may wait.
    fn poll_wait(&self) -> Duration {
        Duration::from_millis(100)
    }

    /// Milliseconds since the epoch, by the clock that stamps records.
    fn now(&self) -> i64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("the clock is after 1970");
        since.as_millis() as i64
    }

    /// Looks until there is something, and returns it.
    fn eventually<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + self.patience();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < deadline, "never happened: {what}");
            self.pass();
        }
    }

    /// Makes a call again for as long as it says that it may be made again.
    fn retry<T>(&self, what: &str, mut call: impl FnMut() -> Result<T, LogError>) -> Result<T, LogError> {
        self.eventually(what, || match call() {
            Err(error) if error.kind == ErrorKind::Retriable => None,
            result => Some(result),
        })
    }
}

/// All tests of the suite, as tests of the crate, on the world that the expression makes.
#[allow(unused_macros, reason = "not every test crate runs the suite")]
macro_rules! suite {
    ($world:expr) => {
        $crate::contract::suite!(@tests $world;
            records: a_record_comes_back_whole,
            records: records_of_a_partition_keep_their_order,
            records: keys_choose_partitions_as_java_clients_do,
            records: a_record_that_is_too_large_harms_nothing_else,
            records: topics_are_created_once_and_counted,
            isolation: committed_records_only_or_all,
            isolation: a_committed_reader_moves_past_what_it_may_not_see,
            isolation: an_open_transaction_holds_the_last_stable_offset,
            isolation: a_transaction_is_visible_in_all_partitions_or_in_none,
            isolation: a_consumer_sees_committed_records_only,
            reading: a_reader_begins_where_it_is_told,
            reading: deleted_records_move_the_start,
            reading: an_offset_that_is_gone_is_an_error,
            reading: records_are_found_by_their_time,
            reading: a_reader_names_topics_in_the_order_of_their_mention,
            time: a_topic_with_the_logs_time_tells_it,
            time: a_topic_with_its_writers_times_tells_none,
            time: a_question_is_a_tombstone_that_holds_nothing_back,
            time: what_is_not_there_has_no_time,
            offsets: nothing_committed_is_none,
            offsets: offsets_and_their_text_appear_with_the_commit,
            offsets: offsets_of_an_aborted_transaction_are_forgotten,
            offsets: an_answer_waits_for_offsets_that_are_pending,
            fencing: a_new_producer_fences_the_old_one_and_aborts_what_it_left,
            fencing: a_fenced_producer_commits_no_offsets,
            fencing: a_member_that_has_left_commits_nothing,
            fencing: a_member_of_an_old_generation_commits_nothing,
            fencing: a_producer_goes_on_after_an_abort,
            groups: a_second_member_takes_its_share,
            groups: a_revoked_partition_is_kept_until_it_is_released,
            groups: a_member_that_closes_gives_its_partitions_back,
            groups: reading_goes_on_where_it_is_accepted,
            groups: seeking_reads_again,
            groups: a_paused_partition_waits,
            groups: the_position_of_a_member_reaches_the_end,
        );
    };
    (@tests $world:expr; $($module:ident: $test:ident,)*) => {
        $(
            #[test]
            fn $test() {
                $crate::contract::$module::$test(&$world);
            }
        )*
    };
}
#[allow(unused_imports, reason = "not every test crate runs the suite")]
pub(crate) use suite;
