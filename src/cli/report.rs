//! `heard report`: figures from the cases topic.

use std::collections::HashMap;
use std::sync::Arc;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::output::Output;
use super::{Exit, Failure, connect, when, width};
use crate::config::{Settings, TopicKind};
use crate::model::{Case, Millis};
use crate::report::{Dimension, Filter, Report, table};
use crate::wire::Decoder;

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// What groups differ in, separated by commas.
    #[arg(
        long,
        value_name = "WHAT",
        value_delimiter = ',',
        value_parser = dimension(),
        default_value = "channel,stage"
    )]
    by: Vec<Dimension>,
    /// Only cases about this brand; may be given several times.
    #[arg(long = "brand", value_name = "BRAND")]
    brands: Vec<String>,
    /// Only cases in this channel; may be given several times.
    #[arg(long = "channel", value_name = "CHANNEL")]
    channels: Vec<String>,
    /// Only cases opened at this time or later: 2026-03-04T12:00:00Z, or 7d for seven days ago.
    #[arg(long, value_name = "TIME", value_parser = when::time_or_ago)]
    since: Option<Millis>,
    /// Only cases opened before this time.
    #[arg(long, value_name = "TIME", value_parser = when::time_or_ago)]
    until: Option<Millis>,
    /// Until when those have waited who still wait: after a drain, its time. Without it, now.
    #[arg(long, value_name = "TIME", value_parser = when::time_or_ago)]
    as_of: Option<Millis>,
    /// Columns of the page; without it, those of the terminal, or of COLUMNS, or as many as it takes.
    #[arg(long, value_name = "N", conflicts_with = "json", value_parser = width::parse)]
    width: Option<usize>,
}

impl ReportArgs {
    fn filter(&self) -> Filter {
        let names = |names: &[String]| names.iter().map(Into::into).collect();
        Filter {
            brands: names(&self.brands),
            channels: names(&self.channels),
            since: self.since,
            until: self.until,
        }
    }
}

/// Reads the name of a dimension.
fn dimension() -> impl TypedValueParser<Value = Dimension> {
    PossibleValuesParser::new(Dimension::ALL.map(Dimension::name)).map(|name| {
        Dimension::ALL
            .into_iter()
            .find(|dimension| dimension.name() == name)
            .expect("only names of dimensions are possible")
    })
}

pub(super) fn report(settings: &Settings, args: &ReportArgs) -> Result<Exit, Failure> {
    let log = connect::log(settings)?;
    let registry = Arc::new(connect::registry(&settings.wire)?);
    let decoder = Decoder::<Case>::new(registry);
    let mut latest: HashMap<Vec<u8>, Case> = HashMap::new();
    let mut unreadable = 0_u64;
    let topic = settings.topics.topic(TopicKind::Cases);
    connect::read_all(settings, &log, &[topic], true, |_, record| {
        let key = record.key.unwrap_or_default();
        match record.value.map(|value| decoder.decode(value)) {
            None => drop(latest.remove(key)),
            Some(Ok(case)) => drop(latest.insert(key.to_owned(), case)),
            Some(Err(_)) => unreadable += 1,
        }
        Ok(())
    })?;
    if unreadable > 0 {
        tracing::warn!(
            unreadable,
            "records of the cases topic that are no cases are left out"
        );
    }
    let mut report = Report::new(&args.by, args.filter()).expecting(settings.rules.expectations());
    for case in latest.values() {
        report.add(case);
    }
    let shown = report.show(args.as_of.unwrap_or_else(when::now));
    let mut output = Output::new();
    if args.json {
        let json = serde_json::to_string_pretty(&shown).expect("figures are numbers and names");
        output.line(&json)?;
    } else {
        output.text(&table::render(&shown, width::of_output(args.width)))?;
    }
    output.flush()?;
    Ok(Exit::Done)
}
