//! What the figures were measured on: no host name, no paths.

use std::fs;
use std::process::Command;

/// Cores, processor and memory, in a line.
pub fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = field(&processors, "model name").unwrap_or("unknown processor");
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = field(&memory, "MemTotal").and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    let gib = kib.unwrap_or_default() / (1024.0 * 1024.0);
    format!("{cores} cores ({model}), {gib:.0} GiB of memory")
}

/// How busy the machine was in the last minute and the last quarter of an hour: processes that ran or
/// wanted to. Before a run it should be near zero; else figures are those of a shared machine.
pub fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let mut averages = load.split_whitespace();
    let minute = averages.next().unwrap_or_default();
    format!(
        "{minute} in the last minute, {} in the last 15",
        averages.nth(1).unwrap_or_default()
    )
}

/// The kernel, Java, and the commit of the checkout.
pub fn versions() -> String {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let java = Command::new("java").arg("-version").output();
    let java = java.map(|output| String::from_utf8_lossy(&output.stderr).into_owned());
    let java = java.unwrap_or_default();
    let java = java.split('"').nth(1).unwrap_or("none").to_owned();
    let commit = Command::new("git")
        .args(["rev-parse", "--short", "HEAD"])
        .output();
    let commit = commit.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!(
        "heard {} (commit {}), Kafka and Kafka Streams 4.1.0, librdkafka {}, Java {java}, Linux {}",
        env!("CARGO_PKG_VERSION"),
        commit.unwrap_or_default(),
        rdkafka::util::get_rdkafka_version().1,
        kernel.trim()
    )
}

fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim())
}
