//! The figures of the report, counted plainly from cases: what `heard report --json` shows of all of them and
//! of each channel and stage.

use std::collections::BTreeMap;

use heard::model::{
    Advocacy, AnsweredBy, Case, CaseStatus, EscalationCause, Millis, PromiseState, ReplyLimitState, SlaState,
    Stage, SurveyScale,
};
use serde_json::{Value, json};

/// By channel and stage; the whole under the empty name.
pub fn report(cases: &[&Case], as_of: Millis) -> BTreeMap<(String, String), Value> {
    let mut groups = BTreeMap::<_, Vec<&Case>>::new();
    for case in cases {
        let stage = if case.stage == Stage::Onstage {
            "ONSTAGE"
        } else {
            "OFFSTAGE"
        };
        groups
            .entry((case.channel.to_string(), stage.to_owned()))
            .or_default()
            .push(case);
    }
    groups.insert((String::new(), String::new()), cases.to_vec());
    groups
        .into_iter()
        .map(|(name, cases)| (name, figures(&cases, as_of)))
        .collect()
}

fn figures(cases: &[&Case], as_of: Millis) -> Value {
    let count = |holds: &dyn Fn(&Case) -> bool| cases.iter().filter(|case| holds(case)).count();
    let sum = |of: &dyn Fn(&Case) -> u32| cases.iter().map(|case| u64::from(of(case))).sum::<u64>();
    let level = |of: &dyn Fn(&Case) -> SlaState| {
        json!({
            "met": count(&|case| of(case) == SlaState::Met),
            "breached": count(&|case| of(case) == SlaState::Breached),
            "running": count(&|case| of(case) == SlaState::Running),
        })
    };
    // Rule 2: a case of praise, thanks and automatic mail alone asks for no answer.
    let asking = || cases.iter().filter(|case| case.waits > 0);
    // Nor does anybody know how long an answer took that is dated before what it answers.
    let is_timed = |case: &&Case| case.answered_at.is_none() || case.first_response_ms.is_some();
    let timed: Vec<&Case> = cases.iter().copied().filter(is_timed).collect();
    let resolved = |case: &Case| case.resolved_at.is_some();
    json!({
        "cases": cases.len(),
        "bystanders": count(&|case| case.bystander),
        "customer_messages": sum(&|case| case.customer_messages),
        "human_replies": sum(&|case| case.human_replies),
        "waits": sum(&|case| case.waits),
        "answered": count(&|case| case.waits > 0 && case.answered_at.is_some()),
        "never_answered": count(&|case| case.waits > 0 && case.answered_at.is_none() && !case.closed_silently),
        "closed_silently": count(&|case| case.closed_silently),
        "unanswered": count(&|case| case.status == CaseStatus::Unanswered),
        "was_unanswered": count(&|case| case.was_unanswered),
        "unanswered_waits": sum(&|case| case.unanswered_waits),
        "first_response_s": durations(asking().filter_map(|case| case.first_response_ms)),
        "resolved": count(&resolved),
        "resolution_s": durations(cases.iter().filter_map(|case| case.resolution_ms)),
        "levels": {
            "acknowledge": level(&|case| case.sla_acknowledge),
            "answer": level(&|case| case.sla_answer),
            "next": level(&|case| case.sla_next),
            "resolve": level(&|case| case.sla_resolve),
        },
        "reply_limit": {
            "reached": count(&|case| case.reply_limit != ReplyLimitState::Ok),
            "exceeded": count(&|case| case.reply_limit == ReplyLimitState::Exceeded),
        },
        "switched": count(&|case| case.switched_to.is_some()),
        "chased_elsewhere": count(&|case| case.chased_to.is_some()),
        "escalated": count(&|case| case.escalated_from.is_some()),
        "reopened": sum(&|case| case.reopened_count),
        "honest_answer_s": honest(&timed, as_of, |case| case.answered_at, given_up),
        "honest_resolution_s": honest(cases, as_of, |case| case.resolved_at, |_| None),
        "answered_by_bot": count(&|case| case.waits > 0 && case.answered_by == Some(AnsweredBy::Bot)),
        "answered_publicly": count(&|case| case.waits > 0 && case.answered_publicly_at.is_some()),
        "deflected": count(&|case| case.waits > 0 && case.deflected),
        "let_go": count(&|case| case.status == CaseStatus::LetGo),
        "chasers": sum(&|case| case.chasers),
        "transfers": sum(&|case| case.transfers),
        "echoes": count(&|case| case.echo_of.is_some()),
        "escalation": {
            "unanswered": count(&|case| case.escalation_cause == Some(EscalationCause::Unanswered)),
            "unsolved": count(&|case| case.escalation_cause == Some(EscalationCause::Unsolved)),
        },
        "promises": {
            "kept": count(&|case| case.promise == PromiseState::Kept),
            "broken": count(&|case| case.promise == PromiseState::Broken),
            "running": count(&|case| case.promise == PromiseState::Running),
        },
        "first_contact": {
            "solved": count(&|case| case.first_contact_resolution == Some(true)),
            "not_solved": count(&|case| case.first_contact_resolution == Some(false)),
            "undecided": count(&|case| case.first_contact_resolution.is_none() && resolved(case)),
        },
        "surveys": surveys(cases),
    })
}

/// Percentiles by nearest rank, in whole seconds.
fn durations(ms: impl Iterator<Item = i64>) -> Value {
    let mut ms: Vec<i64> = ms.collect();
    ms.sort_unstable();
    let seconds: Vec<i64> = ms.iter().map(|ms| ms.div_euclid(1000)).collect();
    // Of n, the smallest that so many per cent do not exceed.
    let percentile = |percent: usize| {
        let mut ranks = 1..=seconds.len();
        ranks
            .find(|rank| rank * 100 >= percent * seconds.len())
            .map(|rank| seconds[rank - 1])
    };
    json!({
        "n": ms.len(),
        "sum": ms.iter().sum::<i64>().div_euclid(1000),
        "p50": percentile(50),
        "p90": percentile(90),
        "max": seconds.last(),
    })
}

/// Since when nobody waits for an answer any more, though there is none: let go, or closed silently.
fn given_up(case: &Case) -> Option<Millis> {
    let silent = case.resolved_at.filter(|_| case.closed_silently);
    case.let_go_at.into_iter().chain(silent).min()
}

/// Rule 15: the Kaplan-Meier median, with those who still wait, or did when they were forgotten. At each time at which it happened to some, the
/// share of those to whom it has not happened yet falls by their share of those still watched.
fn honest(
    cases: &[&Case],
    as_of: Millis,
    happened: impl Fn(&Case) -> Option<Millis>,
    given_up: impl Fn(&Case) -> Option<Millis>,
) -> Value {
    let asking = || {
        let asking = cases.iter().filter(|case| case.waits > 0);
        asking.filter(|case| case.opened_at <= as_of)
    };
    let by_now = |at: Option<Millis>| at.is_some_and(|at| at <= as_of);
    let waiting = asking()
        .filter(|case| !by_now(happened(case)) && !by_now(given_up(case)))
        .count();
    let watched: Vec<(i64, bool)> = asking()
        .map(|case| {
            let at = happened(case).filter(|at| *at <= as_of);
            let ends = [case.forgotten_at, given_up(case)].into_iter().flatten();
            let watched_until = ends.chain([as_of]).min().expect("until now at the latest");
            let watched_until = watched_until.max(case.opened_at);
            (
                at.unwrap_or(watched_until).since(case.opened_at).div_euclid(1000),
                at.is_some(),
            )
        })
        .collect();
    let mut times: Vec<i64> = watched
        .iter()
        .filter(|(_, happened)| *happened)
        .map(|(time, _)| *time)
        .collect();
    times.sort_unstable();
    let plain = times.get((times.len().div_ceil(2)).wrapping_sub(1)).copied();
    times.dedup();
    let mut left = 1.0;
    let median = times.into_iter().find(|time| {
        let at_risk = watched.iter().filter(|(other, _)| other >= time).count();
        let events = watched
            .iter()
            .filter(|(other, happened)| other == time && *happened)
            .count();
        left *= 1.0 - events as f64 / at_risk as f64;
        left <= 0.5 + 1e-12
    });
    json!({
        "n": watched.len(),
        "waiting": waiting,
        "p50": median,
        "plain_p50": plain,
    })
}

/// Surveyed cases by instrument; of the score and its interval, `tests/e2e` and the statistics' own tests.
fn surveys(cases: &[&Case]) -> Value {
    let mut all = Vec::new();
    for scale in [
        SurveyScale::Nps0To10,
        SurveyScale::Stars1To5,
        SurveyScale::Csat1To5,
    ] {
        let of = |advocacy: Advocacy| {
            let mut surveyed = cases
                .iter()
                .filter(|case| case.survey_scale == Some(scale))
                .collect::<Vec<_>>();
            surveyed.retain(|case| case.advocacy == Some(advocacy));
            surveyed.len()
        };
        let (promoters, passives, detractors) = (
            of(Advocacy::Promoter),
            of(Advocacy::Passive),
            of(Advocacy::Detractor),
        );
        let surveyed = promoters + passives + detractors;
        if surveyed > 0 {
            all.push(json!({
                "instrument": scale,
                "surveyed": surveyed,
                "promoters": promoters,
                "passives": passives,
                "detractors": detractors,
            }));
        }
    }
    Value::Array(all)
}
