//! What a story came to, in words and figures, for who answers for the service.

use std::fmt::Write as _;

use super::overview::Overview;
use super::rules::seen;
use super::table::{clock, percent};
use super::text::{isolated, padded, span};
use crate::model::{Case, CaseStatus, EscalationCause, Millis, PromiseState, Stage};
use crate::report::Shown;
use crate::report::dimension::{Dimension, Label};
use crate::report::figures::{Durations, Figures};
use crate::report::honest::HonestTime;

/// The final report of the story that ended at `ended`.
pub fn summary(overview: &Overview, ended: Millis) -> String {
    let shown = overview.report().show(ended);
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "What it came to by {} UTC\n",
        clock(ended, "%A, %-d %B %Y, %H:%M")
    );
    for sentence in sentences(overview, &shown) {
        let _ = writeln!(out, "- {sentence}");
    }
    out.push('\n');
    by_channel(&mut out, &shown);
    by_rule(&mut out, overview, &shown);
    longest(&mut out, overview, ended);
    out
}

fn sentences(overview: &Overview, shown: &Shown) -> Vec<String> {
    let Figures {
        cases,
        bystanders,
        customer_messages,
        answered,
        never_answered,
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
            percent(answered, cases),
            if answered == 1 { "was" } else { "were" },
            within(&shown.total.first_response_s),
            honestly(&shown.total.honest_answer_s)
        ),
        format!(
            "{} not answered: {} waiting longer than the channel's patience, {} let go by a person's decision; the \
             others are within that patience, or praise.",
            count(never_answered, "was", "were"),
            count(unanswered, "is", "are"),
            count(let_go, "was", "were"),
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

fn by_channel(out: &mut String, shown: &Shown) {
    let titles = [
        "channel",
        "",
        "cases",
        "answered",
        "half within",
        "9 in 10 within",
        "too late",
        "unanswered",
    ];
    let mut rows = vec![titles.map(str::to_owned)];
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
    let widths: Vec<usize> = (0..titles.len())
        .map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0))
        .collect();
    for row in rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            // Names to the left, figures to the right. Writing to a String cannot fail.
            let _ = match column {
                0 | 1 => write!(line, "{cell:<width$}  "),
                _ => write!(line, "{cell:>width$}  "),
            };
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

fn row(channel: &str, stage: &str, figures: &Figures) -> [String; 8] {
    let time = |seconds: Option<i64>| seconds.map_or("-".to_owned(), |s| span(s * 1000));
    [
        channel.to_owned(),
        stage.to_owned(),
        figures.cases.to_string(),
        percent(figures.answered, figures.cases),
        time(figures.first_response_s.p50),
        time(figures.first_response_s.p90),
        figures.levels.answer.breached.to_string(),
        figures.unanswered.to_string(),
    ]
}

/// What each rule saw: its number, the count that tells most, and what that is of.
fn by_rule(out: &mut String, overview: &Overview, shown: &Shown) {
    let _ = writeln!(out, "\nWhat each rule saw:");
    let rules = seen(overview, shown);
    let counts = rules.iter().filter_map(|rule| rule.counts.first());
    let width = counts.map(|first| first.number().len()).max().unwrap_or(0);
    for rule in &rules {
        let Some((first, more)) = rule.counts.split_first() else {
            continue;
        };
        let _ = write!(
            out,
            "  {:>2}  {:>width$} {}",
            rule.number,
            first.number(),
            first.what
        );
        for count in more {
            let _ = write!(out, ", {count}");
        }
        out.push('\n');
    }
}

/// Those who wait longest, at most this many.
const LONGEST: usize = 5;

fn longest(out: &mut String, overview: &Overview, ended: Millis) {
    let mut waiting = overview.waiting();
    waiting.sort_by(|a, b| (a.since, &a.who).cmp(&(b.since, &b.who)));
    if waiting.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nWho waits longest, of {}:", waiting.len());
    for who in waiting.iter().take(LONGEST) {
        let _ = writeln!(
            out,
            "  {}  {}  {}  {}",
            padded(&isolated(&who.who, 20), 20),
            padded(&who.channel, 9),
            padded(&span(ended.since(who.since)), 8),
            isolated(&who.text, 70)
        );
    }
}
