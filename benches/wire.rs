//! How long a complaint of about 360 bytes takes through the decoder and the encoder.
//!
//! `cargo bench --bench wire`

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use heard::model::{Complaint, Identifier, Intent, Millis, Person, Visibility};
use heard::wire::{Decoder, Encoder, Format, Registry};

const ROUNDS: usize = 1_000;
const CALLS: u32 = 1_000;

fn complaint() -> Complaint {
    let identifier = |kind: &str, value: &str| Identifier {
        kind: kind.into(),
        value: value.into(),
        realm: (kind == "handle").then(|| "example.social".into()),
    };
    Complaint {
        id: "1187352240571027456".into(),
        source: "example.social".into(),
        via: Some("listening-tool".into()),
        channel: "social".into(),
        conversation_id: Some("1187352240571027400".into()),
        author: Person {
            display_name: Some("Ann Example".into()),
            identifiers: vec![
                identifier("handle", "@ann_example"),
                identifier("email", "ann@mail.example"),
            ],
        },
        text: Some(
            "Third time this week that the parcel was left in the rain. Nobody answers the phone, nobody \
             answers my mails. What do I have to do to be heard?"
                .into(),
        ),
        language: Some("en".into()),
        occurred_at: Millis(1_571_900_000_000),
        visibility: Some(Visibility::Public),
        audience: Some(5_400),
        brand: Some("parcels".into()),
        intent: Some(Intent::Complaint),
        attributes: BTreeMap::from([("app".to_owned(), "web".to_owned())]).into(),
        ..Complaint::default()
    }
}

/// A call's time, nanoseconds: the lower decile of many short rounds, so that a busy machine does not count.
fn nanoseconds(mut call: impl FnMut()) -> f64 {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            (0..CALLS).for_each(|_| call());
            start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 10]
}

fn main() {
    let complaint = complaint();
    let decoder = Decoder::<Complaint>::new(Arc::new(Registry::built_in()));
    let mut encoder = Encoder::new(Format::SingleObject);
    let mut value = Vec::new();
    encoder.encode(&complaint, &mut value).expect("encodes");
    assert_eq!(decoder.decode(&value).as_ref(), Ok(&complaint));

    let decode = nanoseconds(|| drop(black_box(decoder.decode(black_box(&value)))));
    let mut out = Vec::with_capacity(value.len());
    let encode = nanoseconds(|| {
        out.clear();
        encoder.encode(black_box(&complaint), &mut out).expect("encodes");
        black_box(&out);
    });
    println!(
        "a complaint of {} bytes: decode {decode:.0} ns, encode {encode:.0} ns",
        value.len()
    );
}
