//! Reads the tables that make up [`RuleSettings`]: channels, identity, limits, rules.

use std::num::NonZeroU32;
use std::path::Path;

use super::read_calendars::{self, Calendars};
use super::read_identity;
use super::read_levels::{self, General};
use super::read_priority;
use super::read_signals;
use super::rules::channels::SKEW;
use super::rules::{ChannelRules, Limits, RuleSettings, Span};
use super::section::Section;
use super::topics::is_topic_name;
use crate::model::Stage;

/// The patience of a channel that the configuration names and gives none.
const USUAL_PATIENCE: Span = Span::hours(24);

/// Reads all of them out of the top table; the secret is filled in later. Files are looked for in `base`.
pub(super) fn read(top: &mut Section<'_>, base: &Path) -> RuleSettings {
    let mut rules = RuleSettings::default();
    let calendars = read_calendars::read(top);
    let general = read_levels::general(top, &calendars);
    read_channels(top, &mut rules, &general, &calendars);
    read_identity::read(top, &mut rules.identity);
    let mut section = top.table("rules", "What the rules run on, in all channels.");
    rules.at_risk = section.setting(
        "at_risk",
        rules.at_risk,
        "The share of a service level's time after which it is at risk.",
    );
    rules.ranking_wait = section.setting(
        "ranking_wait",
        rules.ranking_wait,
        "How long a work item waits for what is known of the person before it goes out unranked.",
    );
    rules.retire_after = section.setting(
        "retire_after",
        rules.retire_after,
        "How long after its last message a conversation drops what it need not judge anew, and keeps its \
         conclusions. Messages later than that are heard and flagged, but rewrite nothing.",
    );
    rules.lateness = section.setting(
        "lateness",
        rules.lateness,
        "How long after a person was forgotten a keyed hash of them is kept, so that what comes late of them \
         is dropped. What comes later than that is taken for somebody new.",
    );
    rules.unknown_kind = section.setting(
        "unknown_kind",
        rules.unknown_kind,
        "As what a response of kind UNKNOWN counts.",
    );
    let skew = section.setting(
        "skew",
        SKEW,
        "How far the clocks of two systems may be apart. A reply that is dated before the message it names counts at \
         that one's time; if it is dated earlier than this, it is an answer of which nobody knows how long it took.",
    );
    rules
        .channels
        .values_mut()
        .for_each(|channel| channel.set_skew(skew));
    section.finish();
    read_limits(top, &mut rules.limits);
    read_priority::read(top, base, &mut rules);
    rules.signals = read_signals::read(top);
    rules
}

fn read_channels(top: &mut Section<'_>, rules: &mut RuleSettings, general: &General, calendars: &Calendars) {
    let mut channels = top.table(
        "channels",
        "Channels: where something was said. These are built in; one of your own is a table with a stage, such \
         as [channels.kiosk] with stage = \"offstage\". Its topics are complaints.NAME and responses.NAME.",
    );
    let mut names: Vec<String> = rules.channels.keys().map(|name| name.to_string()).collect();
    for name in channels.keys() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for name in names {
        let section = channels.member(&name, "NAME", "");
        if name.is_empty() || !is_topic_name(&name) {
            let what = format!(
                "channel \"{name}\": its name is part of topic names, so it may hold letters, digits, '.', '_' and '-' only."
            );
            channels.problem(&name, what);
        }
        let known = rules.channels.remove(name.as_str());
        let channel = read_channel(section, known, general, calendars);
        rules.channels.insert(name.into(), channel);
    }
    channels.finish();
}

fn read_channel(
    mut section: Section<'_>,
    known: Option<ChannelRules>,
    general: &General,
    calendars: &Calendars,
) -> ChannelRules {
    let mut rules = match known {
        Some(built_in) => {
            let stage = section.setting(
                "stage",
                built_in.stage,
                "onstage: public, there are spectators; offstage: private. A message's own visibility comes \
                 before it.",
            );
            if stage == built_in.stage {
                built_in
            } else {
                ChannelRules {
                    author_kinds: built_in.author_kinds,
                    spoken: built_in.spoken,
                    expects: built_in.expects,
                    ..ChannelRules::new(stage, built_in.patience, &[])
                }
            }
        }
        None => {
            let mend = "Spectators present? stage = \"onstage\", else \"offstage\".";
            let stage = section.require("stage", Stage::Offstage, mend);
            ChannelRules::new(stage, USUAL_PATIENCE, &[])
        }
    };
    rules.patience = section.setting(
        "patience",
        rules.patience,
        "How long a customer waits before the case counts as unanswered. 24h in a channel of your own.",
    );
    let limit = section.setting(
        "reply_limit",
        rules.reply_limit.map_or(0, NonZeroU32::get),
        "Public human replies before it is time for a private channel; 0: no limit. 2 in an onstage channel of \
         your own.",
    );
    rules.reply_limit = NonZeroU32::new(limit);
    rules.follow_up = section.setting(
        "follow_up",
        rules.follow_up,
        "How long after RESOLVED somebody should ask whether all is well.",
    );
    rules.spoken = section.setting(
        "spoken",
        rules.spoken,
        "Whether answers are spoken here: a person's RESOLVED, in an update or a note, is an answer then. false in a channel \
         of your own.",
    );
    let about =
        "The share of the customers here who expect an answer, to be shown beside the share that got one.";
    rules.expects = match rules.expects {
        Some(share) => Some(section.setting("expects", share, about)),
        None => section.optional("expects", "0.5", about),
    };
    let kinds = rules.author_kinds.iter().map(|kind| kind.to_string()).collect();
    let kinds: Vec<String> = section.setting(
        "author",
        kinds,
        "Kinds of identifier that name an author here; the first one given counts.",
    );
    rules.author_kinds = kinds.into_iter().map(Into::into).collect();
    let levels = read_levels::of_channel(&mut section, general, calendars);
    section.finish();
    rules.with_levels(levels)
}

fn read_limits(top: &mut Section<'_>, limits: &mut Limits) {
    let mut section = top.table(
        "limits",
        "What a record may hold: what is beyond is refused (times) or cut (text).",
    );
    limits.oldest_time = section.setting(
        "oldest_time",
        limits.oldest_time,
        "Nothing happened before this: seconds taken for milliseconds are a time of 1970.",
    );
    limits.max_ahead = section.setting(
        "max_ahead",
        limits.max_ahead,
        "How far an event may lie in the future of its record's log timestamp.",
    );
    let usual = u32::try_from(limits.max_text_bytes)
        .ok()
        .and_then(NonZeroU32::new);
    let bytes = section.setting(
        "max_text_bytes",
        usual.unwrap_or(NonZeroU32::MAX),
        "How much of a message's text is kept, in bytes.",
    );
    limits.max_text_bytes = bytes.get() as usize;
    let usual = u32::try_from(limits.excerpt_chars).unwrap_or(160);
    let chars = section.setting(
        "excerpt_chars",
        usual,
        "Characters of a case's excerpt, 160 at most.",
    );
    if chars > 160 {
        section.problem("excerpt_chars", "limits.excerpt_chars must be at most 160.");
    }
    limits.excerpt_chars = chars as usize;
    section.finish();
}
