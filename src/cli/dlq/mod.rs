//! `heard dlq`: dead letters, listed, looked at, sent again.

mod filter;
mod letters;
mod ls;
mod plan;
mod replay;
mod send;
mod show;

use clap::Subcommand;

use super::{Exit, Failure, examples};
use crate::config::Settings;

#[derive(Debug, Subcommand)]
pub(super) enum DlqCommand {
    /// How many dead letters there are, by topic and reason; with --each a line a letter. A letter is
    /// waiting, or was replayed, or was cut to fit and cannot be. Shows no keys and no contents.
    #[command(after_help = examples::DLQ_LS)]
    Ls(ls::LsArgs),
    /// One dead letter: why it is one, its headers, key and bytes, decoded as far as they go. This shows
    /// what the customer wrote and who it was: mind where you show it.
    #[command(after_help = examples::DLQ_SHOW)]
    Show(show::ShowArgs),
    /// Send dead letters again to the topics that they came from, once what was wrong is mended. However
    /// often this is called, each letter is sent once; one that fails again comes back as a new letter
    /// that counts its attempts. Needs the right to write to the input topics. Exit status 3 if letters were
    /// kept about which something can be done.
    #[command(after_help = examples::DLQ_REPLAY)]
    Replay(replay::ReplayArgs),
}

pub(super) fn dlq(settings: &Settings, command: &DlqCommand) -> Result<Exit, Failure> {
    match command {
        DlqCommand::Ls(args) => ls::ls(settings, args),
        DlqCommand::Show(args) => show::show(settings, args),
        DlqCommand::Replay(args) => replay::replay(settings, args),
    }
}
