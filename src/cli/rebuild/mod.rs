//! `heard rebuild`: the state is thrown away and built anew from the inputs; what consumers see goes on.
//!
//! Without `--yes` it only looks: what is there, what the inputs can still tell, what consumers will see. A rebuild is done
//! in an order (`steps.rs`) in which each state between two steps is one that `heard run` refuses, and it may be done again.

mod look;
mod outputs;
mod steps;
mod tell;

use clap::Args;

use super::output::Output;
use super::{Exit, Failure, connect, width};
use crate::config::Settings;
use crate::log::Isolation;

#[derive(Args, Debug)]
pub(super) struct RebuildArgs {
    /// Do it; without this it is only said what would be done.
    #[arg(long, short)]
    yes: bool,
    /// How many columns wide; else as wide as the terminal.
    #[arg(long, value_name = "COLUMNS", value_parser = width::parse)]
    width: Option<usize>,
}

/// `again` is how the options of this command line are written once more.
pub(super) fn rebuild(
    settings: &Settings,
    args: &RebuildArgs,
    again: &[(&str, String)],
) -> Result<Exit, Failure> {
    let log = connect::log(settings)?;
    let width = width::of_output(args.width);
    let found = look::look(settings, &log)?;
    let is_refused = !found.members.is_empty();
    // Before anything is deleted whatever was on its way to the outputs must be there.
    let to = match args.yes && !is_refused {
        true => Isolation::Uncommitted,
        false => Isolation::Committed,
    };
    let outputs = outputs::read(settings, &log, to)?;
    let mut output = Output::new();
    for line in tell::lines(settings, &found, &outputs, width) {
        output.line(&line)?;
    }
    output.line("")?;
    if is_refused {
        output.text(&tell::refused(&found, width))?;
        output.flush()?;
        return Ok(Exit::ToDo);
    }
    if !args.yes {
        output.text(&tell::command(
            "Nothing was done. To do it:",
            "rebuild --yes",
            again,
        ))?;
        output.flush()?;
        return Ok(Exit::Done);
    }
    steps::take(settings, &log, &found, &outputs, &mut output)?;
    output.text(&tell::command(
        "The state is to be built anew. Start again:",
        "run",
        again,
    ))?;
    output.flush()?;
    Ok(Exit::Done)
}
