//! Metrics and health over HTTP, for the commands that process.

use std::sync::Arc;

use super::Failure;
use crate::board::{Board, Listener, Server};
use crate::config::Listen;
use crate::observe::metrics::Metrics;

/// The value of `--listen`.
pub(super) fn parse(text: &str) -> Result<Listen, String> {
    text.parse().map_err(|allowed| format!("write {allowed}"))
}

/// What is served there, for people.
pub(super) fn told(listener: &Listener) -> String {
    let address = listener.address();
    format!("metrics and health at http://{address}/metrics, /healthz, /readyz")
}

/// Answers for these metrics of so many workers, until the server is dropped.
pub(super) fn serve(listener: Listener, metrics: &Arc<Metrics>, workers: usize) -> Result<Server, Failure> {
    let server = listener.serve(Board::new(Arc::clone(metrics), workers));
    server.map_err(|error| Failure::Run(format!("metrics and health cannot be served: {error}")))
}
