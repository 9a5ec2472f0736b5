//! `heard --version`: what this program is, and what it was built from.

use std::sync::LazyLock;

static SHORT: LazyLock<String> =
    LazyLock::new(|| format!("{} ({})", env!("CARGO_PKG_VERSION"), env!("HEARD_BUILT_FROM")));

static LONG: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{}\n{}\nlibrdkafka {}",
        *SHORT,
        env!("HEARD_BUILT_BY"),
        crate::log::kafka::client_version()
    )
});

/// The version and the commit, for `-V`.
pub(super) fn short() -> &'static str {
    &SHORT
}

/// The same with the compiler and the Kafka client, for `--version`.
pub(super) fn long() -> &'static str {
    &LONG
}
