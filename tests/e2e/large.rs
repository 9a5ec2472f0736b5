//! V8, F27: whatever field of a complaint is far too long, somebody gets it to answer.

use std::collections::BTreeMap;

use heard::model::{Attachment, Complaint, Identifier, Person, Sensitive};
use heard::wire::Format;
use serde_json::Value;

use crate::dsl::Heard;
use crate::forgetting::now;
use crate::writer::{Writer, encoded};

/// Puts a long text into a field.
type Fill = fn(&mut Complaint, String);

/// Every field that holds a text.
const FIELDS: &[(&str, Fill)] = &[
    ("id", |c, long| c.id = long.into()),
    ("source", |c, long| c.source = long.into()),
    ("via", |c, long| c.via = Some(long.into())),
    ("conversation_id", |c, long| c.conversation_id = Some(long.into())),
    ("in_reply_to", |c, long| c.in_reply_to = Some(long.into())),
    ("display_name", |c, long| {
        c.author.display_name = Some(Sensitive(long.into()))
    }),
    ("identifier's value", |c, long| {
        c.author.identifiers[0].value = Sensitive(long.into())
    }),
    ("identifier's kind", |c, long| {
        c.author.identifiers[0].kind = long.into()
    }),
    ("identifier's realm", |c, long| {
        c.author.identifiers[0].realm = Some(long.into())
    }),
    ("text", |c, long| c.text = Some(Sensitive(long))),
    ("language", |c, long| c.language = Some(long.into())),
    ("url", |c, long| c.url = Some(Sensitive(long.into()))),
    ("brand", |c, long| c.brand = Some(long.into())),
    ("product", |c, long| c.product = Some(long.into())),
    ("issue", |c, long| c.issue = Some(long.into())),
    ("location", |c, long| c.location = Some(Sensitive(long.into()))),
    ("order_ref", |c, long| c.order_ref = Some(Sensitive(long.into()))),
    ("remedy_sought", |c, long| {
        c.remedy_sought = Some(Sensitive(long.into()))
    }),
    ("attachment's url", |c, long| {
        c.attachments = vec![Attachment {
            url: Sensitive(long.into()),
            media_type: "image/png".into(),
        }]
    }),
    ("attachment's media_type", |c, long| {
        c.attachments = vec![Attachment {
            url: Sensitive("https://shop.example/1".into()),
            media_type: long.into(),
        }]
    }),
    ("attribute's name", |c, long| {
        c.attributes = Sensitive([(long, "v".to_owned())].into())
    }),
    ("attribute's value", |c, long| {
        c.attributes = Sensitive([("n".to_owned(), long)].into())
    }),
];

/// A complaint that is known by where it is said to have happened at which second.
fn complaint(n: usize) -> Complaint {
    Complaint {
        id: format!("m{n}").into(),
        source: "shop".into(),
        channel: "social".into(),
        conversation_id: Some(format!("post-{n}").into()),
        author: Person {
            display_name: None,
            identifiers: vec![Identifier {
                kind: "handle".into(),
                value: Sensitive(format!("handle-{n}").into()),
                realm: None,
            }],
        },
        text: Some(Sensitive("Where is my parcel?".into())),
        occurred_at: now().plus(-3_600_000 + 1_000 * i64::try_from(n).expect("few")),
        ..Complaint::default()
    }
}

#[test]
fn a_complaint_with_any_field_of_half_a_megabyte_or_more_is_somebodys_to_answer() {
    let name = "large";
    let heard = Heard::new(name)
        .application("[topics]\npartitions = 2\n")
        .topics();
    let mut expected = BTreeMap::new();
    let mut writer = Writer::new(name);
    for (n, (kb, (field, fill))) in [500, 900]
        .into_iter()
        .flat_map(|kb| FIELDS.iter().map(move |field| (kb, field)))
        .enumerate()
    {
        let mut said = complaint(n);
        // Each is another: a long name is not one with other long names.
        fill(&mut said, format!("{}{n}", "é".repeat(kb * 500)));
        expected.insert(said.occurred_at.0, format!("{field} of {kb} KB"));
        let value = encoded(&said, Format::SingleObject);
        assert!(value.len() > kb * 1000, "{field}");
        writer.send("complaints.social", None, Some(&value), &[]);
        if n % 8 == 7 {
            writer.commit();
            writer = Writer::new(name);
        }
    }
    writer.commit();
    heard.drain(&[]);

    let letters = heard.tail(&["dead-letters"]);
    assert_eq!(letters.len(), 0, "{}", letters[0]["headers"]);
    let mut revisions: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
    for record in heard.tail(&["handling.onstage", "handling.offstage"]) {
        let item = &record["value"];
        let size = item.to_string().len();
        assert!(size < 100_000, "{size} bytes");
        let at = item["complaint"]["occurred_at"].as_i64().expect("a time");
        revisions.entry(at).or_default().push(item["revision"].clone());
    }
    for (at, what) in &expected {
        let told = revisions
            .get(at)
            .unwrap_or_else(|| panic!("nobody is to answer: {what}"));
        let from_one: Vec<Value> = (1..=told.len()).map(Value::from).collect();
        assert_eq!(told, &from_one, "revisions of {what}");
    }
    assert_eq!(revisions.len(), expected.len());
    assert_eq!(
        heard
            .tail(&["cases"])
            .iter()
            .filter(|case| case["value"]["version"] == 1)
            .count(),
        expected.len()
    );
}
