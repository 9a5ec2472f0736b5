//! `heard explain`: cases with a story, told back.

use std::sync::OnceLock;

use heard::model::{
    Complaint, Customer, Identifier, Millis, Person, Response, ResponseKind, Status, Survey, SurveyScale,
    Update,
};
use heard::wire::{Format, WireRecord};

use crate::dsl::{Heard, repository};
use crate::golden::same;
use crate::writer::{Writer, encoded};

const CONFIG: &str = r#"
[topics]
partitions = 3
[levels]
answer = "1h"
next = "2h"
[channels.chat]
resolve = "4h"
answer = "1h"
"#;

const AS_OF: [&str; 2] = ["--as-of", "2026-03-06T00:00:00Z"];

/// What nobody sees who has not asked for texts.
const SECRETS: [&str; 9] = [
    "ada",
    "ben",
    "cleo",
    "dora",
    "mail.example",
    "parcel",
    "sorry",
    "Ada Example",
    "agent-7",
];

/// A time of March 2026: day, hour, minute.
fn at(day: i64, hour: i64, minute: i64) -> Millis {
    Millis(1_772_323_200_000 + (((day - 1) * 24 + hour) * 60 + minute) * 60_000)
}

fn person(identifiers: &[(&str, &str)]) -> Person {
    let identifiers = identifiers.iter().map(|(kind, value)| Identifier {
        kind: (*kind).into(),
        value: (*value).into(),
        realm: None,
    });
    Person {
        display_name: None,
        identifiers: identifiers.collect(),
    }
}

fn says(at: Millis, id: &str, channel: &str, conversation: &str, author: (&str, &str)) -> Complaint {
    let text = match author.1.starts_with("ada") {
        true => "Where on earth is my parcel? It has been in the warehouse for ten days now.",
        false => "Where is my parcel?", // as many say
    };
    Complaint {
        id: id.into(),
        source: "shop".into(),
        channel: channel.into(),
        conversation_id: Some(conversation.into()),
        author: person(&[author]),
        text: Some(text.into()),
        occurred_at: at,
        ..Complaint::default()
    }
}

fn replies(at: Millis, id: &str, channel: &str, conversation: &str) -> Response {
    Response {
        id: id.into(),
        source: "shop".into(),
        channel: channel.into(),
        conversation_id: conversation.into(),
        kind: ResponseKind::Human,
        agent: Some("agent-7".into()),
        team: Some("care".into()),
        text: Some("We are sorry.".into()),
        occurred_at: at,
        ..Response::default()
    }
}

fn send<T: WireRecord>(writer: &mut Writer, topic: &str, key: &[u8], record: &T) {
    writer.send(
        topic,
        Some(key),
        Some(&encoded(record, Format::SingleObject)),
        &[],
    );
}

/// All stories, told once for all tests.
fn stories() -> &'static Heard {
    static HEARD: OnceLock<Heard> = OnceLock::new();
    HEARD.get_or_init(|| {
        let heard = Heard::new("explain").application(CONFIG).topics();
        let mut writer = Writer::new("explain");
        let w = &mut writer;
        let mut complaint = |c: Complaint| send(w, &format!("complaints.{}", c.channel), b"c", &c);
        // Nobody replies to ben.
        complaint(Complaint {
            audience: Some(1_200),
            sentiment: Some(-0.8),
            ..says(at(3, 9, 0), "ben-1", "social", "post-1", ("handle", "ben"))
        });
        complaint(says(at(3, 12, 0), "ben-2", "social", "post-1", ("handle", "ben")));
        // Ada waits in private, then says it in public, twice.
        complaint(says(
            at(1, 8, 0),
            "ada-1",
            "email",
            "mail-2",
            ("email", "ada@mail.example"),
        ));
        complaint(says(at(3, 9, 0), "ada-2", "social", "post-2", ("handle", "ada")));
        complaint(says(
            at(3, 10, 0),
            "ada-3",
            "forum",
            "thread-2",
            ("handle", "ada"),
        ));
        // Cleo gets two public replies; a bystander asks the same.
        complaint(says(
            at(3, 9, 0),
            "cleo-1",
            "social",
            "post-3",
            ("handle", "cleo"),
        ));
        complaint(says(
            at(3, 10, 0),
            "cleo-2",
            "social",
            "post-3",
            ("handle", "cleo"),
        ));
        complaint(says(
            at(3, 10, 45),
            "ben-3",
            "social",
            "post-3",
            ("handle", "ben"),
        ));
        // A chat that ends well.
        complaint(says(
            at(3, 9, 0),
            "m4-1",
            "chat",
            "chat-4",
            ("device", "ada-phone"),
        ));
        complaint(says(
            at(3, 9, 40),
            "m4-2",
            "chat",
            "chat-4",
            ("device", "ada-phone"),
        ));
        // Dora's answer comes late, but was said in time.
        complaint(says(
            at(3, 9, 0),
            "dora-1",
            "social",
            "post-6",
            ("handle", "dora"),
        ));
        let mut response = |r: Response| send(w, &format!("responses.{}", r.channel), b"r", &r);
        response(Response {
            kind: ResponseKind::AutoAck,
            ..replies(at(3, 9, 1), "auto-1", "social", "post-1")
        });
        response(Response {
            kind: ResponseKind::Note,
            ..replies(at(3, 9, 30), "note-1", "social", "post-1")
        });
        response(replies(at(3, 9, 30), "r3-1", "social", "post-3"));
        response(Response {
            team: Some("claims".into()),
            invites_to: Some("direct".into()),
            promised_by: Some(at(4, 9, 0)),
            in_reply_to: Some("cleo-2".into()),
            ..replies(at(3, 10, 30), "r3-2", "social", "post-3")
        });
        response(replies(at(3, 9, 5), "r4-1", "chat", "chat-4"));
        response(Response {
            status: Some(Status::Resolved),
            ..replies(at(3, 9, 50), "r4-2", "chat", "chat-4")
        });
        send(
            w,
            "updates",
            b"u",
            &Update {
                id: "u4-1".into(),
                source: "shop".into(),
                channel: "chat".into(),
                conversation_id: "chat-4".into(),
                occurred_at: at(3, 9, 10),
                status: Some(Status::Pending),
                ..Update::default()
            },
        );
        send(
            w,
            "surveys",
            b"s",
            &Survey {
                id: "s4".into(),
                source: "shop".into(),
                channel: Some("chat".into()),
                conversation_id: Some("chat-4".into()),
                score: 9.0,
                scale: SurveyScale::Nps0To10,
                occurred_at: at(3, 11, 0),
                ..Survey::default()
            },
        );
        send(
            w,
            "customers",
            b"c1",
            &Customer {
                customer_id: "c1".into(),
                identifiers: person(&[("email", "ada@mail.example"), ("handle", "ada")]).identifiers,
                display_name: Some("Ada Example".into()),
                tier: Some("gold".into()),
                updated_at: at(1, 0, 0),
                ..Customer::default()
            },
        );
        writer.commit();
        heard.drain(&AS_OF);
        let mut late = Writer::with("explain", "explain-late", Vec::new());
        let reply = replies(at(3, 9, 40), "r6-1", "social", "post-6");
        send(&mut late, "responses.social", b"r", &reply);
        late.commit();
        heard.drain(&AS_OF);
        heard
    })
}

fn explain(channel: &str, conversation: &str, author: &str, more: &[&str]) -> String {
    let of = [
        "explain",
        "--source",
        "shop",
        "--channel",
        channel,
        "--conversation",
        conversation,
        "--author",
        author,
    ];
    stories().run(&[&of[..], &AS_OF, more].concat()).succeeds().out()
}

/// Without when this run recorded what it did.
fn timeless(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = ["recorded ", "recorded_at\": ", "taken_back_at\": "]
        .iter()
        .filter_map(|word| rest.find(word).map(|at| at + word.len()))
        .min()
    {
        let (before, time) = rest.split_at(at);
        out.push_str(before);
        let end = time
            .find(|c: char| !c.is_ascii_digit() && !"T:-.Z".contains(c))
            .unwrap_or(time.len());
        let (time, after) = time.split_at(end);
        // What ends a sentence is no part of the time.
        let stop = if time.ends_with(['.', ':']) {
            &time[time.len() - 1..]
        } else {
            ""
        };
        let is_time = time.starts_with(|c: char| c.is_ascii_digit());
        out.push_str(if is_time { "TIME" } else { time });
        out.push_str(if is_time { stop } else { "" });
        rest = after;
    }
    out + rest
}

/// Without what depends on which of several inputs was read first: what was said too early and taken back,
/// what was suspected of somebody who was not known yet, and how often something was told.
fn settled(text: &str) -> String {
    let on_the_way = [
        "taken back",
        "is not so",
        " SLA_AT_RISK ",
        " PENDING by ",
        "SUSPECTED_ECHO_OF",
        "suspected true",
    ];
    let lines = text
        .lines()
        .filter(|line| !on_the_way.iter().any(|word| line.contains(word)));
    let numberless = |line: &str| {
        let line = line.split_once("  [late").map_or(line, |(line, _)| line);
        // A wait that was over before its party had answered went out without its rank, once.
        let line = line.replace(", UNRANKED", "");
        let mut words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        for at in 1..words.len() {
            if ["version", "revision"].contains(&&*words[at - 1]) {
                let sign = words[at].trim_start_matches(|c: char| c.is_ascii_digit());
                words[at] = format!("N{sign}");
            }
        }
        words.join(" ") + "\n"
    };
    lines.map(numberless).collect()
}

fn golden(name: &str, text: &str) {
    let path = repository().join("tests/e2e/explain").join(name);
    same(&path, &timeless(text));
}

#[test]
fn every_kind_of_case_is_explained_without_texts_and_names() {
    for (name, channel, conversation, author) in [
        ("unanswered", "social", "post-1", "handle:ben"),
        ("escalated", "social", "post-2", "handle:ada"),
        ("left-in-private", "email", "mail-2", "email:ada@mail.example"),
        ("echo", "forum", "thread-2", "handle:@Ada"),
        ("replied-only-twice", "social", "post-3", "handle:cleo"),
        ("resolved-and-surveyed", "chat", "chat-4", "device:ada-phone"),
        ("retracted", "social", "post-6", "handle:dora"),
    ] {
        let text = explain(channel, conversation, author, &[]);

        let json = explain(channel, conversation, author, &["--json"]);
        for secret in SECRETS {
            // Ids of messages are the test's own, and have names in them.
            let is_id = |at: usize, text: &str| text[at + secret.len()..].starts_with(['-']);
            for told in [&text, &json] {
                let leaks = told
                    .match_indices(secret)
                    .filter(|(at, _)| !is_id(*at, told))
                    .count();
                assert_eq!(leaks, 0, "{name}: {secret} in {told}");
            }
        }
        // Dora's two messages came one after the other.
        let text = if name == "retracted" { text } else { settled(&text) };
        golden(&format!("{name}.txt"), &text);
    }
    golden(
        "retracted.json",
        &explain("social", "post-6", "handle:dora", &["--json"]),
    );
}

#[test]
fn texts_are_shown_to_whoever_asks() {
    let text = explain("social", "post-2", "handle:ada", &["--text"]);
    golden("with-texts.txt", &settled(&text));
    for shown in ["my parcel", "conversation post-2", "Ada Example"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
}

#[test]
fn a_case_is_found_by_its_id_and_by_how_that_begins() {
    let heard = stories();
    let whole = explain("chat", "chat-4", "device:ada-phone", &["--no-inputs"]);
    let id = whole
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("case "))
        .expect("it is named");
    for name in [id, &id[..8], &id.to_uppercase()] {
        let args = [&["explain", name, "--no-inputs"][..], &AS_OF].concat();
        assert_eq!(heard.run(&args).succeeds().out(), whole);
    }
    assert!(whole.contains("The inputs were not read"), "{whole}");
    assert!(!whole.contains("u4-1, says"), "{whole}");
    let in_it = [
        "explain",
        "--source",
        "shop",
        "--channel",
        "chat",
        "--conversation",
        "chat-4",
    ];
    assert!(heard.run(&in_it).succeeds().out().contains(id));
}

#[test]
fn what_cannot_be_explained_says_why() {
    let heard = stories();
    let err = |args: &[&str], status| heard.run(args).exits(status).err();
    let unknown = err(&["explain", "00000000-0000-5000-8000-000000000000"], 1);
    assert!(
        unknown.contains("explain.cases has no case with this id."),
        "{unknown}"
    );
    assert!(unknown.contains("heard tail cases --drain"), "{unknown}");
    let unknown = err(&["explain", "00000000"], 1);
    assert!(unknown.contains("no case with an id that begins so"), "{unknown}");
    let in_it = [
        "explain",
        "--source",
        "shop",
        "--channel",
        "social",
        "--conversation",
    ];
    let several = err(&[&in_it[..], &["post-3"]].concat(), 1);
    assert!(several.starts_with("2 cases match; name one"), "{several}");
    assert!(
        several.contains("social, opened 2026-03-03T10:45:00Z, a bystander's"),
        "{several}"
    );
    let unknown = err(&[&in_it[..], &["post-99"]].concat(), 1);
    assert!(
        unknown.contains("no case with this source, channel and conversation"),
        "{unknown}"
    );
    for wrong in [
        &["explain"][..],
        &["explain", "388046"],
        &["explain", "not-an-id"],
        &["explain", "--conversation", "post-1"],
        &["explain", "388046b3", "--conversation", "post-1"],
        &["explain", "388046b3", "--author", "handle:ada"],
    ] {
        err(wrong, 64);
    }
    let nothing = heard
        .run_as("explain-none.", &["explain", "388046b3"])
        .exits(3)
        .err();
    assert!(
        nothing.contains("topics are missing") && nothing.contains("explain-none.cases"),
        "{nothing}"
    );
}
