//! Tables that only some reports have: spectators, surveys, and what is compared.

use smol_str::SmolStr;

use super::groups;
use super::layout::{Page, interval, number, numbers};
use crate::report::dimension::{Dimension, Label};
use crate::report::hatrix::{self, Side};
use crate::report::spectators::SpectatorFigures;
use crate::report::spread::{Apart, Spread};
use crate::report::{Shown, advocacy};

/// Spectators left waiting, if any are known.
pub(super) fn spectators(out: &mut Page, report: &Shown) {
    let known = groups(report).filter(|(_, figures)| figures.spectators.cases > 0);
    let rows: Vec<_> = known
        .map(|(labels, figures)| {
            let SpectatorFigures {
                cases,
                waiting,
                audience,
                audience_h,
                waiting_audience_h,
            } = figures.spectators;
            let cells = [
                cases.to_string(),
                waiting.to_string(),
                audience.to_string(),
                audience_h.to_string(),
                waiting_audience_h.to_string(),
            ];
            (labels, cells.to_vec())
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    let columns = [
        "cases with audience",
        "no public answer yet",
        "audience",
        "audience-hours",
        "of them still waiting",
    ];
    let title = "Spectators left waiting: who can see a complaint, times hours until the first public answer";
    out.table(title, &report.by, &columns, &rows);
}

/// Surveys by instrument, if there are any.
pub(super) fn surveys(out: &mut Page, report: &Shown) {
    let rows: Vec<_> = groups(report)
        .flat_map(|(labels, figures)| figures.surveys.iter().map(move |survey| (labels.clone(), survey)))
        .map(|(labels, survey)| {
            let mut cells = vec![advocacy::name(survey.instrument).to_owned()];
            cells.extend(numbers([
                survey.surveyed,
                survey.promoters,
                survey.passives,
                survey.detractors,
            ]));
            cells.push(
                survey
                    .score
                    .map_or("-".to_owned(), |score| format!("{score:+.0}")),
            );
            cells.push(interval(survey.interval, 1.0));
            (labels, cells)
        })
        .collect();
    if rows.is_empty() {
        out.text("Surveys: none");
        out.end();
        return;
    }
    let columns = [
        "instrument",
        "surveyed",
        "promoters",
        "passives",
        "detractors",
        "net",
        "95 %",
    ];
    let title = "Surveys: promoters less detractors, per cent, with a 95 % interval";
    out.table(title, &report.by, &columns, &rows);
}

/// Promoters among answered and unanswered cases, if there are surveys.
pub(super) fn comparison(out: &mut Page, report: &Shown) {
    if report.hatrix.is_empty() {
        return;
    }
    let side = |side: Side| format!("{} of {}", side.promoters, side.surveyed);
    let change = |side: Side| match side.scored_before {
        0 => "-".to_owned(),
        of => format!("{} / {} of {of}", side.gained, side.lost),
    };
    let rows: Vec<_> = report
        .hatrix
        .iter()
        .map(|row| {
            let cells = vec![
                advocacy::name(row.instrument).to_owned(),
                side(row.answered),
                change(row.answered),
                side(row.unanswered),
                change(row.unanswered),
                row.association
                    .map_or("-".to_owned(), |share| format!("{:+.0}", 100.0 * share)),
                interval(row.interval, 100.0),
            ];
            (vec![Label::Name(row.channel.clone()).to_string()], cells)
        })
        .collect();
    out.text(&format!(
        "Hatrix: promoters among answered cases less those among unanswered ones, in points, with a 95 % interval. \
         An association, not an effect of answering; from {} surveys a side on. Gained and lost: customers whose \
         score is higher or lower than in an earlier case, with the same instrument.",
        hatrix::ENOUGH
    ));
    let columns = [
        "instrument",
        "answered: promoters",
        "gained / lost",
        "unanswered: promoters",
        "gained / lost",
        "association",
        "95 %",
    ];
    out.table("", &[Dimension::Channel], &columns, &rows);
}

/// What customers expect beside what they got, where that is known.
pub(super) fn expectations(out: &mut Page, report: &Shown) {
    if report.expectations.is_empty() {
        return;
    }
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let rows: Vec<_> = report
        .expectations
        .iter()
        .map(|row| {
            let cells = vec![
                percent(row.expects),
                percent(row.answered),
                row.waited.to_string(),
            ];
            (vec![Label::Name(row.channel.clone()).to_string()], cells)
        })
        .collect();
    let title = "Expectation beside fulfilment: customers who expect an answer, and those who got one";
    out.table(
        title,
        &[Dimension::Channel],
        &["expect one", "got one", "of cases"],
        &rows,
    );
}

/// How far channels are apart.
pub(super) fn spread(out: &mut Page, report: &Shown) {
    out.text("Between channels: the customer chooses the channel, the promise must not depend on it");
    let name = |channel: &SmolStr| Label::Name(channel.clone());
    let Spread { answer_s, answer_met } = &report.spread;
    out.text(&match answer_s {
        None => "answer p50: nothing to compare".to_owned(),
        Some(Apart {
            difference,
            largest,
            smallest,
        }) => {
            let (channel, n) = (name(&largest.channel), largest.n);
            let other = match difference.zip(largest.value) {
                Some((apart, value)) => format!("{value} s in {channel} (of {n}): {apart} s apart"),
                None => format!("not reached yet in {channel} (of {n})"),
            };
            format!(
                "answer p50: {} s in {} (of {}), {other}",
                number(smallest.value),
                name(&smallest.channel),
                smallest.n
            )
        }
    });
    let percent =
        |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{:.0} %", 100.0 * share));
    out.text(&match answer_met {
        None => "answer levels met: nothing to compare".to_owned(),
        Some(Apart {
            difference,
            largest,
            smallest,
        }) => format!(
            "answer levels met: {} in {} (of {}), {} in {} (of {}): {} points apart",
            percent(smallest.value),
            name(&smallest.channel),
            smallest.n,
            percent(largest.value),
            name(&largest.channel),
            largest.n,
            difference.map_or("-".to_owned(), |share| format!("{:.0}", 100.0 * share)),
        ),
    });
}
