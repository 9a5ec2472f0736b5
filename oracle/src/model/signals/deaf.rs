//! Rule 22: whoever waits for three days in which nobody has answered in the channel. A reply to anybody shows that
//! somebody is there: then messages after it count, and those of its very moment that still wait.

use std::ops::RangeInclusive;

use heard::model::{Millis, Signal, SignalKind};

use super::{DEAF_AFTER, Group, hour, minute};
use crate::rules::HOUR;

/// What is told of a stretch of time: one signal a spell, which a reply ends.
pub fn of(group: &Group<'_>, time: &RangeInclusive<i64>) -> Vec<Signal> {
    let replies = group.replies();
    let mut told = Vec::new();
    let mut spell: Option<Millis> = None;
    for since in group.long_waits() {
        let at = since.plus(DEAF_AFTER);
        let is_answered = replies.iter().any(|reply| since < *reply && *reply <= at);
        let goes_on =
            spell.is_some_and(|before| !replies.iter().any(|reply| before < *reply && *reply <= since));
        if is_answered || goes_on || !time.contains(&hour(at)) {
            continue;
        }
        spell = Some(at);
        let last_reply = replies
            .iter()
            .copied()
            .rfind(|reply| *reply <= since && time.contains(&hour(*reply)));
        // To the minute: since that of the last reply, or the beginning, and before that in which it was too long.
        let begin = last_reply.unwrap_or(Millis(*time.start() * HOUR));
        let opened = group.cases.iter().map(|case| minute(case.course.opened_at));
        let opened = opened.filter(|opened| (minute(begin)..minute(at)).contains(opened));
        let mut signal = group.signal(SignalKind::DeafChannel, None, at, DEAF_AFTER);
        signal.observed = opened.count() as f64;
        signal.details.insert("since".to_owned(), since.0.to_string());
        let last_reply = last_reply.map(|reply| ("last_reply".to_owned(), reply.0.to_string()));
        signal.details.extend(last_reply);
        told.push(signal);
    }
    told
}
