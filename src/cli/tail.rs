//! `heard tail`: decoded records of topics, a line each.

mod line;
mod start;
mod wanted;

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use clap::Args;

use super::connect::PartitionRange;
use super::output::Output;
use super::{Exit, Failure, connect, when};
use crate::config::{Settings, TopicKind};
use crate::log::{Batch, Isolation, Log, Reader, Record, Topic, TopicPartition};
use crate::model::Millis;
use line::{as_json, as_text};
use start::Start;
use wanted::{Pair, Wanted};

#[derive(Debug, Args)]
pub(super) struct TailArgs {
    /// Topics, without the prefix: cases, handling.onstage, complaints.email, ...
    #[arg(required = true, value_name = "TOPIC")]
    topics: Vec<String>,
    /// Stop at what was there at the start, as kcat does with -e.
    #[arg(long, short = 'e')]
    drain: bool,
    /// A JSON object a line: topic, partition, offset, timestamp, key, headers, value.
    #[arg(long)]
    json: bool,
    /// Only what comes from now on, instead of everything from the start: the same as --offset end.
    #[arg(long, conflicts_with_all = ["drain", "offset", "lines", "since", "until"])]
    from_end: bool,
    /// Of what is there only the last N, by time; then what comes. With filters, the last N that pass them.
    #[arg(long, short = 'n', value_name = "N")]
    lines: Option<usize>,
    /// Only records of this time or later: 2026-03-04T12:00:00Z, or 2h for two hours ago.
    #[arg(long, value_name = "TIME", value_parser = when::time_or_ago, conflicts_with = "offset")]
    since: Option<Millis>,
    /// Only records before this time. Stops at what was there at the start.
    #[arg(long, value_name = "TIME", value_parser = when::time_or_ago)]
    until: Option<Millis>,
    /// Only records with this key, as it is shown; may be given several times.
    #[arg(long = "key", short = 'k', value_name = "KEY")]
    keys: Vec<String>,
    /// Only records with this header; given several times, with all of them.
    #[arg(long = "header", value_name = "NAME=VALUE")]
    headers: Vec<Pair>,
    /// Only these partitions of each topic, separated by commas.
    #[arg(long = "partition", short = 'p', value_name = "N", value_delimiter = ',')]
    partitions: Vec<u16>,
    /// Where to begin in each partition: beginning, end, an offset, or -N for the last N offsets (each transaction
    /// takes one too). An offset that is not there any more, or not yet, is the nearest that is.
    #[arg(long, short = 'o', value_name = "OFFSET", allow_hyphen_values = true)]
    offset: Option<Start>,
}

impl TailArgs {
    fn wanted(&self) -> Wanted {
        Wanted {
            since: self.since,
            until: self.until,
            keys: self.keys.clone(),
            headers: self.headers.clone(),
        }
    }

    fn start(&self) -> Start {
        match (self.from_end, self.offset) {
            (true, _) => Start::End,
            (false, start) => start.unwrap_or(Start::Beginning),
        }
    }
}

pub(super) fn tail(settings: &Settings, args: &TailArgs) -> Result<Exit, Failure> {
    let log = connect::log(settings)?;
    let registry = connect::registry(&settings.wire)?;
    let topics: Vec<_> = args.topics.iter().map(|name| resolve(settings, name)).collect();
    let mut output = Output::new();
    let show = |topic: &Topic, record: &Record<'_>| match args.json {
        true => as_json(topic, record, &registry).to_string(),
        false => as_text(topic, record, &registry),
    };
    let wanted = args.wanted();
    let ranges = ranges(settings, &log, args, &topics)?;
    let ends = || {
        ranges
            .iter()
            .map(|(partition, range)| (partition.clone(), range.end))
    };
    let begins = || {
        ranges
            .iter()
            .map(|(partition, range)| (partition.clone(), range.start))
    };
    let stops = args.drain || args.until.is_some();
    // On a terminal the lines themselves show that it goes on.
    let progress = stops && !io::stdout().is_terminal();
    let from: Vec<_> = match args.lines {
        Some(number) => {
            for line in last(settings, &log, &ranges, (number, progress), &wanted, &show)? {
                output.line(&line)?;
            }
            ends().collect()
        }
        None if stops => {
            connect::read_ranges(
                settings,
                &log,
                ranges.clone(),
                progress,
                |topic, record| match wanted.wants(record) {
                    true => output.line(&show(topic, record)),
                    false => Ok(()),
                },
            )?;
            Vec::new()
        }
        None => begins().collect(),
    };
    output.flush()?;
    if stops {
        return Ok(Exit::Done);
    }
    follow(settings, &log, &from, |line| match line {
        Some((topic, record)) if wanted.wants(record) => output.line(&show(topic, record)),
        Some(_) => Ok(()),
        None => output.flush().and_then(|()| output.fail_if_closed()),
    })
}

/// What is there of the partitions that were asked for, from where it was asked to begin.
fn ranges(
    settings: &Settings,
    log: &impl Log,
    args: &TailArgs,
    topics: &[Topic],
) -> Result<Vec<PartitionRange>, Failure> {
    let failed = connect::failed(settings);
    let mut partitions = connect::partitions(settings, log, topics)?;
    for number in args.partitions.iter().map(|&number| i32::from(number)) {
        if !partitions.iter().any(|at| at.partition == number) {
            return Err(Failure::Usage(format!(
                "--partition: {} has no partition {number}",
                topics.iter().map(Topic::as_str).collect::<Vec<_>>().join(", ")
            )));
        }
    }
    let asked = |at: &TopicPartition| {
        args.partitions
            .iter()
            .any(|&number| i32::from(number) == at.partition)
    };
    partitions.retain(|at| args.partitions.is_empty() || asked(at));
    let ends = log.ends(&partitions).map_err(&failed)?;
    let begins: Vec<i64> = match args.since {
        None => ends.iter().map(|ends| args.start().offset(*ends)).collect(),
        Some(since) => {
            let found = log.offsets_at(&partitions, since.0).map_err(&failed)?;
            let at = found.into_iter().zip(&ends);
            at.map(|(offset, ends)| {
                offset
                    .unwrap_or(ends.last_stable)
                    .clamp(ends.start, ends.last_stable)
            })
            .collect()
        }
    };
    let ranges = begins
        .into_iter()
        .zip(ends)
        .map(|(begin, ends)| begin..ends.last_stable);
    Ok(partitions.into_iter().zip(ranges).collect())
}

/// The last records by time, of those wanted in these ranges, as lines.
fn last(
    settings: &Settings,
    log: &impl Log,
    ranges: &[PartitionRange],
    (number, progress): (usize, bool),
    wanted: &Wanted,
    show: &impl Fn(&Topic, &Record<'_>) -> String,
) -> Result<Vec<String>, Failure> {
    type Line = (i64, i64, String);
    // Offsets are not records: each transaction has one of its own. So a little more is read, and more again while
    // that was not enough.
    let mut reach = i64::try_from(number)
        .unwrap_or(i64::MAX)
        .saturating_mul(2)
        .saturating_add(16);
    loop {
        let near = |(partition, range): &PartitionRange| {
            (
                partition.clone(),
                range.end.saturating_sub(reach).max(range.start)..range.end,
            )
        };
        let mut found: BTreeMap<TopicPartition, VecDeque<Line>> = BTreeMap::new();
        connect::read_ranges(
            settings,
            log,
            ranges.iter().map(near).collect(),
            progress,
            |topic, record| {
                if wanted.wants(record) {
                    let at = TopicPartition::new(topic.clone(), record.partition);
                    let lines = found.entry(at).or_default();
                    lines.push_back((record.timestamp, record.offset, show(topic, record)));
                    if lines.len() > number {
                        lines.pop_front();
                    }
                }
                Ok(())
            },
        )?;
        let is_enough = |all: &PartitionRange| {
            let found = found.get(&all.0).map_or(0, VecDeque::len);
            found >= number || near(all).1.start == all.1.start
        };
        if ranges.iter().all(is_enough) {
            let lines = found.into_iter().flat_map(|(at, lines)| {
                lines
                    .into_iter()
                    .map(move |(time, offset, line)| ((time, at.clone(), offset), line))
            });
            let mut lines: Vec<_> = lines.collect();
            lines.sort();
            let first = lines.len().saturating_sub(number);
            return Ok(lines.drain(first..).map(|(_, line)| line).collect());
        }
        reach = reach.saturating_mul(8);
    }
}

/// Reads for ever; `None` says that nothing more has come for now.
fn follow(
    settings: &Settings,
    log: &impl Log,
    from: &[(TopicPartition, i64)],
    mut visit: impl FnMut(Option<(&Topic, &Record<'_>)>) -> Result<(), Failure>,
) -> Result<Exit, Failure> {
    let failed = connect::failed(settings);
    let mut reader = log.reader(from, Isolation::Committed).map_err(&failed)?;
    let mut batch = Batch::new();
    loop {
        reader
            .poll(Duration::from_millis(500), &mut batch)
            .map_err(&failed)?;
        for record in batch.iter() {
            visit(Some((&reader.topics()[record.topic], &record)))?;
        }
        visit(None)?;
    }
}

/// A topic by its own name without the prefix, or by the name it has unless configured otherwise.
pub(super) fn resolve(settings: &Settings, name: &str) -> Topic {
    let topics = &settings.topics;
    if let Some(channel) = name.strip_prefix("complaints.") {
        return topics.complaints(channel);
    }
    if let Some(channel) = name.strip_prefix("responses.") {
        return topics.responses(channel);
    }
    let kind = TopicKind::ALL
        .into_iter()
        .find(|kind| kind.default_name() == name);
    kind.map_or_else(
        || Topic::new(&format!("{}{name}", topics.prefix)),
        |kind| topics.topic(kind),
    )
}

#[cfg(test)]
mod tests {
    use super::resolve;
    use crate::config::{Overrides, RawConfig, Settings};

    #[test]
    fn topics_are_named_without_the_prefix() {
        let text = "[topics]\nprefix = \"p.\"\n[topics.names]\ncases = \"matters\"\ncomplaints = \"in\"";
        let raw = RawConfig::from_text("heard.toml", text);
        let settings = Settings::from_raw(&raw, &Overrides::default(), []).expect("valid");
        for (name, topic) in [
            ("cases", "p.matters"),
            ("matters", "p.matters"),
            ("complaints.email", "p.in.email"),
            ("in.email", "p.in.email"),
            ("case-events", "p.case-events"),
        ] {
            assert_eq!(resolve(&settings, name).as_str(), topic, "{name}");
        }
    }
}
