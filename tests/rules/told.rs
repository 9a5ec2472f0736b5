//! Stories in words, and tables of them, so that a rule can be read, and broken rows be seen at once.
//!
//! A story is a list of what happened, in the order in which it came to be known, each with its minute
//! (`90`, `2h`, `7d`): `0 Ann, 5 agent privately, 9 Ann thanks, 1d resolved`. All are in one social
//! conversation. A message's id is who and when: `ann0`, `agent5`.

use std::fmt::Debug;

use heard::config::rules::RuleSettings;
use heard::model::{Case, Complaint, Intent, Millis, Response, ResponseKind, Sensitive, Status, Visibility};

use crate::story::{DAY, Line, Story, becomes, person, replies, says};

/// Checks a table: a row a line, columns between bars. The first line names the columns, the first
/// column the rows; `given` says how many columns after that are input. What comes of them must be
/// what the other columns say.
pub fn check<const N: usize>(table: &str, given: usize, comes_of: impl Fn(&[&str]) -> [String; N]) {
    let rows = table.lines().filter(|line| !line.trim().is_empty());
    let rows: Vec<Vec<&str>> = rows
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    let (titles, rows) = rows.split_first().expect("a table has titles");
    assert!(!rows.is_empty(), "a table has rows");
    let mut wrong = String::new();
    for row in rows {
        assert_eq!(
            (row.len(), titles.len()),
            (1 + given + N, 1 + given + N),
            "columns of {row:?}"
        );
        let (given, expected) = row[1..].split_at(given);
        let found = comes_of(given);
        for (title, (expected, found)) in titles[1 + given.len()..].iter().zip(expected.iter().zip(&found)) {
            if expected != found {
                wrong += &format!(
                    "\n{} ({}): {title} is {found}, not {expected}",
                    row[0],
                    given.join("; ")
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A cell: a value, or `-` for none.
pub fn cell<T: Debug>(value: Option<T>) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{value:?}"))
}

/// The minute of an event time.
pub fn minute(at: Millis) -> i64 {
    at.since(DAY) / 60_000
}

/// A time in minutes, hours (`2h`) or days (`7d`).
pub fn minutes(text: &str) -> i64 {
    let (number, unit) = match text.strip_suffix('h') {
        Some(hours) => (hours, 60),
        None => text.strip_suffix('d').map_or((text, 1), |days| (days, 24 * 60)),
    };
    let number: i64 = number.parse().unwrap_or_else(|_| panic!("{text} is no time"));
    number * unit
}

/// The story in words, by the rules as they are without a configuration. Told backwards, which is the
/// desk's long way, it comes to the same cases.
pub fn told(words: &str) -> Story {
    let lines = lines(words);
    let backwards = Story::told(RuleSettings::default(), lines.iter().rev().cloned());
    let story = Story::told(RuleSettings::default(), lines);
    assert_eq!(story.cases(), backwards.cases(), "{words}, told backwards");
    story
}

/// The lines of a story in words.
pub fn lines(words: &str) -> Vec<Line> {
    lines_from(0, words)
}

/// The same, begun so many minutes later.
pub fn lines_from(start: i64, words: &str) -> Vec<Line> {
    let told = words.split(',').map(str::trim).filter(|line| !line.is_empty());
    told.map(|line| read(start, line)).collect()
}

fn read(start: i64, words: &str) -> Line {
    let mut rest = words.split_whitespace();
    let (time, who) = (rest.next().expect("a time"), rest.next().expect("somebody"));
    let id = format!("{}{time}", who.to_lowercase());
    let minute = start + minutes(time);
    let status = |status| becomes(minute, &id, "social", status).into();
    let reply = |kind| {
        let reply = replies(minute, &id, "social");
        response(Response { kind, ..reply }, rest.clone())
    };
    match who {
        "Ann" | "Bob" => {
            let handle = format!("handle:{}", who.to_lowercase());
            complaint(says(minute, &id, "social", &[&handle]), rest)
        }
        "agent" => reply(ResponseKind::Human),
        "somebody" => reply(ResponseKind::Unknown),
        "bot" => reply(ResponseKind::Bot),
        "receipt" => reply(ResponseKind::AutoAck),
        "note" => reply(ResponseKind::Note),
        "bystander" => reply(ResponseKind::Community),
        "pending" => status(Status::Pending),
        "resolved" => status(Status::Resolved),
        "reopened" => status(Status::Reopened),
        "let-go" => status(Status::LetGo),
        _ => panic!("who is {who} in {words:?}?"),
    }
}

fn complaint<'a>(mut said: Complaint, words: impl Iterator<Item = &'a str>) -> Line {
    for word in words {
        match word {
            "praises" => said.intent = Some(Intent::Praise),
            "thanks" => said.intent = Some(Intent::Thanks),
            "automatically" => said.automatic = true,
            "edited" => (said.revision, said.text) = (1, Some(Sensitive("better said".into()))),
            "deleted" => (said.revision, said.deleted) = (2, true),
            _ => panic!("what is {word}?"),
        }
    }
    said.into()
}

fn response<'a>(mut reply: Response, mut words: impl Iterator<Item = &'a str>) -> Line {
    while let Some(word) = words.next() {
        match word {
            "privately" => reply.visibility = Some(Visibility::Private),
            "inviting" => reply.invites_to = Some("direct".into()),
            "resolving" => reply.status = Some(Status::Resolved),
            "deleted" => (reply.revision, reply.deleted) = (2, true),
            "to" => reply.in_reply_to = words.next().map(Into::into),
            "naming" => reply.customer = words.next().map(|name| person(&[&format!("handle:{name}")])),
            _ => panic!("what is {word}?"),
        }
    }
    reply.into()
}

/// The case of Ann, or of Bob, if there is one.
pub fn case_of(story: &Story, who: &str) -> Option<Case> {
    let party = format!("handle:{}", who.to_lowercase());
    story.cases().into_values().find(|case| case.party_key == party)
}

/// The case of Ann.
pub fn ann(story: &Story) -> Case {
    case_of(story, "Ann").expect("Ann has a case")
}

/// How often something has happened, as a cell.
pub fn count(story: &Story, kind: &str) -> String {
    let happened = story.happened().into_iter();
    happened.filter(|happened| *happened == kind).count().to_string()
}
