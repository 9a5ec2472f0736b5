//! What follows when a case has changed: its party, its events, its work items, its timers.

use std::sync::Arc;

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::Actor;
use super::case::CaseRow;
use super::events::{self, Happened, News, Side};
use super::fact::{Author, Class, Fact};
use super::fold::Fold;
use super::ledger::{self, Head};
use super::level::Level;
use super::view::{View, Yardstick};
use super::wait::Wait;
use super::who::Party;
use super::work::{self, Brief, WorkMark};
use crate::config::rules::ChannelRules;
use crate::desk::figures::{Conclusions, count_change};
use crate::desk::forgetting::hidden;
use crate::desk::keys::part;
use crate::desk::output::Output;
use crate::desk::row::Row;
use crate::desk::summary::Summary;
use crate::model::{CaseEvent, CaseId, Complaint, Identifier, Stage, WorkItem, WorkState};
use crate::processor::{Corrupt, Rejection, RowKey};

/// A message that a case holds whole, and the identifiers of its author as they were written, where that is
/// something else.
pub type Body = (Arc<Complaint>, Option<Arc<[Identifier]>>);

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
            self.count(head, old_side, new_side);
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

        self.emit_events(head, &row, before.as_deref(), happened);
        // Nothing has gone out, and nothing will before the party's findings are in or have taken too long.
        let is_held = is_same && row.rank_by.is_some() && row.work.as_ref().is_none_or(WorkMark::is_held);
        if row.forgotten.is_some() || is_held {
            return self.keep_case(head, row, true);
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
        // Of what is another's case, only that it has become so is told.
        let is_shown = before.is_some() || fold.is_some() || !row.is_away();
        self.keep_case(head, row, is_shown)
    }

    fn keep_case(&mut self, head: &Head, row: CaseRow, is_shown: bool) -> Result<(), Rejection> {
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

    /// Counts what has become of the case.
    fn count(&mut self, head: &Head, before: Option<Side<'_>>, now: Option<Side<'_>>) {
        let conclusions = |side: Option<Side<'_>>| side.map(|side| Conclusions::of(side.fold, side.view));
        let (before, now) = (conclusions(before), conclusions(now));
        if before != now
            && let Some(figures) = self.desk.figures().channel(&head.channel)
        {
            count_change(figures, before, now, self.effects);
        }
    }

    fn emit_events(&mut self, head: &Head, row: &CaseRow, before: Option<&Fold>, happened: Vec<Happened>) {
        let public = row.fold.as_deref().or(before).is_some_and(|fold| fold.public);
        let stage = if public { Stage::Onstage } else { Stage::Offstage };
        for happened in happened {
            let event_id = happened.name(row.case_id, row.taken_back);
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
    }

    /// Hands every wait that is new or has changed to people, and takes back those that are gone.
    fn hand_out(
        &mut self,
        head: &Head,
        row: &mut CaseRow,
        judged: Option<(&Fold, &View)>,
        waits: &Waits<'_>,
    ) -> Result<(), Rejection> {
        let rules = self.rules_for(head, row)?;
        let open = judged.and_then(|(fold, _)| fold.handed());
        // A follow-up is asked for in the work of the last wait, and done with there.
        let last = judged.and_then(|(fold, view)| {
            let due = view.follow_up.as_ref().is_some_and(|follow_up| follow_up.is_due);
            let closed = fold.open.is_none() && waits.closed.is_empty();
            fold.last_wait.as_ref().filter(|_| due && closed)
        });
        let last = match last {
            Some(wait) if self.mark(row, &wait.first.id)?.revision > 0 => Some(wait),
            _ => None,
        };
        // The open one comes last: its mark takes the place of another's in the case's row.
        let mut now: SmallVec<[&Wait; 2]> = waits.closed.iter().chain(last).chain(open).collect();
        // Messages that wait once more are one item: it says how they stand.
        let mut nth = 0..now.len();
        let all = now.clone();
        now.retain(|wait| {
            let later = all.iter().skip(nth.next().unwrap_or_default() + 1);
            !{ later }.any(|later| later.first.id == wait.first.id)
        });
        let open_before = waits.before.and_then(Fold::handed);
        let mut gone: SmallVec<[&Wait; 1]> = SmallVec::new();
        for wait in waits.closed_before.iter().chain(open_before) {
            let is_it = |kept: &&Wait| kept.first.id == wait.first.id;
            if !now.iter().any(is_it) && !gone.iter().any(is_it) {
                gone.push(wait);
            }
        }

        // A case that was taken back whole is told as it last was.
        let by = self.yardstick(rules, row);
        let last = waits.before.filter(|_| judged.is_none());
        let last = last.map(|fold| (fold, View::of(fold, &[], by, row.judged_at)));
        let told = judged.or(last.as_ref().map(|(fold, view)| (*fold, view)));
        if let Some((fold, view)) = told {
            for wait in gone {
                self.hand(head, row, (fold, view), wait, WorkState::Withdrawn, waits)?;
            }
            for wait in now {
                let too_late = wait.praise && fold.praise_ends(rules).is_some_and(|end| end <= view.now);
                let state = match wait.closed {
                    Some(_) => WorkState::Done,
                    None if too_late => WorkState::Withdrawn,
                    None => WorkState::Open,
                };
                self.hand(head, row, (fold, view), wait, state, waits)?;
            }
        }
        keep_body(row, open, waits, &self.written);
        Ok(())
    }

    fn hand(
        &mut self,
        head: &Head,
        row: &mut CaseRow,
        (fold, view): (&Fold, &View),
        wait: &Wait,
        state: WorkState,
        waits: &Waits<'_>,
    ) -> Result<(), Rejection> {
        let rules = self.rules_for(head, row)?;
        let mut mark = self.mark(row, &wait.first.id)?;
        let held = mark.revision == 0;
        let desk = self.desk;
        let brief = Brief {
            head,
            row,
            fold,
            view,
            rules,
            weights: &desk.settings().priority,
            wall: self.cx.wall,
        };
        let wait_for_ranking = held && state == WorkState::Open && row.rank_by.is_some();
        let nothing_to_take_back = state == WorkState::Withdrawn && (held || mark.state == state);
        let silent = wait_for_ranking || nothing_to_take_back;
        let is_edited = |news: &News<'_>| match news {
            News::Edited(fact) | News::Gained(fact) => fact.id == wait.latest.id,
            _ => false,
        };
        let item = (!silent).then(|| brief.item(wait, state, mark.revision + 1));
        let digest = item.as_ref().map(|item| work::digest(item, &wait.latest.id));
        let no_news =
            !held && mark.state == state && Some(mark.digest) == digest && !waits.news.iter().any(is_edited);
        if let Some((item, digest)) = item.zip(digest).filter(|_| !no_news) {
            let complaint = self.complaint(head, row, wait, waits)?;
            mark = WorkMark {
                revision: item.revision,
                state,
                digest,
                ..mark
            };
            let item = WorkItem { complaint, ..item };
            if let Some(logged) = row.logged.take() {
                self.effects.delivered(logged);
            }
            self.effects.emit(Output::Work(Box::new(item)));
        }
        self.keep_mark(row, mark, state);
        Ok(())
    }

    /// What went out for a wait so far.
    fn mark(&mut self, row: &CaseRow, first: &str) -> Result<WorkMark, Corrupt> {
        let keys = self.desk.keys();
        if let Some(mark) = row.work.as_ref().filter(|mark| mark.is_of(keys, first)) {
            return Ok(mark.clone().named(first));
        }
        // Only a mark that gave way to a later one has a row of its own.
        if row.work.is_none() {
            return Ok(WorkMark::held(first));
        }
        match self.state.get(&self.work_row(row.author, first))? {
            Some(Row::Work(mark)) => Ok(mark.clone().named(first)),
            _ => Ok(WorkMark::held(first)),
        }
    }

    /// Keeps what went out for a wait: with the case if it is the latest, else in a row of its own.
    fn keep_mark(&mut self, row: &mut CaseRow, mut mark: WorkMark, state: WorkState) {
        let keys = self.desk.keys();
        let is_in_row = row.work.as_ref().is_none_or(|kept| kept.is_of(keys, &mark.first));
        if state == WorkState::Withdrawn {
            mark.first = hidden(keys, &mark.first); // it may be the message of another by now, who may be forgotten
        }
        if is_in_row {
            row.work = Some(mark);
        } else if state == WorkState::Open {
            let earlier = row.work.replace(mark);
            self.keep_apart(row, earlier);
        } else {
            self.keep_apart(row, Some(mark));
        }
    }

    fn keep_apart(&mut self, row: &CaseRow, mark: Option<WorkMark>) {
        if let Some(mut mark) = mark.filter(|mark| mark.revision > 0) {
            let key = self.work_row(row.author, &mark.first);
            mark.first = SmolStr::default(); // its key says it
            self.effects.store(key, Row::Work(mark));
        }
    }

    pub(super) fn work_row(&self, author: Author, first: &str) -> RowKey {
        let keys = self.desk.keys();
        let name = keys.short(&["work", &author.to_string(), &hidden(keys, first)]);
        self.row(part::WORK, name)
    }

    /// The latest message of a wait: whole if it is at hand, else as far as its fact tells.
    fn complaint(
        &mut self,
        head: &Head,
        row: &CaseRow,
        wait: &Wait,
        waits: &Waits<'_>,
    ) -> Result<Arc<Complaint>, Rejection> {
        let id = &*wait.latest.id;
        let arrived = waits.complaint.map(|complaint| (complaint, &self.written));
        let kept = row.body.as_ref().map(|body| (body, &row.written));
        let others = waits.bodies.iter().map(|(body, written)| (body, written));
        let mut at_hand = arrived.into_iter().chain(kept).chain(others);
        if let Some((whole, written)) = at_hand.find(|(whole, _)| !whole.deleted && whole.id == id) {
            return Ok(work::as_written(whole, written.as_deref()));
        }
        let is_it =
            |fact: &&Fact| fact.said.class() == Class::Customer && *fact.id == *id && fact.case == row.author;
        let whole = |fact: &Fact| {
            Arc::new(Complaint {
                author: work::author_of(row, fact),
                ..work::from_fact(head, fact)
            })
        };
        if let Some(fact) = waits.facts.iter().find(is_it) {
            return Ok(whole(fact));
        }
        let known = ledger::find(self.desk.keys(), self.state, self.key, head, Class::Customer, id)?;
        match known.iter().find(is_it).or(known.first()) {
            Some(fact) => Ok(whole(fact)),
            None if head.retired.is_some() => Ok(Arc::new(work::from_wait(head, row, wait))),
            None => Err(Corrupt("a wait's latest message is not among the facts".into()).into()),
        }
    }
}

/// Keeps the open wait's latest message whole, and no other.
fn keep_body(row: &mut CaseRow, open: Option<&Wait>, waits: &Waits<'_>, written: &Option<Arc<[Identifier]>>) {
    let is_latest = |message: &Complaint| open.is_some_and(|wait| *message.id == *wait.latest.id);
    let stands = |message: &Complaint| is_latest(message) && !message.deleted;
    if let Some(complaint) = waits.complaint.filter(|message| stands(message)) {
        row.body = waits.is_whole.then(|| Arc::clone(complaint));
        row.written.clone_from(written);
    } else if let Some((body, written)) = waits.bodies.iter().find(|(body, _)| stands(body)) {
        row.body = Some(Arc::clone(body));
        row.written.clone_from(written);
    }
    row.body.take_if(|body| !is_latest(body));
    row.written.take_if(|_| row.body.is_none());
}

/// What is at hand when work items are made.
struct Waits<'f> {
    before: Option<&'f Fold>,
    closed_before: &'f [Wait],
    closed: &'f [Wait],
    news: &'f [News<'f>],
    complaint: Option<&'f Arc<Complaint>>,
    is_whole: bool,
    bodies: &'f [Body],
    facts: &'f [Fact],
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
        scored: fold.scored().cloned(),
        matter: [
            fold.brand().cloned(),
            fold.product().cloned(),
            fold.issue().cloned(),
        ],
        begins_with: None,
        audience: None,
    }
}
