//! HTTP: metrics and health, on a thread of its own. The API and its pages will be here too.
//!
//! | path | answers |
//! |---|---|
//! | `/metrics` | all metrics, in Prometheus' text format |
//! | `/healthz` | 200 while this process should go on; 503 if it hangs and should be restarted |
//! | `/readyz` | 200 once every partition given to it is restored and being read; else 503, and which is not |
//!
//! Who keeps a connection and says nothing, or asks and reads nothing, is closed after some seconds; above a number of
//! connections the oldest goes (`crowd.rs`). So nobody keeps a probe waiting.

mod answer;
mod crowd;
mod patient;
mod server;

pub use answer::Board;
pub use server::{ListenError, Listener, Server};
