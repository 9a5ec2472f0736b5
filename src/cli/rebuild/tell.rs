//! What is said before anything is done.

use super::look::{Found, Input};
use super::outputs::Outputs;
use crate::cli::render::time;
use crate::cli::topics::words;
use crate::config::{Settings, TopicKind};
use crate::log::Topic;
use crate::report::lines::{Row, Table, wrapped};

/// All of it, as lines of a width.
pub(super) fn lines(
    settings: &Settings,
    found: &Found,
    outputs: &Outputs,
    width: Option<usize>,
) -> Vec<String> {
    let mut lines = state(settings, found, width);
    lines.push(String::new());
    lines.extend(inputs(&found.inputs, width));
    lines.push(String::new());
    lines.extend(held(settings, outputs, width));
    lines.push(String::new());
    for said in consequences(found, outputs) {
        lines.extend(wrapped(&format!("- {said}"), width, 2));
    }
    lines
}

/// Why it is not done now.
pub(super) fn refused(found: &Found, width: Option<usize>) -> String {
    let workers = found.members.join(", ");
    let said = format!(
        "Refused: {} in the group ({workers}). Stop all instances first. One that was killed counts until its session is \
         over (engine.session_timeout).",
        match found.members.len() {
            1 => "a worker is".to_owned(),
            n => format!("{n} workers are"),
        }
    );
    wrapped(&said, width, 2)
        .iter()
        .map(|line| format!("{line}\n"))
        .collect()
}

/// A command to type, behind a sentence.
pub(super) fn command(sentence: &str, what: &str, again: &[(&str, String)]) -> String {
    format!("{sentence}\n  {}\n", words(what, again))
}

fn state(settings: &Settings, found: &Found, width: Option<usize>) -> Vec<String> {
    let topic = |(topic, there): &(Topic, Option<i32>)| -> Row {
        let partitions = there.map_or("is not there".to_owned(), |count| count.to_string());
        (vec![topic.to_string()], vec![partitions])
    };
    let group = match found.offsets {
        0 => "has no offsets".to_owned(),
        n => n.to_string(),
    };
    let rows = [
        (vec![format!("group {}", settings.application)], vec![group]),
        topic(&found.mailbox),
        topic(&found.changelog),
    ];
    let table = Table {
        title: "",
        names: &["thrown away"],
        figures: &["partitions"],
        rows: &rows,
    };
    table.lines(width)
}

fn inputs(inputs: &[Input], width: Option<usize>) -> Vec<String> {
    let rows: Vec<Row> = { inputs.iter() }
        .filter(|input| input.left > 0 || input.gone > 0)
        .map(|input| {
            let back = match (input.gone, input.reaches_back_to) {
                (0, _) => "its beginning".to_owned(),
                (_, Some(first)) => time(first.div_euclid(1000) * 1000),
                (_, None) => "nothing is left".to_owned(),
            };
            (
                vec![input.topic.to_string()],
                vec![input.left.to_string(), input.gone.to_string(), back],
            )
        })
        .collect();
    if rows.is_empty() {
        return vec!["The inputs are empty: nothing comes back.".to_owned()];
    }
    let table = Table {
        title: "",
        names: &["read again"],
        figures: &["records", "gone", "reaches back to"],
        rows: &rows,
    };
    table.lines(width)
}

fn held(settings: &Settings, outputs: &Outputs, width: Option<usize>) -> Vec<String> {
    let name = |kind| settings.topics.topic(kind).to_string();
    let handling = format!("{}handling.*", settings.topics.prefix);
    let row = |name: String, count: usize, then: &str| -> Row {
        (vec![name, then.to_owned()], vec![count.to_string()])
    };
    let rows = [
        row(name(TopicKind::Cases), outputs.cases, "cases: versions go on"),
        row(handling, outputs.work, "work items: revisions go on"),
        row(
            name(TopicKind::CaseEvents),
            outputs.events,
            "events: not told again",
        ),
        row(name(TopicKind::Signals), outputs.signals, "signals: told again"),
        row(
            name(TopicKind::DeadLetters),
            outputs.letters,
            "letters: come again",
        ),
    ];
    let table = Table {
        title: "",
        names: &["kept", "and then"],
        figures: &["there are"],
        rows: &rows,
    };
    table.lines(width)
}

/// What consumers will see, and what is not as before.
fn consequences(found: &Found, outputs: &Outputs) -> Vec<String> {
    let mut said = vec![
        "Numbers go on, contents begin again: each case passes through its past once more under new versions, and work \
         that is done is open again until its reply is read. Whoever acts on work items at once waits until the inputs are \
         read (heard_lag_records is 0)."
            .to_owned(),
    ];
    let gone: Vec<_> = found.inputs.iter().filter(|input| input.gone > 0).collect();
    if !gone.is_empty() {
        let sum: u64 = gone.iter().map(|input| input.gone).sum();
        said.push(format!(
            "{sum} records of inputs are gone. What they said cannot come back: cases that only they told of stay in the \
             outputs as they are, open work too, and nobody changes them any more; others are judged without them."
        ));
    }
    if outputs.events_gone > 0 {
        said.push(format!(
            "{} records of events are gone by retention: what they told is told again where the inputs still say it, \
             under the same event_id.",
            outputs.events_gone
        ));
    }
    if outputs.signals > 0 || outputs.letters > 0 {
        said.push(
            "Signals have the same keys as before. A record that cannot be used is a dead letter once more: replay one \
             of the two."
                .to_owned(),
        );
    }
    let forgotten = match outputs.forgotten {
        0 => String::new(),
        1 => " 1 case is of such a person; its numbers begin at 1 if it comes back.".to_owned(),
        n => format!(" {n} cases are of such people; their numbers begin at 1 if they come back."),
    };
    said.push(format!(
        "Whoever was forgotten and is still in the inputs comes back, unless the customer's tombstone is still in the \
         topic of customers: forget them again (heard forget).{forgotten}"
    ));
    if outputs.unreadable > 0 {
        said.push(format!(
            "{} records of the outputs cannot be read: numbers that only they have begin at 1.",
            outputs.unreadable
        ));
    }
    said
}
