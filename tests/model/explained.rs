//! `heard explain` against the records: of each case of a journey, every conclusion that it tells is what the record
//! says, and the inputs, told again, come to the record.

use std::collections::BTreeMap;

use heard::desk::{Desk, Effects, Message};
use heard::explain::{Asked, Explanation, Moment, Records, explain};
use heard::intake::Intake;
use heard::log::Batch;
use heard::model::{Case, CaseId, WorkId, WorkItem, WorkState};
use heard::processor::{ActorKey, Effect};
use serde_json::Value;

use crate::generate::Journey;
use crate::records::Record;
use crate::rules;
use crate::told::Told;

/// A conclusion: the section and the fact that tell it, and the field of the record.
const CONCLUSIONS: [(&str, &str, &str); 24] = [
    ("status", "status", "status"),
    ("status", "acknowledged_at", "acknowledged_at"),
    ("status", "answered_at", "answered_at"),
    ("status", "resolved_at", "resolved_at"),
    ("status", "let_go_at", "let_go_at"),
    ("status", "closed_silently", "closed_silently"),
    ("status", "waits_since", "waiting_since"),
    ("status", "was_unanswered", "was_unanswered"),
    ("status", "unanswered_waits", "unanswered_waits"),
    ("status", "reopened_count", "reopened_count"),
    ("answers", "acknowledged_at", "acknowledged_at"),
    ("answers", "answered_at", "answered_at"),
    ("answers", "answered_by", "answered_by"),
    ("reply_limit", "public_replies", "public_replies"),
    ("journey", "escalated_from", "escalated_from"),
    ("journey", "cause", "escalation_cause"),
    ("journey", "switched_to", "switched_to"),
    ("journey", "chased_to", "chased_to"),
    ("journey", "echo_of", "echo_of"),
    (
        "afterwards",
        "first_contact_resolution",
        "first_contact_resolution",
    ),
    ("surveys", "advocacy", "advocacy"),
    ("surveys", "surveyed_at", "surveyed_at"),
    ("surveys", "answered_when_surveyed", "answered_when_surveyed"),
    ("who", "bystander", "bystander"),
];

/// A line for each conclusion that is not the record's.
pub fn contradictions(
    desk: &Desk,
    intake: &Intake,
    inputs: &Batch,
    journey: &Journey,
    told: &Told,
) -> Vec<String> {
    let inputs = taken(intake, inputs);
    let somebody_is_forgotten =
        { journey.records.iter() }.any(|logged| matches!(logged.record, Record::Dropped(..)));
    let mut lines = Vec::new();
    for case in told.cases.values().filter(|case| case.forgotten_at.is_none()) {
        let records = records(desk, &inputs, case, told);
        let asked = Asked {
            as_of: journey.now,
            texts: true,
        };
        let explanation = explain(desk, case, &records, asked);
        let mut of_case = wrong(case, &explanation, &told.work, !somebody_is_forgotten);
        // What a forgotten person said is hidden in the state, and stands open in the inputs.
        if !somebody_is_forgotten {
            let mind = explanation
                .mind
                .iter()
                .filter(|mind| mind.starts_with("By the inputs"));
            of_case.extend(mind.cloned());
            of_case.extend(miscounted(case, &explanation));
        }
        let name = format!("{}/{} of {}", case.channel, case.conversation_id, case.party_key);
        lines.extend(of_case.into_iter().map(|line| format!("{name}: explain: {line}")));
    }
    lines
}

/// What intake makes of the inputs; what is dated absurdly it refuses.
fn taken(intake: &Intake, inputs: &Batch) -> Vec<(ActorKey, Message)> {
    let mut effects = Effects::default();
    for record in inputs.iter() {
        let _ = intake.take(record.topic, &record, &mut effects);
    }
    let told = effects.drain().filter_map(|effect| match effect {
        Effect::Tell { to, message } => Some((to, message)),
        _ => None,
    });
    told.collect()
}

/// What the topics hold of a case.
fn records(desk: &Desk, inputs: &[(ActorKey, Message)], case: &Case, told: &Told) -> Records {
    let mut records = Records::default();
    for event in told.events.iter().filter(|event| event.case_id == case.case_id) {
        records.event(event.clone());
    }
    for item in told.work.values().filter(|item| item.case_id == case.case_id) {
        records.work(item.clone());
    }
    let mut effects = Effects::default();
    for again in [false, true] {
        if again && !records.is_answered_elsewhere() {
            break;
        }
        for (to, message) in inputs {
            effects.tell(*to, message.clone());
        }
        records.input(desk.keys(), case, &mut effects);
    }
    records
}

/// `is_whole`: the inputs come to what the state has, since nobody was forgotten.
fn wrong(
    case: &Case,
    explanation: &Explanation,
    work: &BTreeMap<WorkId, WorkItem>,
    is_whole: bool,
) -> Vec<String> {
    let record = serde_json::to_value(case).expect("a case is JSON");
    let mut lines = Vec::new();
    let mut same = |what: &str, told: &Value, recorded: &Value| {
        if told != recorded {
            lines.push(format!("{what} is told as {told}, and the record has {recorded}"));
        }
    };
    for (section, fact, field) in CONCLUSIONS {
        for told in facts(explanation, section, fact) {
            same(&format!("{section}.{fact}"), told, &record[field]);
        }
    }
    for section in explanation
        .sections
        .iter()
        .filter(|section| section.name == "levels")
    {
        for finding in &section.findings {
            let [level, state, now, back] =
                ["level", "state", "by_present_settings", "taken_back"].map(|name| finding.facts.get(name));
            let (Some(Value::String(level)), None) = (level, back) else {
                continue;
            };
            let is_of_one_wait = level == "next" && finding.facts.contains_key("from");
            if !is_of_one_wait {
                let state = state.unwrap_or(&Value::Null);
                same(&format!("level {level}"), state, &record[format!("sla_{level}")]);
            }
            if let Some(now) = now.filter(|_| is_whole) {
                same(&format!("level {level} now"), now, state.unwrap_or(&Value::Null));
            }
        }
        let is_late = |finding: &heard::explain::Finding| {
            finding.facts.get("level") == Some(&"next".into())
                && finding.facts.get("state") == Some(&"BREACHED".into())
                && finding.facts.contains_key("from")
        };
        let late = section.findings.iter().any(is_late);
        if late {
            same("a late wait", &"BREACHED".into(), &record["sla_next"]);
        }
    }
    for told in facts(explanation, "rank", "case_priority") {
        same("priority", told, &record["priority"]);
    }
    let open = { work.values() }.find(|item| item.case_id == case.case_id && item.state == WorkState::Open);
    if let Some(open) = open.filter(|_| case.waiting_since.is_some()) {
        for told in facts(explanation, "rank", "score") {
            same("rank", told, &serde_json::json!(open.priority.score));
            same("rank of the case", told, &record["priority"]);
        }
    }
    lines
}

/// The time line, counted: as many messages as the record has.
fn miscounted(case: &Case, explanation: &Explanation) -> Vec<String> {
    // What was said before the opening answers nothing.
    let counts = |moment: &&Moment| moment.event.is_none() && !moment.taken_back && !moment.before_opening;
    let count = |who: &str| {
        let said = explanation.timeline.iter().filter(counts);
        said.filter(|moment| moment.who == who).count()
    };
    // Spoken answers are none of those that are written (rule 3).
    let is_spoken = rules::channel(&case.channel).spoken;
    let of = [
        ("customer", case.customer_messages, true),
        ("person", case.human_replies, !is_spoken),
        ("bot", case.bot_replies, true),
    ];
    let wrong = of
        .into_iter()
        .filter(|(who, number, counts)| *counts && count(who) != *number as usize);
    wrong
        .map(|(who, number, _)| {
            let shown = count(who);
            format!("the time line has {shown} messages of a {who}, and the record {number}")
        })
        .collect()
}

fn facts<'e>(
    explanation: &'e Explanation,
    section: &'e str,
    fact: &'e str,
) -> impl Iterator<Item = &'e Value> {
    let sections = explanation
        .sections
        .iter()
        .filter(move |found| found.name == section);
    let findings = sections.flat_map(|section| &section.findings);
    { findings }.filter_map(move |finding| finding.facts.get(fact))
}

/// Case ids name cases in facts as they do in records.
#[test]
fn an_id_is_told_as_it_is_written() {
    let id = CaseId::new("s", "chat", "c", "device:a");
    assert_eq!(
        serde_json::to_value(id).expect("JSON"),
        Value::String(id.to_string())
    );
}
