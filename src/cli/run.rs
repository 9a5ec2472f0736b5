//! `heard run`: intake and desk.

use clap::{ArgAction, Args, ValueEnum};
use jiff::Timestamp;

use super::{Exit, Failure};
use crate::config::Settings;
use crate::model::Millis;

/// Arguments of `heard run`.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// Which parts to run.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Role::Intake, Role::Desk])]
    pub roles: Vec<Role>,
    /// Take in all that was there at the start, on the event clock, and stop.
    #[arg(long)]
    pub drain: bool,
    /// The time to which the event clock moves in the end, such as 2020-06-01T00:00:00Z; without it,
    /// the largest event time.
    #[arg(long, requires = "drain", value_name = "TIME", value_parser = parse_time)]
    pub as_of: Option<Millis>,
    /// Names this instance among those of the application; without it, the host's name.
    #[arg(long, value_name = "NAME")]
    pub instance: Option<String>,
    /// Worker threads; without it, as configured.
    #[arg(long, value_name = "N")]
    pub workers: Option<std::num::NonZeroU32>,
    /// Apply messages within a worker at once instead of through the mailbox; without it, as
    /// configured.
    #[arg(long, value_name = "on|off", value_parser = parse_switch, action = ArgAction::Set)]
    pub local_delivery: Option<bool>,
}

/// A part of the processing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Decode, validate, address.
    Intake,
    /// The actors: cases, customers, work items.
    Desk,
}

/// Runs the parts until told to stop, or with `--drain` until everything is taken in.
///
/// # Errors
/// What ended it.
pub fn run(_settings: &Settings, _args: &RunArgs) -> Result<Exit, Failure> {
    Err(Failure::Run("heard run is not wired yet".into()))
}

fn parse_time(text: &str) -> Result<Millis, String> {
    text.parse::<Timestamp>()
        .map(|time| Millis(time.as_millisecond()))
        .map_err(|_| "write a time with its offset, such as 2020-06-01T00:00:00Z".into())
}

fn parse_switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("write on or off".into()),
    }
}
