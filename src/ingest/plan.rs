//! All rows together: links between messages, conversations, and the order of sending.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::build::{self, Built, Input};
use super::map::Map;
use super::rows::{Origin, Rejected, Row};

/// A record to send, and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The line it came from.
    pub origin: Origin,
    /// The record.
    pub input: Input,
}

/// What files came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Records in order of event time; of the same time, in the order of their lines.
    pub records: Vec<Planned>,
    /// Lines that cannot be used, in order.
    pub rejected: Vec<Rejected>,
}

/// Makes the records of all rows.
pub fn plan(map: &Map, rows: impl IntoIterator<Item = (Origin, Result<Row, String>)>) -> Plan {
    let mut planner = Planner::new(map);
    for (origin, row) in rows {
        planner.add(origin, row);
    }
    planner.finish()
}

/// Takes row after row, so that no more than their records need be kept.
#[derive(Debug)]
pub struct Planner<'m> {
    map: &'m Map,
    plan: Plan,
    turns: Vec<(i64, usize)>,
}

impl<'m> Planner<'m> {
    /// A planner that has seen no rows.
    pub fn new(map: &'m Map) -> Self {
        Self {
            map,
            plan: Plan::default(),
            turns: Vec::new(),
        }
    }

    /// Takes a row, or why there is none.
    pub fn add(&mut self, origin: Origin, row: Result<Row, String>) {
        match row.and_then(|row| build::build(self.map, &row)) {
            Ok(Built {
                message,
                turn,
                update,
            }) => {
                if let (Some(turn), Some(_)) = (turn, &message) {
                    self.turns.push((turn, self.plan.records.len()));
                }
                for input in message.into_iter().chain(update) {
                    let origin = origin.clone();
                    self.plan.records.push(Planned { origin, input });
                }
            }
            Err(reason) => self.plan.rejected.push(Rejected { origin, reason }),
        }
    }

    /// Links the records and puts them in order.
    pub fn finish(mut self) -> Plan {
        let records = &mut self.plan.records;
        reply_to_previous_turns(records, self.turns);
        if self.map.links.conversation_from_replies {
            conversations_from_replies(records);
        }
        records.sort_by_key(|planned| planned.input.occurred_at());
        self.plan
    }
}

/// Each message replies to the one before it in its conversation, unless it says to which.
fn reply_to_previous_turns(records: &mut [Planned], mut turns: Vec<(i64, usize)>) {
    turns.sort_unstable();
    let mut last: BTreeMap<[String; 3], usize> = BTreeMap::new();
    for (_, at) in turns {
        let input = &records[at].input;
        let conversation = [Some(input.source()), input.channel(), input.conversation_id()];
        let conversation = conversation.map(|part| part.unwrap_or_default().to_owned());
        if matches!(input, Input::Survey(_)) {
            continue; // it has no turn
        }
        if let Some(before) = last.insert(conversation, at)
            && records[at].input.in_reply_to().is_none()
        {
            let id = records[before].input.id().to_owned();
            records[at].input.set_in_reply_to(id.into());
        }
    }
}

/// Each message's conversation gets the id of the first message of its chain of replies. What replies
/// to a message that is not there is in a conversation of that message's id; an update or a survey names
/// any message of its conversation.
fn conversations_from_replies(records: &mut [Planned]) {
    let mut replies_to: HashMap<[&str; 2], &str> = HashMap::new();
    for Planned { input, .. } in records.iter() {
        if let Some(parent) = input.in_reply_to() {
            replies_to.insert([input.source(), input.id()], parent);
        }
    }
    let mut roots: HashMap<[&str; 2], &str> = HashMap::new();
    let found: Vec<Option<String>> = records
        .iter()
        .map(|Planned { input, .. }| {
            let start = match input {
                Input::Update(_) | Input::Survey(_) => input.conversation_id()?,
                message => message.id(),
            };
            Some(root(input.source(), start, &replies_to, &mut roots).to_owned())
        })
        .collect();
    for (planned, root) in records.iter_mut().zip(found) {
        if let Some(root) = root {
            planned.input.set_conversation_id(root.into());
        }
    }
}

/// Follows replies to their beginning; in a circle, the smallest id is it.
fn root<'a>(
    source: &'a str,
    start: &'a str,
    replies_to: &HashMap<[&'a str; 2], &'a str>,
    known: &mut HashMap<[&'a str; 2], &'a str>,
) -> &'a str {
    let mut passed = Vec::new();
    let mut seen = HashSet::new();
    let mut at = start;
    let root = loop {
        if let Some(root) = known.get(&[source, at]) {
            break *root;
        }
        if !seen.insert(at) {
            let circle = passed.iter().skip_while(|id| **id != at);
            break circle.min().copied().unwrap_or(at);
        }
        passed.push(at);
        match replies_to.get(&[source, at]) {
            Some(parent) => at = parent,
            None => break at,
        }
    };
    known.extend(passed.into_iter().map(|id| ([source, id], root)));
    root
}

#[cfg(test)]
mod tests;
