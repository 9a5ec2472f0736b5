//! What to do next (docs/playbook.md), in the order in which to think of it.

use heard::model::{NextStep, PromiseState, Relation, Stage};

use super::Known;
use super::priority;
use super::work::{Around, owner, replies_left};

/// Who comes from a private channel, or waits there.
const FROM_PRIVATE: [Relation; 2] = [Relation::EscalatedFrom, Relation::Parallel];

/// The next steps where somebody waits.
pub fn steps(case: &Known, around: &Around<'_>, messages: u32) -> Vec<NextStep> {
    let (course, links, now) = (&case.course, around.links, around.now);
    let onstage = course.stage == Stage::Onstage;
    let left = replies_left(course);
    let said_publicly = course.humans.iter().any(|human| human.public);
    let is_upset = ["in hospital", "lawyer", "i am leaving"]
        .iter()
        .any(|words| priority::is_told(course, words))
        || priority::is_told(course, "idiots")
        || priority::worst_sentiment(course) < 0.0
        || priority::first_stars(course).is_some_and(|stars| stars <= 2.0);
    let from_private = FROM_PRIVATE.iter().any(|relation| links.has(*relation));
    let sent_back = from_private || links.chased_to.is_some() || !links.bounces.is_empty();
    let promise = course.promise(now).1;
    let all = [
        (NextStep::AcknowledgeNow, course.visible.is_empty()),
        (
            NextStep::AnswerPublicly,
            onstage && !said_publicly && left != Some(0),
        ),
        (
            NextStep::ShowEmpathy,
            is_upset || messages > 1 || course.was_unanswered(now),
        ),
        (
            NextStep::OfferPrivateChannel,
            onstage && left.is_some_and(|left| left <= 1) && !sent_back,
        ),
        (NextStep::LastPublicReply, left == Some(1)),
        (NextStep::DoNotReplyAgain, left == Some(0)),
        (NextStep::DoNotSendBack, onstage && sent_back),
        (NextStep::KeepOwner, owner(course, around.customer).is_some()),
        (
            NextStep::KeepPromise,
            matches!(promise, PromiseState::Running | PromiseState::Broken),
        ),
        (NextStep::VerifyCustomer, !onstage && case.customer_id.is_none()),
        (NextStep::AnswerSpectator, case.bystander),
        (NextStep::PassToColleague, priority::is_told(course, "idiots")),
        (NextStep::LinkToCase, !links.linked.is_empty()),
    ];
    let holding = all.into_iter().filter(|(_, holds)| *holds);
    holding.map(|(step, _)| step).collect()
}

/// The next steps where somebody praises or thanks.
pub fn thanks(case: &Known) -> Vec<NextStep> {
    let left = replies_left(&case.course);
    let all = [
        (NextStep::Thank, left != Some(0)),
        (NextStep::LastPublicReply, left == Some(1)),
        (NextStep::DoNotReplyAgain, left == Some(0)),
    ];
    let holding = all.into_iter().filter(|(_, holds)| *holds);
    holding.map(|(step, _)| step).collect()
}
