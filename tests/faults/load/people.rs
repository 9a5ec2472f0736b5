//! Invented people who complain, and what comes of it: from a seed, each family of records by itself.

use heard::model::{
    Complaint, Customer, Identifier, Intent, Millis, Person, Response, ResponseKind, Status, Survey,
    SurveyScale, Update,
};
use heard_oracle::records::Record;
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// Channels, and the kind of identifier by which people are known there.
const CHANNELS: [(&str, &str); 8] = [
    ("phone", "phone"),
    ("email", "email"),
    ("chat", "device"),
    ("direct", "handle"),
    ("messaging", "phone"),
    ("social", "handle"),
    ("review", "handle"),
    ("forum", "handle"),
];

const WORDS: [&str; 40] = [
    "oven", "bill", "wait", "late", "again", "nobody", "parcel", "broken", "router", "garden", "money",
    "twice", "promise", "Tuesday", "clerk", "cold", "door", "lost", "wrong", "engine", "paint", "letter",
    "queue", "noise", "refund", "screen", "charge", "stairs", "water", "ticket", "branch", "window", "delay",
    "battery", "summer", "ladder", "account", "signal", "button", "winter",
];

/// What one person says in up to three channels, what is replied, what the CRM knows of them and what they answer when
/// asked; in the order in which it is thought of, not always that of time. Nothing is later than `now`.
pub fn family(number: u64, now: Millis, rng: &mut ChaCha8Rng) -> Vec<Record> {
    let mut family = Family {
        number,
        now,
        at: now.plus(-rng.random_range(0..30 * HOUR)),
        said: 0,
        rng,
        records: Vec::new(),
    };
    let known = family.chance(40);
    if known {
        family.crm();
    }
    for conversation in 0..family.rng.random_range(1..4) {
        family.conversation(conversation);
    }
    if known && family.chance(20) {
        family.crm();
    }
    family.records
}

/// What the ids of probes begin with.
pub const PROBE: &str = "probe-";

/// Somebody who says one thing and is never heard of again: how long it takes until that is handed out says how quick the
/// way is. (Of others a work item may be handed out long after the message, as when a case is opened again.)
pub fn probe(number: u64, now: Millis) -> Record {
    let id = format!("{PROBE}{number}");
    Record::Said(Complaint {
        id: id.as_str().into(),
        source: "load".into(),
        channel: "email".into(),
        author: Person {
            display_name: None,
            identifiers: vec![Identifier {
                kind: "email".into(),
                value: format!("{id}@example.org").as_str().into(),
                realm: None,
            }],
        },
        text: Some(format!("How long does it take to hear me, number {number}?").into()),
        occurred_at: now,
        ..Complaint::default()
    })
}

struct Family<'r> {
    number: u64,
    now: Millis,
    at: Millis,
    said: u32,
    rng: &'r mut ChaCha8Rng,
    records: Vec<Record>,
}

impl Family<'_> {
    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    /// Time goes by, but not beyond now.
    fn later(&mut self, most: i64) -> Millis {
        let next = self.at.plus(self.rng.random_range(SECOND..most));
        self.at = next.min(self.now);
        self.at
    }

    fn identifier(&self, kind: &str) -> Identifier {
        let number = self.number;
        let value = match kind {
            "phone" => format!("+4915{number:09}"),
            "email" => format!("p{number}@example.org"),
            _ => format!("{kind}{number}"),
        };
        Identifier {
            kind: kind.into(),
            value: value.as_str().into(),
            realm: None,
        }
    }

    fn crm(&mut self) {
        let kinds = [
            &["email"][..],
            &["email", "phone"],
            &["phone", "handle"],
            &["email", "phone", "handle", "device"],
        ];
        let kinds = *kinds.choose(self.rng).expect("there are some");
        let tier = *[None, Some("gold"), Some("silver")]
            .choose(self.rng)
            .expect("there are some");
        let updated_at = self.later(HOUR);
        // Of two records of one time it is not said which one is newer.
        if updated_at == self.now {
            return;
        }
        let vulnerable = self.chance(5);
        let customer = Customer {
            customer_id: format!("c{}", self.number).into(),
            identifiers: kinds.iter().map(|kind| self.identifier(kind)).collect(),
            tier: tier.map(Into::into),
            lifetime_value: Some(f64::from(self.rng.random_range(0..5_000))),
            vulnerable,
            updated_at,
            ..Customer::default()
        };
        self.records.push(Record::Known(customer));
    }

    fn conversation(&mut self, conversation: u32) {
        let (channel, kind) = *CHANNELS.choose(self.rng).expect("there are some");
        let id = format!("{}-{conversation}", self.number);
        let mut author = vec![self.identifier(kind)];
        if self.chance(30) {
            author.push(self.identifier("email"));
        }
        let author = Person {
            display_name: None,
            identifiers: author,
        };
        for _ in 0..self.rng.random_range(1..4) {
            self.message(channel, &id, &author);
            if self.chance(70) {
                self.reply(channel, &id, &author);
            }
        }
        if self.chance(40) {
            self.update(channel, &id, &author);
        }
        if self.chance(25) {
            self.survey(channel, &id, &author);
        }
    }

    fn message(&mut self, channel: &str, conversation: &str, author: &Person) {
        self.said += 1;
        let id = format!("m{}-{}", self.number, self.said);
        let (text, other) = (self.text(), self.text());
        let complaint = Complaint {
            id: id.as_str().into(),
            source: "load".into(),
            channel: channel.into(),
            conversation_id: Some(conversation.into()),
            author: author.clone(),
            text: Some(text.into()),
            occurred_at: self.later(HOUR),
            brand: Some(format!("brand{}", self.number % 5).as_str().into()),
            issue: Some(format!("issue{}", self.number % 9).as_str().into()),
            intent: self.chance(8).then_some(Intent::Praise),
            audience: self
                .chance(10)
                .then(|| i64::from(self.rng.random_range(0..20_000))),
            ..Complaint::default()
        };
        if self.chance(5) {
            let edited_at = complaint.occurred_at.plus(MINUTE).min(self.now);
            self.records.push(Record::Said(Complaint {
                revision: 1,
                text: Some(other.into()),
                edited_at: Some(edited_at),
                ..complaint.clone()
            }));
        }
        self.records.push(Record::Said(complaint));
    }

    /// Words that are hardly ever said again: nobody echoes anybody.
    fn text(&mut self) -> String {
        let words = (0..10).map(|_| *WORDS.choose(self.rng).expect("there are some"));
        words.collect::<Vec<_>>().join(" ")
    }

    fn reply(&mut self, channel: &str, conversation: &str, author: &Person) {
        self.said += 1;
        let kind = match self.rng.random_range(0..10) {
            0 => ResponseKind::Bot,
            1 | 2 => ResponseKind::AutoAck,
            3 => ResponseKind::Note,
            _ => ResponseKind::Human,
        };
        let is_human = kind == ResponseKind::Human;
        let occurred_at = self.later(3 * HOUR);
        let reply = Response {
            id: format!("r{}-{}", self.number, self.said).as_str().into(),
            source: "load".into(),
            channel: channel.into(),
            conversation_id: conversation.into(),
            customer: self.chance(50).then(|| author.clone()),
            kind,
            agent: is_human.then(|| format!("agent{}", self.number % 7).as_str().into()),
            status: (is_human && self.chance(20)).then_some(Status::Resolved),
            promised_by: (is_human && self.chance(10)).then(|| occurred_at.plus(2 * HOUR)),
            text: Some("We are sorry, and look into it.".into()),
            occurred_at,
            ..Response::default()
        };
        self.records.push(Record::Replied(reply));
    }

    fn update(&mut self, channel: &str, conversation: &str, author: &Person) {
        self.said += 1;
        let statuses = [
            Status::Pending,
            Status::Resolved,
            Status::Resolved,
            Status::Reopened,
            Status::LetGo,
        ];
        let status = *statuses.choose(self.rng).expect("there are some");
        let update = Update {
            id: format!("u{}-{}", self.number, self.said).as_str().into(),
            source: "load".into(),
            channel: channel.into(),
            conversation_id: conversation.into(),
            customer: Some(author.clone()),
            occurred_at: self.later(HOUR),
            status: Some(status),
            team: self.chance(30).then(|| "second line".into()),
            ..Update::default()
        };
        self.records.push(Record::Updated(update));
    }

    fn survey(&mut self, channel: &str, conversation: &str, author: &Person) {
        self.said += 1;
        let survey = Survey {
            id: format!("s{}-{}", self.number, self.said).as_str().into(),
            source: "load".into(),
            customer: Some(author.clone()),
            channel: Some(channel.into()),
            conversation_id: Some(conversation.into()),
            score: f64::from(self.rng.random_range(0..11)),
            scale: SurveyScale::Nps0To10,
            occurred_at: self.later(HOUR),
            ..Survey::default()
        };
        self.records.push(Record::Surveyed(survey));
    }
}
