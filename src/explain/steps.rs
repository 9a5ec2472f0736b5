//! What to do next, in the words of docs/playbook.md.

use super::evidence::Evidence;
use super::finding::{Finding, Section};
use super::words::{count, symbol, time};
use crate::model::{Playbook, WorkItem, WorkState};

const PLAYBOOK: &str = include_str!("../../docs/playbook.md");

/// The next steps of the latest work item; of one that is over, those that it still has.
pub fn section(e: &Evidence<'_>) -> Section {
    let item = e
        .work()
        .filter(|item| item.state == WorkState::Open || !item.next_steps.is_empty());
    let findings = item.map(|item| {
        let steps = item.next_steps.iter().map(|step| {
            let step = symbol(step);
            let says = when(&step).map_or(step.clone(), |when| format!("{step}: {when}."));
            Finding::new(None, says).fact("step", step)
        });
        std::iter::once(playbook(e, item)).chain(steps).collect()
    });
    Section {
        name: "next_steps",
        title: "What to do next?",
        findings: findings.unwrap_or_default(),
    }
}

fn playbook(e: &Evidence<'_>, item: &WorkItem) -> Finding {
    let which = match item.playbook {
        Playbook::Hours => "HOURS, for private channels",
        Playbook::Fears => "FEARS, where spectators watch",
    };
    let left = item.replies_left.map_or(String::new(), |left| {
        format!("; {} left", count(left, "public reply"))
    });
    let owner = match (&item.party.owner, e.asked.texts) {
        (None, _) => String::new(),
        (Some(owner), true) => format!("; {} looks after it", super::words::clean(owner)),
        (Some(_), false) => "; somebody looks after it".to_owned(),
    };
    let says = match item.state {
        WorkState::Open => format!("By {which}: respond by {}{left}{owner}.", time(item.respond_by)),
        _ => format!("By {which}{left}{owner}."),
    };
    Finding::new(None, says)
        .fact("playbook", item.playbook)
        .fact("respond_by", item.respond_by)
        .fact("resolve_by", item.resolve_by)
        .fact("replies_left", item.replies_left)
}

/// When a step appears, as the playbook's table says.
fn when(step: &str) -> Option<String> {
    let row = format!("| `{step}` | ");
    let row = PLAYBOOK.lines().find_map(|line| line.strip_prefix(&row))?;
    Some(row.split(" | ").next()?.replace('`', ""))
}

#[cfg(test)]
mod tests {
    use super::{symbol, when};
    use crate::model::NextStep::*;

    #[test]
    fn the_playbook_has_words_for_every_step() {
        for step in [
            AcknowledgeNow,
            AnswerPublicly,
            ShowEmpathy,
            OfferPrivateChannel,
            LastPublicReply,
            DoNotReplyAgain,
            DoNotSendBack,
            KeepOwner,
            KeepPromise,
            FollowUp,
            VerifyCustomer,
            AnswerSpectator,
            PassToColleague,
            Thank,
            LinkToCase,
        ] {
            let words = when(&symbol(step)).unwrap_or_default();
            assert!(
                words.len() > 10 && !words.contains(['`', '|']),
                "{step:?}: {words}"
            );
        }
        assert_eq!(when("NONSENSE"), None);
    }
}
