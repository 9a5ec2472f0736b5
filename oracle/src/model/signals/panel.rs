//! Rule 20: people worth asking.

use std::collections::{BTreeMap, BTreeSet};

use heard::model::{Advocacy, Customer, Millis, Signal, SignalKind, SurveyScale};

use crate::model::record::{Score, advocacy, audience};
use crate::model::{Known, World, party};
use crate::rules::{PANEL_AUDIENCE, PANEL_VALUE};

/// Rule 20: each person once for each reason.
pub fn of(world: &World<'_>) -> Vec<Signal> {
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
            told.push(Signal {
                kind: SignalKind::PanelCandidate,
                key: name.into(),
                at,
                observed,
                expected,
                details: [("reason".to_owned(), reason.to_owned())].into(),
                ..Signal::default()
            });
        }
    }
    told
}

type Reason = (&'static str, Millis, f64, f64);

/// What is seen and what is expected, if a reason holds of scores so far.
type Holds<'h> = &'h dyn Fn(Vec<&Score>) -> Option<(f64, f64)>;

fn reasons(cases: &[&Known], scores: &[Score], customer: Option<&Customer>) -> Vec<Reason> {
    let mut found = Vec::new();
    let by = |scale: SurveyScale| scores.iter().filter(move |score| score.scale == scale);
    let of = |score: &Score| advocacy(score.scale, score.score);
    let scales = [
        SurveyScale::Nps0To10,
        SurveyScale::Stars1To5,
        SurveyScale::Csat1To5,
    ];
    // Decision: all of a moment is judged as it has come to at its end.
    let by_then = |scale: SurveyScale, t: Millis| by(scale).filter(move |score| score.at <= t);
    let is = |advocacy: Advocacy| move |score: &&Score| of(score) == advocacy;
    let first = |holds: Holds<'_>| {
        let of_scale = |scale: SurveyScale| {
            by(scale).find_map(|score| Some((score.at, holds(by_then(scale, score.at).collect())?)))
        };
        let found = scales.into_iter().filter_map(of_scale);
        found.min_by_key(|(at, _)| *at)
    };
    // A promoter's score, after a detractor's.
    let turned = first(&|scores| {
        let last = scores.last().filter(|last| is(Advocacy::Promoter)(last))?;
        let before = scores.iter().copied().rfind(is(Advocacy::Detractor))?;
        Some((last.score, before.score))
    });
    found.extend(turned.map(|(at, (score, before))| ("TURNED_PROMOTER", at, score, before)));
    let constant = first(&|scores| {
        let is_constant = scores.len() >= 3 && scores.iter().all(is(Advocacy::Promoter));
        is_constant.then_some((scores.len() as f64, 3.0))
    });
    found.extend(constant.map(|(at, (number, least))| ("CONSTANT_PROMOTER", at, number, least)));
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
