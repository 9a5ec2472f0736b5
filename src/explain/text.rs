//! An explanation as plain text.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::head::Head;
use super::words::{clean, count, symbol, time};
use super::{Explanation, Moment};

/// The whole of it. Each line names its rule.
pub fn render(explanation: &Explanation) -> String {
    let mut out = head(explanation);
    for section in &explanation.sections {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "\n{}", section.title);
        for finding in &section.findings {
            let _ = writeln!(out, "{}{}", rule(finding.rule), finding.says);
        }
    }
    if !explanation.timeline.is_empty() {
        out.push_str("\nWhat was said, and what happened\n");
        timeline(&mut out, &explanation.timeline);
    }
    if !explanation.mind.is_empty() {
        out.push_str("\nMind\n");
        for mind in &explanation.mind {
            let _ = writeln!(out, "{}{mind}", rule(None));
        }
    }
    out
}

fn rule(rule: Option<u8>) -> String {
    let name = rule.map_or(String::new(), |rule| format!("rule {rule}"));
    format!("  {name:<9}")
}

fn head(explanation: &Explanation) -> String {
    let Head {
        case_id,
        source,
        channel,
        stage,
        status,
        opened_at,
        customer_messages,
        human_replies,
        bot_replies,
        waits,
        version,
        ..
    } = &explanation.case;
    let about = [
        &explanation.case.brand,
        &explanation.case.product,
        &explanation.case.issue,
    ];
    let about: Vec<_> = about.into_iter().flatten().map(|word| clean(word)).collect();
    let about = if about.is_empty() {
        String::new()
    } else {
        format!(", about {}", about.join(", "))
    };
    let conversation = explanation.case.conversation_id.as_ref();
    let conversation = conversation.map_or(String::new(), |id| format!(", conversation {}", clean(id)));
    let mut out = format!(
        "case {case_id}\n{}, {} in {} of {}{conversation}{about}\n",
        symbol(status),
        symbol(stage).to_lowercase(),
        clean(channel),
        clean(source),
    );
    let _ = writeln!(
        out,
        "opened {}; {}, {}, {}, {}",
        time(*opened_at),
        count(*customer_messages, "customer message"),
        count(*human_replies, "human reply"),
        count(*bot_replies, "bot reply"),
        count(*waits, "wait"),
    );
    let _ = writeln!(
        out,
        "version {version} of its record, as of {}",
        time(explanation.as_of)
    );
    out
}

fn timeline(out: &mut String, moments: &[Moment]) {
    let width = moments
        .iter()
        .map(|moment| time(moment.at).width())
        .max()
        .unwrap_or(0);
    for moment in moments {
        let at = time(moment.at);
        let who = moment.who;
        let _ = writeln!(
            out,
            "{}{at:<width$}  {who:<9} {}{}",
            rule(moment.rule),
            moment.what,
            note(moment)
        );
        if let Some(text) = &moment.text {
            let _ = writeln!(out, "{}{:width$}            \"{text}\"", rule(None), "");
        }
    }
}

/// Whether it says that something told before is not so, or not so any more.
fn takes_back(moment: &Moment) -> bool {
    matches!(
        moment.event,
        Some("SLA_RETRACTED" | "CORRECTED" | "WITHDRAWN" | "EDITED")
    )
}

/// What is special about it.
fn note(moment: &Moment) -> String {
    let recorded = moment
        .recorded_at
        .filter(|_| moment.late || moment.taken_back || takes_back(moment));
    let recorded = recorded.map_or(String::new(), |at| format!(", recorded {}", time(at)));
    let back = match (moment.taken_back, moment.taken_back_at) {
        (false, _) => String::new(),
        (true, None) => "; taken out".to_owned(),
        (true, Some(at)) => format!("; taken back, recorded {}", time(at)),
    };
    match (moment.late, moment.taken_back) {
        (false, false) if recorded.is_empty() => String::new(),
        (true, _) => format!("  [late{recorded}{back}]"),
        (false, _) => format!(
            "  [{}]",
            format!("{recorded}{back}").trim_start_matches([',', ';', ' '])
        ),
    }
}
