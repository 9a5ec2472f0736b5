//! The synthetic load: customers and complaints, each a pure function of seed and number.

use heard::model::{Complaint, Customer, Identifier, Millis, Person, Sensitive};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const WORDS: [&str; 64] = [
    "parcel",
    "Monday",
    "nobody",
    "answers",
    "the",
    "phone",
    "and",
    "my",
    "order",
    "is",
    "still",
    "on",
    "its",
    "way",
    "I",
    "have",
    "written",
    "twice",
    "about",
    "a",
    "refund",
    "that",
    "was",
    "promised",
    "last",
    "week",
    "please",
    "tell",
    "me",
    "what",
    "to",
    "do",
    "flight",
    "cancelled",
    "without",
    "word",
    "hotel",
    "paid",
    "again",
    "charged",
    "wrong",
    "amount",
    "card",
    "broken",
    "box",
    "rain",
    "left",
    "outside",
    "neighbour",
    "never",
    "came",
    "waiting",
    "hours",
    "line",
    "agent",
    "hung",
    "up",
    "website",
    "says",
    "delivered",
    "not",
    "true",
    "help",
    "now",
];
/// A text is cut at so many bytes: with it, a complaint takes about 360 on the wire.
const TEXT_BYTES: usize = 218;

/// What customers say and the CRM knows.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    seed: u64,
    /// The time of the first complaint; each is said a millisecond after the one before.
    start: Millis,
}

impl Load {
    /// A load whose `complaints` were all said before now, but not long ago: no clock runs out.
    pub fn new(seed: u64, complaints: u64) -> Self {
        let now = jiff::Timestamp::now().as_millisecond();
        Self {
            seed,
            start: Millis(now - complaints as i64 - 60_000),
        }
    }

    /// The CRM knows every second customer.
    pub fn is_known(n: u64) -> bool {
        n.is_multiple_of(2)
    }

    /// The CRM's record of a customer, and its key.
    pub fn customer(&self, n: u64) -> (String, Customer) {
        let id = format!("C{n}");
        let customer = Customer {
            customer_id: id.as_str().into(),
            identifiers: vec![email(n)],
            display_name: Some(Sensitive(format!("Person {n}").into())),
            tier: Some(["bronze", "silver", "gold"][(n % 3) as usize].into()),
            updated_at: Millis(self.start.0 - 86_400_000),
            ..Customer::default()
        };
        (id, customer)
    }

    /// A complaint of that customer, and its key: each in a conversation of its own.
    pub fn complaint(&self, n: u64) -> (String, Complaint) {
        let conversation = format!("t{n}");
        let complaint = Complaint {
            id: format!("m{n}").into(),
            source: "mail".into(),
            channel: "email".into(),
            conversation_id: Some(conversation.as_str().into()),
            author: Person {
                display_name: Some(Sensitive(format!("Person {n}").into())),
                identifiers: vec![email(n)],
            },
            text: Some(Sensitive(self.text(n))),
            language: Some("en".into()),
            occurred_at: Millis(self.start.0 + n as i64),
            brand: Some("Example Air".into()),
            product: Some("parcel".into()),
            ..Complaint::default()
        };
        (conversation, complaint)
    }

    /// Which complaint has this id.
    pub fn number(id: &str) -> Option<u64> {
        id.strip_prefix('m')?.parse().ok()
    }

    fn text(&self, n: u64) -> String {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed ^ n.rotate_left(32));
        let mut text = String::with_capacity(TEXT_BYTES + 16);
        while text.len() < TEXT_BYTES {
            text.push_str(WORDS[random.random_range(0..WORDS.len())]);
            text.push(' ');
        }
        text.truncate(TEXT_BYTES);
        text
    }
}

fn email(n: u64) -> Identifier {
    Identifier {
        kind: "email".into(),
        value: Sensitive(format!("person{n}@example.org").into()),
        realm: None,
    }
}
