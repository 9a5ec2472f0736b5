//! `heard report`: figures from the cases topic.

use std::collections::HashMap;
use std::sync::Arc;

use clap::Args;

use super::output::Output;
use super::{Exit, Failure, connect};
use crate::config::{Settings, TopicKind};
use crate::model::Case;
use crate::report::{Report, table};
use crate::wire::Decoder;

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// As JSON.
    #[arg(long)]
    json: bool,
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
    let mut report = Report::default();
    for case in latest.values() {
        report.add(case);
    }
    let shown = report.show();
    let mut output = Output::new();
    if args.json {
        let json = serde_json::to_string_pretty(&shown).expect("figures are numbers and names");
        output.line(&json)?;
    } else {
        output.text(&table::render(&shown))?;
    }
    output.flush()?;
    Ok(Exit::Done)
}
