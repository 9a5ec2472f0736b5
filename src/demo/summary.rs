//! What a story came to, in words and figures, for who answers for the service.

use super::overview::Overview;
use super::rules::seen;
use super::table::{clock, percent};
use super::text::{isolated, padded, span};
use crate::model::{Case, CaseStatus, EscalationCause, Millis, PromiseState, Stage};
use crate::report::Shown;
use crate::report::dimension::{Dimension, Label};
use crate::report::figures::{Durations, Figures};
use crate::report::honest::HonestTime;
use crate::report::lines::{Table, wrapped};

/// The final report of the story that ended at `ended`, in lines of this width if it is bounded.
pub fn summary(overview: &Overview, ended: Millis, width: Option<usize>) -> String {
    let shown = overview.report().show(ended);
    let title = format!("What it came to by {} UTC", clock(ended, "%A, %-d %B %Y, %H:%M"));
    let mut lines = wrapped(&title, width, 2);
    lines.push(String::new());
    for sentence in sentences(overview, &shown) {
        lines.extend(wrapped(&format!("- {sentence}"), width, 2));
    }
    lines.push(String::new());
    lines.extend(by_channel(&shown, width));
    lines.extend(["", "What each rule saw:"].map(str::to_owned));
    lines.extend(
        by_rule(overview, &shown)
            .iter()
            .flat_map(|rule| wrapped(rule, width, 6)),
    );
    lines.extend(longest(overview, ended, width));
    lines.into_iter().map(|line| line + "\n").collect()
}

fn sentences(overview: &Overview, shown: &Shown) -> Vec<String> {
    let Figures {
        cases,
        bystanders,
        customer_messages,
        answered,
        never_answered,
        closed_silently,
        unanswered,
        was_unanswered,
        resolved,
        reopened,
        ..
    } = shown.total;
    let channels = shown
        .groups
        .iter()
        .map(|group| group.labels.get(Dimension::Channel));
    let channels: std::collections::BTreeSet<_> = channels.collect();
    let by = |status| overview.cases().filter(|case| case.status == status).count();
    let bots = overview
        .cases()
        .filter(|case| case.answered_by == Some(crate::model::AnsweredBy::Bot))
        .count();
    let known = overview.cases().filter(|case| case.customer_id.is_some()).count();
    let levels = shown.total.levels.answer;
    let limit = shown.total.reply_limit;
    let let_go = by(CaseStatus::LetGo) as u64;
    let mut sentences = vec![
        format!(
            "{} brought up in {} channels, with {}; {} by people who joined somebody else's thread. The CRM knew \
             the customer of {known}.",
            count(cases, "matter was", "matters were"),
            channels.len(),
            count(customer_messages, "message", "messages"),
            count(bystanders, "was", "were"),
        ),
        format!(
            "{answered} ({}) {} answered, {bots} of them by a program that the customer left uncontested. {}{}",
            percent(answered, shown.total.expecting()),
            if answered == 1 { "was" } else { "were" },
            within(&shown.total.first_response_s),
            honestly(&shown.total.honest_answer_s)
        ),
        format!(
            "{} not answered: {} waiting longer than the channel's patience, {} let go by a person's decision; the \
             others are within that patience. {} resolved without a word to the customer.",
            count(never_answered, "was", "were"),
            count(unanswered, "is", "are"),
            count(let_go, "was", "were"),
            count(closed_silently, "more was", "more were"),
        ),
        format!(
            "{} left unanswered too long at some time. An answer later does not undo that: no response is a \
             response.",
            count(was_unanswered, "was", "were")
        ),
        format!(
            "The promised time to an answer was kept {}, missed {}, and still runs in {}.",
            count(levels.met, "time", "times"),
            count(levels.breached, "time", "times"),
            count(levels.running, "case", "cases")
        ),
        format!(
            "Reply only twice: {} had two public replies or more, {} of them more.",
            count(limit.reached, "public thread has", "public threads have"),
            limit.exceeded
        ),
        format!(
            "{} solved; {} a customer came back because it was not.",
            count(resolved, "is", "are"),
            count(reopened, "time", "times")
        ),
    ];
    sentences.extend(journeys(overview));
    sentences
}

/// What only shows over several channels and several replies (rules 9, 16, 17 and 21).
fn journeys(overview: &Overview) -> [String; 4] {
    let of = |holds: &dyn Fn(&Case) -> bool| overview.cases().filter(|case| holds(case)).count() as u64;
    let escalated = |cause| of(&|case| case.escalation_cause == Some(cause));
    let promise = |state| of(&|case| case.promise == state);
    let first_contact = |solved| of(&|case| case.first_contact_resolution == Some(solved));
    let switched = of(&|case| case.switched_to.is_some());
    let chased = of(&|case| case.chased_to.is_some());
    let transfers = of(&|case| case.transfers > 0);
    let (solved, not) = (first_contact(true), first_contact(false));
    let open = of(&|case| case.resolved_at.is_some() && case.first_contact_resolution.is_none());
    [
        format!(
            "{} public because nobody had answered in private, {} because it was not solved there.",
            count(
                escalated(EscalationCause::Unanswered),
                "customer went",
                "customers went"
            ),
            escalated(EscalationCause::Unsolved)
        ),
        format!(
            "{} on from a public thread to a private channel as asked, {chased} because nobody had solved it in public.",
            count(switched, "customer went", "customers went")
        ),
        format!(
            "Of what was promised, {} and {}.",
            count(
                promise(PromiseState::Kept),
                "promise was kept",
                "promises were kept"
            ),
            count(promise(PromiseState::Broken), "was broken", "were broken")
        ),
        format!(
            "{} passed on to another team or channel. The first contact solved {solved}, and not {not}; of {open} it takes \
             a quiet week to say.",
            count(transfers, "customer was", "customers were"),
        ),
    ]
}

fn count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn within(durations: &Durations) -> String {
    match (durations.p50, durations.p90) {
        (Some(p50), Some(p90)) => format!(
            "Half of the answers came within {}, nine in ten within {}.",
            span(p50 * 1000),
            span(p90 * 1000)
        ),
        _ => String::new(),
    }
}

/// The honest median of rule 15.
fn honestly(time: &HonestTime) -> String {
    match time.p50 {
        Some(p50) if time.waiting > 0 => format!(
            " Counting those who still wait, half had an answer within {}.",
            span(p50 * 1000)
        ),
        _ => String::new(),
    }
}

fn by_channel(shown: &Shown, width: Option<usize>) -> Vec<String> {
    let mut rows = Vec::new();
    for group in &shown.groups {
        let channel = group
            .labels
            .get(Dimension::Channel)
            .map_or_else(String::new, Label::to_string);
        let stage = match group.labels.get(Dimension::Stage) {
            Some(Label::Stage(Stage::Onstage)) => "public",
            _ => "private",
        };
        rows.push(row(&channel, stage, &group.figures));
    }
    rows.push(row("all", "", &shown.total));
    let table = Table {
        title: "",
        names: &["channel", ""],
        figures: &[
            "cases",
            "answered",
            "half within",
            "9 in 10 within",
            "too late",
            "unanswered",
        ],
        rows: &rows,
    };
    table.lines(width)
}

fn row(channel: &str, stage: &str, figures: &Figures) -> (Vec<String>, Vec<String>) {
    let time = |seconds: Option<i64>| seconds.map_or("-".to_owned(), |s| span(s * 1000));
    let cells = [
        figures.cases.to_string(),
        percent(figures.answered, figures.expecting()),
        time(figures.first_response_s.p50),
        time(figures.first_response_s.p90),
        figures.levels.answer.breached.to_string(),
        figures.unanswered.to_string(),
    ];
    (vec![channel.to_owned(), stage.to_owned()], cells.to_vec())
}

/// What each rule saw, a line each: its number, the count that tells most, and what that is of.
fn by_rule(overview: &Overview, shown: &Shown) -> Vec<String> {
    let rules = seen(overview, shown);
    let counts = rules.iter().filter_map(|rule| rule.counts.first());
    let width = counts.map(|first| first.number().len()).max().unwrap_or(0);
    let line = |rule: &super::rules::Seen| {
        let (first, more) = rule.counts.split_first()?;
        let mut line = format!("  {:>2}  {:>width$} {}", rule.number, first.number(), first.what);
        for count in more {
            line.push_str(&format!(", {count}"));
        }
        Some(line)
    };
    rules.iter().filter_map(line).collect()
}

/// Those who wait longest, at most this many.
const LONGEST: usize = 5;

/// Of a name, a channel and a time, with what stands between them.
const LEFT: usize = 2 + 20 + 2 + 9 + 2 + 8 + 2;

fn longest(overview: &Overview, ended: Millis, width: Option<usize>) -> Vec<String> {
    let mut waiting = overview.waiting();
    waiting.sort_by(|a, b| (a.since, &a.who).cmp(&(b.since, &b.who)));
    if waiting.is_empty() {
        return Vec::new();
    }
    // Texts stand below the names where there is no room beside them.
    let beside = width.is_none_or(|width| width >= LEFT + 30);
    let room = width
        .map_or(70, |width| width - if beside { LEFT } else { 4 })
        .min(70);
    let mut lines = vec![String::new(), format!("Who waits longest, of {}:", waiting.len())];
    for who in waiting.iter().take(LONGEST) {
        let name = match beside || width.is_none_or(|width| width >= LEFT) {
            true => padded(&isolated(&who.who, 20), 20),
            false => padded(&isolated(&who.who, 15), 15),
        };
        let left = format!(
            "  {name}  {}  {}",
            padded(&who.channel, 9),
            padded(&span(ended.since(who.since)), 8)
        );
        let text = isolated(&who.text, room);
        match beside {
            true => lines.push(format!("{left}  {text}")),
            false => lines.extend([left.trim_end().to_owned(), format!("    {text}")]),
        }
    }
    lines
}

#[cfg(test)]
mod tests;
