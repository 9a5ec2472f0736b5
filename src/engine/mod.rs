//! The engine: runs a [`Processor`](crate::processor::Processor) over a [`Log`](crate::log::Log),
//! exactly once.
//!
//! A [`Worker`] is one thread's state machine: one consumer, one transactional producer, and the rows
//! of the mailbox partitions it owns. Where to find what:
//!
//! | file | holds |
//! |---|---|
//! | `worker` | the state machine, a step at a time |
//! | `intake`, `mailbox`, `timers`, `savepoint`, `perform` | one record, message or timer, from apply to effects |
//! | `transaction`, `flight`, `outbox` | what is open, what is on its way, and what waits for that |
//! | `recover` | abort, and what to do when neither that nor a commit is certain |
//! | `rows`, `packed`, `due`, `timeline`, `changelog` | the rows of a partition, in memory and in the log, and their timers |
//! | `publications` | what rows have come to, once a transaction |
//! | `rebalance`, `arrival`, `incoming` | partitions given and taken; restore |
//! | `clock`, `checked_clock`, `time_reading`, `timekeeper` | what time it is, and whether the machine's clock may be believed |
//! | `drain`, `upkeep` | the event clock and quiescence; purging and backpressure |
//! | `event`, `observer`, `counts`, `flows` | what there is to tell, and who is told |
//! | `queues`, `recounts`, `status` | who waits, what rows count as, and how a worker stands: for metrics and health |
//! | `runner` | threads and shutdown |

mod arrival;
mod changelog;
mod checked_clock;
mod clock;
mod counts;
mod dead_letter;
mod drain;
mod due;
mod envelope;
mod error;
mod event;
mod flight;
mod flows;
mod incoming;
mod intake;
mod local;
mod mailbox;
mod observer;
mod outbox;
mod packed;
mod panics;
mod perform;
mod publications;
mod queues;
mod rebalance;
mod recorded;
mod recounts;
mod recover;
mod retry;
mod rows;
mod runner;
mod savepoint;
mod settings;
mod sizes;
mod source;
mod stamp;
mod status;
mod time_reading;
mod timekeeper;
mod timeline;
mod timers;
mod transaction;
mod upkeep;
mod worker;

pub use checked_clock::CheckedClock;
pub use clock::{BEFORE_EVERYTHING, Clock, ManualClock, SystemClock, Time, Trust};
pub use counts::Counts;
pub use envelope::{Posted, post};
pub use error::{EngineError, REBUILD, Refusal};
pub(crate) use event::ahead_or_behind;
pub use event::{Event, Unchecked};
pub use flows::{Flow, Flows};
pub use observer::{CommitTook, Figured, Observer, Spent, TracingObserver};
pub use panics::hide_payloads;
pub use queues::Queue;
pub use recorded::{is_blank, recorded_partitions};
pub use runner::run;
pub use settings::{EngineSettings, Mode, Pace, Roles, Sabotage, Topics};
pub use status::{Held, Reading, Status};
pub use time_reading::TimeReading;
pub use timekeeper::{Keeping, Timekeeper};
pub use worker::{Step, Worker};
