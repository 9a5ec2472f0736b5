//! What handlers get: an item of work for each wait, and one for praise that nobody has thanked for.

use std::sync::Arc;

use heard::model::{
    Complaint, Customer, History, Millis, NextStep, Party, Playbook, Priority, Relation, Stage, WorkFlag,
    WorkId, WorkItem, WorkState,
};

use super::Known;
use super::course::Course;
use super::facts::What;
use super::party::Links;
use super::{playbook, priority};

/// All that is known around a case.
pub struct Around<'a> {
    pub links: &'a Links,
    pub customer: Option<&'a Customer>,
    /// What the party has gone through before.
    pub history: History,
    pub now: Millis,
}

/// The items of a case, as they were sent out last. Of one that is over only says something who waited and how it ended.
pub fn of(case: &Known, around: &Around<'_>) -> Vec<WorkItem> {
    let course = &case.course;
    let waits = course.waits.iter().map(|wait| {
        let state = match wait.end {
            None => WorkState::Open,
            Some(_) => WorkState::Done,
        };
        item(
            case,
            around,
            (&wait.id, wait.from),
            wait.messages,
            &wait.latest,
            state,
        )
    });
    let praises = course.praises.iter().map(|praise| {
        let over = praise.from.plus(course.channel.patience);
        let state = match praise.end {
            Some(_) => WorkState::Done,
            None if over <= around.now => WorkState::Withdrawn,
            None => WorkState::Open,
        };
        let work = item(
            case,
            around,
            (&praise.id, praise.from),
            praise.messages,
            &praise.latest,
            state,
        );
        WorkItem {
            priority: Priority::default(),
            next_steps: playbook::thanks(case),
            respond_by: over,
            flags: work
                .flags
                .iter()
                .copied()
                .filter(|flag| *flag != WorkFlag::Chaser)
                .collect(),
            ..work
        }
    });
    let mut items: Vec<_> = waits.collect();
    let last = items.len().checked_sub(1);
    items.extend(praises);
    let due = course.is_follow_up_due(around.now);
    for (n, item) in items.iter_mut().enumerate() {
        if item.state != WorkState::Open {
            item.next_steps.clear();
        }
        // Decision: in what somebody waited for last, and in praise.
        if due && (Some(n) == last || item.state == WorkState::Open) {
            item.next_steps.push(NextStep::FollowUp);
        }
    }
    // Decision: two of a customer's messages may have one id, and so their work has one, too. It says how the one stands
    // that is open, else the later one: that is told last.
    items.sort_by_key(|item| (item.state == WorkState::Open, item.first_heard_at));
    items
}

fn item(
    case: &Known,
    around: &Around<'_>,
    (id, from): (&str, Millis),
    messages: u32,
    latest: &Complaint,
    state: WorkState,
) -> WorkItem {
    let course = &case.course;
    let tier = case.tier.as_deref();
    let customer = around.customer;
    let terms = priority::terms(case, around.links, customer, around.now);
    let onstage = course.stage == Stage::Onstage;
    let replies_left = replies_left(course);
    let flags = flags(case, around, messages, replies_left);
    WorkItem {
        work_id: WorkId::new(case.case_id, id),
        revision: 0,
        state,
        case_id: case.case_id,
        messages_waiting: messages,
        complaint: Arc::new(latest.clone()),
        stage: course.stage,
        party: Party {
            key: case.party_key.as_str().into(),
            customer_id: case.customer_id.as_deref().map(Into::into),
            display_name: customer.and_then(|customer| customer.display_name.clone()),
            tier: customer.and_then(|customer| customer.tier.clone()),
            lifetime_value: customer.and_then(|customer| customer.lifetime_value),
            vulnerable: customer.is_some_and(|customer| customer.vulnerable),
            owner: owner(course, customer),
        },
        history: around.history.clone(),
        priority: Priority {
            score: terms.iter().map(|term| term.points).sum(),
            terms,
        },
        playbook: if onstage { Playbook::Fears } else { Playbook::Hours },
        next_steps: playbook::steps(case, around, messages),
        replies_left,
        respond_by: course.answer_by(tier).unwrap_or_default(),
        resolve_by: course.resolve_by(tier),
        private_channel: customer.and_then(|customer| customer.preferred_channel.clone()),
        linked_cases: around.links.linked.clone(),
        flags,
        first_heard_at: from,
        routed_at: Millis(0),
    }
}

/// Rule 8: public replies left.
pub fn replies_left(course: &Course) -> Option<u32> {
    let limit = course
        .channel
        .reply_limit
        .filter(|_| course.stage == Stage::Onstage)?;
    Some(limit.saturating_sub(course.replies_in_cycle))
}

/// Who looks after it: the case's owner, else the person who replied last, else the customer's own.
pub fn owner(course: &Course, customer: Option<&Customer>) -> Option<smol_str::SmolStr> {
    let mut owners = course.facts.iter().rev().filter_map(|fact| match &fact.what {
        What::Updated(update) => update.owner.clone(),
        _ => None,
    });
    let mut agents = course.facts.iter().rev().filter_map(|fact| match &fact.what {
        What::Replied(reply) if reply.is_human() => reply.message.agent.clone(),
        _ => None,
    });
    owners
        .next()
        .or_else(|| agents.next())
        .or_else(|| customer.and_then(|customer| customer.owner.clone()))
}

fn flags(case: &Known, around: &Around<'_>, messages: u32, replies_left: Option<u32>) -> Vec<WorkFlag> {
    let links = around.links;
    let all = [
        (WorkFlag::Abusive, priority::is_told(&case.course, "idiots")),
        (WorkFlag::UnknownCustomer, case.customer_id.is_none()),
        (WorkFlag::Bystander, case.bystander),
        (WorkFlag::Escalated, links.escalated_from.is_some()),
        (WorkFlag::Echo, links.has(Relation::EchoOf)),
        (WorkFlag::Repeat, links.came_before),
        (WorkFlag::Chaser, messages > 1),
        (WorkFlag::ReplyLimitReached, replies_left == Some(0)),
    ];
    let holding = all.into_iter().filter(|(_, holds)| *holds);
    holding.map(|(flag, _)| flag).collect()
}
