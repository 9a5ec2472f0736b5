//! The case as others see it.

use std::cmp::Ordering;

use heard::model::{
    Advocacy, Case, CaseId, CaseStatus, Customer, Millis, ReplyLimitState, Sensitive, Stage, Survey,
    SurveyScale,
};
use smol_str::SmolStr;

use super::Known;
use super::course::Course;
use super::facts::What;
use super::party::Links;

/// The record of a case at `now`.
pub fn of(
    case: &Known,
    links: &Links,
    surveys: &[(CaseId, &Survey)],
    customer: Option<&Customer>,
    now: Millis,
) -> Case {
    let course = &case.course;
    let answer = course.answer(now);
    let (promised_by, promise) = course.promise(now);
    let shown = score(case, surveys);
    let (mut owner, mut team, mut external_case_id) = (None, None, None);
    let (mut resolution_confirmed, mut root_cause, mut remedy_granted) = (None, None, None);
    for fact in &course.facts {
        match &fact.what {
            What::Replied(reply) if reply.is_human() => team = reply.message.team.clone().or(team),
            What::Updated(update) => {
                owner = update.owner.clone().or(owner);
                team = update.team.clone().or(team);
                external_case_id = update.external_case_id.clone().or(external_case_id);
                resolution_confirmed = update.resolution_confirmed.or(resolution_confirmed);
                root_cause = update.root_cause.clone().or(root_cause);
                remedy_granted = update.remedy_granted.clone().or(remedy_granted);
            }
            _ => {}
        }
    }
    let [sla_acknowledge, sla_answer, sla_next, sla_resolve] = course.sla(case.tier.as_deref(), now);
    Case {
        case_id: case.case_id,
        source: opening(course).source.clone(),
        channel: course.channel.name.into(),
        stage: course.stage,
        conversation_id: opening(course)
            .conversation_id
            .clone()
            .unwrap_or_else(|| opening(course).id.clone()),
        bystander: case.bystander,
        party_key: case.party_key.as_str().into(),
        customer_id: case.customer_id.as_deref().map(Into::into),
        tier: case.tier.as_deref().map(Into::into),
        brand: brand(course),
        product: about(
            course,
            |said| said.product.as_ref(),
            |update| update.product.as_ref(),
        ),
        issue: issue(course),
        location: about(course, |said| said.location.as_deref(), |_| None).map(Sensitive),
        language: about(course, |said| said.language.as_ref(), |_| None),
        external_case_id,
        owner,
        team,
        status: status(course, now),
        opened_at: course.opened_at,
        acknowledged_at: course.visible.first().copied(),
        answered_at: answer.map(|(at, _)| at),
        answered_by: answer.map(|(_, by)| by),
        answered_publicly_at: course
            .humans
            .iter()
            .find(|human| human.public)
            .map(|human| human.at),
        deflected: !course.humans.is_empty() && course.humans.iter().all(|human| human.invites),
        resolved_at: course.resolved_at(),
        let_go_at: course
            .let_go
            .last()
            .filter(|spell| spell.to.is_none())
            .map(|spell| spell.from),
        last_customer_at: last_customer_at(course),
        last_company_at: course.visible.last().copied(),
        customer_messages: count(&course.said),
        human_replies: count(&course.humans),
        public_replies: course
            .humans
            .iter()
            .filter(|human| human.public && !human.elsewhere)
            .count() as u32,
        bot_replies: count(&course.bots),
        waits: count(&course.waits),
        chasers: course.chasers,
        first_response_ms: course
            .known_answer(now)
            .filter(|(_, _, is_known)| *is_known)
            .map(|(at, _, _)| at.since(course.opened_at)),
        resolution_ms: course
            .resolved_at()
            .map(|at| at.since(course.opened_at) - course.frozen()),
        sla_acknowledge,
        sla_answer,
        sla_next,
        sla_resolve,
        answer_by: course.answer_by(case.tier.as_deref()),
        waiting_since: course.waiting_since(),
        was_unanswered: course.was_unanswered(now),
        unanswered_waits: course.unanswered_waits(now),
        closed_silently: course.is_closed_silently(now),
        reply_limit: reply_limit(course),
        promised_by,
        promise,
        switched_to: links.switched_to,
        chased_to: links.chased_to,
        escalated_from: links.escalated_from.map(|(from, _)| from),
        escalation_cause: links.escalated_from.map(|(_, cause)| cause),
        echo_of: links.echo_of,
        priority: super::priority::terms(case, links, customer, now)
            .iter()
            .map(|term| term.points)
            .sum(),
        reopened_count: count(&course.reopened),
        transfers: course.transfers,
        first_contact_resolution: course.first_contact(links.came_again, now),
        resolution_confirmed,
        root_cause,
        remedy_granted,
        survey_score: shown.as_ref().map(|shown| shown.score),
        survey_scale: shown.as_ref().map(|shown| shown.scale),
        surveyed_at: shown.as_ref().map(|shown| shown.at),
        answered_when_surveyed: shown.as_ref().map(|shown| course.is_answered(shown.at)),
        advocacy: shown.as_ref().map(|shown| advocacy(shown.scale, shown.score)),
        audience: audience(course),
        excerpt: Sensitive(excerpt(
            opening(course).text.as_deref().map_or("", String::as_str),
        )),
        version: 0,
        forgotten_at: None,
    }
}

/// When the customer last spoke, or said something else by an edit that nobody waited for.
fn last_customer_at(course: &Course) -> Millis {
    let said = course.said.iter().map(|(at, _)| *at);
    let news = course.news.iter().map(|(at, _)| *at);
    said.chain(news).max().expect("its author has spoken")
}

/// People who can see it, by the latest word.
pub fn audience(course: &Course) -> Option<i64> {
    let mut latest_first = course.facts.iter().rev();
    latest_first.find_map(|fact| match &fact.what {
        What::Said(said) => said.message.audience,
        What::Updated(update) => update.audience,
        _ => None,
    })
}

pub fn opening(course: &Course) -> &heard::model::Complaint {
    let said = course.facts.iter().find_map(|fact| match &fact.what {
        What::Said(said) => Some(&said.message),
        _ => None,
    });
    said.expect("a case has an opening message")
}

fn count<T>(list: &[T]) -> u32 {
    list.len() as u32
}

/// Where it stands. Decision: what a person decided goes before what the clock says.
fn status(course: &Course, now: Millis) -> CaseStatus {
    let waiting = course.waits.last().is_some_and(|wait| wait.end.is_none());
    if course.is_let_go(now) {
        CaseStatus::LetGo
    } else if course.is_resolved(now) {
        CaseStatus::Resolved
    } else if super::clocks::holds(&course.pending, now) {
        CaseStatus::Pending
    } else if course.answer(now).is_some() && !waiting {
        CaseStatus::Answered
    } else if course.is_unanswered(now) {
        CaseStatus::Unanswered
    } else if course.humans.is_empty() && !course.visible.is_empty() {
        CaseStatus::Acknowledged
    } else {
        // Nobody has reacted yet, or the customer asks further.
        CaseStatus::Open
    }
}

/// Rule 8.
fn reply_limit(course: &Course) -> ReplyLimitState {
    let limit = course
        .channel
        .reply_limit
        .filter(|_| course.stage == Stage::Onstage);
    match limit {
        Some(limit) if course.replies_in_cycle > limit => ReplyLimitState::Exceeded,
        Some(limit) if course.replies_in_cycle == limit => ReplyLimitState::Reached,
        _ => ReplyLimitState::Ok,
    }
}

/// What a case is about: as the latest update says, else the earliest message that says it.
fn about<'c>(
    course: &'c Course,
    said: impl Fn(&'c heard::model::Complaint) -> Option<&'c SmolStr>,
    updated: impl Fn(&'c heard::model::Update) -> Option<&'c SmolStr>,
) -> Option<SmolStr> {
    let mut updates = course.facts.iter().rev().filter_map(|fact| match &fact.what {
        What::Updated(update) => updated(update),
        _ => None,
    });
    let mut messages = course.facts.iter().filter_map(|fact| match &fact.what {
        What::Said(fact) => said(&fact.message),
        _ => None,
    });
    updates.next().or_else(|| messages.next()).cloned()
}

/// The brand that a case is about.
pub fn brand(course: &Course) -> Option<SmolStr> {
    about(course, |said| said.brand.as_ref(), |update| update.brand.as_ref())
}

/// The issue that a case is about.
pub fn issue(course: &Course) -> Option<SmolStr> {
    about(course, |said| said.issue.as_ref(), |update| update.issue.as_ref())
}

/// Whether two cases are about the same matter, as far as both say what they are about.
pub fn same_matter(a: &Course, b: &Course) -> bool {
    let product = |course| {
        about(
            course,
            |said| said.product.as_ref(),
            |update| update.product.as_ref(),
        )
    };
    let agree = |a: Option<SmolStr>, b: Option<SmolStr>| a.is_none() || b.is_none() || a == b;
    agree(brand(a), brand(b)) && agree(product(a), product(b)) && agree(issue(a), issue(b))
}

/// A score that a person gave.
pub struct Score {
    pub at: Millis,
    pub score: f64,
    pub scale: SurveyScale,
}

impl From<&Survey> for Score {
    fn from(survey: &Survey) -> Self {
        Self {
            at: survey.occurred_at,
            score: survey.score,
            scale: survey.scale,
        }
    }
}

/// Rule 12: of the surveys that belong to a case and its reviews' changed stars, the latest.
pub fn score(case: &Known, surveys: &[(CaseId, &Survey)]) -> Option<Score> {
    let theirs = surveys.iter().filter(|(of, _)| *of == case.case_id);
    let theirs = theirs.map(|(_, survey)| Score::from(*survey));
    latest(own_scores(case).chain(theirs))
}

/// Of surveys that name its conversation, and of its reviews' changed stars.
pub fn own_scores(case: &Known) -> impl Iterator<Item = Score> {
    case.course.facts.iter().filter_map(|fact| match &fact.what {
        What::Surveyed(survey) => Some(Score::from(survey)),
        What::Said(said) => said.changed_stars.map(|(at, score)| Score {
            at,
            score,
            scale: SurveyScale::Stars1To5,
        }),
        _ => None,
    })
}

pub fn latest(scores: impl Iterator<Item = Score>) -> Option<Score> {
    scores.max_by(Score::place)
}

impl Score {
    /// Which of two comes first. Decision: of one moment, the lower score of the scale that is named last counts.
    pub fn place(&self, other: &Self) -> Ordering {
        let later = (self.at, self.scale).cmp(&(other.at, other.scale));
        later.then(other.score.total_cmp(&self.score))
    }
}

pub fn advocacy(scale: SurveyScale, score: f64) -> Advocacy {
    let (promoter, detractor) = match scale {
        SurveyScale::Nps0To10 => (9.0, 6.0),
        SurveyScale::Stars1To5 | SurveyScale::Csat1To5 => (5.0, 2.0),
    };
    if score >= promoter {
        Advocacy::Promoter
    } else if score <= detractor {
        Advocacy::Detractor
    } else {
        Advocacy::Passive
    }
}

/// 160 characters at most.
fn excerpt(text: &str) -> SmolStr {
    text.trim()
        .chars()
        .take(160)
        .collect::<String>()
        .trim_end()
        .into()
}
