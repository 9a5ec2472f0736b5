//! Where log lines go: to standard error, so that standard output is for results alone.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// What is logged unless asked otherwise. The client library's own lines are many and seldom news.
const USUAL: &str = "warn,heard=info,rdkafka=error,librdkafka=error";

/// Starts logging. `filter` is as in `RUST_LOG`: `info`, or `warn,heard::engine=debug`; the last call
/// of a process has no effect but the first.
///
/// # Errors
/// The filter cannot be read.
pub fn start(filter: Option<&str>) -> Result<(), ParseError> {
    let filter = EnvFilter::builder().parse(filter.unwrap_or(USUAL))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty()));
    // Fails only if a subscriber is set already, as tests may have done.
    let _ = lines.try_init();
    Ok(())
}
