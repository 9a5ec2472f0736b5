//! Reads the tables that make up [`RuleSettings`]: channels, levels, identity, limits, rules.

use std::num::NonZeroU32;

use super::rules::{Blocked, ChannelRules, IdentityRules, Levels, Limits, RuleSettings, Span};
use super::section::Section;
use super::topics::is_topic_name;
use crate::model::Stage;

/// The patience of a channel that the configuration names and gives none.
const USUAL_PATIENCE: Span = Span::hours(24);

/// Reads all of them out of the top table; the secret is filled in later.
pub(super) fn read(top: &mut Section<'_>) -> RuleSettings {
    let mut rules = RuleSettings::default();
    if let Some(mut section) = top.section("rules") {
        rules.at_risk = section.get_or("at_risk", rules.at_risk);
        rules.ranking_wait = section.get_or("ranking_wait", rules.ranking_wait);
        rules.retire_after = section.get_or("retire_after", rules.retire_after);
        rules.unknown_kind = section.get_or("unknown_kind", rules.unknown_kind);
        section.finish();
    }
    if let Some(section) = top.section("identity") {
        read_identity(section, &mut rules.identity);
    }
    if let Some(section) = top.section("limits") {
        read_limits(section, &mut rules.limits);
    }
    if let Some(mut section) = top.section("levels") {
        let general = read_levels(&mut section, Levels::default());
        section.finish();
        for channel in rules.channels.values_mut() {
            channel.levels = general;
        }
        read_channels(top, &mut rules, general);
    } else {
        read_channels(top, &mut rules, Levels::default());
    }
    rules
}

fn read_channels(top: &mut Section<'_>, rules: &mut RuleSettings, general: Levels) {
    let Some(mut channels) = top.section("channels") else {
        return;
    };
    for name in channels.keys() {
        let Some(section) = channels.section(name) else {
            continue;
        };
        if name.is_empty() || !is_topic_name(name) {
            let what = format!(
                "channel \"{name}\": its name is part of topic names, so it may hold letters, digits, '.', '_' and '-' only."
            );
            channels.problem(name, what);
        }
        let known = rules.channels.remove(name);
        rules
            .channels
            .insert(name.into(), read_channel(section, known, general));
    }
    channels.finish();
}

fn read_channel(mut section: Section<'_>, known: Option<ChannelRules>, general: Levels) -> ChannelRules {
    let mut rules = match known {
        Some(built_in) => match section.get("stage") {
            Some(stage) if stage != built_in.stage => ChannelRules {
                author_kinds: built_in.author_kinds,
                ..ChannelRules::new(stage, built_in.patience, &[])
            },
            _ => built_in,
        },
        None => {
            let mend = "Spectators present? stage = \"onstage\", else \"offstage\".";
            let stage = section.require("stage", Stage::Offstage, mend);
            ChannelRules::new(stage, USUAL_PATIENCE, &[])
        }
    };
    rules.patience = section.get_or("patience", rules.patience);
    if let Some(limit) = section.get::<u32>("reply_limit") {
        rules.reply_limit = NonZeroU32::new(limit);
    }
    if let Some(kinds) = section.get::<Vec<String>>("author") {
        rules.author_kinds = kinds.into_iter().map(Into::into).collect();
    }
    rules.levels = read_levels(&mut section, general);
    section.finish();
    rules
}

/// Levels as a table gives them; those it does not mention are as in `otherwise`.
fn read_levels(section: &mut Section<'_>, otherwise: Levels) -> Levels {
    Levels {
        acknowledge: section.get_or("acknowledge", otherwise.acknowledge),
        answer: section.get_or("answer", otherwise.answer),
        next: section.get_or("next", otherwise.next),
        resolve: section.get_or("resolve", otherwise.resolve),
    }
}

fn read_identity(mut section: Section<'_>, identity: &mut IdentityRules) {
    if let Some(order) = section.get::<Vec<String>>("order") {
        identity.order = order.into_iter().map(Into::into).collect();
    }
    if let Some(blocked) = read_blocked(&mut section, "blocked") {
        identity.blocked = blocked;
    }
    if let Some(mut by_kind) = section.section("blocked_by_kind") {
        for kind in by_kind.keys() {
            if let Some(blocked) = read_blocked(&mut by_kind, kind) {
                identity.blocked_by_kind.insert(kind.into(), blocked);
            }
        }
        by_kind.finish();
    }
    section.finish();
}

fn read_blocked(section: &mut Section<'_>, key: &str) -> Option<Blocked> {
    let values: Vec<String> = section.get(key)?;
    if values.iter().any(|value| value.trim() == "*") {
        let what = format!(
            "{} must not hold \"*\": it would block everyone. Name the values.",
            section.path_of(key)
        );
        section.problem(key, what);
    }
    Some(Blocked::from_values(values.iter().map(String::as_str)))
}

fn read_limits(mut section: Section<'_>, limits: &mut Limits) {
    limits.max_ahead = section.get_or("max_ahead", limits.max_ahead);
    if let Some(bytes) = section.get::<NonZeroU32>("max_text_bytes") {
        limits.max_text_bytes = bytes.get() as usize;
    }
    if let Some(chars) = section.get::<u32>("excerpt_chars") {
        if chars > 160 {
            section.problem("excerpt_chars", "limits.excerpt_chars must be at most 160.");
        }
        limits.excerpt_chars = chars as usize;
    }
    section.finish();
}
