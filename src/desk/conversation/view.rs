//! What a case is at a given time: its fold, judged.

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::fold::{Answer, BOT_UNCONTESTED_MS, Fold, Mark};
use super::level::{Clock, Judgement, Level};
use super::patience::Patience;
use super::reply_limit::Standing;
use super::resolution::{FirstContact, FollowUp};
use super::wait::Wait;
use crate::config::rules::{ChannelRules, LevelSet, Levels, Share, Span};
use crate::model::{CaseStatus, Millis, PromiseState, SlaState};

/// The judgement of one clock, with the message that began it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Which clock.
    pub level: Level,
    /// The message that began it.
    pub first: SmolStr,
    /// When it began.
    pub from: Millis,
    /// What has become of it.
    pub judgement: Judgement,
}

/// The service levels of a case, a word each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sla {
    /// Time to the first acknowledgement.
    pub acknowledge: SlaState,
    /// Time to the first human answer.
    pub answer: SlaState,
    /// Time to the reply to each further wait; the worst of them.
    pub next: SlaState,
    /// Time to the solution, frozen time credited.
    pub resolve: SlaState,
}

/// A case at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Its status.
    pub status: CaseStatus,
    /// Its answer: the fold's, or a bot's that by now stood long enough.
    pub answered: Option<Answer>,
    /// RESOLVED without a word to the customer: nobody waits any more, and nobody was answered.
    pub closed_silently: bool,
    /// Which of its waits ran out of patience (rule 7).
    pub patience: Patience,
    /// Its clocks that have a level; of the waits, those asked for.
    pub clocks: SmallVec<[Judged; 4]>,
    /// The service levels as a case record has them.
    pub sla: Sla,
    /// Where it stands against the reply limit.
    pub standing: Standing,
    /// What has become of the latest promise (rule 21).
    pub promise: PromiseState,
    /// The follow-up of the RESOLVED that stands (rule 18).
    pub follow_up: Option<FollowUp>,
    /// Whether the first contact solved it (rule 16).
    pub first_contact: Option<bool>,
    /// The time by which all this is so.
    pub now: Millis,
    /// When this view changes if nothing else happens.
    pub due: Option<Millis>,
}

/// By what a fold is judged, beside the time.
#[derive(Clone, Copy, Debug)]
pub struct Yardstick<'a> {
    /// The rules of its channel.
    pub rules: &'a ChannelRules,
    /// The share of a level's time after which it is at risk.
    pub share: Share,
    /// When the party came again with the same matter after the case was resolved first.
    pub again: Option<Millis>,
}

impl View {
    /// The fold as of `now`. Of the waits already closed, `closed` are judged one by one too.
    pub fn of(fold: &Fold, closed: &[Wait], by: Yardstick<'_>, now: Millis) -> Self {
        let Yardstick { rules, share, again } = by;
        let mut due = None;
        let mut at = |when: Millis| due = Some(due.map_or(when, |d: Millis| d.min(when)));

        let bot = fold.bot_claim.as_ref().filter(|_| fold.answered.is_none());
        let bot = bot.and_then(|claim| {
            let stands = claim.mark.at.plus(BOT_UNCONTESTED_MS);
            if now < stands {
                at(stands);
                return None;
            }
            Some(claim.clone())
        });
        let answered = fold.answered.clone().or(bot);

        let patience = Patience::of(&fold.unanswered, fold.open.as_ref(), rules.patience, now);
        patience.due.into_iter().for_each(&mut at);

        let clocks = clocks(fold, &answered, closed, &rules.levels, share, now);
        clocks
            .iter()
            .filter_map(|judged| judged.judgement.due)
            .for_each(&mut at);
        let praise_ends = fold.praise_ends(rules).filter(|&end| now < end);
        praise_ends.into_iter().for_each(&mut at);
        fold.promises.due(now).into_iter().for_each(&mut at);
        let follow_up = fold
            .resolved
            .as_ref()
            .map(|resolved| FollowUp::judge(resolved, fold.followed_up.as_ref(), rules.follow_up, now));
        let follow_up_due = follow_up.as_ref().and_then(|follow_up| follow_up.due);
        follow_up_due.into_iter().for_each(&mut at);
        let first = fold.first_resolved.as_ref().map(|first| first.judge(again, now));
        let first: FirstContact = first.unwrap_or_default();
        first.due.into_iter().for_each(&mut at);
        Self {
            promise: fold.promises.state(now),
            follow_up,
            first_contact: first.decided,
            now,
            status: status(fold, answered.is_some(), patience.is_lost),
            closed_silently: answered.is_none()
                && fold.bot_claim.is_none()
                && fold.resolved.is_some()
                && fold.waits > 0,
            patience,
            sla: summary(fold, &clocks, &rules.levels),
            // Where nobody watches there is no limit, even in a channel that has one.
            standing: fold.limit.standing(rules.reply_limit.filter(|_| fold.public)),
            answered,
            clocks,
            due,
        }
    }
}

impl View {
    /// Rule 11: whether a clock is at risk, or over. Of the waits, only the open one counts: those that are over take no
    /// hurry any more.
    pub fn is_at_risk(&self, fold: &Fold) -> bool {
        let is_open = |judged: &Judged| {
            let open = fold.open.as_ref().map(|wait| (&wait.first.id, wait.first.at));
            open == Some((&judged.first, judged.from))
        };
        let present = { self.clocks.iter() }.filter(|judged| judged.level != Level::Next || is_open(judged));
        let mut judgements = present.map(|judged| &judged.judgement);
        judgements.any(|clock| clock.at_risk || clock.state == SlaState::Breached)
    }

    /// From the opening to the answer; none either if nobody knows how long it took.
    pub fn first_response_ms(&self, fold: &Fold) -> Option<i64> {
        let timed = self.answered.as_ref().filter(|answer| !answer.untimed);
        timed.map(|answer| answer.mark.at.since(fold.opened.at))
    }
}

fn status(fold: &Fold, answered: bool, unanswered: bool) -> CaseStatus {
    if fold.let_go.is_some() {
        CaseStatus::LetGo
    } else if fold.resolved.is_some() {
        CaseStatus::Resolved
    } else if fold.pending.is_some() {
        CaseStatus::Pending
    } else if answered && fold.open.is_none() {
        CaseStatus::Answered
    } else if unanswered {
        CaseStatus::Unanswered
    } else if fold.acknowledged.is_some() && fold.human_replies == 0 {
        CaseStatus::Acknowledged
    } else {
        CaseStatus::Open
    }
}

fn clocks(
    fold: &Fold,
    answered: &Option<Answer>,
    closed: &[Wait],
    levels: &Levels,
    share: Share,
    now: Millis,
) -> SmallVec<[Judged; 4]> {
    let mut clocks = SmallVec::new();
    let Some(start) = &fold.clock else { return clocks };
    let dropped = fold.let_go.as_ref().map(|mark| mark.at);
    let mut judge = |level, first: &Mark, set: &LevelSet, span: Option<Span>, clock: Clock| {
        if let Some(span) = span {
            // A wait that is over is judged once, when it ends.
            let over = level == Level::Next && clock.done.is_some();
            let now = if over { Millis(i64::MAX) } else { now };
            let judgement = clock.judge(set, span, share, now);
            clocks.push(Judged {
                level,
                first: first.id.clone(),
                from: first.at,
                judgement,
            });
        }
    };
    let plain = |done| Clock {
        from: start.at,
        done,
        dropped,
        credit: 0,
        frozen: None,
    };
    let acknowledged = fold.acknowledged.as_ref().map(|mark| mark.at);
    let set = levels.in_force(start.at);
    judge(
        Level::Acknowledge,
        start,
        set,
        set.acknowledge,
        plain(acknowledged),
    );
    let answered = answered.as_ref().map(|answer| answer.mark.at);
    judge(Level::Answer, start, set, set.answer, plain(answered));
    let resolve = Clock {
        credit: fold.credit_ms,
        frozen: fold.pending.as_ref().map(|mark| mark.at),
        ..plain(fold.resolved.as_ref().map(|mark| mark.at))
    };
    judge(Level::Resolve, start, set, set.resolve, resolve);
    for wait in closed.iter().filter(|wait| !wait.praise).chain(&fold.open) {
        let clock = Clock {
            from: wait.first.at,
            done: wait.closed,
            dropped: None,
            credit: 0,
            frozen: None,
        };
        let set = levels.in_force(wait.first.at);
        judge(Level::Next, &wait.first, set, set.next, clock);
    }
    clocks
}

/// The levels in one word each. Of the waits, one that was late is enough for BREACHED.
fn summary(fold: &Fold, clocks: &[Judged], levels: &Levels) -> Sla {
    let state = |level| {
        let judged = clocks.iter().find(|judged| judged.level == level);
        judged.map_or(SlaState::None, |judged| judged.judgement.state)
    };
    let open = fold.open.as_ref().and_then(|wait| {
        let judged = clocks
            .iter()
            .find(|j| j.level == Level::Next && (&j.first, j.from) == (&wait.first.id, wait.first.at));
        judged.map(|judged| judged.judgement.state)
    });
    let waits = match open {
        _ if !levels.any(|set| set.next.is_some()) => SlaState::None,
        _ if fold.late_waits > 0 => SlaState::Breached,
        Some(open) => open,
        None if fold.timely_waits > 0 => SlaState::Met,
        None => SlaState::None,
    };
    Sla {
        acknowledge: state(Level::Acknowledge),
        answer: state(Level::Answer),
        next: waits,
        resolve: state(Level::Resolve),
    }
}
