//! `heard dlq ls`: how many letters there are, and which.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::{Value, json};

use super::filter::FilterArgs;
use super::letters::{self, Letter, State};
use crate::cli::output::Output;
use crate::cli::render::{Align, table, text, time};
use crate::cli::{Exit, Failure, connect};
use crate::config::Settings;
use crate::log::Isolation;
use crate::model::Millis;

#[derive(Args, Debug)]
pub(in crate::cli) struct LsArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// Only letters that were not sent again yet and can be.
    #[arg(long)]
    waiting: bool,
    /// A line a letter, the oldest first, instead of counts.
    #[arg(long)]
    each: bool,
    /// A JSON object a line, times in milliseconds.
    #[arg(long)]
    json: bool,
}

/// Letters of one topic and reason.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    letters: u64,
    waiting: u64,
    replayed: u64,
    cut: u64,
    first: Millis,
    last: Millis,
}

pub(super) fn ls(settings: &Settings, args: &LsArgs) -> Result<Exit, Failure> {
    let log = connect::log(settings)?;
    let filter = args.filter.resolve(settings);
    let letters = letters::read(settings, &log, Isolation::Committed)?;
    let meant = |letter: &&Letter| filter.takes(letter) && (!args.waiting || letter.state == State::Waiting);
    let mut meant: Vec<_> = letters.iter().filter(meant).collect();
    meant.sort_by_key(|letter| (letter.envelope.at, letter.id));
    let mut output = Output::new();
    let lines = match (args.each, args.json) {
        (true, true) => meant.iter().map(|letter| as_json(letter).to_string()).collect(),
        (true, false) => each(&meant),
        (false, true) => groups(&meant)
            .iter()
            .map(|(key, group)| group_as_json(key, group).to_string())
            .collect(),
        (false, false) => counts(&groups(&meant)),
    };
    for line in lines {
        output.line(&line)?;
    }
    output.flush()?;
    Ok(Exit::Done)
}

type Groups<'l> = BTreeMap<(&'l str, &'l str), Group>;

fn groups<'l>(letters: &[&'l Letter]) -> Groups<'l> {
    let mut groups = Groups::new();
    for letter in letters {
        let envelope = &letter.envelope;
        let group = groups
            .entry((&envelope.topic, &envelope.reason))
            .or_insert(Group {
                letters: 0,
                waiting: 0,
                replayed: 0,
                cut: 0,
                first: envelope.at,
                last: envelope.at,
            });
        group.letters += 1;
        match letter.state {
            State::Waiting => group.waiting += 1,
            State::Replayed(_) => group.replayed += 1,
            State::Cut => group.cut += 1,
        }
        group.first = group.first.min(envelope.at);
        group.last = group.last.max(envelope.at);
    }
    groups
}

/// The counts as a table, with their sums.
fn counts(groups: &Groups<'_>) -> Vec<String> {
    use Align::{Left, Right};
    let columns = [
        ("topic", Left),
        ("reason", Left),
        ("letters", Right),
        ("waiting", Right),
        ("replayed", Right),
        ("cut", Right),
        ("first", Left),
        ("last", Left),
    ];
    let row = |topic: &str, reason: &str, group: &Group| {
        let counts = [group.letters, group.waiting, group.replayed, group.cut];
        [text(topic.as_bytes()), text(reason.as_bytes())]
            .into_iter()
            .chain(counts.map(|n| n.to_string()))
            .chain([time(group.first.0), time(group.last.0)])
            .collect()
    };
    let mut rows: Vec<Vec<String>> = groups
        .iter()
        .map(|((topic, reason), group)| row(topic, reason, group))
        .collect();
    let Some(all) = groups.values().cloned().reduce(|a, b| Group {
        letters: a.letters + b.letters,
        waiting: a.waiting + b.waiting,
        replayed: a.replayed + b.replayed,
        cut: a.cut + b.cut,
        first: a.first.min(b.first),
        last: a.last.max(b.last),
    }) else {
        return vec!["no dead letters".into()];
    };
    rows.push(row("all", "", &all));
    table(&columns, &rows)
}

/// A line a letter.
fn each(letters: &[&Letter]) -> Vec<String> {
    use Align::{Left, Right};
    if letters.is_empty() {
        return vec!["no dead letters".into()];
    }
    let columns = [
        ("id", Left),
        ("given up at", Left),
        ("reason", Left),
        ("from", Left),
        ("attempts", Right),
        ("bytes", Right),
        ("state", Left),
    ];
    let row = |letter: &&Letter| {
        let envelope = &letter.envelope;
        vec![
            letter.id.to_string(),
            time(envelope.at.0),
            text(envelope.reason.as_bytes()),
            from(letter),
            envelope.attempts.to_string(),
            letter.bytes.to_string(),
            letter.state.name().to_owned(),
        ]
    };
    table(&columns, &letters.iter().map(row).collect::<Vec<_>>())
}

/// Where a letter's record was read: `topic-partition@offset`. A message that did not go through the
/// mailbox has no offset.
pub(super) fn from(letter: &Letter) -> String {
    let envelope = &letter.envelope;
    let topic = text(envelope.topic.as_bytes());
    match envelope.offset {
        0.. => format!("{topic}-{}@{}", envelope.partition, envelope.offset),
        _ => format!("{topic}-{}", envelope.partition),
    }
}

/// A letter as an object, without key and contents.
pub(super) fn as_json(letter: &Letter) -> Value {
    let envelope = &letter.envelope;
    let replayed_at = match letter.state {
        State::Replayed(at) => Some(at.0),
        _ => None,
    };
    json!({
        "id": letter.id.to_string(),
        "at": envelope.at.0,
        "reason": envelope.reason,
        "topic": envelope.topic,
        "partition": envelope.partition,
        "offset": envelope.offset,
        "timestamp": envelope.timestamp.0,
        "attempts": envelope.attempts,
        "bytes": letter.bytes,
        "state": letter.state.name(),
        "replayed_at": replayed_at,
    })
}

fn group_as_json((topic, reason): &(&str, &str), group: &Group) -> Value {
    json!({
        "topic": topic,
        "reason": reason,
        "letters": group.letters,
        "waiting": group.waiting,
        "replayed": group.replayed,
        "cut": group.cut,
        "first": group.first.0,
        "last": group.last.0,
    })
}

#[cfg(test)]
mod tests {
    use super::{as_json, counts, each, groups};
    use crate::cli::dlq::letters::State;
    use crate::cli::dlq::letters::testing::letter;
    use crate::model::Millis;

    #[test]
    fn letters_are_counted_by_topic_and_reason() {
        let mut letters = [
            letter("0:1", "complaints.email", "truncated", 2_000),
            letter("0:2", "complaints.email", "bad_magic", 1_000),
            letter("1:0", "complaints.email", "truncated", 500),
            letter("1:1", "updates", "truncated", 4_000),
        ];
        letters[0].state = State::Replayed(Millis(3_000));
        letters[3].state = State::Cut;
        let all: Vec<_> = letters.iter().collect();
        assert_eq!(
            counts(&groups(&all)),
            [
                "topic             reason     letters  waiting  replayed  cut  first                   last",
                "complaints.email  bad_magic        1        1         0    0  1970-01-01T00:00:01Z    1970-01-01T00:00:01Z",
                "complaints.email  truncated        2        1         1    0  1970-01-01T00:00:00.5Z  1970-01-01T00:00:02Z",
                "updates           truncated        1        0         0    1  1970-01-01T00:00:04Z    1970-01-01T00:00:04Z",
                "all                                4        2         1    1  1970-01-01T00:00:00.5Z  1970-01-01T00:00:04Z",
            ]
        );
        assert_eq!(counts(&groups(&[])), ["no dead letters"]);
    }

    #[test]
    fn a_letter_has_its_place_and_what_became_of_it() {
        let mut direct = letter("1:0", "interactions", "panic", 500);
        direct.envelope.offset = -1;
        direct.state = State::Replayed(Millis(700));
        let letters = [letter("0:1", "updates", "bad\x1bmagic", 1_000), direct];
        assert_eq!(
            each(&letters.iter().collect::<Vec<_>>()),
            [
                "id   given up at             reason              from            attempts  bytes  state",
                "0:1  1970-01-01T00:00:01Z    6261641b6d61676963  updates-1@42           1      9  waiting",
                "1:0  1970-01-01T00:00:00.5Z  panic               interactions-1         1      9  replayed",
            ]
        );
        let json = as_json(&letters[1]);
        assert_eq!(
            (json["id"].as_str(), json["replayed_at"].as_i64()),
            (Some("1:0"), Some(700))
        );
    }
}
