//! What shows only in the sum, as far as it is exact: deaf channels (rule 22) and people worth asking (20). Journeys
//! are too short for surges, and too few speak in them for campaigns and advocacy.

use std::collections::{BTreeMap, BTreeSet};

use heard::model::{Advocacy, Customer, Millis, SignalKind, SurveyScale};

use super::record::{Score, advocacy, audience, brand};
use super::{Known, World, party};
use crate::rules::{DAY, MINUTE, PANEL_AUDIENCE, PANEL_VALUE};

/// What is told of a signal: its kind, its key (without a person's hash), since when, what was seen and what was
/// expected, and the reason.
pub type Told = (SignalKind, String, Millis, f64, f64, Option<String>);

/// For how long what happened may come late.
const LATENESS: i64 = 10 * MINUTE;

/// All that is told until `now`.
pub(super) fn of(world: &World<'_>, now: Millis) -> Vec<Told> {
    let mut told = deaf(&world.known);
    told.extend(candidates(world));
    told.retain(|(_, _, at, ..)| at.plus(LATENESS) <= now);
    told.sort_by(|a, b| a.partial_cmp(b).expect("they are numbers"));
    told
}

/// Rule 22: by brand and channel, whoever waits for three days in which nobody has answered there. A reply to anybody
/// shows that somebody is there: then messages after it count, and those of its very moment that still wait.
fn deaf(all: &[Known]) -> Vec<Told> {
    let mut groups = BTreeMap::<(String, &str), Vec<&Known>>::new();
    for case in all {
        let brand = brand(&case.course).map_or_else(|| "-".to_owned(), |brand| brand.to_string());
        groups
            .entry((brand, case.course.channel.name))
            .or_default()
            .push(case);
    }
    let mut told = Vec::new();
    for ((brand, channel), cases) in groups {
        let courses = || cases.iter().map(|case| &case.course);
        let humans = courses().flat_map(|course| course.humans.iter().filter(|human| !human.elsewhere));
        let replies: BTreeSet<Millis> = humans.map(|human| human.at).collect();
        let mut waits: Vec<_> = courses().flat_map(|course| &course.waits).collect();
        waits.sort_by_key(|wait| wait.from);
        let mut spell: Option<Millis> = None;
        for wait in waits {
            let at = wait.from.plus(3 * DAY);
            let is_answered = replies.iter().any(|reply| wait.from < *reply && *reply <= at);
            let is_over = wait.end.is_some_and(|(end, _)| end <= at);
            // One signal a spell, which a reply ends.
            let ended = |spell: Millis| replies.iter().any(|at| spell < *at && *at <= wait.from);
            // Decision: where nothing has happened for five weeks all begins anew.
            let quiet = |spell: Millis| {
                let moments = courses().flat_map(|course| course.facts.iter().map(|fact| fact.at));
                let last = moments.chain([spell]).filter(|at| *at < wait.from).max();
                last.is_some_and(|last| wait.from.since(last) > 5 * 7 * DAY)
            };
            let is_told = spell.is_some_and(|spell| !ended(spell) && !quiet(spell));
            if is_answered || is_over || is_told {
                continue;
            }
            spell = Some(at);
            let key = format!("{brand}/{channel}");
            told.push((SignalKind::DeafChannel, key, at, 0.0, 0.0, None));
        }
    }
    told
}

/// Rule 20: each person once for each reason.
fn candidates(world: &World<'_>) -> Vec<Told> {
    let mut told = Vec::new();
    let mut parties = BTreeMap::<&str, Vec<&Known>>::new();
    for case in world
        .known
        .iter()
        .filter(|case| !case.course.identifiers().is_empty())
    {
        parties.entry(&case.party_key).or_default().push(case);
    }
    let others = world.surveys.iter().filter_map(|survey| {
        let party = world.crm.party(&survey.customer.as_ref()?.identifiers);
        Some(party.key)
    });
    let others: BTreeSet<_> = others.collect();
    others.iter().for_each(|key| _ = parties.entry(key).or_default());
    for (key, cases) in parties {
        let scores = party::scores(key, &cases, &world.surveys, &world.crm);
        let customer = key.strip_prefix("customer:");
        let profile = customer.and_then(|id| world.crm.profile(id));
        let name = if customer.is_some() { key } else { "party" };
        for (reason, at, observed, expected) in reasons(&cases, &scores, profile) {
            let reason = Some(reason.to_owned());
            told.push((
                SignalKind::PanelCandidate,
                name.to_owned(),
                at,
                observed,
                expected,
                reason,
            ));
        }
    }
    told
}

type Reason = (&'static str, Millis, f64, f64);

fn reasons(cases: &[&Known], scores: &[Score], customer: Option<&Customer>) -> Vec<Reason> {
    let mut found = Vec::new();
    let by = |scale: SurveyScale| scores.iter().filter(move |score| score.scale == scale);
    let of = |score: &Score| advocacy(score.scale, score.score);
    let scales = [
        SurveyScale::Nps0To10,
        SurveyScale::Stars1To5,
        SurveyScale::Csat1To5,
    ];
    // The first promoter's score that has a detractor's just before it among those that are neither passive.
    let turned = scales.into_iter().filter_map(|scale| {
        let mut before: Option<&Score> = None;
        by(scale).find_map(|score| match of(score) {
            Advocacy::Detractor => {
                before = Some(score);
                None
            }
            Advocacy::Promoter => {
                before.map(|before| ("TURNED_PROMOTER", score.at, score.score, before.score))
            }
            Advocacy::Passive => None,
        })
    });
    found.extend(turned.min_by_key(|(_, at, ..)| *at));
    let constant = scales.into_iter().filter_map(|scale| {
        let first: Vec<_> = by(scale).take(3).collect();
        let is_constant = first.len() == 3 && first.iter().all(|score| of(score) == Advocacy::Promoter);
        is_constant.then(|| ("CONSTANT_PROMOTER", first[2].at, 3.0, 3.0))
    });
    found.extend(constant.min_by_key(|(_, at, ..)| *at));
    let value = customer.and_then(|customer| customer.lifetime_value);
    if let Some(value) = value.filter(|value| *value >= PANEL_VALUE)
        && let Some((at, _)) = detractor(cases, scores, |_| true)
    {
        found.push(("DETRACTOR_OF_HIGH_VALUE", at, value, PANEL_VALUE));
    }
    let seen = |case: &Known| audience(&case.course).filter(|seen| *seen as f64 >= PANEL_AUDIENCE);
    if let Some((at, case)) = detractor(cases, scores, |case| seen(case).is_some()) {
        let observed = seen(case).unwrap_or_default() as f64;
        found.push(("DETRACTOR_WITH_AUDIENCE", at, observed, PANEL_AUDIENCE));
    }
    found
}

/// From when on a person is a detractor, by their last score, with such a case open.
fn detractor<'k>(
    cases: &[&'k Known],
    scores: &[Score],
    counts: impl Fn(&Known) -> bool,
) -> Option<(Millis, &'k Known)> {
    let ends = cases.iter().flat_map(|case| {
        let course = &case.course;
        let spells = course.resolved.iter().chain(&course.let_go);
        spells.filter_map(|spell| spell.to).chain([course.opened_at])
    });
    let moments: BTreeSet<Millis> = ends.chain(scores.iter().map(|score| score.at)).collect();
    moments.into_iter().find_map(|t| {
        let last = scores.iter().rfind(|score| score.at <= t)?;
        let is_detractor = advocacy(last.scale, last.score) == Advocacy::Detractor;
        let open = cases.iter().copied().filter(|case| {
            let course = &case.course;
            course.opened_at <= t && !course.is_resolved(t) && !course.is_let_go(t) && counts(case)
        });
        // Decision: of several, the one that most can see.
        let open = open
            .max_by_key(|case| audience(&case.course))
            .filter(|_| is_detractor)?;
        Some((t, open))
    })
}

/// A signal as the desk told it, if it is of these kinds. Of a deaf channel it is counted to the minute how many cases
/// were opened meanwhile: that is left out.
pub fn told(signal: &heard::model::Signal) -> Option<Told> {
    let reason = signal.details.get("reason").map(ToString::to_string);
    let key = if signal.key.starts_with("party:") {
        "party"
    } else {
        &*signal.key
    };
    let observed = match signal.kind {
        SignalKind::DeafChannel => 0.0,
        SignalKind::PanelCandidate => signal.observed,
        _ => return None,
    };
    Some((
        signal.kind,
        key.to_owned(),
        signal.at,
        observed,
        signal.expected,
        reason,
    ))
}
