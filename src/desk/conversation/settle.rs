//! What follows when a case has changed: its party, its events, its work items, its timers.

use std::sync::Arc;

use super::Actor;
use super::case::CaseRow;
use super::events::{self, Happened, News, Side};
use super::fact::Fact;
use super::fold::Fold;
use super::hand_out::{Body, Waits};
use super::ledger::Head;
use super::level::Level;
use super::view::{View, Yardstick};
use super::wait::Wait;
use super::who::Party;
use super::work::WorkMark;
use crate::config::rules::ChannelRules;
use crate::desk::output::Output;
use crate::desk::summary::Summary;
use crate::model::{CaseEvent, CaseId, Complaint, Stage};
use crate::processor::{Corrupt, Rejection};

/// A case that has changed.
pub struct Change<'f> {
    /// Its fold before; `None` if it had none.
    pub before: Option<Arc<Fold>>,
    /// The rules it was judged by before, if they are others now: its customer's tier has changed.
    pub rules_before: Option<&'f ChannelRules>,
    /// Its row, with the fold of now.
    pub row: CaseRow,
    /// Of the waits closed before, the ones to compare.
    pub closed_before: Vec<Wait>,
    /// Of the waits closed now, the ones to compare.
    pub closed: Vec<Wait>,
    /// The facts that changed.
    pub news: &'f [News<'f>],
    /// The message that stands since now, if it is a customer's.
    pub complaint: Option<&'f Arc<Complaint>>,
    /// Whether that is all of it, or as far as its fact tells.
    pub is_whole: bool,
    /// Whether that one is its author's own, whose identifiers are to be asked.
    pub asks: bool,
    /// Messages that cases held whole which have joined this one, or parted from it.
    pub bodies: &'f [Body],
    /// The facts at hand: all of the conversation, or the latest.
    pub facts: &'f [Fact],
}

impl Change<'_> {
    /// A case of which only its surroundings have changed: what is known of its author, or the time.
    pub fn same(row: CaseRow) -> Self {
        Change {
            before: row.fold.clone(),
            rules_before: None,
            row,
            closed_before: Vec::new(),
            closed: Vec::new(),
            news: &[],
            complaint: None,
            is_whole: false,
            asks: false,
            bodies: &[],
            facts: &[],
        }
    }
}

impl Actor<'_, '_> {
    /// Draws the conclusions of a change and stores the case.
    pub(super) fn settle(&mut self, head: &Head, change: Change<'_>) -> Result<(), Rejection> {
        self.settle_with(head, change, Vec::new())
    }

    /// The same, where something has happened that the folds do not show.
    pub(super) fn settle_with(
        &mut self,
        head: &Head,
        change: Change<'_>,
        mut happened: Vec<Happened>,
    ) -> Result<(), Rejection> {
        let Change {
            before,
            rules_before,
            mut row,
            closed_before,
            closed,
            news,
            complaint,
            is_whole,
            asks,
            bodies,
            facts,
        } = change;

        // A case's time does not go back when the clock does: the wall clock may be set, and a drain
        // that comes after others begins before everything. Else what had become of its levels would
        // be taken back, and told once more when time has come there again.
        // That of a forgotten person's case ends with the forgetting.
        let until = row.forgotten.unwrap_or(self.cx.now);
        let now = self.cx.now.min(until).max(row.judged_at);
        let rules = self.rules_for(head, &row)?;
        let by = self.yardstick(rules, &row);
        let fold = row.fold.clone();
        let new_view = fold.as_deref().map(|fold| View::of(fold, &closed, by, now));
        let new_side = side(fold.as_deref(), new_view.as_ref());
        // Often only what is known of its author has changed: then nothing has happened to the case.
        let same_fold = before
            .as_ref()
            .zip(fold.as_ref())
            .is_some_and(|(a, b)| Arc::ptr_eq(a, b));
        let is_same = same_fold && now == row.judged_at && news.is_empty() && rules_before.is_none();
        if !is_same {
            let by = self.yardstick(rules_before.unwrap_or(rules), &row);
            let old_view = before
                .as_deref()
                .map(|fold| View::of(fold, &closed_before, by, row.judged_at));
            let old_side = side(before.as_deref(), old_view.as_ref());
            happened.extend(events::difference(row.case_id, old_side, new_side, news));
        }
        let new = row.version == 0 && before.is_none();
        if let Some(complaint) = complaint {
            if asks {
                self.ask(&mut row, &complaint.author.identifiers);
            }
            if new && !row.who.asked.is_empty() {
                row.rank_by = Some(self.cx.now.plus(self.desk.settings().ranking_wait.ms()));
            }
        }
        if complaint.is_some() {
            row.logged = row.logged.or(self.logged);
        }
        let begins_with = self.begins_with(head, &row, facts)?;
        let is_told = is_same && begins_with == row.begins_with;
        row.begins_with.clone_from(&begins_with);
        let case_id = row.case_id;
        let many = i64::from(self.desk.settings().signals.panel.audience);
        let summary = || match new_side {
            Some(side) => Summary {
                begins_with,
                audience: side.fold.audience.filter(|people| *people >= many),
                ..summary(head, case_id, rules, side)
            },
            None => Summary::nothing(case_id, head.channel.clone()),
        };
        if row.forgotten.is_none() {
            match (row.own.clone(), &fold) {
                (Some(own), _) => _ = row.who.let_go(&own.mentions),
                (None, Some(fold)) => _ = row.who.let_go(&fold.mentions),
                (None, None) => {}
            }
            let was_nobody = row.who.membership == 0;
            self.identify(&mut row, is_told, summary, &mut happened)?;
            let is_unknown = |party: &Party| party.customer_id.is_none();
            if was_nobody && row.who.party.as_ref().is_some_and(is_unknown) {
                self.tell_begun(&row, complaint);
            }
        }
        row.judged_at = now;
        row.judge_due = new_view.as_ref().and_then(|view| view.due);
        row.judge_due
            .take_if(|due| row.forgotten.is_some_and(|until| *due > until));
        if happened.iter().any(Happened::takes_back) {
            row.taken_back += 1;
        }

        self.emit_events(head, &row, before.as_deref(), happened)?;
        // Nothing has gone out, and nothing will before the party's findings are in or have taken too long.
        let is_held = is_same && row.rank_by.is_some() && row.work.as_ref().is_none_or(WorkMark::is_held);
        // Of what is another's case, only that it has become so is told.
        let is_shown = before.is_some() || fold.is_some() || !row.is_away();
        if row.forgotten.is_some() || is_held {
            return self.keep_case(head, row, new_view.as_ref(), is_shown);
        }
        self.hand_out(
            head,
            &mut row,
            fold.as_deref().zip(new_view.as_ref()),
            &Waits {
                before: before.as_deref(),
                closed_before: &closed_before,
                closed: &closed,
                news,
                complaint,
                is_whole,
                bodies,
                facts,
            },
        )?;
        if row.rank_by.is_none() {
            row.logged = None; // nothing is held back that it could go out with
        }
        self.keep_case(head, row, new_view.as_ref(), is_shown)
    }

    fn keep_case(
        &mut self,
        head: &Head,
        mut row: CaseRow,
        view: Option<&View>,
        is_shown: bool,
    ) -> Result<(), Rejection> {
        row.verdict = self.verdict(head, &row, view)?;
        self.count(head, &row)?;
        self.tell_tally(head, &row)?;
        let key = self.put_case(row)?;
        if is_shown {
            self.effects.publish(key);
        }
        Ok(())
    }

    /// By what a case is judged.
    pub(super) fn yardstick<'r>(&self, rules: &'r ChannelRules, row: &CaseRow) -> Yardstick<'r> {
        Yardstick {
            rules,
            share: self.desk.settings().at_risk,
            again: row.who.findings.as_ref().and_then(|found| found.links.again),
        }
    }

    /// Tells what has happened, each of it once, however often the state is built anew.
    fn emit_events(
        &mut self,
        head: &Head,
        row: &CaseRow,
        before: Option<&Fold>,
        happened: Vec<Happened>,
    ) -> Result<(), Corrupt> {
        if happened.is_empty() {
            return Ok(());
        }
        let public = row.fold.as_deref().or(before).is_some_and(|fold| fold.public);
        let stage = if public { Stage::Onstage } else { Stage::Offstage };
        let name = |happened: &Happened| happened.name(row.case_id, row.taken_back);
        let told = self.told_before(row.case_id, happened.iter().map(name))?;
        for happened in happened {
            let event_id = name(&happened);
            if told.contains(&event_id) {
                continue;
            }
            let Happened {
                kind, at, details, ..
            } = happened;
            self.effects.emit(Output::Event(Box::new(CaseEvent {
                event_id,
                case_id: row.case_id,
                kind,
                at,
                recorded_at: self.cx.wall,
                stage,
                channel: head.channel.clone(),
                party_key: row.party_key(),
                details,
            })));
        }
        Ok(())
    }
}

/// A fold and its view, if there are both.
pub(super) fn side<'a>(fold: Option<&'a Fold>, view: Option<&'a View>) -> Option<Side<'a>> {
    fold.zip(view).map(|(fold, view)| Side { fold, view })
}

/// What a party is told of a case.
fn summary(head: &Head, case_id: CaseId, rules: &ChannelRules, side: Side<'_>) -> Summary {
    let Side { fold, view } = side;
    let clocks = view.clocks.iter();
    let answer = clocks.map(|judged| (judged.level, judged.judgement.deadline));
    Summary {
        case_id,
        opened_at: fold.opened.at,
        channel: head.channel.clone(),
        public: fold.public,
        open: fold.resolved.is_none() && fold.let_go.is_none(),
        was_unanswered: view.patience.unanswered_waits > 0,
        unanswered_from: fold.unanswered_from(rules.patience),
        handled: fold.handed().is_some(),
        patience_ms: rules.patience.ms(),
        answer_by: answer
            .into_iter()
            .find_map(|(level, by)| (level == Level::Answer).then_some(by)),
        answered_at: fold.replied_at,
        resolved_at: fold.resolved.as_ref().map(|mark| mark.at),
        first_resolved_at: fold.first_resolved.as_ref().map(|first| first.at),
        let_go_at: fold.let_go.as_ref().map(|mark| mark.at),
        waits_since: fold.open.as_ref().map(|wait| wait.first.at),
        journey: fold.journey.clone(),
        scores: fold.scores.clone(),
        matter: [
            fold.brand().cloned(),
            fold.product().cloned(),
            fold.issue().cloned(),
        ],
        begins_with: None,
        audience: None,
    }
}
