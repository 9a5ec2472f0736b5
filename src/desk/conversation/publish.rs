//! The state of a case, published once a commit however often it changed; and its timers.

use super::Actor;
use super::settle::Change;
use super::surveys;
use super::view::View;
use super::work::Brief;
use crate::desk::forgetting::hidden;
use crate::desk::keys::part;
use crate::desk::output::Output;
use crate::desk::party::links::{Links, Relation};
use crate::model::{Case, Sensitive, Stage};
use crate::processor::{Corrupt, Rejection, RowKey};

impl Actor<'_, '_> {
    /// A row's time has come: a case's, since a deadline passed or ranking took too long; or the
    /// conversation's, to see whether it is long over.
    pub fn wake(mut self, key: RowKey) -> Result<(), Rejection> {
        let Some(mut head) = self.read_head()? else {
            return Ok(());
        };
        let now = self.cx.now;
        if key.part == part::HEAD && head.retire_at.is_some_and(|at| at <= now) {
            head = self.retire(head)?;
        }
        let author = self.author_of(key)?;
        let case = author.map(|author| self.read_case(author)).transpose()?.flatten();
        if let Some(mut row) = case.filter(|row| row.due().is_some_and(|due| due <= now)) {
            if row.rank_by.is_some_and(|by| by <= now) {
                row.rank_by = None; // its work goes out unranked, and is revised when findings come
            }
            self.settle(&head, Change::same(row))?;
        }
        Ok(self.finish()?)
    }

    /// Publishes a case as it stands. `again`: in place of what was published in this transaction before,
    /// under the same version.
    pub fn publish(mut self, key: RowKey, again: bool) -> Result<(), Rejection> {
        let missing = || Corrupt("a case to publish is missing".into());
        let author = self.author_of(key)?.ok_or_else(missing)?;
        let (head, mut row) = self.read_both(author)?.ok_or_else(missing)?;
        if !again {
            let before = match row.version {
                0 => self.version_before(row.case_id)?,
                version => version,
            };
            row.version = before + 1;
        }
        let output = match &row.fold {
            None => Output::NoCase(row.case_id),
            Some(fold) => {
                let rules = self.rules_for(&head, &row)?;
                let view = View::of(fold, &[], self.yardstick(rules, &row), row.judged_at);
                let brief = Brief {
                    head: &head,
                    row: &row,
                    fold,
                    view: &view,
                    rules,
                    weights: &self.desk.settings().priority,
                    wall: self.cx.wall,
                };
                let waits = fold.open.as_ref().filter(|_| row.forgotten.is_none());
                let priority = waits.map(|wait| brief.priority(wait).score);
                let mut case = record(&brief, priority.unwrap_or_default());
                if row.forgotten.is_some() {
                    case.conversation_id = hidden(self.desk.keys(), &head.conversation_id);
                }
                Output::Case(Box::new(case))
            }
        };
        self.effects.emit(output);
        self.put_case(row)?;
        Ok(self.finish()?)
    }
}

/// The record of a case.
pub(super) fn record(brief: &Brief<'_>, priority: i32) -> Case {
    let Brief {
        head,
        row,
        fold,
        view,
        rules,
        ..
    } = *brief;
    let links = row.who.findings.as_ref().map(|found| &found.links);
    let escalation = links.and_then(Links::escalation);
    let answered = view.answered.as_ref();
    let scored = surveys::shown(fold, &row.who);
    Case {
        case_id: row.case_id,
        source: head.source.clone(),
        channel: head.channel.clone(),
        conversation_id: head.conversation_id.clone(),
        stage: if fold.public {
            Stage::Onstage
        } else {
            Stage::Offstage
        },
        bystander: head.is_bystander(row.author),
        party_key: row.party_key(),
        customer_id: row.who.party.as_ref().and_then(|party| party.customer_id.clone()),
        tier: row.who.tier().map(Into::into),
        brand: fold.brand().cloned(),
        product: fold.product().cloned(),
        issue: fold.issue().cloned(),
        location: fold.told.location.clone().map(Sensitive),
        language: fold.told.language.clone(),
        external_case_id: fold.external_case_id.clone(),
        owner: fold.owner.clone(),
        team: fold.team.clone(),
        status: view.status,
        opened_at: fold.opened.at,
        acknowledged_at: fold.acknowledged.as_ref().map(|mark| mark.at),
        answered_at: answered.map(|answer| answer.mark.at),
        answered_by: answered.map(|answer| answer.by),
        answered_publicly_at: fold.answered_publicly_at,
        deflected: fold.human_replies > 0 && fold.replies_of_substance == 0,
        resolved_at: fold.resolved.as_ref().map(|mark| mark.at),
        let_go_at: fold.let_go.as_ref().map(|mark| mark.at),
        last_customer_at: fold.last_customer_at,
        last_company_at: fold.last_company_at,
        customer_messages: fold.customer_messages,
        human_replies: fold.human_replies,
        public_replies: fold.public_replies,
        bot_replies: fold.bot_replies,
        waits: fold.waits,
        chasers: fold.chasers,
        first_response_ms: view.first_response_ms(fold),
        resolution_ms: fold
            .resolved
            .as_ref()
            .map(|mark| mark.at.since(fold.opened.at) - fold.frozen_ms),
        sla_acknowledge: view.sla.acknowledge,
        sla_answer: view.sla.answer,
        sla_next: view.sla.next,
        sla_resolve: view.sla.resolve,
        answer_by: fold.open.as_ref().map(|wait| brief.respond_by(wait)),
        waiting_since: fold.open.as_ref().map(|wait| wait.first.at),
        was_unanswered: view.patience.unanswered_waits > 0,
        unanswered_waits: view.patience.unanswered_waits,
        closed_silently: view.closed_silently,
        reply_limit: view.standing.state(),
        promised_by: fold.promises.iter().last().map(|promise| promise.by),
        priority,
        reopened_count: fold.reopened,
        audience: fold.audience,
        excerpt: Sensitive(fold.excerpt.text().clone()),
        version: row.version,
        promise: view.promise,
        switched_to: links.and_then(|links| links.first(Relation::SwitchedTo)),
        chased_to: links.and_then(|links| links.first(Relation::ChasedTo)),
        escalated_from: escalation.map(|(link, _)| link.case_id),
        escalation_cause: escalation.map(|(_, cause)| cause),
        transfers: fold.handling.transfers,
        first_contact_resolution: view.first_contact,
        resolution_confirmed: fold.confirmed,
        root_cause: fold.root_cause.clone(),
        remedy_granted: fold.remedy.clone().map(Sensitive),
        survey_score: scored.map(|scored| scored.score.value),
        survey_scale: scored.map(|scored| scored.score.scale),
        surveyed_at: scored.map(|scored| scored.at),
        answered_when_surveyed: scored.map(|scored| fold.was_answered(scored.at, rules.patience)),
        advocacy: scored.map(|scored| scored.score.advocacy()),
        echo_of: links
            .and_then(|links| links.echo.as_ref())
            .map(|echo| echo.case_id),
        forgotten_at: row.forgotten,
    }
}
