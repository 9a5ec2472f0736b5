//! Rule 22 on random stories, against its definition, word by word.

use heard::model::Status;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::deaf::{DAY, DEAF_AFTER, MINUTE, NINE, asks, drained, live, occurred_at, reply, status};
use crate::story::Line;

/// What rule 22 says of a story, word by word: since when those wait of whom is told.
fn by_definition(lines: &[Line]) -> Vec<i64> {
    let mut lines = lines.to_vec();
    lines.sort_by_key(occurred_at);
    let conversations = ["c0", "c1", "c2", "c3"];
    let mut waits = Vec::new();
    for conversation in conversations {
        let mut since = None;
        for line in &lines {
            let (of, speaks) = match line {
                Line::Says(complaint) => (complaint.conversation_id.as_deref(), true),
                Line::Replies(response) => (Some(&*response.conversation_id), false),
                Line::Becomes(update) => (Some(&*update.conversation_id), false),
                _ => (None, false),
            };
            if of != Some(conversation) {
                continue;
            }
            let at = occurred_at(line).since(NINE);
            match since {
                None if speaks => since = Some(at),
                Some(from) if !speaks => {
                    waits.extend((at - from > DEAF_AFTER).then_some(from));
                    since = None;
                }
                _ => {}
            }
        }
        waits.extend(since);
    }
    waits.sort_unstable();
    let replies = lines.iter().filter(|line| matches!(line, Line::Replies(_)));
    let replies: Vec<i64> = replies.map(|line| occurred_at(line).since(NINE)).collect();
    let mut told: Vec<i64> = Vec::new();
    for since in waits {
        let last_reply = replies.iter().filter(|at| **at <= since + DEAF_AFTER).max();
        let is_answered = |since: i64| last_reply.is_some_and(|reply| *reply > since);
        if !is_answered(since) && told.last().is_none_or(|told| is_answered(*told)) {
            told.push(since);
        }
    }
    told
}

/// Some conversations of which each begins with its customer, at moments that crowd in a few hours.
fn random_story(random: &mut ChaCha8Rng) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut moments = std::collections::BTreeSet::new();
    for _ in 0..random.random_range(1..12) {
        let hour = [0, 1, 24, 71, 72, 73, 74, 120, 145][random.random_range(0..9)];
        let into = [0, 1, 59_999, 60_000, 90_000, 3_599_999][random.random_range(0..6)];
        moments.insert(hour * 60 * MINUTE + into);
    }
    for at in moments {
        let conversation = ["c0", "c1", "c2", "c3"][random.random_range(0..4)];
        let has_begun = lines.iter().any(
            |line| matches!(line, Line::Says(said) if said.conversation_id.as_deref() == Some(conversation)),
        );
        lines.push(match random.random_range(0..5) {
            0 | 1 if has_begun => reply(conversation, at),
            2 if has_begun => status(conversation, at, Status::Resolved),
            _ => asks(conversation, at),
        });
    }
    lines
}

#[test]
fn random_stories_come_to_what_the_rule_says_in_any_order() {
    let mut random = ChaCha8Rng::seed_from_u64(22);
    for _ in 0..300 {
        let mut lines = random_story(&mut random);
        let wanted: Vec<_> = by_definition(&lines)
            .into_iter()
            .map(|since| ("b/social".to_owned(), since))
            .collect();
        let until = NINE.plus(30 * DAY);
        assert_eq!(live(&lines, until), wanted, "live: {lines:?}");
        lines.shuffle(&mut random);
        assert_eq!(drained(&lines, until), wanted, "{lines:?}");
    }
}
