//! Each service level (rule 5): what became of it as the record says, beside how the desk's own functions judge its
//! clock by the inputs as they are.

use super::evidence::Evidence;
use super::finding::{Finding, Section};
use super::retelling::Retelling;
use super::words::{clean, count, span, symbol, time};
use crate::desk::conversation::level::{Judgement, Level};
use crate::desk::conversation::view::{Judged, View};
use crate::model::CaseEventType::SlaBreached;
use crate::model::{Millis, SlaState};

const ALL: [Level; 4] = [Level::Acknowledge, Level::Answer, Level::Next, Level::Resolve];

/// What became of each level, and why.
pub fn section(e: &Evidence<'_>) -> Section {
    let mut findings = Vec::new();
    let mut none = Vec::new();
    for level in ALL {
        let recorded = recorded(e, level);
        let before = findings.len();
        match e.retelling() {
            Some(retelling) => findings.extend(told_again(e, retelling, level, recorded)),
            None if recorded != SlaState::None => findings.push(plain(e, level, recorded)),
            None => {}
        }
        if findings.len() == before {
            none.push(level.name());
        }
        findings.extend(retracted(e, level));
    }
    if !none.is_empty() {
        let says = format!("No clock, or no level set, for: {}.", none.join(", "));
        findings.push(Finding::new(5, says).fact("without", none));
    }
    Section {
        name: "levels",
        title: "Which service levels were kept?",
        findings,
    }
}

fn recorded(e: &Evidence<'_>, level: Level) -> SlaState {
    let case = &e.case;
    match level {
        Level::Acknowledge => case.sla_acknowledge,
        Level::Answer => case.sla_answer,
        Level::Next => case.sla_next,
        Level::Resolve => case.sla_resolve,
    }
}

/// The clock of the case with this level and deadline.
pub fn at_risk_since(e: &Evidence<'_>, level: &str, deadline: Millis) -> Option<Millis> {
    let retelling = e.retelling()?;
    let clocks = retelling.view.clocks.iter();
    let is_it = |clock: &&Judged| clock.level.name() == level && clock.judgement.deadline == deadline;
    retelling.retold.at_risk_since({ clocks }.find(is_it)?)
}

/// The first clock that nothing has ended yet.
pub fn running<'a>(e: &'a Evidence<'_>) -> Option<&'a Judged> {
    let retelling = e.agreed()?;
    let mut clocks = retelling.view.clocks.iter();
    clocks.find(|clock| done(retelling, clock).is_none() && dropped(retelling, clock).is_none())
}

/// When what a clock waits for happened.
fn done(retelling: &Retelling<'_>, clock: &Judged) -> Option<Millis> {
    let fold = &retelling.retold.fold;
    match clock.level {
        Level::Acknowledge => fold.acknowledged.as_ref().map(|mark| mark.at),
        Level::Answer => retelling.view.answered.as_ref().map(|answer| answer.mark.at),
        Level::Resolve => fold.resolved.as_ref().map(|mark| mark.at),
        Level::Next => {
            let mut waits = retelling.retold.closed.iter();
            let wait = waits.find(|wait| (&wait.first.id, wait.first.at) == (&clock.first, clock.from));
            wait?.closed
        }
    }
}

/// When the case was let go; waits end by that.
fn dropped(retelling: &Retelling<'_>, clock: &Judged) -> Option<Millis> {
    let let_go = retelling.retold.fold.let_go.as_ref();
    let_go.filter(|_| clock.level != Level::Next).map(|mark| mark.at)
}

fn told_again(e: &Evidence<'_>, retelling: &Retelling<'_>, level: Level, recorded: SlaState) -> Vec<Finding> {
    let clocks = retelling.view.clocks.iter();
    let mut clocks: Vec<_> = clocks.filter(|clock| clock.level == level).collect();
    if clocks.is_empty() {
        return match recorded {
            SlaState::None => Vec::new(),
            recorded => vec![unset(e, level, recorded)],
        };
    }
    if level != Level::Next {
        return { clocks }
            .into_iter()
            .map(|clock| one(e, retelling, clock, recorded))
            .collect();
    }
    if !retelling.agrees() {
        return vec![plain(e, level, recorded)];
    }
    let all = waits(retelling, recorded, &clocks);
    // Of the waits, those that were late and the open one are worth a line each.
    clocks.retain(|wait| wait.judgement.state != SlaState::Met);
    let each = clocks
        .into_iter()
        .map(|wait| one(e, retelling, wait, wait.judgement.state));
    std::iter::once(all).chain(each).collect()
}

/// What the record says, and nothing of how.
fn plain(e: &Evidence<'_>, level: Level, recorded: SlaState) -> Finding {
    let deadline = told_deadline(e, level);
    let when = deadline.map_or(String::new(), |at| format!(", deadline {}", time(at)));
    Finding::new(5, format!("{}: {}{when}.", level.name(), symbol(recorded)))
        .fact("level", level.name())
        .fact("state", recorded)
        .fact("deadline", deadline)
}

fn waits(retelling: &Retelling<'_>, recorded: SlaState, waits: &[&Judged]) -> Finding {
    let is_over = |wait: &&&Judged| done(retelling, wait).is_some();
    let over = waits.iter().filter(is_over).count();
    let is_met = |wait: &&&Judged| wait.judgement.state == SlaState::Met;
    let met = waits.iter().filter(is_over).filter(is_met).count();
    Finding::new(
        5,
        format!(
            "next: {}. Of {}, {over} are over, {met} of them in time.",
            symbol(recorded),
            count(waits.len() as u64, "wait")
        ),
    )
    .fact("level", "next")
    .fact("state", recorded)
    .fact("waits", waits.len())
    .fact("over", over)
    .fact("met", met)
}

fn one(e: &Evidence<'_>, retelling: &Retelling<'_>, clock: &Judged, recorded: SlaState) -> Finding {
    let Judged {
        level,
        first,
        from,
        judgement,
    } = clock;
    if judgement.state != recorded {
        return otherwise(e, *level, recorded, judgement.state);
    }
    let name = level.name();
    let (set, allowed) = retelling.retold.level(clock).unzip();
    let zone = set
        .and_then(|set| set.calendar.as_ref())
        .map(|calendar| calendar.zone().name().to_owned());
    let in_time = zone
        .as_ref()
        .map_or(String::new(), |zone| format!(" of business time ({zone})"));
    let allowed = allowed.map_or(0, |allowed| allowed.ms());
    let credit = retelling.retold.credit(clock);
    let mut says = format!(
        "{name}: {}. The clock began at {} with {}; {}{in_time} are allowed",
        symbol(recorded),
        time(*from),
        clean(first),
        span(allowed)
    );
    if credit > 0 {
        says.push_str(&format!(
            ", and {} more, frozen by PENDING or while it was resolved",
            span(credit)
        ));
    }
    says.push_str(&format!(
        "; deadline {}. {}",
        time(judgement.deadline),
        outcome(e, retelling, clock)
    ));
    says.push_str(&differs(e, retelling, clock).unwrap_or_default());
    Finding::new(5, says)
        .fact("level", name)
        .fact("state", recorded)
        .fact("by_present_settings", judgement.state)
        .fact("from", from)
        .fact("message", first)
        .fact("allowed_ms", allowed)
        .fact("business_time", zone)
        .fact("credit_ms", credit)
        .fact("deadline", judgement.deadline)
        .fact("done_at", done(retelling, clock))
}

fn outcome(e: &Evidence<'_>, retelling: &Retelling<'_>, clock: &Judged) -> String {
    let what = match clock.level {
        Level::Acknowledge => "Acknowledged",
        Level::Answer => "Answered",
        Level::Next => "Replied",
        Level::Resolve => "Resolved",
    };
    let deadline = clock.judgement.deadline;
    let pending = retelling.retold.fold.pending.as_ref();
    let frozen = pending.filter(|_| clock.level == Level::Resolve);
    match (done(retelling, clock), dropped(retelling, clock), frozen) {
        (Some(done), ..) => {
            let late = done.since(deadline);
            let how = if late > 0 { "after" } else { "before" };
            format!("{what} at {}, {} {how} it.", time(done), span(late))
        }
        (None, Some(dropped), _) => format!("Let go at {}.", time(dropped)),
        (None, None, Some(frozen)) => format!("Frozen since {} by PENDING.", time(frozen.at)),
        (None, None, None) => match e.asked.as_of.since(deadline) {
            late @ 1.. => format!("Not {} by then, {} ago.", what.to_lowercase(), span(late)),
            early => format!("In {}.", span(early)),
        },
    }
}

/// The deadline by which a level was told to be breached last.
fn told_deadline(e: &Evidence<'_>, level: Level) -> Option<Millis> {
    let told = e
        .standing(SlaBreached)
        .rfind(|told| told.detail("level") == Some(level.name()));
    told.and_then(|told| told.time("deadline_ms"))
}

/// The record says something else than the desk does by the inputs as they are.
fn otherwise(e: &Evidence<'_>, level: Level, recorded: SlaState, now: SlaState) -> Finding {
    let mut finding = plain(e, level, recorded).fact("by_present_settings", now);
    finding.says.push_str(&format!(
        " By the inputs and the configuration as they are now it would be {}.",
        symbol(now)
    ));
    finding
}

/// What the record says came about otherwise than by the configuration as it is, or is not so any more.
fn differs(e: &Evidence<'_>, retelling: &Retelling<'_>, clock: &Judged) -> Option<String> {
    let Judgement { state, deadline, .. } = clock.judgement;
    if clock.level != Level::Next
        && let Some(told) = told_deadline(e, clock.level).filter(|told| *told != deadline)
    {
        return Some(format!(
            " It was judged by another deadline, {}: the levels in force then are not those of this configuration.",
            time(told)
        ));
    }
    let later = same_clock(&retelling.as_of, clock)?;
    (retelling.view.now < e.asked.as_of && later.judgement.state != state).then(|| {
        format!(
            " When the case was last judged this was still to come; heard run, with its clock there, will say {}.",
            symbol(later.judgement.state)
        )
    })
}

fn same_clock<'v>(view: &'v View, clock: &Judged) -> Option<&'v Judged> {
    let mut clocks = view.clocks.iter();
    clocks.find(|other| (other.level, &other.first, other.from) == (clock.level, &clock.first, clock.from))
}

/// The case was judged by a level that is no longer there.
fn unset(e: &Evidence<'_>, level: Level, recorded: SlaState) -> Finding {
    let mut finding = plain(e, level, recorded);
    finding.says.push_str(
        " The present configuration has no such level for this case: it is not the one it was judged by.",
    );
    finding
}

/// Breaches that were told and taken back.
fn retracted(e: &Evidence<'_>, level: Level) -> impl Iterator<Item = Finding> {
    let name = level.name();
    let told = e
        .taken_back(SlaBreached)
        .filter(move |told| told.detail("level") == Some(name));
    told.map(move |told| {
        let deadline = told.time("deadline_ms");
        let by = told.taken_back.map(|event| event.recorded_at);
        Finding::new(
            5,
            format!(
                "{name}: SLA_BREACHED was told, recorded {}, with deadline {}; SLA_RETRACTED took it back{}: what came \
                 late showed that it was not so.",
                time(told.event.recorded_at),
                deadline.map_or("unknown".to_owned(), time),
                by.map_or(String::new(), |at| format!(", recorded {}", time(at)))
            ),
        )
        .fact("level", name)
        .fact("taken_back", true)
        .fact("deadline", deadline)
        .fact("recorded_at", told.event.recorded_at)
        .fact("taken_back_at", by)
    })
}
