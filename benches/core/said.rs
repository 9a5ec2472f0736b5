//! What is said: customers, complaints and replies, the same on every run.

use heard::model::{Complaint, Customer, Identifier, Millis, Person, Response, ResponseKind, Sensitive};

/// When it all begins.
pub const START: i64 = 1_700_000_000_000;

/// When the hour of [`START`] began.
const HOUR: i64 = START - START % 3_600_000;

/// Milliseconds from one complaint to the next, where 3,000 are spread over an hour.
const APART: i64 = 1_200;

/// Brands, and issues of each.
const BRANDS: u64 = 50;
const ISSUES: u64 = 50;

/// Messages of a thread that are read in order, before its two topics are jittered against each other.
pub const IN_ORDER: u64 = 9_800;

fn email(n: u64) -> Identifier {
    Identifier {
        kind: "email".into(),
        value: Sensitive(format!("person{n}@example.org").into()),
        realm: None,
    }
}

/// The CRM's record of a person.
pub fn customer(n: u64) -> Customer {
    Customer {
        customer_id: format!("C{n}").into(),
        identifiers: vec![email(n)],
        display_name: Some(Sensitive(format!("Person {n}").into())),
        tier: Some("gold".into()),
        updated_at: Millis(START),
        ..Customer::default()
    }
}

const WORDS: [&str; 24] = [
    "parcel",
    "still",
    "waiting",
    "nobody",
    "answers",
    "driver",
    "left",
    "refund",
    "promised",
    "twice",
    "phone",
    "line",
    "hung",
    "website",
    "says",
    "delivered",
    "never",
    "came",
    "please",
    "help",
    "weeks",
    "ago",
    "order",
    "again",
];

/// About 360 bytes on the wire; no two say the same.
pub fn complaint(n: u64) -> Complaint {
    let mut text = String::with_capacity(240);
    let mut dice = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    while text.len() < 218 {
        dice = dice.rotate_left(17).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        text.push_str(WORDS[(dice >> 40) as usize % WORDS.len()]);
        text.push(' ');
    }
    Complaint {
        id: format!("m{n}").into(),
        source: "mail".into(),
        channel: "email".into(),
        conversation_id: Some(format!("t{n}").into()),
        author: Person {
            display_name: Some(Sensitive(format!("Person {n}").into())),
            identifiers: vec![email(n)],
        },
        text: Some(Sensitive(text)),
        language: Some("en".into()),
        occurred_at: Millis(START + n as i64),
        brand: Some("Example Air".into()),
        product: Some("parcel".into()),
        ..Complaint::default()
    }
}

/// Of one brand, with 50 issues, over an hour.
pub fn about_an_issue(n: u64) -> Complaint {
    Complaint {
        issue: Some(format!("issue {}", n % ISSUES).into()),
        occurred_at: Millis(HOUR + n as i64 * APART),
        ..complaint(n)
    }
}

/// Of 50 brands with 50 issues each, over an hour.
pub fn about_a_brand(n: u64) -> Complaint {
    Complaint {
        brand: Some(format!("Example {}", n % BRANDS).into()),
        issue: Some(format!("issue {}", n / BRANDS % ISSUES).into()),
        ..about_an_issue(n)
    }
}

/// Of one person, a conversation each, an hour apart.
pub fn of_one_person(n: u64) -> Complaint {
    Complaint {
        author: complaint(0).author,
        occurred_at: Millis(START + n as i64 * 3_600_000),
        ..complaint(n)
    }
}

/// A message of a thread, or the reply to it.
pub enum Message {
    Says(Complaint),
    Replies(Response),
}

/// A thread of one conversation, a message every ten seconds, each second one a reply; in the order in which
/// two topics give it, of which one may be up to a minute ahead of the other.
pub fn thread(number: u64, is_one_person: bool, is_jittered: bool) -> Vec<Message> {
    let mut read_at = [0; 2];
    let mut messages: Vec<_> = (0..number)
        .map(|n| {
            let topic = usize::from(n % 2 == 1);
            let jitter = if is_jittered && n >= IN_ORDER {
                dice(n) % 60_000
            } else {
                0
            };
            // A topic keeps its own order.
            read_at[topic] = (n * 10_000 + jitter).max(read_at[topic]);
            (read_at[topic], n)
        })
        .collect();
    messages.sort_unstable();
    let said = messages.into_iter().map(|(_, n)| {
        let at = Millis(START + n as i64 * 10_000);
        let author = if is_one_person { 0 } else { n / 2 };
        if n % 2 == 0 {
            Message::Says(in_the_thread(n, author, at))
        } else {
            Message::Replies(reply(n, at))
        }
    });
    said.collect()
}

fn in_the_thread(n: u64, author: u64, at: Millis) -> Complaint {
    Complaint {
        conversation_id: Some("thread".into()),
        author: complaint(author).author,
        occurred_at: at,
        ..complaint(n)
    }
}

fn reply(n: u64, at: Millis) -> Response {
    Response {
        id: format!("r{n}").into(),
        source: "mail".into(),
        channel: "email".into(),
        conversation_id: "thread".into(),
        in_reply_to: Some(format!("m{}", n - 1).into()),
        kind: ResponseKind::Human,
        text: Some(Sensitive("We are sorry, and on it.".into())),
        occurred_at: at,
        ..Response::default()
    }
}

fn dice(n: u64) -> u64 {
    n.wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .rotate_left(17)
        .wrapping_mul(0xD6E8_FEB8_6659_FD93)
        >> 40
}
