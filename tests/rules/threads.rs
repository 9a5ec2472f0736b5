//! Long threads whose topics are not read in step: what comes late for the last minutes comes to the same as if it
//! had been in order (ENGINE.md 15b).

use proptest::prelude::*;

use heard::model::{Intent, Millis, ResponseKind, Status};

use crate::story::{DAY, Line, Story, becomes, person, replies, says, with_levels};

/// What is said, and how many seconds later than said it is read.
type Told = (Line, i64);

/// A message every few seconds, most of them by a few people, and replies that name somebody, or nobody.
fn thread() -> impl Strategy<Value = Vec<Told>> {
    let kind = (0..100_u8, 0..100_u8, 0..40_usize);
    let late = prop_oneof![6 => Just(0), 12 => 0..60_i64, 1 => 60..400_i64];
    let line = (kind, 0..12_i64, late, any::<bool>());
    prop::collection::vec(line, 150..330).prop_map(|lines| {
        let mut second = 0;
        let numbered = lines.into_iter().enumerate();
        numbered
            .map(|(n, ((kind, way, back), seconds, late, twice))| {
                second += if twice { seconds } else { 0 };
                (line_of(n, kind, way, back, DAY.plus(second * 1000)), late)
            })
            .collect()
    })
}

fn line_of(n: usize, kind: u8, way: u8, back: usize, at: Millis) -> Line {
    let who = |way: u8| match way % 20 {
        0..8 => vec!["handle:ann"],
        8..10 => vec!["handle:ann", "email:a@b"],
        10..14 => vec!["handle:bob"],
        14 => vec!["handle:bob", "email:a@b"],
        15 => vec!["email:a@b"],
        16 => vec![],
        other => vec![["handle:c1", "handle:c2", "handle:c3"][usize::from(other) - 17]],
    };
    let target = way
        .is_multiple_of(3)
        .then(|| format!("m{}", n.saturating_sub(back)).into());
    match kind {
        0..52 => {
            let mut said = says(0, &format!("m{n}"), "social", &who(way));
            said.occurred_at = at;
            said.in_reply_to = target.filter(|_| way < 30);
            said.intent = (kind < 4).then_some(Intent::Thanks);
            said.automatic = kind == 5;
            said.into()
        }
        52..90 => {
            let mut reply = replies(0, &format!("m{n}"), "social");
            reply.occurred_at = at;
            reply.in_reply_to = target;
            reply.customer = way.is_multiple_of(5).then(|| person(&who(way / 5)));
            (reply.kind, reply.status) = match kind {
                52 => (ResponseKind::Bot, Some(Status::Resolved)),
                53 => (ResponseKind::AutoAck, None),
                54 => (ResponseKind::Note, Some(Status::Pending)),
                55 => (ResponseKind::Human, Some(Status::Resolved)),
                56 => (ResponseKind::Human, Some(Status::LetGo)),
                _ => (ResponseKind::Human, None),
            };
            reply.team = Some(["care", "claims"][usize::from(kind % 2)].into());
            reply.into()
        }
        _ => {
            let status =
                [Status::Pending, Status::Resolved, Status::Reopened, Status::LetGo][usize::from(kind % 4)];
            let mut update = becomes(0, &format!("u{n}"), "social", status);
            update.occurred_at = at;
            update.in_reply_to = target;
            update.into()
        }
    }
}

/// The fields of cases that differ, each with what it is in order and jittered.
fn different(plain: &Story, jittered: &Story) -> Vec<String> {
    let fields =
        |(_, case): (_, &heard::model::Case)| serde_json::to_value(case).expect("a case is an object");
    let (plain, jittered) = (plain.cases(), jittered.cases());
    let mut lines = Vec::new();
    if plain.len() != jittered.len() {
        lines.push(format!("{} cases, and {}", plain.len(), jittered.len()));
    }
    for (plain, jittered) in plain.iter().zip(&jittered).map(|(a, b)| (fields(a), fields(b))) {
        for (name, value) in plain.as_object().into_iter().flatten() {
            if jittered[name] != *value {
                lines.push(format!(
                    "{}: {name} {value}, and {}",
                    plain["party_key"], jittered[name]
                ));
            }
        }
    }
    lines
}

/// 12 threads, or a twentieth of PROPTEST_CASES.
fn config() -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let config = ProptestConfig::default();
    ProptestConfig {
        cases: if asked { config.cases.div_ceil(20) } else { 12 },
        max_shrink_iters: 60,
        ..config
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_thread_read_jittered_comes_to_the_same(told in thread()) {
        let (in_order, mut jittered): (Vec<Line>, Vec<(i64, Line)>) = told
            .into_iter()
            .map(|(line, late)| {
                let read_at = line.at().0 + late * 1000;
                (line.clone(), (read_at, line))
            })
            .unzip();
        jittered.sort_by_key(|(read_at, _)| *read_at);
        let plain = Story::told(with_levels(), in_order);
        let other = Story::told(with_levels(), jittered.into_iter().map(|(_, line)| line));
        prop_assert_eq!(different(&plain, &other), Vec::<String>::new());
        let work = |story: &Story| {
            let items = story.work().into_values();
            let standing = items.filter(|item| item.state != heard::model::WorkState::Withdrawn);
            standing.map(|item| (item.work_id, item.state, item.messages_waiting)).collect::<Vec<_>>()
        };
        let (plain_work, other_work) = (work(&plain), work(&other));
        let differ = plain_work.iter().zip(&other_work).filter(|(a, b)| a != b);
        prop_assert_eq!(differ.collect::<Vec<_>>(), vec![]);
    }
}
