//! `heard explain`: why a case stands where it stands.

mod find;
mod gather;
mod wanted;

use std::sync::Arc;

use clap::Args;

use super::output::Output;
use super::{Exit, Failure, connect, when};
use crate::config::Settings;
use crate::desk::Desk;
use crate::explain::{Asked, explain as explained, text};
use crate::model::Millis;
use wanted::{CaseName, Wanted};

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The case, or how its id begins: eight characters at least.
    #[arg(
        value_name = "CASE",
        required_unless_present = "conversation",
        conflicts_with = "conversation"
    )]
    case: Option<CaseName>,
    /// Instead of CASE: the conversation it is in.
    #[arg(long, value_name = "ID", requires_all = ["source", "channel"])]
    conversation: Option<String>,
    /// The platform or system of the conversation.
    #[arg(long, value_name = "SOURCE", requires = "conversation")]
    source: Option<String>,
    /// The channel of the conversation.
    #[arg(long, value_name = "CHANNEL", requires = "conversation")]
    channel: Option<String>,
    /// Whose case, if the conversation has several: kind:value, such as handle:ada.
    #[arg(long, value_name = "KEY", requires = "conversation")]
    author: Option<String>,
    /// Show what was said, names and values of identifiers: mind where you show it.
    #[arg(long)]
    text: bool,
    /// As one JSON object; times and durations in milliseconds.
    #[arg(long)]
    json: bool,
    /// Do not read the inputs: quicker, but of messages only what events tell.
    #[arg(long)]
    no_inputs: bool,
    /// Until when those have waited who still wait: after a drain, its time. Without it, now.
    #[arg(long, value_name = "TIME", value_parser = when::time_or_ago)]
    as_of: Option<Millis>,
}

impl ExplainArgs {
    fn wanted(&self, settings: &Settings) -> Wanted {
        match (&self.case, &self.source, &self.channel, &self.conversation) {
            (None, Some(source), Some(channel), Some(conversation)) => {
                let author = self.author.as_deref();
                Wanted::conversation(&settings.rules, source, channel, conversation, author)
            }
            (case, ..) => case.clone().unwrap_or_default().wanted(),
        }
    }
}

pub(super) fn explain(settings: &Settings, args: &ExplainArgs) -> Result<Exit, Failure> {
    let log = connect::log(settings)?;
    let case = find::find(settings, &log, &args.wanted(settings))?;
    let records = gather::gather(settings, &log, &case, !args.no_inputs)?;
    let asked = Asked {
        as_of: args.as_of.unwrap_or_else(when::now),
        texts: args.text,
    };
    let desk = Desk::new(Arc::new(settings.rules.clone()));
    let explanation = explained(&desk, &case, &records, asked);
    let mut output = Output::new();
    if args.json {
        let json = serde_json::to_string_pretty(&explanation).expect("findings are numbers and words");
        output.line(&json)?;
    } else {
        output.text(&text::render(&explanation))?;
    }
    output.flush()?;
    Ok(Exit::Done)
}
