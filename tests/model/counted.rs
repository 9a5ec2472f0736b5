//! What is counted of cases for metrics, beside what the model finds: the changes that the desk counts, and the
//! totals of its rows.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::LazyLock;

use heard::desk::figures::conclusions::{self, Within};
use heard::desk::figures::surveyed::{Heard, Surveyed};
use heard::desk::figures::{BOUNDS, BUCKETS, ChannelTag, Counted, LEVELS, Table};
use heard::model::{Advocacy, Case, CaseId, Millis, Stage};
use heard::processor::{Figures, Total, Totals};
use serde_json::Value;

use crate::settings::settings;

/// What was counted of a journey.
pub struct Tally {
    /// The changes that the desk counted.
    pub figures: Figures,
    /// What its rows count as in the end.
    pub totals: Totals,
}

/// The channels, and which figures are whose.
static CHANNELS: LazyLock<(Vec<String>, Table)> = LazyLock::new(|| {
    let settings = settings();
    let names = settings.channels.keys().map(|name| name.to_string());
    (names.collect(), Table::new(&settings))
});

/// Figures of the report, by JSON pointers whose sum they are.
const OF_REPORT: [(Counted, &[&str]); 23] = [
    (Counted::Opened, &["/cases"]),
    (
        Counted::Expecting,
        &["/answered", "/never_answered", "/closed_silently"],
    ),
    (Counted::Answered, &["/answered"]),
    (Counted::Unanswered, &["/was_unanswered"]),
    (Counted::UnansweredWaits, &["/unanswered_waits"]),
    (Counted::ClosedSilently, &["/closed_silently"]),
    (Counted::Resolved, &["/resolved"]),
    (Counted::LimitReached, &["/reply_limit/reached"]),
    (Counted::LimitExceeded, &["/reply_limit/exceeded"]),
    (Counted::EscalatedUnanswered, &["/escalation/unanswered"]),
    (Counted::EscalatedUnsolved, &["/escalation/unsolved"]),
    (Counted::Switched, &["/switched"]),
    (Counted::Chased, &["/chased_elsewhere"]),
    (Counted::Echoes, &["/echoes"]),
    (Counted::Transfers, &["/transfers"]),
    (Counted::Reopenings, &["/reopened"]),
    (Counted::SolvedAtFirst, &["/first_contact/solved"]),
    (Counted::NotSolvedAtFirst, &["/first_contact/not_solved"]),
    (Counted::PromisesKept, &["/promises/kept"]),
    (Counted::PromisesBroken, &["/promises/broken"]),
    (Counted::Met(1), &["/levels/answer/met"]),
    (Counted::Breached(1), &["/levels/answer/breached"]),
    (Counted::Breached(2), &["/levels/next/breached"]),
];

/// A line for each figure of a channel and stage that is not what the model finds in its cases. `report` is the
/// model's, by channel and stage.
pub fn miscounted(
    report: &BTreeMap<(String, String), Value>,
    cases: &BTreeMap<CaseId, Case>,
    tally: &Tally,
    now: Millis,
) -> Vec<String> {
    assert_eq!(LEVELS[1..3], ["answer", "next"]);
    let (channels, table) = &*CHANNELS;
    let mut lines = Vec::new();
    for name in channels {
        for (stage, symbol) in [(Stage::Onstage, "ONSTAGE"), (Stage::Offstage, "OFFSTAGE")] {
            let place = (name.clone(), symbol.to_owned());
            let figures = report.get(&place).cloned().unwrap_or_default();
            let number = |pointer: &&str| figures.pointer(pointer).and_then(Value::as_i64).unwrap_or(0);
            let of_channel = table.channel(name).expect("it is configured");
            let total = total(&tally.totals, ChannelTag::of(name).group(stage));
            let counted = |counted: Counted| {
                let changes = tally.figures.get(of_channel.of(stage, counted));
                (changes, counted.of_total(&total))
            };
            let mut compare = |what: &dyn Debug, should: i64, found: (i64, i64)| {
                if found != (should, should) {
                    lines.push(format!(
                        "{place:?}: counted.{what:?} should be {should}, and is {found:?}"
                    ));
                }
            };
            for (figure, pointers) in OF_REPORT {
                let should = pointers.iter().map(number).sum();
                compare(&figure, should, counted(figure));
            }
            for (what, bucket, sum) in [
                (
                    "first_response_s",
                    Counted::FirstResponse as fn(usize) -> Counted,
                    Counted::FirstResponseMs,
                ),
                ("resolution_s", Counted::Resolution, Counted::ResolutionMs),
            ] {
                let all = (0..BUCKETS).map(|n| counted(bucket(n)));
                let n = all.fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
                compare(&what, number(&&*format!("/{what}/n")), n);
                let (changes, total) = counted(sum);
                let seconds = (changes.div_euclid(1000), total.div_euclid(1000));
                compare(&(what, "sum"), number(&&*format!("/{what}/sum")), seconds);
            }
            let here = || {
                let of_channel = cases.values().filter(|case| *case.channel == **name);
                of_channel.filter(|case| case.stage == stage)
            };
            for cell in Surveyed::all() {
                let should = here().filter(|case| is_in(case, cell)).count() as i64;
                let found = cell.of_total(&total);
                compare(&cell, should, (found, found));
            }
            let found = (Within::answered(&total), Within::resolved(&total));
            let should = (answered_within(here()), resolved_within(here()));
            if found != should {
                lines.push(format!(
                    "{place:?}: counted.within should be {should:?}, and is {found:?}"
                ));
            }
            let spectators = conclusions::spectators(&total.amounts, now.0);
            let found = (spectators, conclusions::watching(&total.amounts));
            let should = watched(here(), now);
            if found != should {
                lines.push(format!(
                    "{place:?}: counted.spectators should be {should:?}, and are {found:?}"
                ));
            }
        }
    }
    lines
}

fn total(totals: &Totals, group: u64) -> Total {
    let found = totals.iter().find(|(number, _)| *number == group);
    found.map(|(_, total)| total.clone()).unwrap_or_default()
}

/// Whether a case has such a survey.
fn is_in(case: &Case, cell: Surveyed) -> bool {
    let heard = match (case.waits, case.answered_when_surveyed) {
        (0, _) => Heard::NotAsked,
        (_, Some(true)) => Heard::Answered,
        _ => Heard::Unanswered,
    };
    let class: Option<Advocacy> = case.advocacy;
    (case.survey_scale, class, heard) == (Some(cell.scale), Some(cell.advocacy), cell.heard)
}

/// Rule 15: how soon those were answered who waited for it, and how many those are.
fn answered_within<'c>(cases: impl Iterator<Item = &'c Case>) -> Within {
    let is_untimed = |case: &&Case| case.answered_at.is_some() && case.first_response_ms.is_none();
    let waited = cases.filter(|case| case.waits > 0 && !is_untimed(case));
    within(waited.map(|case| case.first_response_ms))
}

/// The same of resolutions, by the clock of the customer.
fn resolved_within<'c>(cases: impl Iterator<Item = &'c Case>) -> Within {
    let waited = cases.filter(|case| case.waits > 0);
    within(waited.map(|case| Some(case.resolved_at?.since(case.opened_at))))
}

fn within(times: impl Iterator<Item = Option<i64>>) -> Within {
    let times: Vec<_> = times.collect();
    let up_to = |bound: i64| times.iter().flatten().filter(|ms| **ms <= bound * 1000).count() as i64;
    Within {
        bounds: BOUNDS.map(up_to),
        all: times.len() as i64,
    }
}

/// Rule 19: people times milliseconds until the first public answer, and until now where there is none; and
/// people of the latter.
fn watched<'c>(cases: impl Iterator<Item = &'c Case>, now: Millis) -> ([i128; 2], i128) {
    let (mut seen, mut people) = ([0, 0], 0);
    for case in cases.filter(|case| case.stage == Stage::Onstage && case.waits > 0) {
        let audience = i128::from(case.audience.unwrap_or(0).max(0));
        let until = case.answered_publicly_at.unwrap_or(now);
        let waiting = case.answered_publicly_at.is_none();
        seen[usize::from(waiting)] += audience * i128::from(until.since(case.opened_at));
        people += if waiting { audience } else { 0 };
    }
    (seen, people)
}
