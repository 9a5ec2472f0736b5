//! One conversation of very many messages, of the customer and the company in turn.

use std::collections::VecDeque;

use heard::model::{Complaint, Identifier, Millis, Person, Response, ResponseKind};
use heard_oracle::records::Record;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Between two messages, in milliseconds.
const BETWEEN: i64 = 1_000;

/// By so much a message may arrive earlier or later than its turn, in milliseconds.
const JITTER: i64 = 60_000;

/// So many messages of one conversation until `now`, a second apart, in the order in which they arrive: jittered by a minute.
pub fn conversation(now: Millis, messages: usize, rng: &mut ChaCha8Rng) -> VecDeque<Record> {
    let messages = i64::try_from(messages).expect("it is no more than can be told");
    let begin = now.plus(-messages * BETWEEN);
    let mut arrivals: Vec<_> = (0..messages)
        .map(|number| {
            let at = begin.plus(number * BETWEEN);
            (at.plus(rng.random_range(-JITTER..JITTER)), record(number, at))
        })
        .collect();
    arrivals.sort_by_key(|(arrives, _)| *arrives);
    arrivals.into_iter().map(|(_, record)| record).collect()
}

fn record(number: i64, at: Millis) -> Record {
    let id = format!("hot-{number}").as_str().into();
    if number % 2 == 0 {
        return Record::Said(Complaint {
            id,
            source: "load".into(),
            channel: "social".into(),
            conversation_id: Some("hot".into()),
            author: Person {
                display_name: None,
                identifiers: vec![Identifier {
                    kind: "handle".into(),
                    value: "hot".into(),
                    realm: None,
                }],
            },
            text: Some(format!("I say it for the {number}th time.").into()),
            occurred_at: at,
            ..Complaint::default()
        });
    }
    Record::Replied(Response {
        id,
        source: "load".into(),
        channel: "social".into(),
        conversation_id: "hot".into(),
        kind: ResponseKind::Human,
        text: Some("We look into it.".into()),
        occurred_at: at,
        ..Response::default()
    })
}
