//! HTTP: metrics and health, on a thread of its own. The API and its pages will be here too.
//!
//! | path | answers |
//! |---|---|
//! | `/metrics` | all metrics, in Prometheus' text format |
//! | `/startupz` | 200 once every worker has been in its group with all that it was given restored, and from then on |
//! | `/readyz` | 200 while every partition given to it is restored and being read; else 503, and which is not |
//! | `/healthz` | 200 while this process should go on; 503 if it hangs and should be restarted |
//!
//! The last three say in JSON what is waited for, and since when.
//!
//! Who keeps a connection and says nothing, or asks and reads nothing, is closed after some seconds; above a number of
//! connections the oldest goes (`crowd.rs`). So nobody keeps a probe waiting.

mod answer;
mod crowd;
mod patient;
mod server;

pub use answer::Board;
pub use server::{ListenError, Listener, Server};
