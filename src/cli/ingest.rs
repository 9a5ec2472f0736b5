//! `heard ingest`: files of messages to the input topics.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use serde_json::json;

use super::progress::Progress;
use super::{Exit, Failure, connect, tell};
use crate::config::{Problems, Settings, TopicKind};
use crate::ingest::plan::Planner;
use crate::ingest::{Input, InputEncoders, Map, Order, Plan, Planned, Rejected, Sender, rows};

#[derive(Debug, Args)]
pub(super) struct IngestArgs {
    /// The map: which column is which field (see maps/README.md).
    #[arg(long, value_name = "MAP.toml")]
    map: PathBuf,
    /// The files; all of them are sorted together, in memory.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// In which order to send. For trials: the order must not matter to the final cases.
    #[arg(long, value_enum, default_value_t = OrderArg::Time)]
    order: OrderArg,
    /// Picks one of the shuffled orders.
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// Send every record so often. For trials: a repeated record has no effect.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    repeat: u16,
    /// Read and judge the files, but send nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OrderArg {
    /// By event time.
    Time,
    /// Latest first.
    Reversed,
    /// At random, by --seed.
    Shuffled,
}

pub(super) fn ingest(settings: &Settings, args: &IngestArgs, quiet: bool) -> Result<Exit, Failure> {
    let map = Map::read(&args.map)?;
    check_channels(settings, &map, &args.map)?;
    let mut plan = read(&map, &args.files)?;
    reject_unknown_channels(settings, &mut plan);
    let order = match args.order {
        OrderArg::Time => Order::Time,
        OrderArg::Reversed => Order::Reversed,
        OrderArg::Shuffled => Order::Shuffled { seed: args.seed },
    };
    let records = order.arrange(plan.records.iter().collect(), usize::from(args.repeat));
    let mut rejected = plan.rejected;
    if !args.dry_run {
        rejected.extend(send(settings, &records)?);
    }
    rejected.sort_by(|a, b| a.origin.cmp(&b.origin));
    write_rejected(&args.files, &rejected)?;
    if !quiet {
        let verb = if args.dry_run { "would be sent" } else { "sent" };
        tell(&format!(
            "{} records {verb}, {} lines rejected",
            records.len(),
            rejected.len()
        ));
    }
    Ok(if rejected.is_empty() {
        Exit::Done
    } else {
        Exit::Rejected
    })
}

/// Channels that the map names itself must be configured: better told before anything is read.
fn check_channels(settings: &Settings, map: &Map, file: &Path) -> Result<(), Failure> {
    let channels = map.channels().into_iter();
    let unknown: Vec<_> = channels
        .filter(|channel| settings.rules.channel(channel).is_none())
        .collect();
    match unknown.first() {
        None => Ok(()),
        Some(first) => Err(Problems::with_file(
            file.display().to_string(),
            format!(
                "its records are in channels that are not configured: {}. Give --config a file with a table for \
                 each, such as [channels.{first}] with stage = \"offstage\".",
                unknown.join(", ")
            ),
        )
        .into()),
    }
}

fn read(map: &Map, files: &[PathBuf]) -> Result<Plan, Failure> {
    let columns = map.columns();
    let mut planner = Planner::new(map);
    let mut progress = Progress::new("lines read", None);
    for (index, file) in files.iter().enumerate() {
        rows::read(file, index, map.format, &columns, |origin, row| {
            progress.add(1);
            planner.add(origin, row)
        })?;
    }
    Ok(planner.finish())
}

/// A channel that came out of a column may be anything; there is no topic for it.
fn reject_unknown_channels(settings: &Settings, plan: &mut Plan) {
    let Plan { records, rejected } = plan;
    records.retain(|Planned { origin, input }| {
        let is_known = |channel| settings.rules.channel(channel).is_some();
        let known = input.channel().is_none_or(is_known);
        if !known {
            rejected.push(Rejected {
                origin: origin.clone(),
                reason: "channel: no channel of this name is configured".into(),
            });
        }
        known
    });
}

fn send(settings: &Settings, records: &[&Planned]) -> Result<Vec<Rejected>, Failure> {
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let failed = connect::failed(settings);
    let log = connect::log(settings)?;
    let wire = &settings.wire;
    let encoders = InputEncoders {
        complaint: connect::encoder(wire),
        response: connect::encoder(wire),
        update: connect::encoder(wire),
        survey: connect::encoder(wire),
    };
    check_topics(settings, &log, records)?;
    let id = format!("{}-ingest-{}", settings.application, unique());
    let mut sender =
        connect::waiting(settings, || Sender::new(&log, id, encoders, &settings.topics)).map_err(failed)?;
    let mut progress = Progress::new("records sent", Some(records.len() as u64));
    Ok(sender.send(records, |sent| progress.add(sent))?)
}

/// Every topic written to must be there: brokers may be set to create one with the wrong shape.
fn check_topics(
    settings: &Settings,
    log: &impl crate::log::Log,
    records: &[&Planned],
) -> Result<(), Failure> {
    let topics = &settings.topics;
    let mut needed = BTreeMap::new();
    for Planned { input, .. } in records {
        let (kind, channel) = match input {
            Input::Complaint(complaint) => ("complaint", complaint.channel.as_str()),
            Input::Response(response) => ("response", response.channel.as_str()),
            Input::Update(_) => ("update", ""),
            Input::Survey(_) => ("survey", ""),
        };
        needed.entry((kind, channel)).or_insert_with(|| match kind {
            "complaint" => topics.complaints(channel),
            "response" => topics.responses(channel),
            "update" => topics.topic(TopicKind::Updates),
            _ => topics.topic(TopicKind::Surveys),
        });
    }
    let needed: Vec<_> = needed.into_values().collect();
    connect::partitions(settings, log, &needed).map(drop)
}

/// Tells this run's producer from every other's.
fn unique() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{:x}-{:x}", std::process::id(), now.as_nanos())
}

/// Writes `FILE.rejected.ndjson` beside each file with rejected lines; an old one of a file that has
/// none any more goes.
fn write_rejected(files: &[PathBuf], rejected: &[Rejected]) -> Result<(), Failure> {
    for (index, file) in files.iter().enumerate() {
        let mut path = file.clone().into_os_string();
        path.push(".rejected.ndjson");
        let path = PathBuf::from(path);
        let failed = |cause| Failure::Write {
            path: path.clone(),
            cause,
        };
        let mut of_file = rejected.iter().filter(|r| r.origin.file == index).peekable();
        if of_file.peek().is_none() {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
                _ => continue,
            }
        }
        let mut out = BufWriter::new(File::create(&path).map_err(failed)?);
        for Rejected { origin, reason } in of_file {
            let line = json!({ "line": origin.line, "reason": reason });
            writeln!(out, "{line}").map_err(failed)?;
        }
        out.flush().map_err(failed)?;
        tell(&format!(
            "{}: lines rejected, see {}",
            file.display(),
            path.display()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_run_has_a_name_of_its_own() {
        assert_ne!(super::unique(), super::unique());
    }
}
