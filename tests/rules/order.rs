//! Arrival order does not matter: random journeys, told in order and shuffled with every line twice.

use proptest::prelude::*;

use heard::model::{ConversationRef, Intent, ResponseKind, Sensitive, Status, Visibility};

use crate::story::{Line, Story, becomes, customer, person, replies, says, with_levels, with_tiers};

/// What several messages say; twice is another text, and too long for an excerpt.
const SAME: &str = "My parcel has been in the warehouse for ten days now, nobody answers my mails or calls. ";

/// Lines as journeys have them: one or two conversations, a few people, revisions, deletions.
fn journey() -> impl Strategy<Value = Vec<Line>> {
    prop::collection::vec(line(), 1..28)
}

fn line() -> impl Strategy<Value = Line> {
    // Often several things happen in one moment.
    let minute = prop_oneof![2 => 0..400_i64, 1 => (0..8_i64).prop_map(|n| n * 50)].boxed();
    let id = 0..40_u32;
    let any_message = prop::option::of(id.clone().prop_map(message)).boxed();
    prop_oneof![
        5 => (minute.clone(), id.clone(), speaker(), prop::option::of(any::<bool>()), 0..8_u8, any_message.clone()).prop_map(
            |(minute, id, author, public, tone, target)| {
                let mut said = says(minute, &format!("m{id}"), "social", &author);
                said.in_reply_to = target.map(Into::into);
                if id % 4 == 0 {
                    said.text = Some(Sensitive(SAME.repeat(1 + id as usize % 3)));
                }
                said.visibility = public.map(visibility);
                said.intent = match tone { 0 => Some(Intent::Thanks), 1 => Some(Intent::Praise), _ => None };
                said.automatic = tone == 2;
                said.in_reply_to = (tone > 4).then(|| format!("m{}", id % 7).into());
                said.into()
            }
        ),
        4 => (minute.clone(), id.clone(), any_message.clone(), prop::option::of(speaker()), 0..10_u8).prop_map(
            |(minute, id, target, named, kind)| {
                let mut reply = replies(minute, &format!("r{id}"), "social");
                reply.in_reply_to = target.map(Into::into);
                reply.customer = named.map(|named| person(&named));
                (reply.kind, reply.status) = match kind {
                    0 => (ResponseKind::Bot, Some(Status::Resolved)),
                    1 => (ResponseKind::AutoAck, None),
                    2 => (ResponseKind::Note, Some(Status::Pending)),
                    3 => (ResponseKind::Human, Some(Status::Resolved)),
                    4 => (ResponseKind::Human, Some(Status::LetGo)),
                    _ => (ResponseKind::Human, None),
                };
                reply.team = Some(["care", "claims"][usize::from(kind % 2)].into());
                reply.promised_by = (kind > 7).then(|| reply.occurred_at.plus(i64::from(id) * 600_000));
                reply.into()
            }
        ),
        1 => (minute.clone(), 0..6_u32, prop::option::of(speaker()), any::<bool>()).prop_map(
            |(minute, id, named, answers)| {
                let mut email = replies(minute, &format!("e{id}"), "email");
                email.customer = named.map(|named| person(&named));
                let (source, channel, conversation_id) = ("test".into(), "social".into(), "c".into());
                email.answers.extend(answers.then_some(ConversationRef { source, channel, conversation_id }));
                email.into()
            }
        ),
        2 => (minute.clone(), id.clone(), 0..4_u8, any_message).prop_map(|(minute, id, status, target)| {
            let status = [Status::Pending, Status::Resolved, Status::Reopened, Status::LetGo][status as usize];
            let mut update = becomes(minute, &format!("u{id}"), "social", status);
            update.in_reply_to = target.map(Into::into);
            if id % 5 == 0 {
                (update.status, update.resolution_confirmed) = (None, Some(id % 2 == 0));
            }
            update.into()
        }),
        2 => (0..3000_i64, id.clone(), elsewhere()).prop_map(|(minute, id, (channel, author))| {
            let mut said = says(minute, &format!("n{id}"), channel, &author);
            said.text = (id % 2 == 0).then(|| Sensitive(SAME.repeat(1 + id as usize % 3)));
            said.into()
        }),
        1 => (minute.clone(), id.clone(), elsewhere(), 0..4_u8).prop_map(|(minute, id, (channel, _), way)| {
            let mut reply = replies(minute, &format!("s{id}"), channel);
            reply.status = (way == 0).then_some(Status::Resolved);
            reply.invites_to = (way == 1).then(|| "phone".into());
            reply.into()
        }),
        1 => (minute.clone(), id.clone()).prop_map(|(minute, id)| {
            let mut reply = replies(minute, &format!("r{id}"), "social");
            reply.invites_to = Some("phone".into());
            reply.into()
        }),
        2 => (minute, 0..3_u8, prop::collection::vec(identifier(), 0..3), prop::option::of(0..3_u8), 0..3_usize).prop_map(
            |(minute, who, identifiers, into, tier)| {
                let mut record = customer(minute, &format!("C{who}"), &identifiers);
                record.tier = [None, Some("gold"), Some("silver")][tier].map(Into::into);
                record.merged_into = into.filter(|into| *into != who).map(|into| format!("C{into}").into());
                record.into()
            }
        ),
    ]
}

/// The id of a message that somebody may reply to.
fn message(id: u32) -> String {
    match id % 3 {
        0 => format!("r{id}"),
        _ => format!("m{id}"),
    }
}

fn visibility(public: bool) -> Visibility {
    if public {
        Visibility::Public
    } else {
        Visibility::Private
    }
}

fn identifier() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["handle:ann", "handle:bob", "email:a@b", "phone:1234567"])
}

/// A private channel, and somebody who speaks there.
fn elsewhere() -> impl Strategy<Value = (&'static str, Vec<&'static str>)> {
    prop::sample::select(vec![
        ("phone", vec!["phone:1234567"]),
        ("phone", vec!["phone:1234567", "email:a@b"]),
        ("email", vec!["email:a@b"]),
        ("chat", vec!["email:a@b", "handle:ann"]),
    ])
}

fn speaker() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::select(vec![
        vec!["handle:ann"],
        vec!["handle:ann", "email:a@b"],
        vec!["handle:bob"],
        vec!["handle:bob", "phone:1234567"],
        vec!["email:a@b"],
        vec![],
    ])
}

/// One record for one id and revision: a source that breaks this is beyond any promise. Revisions
/// of one message are numbered as they come; every third takes the message out.
fn honest(lines: Vec<Line>) -> Vec<Line> {
    let mut revisions = std::collections::BTreeMap::<String, i64>::new();
    let mut updates = std::collections::BTreeSet::new();
    let mut records = std::collections::BTreeSet::new();
    let mut next = |id: &str| {
        let revision = revisions.entry(id.to_owned()).or_insert(-1);
        *revision += 1;
        *revision
    };
    lines
        .into_iter()
        .filter_map(|line| match line {
            Line::Says(mut said) => {
                said.revision = next(&said.id);
                said.deleted = said.revision % 3 == 2;
                Some(Line::Says(said))
            }
            Line::Replies(mut reply) => {
                reply.revision = next(&reply.id);
                reply.deleted = reply.revision % 3 == 2;
                Some(Line::Replies(reply))
            }
            Line::Becomes(update) => updates.insert(update.id.clone()).then_some(Line::Becomes(update)),
            Line::Customer(record) => {
                let key = (record.customer_id.clone(), record.updated_at);
                records.insert(key).then_some(Line::Customer(record))
            }
            other => Some(other),
        })
        .collect()
}

/// 400 journeys, or as many as PROPTEST_CASES says.
fn config() -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let config = ProptestConfig::default();
    ProptestConfig {
        cases: if asked { config.cases } else { 400 },
        max_shrink_iters: 400,
        ..config
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn arrival_order_and_repetition_do_not_matter(
        (lines, shuffled) in journey().prop_map(honest).prop_flat_map(|lines| {
            let twice: Vec<_> = lines.iter().chain(&lines).cloned().collect();
            (Just(lines), Just(twice).prop_shuffle())
        }),
        until in 0..3000_i64,
    ) {
        let mut sorted = lines;
        sorted.sort_by_key(Line::at);
        let plain = Story::told(with_tiers(), sorted).until(until);
        let other = Story::told(with_tiers(), shuffled).until(until);
        prop_assert_eq!(plain.cases(), other.cases());
        prop_assert_eq!(work(&plain), work(&other));
        prop_assert_eq!(told_again(&plain), Vec::<String>::new());
        prop_assert_eq!(told_again(&other), Vec::<String>::new());
    }
}

/// Events under ids that were there before.
fn told_again(story: &Story) -> Vec<String> {
    let mut known = std::collections::BTreeSet::new();
    let events = story.events().into_iter();
    let again = events.filter(|event| !known.insert(event.event_id));
    again
        .map(|event| format!("{} {:?}", event.kind.symbol(), event.details))
        .collect()
}

/// As long as the message it replies to is not known, a reply is taken for one to whoever spoke last.
#[test]
fn a_reply_that_goes_and_comes_back_is_told_under_another_id() {
    let mut reply = replies(9, "r", "social");
    reply.in_reply_to = Some("ann4".into());
    let ann = |minute| says(minute, &format!("ann{minute}"), "social", &["handle:ann"]);
    let bob = |minute| says(minute, &format!("bob{minute}"), "social", &["handle:bob"]);
    let lines: [Line; 6] = [
        ann(0).into(),
        bob(1).into(),
        reply.into(),  // to Bob, it seems
        ann(2).into(), // no, to Ann
        bob(3).into(), // or Bob after all
        ann(4).into(), // it was Ann
    ];
    let story = Story::told(with_levels(), lines);
    let told = story.happened();
    assert_eq!(
        told.iter().filter(|kind| **kind == "REPLIED").count(),
        4,
        "{told:?}"
    );
    assert_eq!(told_again(&story), Vec::<String>::new());
}

/// The work that is there in the end, without what may differ.
fn work(story: &Story) -> Vec<(heard::model::WorkId, heard::model::WorkState, u32)> {
    let items = story.work().into_values();
    items
        .filter(|item| item.state != heard::model::WorkState::Withdrawn)
        .map(|item| (item.work_id, item.state, item.messages_waiting))
        .collect()
}
