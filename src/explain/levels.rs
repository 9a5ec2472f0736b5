//! Each service level (rule 5): its clock worked out again by the present settings, beside what became of it.

use super::evidence::Evidence;
use super::finding::{Finding, Section};
use super::said::{By, Said};
use super::words::{clean, count, span, symbol, time};
use crate::config::rules::{LevelSet, Span};
use crate::desk::conversation::level::{Clock, Judgement, Level};
use crate::model::CaseEventType::{LetGo, Pending, Resolved, SlaBreached};
use crate::model::{Millis, SlaState, Status};

const ALL: [Level; 4] = [Level::Acknowledge, Level::Answer, Level::Next, Level::Resolve];

/// One clock of the case, by the present settings.
pub struct Worked<'a> {
    /// Which.
    pub level: Level,
    /// The message that began it, if known.
    message: String,
    clock: Clock,
    set: &'a LevelSet,
    span: Span,
    judgement: Judgement,
}

impl Worked<'_> {
    /// Until when it has, or had, time.
    pub fn deadline(&self) -> Millis {
        self.judgement.deadline
    }

    /// Whether nothing has ended it yet.
    pub fn is_running(&self) -> bool {
        self.clock.done.is_none() && self.clock.dropped.is_none()
    }

    fn is_over(&self) -> bool {
        self.clock.done.is_some()
    }
}

/// What became of each level, and why.
pub fn section(e: &Evidence<'_>) -> Section {
    let clocks = clocks(e);
    let mut findings = Vec::new();
    for level in ALL {
        let mut of_level: Vec<_> = clocks.iter().filter(|clock| clock.level == level).collect();
        let recorded = recorded(e, level);
        if level == Level::Next {
            findings.extend(waits(recorded, &of_level));
            // Of the waits, those that were late and the open one are worth a line each.
            of_level.retain(|wait| wait.judgement.state != SlaState::Met);
        }
        for worked in of_level {
            findings.push(one(e, worked, recorded));
        }
        if !clocks.iter().any(|clock| clock.level == level) && recorded != SlaState::None {
            findings.push(unset(level, recorded));
        }
        findings.extend(retracted(e, level));
    }
    let set = |level: Level| clocks.iter().any(|clock| clock.level == level);
    let none: Vec<_> = ALL
        .into_iter()
        .filter(|level| !set(*level) && recorded(e, *level) == SlaState::None)
        .map(Level::name)
        .collect();
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

/// When a clock that has this deadline by the present settings came to be at risk.
pub fn at_risk_since(e: &Evidence<'_>, level: &str, deadline: Millis) -> Option<Millis> {
    let clocks = clocks(e);
    let worked = clocks
        .iter()
        .find(|worked| worked.level.name() == level && worked.judgement.deadline == deadline)?;
    let Clock { from, credit, .. } = worked.clock;
    Some(worked.set.at_risk(worked.span, e.settings.at_risk, from, credit))
}

/// All clocks for which the present settings have a level.
pub fn clocks<'a>(e: &Evidence<'a>) -> Vec<Worked<'a>> {
    let (Some(rules), Some((start, first))) = (e.rules, e.clock()) else {
        return Vec::new();
    };
    let levels = &rules.levels;
    let mut clocks = Vec::new();
    let mut add = |level, message: &str, set: &'a LevelSet, span: Option<Span>, clock: Clock| {
        if let Some(span) = span {
            clocks.push(Worked {
                level,
                message: message.to_owned(),
                clock,
                set,
                span,
                judgement: clock.judge(set, span, e.settings.at_risk, e.asked.as_of),
            });
        }
    };
    let case = e.case;
    let dropped = (case.status == crate::model::CaseStatus::LetGo)
        .then(|| e.standing(LetGo).next_back().map(|told| told.event.at))
        .flatten();
    let plain = |done| Clock {
        from: start,
        done,
        dropped,
        credit: 0,
        frozen: None,
    };
    let set = levels.in_force(start);
    let said = e.said();
    let (credit, frozen) = frozen(e, &said, set);
    add(
        Level::Acknowledge,
        &first,
        set,
        set.acknowledge,
        plain(case.acknowledged_at),
    );
    add(Level::Answer, &first, set, set.answer, plain(case.answered_at));
    for (from, message, closed) in waits_of(e, &said) {
        let set = levels.in_force(from);
        let clock = Clock {
            from,
            done: closed,
            dropped: None,
            credit: 0,
            frozen: None,
        };
        add(Level::Next, message, set, set.next, clock);
    }
    let resolve = Clock {
        credit,
        frozen,
        ..plain(case.resolved_at)
    };
    add(Level::Resolve, &first, set, set.resolve, resolve);
    clocks
}

/// The waits: first message, and when a reply, RESOLVED or LET_GO ended it (rule 4).
fn waits_of<'s>(e: &Evidence<'_>, said: &'s [Said<'_>]) -> Vec<(Millis, &'s str, Option<Millis>)> {
    let ends = e
        .told()
        .iter()
        .filter(|told| told.stands() && matches!(told.event.kind, Resolved | LetGo));
    let replies = said.iter().filter(|said| said.by == By::Person && !said.gone);
    let mut ends: Vec<_> = ends
        .map(|told| told.event.at)
        .chain(replies.map(|said| said.at))
        .collect();
    ends.sort_unstable();
    let mut waits: Vec<(Millis, &str, Option<Millis>)> = Vec::new();
    for message in said.iter().filter(|said| said.waits() && !said.gone) {
        let open = waits
            .last()
            .is_some_and(|(.., closed)| closed.is_none_or(|at| message.at <= at));
        if !open {
            let closed = ends.iter().find(|at| **at >= message.at).copied();
            waits.push((message.at, message.id, closed));
        }
    }
    waits
}

/// Rule 4: how much of the levels' own time PENDING froze, and since when it does.
fn frozen(e: &Evidence<'_>, said: &[Said<'_>], set: &LevelSet) -> (i64, Option<Millis>) {
    let (mut credit, mut until, mut still) = (0_i64, Millis(i64::MIN), None);
    let closing: Vec<_> = e
        .told()
        .iter()
        .filter(|told| matches!(told.event.kind, Resolved | LetGo))
        .map(|told| told.event.at)
        .collect();
    // One that came when it was over already has no event of its own.
    let resolved = e.case.resolved_at;
    let late = said
        .iter()
        .filter(|said| !said.gone && said.status() == Some(Status::Pending));
    let late = late
        .map(|said| said.at)
        .filter(|at| resolved.is_none_or(|resolved| *at < resolved));
    let mut starts: Vec<_> = e
        .standing(Pending)
        .map(|told| told.event.at)
        .chain(late)
        .collect();
    starts.sort_unstable();
    starts.dedup();
    for pending in starts {
        let spoke = said
            .iter()
            .filter(|said| said.by == By::Customer && !said.gone && !said.is_automatic());
        let ends = spoke.map(|said| said.at).chain(closing.iter().copied());
        match ends.filter(|at| *at >= pending).min() {
            Some(end) if end > until => {
                credit = credit.saturating_add(set.between(pending.max(until), end));
                until = end;
            }
            Some(_) => {}
            None => still = Some(pending),
        }
    }
    (credit, still)
}

fn waits(recorded: SlaState, waits: &[&Worked<'_>]) -> Option<Finding> {
    let over = waits.iter().filter(|wait| wait.is_over()).count();
    let met = waits
        .iter()
        .filter(|wait| wait.is_over() && wait.judgement.state == SlaState::Met)
        .count();
    (!waits.is_empty()).then(|| {
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
    })
}

fn one(e: &Evidence<'_>, worked: &Worked<'_>, recorded: SlaState) -> Finding {
    let Worked {
        level,
        message,
        clock,
        set,
        span: allowed,
        judgement,
    } = worked;
    let state = match level {
        // The case has one word for all its waits.
        Level::Next => judgement.state,
        _ => recorded,
    };
    let name = level.name();
    let zone = set
        .calendar
        .as_ref()
        .map(|calendar| calendar.zone().name().to_owned());
    let in_time = zone
        .as_ref()
        .map_or(String::new(), |zone| format!(" of business time ({zone})"));
    let by = if message.is_empty() {
        String::new()
    } else {
        format!(" with {}", clean(message))
    };
    let mut says = format!(
        "{name}: {}. The clock began at {}{by}; {}{in_time} are allowed",
        symbol(state),
        time(clock.from),
        span(allowed.ms())
    );
    if clock.credit > 0 {
        says.push_str(&format!(", and {} more, frozen by PENDING", span(clock.credit)));
    }
    says.push_str(&format!(
        "; deadline {}. {}",
        time(judgement.deadline),
        outcome(*level, clock, judgement.deadline, e.asked.as_of)
    ));
    if *level != Level::Next {
        says.push_str(&differs(e, worked, recorded).unwrap_or_default());
    }
    Finding::new(5, says)
        .fact("level", name)
        .fact("state", state)
        .fact("by_present_settings", judgement.state)
        .fact("from", clock.from)
        .fact("message", (!message.is_empty()).then_some(message))
        .fact("allowed_ms", allowed.ms())
        .fact("business_time", zone)
        .fact("credit_ms", clock.credit)
        .fact("deadline", judgement.deadline)
        .fact("done_at", clock.done)
}

fn outcome(level: Level, clock: &Clock, deadline: Millis, as_of: Millis) -> String {
    let what = match level {
        Level::Acknowledge => "Acknowledged",
        Level::Answer => "Answered",
        Level::Next => "Replied",
        Level::Resolve => "Resolved",
    };
    match (clock.done, clock.dropped, clock.frozen) {
        (Some(done), ..) => {
            let late = done.since(deadline);
            let how = if late > 0 { "after" } else { "before" };
            format!("{what} at {}, {} {how} it.", time(done), span(late))
        }
        (None, Some(dropped), _) => format!("Let go at {}.", time(dropped)),
        (None, None, Some(frozen)) => format!("Frozen since {} by PENDING.", time(frozen)),
        (None, None, None) if as_of > deadline => {
            format!(
                "Not {} by then, {} ago.",
                what.to_lowercase(),
                span(as_of.since(deadline))
            )
        }
        (None, None, None) => format!("In {}.", span(deadline.since(as_of))),
    }
}

/// What the case says is not what the present settings come to.
fn differs(e: &Evidence<'_>, worked: &Worked<'_>, recorded: SlaState) -> Option<String> {
    let name = worked.level.name();
    let told = e
        .standing(SlaBreached)
        .rfind(|told| told.detail("level") == Some(name));
    let deadline = told.and_then(|told| told.time("deadline_ms"));
    let now = worked.judgement.state;
    if let Some(deadline) = deadline.filter(|deadline| *deadline != worked.judgement.deadline) {
        return Some(format!(
            " It was judged by another deadline, {}: the levels in force then are not those of this configuration.",
            time(deadline)
        ));
    }
    match (recorded, now) {
        (recorded, now) if recorded == now => None,
        (SlaState::Running, _) => Some(
            " When the case was last judged this was still to come; heard run, with its clock there, will say so."
                .to_owned(),
        ),
        (_, SlaState::Running) => None, // an earlier time was asked for
        (recorded, now) => Some(format!(
            " By the present configuration it would be {}, not {}: it is not the one the case was judged by.",
            symbol(now),
            symbol(recorded)
        )),
    }
}

/// The case was judged by a level that is no longer there.
fn unset(level: Level, recorded: SlaState) -> Finding {
    Finding::new(
        5,
        format!(
            "{}: {}. The present configuration has no such level for this case: it is not the one it was judged by.",
            level.name(),
            symbol(recorded)
        ),
    )
    .fact("level", level.name())
    .fact("state", recorded)
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
