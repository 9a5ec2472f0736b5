//! What shows only in the sum: of all cases of a brand in a channel, surges ([`surge`], rule 14), deaf channels
//! ([`deaf`], 22) and what answers have to do with advocacy ([`advocacy`], 13); of many people, campaigns
//! ([`campaign`], 10); of one, whether it is worth asking them ([`panel`], 20).

mod advocacy;
mod campaign;
mod deaf;
mod panel;
mod surge;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use heard::model::{Millis, Signal, SignalKind};

use super::record::{Score, brand, score};
use super::{Known, World, party};
use crate::rules::{DAY, HOUR, MINUTE};

/// For how long what happened may come late.
const LATENESS: i64 = 10 * MINUTE;

/// How long a channel may be without a reply (rule 22).
const DEAF_AFTER: i64 = 3 * DAY;

/// What is to be told.
#[derive(Default)]
pub struct Signals {
    /// All that is told until a time, as [`judged`].
    told: Vec<Signal>,
    /// The brands of which a campaign may be told, in whatever order people are heard of.
    campaigns: BTreeSet<String>,
}

impl Signals {
    /// What should be told and was not, and what should not be told and was. Campaigns are promised for no order but that
    /// of time: in another, none is told where there are too few people.
    pub fn differences(&self, told: &[Signal], in_order: bool) -> (Vec<Signal>, Vec<Signal>) {
        let told: Vec<Signal> = told.iter().filter_map(judged).collect();
        let counts = |signal: &Signal| {
            let is_campaign = signal.kind == SignalKind::Campaign;
            !is_campaign || in_order || !self.campaigns.contains(&*signal.key)
        };
        let (mut missing, mut many) = (without(&self.told, &told), without(&told, &self.told));
        missing.retain(counts);
        many.retain(counts);
        (missing, many)
    }
}

/// All that is told until `now`.
pub(super) fn of(world: &World<'_>, now: Millis) -> Signals {
    let mut told = Vec::new();
    for group in groups(world) {
        told.extend(surge::of(&group, now.plus(-LATENESS)));
        for time in group.stretches() {
            told.extend(deaf::of(&group, &time));
            told.extend(advocacy::of(&group, &time));
        }
    }
    told.extend(panel::of(world));
    told.extend(campaign::of(world));
    // Decision: a campaign is told at once (docs/signals.md), all else when nothing may come late any more.
    let is_decided = |signal: &Signal| signal.kind == SignalKind::Campaign || signal.at.plus(LATENESS) <= now;
    told.retain(is_decided);
    Signals {
        told,
        campaigns: campaign::possible(world),
    }
}

/// A signal of the desk, as far as it is judged: of a person's hash, or that of a text, nothing, and of the details
/// those that say what was found. `None`: its kind is not judged.
fn judged(signal: &Signal) -> Option<Signal> {
    let details: &[&str] = match signal.kind {
        SignalKind::Surge => &["brand", "channel", "issue", "since"],
        SignalKind::DeafChannel => &["brand", "channel", "since", "last_reply"],
        SignalKind::Advocacy => &[
            "brand",
            "channel",
            "instrument",
            "interval_low",
            "interval_high",
            "answered_surveyed",
            "answered_promoters",
            "unanswered_surveyed",
            "unanswered_promoters",
            "before",
        ],
        SignalKind::PanelCandidate => &["reason"],
        SignalKind::Campaign => &["brand", "since", "case_id"],
        SignalKind::Unknown => return None,
    };
    let mut signal = signal.clone();
    signal.details.retain(|name, _| details.contains(&&**name));
    if signal.kind == SignalKind::Campaign {
        let (brand, _words) = signal.key.rsplit_once('/').expect("a brand and a hash");
        signal.key = brand.into();
    } else if signal.key.starts_with("party:") {
        signal.key = "party".into();
    }
    Some(signal)
}

/// Those of one list that have nothing like them in the other.
fn without(all: &[Signal], others: &[Signal]) -> Vec<Signal> {
    let mut others: Vec<&Signal> = others.iter().collect();
    let mut left = all.to_vec();
    left.retain(|one| match others.iter().position(|other| is_same(one, other)) {
        Some(found) => {
            others.swap_remove(found);
            false
        }
        None => true,
    });
    left
}

/// Numbers are worked out with other precision.
fn is_same(one: &Signal, other: &Signal) -> bool {
    let is_near = |a: f64, b: f64| (a - b).abs() <= 1e-4 * a.abs().max(b.abs());
    let exact = |signal: &Signal| Signal {
        observed: 0.0,
        expected: 0.0,
        ..signal.clone()
    };
    is_near(one.observed, other.observed)
        && is_near(one.expected, other.expected)
        && exact(one) == exact(other)
}

/// All cases of a brand in a channel.
struct Group<'w> {
    brand: Option<String>,
    channel: &'static str,
    cases: Vec<&'w Known>,
    /// The scores that count, and whether the customer's case was answered then.
    scores: Vec<(Score, bool)>,
}

fn groups<'w>(world: &'w World<'_>) -> Vec<Group<'w>> {
    let surveys = party::surveys(&world.surveys, &world.crm, &world.known);
    let mut groups = BTreeMap::<(Option<String>, &str), Group<'_>>::new();
    for case in &world.known {
        let brand = brand(&case.course).map(|brand| brand.to_string());
        let channel = case.course.channel.name;
        let group = groups.entry((brand.clone(), channel)).or_insert(Group {
            brand,
            channel,
            cases: Vec::new(),
            scores: Vec::new(),
        });
        group.cases.push(case);
        // Rule 2: a case in which nobody waited is in no figure of answers.
        let score = score(case, &surveys).filter(|_| !case.course.waits.is_empty());
        let scored = score.map(|score| (case.course.is_answered(score.at), score));
        group
            .scores
            .extend(scored.map(|(is_answered, score)| (score, is_answered)));
    }
    groups.into_values().collect()
}

impl Group<'_> {
    /// A signal about it.
    fn signal(&self, kind: SignalKind, more: Option<&str>, at: Millis, window: i64) -> Signal {
        let key = format!("{}/{}", self.brand.as_deref().unwrap_or("-"), self.channel);
        let mut details = BTreeMap::from([("channel".to_owned(), self.channel.to_owned())]);
        details.extend(self.brand.clone().map(|brand| ("brand".to_owned(), brand)));
        Signal {
            kind,
            key: more.map_or(key.clone(), |more| format!("{key}/{more}")).into(),
            at,
            window,
            details,
            ..Signal::default()
        }
    }

    /// When people replied in it. What is said in another channel is no reply here.
    fn replies(&self) -> BTreeSet<Millis> {
        let humans = self.cases.iter().flat_map(|case| &case.course.humans);
        humans
            .filter(|human| !human.elsewhere)
            .map(|human| human.at)
            .collect()
    }

    /// Waits that were longer than a channel may be without a reply, or will be if nothing is said: since when, in
    /// order. One that ends exactly then was short enough.
    fn long_waits(&self) -> Vec<Millis> {
        let waits = self.cases.iter().flat_map(|case| &case.course.waits);
        let long = waits.filter(|wait| {
            let at = wait.from.plus(DEAF_AFTER);
            wait.end.is_none_or(|(end, _)| at < end)
        });
        let mut since: Vec<Millis> = long.map(|wait| wait.from).collect();
        since.sort();
        since
    }

    /// The stretches of time, in hours, between which nothing has happened for five weeks: each begins anew
    /// (docs/signals.md). Decision: five weeks of whole hours.
    fn stretches(&self) -> Vec<RangeInclusive<i64>> {
        let opened = self.cases.iter().map(|case| case.course.opened_at);
        let scored = self.scores.iter().map(|(score, _)| score.at);
        let waited = self.long_waits().into_iter().map(|since| since.plus(DEAF_AFTER));
        let happened: BTreeSet<i64> = opened
            .chain(self.replies())
            .chain(scored)
            .chain(waited)
            .map(hour)
            .collect();
        let mut stretches = Vec::<RangeInclusive<i64>>::new();
        for hour in happened {
            match stretches.last_mut() {
                Some(last) if hour - last.end() - 1 < 5 * 7 * 24 => *last = *last.start()..=hour,
                _ => stretches.push(hour..=hour),
            }
        }
        stretches
    }
}

fn hour(at: Millis) -> i64 {
    at.0.div_euclid(HOUR)
}

fn minute(at: Millis) -> i64 {
    at.0.div_euclid(MINUTE)
}
