//! Hostile records: each would change a case of the dialogues if it were taken.

use heard::model::{
    Case, Complaint, Customer, Identifier, Millis, Person, Response, ResponseKind, Status, Update,
};
use heard::wire::{Encoder, Format, WireRecord};

use crate::seed::Chance;

/// An input topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Complaints,
    Responses,
    Updates,
    Customers,
}

/// A record that must end as a dead letter.
pub struct Poison {
    pub target: Target,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    /// What is wrong with it.
    pub what: &'static str,
    /// The reasons that may be given for it.
    pub reasons: &'static [&'static str],
}

impl Target {
    pub const ALL: [Self; 4] = [Self::Complaints, Self::Responses, Self::Updates, Self::Customers];

    /// The topic, without the prefix.
    pub fn topic(self) -> &'static str {
        match self {
            Self::Complaints => "complaints.social",
            Self::Responses => "responses.social",
            Self::Updates => "updates",
            Self::Customers => "customers",
        }
    }
}

/// What is changed in a good record before it is written.
#[derive(Clone)]
struct Fields {
    id: String,
    channel: String,
    at: Millis,
    text: Option<String>,
    amount: i64,
}

/// Ways to spoil the bytes of a good record, and the reasons they end with.
type Bytes = (
    &'static str,
    fn(Vec<u8>, &mut Chance) -> Vec<u8>,
    &'static [&'static str],
);
const BYTES: &[Bytes] = &[
    (
        "truncated",
        |good, chance| good[..1 + chance.below(good.len() - 1)].to_vec(),
        &["truncated"],
    ),
    (
        "trailing bytes",
        |good, chance| {
            let more = 1 + chance.below(8);
            [good, chance.bytes(more)].concat()
        },
        &["trailing_bytes"],
    ),
    (
        "JSON",
        |_, _| br#"{"id": "1", "source": "twitter"}"#.to_vec(),
        &["bad_magic"],
    ),
    (
        "another magic",
        |mut good, _| {
            good[1] = 2;
            good
        },
        &["bad_magic"],
    ),
    (
        "an unknown fingerprint",
        |good, chance| [&good[..2], &chance.bytes(8), &good[10..]].concat(),
        &["unknown_fingerprint"],
    ),
    (
        "an unknown schema id",
        |good, chance| [&[0], &chance.bytes(4)[..], &good[10..]].concat(),
        &["unknown_schema_id"],
    ),
    (
        "9 million bytes claimed by few",
        |good, _| [&good[..10], &long(9_000_000), &[0]].concat(),
        &["too_large"],
    ),
    // Of all but customers the last byte is the end of a map without items.
    (
        "9 million items claimed in five bytes",
        |good, _| [&good[..good.len() - 1], &long(9_000_000), &[0]].concat(),
        &["too_large", "trailing_bytes"],
    ),
    (
        "a length of 2^62",
        |good, _| [&good[..10], &long(1 << 62)].concat(),
        &["too_large"],
    ),
    (
        "a length below zero",
        |good, chance| {
            let below = i64::try_from(chance.below(1 << 40)).expect("small");
            [&good[..10], &long(-1 - below), &good[10..]].concat()
        },
        &["negative_length"],
    ),
    (
        "a number without end",
        |good, _| [&good[..10], &[0xFF; 11]].concat(),
        &["bad_varint"],
    ),
    // The id is the first field of each: its length, then its text.
    (
        "invalid UTF-8",
        |mut good, _| {
            good[12] = 0xFF;
            good
        },
        &["invalid_utf8"],
    ),
    (
        "another record",
        |_, _| encoded(&Case::default()),
        &["unresolvable_schema"],
    ),
    ("an empty value", |_, _| Vec::new(), &["empty_value"]),
    (
        "random bytes",
        |_, chance| {
            let count = 1 + chance.below(300);
            // No magic number, or it would be one of the others.
            [
                vec![1 + u8::try_from(chance.below(0xC0)).expect("small")],
                chance.bytes(count),
            ]
            .concat()
        },
        &["bad_magic"],
    ),
];

/// Ways to spoil the fields of a good record.
type Spoil = (
    &'static str,
    fn(&mut Fields, &mut Chance),
    &'static [&'static str],
);
const FIELDS: &[Spoil] = &[
    ("an empty id", |fields, _| fields.id.clear(), &["empty_field"]),
    (
        "the end of time",
        |fields, _| fields.at = Millis(i64::MAX),
        &["time_too_far_ahead"],
    ),
    (
        "before the beginning",
        |fields, _| fields.at = Millis(i64::MIN),
        &["time_too_old"],
    ),
    (
        "a time far ahead",
        |fields, _| fields.at = Millis(9_999_999_999_999),
        &["time_too_far_ahead"],
    ),
];

/// Ways that only customers' records have: a message of a long name is heard.
const OF_CUSTOMERS: &[Spoil] = &[(
    "an endless id",
    |fields, chance| fields.id = "i".repeat(1025 + chance.below(5000)),
    &["field_too_long"],
)];

/// Ways that customers' records do not have.
const NOT_OF_CUSTOMERS: &[Spoil] = &[
    (
        "an unknown channel",
        |fields, _| fields.channel = "pigeon".into(),
        &["unknown_channel"],
    ),
    (
        "an amount below zero",
        |fields, _| fields.amount = -1,
        &["out_of_range"],
    ),
];
const LONG_TEXT: Spoil = (
    "a megabyte of text",
    |fields, _| fields.text = Some("ä".repeat(495_000)),
    &["text_too_long"],
);

/// Hostile record number `n`: the kinds come in turn, what is random in them by chance.
pub fn poison(n: usize, chance: &mut Chance) -> Poison {
    // A few hundred kilobytes are enough now and then.
    if n.is_multiple_of(500) {
        let target = [Target::Complaints, Target::Responses][n / 500 % 2];
        return spoilt(target, n, &LONG_TEXT, chance);
    }
    let target = Target::ALL[n % 4];
    let customers = target == Target::Customers;
    let of_fields = FIELDS
        .iter()
        .chain(if customers { OF_CUSTOMERS } else { NOT_OF_CUSTOMERS });
    let of_fields: Vec<_> = of_fields.collect();
    let way = n / 4 % (BYTES.len() + of_fields.len() + 1);
    if let Some((what, spoil, reasons)) = BYTES.get(way) {
        let good = written(target, &fields(n));
        return Poison {
            target,
            key: key(target, n, chance),
            value: Some(spoil(good, chance)),
            what,
            reasons,
        };
    }
    if let Some(way) = of_fields.get(way - BYTES.len()) {
        return spoilt(target, n, way, chance);
    }
    Poison {
        target,
        // A customer without a value is one that the CRM has dropped: if it says which.
        key: if customers {
            Some(Vec::new())
        } else {
            key(target, n, chance)
        },
        value: None,
        what: "no value",
        reasons: if customers {
            &["no_key", "key_names_nobody"]
        } else {
            &["no_value"]
        },
    }
}

fn spoilt(target: Target, n: usize, (what, spoil, reasons): &Spoil, chance: &mut Chance) -> Poison {
    let mut fields = fields(n);
    spoil(&mut fields, chance);
    Poison {
        target,
        key: key(target, n, chance),
        value: Some(written(target, &fields)),
        what,
        reasons,
    }
}

/// No key (brokers refuse that in a compacted topic), an empty one, one of any bytes, one of text.
fn key(target: Target, n: usize, chance: &mut Chance) -> Option<Vec<u8>> {
    match chance.below(4) {
        0 if target != Target::Customers => None,
        0 => Some(vec![0]),
        1 => Some(Vec::new()),
        2 => Some(chance.bytes(20)),
        _ => Some(format!("hostile-{n}").into_bytes()),
    }
}

/// A conversation and a customer of the dialogues.
const DIALOGUE: &str = "ibm-LgwAXtbbEm0mBvDrGmjk";
const AUTHOR: &str = "u82d7384373ca";

fn fields(n: usize) -> Fields {
    Fields {
        id: format!("hostile-{n}"),
        channel: "social".into(),
        at: Millis(1_585_762_300_000),
        text: Some("Where is my channel?".into()),
        amount: 1,
    }
}

fn written(target: Target, fields: &Fields) -> Vec<u8> {
    let Fields {
        id,
        channel,
        at,
        text,
        amount,
    } = fields.clone();
    let text = text.map(Into::into);
    let (source, conversation_id) = ("twitter".to_owned(), DIALOGUE.to_owned());
    let author = Person {
        identifiers: vec![Identifier {
            kind: "handle".into(),
            value: AUTHOR.to_owned().into(),
            realm: Some("twitter".into()),
        }],
        ..Person::default()
    };
    match target {
        Target::Complaints => encoded(&Complaint {
            id: id.into(),
            source: source.into(),
            channel: channel.into(),
            conversation_id: Some(conversation_id.into()),
            author,
            text,
            occurred_at: at,
            audience: Some(amount),
            ..Complaint::default()
        }),
        Target::Responses => encoded(&Response {
            id: id.into(),
            revision: amount,
            source: source.into(),
            channel: channel.into(),
            conversation_id: conversation_id.into(),
            kind: ResponseKind::Human,
            text,
            occurred_at: at,
            ..Response::default()
        }),
        Target::Updates => encoded(&Update {
            id: id.into(),
            source: source.into(),
            channel: channel.into(),
            conversation_id: conversation_id.into(),
            occurred_at: at,
            status: Some(Status::LetGo),
            audience: Some(amount),
            ..Update::default()
        }),
        Target::Customers => encoded(&Customer {
            customer_id: id.into(),
            identifiers: author.identifiers,
            updated_at: at,
            ..Customer::default()
        }),
    }
}

fn encoded<T: WireRecord>(record: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoded = Encoder::new(Format::SingleObject).encode(record, &mut bytes);
    encoded.expect("our own records are of our own schema");
    bytes
}

/// A number as Avro writes it.
fn long(value: i64) -> Vec<u8> {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    let mut bytes = Vec::new();
    while rest >= 0x80 {
        bytes.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    bytes.push(rest.to_le_bytes()[0]);
    bytes
}
