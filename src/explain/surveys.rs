//! Surveys and advocacy (rule 12).

use super::evidence::Evidence;
use super::finding::{Finding, Section};
use super::words::{clean, symbol, time};
use crate::model::CaseEventType::Surveyed;

/// What the customer said when asked, and what a review's new stars say.
pub fn section(e: &Evidence<'_>) -> Section {
    let mut findings: Vec<_> = shown(e).into_iter().collect();
    findings.extend(
        e.told()
            .iter()
            .filter(|told| told.event.kind == Surveyed)
            .map(|told| {
                let [score, scale] = ["score", "scale"].map(|name| clean(told.detail(name).unwrap_or("?")));
                let by = match (told.detail("survey"), told.detail("message")) {
                    (Some(survey), _) => format!("survey {}", clean(survey)),
                    (None, Some(message)) => format!("new stars of {}", clean(message)),
                    (None, None) => "a survey".to_owned(),
                };
                let back = if told.stands() {
                    ""
                } else {
                    " Taken back: it is not about this case."
                };
                Finding::new(
                    12,
                    format!(
                        "SURVEYED: {score} on {scale} at {}, by {by}.{back}",
                        time(told.event.at)
                    ),
                )
                .fact("score", score)
                .fact("scale", scale)
                .fact("at", told.event.at)
                .fact("taken_back", !told.stands())
            }),
    );
    Section {
        name: "surveys",
        title: "What did the customer think of it?",
        findings,
    }
}

fn shown(e: &Evidence<'_>) -> Option<Finding> {
    let case = e.case;
    let (score, scale, advocacy) = (case.survey_score?, case.survey_scale?, case.advocacy?);
    let answered = match case.answered_when_surveyed {
        Some(true) => ", given after the case was answered",
        Some(false) => ", given while the case was not answered",
        None => "",
    };
    Some(
        Finding::new(
            12,
            format!(
                "{}: the latest score of the case is {score} on {}{answered}.",
                symbol(advocacy),
                scale.symbol()
            ),
        )
        .fact("advocacy", advocacy)
        .fact("score", score)
        .fact("scale", scale)
        .fact("surveyed_at", case.surveyed_at)
        .fact("answered_when_surveyed", case.answered_when_surveyed),
    )
}
